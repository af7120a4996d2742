# SPDX-License-Identifier: BSD-3-Clause
"""Mending a basis that is right except for a window of adjacent rows.

Descents get stuck in this way most of all: two stretches of the symmetry found rightly, and a wall
of a few rows between them. The rows outside the window fix the space of those inside, and how
these must covary with them: a rotation remains, and the Procrustes problem gives it.
"""

import numpy as np
import torch
from scipy.linalg import toeplitz

from .manifold import minimise

__all__ = ["repair"]

WINDOWS = (3, 4, 5, 6, 8, 10, 12)
TRIED = 4
MAX_ITER, TOL = 30, 1e-4
GAIN = 1e-3  # nats a repair must win


def repair(objective, scout, basis, max_rounds=6):
    """Complete every window anew, refine the most promising ones, keep the best; repeat.

    Parameters
    ----------
    objective : Objective
        Refines and decides.
    scout : Objective
        Ranks the windows; may be cheap.
    basis : Tensor of shape (d, d)
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
        completions = list(_completions(basis, objective))
        if not completions:
            return basis, best, rounds
        ranked = sorted(completions, key=scout.value)[:TRIED]
        descents = [minimise(objective, one, max_iter=MAX_ITER, tol=TOL) for one in ranked]
        winner = min(descents, key=lambda descent: descent.losses[-1])
        if winner.losses[-1] > best - GAIN:
            return basis, best, rounds
        basis, best = winner.basis, winner.losses[-1]
    return basis, best, max_rounds


def _completions(basis, objective):
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
