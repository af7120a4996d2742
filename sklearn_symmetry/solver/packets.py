# SPDX-License-Identifier: BSD-3-Clause
r"""Mending many rows where a few next to each other are mixed.

Where signals hardly vary, or next to an edge, second moments do not tell the sign of a short wave:
with v a *packet*, smooth or alternating, about one of the rows of the truth W,
:math:`(I - 2 v v^T) W` is nearly as low a minimum of their loss, and no descent leads out of it.
Nor out of rows with one sign on one side and the other sign on the other. Cumulants of third and
fourth order tell, and a window of few rows can afford them: it is mended as a set of its own.
"""

import math

import torch
from scipy.special import ndtri

from ..core.entropy import smooth_entropy
from ..core.grid import Grid
from ..statistics.principal import principal_data
from .manifold import minimise, nearest_orthogonal
from .objective import Objective
from .repairs import repair

__all__ = ["in_one_sign", "mixed_places", "packet", "turned_locally", "unmixed"]

STEP = 0.5  # rows, from the middle of a packet to that of the next
LOW = (0.05, 0.25)  # quantiles that mixed rows hardly move, which tell mean and deviation of others


def unmixed(judge, basis, tuning):
    """Mend windows of rows, wherever some are mixed, as long as that is worth it.

    Parameters
    ----------
    judge : Judge
        Of many rows along one axis; its loss decides.
    basis : Tensor of shape (d, d)
    tuning : Tuning
        With fourth order, for the windows.

    Returns
    -------
    basis : Tensor of shape (d, d)
    rounds : int
        How many rounds were worth it; 0: the basis is the given one.
    """
    objective, best = judge.fine, basis
    lowest, options = objective.value(basis), {"max_iter": tuning.fine_iterations} | judge.done
    for rounds in range(tuning.local_rounds):
        changed = _same_sign(best, objective)
        for place in mixed_places(changed, judge.data.samples, objective):
            rows = _window(place, objective.grid, tuning)
            changed[rows] = _mended(changed[rows], judge, tuning)
        changed = _same_sign(changed, objective)
        if changed.equal(best):
            return best, rounds
        descent = minimise(objective, changed, **options)
        if descent.losses[-1] > lowest - tuning.search_tol:
            return best, rounds
        best, lowest = descent.basis, descent.losses[-1]
    return best, tuning.local_rounds


def _same_sign(basis, objective):
    """A copy, with the signs of :func:`in_one_sign` if they are others."""
    return next(in_one_sign(basis, objective), basis).clone()


def _window(place, grid, tuning):
    """Numbers of the rows about a place."""
    rows = torch.arange(place - tuning.window_reach, place + tuning.window_reach + 1)
    return rows[(rows >= 0) & (rows < grid.size)] if grid.is_line else rows % grid.size


def _mended(rows, judge, tuning):
    """A window of rows, mended as a set along a line of its own; shape (m, d)."""
    values = (rows.float() @ judge.data.samples).mT.cpu().double().numpy()
    data = principal_data(values, seed=0, device=rows.device)
    options = {"grid": Grid.line(len(rows)), "tuning": tuning}
    fine, scout = (
        Objective(data, judge.weights, slice(0, count), **options)
        for count in (tuning.search_samples, tuning.scout_samples)
    )
    axes = torch.as_tensor(data.axes).to(rows)
    changes = {in_one_sign: 1, turned_locally: tuning.packets_tried}
    basis, _, rounds = repair(fine, scout, axes, changes, max_rounds=tuning.mending_rounds)
    return nearest_orthogonal(basis @ axes.mT) @ rows if rounds else rows


def in_one_sign(basis, objective):
    """The basis with signs of its rows with which covariances are the same everywhere.

    From the first row on, every row takes the sign with which its correlations with those before it
    are like the mean ones of rows as far from each other.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
        None where the signs are those already, or all others.
    """
    covariance = (basis * objective.spectrum) @ basis.mT
    deviation = covariance.diagonal().sqrt()
    correlation = covariance / torch.outer(deviation, deviation)
    lags = objective.grid.lag_numbers().to(basis.device)
    sums = torch.zeros(len(basis)).to(basis).index_add(0, lags.flatten(), correlation.flatten())
    means = sums / torch.bincount(lags.flatten(), minlength=len(basis)).clamp_min(1)
    near = torch.exp(-0.5 * (lags / objective.tuning.window_reach) ** 2)
    links = (correlation * means[lags] * near).cpu()
    signs = torch.ones(len(basis), dtype=links.dtype)
    for row in range(1, len(basis)):
        if signs[:row] @ links[row, :row] < 0:
            signs[row] = -1.0
    if (signs < 0).any():
        yield signs.to(basis)[:, None] * basis


def turned_locally(basis, objective):
    """The basis with the other sign of a packet, for all smooth and alternating ones.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
    """
    for alternating in (False, True):
        for extent in objective.tuning.packet_extents:
            for step in range(int((len(basis) - 1) / STEP) + 1):
                wave = packet(objective.grid, step * STEP, extent, alternating).to(basis)
                yield basis - 2 * torch.outer(wave, wave @ basis)


def packet(grid, middle, extent, alternating):
    """A smooth or an alternating Gaussian wave about a place of a line or a ring.

    Parameters
    ----------
    grid : Grid
        Of one axis.
    middle : float
        Between 0 and d - 1.
    extent : float
        Standard deviation, in rows.
    alternating : bool

    Returns
    -------
    packet : Tensor of shape (d,)
        Of norm 1.
    """
    size = grid.size
    away = torch.arange(size) - torch.as_tensor(middle, dtype=torch.float64)
    if not grid.is_line:
        away = (away + size / 2) % size - size / 2
    wave = torch.exp(-0.5 * (away / extent) ** 2)
    if alternating:
        wave = wave * (1.0 - 2.0 * (torch.arange(size) % 2))
    return wave / wave.norm()


def mixed_places(basis, samples, objective):
    """Rows about which entropies are higher than elsewhere: mixed rows are less sparse.

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
    rows = (basis.float() @ samples).mT
    entropies = smooth_entropy(rows, scale=tuning.peak_width).double().cpu()
    near = torch.exp(-((lags / tuning.packet_extents[-1]) ** 2)).double()  # a packet, squared
    about = near @ (entropies - entropies.median()) / near.square().sum(1).sqrt()
    (lowest, low), (first, last) = (about.quantile(share) for share in LOW), ndtri(LOW)
    excess = last + (about - low) / (low - lowest) * (last - first)
    places = []
    while excess.max() > tuning.mixed_from:
        places.append(int(excess.argmax()))
        excess[lags[places[-1]] <= tuning.window_reach] = -math.inf
    return sorted(places)
