# SPDX-License-Identifier: BSD-3-Clause
"""Starts from the axes of covariances that are stationary along a line.

Such a covariance is a Toeplitz matrix, and its eigenvalues are about the values of the spectral
density at as many frequencies as there are positions (Szegő, 1920). So a density with the values
of the spectrum of the set, falling away from one frequency, is all that a guess needs: 0 of smooth
signals, the pitch of those that oscillate. The axes of its matrix are known up to their signs,
which a local search finds by the law of windows; from there a descent leads on. Where it ends the
covariance is nearly stationary, and the nearest one that is makes a better guess.
"""

import torch

from .single_changes import lowered, sign_changes

__all__ = ["nearest_stationary_axes", "stationary_axes", "stationary_ends"]

FINE = 16  # frequencies for every position, where a density is integrated


def stationary_axes(spectrum, pitch):
    """Axes of a stationary covariance whose density falls away from one frequency.

    Parameters
    ----------
    spectrum : Tensor of shape (d,)
        Variance along the principal axes, positive and descending.
    pitch : float
        The frequency, 0 to 1; 1 is that of an alternating signal.

    Returns
    -------
    basis : Tensor of shape (d, d)
        Orthogonal; positions along the rows, axes of falling variance along the columns.
    """
    size = len(spectrum)
    frequencies = (torch.arange(size * FINE).to(spectrum) + 0.5) / (size * FINE)
    place = torch.empty_like(frequencies)
    place[(frequencies - pitch).abs().argsort(stable=True)] = frequencies * size - 0.5
    density = torch.exp(_interpolated(torch.log(spectrum), place))
    lags = torch.arange(size).to(spectrum)
    correlation = torch.cos(torch.pi * lags[:, None] * frequencies) @ density
    return _axes(correlation)


def nearest_stationary_axes(basis, spectrum, rounds):
    """Axes of the stationary covariance nearest to that of a basis, with its signs.

    Means along the diagonals, and the spectrum given back, in turn: projections on the Toeplitz
    matrices, and on the matrices of that spectrum (Chu, 1994).

    Parameters
    ----------
    basis : Tensor of shape (d, d)
        Positions along the rows, axes of falling variance along the columns.
    spectrum : Tensor of shape (d,)
    rounds : int

    Returns
    -------
    basis : Tensor of shape (d, d)
        Orthogonal; cost O(d^3) a round.
    """
    axes = basis
    for _ in range(rounds):
        covariance = (axes * spectrum) @ axes.mT
        axes = _axes(torch.stack([covariance.diagonal(lag).mean() for lag in range(len(basis))]))
    same = (axes * basis).sum(0) >= 0
    return torch.where(same, axes, -axes)


def stationary_ends(judge, pitches, seed):
    """Ends of descents on the law of windows: one for every pitch, and more from the best of them.

    Parameters
    ----------
    judge : Judge
        Of a line, with cumulants of fourth order.
    pitches : sequence of float
        See :func:`stationary_axes`.
    seed : int
        Of the order in which signs are tried.

    Returns
    -------
    ends : list of tuple of float, str and Tensor
        Value of the law, name and basis.
    """
    spectrum, tuning = judge.law.spectrum, judge.tuning
    names = [f"stationary axes about {pitch:.2f}" for pitch in pitches]
    bases = [stationary_axes(spectrum, pitch) for pitch in pitches]
    ends = _ends(judge, names, bases, seed)
    best = sorted(ends, key=lambda end: end[0])[: tuning.pitches_again]
    names, bases = [f"{name}, again" for _, name, _ in best], [basis for *_, basis in best]
    return ends + _ends(judge, names, bases, seed + 1)


def _ends(judge, names, bases, seed):
    """Values, names and bases where descents from the nearest stationary axes end."""
    law, starts = judge.exact, []
    changes = sign_changes(judge.data.n_features)
    for basis in bases:
        axes = nearest_stationary_axes(basis, law.spectrum, judge.tuning.projections).mT
        starts.append(lowered(law, axes, lambda rows: rows.mT, changes, seed).mT)
    descents = judge.descents_on(law, starts)
    pairs = zip(names, descents, strict=True)
    return [(descent.losses[-1], name, descent.basis) for name, descent in pairs]


def _axes(correlation):
    """Axes of the Toeplitz matrix, of falling variance."""
    lags = torch.arange(len(correlation), device=correlation.device)
    covariance = correlation[(lags[:, None] - lags).abs()]
    return torch.linalg.eigh(covariance)[1].flip(1)


def _interpolated(values, places):
    """Between the values, linearly; beyond the first and the last as these."""
    places = places.clamp(0, len(values) - 1)
    below = places.floor().long().clamp_max(len(values) - 2)
    return torch.lerp(values[below], values[below + 1], places - below)
