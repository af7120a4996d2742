# SPDX-License-Identifier: BSD-3-Clause
"""From one minimum of the law to a lower one: an iterated local search on a lattice.

A descent on the law costs a fraction of one on the loss, and its lowest minimum is the truth where
wrong ones have nearly the loss of the truth. Many of these are a lattice that lies askew in the
true one, with slanted strokes for an axis, and others have axes of about one variance for each
other. No descent leads out of that. So the lattice is turned, or some axes are exchanged, and it
descends again.
"""

import numpy as np
import torch

from .manifold import nearest_orthogonal

__all__ = ["climbed", "swapped", "turned"]

TOGETHER = 4  # changes, of which the best goes on: one of four costs half of one by itself
LEAST = 1e-5  # nats a column: a gain
TINY = 1e-3  # of its own rows, against what the others say: tells only where these say nothing


def climbed(judge, basis, *, seed):
    """The lowest minimum of the law that changes lead to, until a number of them did not.

    Parameters
    ----------
    judge : Judge
        With a law, on a grid of two open axes.
    basis : Tensor of shape (d, d)
        A minimum.
    seed : int

    Returns
    -------
    basis : Tensor of shape (d, d)
    value : float
        Of the law.
    """
    law, tuning, grid = judge.law, judge.tuning, judge.grid
    rng, best, in_vain = np.random.default_rng(seed), law.value(basis), 0
    # All angles there are, up to the symmetries of the lattice.
    height, width = grid.shape
    most = np.pi / 4 if height == width else np.pi / 2
    while in_vain < tuning.changes_in_vain:
        starts = []
        for _ in range(TOGETHER // 2):
            angle, shift = rng.uniform(-most, most), rng.uniform(-0.5, 0.5, 2)
            starts.append(turned(basis, grid, angle, shift))
            starts.append(swapped(basis, law.log_spectrum, rng, tuning))
        found = min(judge.descents_on(law, starts), key=lambda one: one.losses[-1])
        in_vain += TOGETHER
        if found.losses[-1] < best - LEAST:
            basis, best, in_vain = found.basis, found.losses[-1], 0
    return basis, best


def turned(basis, grid, angle, shift=(0.0, 0.0)):
    r"""Rows at the positions :math:`D R D^{-1} p + s`, with a rotation R of the plane.

    D is diagonal, with the sides of the lattice in units of their geometric mean: an oblong one
    turned by a right angle still fills its window, each axis in the place of the other. Between
    positions a row is the sum of those around, with weights :math:`\exp(-r^2 / 2)` of
    their distances, made orthogonal by a polar decomposition; beyond the lattice it keeps what is
    left over of its own.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
        Orthogonal.
    grid : Grid
        Of two open axes, of the positions p from the centre.
    angle : float
        Of R, in radians.
    shift : sequence of float
        s, in steps.

    Returns
    -------
    basis : Tensor of shape (d, d)
    """
    places = grid.coordinates().numpy() - (np.array(grid.shape) - 1) / 2
    sides = np.array(grid.shape) / np.sqrt(grid.size)
    cosine, sine = np.cos(angle), np.sin(angle)
    there = places / sides @ np.array([[cosine, sine], [-sine, cosine]]) * sides + shift
    weights = np.exp(-0.5 * np.square(there[:, None] - places).sum(-1))
    return nearest_orthogonal(torch.as_tensor(weights).to(basis) @ basis + TINY * basis)


def swapped(basis, levels, rng, tuning):
    """A few pairs of principal axes of about one variance for each other, of either sign.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
        Principal axes along the columns.
    levels : Tensor of shape (d,)
        Log variance along them.
    rng : numpy Generator
    tuning : Tuning
        With how many pairs at most, and up to which difference of levels.

    Returns
    -------
    basis : Tensor of shape (d, d)
    """
    basis, levels = basis.clone(), levels.cpu().double().numpy()
    near = np.exp(-0.5 * np.square((levels[:, None] - levels) / tuning.kick_alike))
    np.fill_diagonal(near, 0.0)
    if near.sum() == 0:
        return basis
    count = rng.integers(1, tuning.kick_axes + 1)
    for pair in rng.choice(near.size, count, p=near.ravel() / near.sum()):
        one, other = divmod(int(pair), len(levels))
        signs = torch.as_tensor(rng.choice([-1.0, 1.0], 2)).to(basis)
        basis[:, [one, other]] = basis[:, [other, one]] * signs
    return basis
