# SPDX-License-Identifier: BSD-3-Clause
"""From one minimum of the law to a lower one: an iterated local search on a lattice.

A descent on the law costs a fraction of one on the loss, and its lowest minimum is the truth where
wrong ones have nearly the loss of the truth. Two things separate minima. Some see the plane through
a lattice that lies askew in the true one, with slanted strokes for an axis: the lattice is turned,
and descends again. In others principal axes are mistaken for each other: waves are exchanged, with
signs that the law likes. From time to time signs of the axes are mended.
"""

from functools import partial

import numpy as np
import torch

from ..core.sines import sine_basis
from .manifold import minimise
from .repairs import repair

LEAST = 1e-3  # of its own rows, against what the others say: tells only where these say nothing

__all__ = ["climbed", "exchange", "turned"]


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
    tuning, rng, best = law.tuning, np.random.default_rng(seed), law.value(basis)
    kinds = [(_exchanged, tuning.climbs, tuning.climb_iterations)]
    if not any(closed for _, closed in law.grid.axes):
        kinds.insert(0, (_turned, tuning.climb_turns, tuning.law_iterations))
    for kicked, number, iterations in kinds:
        budget = {
            "max_iter": iterations,
            "probes": tuning.law_probes,
            "tol": tuning.search_tol,
            "patience": tuning.search_patience,
        }
        basis, best = _phase(law, basis, best, partial(kicked, rng=rng), number, budget, changes)
    return basis, best


def _phase(law, basis, best, kicked, n_kicks, budget, changes):
    """The lowest minimum after kicks of one kind, and its law."""
    tuning, in_vain = law.tuning, 0
    for number in range(n_kicks):
        found = minimise(law, kicked(law, basis), **budget)
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


def _turned(law, basis, rng):
    """The lattice by up to half a right angle, and up to half a position."""
    angle, shift = rng.uniform(-np.pi / 4, np.pi / 4), rng.uniform(-0.5, 0.5, 2)
    found = turned(basis.cpu().double().numpy(), law.grid, angle, shift)
    return torch.as_tensor(found).to(basis)


def turned(basis, grid, angle, shift=(0.0, 0.0)):
    r"""Rows at the positions :math:`R p + s`, with a rotation R of the plane.

    Between positions a row is the sum of those around, with weights :math:`\exp(-r^2 / 2)` of
    their distances, made orthogonal by a polar decomposition; beyond the lattice it keeps what is
    left over of its own.

    Parameters
    ----------
    basis : ndarray of shape (d, d)
        Orthogonal.
    grid : Grid
        Of two open axes, of the positions p from the centre.
    angle : float
        Of R, in radians.
    shift : sequence of float
        s, in steps.

    Returns
    -------
    basis : ndarray of shape (d, d)
    """
    places = grid.coordinates().numpy() - (np.array(grid.shape) - 1) / 2
    cosine, sine = np.cos(angle), np.sin(angle)
    there = places @ np.array([[cosine, sine], [-sine, cosine]]) + shift
    weights = np.exp(-0.5 * np.square(there[:, None] - places).sum(-1))
    left, _, right = np.linalg.svd(weights @ basis + LEAST * basis)
    return left @ right


def _exchanged(law, basis, rng):
    """Some waves exchanged, with the signs of a few tries that have the lowest law."""
    tuning, grid = law.tuning, law.grid
    sines = torch.as_tensor(sine_basis(*grid.shape)).to(basis)
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
