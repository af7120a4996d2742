# SPDX-License-Identifier: BSD-3-Clause
"""Putting components in order: numpy and scikit-learn's spectral embedding."""

import numpy as np
from sklearn.manifold import spectral_embedding

__all__ = ["links", "oriented", "shift_of", "spectral_ordering"]

# Correlations within this many standard errors of 0 do not make neighbours: there are so many of
# them that together they would hide the order of a long line.
N_ERRORS = 3.0
# Keeps the graph in one piece.
FLOOR = 1e-9


def links(X, absolute=False):
    """Affinities of columns: how far their correlations are above noise.

    Parameters
    ----------
    X : ndarray of shape (n_samples, d)
    absolute : bool, default=False
        Whether negative correlations count, too.

    Returns
    -------
    affinity : ndarray of shape (d, d)
        Nonnegative.
    """
    correlations = _correlation(X)
    if absolute:
        correlations = np.abs(correlations)
    return np.maximum(correlations - N_ERRORS / np.sqrt(len(X)), 0.0)


def _correlation(X):
    """Correlation of columns; 0 with a constant column."""
    X = X - X.mean(axis=0, dtype=np.float64)
    norms = np.linalg.norm(X, axis=0)
    scaled = np.divide(X, norms, out=np.zeros_like(X), where=norms > 0)
    return scaled.T @ scaled


def spectral_ordering(affinity, boundary):
    """Order items so that affine ones are close.

    Spectral seriation (Atkins, Boman and Hendrickson 1998): the order of the entries of the
    Fiedler vector, the second eigenvector of the graph Laplacian. On a ring the second and third
    are coordinates of the items on a circle.

    Parameters
    ----------
    affinity : ndarray of shape (d, d)
        Symmetric, nonnegative.
    boundary : {"open", "circulant"}
        Whether items lie on a line or on a ring.

    Returns
    -------
    ordering : ndarray of shape (d,)
        Indices; first item and direction are arbitrary.
    """
    n_items = len(affinity)
    n_components = 1 if boundary == "open" else 2
    if n_items <= n_components + 1:  # all orders are the same, up to direction
        return np.arange(n_items)
    affinity = affinity + FLOOR * max(affinity.max(), 1.0)
    np.fill_diagonal(affinity, 0.0)
    # The unnormalised Laplacian is the one of the theorem. The seed is of a start vector only.
    place = spectral_embedding(
        affinity, n_components=n_components, norm_laplacian=False, random_state=0
    )
    if boundary == "open":
        return np.argsort(place[:, 0], kind="stable")
    return np.argsort(np.arctan2(place[:, 1], place[:, 0]), kind="stable")


def shift_of(rows, boundary):
    """Generator that moves samples by one row: ``rows.T @ shift @ rows``, rows orthonormal."""
    n_rows = len(rows)
    step = np.eye(n_rows, k=1)
    if boundary == "circulant":
        step[-1, 0] = 1.0
    return rows.T @ step @ rows


def oriented(rows):
    """Sign and direction by the convention of SymmetryLens.

    The sum of all entries is positive, and it stays so when they are weighted by (centred) row
    times column index.
    """
    if rows.sum() < 0:
        rows = -rows
    index = np.arange(len(rows)) - (len(rows) - 1) / 2
    return rows[::-1].copy() if index @ rows @ index < 0 else rows
