# SPDX-License-Identifier: BSD-3-Clause
"""Sine waves: the frequencies of a line, and the products of them on a lattice."""

import functools

import numpy as np

__all__ = ["sine_basis"]


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
