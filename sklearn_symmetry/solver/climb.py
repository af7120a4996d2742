# SPDX-License-Identifier: BSD-3-Clause
"""From one minimum of the law to a lower one: an iterated local search on a lattice.

A descent on the law costs a fraction of one on the loss, and its lowest minimum is the truth where
wrong ones have nearly the loss of the truth. What separates two minima is which principal axis is
which wave, and its sign: waves are exchanged, with signs that the law likes, and descend again;
from time to time signs of the axes are mended.
"""

import numpy as np
import torch

from ..core.sines import sine_basis
from .manifold import minimise
from .repairs import repair

__all__ = ["climbed", "exchange"]


def climbed(law, basis, changes, *, seed):
    """The lowest minimum of the law that a number of kicks leads to.

    Parameters
    ----------
    law : Law
        On a grid of several axes; with the tuning.
    basis : Tensor of shape (d, d)
        A minimum.
    changes : dict
        Of :func:`.repairs.repair`, for mending.
    seed : int

    Returns
    -------
    basis : Tensor of shape (d, d)
    value : float
        Of the law.
    """
    tuning, rng = law.tuning, np.random.default_rng(seed)
    best, in_vain = law.value(basis), 0
    sines = torch.as_tensor(sine_basis(*law.grid.shape)).to(basis)
    for number in range(tuning.climbs):
        found = minimise(law, _kicked(law, basis, sines, rng), **_budget(tuning))
        in_vain += 1
        if found.losses[-1] < best - tuning.climb_gain:
            basis, best, in_vain = found.basis, found.losses[-1], 0
        if number % tuning.climbs_between == tuning.climbs_between - 1:
            mended, value, rounds = repair(law, law, basis, changes, max_rounds=2)
            if rounds:
                basis, best, in_vain = mended, value, 0
        if in_vain >= tuning.climbs_in_vain:
            break
    return basis, best


def _budget(tuning):
    """Of a descent after a kick: long enough to see whether it falls below."""
    return {
        "max_iter": tuning.climb_iterations,
        "probes": tuning.law_probes,
        "tol": tuning.search_tol,
        "patience": tuning.search_patience,
    }


def _kicked(law, basis, sines, rng):
    """Some waves exchanged, with the signs of a few tries that have the lowest law."""
    tuning, grid = law.tuning, law.grid
    waves = sines.mT @ basis
    levels = (waves.square() @ law.log_spectrum).cpu().numpy()
    order = exchange(grid.shape, levels, rng, tuning.climb_alike)
    moved = np.flatnonzero(order != np.arange(len(order)))
    tries = []
    for _ in range(tuning.climb_signs):
        signs = np.ones(len(order))
        signs[moved] = rng.choice((-1.0, 1.0), len(moved))
        tries.append(sines @ (torch.as_tensor(signs).to(basis)[:, None] * waves[order]))
    return min(tries, key=law.value)


def exchange(shape, levels, rng, alike):
    """An order of waves: some of about one variance exchanged, or the ends of two lines.

    Parameters
    ----------
    shape : tuple of int
        Frequencies along both axes.
    levels : ndarray of shape (d,)
        Log variance of the waves.
    rng : numpy Generator
    alike : float
        Difference of levels within which waves are mistaken for each other.

    Returns
    -------
    order : ndarray of int, shape (d,)
    """
    order, n_changes, kind = np.arange(len(levels)), int(rng.integers(1, 5)), rng.integers(3)
    if kind < 2:
        for _ in range(n_changes):
            one = rng.integers(len(order))
            near = np.exp(-0.5 * ((levels - levels[one]) / alike) ** 2)
            near[one] = 0.0
            if near.sum() > 0:
                other = rng.choice(len(order), p=near / near.sum())
                order[[one, other]] = order[[other, one]]
        return order
    folded = order.reshape(shape)  # a view, and so is its transpose
    folded = folded.T if rng.integers(2) else folded
    one, other = rng.integers(len(folded), size=2)
    first = rng.integers(folded.shape[1])
    folded[[one, other], first:] = folded[[other, one], first:].copy()
    return order
