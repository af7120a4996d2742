# SPDX-License-Identifier: BSD-3-Clause
"""Sine waves: the frequencies of a line, the products of them on a lattice, those of a ring."""

import functools

import numpy as np

__all__ = ["fourier_basis", "sine_basis"]


def sine_basis(*shape):
    """Orthonormal DST-I matrix, positions along the rows, frequencies along the columns.

    Parameters
    ----------
    *shape : int
        Positions along every axis; of several, the Kronecker product.

    Returns
    -------
    waves : ndarray of shape (d, d)
        Symmetric: its own inverse.
    """
    return functools.reduce(np.kron, map(_of_line, shape))


def _of_line(size):
    index = np.arange(1, size + 1)
    return np.sqrt(2 / (size + 1)) * np.sin(np.pi * np.outer(index, index) / (size + 1))


def fourier_basis(size):
    """Orthonormal waves around a ring, positions along the rows, frequencies along the columns.

    Parameters
    ----------
    size : int

    Returns
    -------
    waves : ndarray of shape (d, d)
        The constant; cosine and sine of every frequency; for even d the alternating wave.
    """
    places = 2 * np.pi * np.arange(size) / size
    frequencies = np.arange(1, (size + 1) // 2)
    pairs = [(np.cos(one * places), np.sin(one * places)) for one in frequencies]
    waves = [np.ones(size), *(wave for pair in pairs for wave in pair)]
    if size % 2 == 0:
        waves.append(np.cos(size // 2 * places))
    waves = np.stack(waves, axis=1)
    return waves / np.linalg.norm(waves, axis=0)
