# SPDX-License-Identifier: BSD-3-Clause
"""What counts as evidence for a symmetry: statistics of samples that a lens was not fitted on.

Second moments never do: every real spectrum is that of a symmetric Toeplitz matrix, so that any
Gaussian is exactly stationary in some orthogonal basis, and so is any elliptical distribution, a
Gaussian times an independent contrast. Evidence is in what the energies of the representation know
beyond that, and in whether separate samples lead to the same order of columns. How much of it is
enough is in `criteria.py`.
"""

import itertools
from dataclasses import dataclass
from math import factorial

import torch

from ..core.densities import ClosedFormDensity
from ..core.energies import (
    contrast_free,
    energy_covariance,
    energy_divergence,
    log_energy,
    summed_divergence,
)
from ..core.grid import Grid
from ..core.losses import PAPER_WEIGHTS, Alignment, Uniformity
from ..core.representation import Representation
from .criteria import ERRORS

__all__ = [
    "Evidence",
    "elliptical_test",
    "energy_correlations",
    "evidence",
    "folded_line",
    "locality",
    "marginal_distance",
    "order_test",
]


@dataclass(frozen=True)
class Evidence:
    """Held-out statistics of one representation.

    Attributes
    ----------
    n_samples : int
    p_value, deviation : float
        :func:`elliptical_test`.
    order_p_value : float
        :func:`order_test`.
    divergence : float
        :func:`~sklearn_symmetry.core.energies.energy_divergence`.
    distance : float
        :func:`marginal_distance`.
    correlations : Tensor of shape (m,)
        :func:`energy_correlations`.
    folded : float
        :func:`folded_line`.
    """

    n_samples: int
    p_value: float
    order_p_value: float
    deviation: float
    divergence: float
    distance: float
    correlations: torch.Tensor
    folded: float


def evidence(y, grid=None, *, draws, orders, n_tested, seed=0):
    """All statistics of a representation of samples that it was not fitted on.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        n > m.
    grid : Grid or None, default=None
        Of the columns. None: a line.
    draws, orders : int
        Of the elliptical and of the order test.
    n_tested : int
        Samples in either test, the first ones; the rest uses all.
    seed : int, default=0

    Returns
    -------
    evidence : Evidence
    """
    grid = Grid.fitting(grid, y.shape[1], "y")
    y = y.double()
    y = y - y.mean()  # one number: a common offset says nothing about the symmetry
    random = torch.Generator().manual_seed(seed)
    p_value, deviation = elliptical_test(y[:n_tested], grid, random, draws)
    return Evidence(
        n_samples=len(y),
        p_value=p_value,
        order_p_value=order_test(y[:n_tested], grid, random, orders),
        deviation=deviation,
        divergence=energy_divergence(y, grid),
        distance=marginal_distance(y),
        correlations=energy_correlations(y, grid),
        folded=folded_line(y, grid),
    )


def elliptical_test(y, grid, random, draws):
    r"""Whether the energies of `y` hold more than its second moments and the contrast of samples.

    Null: y is elliptical, :math:`y = \mu + r\,\Sigma^{1/2} u` with u uniform on the sphere and r
    any independent radius; a Gaussian with any covariance is. It is drawn from by a parametric
    bootstrap: mean and covariance of `y`, radii drawn from its Mahalanobis radii. The statistic is
    the sum over lags of the squared standard scores of the mean covariance of log energies at that
    lag, with mean and deviation over the observed and all drawn sets, which makes it exchangeable.

    Parameters
    ----------
    y : Tensor of shape (n, m)
    grid : Grid
        Of the columns.
    random : torch.Generator
    draws : int

    Returns
    -------
    p_value : float
        A multiple of 1 / (draws + 1). 1 where the covariance is singular: nothing can be said.
    deviation : float
        Root mean square over lags of the standard scores of `y`; 1 is expected under the null, and
        no more than ``sqrt(draws)`` is possible. 0 where the covariance is singular.
    """
    mean, covariance = y.mean(0), torch.cov(y.mT)
    factor, failed = torch.linalg.cholesky_ex(covariance)
    if failed:
        return 1.0, 0.0
    radii = torch.linalg.solve_triangular(factor, (y - mean).mT, upper=False).norm(dim=0)
    # Single precision is enough, and takes half the time.
    y, mean, factor, radii = (part.float() for part in (y, mean, factor, radii))
    lags = [_lag_means(log_energy(y), grid)]
    for _ in range(draws):
        direction = torch.randn(y.shape, generator=random, dtype=y.dtype)
        chosen = torch.randint(len(y), (len(y),), generator=random)
        direction *= (radii[chosen] / direction.norm(dim=1))[:, None]
        lags.append(_lag_means(log_energy(mean + direction @ factor.mT), grid))
    lags = torch.stack(lags)
    scores = (lags - lags.mean(0)) / lags.std(0).clamp_min(1e-300)
    statistic = scores.square().sum(1)
    p_value = (statistic >= statistic[0]).double().mean()
    return float(p_value), float(scores[0].square().mean().sqrt())


def order_test(y, grid, random, draws):
    r"""Whether the order of the columns of `y` says anything about other samples.

    Null: the columns are exchangeable, as independent ones of one law are; their order, found on
    other samples, is arbitrary. A permutation test. The statistic is what the loss says about
    order, alignment and twice uniformity (eq. 17), plus
    :func:`~sklearn_symmetry.core.energies.contrast_free_divergence`, which is in nats as well.
    The contrast of a sample is the same in every order.
    An order and its reverse are the same, and so are all starts of a circle: orders count once up
    to the symmetries of the grid.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        Samples that the order was not found on.
    grid : Grid
        Of the columns.
    random : torch.Generator
    draws : int
        Orders it is compared with; all there are, if they are no more.

    Returns
    -------
    p_value : float
        Share of orders that are no worse, itself included. At least ``2 / m!``, times m on a
        circle: 0.05 takes five columns, six on a circle.
    """
    others = _other_orders(grid, random, draws)
    statistics = _Statistics(y)
    losses = torch.stack([statistics.loss(order, grid) for order in [range(grid.size), *others]])
    return float((~(losses > losses[0])).double().mean())  # 1 where it is not a number


def _other_orders(grid, random, draws):
    """Orders that differ from the given one: all of them, or `draws` at random."""
    given = tuple(range(grid.size))
    same = grid.symmetries()
    if factorial(grid.size) <= len(same) * (draws + 1):
        orders = itertools.permutations(given)
        return sorted({_canonical(order, same) for order in orders} - {given})
    orders = (torch.randperm(grid.size, generator=random).tolist() for _ in itertools.count())
    different = (order for order in orders if _canonical(order, same) != given)
    return list(itertools.islice(different, draws))


def _canonical(order, same):
    """The one of all orders that are the same which comes first."""
    return tuple(min(torch.tensor(order)[same].tolist()))


class _Statistics:
    """What is the same in every order of the columns, but for the order itself."""

    def __init__(self, y):
        self.rep = Representation(y, ClosedFormDensity())
        self.free = contrast_free(y).float()
        self.energies = energy_covariance(self.free)

    def loss(self, order, grid):
        """Of the columns in an order; see :func:`order_test`."""
        order = torch.tensor(order)
        square = order[:, None], order
        moments = {"mean": self.rep.mean[order], "covariance": self.rep.covariance[square]}
        rep = Representation(self.rep.y[:0], ClosedFormDensity(), grid=grid, **moments)
        loss = sum(PAPER_WEIGHTS[term.name] * term(rep) for term in (Alignment(), Uniformity()))
        return loss + summed_divergence(self.free[:, order], grid, self.energies[square])


def marginal_distance(y):
    """Largest distance of the distribution of one column of `y` from their barycentre.

    Parameters
    ----------
    y : Tensor of shape (n, m)

    Returns
    -------
    distance : float
        Mean absolute difference of the quantiles of a column and of the mean over columns
        (Wasserstein, order 1), in standard deviations of all entries. A spike that moves a little
        makes little difference.
    """
    quantiles = y.sort(dim=0).values
    gap = quantiles - quantiles.mean(dim=1, keepdim=True)
    return float(gap.abs().mean(0).max() / y.std())


def energy_correlations(y, grid=None):
    """Correlation of the log energies of columns as a function of their displacement.

    Parameters
    ----------
    y : Tensor of shape (n, m)
    grid : Grid or None, default=None
        Of the columns. None: a line.

    Returns
    -------
    correlations : Tensor of shape (n_lags,)
        In the order of :meth:`~sklearn_symmetry.core.grid.Grid.lags`; 1 without displacement. On a
        line they are m, on a ring m // 2 + 1.
    """
    grid = Grid.fitting(grid, y.shape[1], "y")
    covariance = torch.cov(log_energy(y).mT)
    deviation = covariance.diagonal().sqrt()
    return grid.means_by_lag(covariance / torch.outer(deviation, deviation))


def folded_line(y, grid):
    r"""How much the ends of the rows of a lattice go on into the next row, as those of a line do.

    A line that is folded into rows is stationary along both axes, or nearly so. But its rows
    continue each other: where one ends the next begins, or, if it turns, ends. With the mean
    correlation :math:`\rho` of neighbours along a row, :math:`\rho_+` of the columns at which rows
    would continue each other, and :math:`\rho_-` of those at the other ends of the same rows, the
    share is

    .. math:: s = \frac{\sum (\rho_+ - \rho_-)(\rho - \rho_-)}{\sum (\rho - \rho_-)^2}

    over correlations of values and of log energies: 1 for a line, and 0 for a lattice, on which
    both are as far from each other.

    Parameters
    ----------
    y : Tensor of shape (n, m)
    grid : Grid
        Of the columns.

    Returns
    -------
    share : float
        The largest of all ways to fold; 0 where there are no two open axes, and where neighbours
        resemble each other no more than by chance.
    """
    open_axes = [axis for axis, (_, closed) in enumerate(grid.axes) if not closed]
    if len(open_axes) < 2:
        return 0.0
    matrices = [torch.corrcoef(one.mT) for one in (y, log_energy(y))]
    places, largest = torch.arange(grid.size).reshape(grid.shape), 0.0
    for down, along in itertools.permutations(open_axes, 2):
        rows = places.movedim((down, along), (-2, -1))
        for one in (rows, rows.flip(-1)):
            for pairs in _continuations(one):
                near, onwards, back = (
                    torch.stack([matrix[here, there].mean() for matrix in matrices])
                    for here, there in ((one[..., :-1], one[..., 1:]), *pairs)
                )
                size = (near - back).square().sum()
                if size > 2 * ERRORS**2 / len(y):
                    share = ((onwards - back) * (near - back)).sum() / size
                    largest = max(largest, float(share))
    return largest


def _continuations(rows):
    """Where rows of a line continue each other, and the other ends: folded, and in turns."""
    first, last = rows[..., 0], rows[..., -1]
    yield (last[..., :-1], first[..., 1:]), (first[..., :-1], last[..., 1:])
    odd = torch.arange(rows.shape[-2] - 1) % 2 == 1
    turns, others = (
        [torch.where(odd, one[..., part], other[..., part]) for part in (slice(-1), slice(1, None))]
        for one, other in ((first, last), (last, first))
    )
    yield turns, others


def locality(correlations, grid):
    """Mean energy correlations of neighbours, and of columns far from each other.

    Parameters
    ----------
    correlations : Tensor of shape (n_lags,)
        :func:`energy_correlations`.
    grid : Grid
        Of the columns.

    Returns
    -------
    near, far : float
    """
    lags = grid.lags()
    near, far = (torch.tensor([test(lag) for lag in lags]) for test in (grid.is_near, grid.is_far))
    return float(correlations[near].mean()), float(correlations[far].mean())


def _lag_means(energy, grid):
    return grid.means_by_lag(torch.cov(energy.mT))
