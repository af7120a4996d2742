# SPDX-License-Identifier: BSD-3-Clause
"""The sine transform: frequencies of a window that has ends."""

import numpy as np

__all__ = ["sine_basis"]


def sine_basis(size):
    """Orthonormal DST-I matrix, positions along the rows, frequencies along the columns."""
    index = np.arange(1, size + 1)
    return np.sqrt(2 / (size + 1)) * np.sin(np.pi * np.outer(index, index) / (size + 1))
