# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are far too large, drawn in."""

import numpy as np

__all__ = ["bounded", "geometric_median"]

LARGEST_NORM = 3.0  # of a sample, over the 0.95 quantile of all
ITERATIONS, SEEN = 20, 4000  # of the geometric median, and the samples it sees


def bounded(X):
    """Outliers drawn in towards the centre of the samples, which commutes with rotations.

    Otherwise one sample of a hundred, a hundred times too large, outweighs the others in second and
    fourth moments. A symmetry changes the norm of a sample at the edges of the window only.

    Parameters
    ----------
    X : ndarray of shape (n, d)

    Returns
    -------
    X : ndarray of shape (n, d)
        The samples whose distance from the geometric median is above three times the 0.95 quantile
        of the distances, moved there; all others as they are.
    """
    centre = geometric_median(X)
    distance = np.linalg.norm(X - centre, axis=1, keepdims=True)
    largest = LARGEST_NORM * np.quantile(distance, 0.95)
    if not largest or distance.max() <= largest:
        return X
    drawn_in = centre + (X - centre) * (largest / np.maximum(distance, largest))
    return np.where(distance > largest, drawn_in, X)


def geometric_median(X):
    """The point of the least sum of distances, by Weiszfeld's iteration from the mean.

    It commutes with rotations and, unlike the mean, stays at the background of sparse signals.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Of more than 4,000 samples, evenly spaced ones are used.

    Returns
    -------
    centre : ndarray of shape (d,)
    """
    X = X[:: -(-len(X) // SEEN)]
    centre = X.mean(0)
    for _ in range(ITERATIONS):
        distance = np.linalg.norm(X - centre, axis=1)
        if not distance.any():
            break
        weight = 1 / np.maximum(distance, 1e-9 * distance.max())
        centre = weight @ X / weight.sum()
    return centre
