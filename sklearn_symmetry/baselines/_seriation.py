# SPDX-License-Identifier: BSD-3-Clause
"""Short cuts: order the columns, or order independent components."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_scalar
from sklearn.utils.validation import check_is_fitted

from .._torch_state import usual_torch
from .._validation import warn_caller
from ..core.grid import Grid
from ._base import check_choice, check_parameter, checked_samples, validated
from ._ordering import links, oriented, shift_of, spectral_ordering

__all__ = ["ICASeriation", "SpectralSeriation"]

BOUNDARIES = ("open", "circulant")


class _Seriation(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What follows from an orthogonal matrix whose rows are in order."""

    def transform(self, X):
        """Components in order, so that the symmetry shifts columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Y : ndarray of shape (n_samples, n_features)
            ``X @ group_conv_matrix_.T``.
        """
        return validated(self, X) @ self.group_conv_matrix_.T

    def inverse_transform(self, X):
        """Undo :meth:`transform`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Components in order.

        Returns
        -------
        samples : ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        components = check_array(X, dtype=[np.float64, np.float32])
        if components.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {components.shape[1]} columns, must have {self.n_features_in_}, the "
                "number of components."
            )
        return components @ self.group_conv_matrix_

    def shift(self, X, steps=1):
        """Act on samples with a power of the generator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        steps : int, default=1
            A shift of columns has no unique real powers: integers only.

        Returns
        -------
        shifted : ndarray of shape (n_samples, n_features)
            ``X @ generator_**steps``; the transpose stands for the power -1. What is carried over
            an open boundary is lost.
        """
        samples = validated(self, X)
        check_scalar(steps, "steps", Integral)
        matrix = self.generator_ if steps >= 0 else self.generator_.T
        return samples @ np.linalg.matrix_power(matrix, abs(steps)).astype(samples.dtype)

    def _set_rows(self, rows, checked, dtype):
        """Set the fitted attributes that all of these classes have."""
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = checked.n_features_in_
        if hasattr(checked, "feature_names_in_"):
            self.feature_names_in_ = checked.feature_names_in_
        self.group_conv_matrix_ = rows.astype(dtype)
        self.generator_ = shift_of(rows, Grid.of(len(rows), self.boundary)).astype(dtype)

    @property
    def _n_features_out(self):
        return len(self.group_conv_matrix_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class SpectralSeriation(_Seriation):
    """Order the columns by their correlation.

    The symmetry is taken to be a shift of shuffled columns. Their order is that of the Fiedler
    vector of the graph of their correlations, exact for any affinity that decreases with distance,
    and a matter of milliseconds once the correlations are known.

    Parameters
    ----------
    affinity : {"positive", "absolute"}, default="positive"
        Which correlations make columns neighbours: the positive ones, or all by absolute value,
        for columns of unknown sign. They count from three standard errors on.
    boundary : {"open", "circulant"}, default="open"
        Whether the columns lie on a line or on a ring.

    Attributes
    ----------
    ordering_ : ndarray of shape (d,)
        Indices of the columns in order.
    group_conv_matrix_ : ndarray of shape (d, d)
        The permutation matrix of `ordering_`.
    generator_ : ndarray of shape (d, d)
        Shift by one column in that order.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only when the input has string column names.

    See Also
    --------
    ICASeriation : Also finds the components to be ordered.
    sklearn_symmetry.SymmetryLens : Needs no assumption about what the symmetry looks like.

    Notes
    -----
    What it cannot do. The answer is a permutation whatever the data: a symmetry that mixes columns,
    such as a shift of frequencies or a hidden rotation, is out of its reach, and nothing in the
    result says so. It does not look at signs of columns. Where its assumption holds it is exact,
    and no other method here is faster.

    References
    ----------
    Atkins, J. E., Boman, E. G. and Hendrickson, B. "A spectral algorithm for seriation and the
    consecutive ones problem", SIAM Journal on Computing 28(1), 1998.

    Examples
    --------
    >>> from sklearn_symmetry.baselines import SpectralSeriation
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> from sklearn_symmetry.metrics import generator_similarity
    >>> signals = make_symmetric_signals(5000, 7, symmetry="permutation", random_state=0)
    >>> seriation = SpectralSeriation().fit(signals.data)
    >>> generator_similarity(seriation.generator_, signals.generator)
    1.0
    """

    def __init__(self, *, affinity="positive", boundary="open"):
        self.affinity = affinity
        self.boundary = boundary

    @usual_torch()
    def fit(self, X, y=None):
        """Order the columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite; more samples than features, at least two features. Not modified.
        y : None
            Ignored.

        Returns
        -------
        self : SpectralSeriation

        Raises
        ------
        ValueError, TypeError
            For unusable parameters or data. The estimator is left as it was.
        """
        check_choice(self, "affinity", ("positive", "absolute"))
        check_choice(self, "boundary", BOUNDARIES)
        X, checked = checked_samples(self, X)
        affinity = links(X, absolute=self.affinity == "absolute")
        grid = Grid.of(X.shape[1], self.boundary)
        rows = oriented(np.eye(X.shape[1])[spectral_ordering(affinity, grid)], grid)
        self._set_rows(rows, checked, X.dtype)
        self.ordering_ = rows.argmax(axis=1)
        return self


class ICASeriation(_Seriation):
    """Find independent components, and order them.

    A local signal narrower than a component makes natural components nearly independent. FastICA
    finds them in any basis; the closest orthogonal matrix to its unmixing matrix is taken,
    components are given the sign that skews them to the right, and ordered like the columns in
    :class:`SpectralSeriation`.

    Parameters
    ----------
    fun : {"logcosh", "exp", "cube"}, default="logcosh"
        Contrast of FastICA.
    boundary : {"open", "circulant"}, default="open"
        Whether the components lie on a line or on a ring.
    max_iter : int, default=200
        Most iterations of FastICA.
    tol : float, default=1e-4
        Tolerance of FastICA.
    random_state : int, RandomState instance or None, default=None
        Seed of FastICA's initial rotation.

    Attributes
    ----------
    group_conv_matrix_ : ndarray of shape (d, d)
        Orthogonal; the components, in order.
    generator_ : ndarray of shape (d, d)
        Shift by one component in that order.
    n_iter_ : int
        Iterations of FastICA.
    converged_ : bool
        Whether FastICA met its tolerance.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only when the input has string column names.

    See Also
    --------
    SpectralSeriation : Orders columns as they are.
    sklearn_symmetry.SymmetryLens : Its solver takes such solutions as one of its starts.

    Notes
    -----
    What it cannot do. Signals wider than a component are not made of independent components, and
    several kinds of waveforms even less so: what FastICA then finds is no shift of one filter, and
    nothing in the result says so. Signals that are not skewed leave the signs to chance.

    References
    ----------
    Hyvarinen, A. and Oja, E. "Independent component analysis: algorithms and applications", Neural
    Networks 13(4-5), 2000; for the order, as in :class:`SpectralSeriation`.

    Examples
    --------
    >>> from sklearn_symmetry.baselines import ICASeriation
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> from sklearn_symmetry.metrics import generator_similarity
    >>> signals = make_symmetric_signals(20_000, 7, symmetry="orthogonal", random_state=0)
    >>> seriation = ICASeriation(random_state=0).fit(signals.data)
    >>> generator_similarity(seriation.generator_, signals.generator) > 0.95
    True
    """

    def __init__(
        self, *, fun="logcosh", boundary="open", max_iter=200, tol=1e-4, random_state=None
    ):
        self.fun = fun
        self.boundary = boundary
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @usual_torch()
    def fit(self, X, y=None):
        """Find the components and order them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite; more samples than features, at least two features. Not modified.
        y : None
            Ignored.

        Returns
        -------
        self : ICASeriation

        Raises
        ------
        ValueError, TypeError
            For unusable parameters or data. The estimator is left as it was.

        Warns
        -----
        ConvergenceWarning
            If FastICA did not converge in `max_iter` iterations.
        """
        check_choice(self, "fun", ("logcosh", "exp", "cube"))
        check_choice(self, "boundary", BOUNDARIES)
        check_parameter(self, "max_iter", Integral, least=1)
        check_parameter(self, "tol", boundary=False)
        X, checked = checked_samples(self, X)
        samples = X - X.mean(axis=0)
        unmixing, n_iter, converged = self._independent_rows(samples)
        left, _, right = np.linalg.svd(unmixing.astype(np.float64))
        rows = left @ right  # the polar factor, closest among the orthogonal matrices
        components = samples @ rows.T
        signs = np.where(np.mean(components**3, axis=0) < 0, -1.0, 1.0)
        grid = Grid.of(X.shape[1], self.boundary)
        ordering = spectral_ordering(links(signs * components), grid)
        self._set_rows(oriented((signs[:, None] * rows)[ordering], grid), checked, X.dtype)
        self.n_iter_, self.converged_ = n_iter, converged
        if not converged:
            warn_caller(
                f"FastICA did not converge in n_iter_={n_iter} iterations. Increase max_iter or "
                "tol; or the data have no independent components.",
                ConvergenceWarning,
            )
        return self

    def _independent_rows(self, samples):
        """Unmixing matrix of unit rows, iterations, and whether they converged."""
        whitening = _whitening(samples)
        fresh = self.random_state is None  # of numpy's global state nothing is taken
        # Whitened here, because directions without variance must not become infinite.
        ica = FastICA(
            whiten=False,
            fun=self.fun,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=np.random.RandomState() if fresh else self.random_state,
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            white = samples @ whitening.T
            try:
                ica.fit(white)
            except np.linalg.LinAlgError:  # LAPACK's on some rotations of single precision
                ica.fit(white.astype(np.float64))
        failures = [issubclass(warning.category, ConvergenceWarning) for warning in caught]
        rows = ica.components_ @ whitening
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return rows, int(ica.n_iter_), not any(failures)


def _whitening(samples):
    """Matrix that makes components uncorrelated, of variance 1 unless that is negligible."""
    variances, axes = np.linalg.eigh(samples.T @ samples / len(samples))
    floor = 1e-6 * variances[-1]
    return axes.T / np.sqrt(np.maximum(variances, 0.0) + floor)[:, None]
