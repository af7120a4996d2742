# SPDX-License-Identifier: BSD-3-Clause
"""Sine waves: the frequencies of a line."""

import numpy as np

__all__ = ["sine_basis"]


def sine_basis(size):
    """Orthonormal DST-I matrix, positions along the rows, frequencies along the columns.

    Parameters
    ----------
    size : int

    Returns
    -------
    waves : ndarray of shape (size, size)
        Symmetric: its own inverse.
    """
    index = np.arange(1, size + 1)
    return np.sqrt(2 / (size + 1)) * np.sin(np.pi * np.outer(index, index) / (size + 1))
