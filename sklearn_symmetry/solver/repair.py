# SPDX-License-Identifier: BSD-3-Clause
"""Mending a basis that is right except for a window of adjacent rows, or of frequencies.

Descents get stuck in two ways most of all. Two stretches of the symmetry are found rightly, with a
wall of a few rows between them: the rows outside such a window fix the space of those inside, and
how these must covary with them; a rotation remains, and the Procrustes problem gives it. Or the
signs of some frequencies are wrong, or two are swapped: then turning them back is enough.
"""

import itertools

import numpy as np
import torch
from scipy.linalg import toeplitz

from ..core.sines import sine_basis
from .manifold import minimise
from .orders import likeliest

__all__ = ["repair", "rephased", "swapped", "windows"]

WINDOWS = (3, 4, 5, 6, 8, 10, 12)
MAX_ITER, TOL = 30, 1e-4
GAIN = 1e-3  # nats a repair must win
LOOKS = 2**30  # multiplications spent on changes of signs
LIKELY = 8  # of them, changes looked at again
CLOSE, SWAPPED = 2, 48  # steps between axes that are swapped, and features up to which it pays


def repair(objective, scout, basis, changes, *, max_rounds):
    """Refine the most promising changes, keep the best; repeat.

    Parameters
    ----------
    objective : Objective
        Refines and decides.
    scout : Objective
        Ranks the changes; may be cheap.
    basis : Tensor of shape (d, d)
    changes : dict
        Of :func:`windows`, :func:`rephased` and :func:`swapped`, which give all bases to choose
        from, to the number of them that are refined.
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
        ranked = []
        for change, tried in changes.items():
            ranked += sorted(change(basis, objective), key=scout.value)[:tried]
        if not ranked:
            return basis, best, rounds
        descents = [minimise(objective, one, max_iter=MAX_ITER, tol=TOL) for one in ranked]
        winner = min(descents, key=lambda descent: descent.losses[-1])
        if winner.losses[-1] > best - GAIN:
            return basis, best, rounds
        basis, best = winner.basis, winner.losses[-1]
    return basis, best, max_rounds


def rephased(basis, objective):
    """The basis with other signs of its frequencies, which second moments do not notice.

    Those of all sine waves above some; and of principal axes, as third-order cumulants like best.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
    """
    waves = torch.as_tensor(sine_basis(len(basis))).to(basis)
    spectrum = waves.mT @ basis
    for first in range(1, len(basis)):
        yield basis - 2 * waves[:, first:] @ spectrum[first:]
    if objective.cumulants is not None:
        yield from likeliest(basis, _sign_changes(_by_frequency(basis)), objective)[:LIKELY]


def swapped(basis, objective):
    """The basis with two principal axes of close frequency swapped, for every two.

    Signs of either, and of all axes above them, are as third-order cumulants like best.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
        None for more than 48 features, and without third-order cumulants.
    """
    axes = _by_frequency(basis)
    if objective.cumulants is None or len(axes) > SWAPPED:
        return
    for first, last in itertools.combinations(range(len(axes)), 2):
        if last - first > CLOSE:
            continue
        changed = basis.clone()
        changed[:, axes[[first, last]]] = basis[:, axes[[last, first]]]
        above = list(range(last + 1, len(axes)))
        own = ([], [first], [last], [first, last])
        signs = _signs(axes, [one + more for one in own for more in ([], above)])
        yield likeliest(changed, signs, objective)[0]


def _by_frequency(basis):
    """Principal axes from smooth to rough."""
    return (basis[1:] - basis[:-1]).square().sum(0).argsort()


def _sign_changes(axes):
    """Signs of the principal axes: one changed, all above one, any stretch, any two."""
    size = len(axes)
    changes = [(first,) for first in range(size)]
    changes += [range(first, size) for first in range(1, size - 1)]
    changes += [range(first, last) for last in range(3, size) for first in range(1, last - 1)]
    changes += itertools.combinations(range(size), 2)
    return _signs(axes, changes[: max(size, LOOKS // size**4)])


def _signs(axes, changes):
    """A row for every change: -1 for the axes at the places it names, else 1."""
    signs = torch.ones(len(changes), len(axes), dtype=torch.float64, device=axes.device)
    for row, change in zip(signs, changes, strict=True):
        row[axes[list(change)]] = -1.0
    return signs


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
