# SPDX-License-Identifier: BSD-3-Clause
"""What counts as evidence for a symmetry: statistics of samples that a lens was not fitted on.

Second moments never do: every real spectrum is that of a symmetric Toeplitz matrix, so that any
Gaussian is exactly stationary in some orthogonal basis, and so is any elliptical distribution, a
Gaussian times an independent contrast. Evidence is in what the energies of the representation know
beyond that, and in whether separate samples lead to the same order of columns.
"""

import itertools
from dataclasses import dataclass
from math import factorial

import torch

from .densities import ClosedFormDensity
from .losses import Alignment, Uniformity
from .losses.total import PAPER_WEIGHTS
from .representation import Representation
from .stationarity import contrast_free, energy_divergence, log_energy, summed_divergence

__all__ = [
    "REPEATS",
    "Evidence",
    "elliptical_test",
    "energy_correlations",
    "evidence",
    "marginal_distance",
    "order_test",
    "required_repeatability",
    "tolerated_divergence",
    "tolerated_distance",
    "wanted_deviation",
]

DRAWS, ORDERS = 199, 99  # of elliptical sets, of orders
TESTED = 5000  # samples in the test: enough to see, cheap to draw 199 times
# What right solutions of 500 to 50,000 samples stay below: sampling noise, and how far real sets
# that a person would call stationary are from it. Of the energy divergence: its mean, the spread of
# the mean of few numbers (over m, faster below 8), and what grows with the samples.
MEAN, TAIL, DEFECT = 2.5, 12.0, 3e-4
SHORT = 8
# Cosine of generators found on separate samples, of which few columns have few numbers, too. The
# differences of either half from the truth add up, and each has twice the variance of a fit to all
# samples: halves that agree to 0.9 are halves of a fit that is within about 0.975 of the truth.
REPEATS = 0.95
UNEVEN_NOISE, UNEVEN = 4.0, 0.1  # of the distance of marginals; the first over sqrt(n)
# Standard errors from elliptical that few columns need. In a few bases any covariance is
# stationary; of a table that is nearly elliptical one of them is so in all respects that its
# samples can tell, and separate samples agree on it.
STRONG, FEWEST = 4.0, 6


@dataclass(frozen=True)
class Evidence:
    """Held-out statistics of one representation.

    Attributes
    ----------
    p_value, deviation, wanted : float
        :func:`elliptical_test`, and how much of the deviation is asked for.
    order_p_value : float
        :func:`order_test`.
    divergence, tolerated : float
        :func:`~sklearn_symmetry.core.stationarity.energy_divergence`, and how much of it passes.
    distance, tolerable : float
        :func:`marginal_distance`, and how much of it passes.
    correlations : Tensor of shape (m,)
        :func:`energy_correlations`.
    """

    p_value: float
    order_p_value: float
    deviation: float
    wanted: float
    divergence: float
    tolerated: float
    distance: float
    tolerable: float
    correlations: torch.Tensor


def evidence(y, cyclic=False, *, seed=0):
    """All statistics of a representation of samples that it was not fitted on.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        n > m.
    cyclic : bool, default=False
    seed : int, default=0

    Returns
    -------
    evidence : Evidence
    """
    y = y.double()
    y = y - y.mean()  # one number: a common offset says nothing about the symmetry
    random = torch.Generator().manual_seed(seed)
    p_value, deviation = elliptical_test(y[:TESTED], cyclic, random)
    return Evidence(
        p_value=p_value,
        order_p_value=order_test(y[:TESTED], cyclic, random),
        deviation=deviation,
        wanted=wanted_deviation(y.shape[1]),
        divergence=energy_divergence(y, cyclic),
        tolerated=tolerated_divergence(*y.shape, cyclic),
        distance=marginal_distance(y),
        tolerable=tolerated_distance(len(y)),
        correlations=energy_correlations(y, cyclic),
    )


def elliptical_test(y, cyclic, random, draws=DRAWS):
    r"""Whether the energies of `y` hold more than its second moments and the contrast of samples.

    Null: y is elliptical, :math:`y = \mu + r\,\Sigma^{1/2} u` with u uniform on the sphere and r
    any independent radius; a Gaussian with any covariance is. It is drawn from by a parametric
    bootstrap: mean and covariance of `y`, radii drawn from its Mahalanobis radii. The statistic is
    the sum over lags of the squared standard scores of the mean covariance of log energies at that
    lag, with mean and deviation over the observed and all drawn sets, which makes it exchangeable.

    Parameters
    ----------
    y : Tensor of shape (n, m)
    cyclic : bool
    random : torch.Generator
    draws : int, default=199

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
    lags = [_lag_means(log_energy(y), cyclic)]
    for _ in range(draws):
        direction = torch.randn(y.shape, generator=random, dtype=y.dtype)
        chosen = torch.randint(len(y), (len(y),), generator=random)
        direction *= (radii[chosen] / direction.norm(dim=1))[:, None]
        lags.append(_lag_means(log_energy(mean + direction @ factor.mT), cyclic))
    lags = torch.stack(lags)
    scores = (lags - lags.mean(0)) / lags.std(0).clamp_min(1e-300)
    statistic = scores.square().sum(1)
    p_value = (statistic >= statistic[0]).double().mean()
    return float(p_value), float(scores[0].square().mean().sqrt())


def order_test(y, cyclic, random, draws=ORDERS):
    r"""Whether the order of the columns of `y` says anything about other samples.

    Null: the columns are exchangeable, as independent ones of one law are; their order, found on
    other samples, is arbitrary. A permutation test. The statistic is what the loss says about
    order, alignment and twice uniformity (eq. 17), plus
    :func:`~sklearn_symmetry.core.stationarity.contrast_free_divergence`, which is in nats as well.
    The contrast of a sample is the same in every order.
    An order and its reverse are the same, and so are all starts of a circle.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        Samples that the order was not found on.
    cyclic : bool
    random : torch.Generator
    draws : int, default=99
        Orders it is compared with; all there are, if they are no more.

    Returns
    -------
    p_value : float
        Share of orders that are no worse, itself included. At least ``2 / m!``, times m on a
        circle: 0.05 takes five columns, six on a circle.
    """
    others = _other_orders(y.shape[1], cyclic, random, draws)
    free = contrast_free(y)
    losses = torch.stack(
        [_order_loss(y[:, order], free[:, order], cyclic) for order in [slice(None), *others]]
    )
    return float((~(losses > losses[0])).double().mean())  # 1 where it is not a number


def _other_orders(size, cyclic, random, draws):
    """Orders that differ from the given one: all of them, or `draws` at random."""
    given = tuple(range(size))
    if factorial(size) <= 2 * (draws + 1) * (size if cyclic else 1):
        orders = itertools.permutations(given)
        return sorted({_canonical(order, cyclic) for order in orders} - {given})
    orders = (torch.randperm(size, generator=random).tolist() for _ in itertools.count())
    different = (order for order in orders if _canonical(order, cyclic) != given)
    return list(itertools.islice(different, draws))


def _canonical(order, cyclic):
    """The one of all orders that are the same which comes first."""
    ways = [tuple(order), tuple(reversed(order))]
    if cyclic:
        ways = [way[start:] + way[:start] for way in ways for start in range(len(order))]
    return min(ways)


def _order_loss(y, contrast_free_y, cyclic):
    rep = Representation(y, ClosedFormDensity())
    terms = Alignment(cyclic), Uniformity(cyclic)
    loss = sum(PAPER_WEIGHTS[term.name] * term(rep) for term in terms)
    return loss + summed_divergence(contrast_free_y, cyclic)


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


def energy_correlations(y, cyclic=False):
    """Correlation of the log energies of columns as a function of their distance.

    Parameters
    ----------
    y : Tensor of shape (n, m)
    cyclic : bool, default=False

    Returns
    -------
    correlations : Tensor of shape (m,), (m // 2 + 1,) when cyclic
        1 at distance 0.
    """
    covariance = torch.cov(log_energy(y).mT)
    deviation = covariance.diagonal().sqrt()
    return _diagonal_means(covariance / torch.outer(deviation, deviation), cyclic)


def tolerated_divergence(n_samples, size, cyclic=False):
    """Energy divergence up to which `n_samples` of `size` columns count as stationary."""
    size -= not cyclic
    return MEAN + TAIL / size * max(1, SHORT / size) + DEFECT * n_samples


def required_repeatability(size, cyclic=False):
    """Cosine between the generators of two halves from which they count as one, in `size` columns.

    0.95, and less below nine columns: 0.9 in five.
    """
    size -= not cyclic
    return 1 - (1 - REPEATS) * max(1, SHORT / size)


def wanted_deviation(size):
    """Deviation in the elliptical test from which evidence in `size` columns counts."""
    return STRONG if size <= FEWEST else 0.0


def tolerated_distance(n_samples):
    """Distance of marginals up to which `n_samples` count as stationary."""
    return UNEVEN + UNEVEN_NOISE / n_samples**0.5


def _lag_means(energy, cyclic):
    return _diagonal_means(torch.cov(energy.mT), cyclic)


def _diagonal_means(matrix, cyclic):
    size = len(matrix)
    if cyclic:
        index = torch.arange(size)
        means = [matrix[index, (index + lag) % size].mean() for lag in range(size // 2 + 1)]
    else:
        means = [matrix.diagonal(lag).mean() for lag in range(size)]
    return torch.stack(means)
