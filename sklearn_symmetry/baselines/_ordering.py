# SPDX-License-Identifier: BSD-3-Clause
"""Putting components in order, by the order of a Fiedler vector."""

import numpy as np
import torch

from ..core.group import Group
from ..solver.starts.seriation import spectral_order

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


def spectral_ordering(affinity, grid):
    """Order items so that affine ones are close.

    Spectral seriation (Atkins, Boman and Hendrickson 1998): the order of the entries of the
    Fiedler vector, the second eigenvector of the graph Laplacian. On a ring the second and third
    are coordinates of the items on a circle.

    Parameters
    ----------
    affinity : ndarray of shape (d, d)
        Symmetric, nonnegative.
    grid : Grid
        Of the items: a line or a ring.

    Returns
    -------
    ordering : ndarray of shape (d,)
        Indices; first item and direction are arbitrary.
    """
    n_items = len(affinity)
    if n_items <= (2 if grid.is_line else 3):  # all orders are the same, up to direction
        return np.arange(n_items)
    affinity = affinity + FLOOR * max(affinity.max(), 1.0)
    # The unnormalised Laplacian is the one of the theorem.
    return spectral_order(affinity, normalised=False, closed=not grid.is_line)


def shift_of(rows, grid):
    """Generator that moves samples by one row: ``rows.T @ shift @ rows``, rows orthonormal."""
    shift = grid.shift_matrix(dtype=torch.float64).numpy()
    return rows.T @ shift @ rows


def oriented(rows, grid):
    """Sign and direction by the convention of SymmetryLens."""
    return Group(rows, grid).canonical().rows.numpy()
