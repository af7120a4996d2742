# SPDX-License-Identifier: BSD-3-Clause
"""Mending a basis that is right except for a window of adjacent rows, or of frequencies.

Descents get stuck in two ways most of all. Two stretches of the symmetry are found rightly, with a
wall of a few rows between them: the rows outside such a window fix the space of those inside, and
how these must covary with them; a rotation remains, and the Procrustes problem gives it. Or the
phases of all frequencies above some are turned by half a circle: then turning back is enough.
"""

import numpy as np
import torch
from scipy.linalg import toeplitz

from .manifold import minimise
from .starts import sine_basis

__all__ = ["flipped", "repair", "windows"]

WINDOWS = (3, 4, 5, 6, 8, 10, 12)
MAX_ITER, TOL = 30, 1e-4
GAIN = 1e-3  # nats a repair must win


def repair(objective, scout, basis, changes, *, tried, max_rounds):
    """Refine the most promising changes, keep the best; repeat.

    Parameters
    ----------
    objective : Objective
        Refines and decides.
    scout : Objective
        Ranks the changes; may be cheap.
    basis : Tensor of shape (d, d)
    changes : callable
        :func:`windows` or :func:`flipped`: given basis and objective, all bases to choose from.
    tried : int
        How many of them are refined.
    max_rounds : int

    Returns
    -------
    basis : Tensor of shape (d, d)
    loss : float
        Of `objective`; not above that of the given basis.
    rounds : int
        How many repairs were worth it.
    """
    best = objective.value(basis)
    for rounds in range(max_rounds):
        changed = list(changes(basis, objective))
        if not changed:
            return basis, best, rounds
        ranked = sorted(changed, key=scout.value)[:tried]
        descents = [minimise(objective, one, max_iter=MAX_ITER, tol=TOL) for one in ranked]
        winner = min(descents, key=lambda descent: descent.losses[-1])
        if winner.losses[-1] > best - GAIN:
            return basis, best, rounds
        basis, best = winner.basis, winner.losses[-1]
    return basis, best, max_rounds


def flipped(basis, _=None):
    """The basis with the signs of all frequencies above some changed, for every one of them."""
    waves = torch.as_tensor(sine_basis(len(basis))).to(basis)
    spectrum = waves.mT @ basis
    for first in range(1, len(basis)):
        yield basis - 2 * waves[:, first:] @ spectrum[first:]


def windows(basis, objective):
    """The basis with one window of rows completed anew, for every window."""
    rows = basis.cpu().numpy()
    moments = [(rows * weight) @ rows.T for weight in _spectra(objective)]
    size = len(rows)
    for width in WINDOWS:
        if width > size // 2:
            break
        for start in range(size - width + 1):
            inside = np.zeros(size, dtype=bool)
            inside[start : start + width] = True
            mended = rows.copy()
            mended[inside] = _rotation(moments, inside) @ rows[inside]
            yield torch.as_tensor(mended).to(basis)


def _spectra(objective):
    """Of the covariance, its logarithm and its inverse: all are stationary, and together they
    hold directions of much, middling and little variance.
    """
    spectrum = objective.spectrum.cpu().numpy()
    logarithm = np.log(spectrum)
    return spectrum, logarithm - logarithm.mean(), 1 / spectrum


def _rotation(moments, inside):
    """Rotation of the rows inside that makes their moments with those outside stationary."""
    across = np.ix_(inside, ~inside)
    match = 0.0
    for moment in moments:
        given = moment[across]
        match = match + _stationary(moment, ~inside)[across] @ given.T / np.sum(given**2)
    left, _, right = np.linalg.svd(match)
    return left @ right


def _stationary(moment, kept):
    """Toeplitz matrix of the median moment of the rows kept at every lag.

    The median, since some of the rows kept may be wrong too.
    """
    size = len(kept)
    both = np.outer(kept, kept)
    masked = np.where(both, moment, np.nan)
    medians = np.array(
        [
            np.nanmedian(masked.diagonal(lag)) if both.diagonal(lag).any() else 0.0
            for lag in range(size)
        ]
    )
    return toeplitz(medians)
