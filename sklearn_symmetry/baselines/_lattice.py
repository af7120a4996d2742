# SPDX-License-Identifier: BSD-3-Clause
"""Short cut on a lattice: lay shuffled pixels out by their correlations."""

from math import isqrt
from numbers import Integral

import numpy as np
import torch

from .._torch_state import usual_torch
from ..core.grid import Grid
from ..core.group import Group
from ..solver.starts.layout import laid_out
from ..solver.tuning import DEFAULT
from ._base import check_choice, checked_samples, validated
from ._ordering import links, spectral_ordering
from ._seriation import BOUNDARIES, _Seriation

__all__ = ["SpectralLattice"]


class SpectralLattice(_Seriation):
    """Lay the columns out on a lattice by their correlation.

    The symmetry is taken to be the two translations of an image whose pixels were shuffled. Two
    eigenvectors of the graph of their correlations give every pixel a place in a plane; a linear
    assignment to the sites of the lattice and exchanges of two pixels do the rest.

    Parameters
    ----------
    grid_shape : tuple (h, w) or None, default=None
        Rows and columns. None: the squarest lattice that so many columns can be, the longer axis
        first; a line, (d, 1), if d is prime.
    affinity : {"positive", "absolute"}, default="positive"
        As in :class:`SpectralSeriation`.
    boundary : {"open", "circulant"}, default="open"
        Of both axes.

    Attributes
    ----------
    grid_shape_ : tuple (h, w)
    ordering_ : ndarray of shape (d,)
        Column at every position, row after row.
    group_conv_matrix_ : ndarray of shape (d, d)
        The permutation matrix of `ordering_`.
    generators_ : ndarray of shape (2, d, d)
        Shift by one row, and by one column; `generator_` is the first.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only when the input has string column names.

    See Also
    --------
    SpectralSeriation : The same along one axis.
    sklearn_symmetry.SymmetryLens : Also finds pixels that were mixed.

    Notes
    -----
    What it cannot do. The answer is a permutation whatever the data: pixels that a rotation has
    mixed are out of its reach, and nothing in the result says so.

    References
    ----------
    Belkin, M. and Niyogi, P. "Laplacian eigenmaps for dimensionality reduction and data
    representation", Neural Computation 15(6), 2003.

    Examples
    --------
    >>> from sklearn_symmetry.baselines import SpectralLattice
    >>> from sklearn_symmetry.datasets import make_symmetric_fields
    >>> from sklearn_symmetry.metrics import generator_similarity
    >>> fields = make_symmetric_fields(5000, (4, 5), symmetry="permutation", random_state=0)
    >>> layout = SpectralLattice(grid_shape=(4, 5)).fit(fields.data)
    >>> generator_similarity(layout.generators_, fields.generators)
    1.0
    """

    def __init__(self, *, grid_shape=None, affinity="positive", boundary="open"):
        self.grid_shape = grid_shape
        self.affinity = affinity
        self.boundary = boundary

    @usual_torch()
    def fit(self, X, y=None):
        """Lay the columns out.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite; more samples than features, at least two features. Not modified.
        y : None
            Ignored.

        Returns
        -------
        self : SpectralLattice

        Raises
        ------
        ValueError, TypeError
            For unusable parameters or data. The estimator is left as it was.
        """
        check_choice(self, "affinity", ("positive", "absolute"))
        check_choice(self, "boundary", BOUNDARIES)
        X, checked = checked_samples(self, X)
        grid = Grid.of(_shape(self.grid_shape, X.shape[1]), self.boundary)
        affinity = links(X, absolute=self.affinity == "absolute")
        if min(grid.shape) == 1:
            order = spectral_ordering(affinity, Grid.of(grid.size, self.boundary))
        else:
            order = laid_out(affinity, grid, DEFAULT)
        rows = Group(torch.eye(grid.size, dtype=torch.float64)[order], grid).canonical().rows
        self._set_rows(rows.numpy(), checked, X.dtype)
        self.ordering_ = rows.numpy().argmax(axis=1)
        shifts = [grid.shift_matrix(axis, torch.float64) for axis in range(2)]
        self.generators_ = np.array([rows.mT @ one @ rows for one in shifts]).astype(X.dtype)
        self.generator_ = self.generators_[0]
        self.grid_shape_ = grid.shape
        return self

    def shift(self, X, steps=1):
        """Act on samples with powers of both generators.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        steps : int or tuple of two int, default=1
            Along both axes; one number is along the first.

        Returns
        -------
        shifted : ndarray of shape (n_samples, n_features)
            What is carried over an open boundary is lost.
        """
        samples = validated(self, X)
        both = tuple(steps) if isinstance(steps, tuple | list) else (steps, 0)
        if len(both) != 2 or not all(isinstance(step, Integral) for step in both):
            raise ValueError(f"steps == {steps!r}, must be an integer, or one for each of 2 axes.")
        for generator, step in zip(self.generators_, both, strict=True):
            matrix = generator if step >= 0 else generator.T
            samples = samples @ np.linalg.matrix_power(matrix, abs(step)).astype(samples.dtype)
        return samples


def _shape(shape, n_columns):
    """Rows and columns, checked."""
    if shape is None:
        second = max(size for size in range(1, isqrt(n_columns) + 1) if n_columns % size == 0)
        return n_columns // second, second
    whole = isinstance(shape, tuple | list) and len(shape) == 2
    if not whole or any(isinstance(n, bool) or not isinstance(n, Integral) for n in shape):
        raise ValueError(f"grid_shape == {shape!r}, must be None or a tuple (h, w) of integers.")
    if min(shape) < 1 or shape[0] * shape[1] != n_columns:
        raise ValueError(
            f"grid_shape == {shape!r}, must be two positive numbers whose product is the "
            f"{n_columns} columns of X."
        )
    return tuple(int(size) for size in shape)
