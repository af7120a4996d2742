# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are far too large, drawn in."""

import numpy as np

__all__ = ["bounded"]

LARGEST_NORM = 3.0  # of a sample, over the 0.95 quantile of all


def bounded(X):
    """Outliers scaled to a common norm, which commutes with rotations.

    Otherwise one sample of a hundred, a hundred times too large, outweighs the others in second and
    fourth moments. A symmetry changes the norm of a sample at the edges of the window only.

    Parameters
    ----------
    X : ndarray of shape (n, d)

    Returns
    -------
    X : ndarray of shape (n, d)
        The samples whose norm is above three times the 0.95 quantile of the norms, scaled to it;
        all others as they are.
    """
    norm = np.linalg.norm(X, axis=1, keepdims=True)
    largest = LARGEST_NORM * np.quantile(norm, 0.95)
    if not largest or norm.max() <= largest:
        return X
    return np.where(norm > largest, X * (largest / np.maximum(norm, largest)), X)
