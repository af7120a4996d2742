# SPDX-License-Identifier: BSD-3-Clause
r"""Mending many rows where a few next to each other are mixed.

Where signals hardly vary, or next to an edge, second moments do not tell the sign of a short wave:
with v a *packet*, smooth or alternating, about one of the rows of the truth W,
:math:`(I - 2 v v^T) W` is nearly as low a minimum of their loss, and no descent leads out of it.
Nor out of rows with one sign on one side and the other sign on the other. Cumulants of third and
fourth order tell, and a window of few rows can afford them: it is solved as a set of its own.
"""

import math

import torch
from scipy.special import ndtri

from ..core.entropy import smooth_entropy
from ..statistics.principal import principal_data
from .manifold import minimise, nearest_orthogonal
from .repairs import rearranged

__all__ = ["in_one_sign", "mixed_places", "solved_like", "unmixed"]


def unmixed(judge, basis, solve, watch=None):
    """Solve windows of rows anew, wherever some are mixed, as long as that is worth it.

    Parameters
    ----------
    judge : Judge
        Of many rows along one axis; its loss decides.
    basis : Tensor of shape (d, d)
    solve : callable
        Of the :class:`~sklearn_symmetry.statistics.principal.PrincipalData` of few columns along a
        line to its basis.
    watch : callable, optional
        Called before every window; a true result stops.

    Returns
    -------
    basis : Tensor of shape (d, d)
    rounds : int
        How many rounds were worth it; 0: the basis is the given one.
    """
    objective, tuning, best = judge.fine, judge.tuning, basis
    lowest, options = objective.value(basis), {"max_iter": tuning.fine_iterations} | judge.done
    for rounds in range(tuning.local_rounds):
        changed = in_one_sign(best, objective)
        places = mixed_places(changed, judge.data.samples, objective)
        for place in places:
            if watch is not None and watch():
                return best, rounds
            window = _window(place, objective.grid, tuning)
            changed[window] = solved_like(changed[window], judge.data.samples, solve)
        if places:  # what was mixed hid that stretches of rows are in the wrong order
            changed = in_one_sign(changed, objective)
            changed = min([changed, *rearranged(changed, objective)], key=objective.value)
        if changed.equal(best):
            return best, rounds
        descent = minimise(objective, changed, **options)
        if descent.losses[-1] > lowest - tuning.search_tol:
            return best, rounds
        best, lowest = descent.basis, descent.losses[-1]
    return best, tuning.local_rounds


def _window(place, grid, tuning):
    """Numbers of the rows about a place."""
    rows = torch.arange(place - tuning.window_reach, place + tuning.window_reach + 1)
    return rows[(rows >= 0) & (rows < grid.size)] if grid.is_line else rows % grid.size


def solved_like(rows, samples, solve):
    """What spans the same as some rows, solved as a set of its own.

    Parameters
    ----------
    rows : Tensor of shape (m, d)
        Orthonormal, in principal coordinates.
    samples : Tensor of shape (d, n)
    solve : callable
        See :func:`unmixed`.

    Returns
    -------
    rows : Tensor of shape (m, d)
        In the direction, and with the sign, in which they are most like the given ones.
    """
    values = (rows.float() @ samples).mT.cpu().double().numpy()
    data = principal_data(values, seed=0, device=rows.device)
    turn = nearest_orthogonal(solve(data) @ torch.as_tensor(data.axes).to(rows).mT)
    turn = max(turn, turn.flip(0), key=lambda one: float(one.diagonal().square().sum()))
    return (turn if turn.trace() > 0 else -turn) @ rows


def in_one_sign(basis, objective):
    """The basis with signs of its rows with which covariances are the same everywhere.

    From the first row on, every row takes the sign with which its correlations with those before it
    are like the mean ones of rows as far from each other.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Returns
    -------
    basis : Tensor of shape (d, d)
        A copy.
    """
    covariance = (basis * objective.spectrum) @ basis.mT
    deviation = covariance.diagonal().sqrt()
    correlation = covariance / torch.outer(deviation, deviation)
    lags = objective.grid.lag_numbers().to(basis.device)
    near = torch.exp(-0.5 * (lags / objective.tuning.window_reach) ** 2)
    links = (correlation * objective.grid.means_by_lag(correlation)[lags] * near).cpu()
    signs = torch.ones(len(basis), dtype=links.dtype)
    for row in range(1, len(basis)):
        if signs[:row] @ links[row, :row] < 0:
            signs[row] = -1.0
    return signs.to(basis)[:, None] * basis


def mixed_places(basis, samples, objective):
    """Rows about which entropies are higher than elsewhere: mixed rows are less sparse.

    Than of the lower ones of all rows, by more than their errors explain, which two halves of the
    samples tell: where a fifth of the rows are mixed, the others are not what they will be.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    samples : Tensor of shape (d, n)
        The more, the clearer.
    objective : Objective

    Returns
    -------
    places : list of int
        In order, none in the window of another.
    """
    tuning, lags = objective.tuning, objective.grid.lag_numbers()
    near = torch.exp(-0.5 * (lags / tuning.mixed_extent) ** 2).double()
    near = near / near.square().sum(1, keepdim=True).sqrt()

    def about(part):
        values = smooth_entropy((basis.float() @ part).mT, scale=tuning.peak_width).double().cpu()
        return near @ (values - values.median())

    one, other = map(about, samples.tensor_split(2, dim=1))
    error = (one - other).std() / 2  # of their mean, which is of all samples
    excess = (one + other) / (2 * error)
    excess = excess - excess.quantile(tuning.unmixed_share) + ndtri(tuning.unmixed_share)
    places = []
    while excess.max() > tuning.mixed_from:
        places.append(int(excess.argmax()))
        excess[lags[places[-1]] <= tuning.window_reach] = -math.inf
    return sorted(places)
