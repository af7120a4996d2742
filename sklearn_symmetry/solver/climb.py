# SPDX-License-Identifier: BSD-3-Clause
"""From one minimum of the law to a lower one: an iterated local search on a lattice.

A descent on the law costs a fraction of one on the loss, and its lowest minimum is the truth where
wrong ones have nearly the loss of the truth. Many of these are a lattice that lies askew in the
true one, with slanted strokes for an axis, and no descent turns it. So it is turned, and descends
again.
"""

import numpy as np
import torch

from .manifold import nearest_orthogonal

__all__ = ["climbed", "turned"]

TOGETHER = 4  # turns, of which the best goes on: one of four costs half of one by itself
LEAST = 1e-3  # of its own rows, against what the others say: tells only where these say nothing


def climbed(judge, basis, *, seed):
    """The lowest minimum of the law that a number of turns leads to.

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
    rng, best = np.random.default_rng(seed), judge.law.value(basis)
    # All angles there are, up to the symmetries of the lattice.
    height, width = judge.grid.shape
    most = np.pi / 4 if height == width else np.pi / 2
    for _ in range(judge.tuning.turns // TOGETHER):
        angles, shifts = rng.uniform(-most, most, TOGETHER), rng.uniform(-0.5, 0.5, (TOGETHER, 2))
        pairs = zip(angles, shifts, strict=True)
        starts = [turned(basis, judge.grid, angle, shift) for angle, shift in pairs]
        found = min(judge.descents_on(judge.law, starts), key=lambda one: one.losses[-1])
        if found.losses[-1] < best:
            basis, best = found.basis, found.losses[-1]
    return basis, best


def turned(basis, grid, angle, shift=(0.0, 0.0)):
    r"""Rows at the positions :math:`R p + s`, with a rotation R of the plane.

    Between positions a row is the sum of those around, with weights :math:`\exp(-r^2 / 2)` of
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
    cosine, sine = np.cos(angle), np.sin(angle)
    there = places @ np.array([[cosine, sine], [-sine, cosine]]) + shift
    weights = np.exp(-0.5 * np.square(there[:, None] - places).sum(-1))
    return nearest_orthogonal(torch.as_tensor(weights).to(basis) @ basis + LEAST * basis)
