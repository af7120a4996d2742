# SPDX-License-Identifier: BSD-3-Clause
"""The symmetry-based representation of a batch, with everything the loss terms look at."""

from functools import cached_property

import torch

from .cumulants import third_cumulants
from .grid import Grid
from .windows import Windows

__all__ = ["Representation"]


class Representation:
    """A batch of representations ``y = W x`` and its statistics, each computed once.

    Parameters
    ----------
    y : Tensor of shape (..., n, m)
        One column per power; several representations where their moments are known. Columns are
        sorted by the entropy estimate, so the transpose of a contiguous (m, n) tensor,
        ``(W @ X.T).T``, is the fast layout.
    density : object
        :class:`~sklearn_symmetry.core.densities.ClosedFormDensity` or
        :class:`~sklearn_symmetry.core.densities.MixtureDensity`.
    rank_fraction : float or None, default=None
        Annealed rank tau of the joint entropy, in [0, 1] (eq. 21, 27). None: full rank.
    grid : Grid or None, default=None
        Which columns are neighbours. None: those of a line, in their order.
    mean : Tensor of shape (..., m), optional
        Mean of `y` where it is known already, ``W mean_x``: saves a pass over the data.
    covariance : Tensor of shape (..., m, m), optional
        Covariance of `y` where it is known already, ``W C_x W^T``.
    eigenvalues : Tensor of shape (..., m), optional
        Spectrum of that covariance in descending order where it is known already: an orthogonal W
        leaves it that of the data.
    loadings : Tensor of shape (..., m, k), optional
        X of ``y - mean = X z`` with white z of k components, where that is known already.
    whitened_cumulants : Tensor of shape (k, k, k), optional
        Third-order cumulants of z where they are known already.
    whitened_modes : tuple of Tensor, optional
        Strengths and modes of the fourth-order cumulants of z, see
        :func:`~sklearn_symmetry.core.cumulants.fourth_cumulant_modes`. They are not computed here.

    Raises
    ------
    ValueError
        If `grid` has another number of positions than `y` has columns.

    Attributes
    ----------
    mean, covariance, variance, correlation, eigenvalues, loadings, whitened_cumulants : Tensor
        Batch statistics; the covariance divides by n. Eigenvalues are in descending order, not
        below the rounding error of the largest one. Unless `loadings` are given, they are the
        symmetric root of the covariance, and z is ``C**-0.5 (y - mean)``.
    """

    def __init__(
        self,
        y,
        density,
        rank_fraction=None,
        *,
        grid=None,
        mean=None,
        covariance=None,
        eigenvalues=None,
        loadings=None,
        whitened_cumulants=None,
        whitened_modes=None,
    ):
        self.y = y
        self.grid = Grid.fitting(grid, y.shape[-1], "y")
        self.density = density
        self.rank_fraction = rank_fraction
        self.whitened_modes = whitened_modes
        self._memory = {}
        if mean is not None:
            self.mean = mean
        if covariance is not None:
            self.covariance = covariance
        if eigenvalues is not None:
            self.eigenvalues = eigenvalues
        if loadings is not None:
            self.loadings = loadings
        if whitened_cumulants is not None:
            self.whitened_cumulants = whitened_cumulants

    @property
    def n_powers(self):
        """Number of columns m."""
        return self.y.shape[-1]

    @cached_property
    def mean(self):
        """Means of the columns, shape (m,)."""
        return self.y.mean(0)

    @cached_property
    def covariance(self):
        """Covariance of the columns, shape (m, m)."""
        # Centred first: E[yy'] - E[y]E[y]' loses half the digits of float32.
        centred = self.y - self.mean
        return centred.mT @ centred / len(centred)

    @cached_property
    def variance(self):
        """Variances of the columns, shape (..., m)."""
        return self.covariance.diagonal(dim1=-2, dim2=-1)

    @cached_property
    def correlation(self):
        """Correlation of the columns, shape (..., m, m)."""
        deviation = self.variance.sqrt()
        return self.covariance / (deviation[..., None] * deviation[..., None, :])

    @cached_property
    def eigenvalues(self):
        """Of the covariance, descending, none below rounding error; shape (m,)."""
        if not torch.isfinite(self.covariance).all():
            # The solvers of LAPACK fail on these; the loss terms shall say so instead.
            return torch.full_like(self.mean, torch.nan)
        values = torch.linalg.eigvalsh(self.covariance).flip(0)
        floor = torch.finfo(values.dtype).eps * values[0].detach()
        return values.clamp_min(floor)

    @cached_property
    def loadings(self):
        """Symmetric root of the covariance, shape (m, m)."""
        values, axes = self._spectrum
        return (axes * values.sqrt()) @ axes.mT

    @cached_property
    def whitened_cumulants(self):
        """Third-order cumulants of ``C**-0.5 @ y``, shape (m, m, m)."""
        values, axes = self._spectrum
        return third_cumulants(self.y @ ((axes * values**-0.5) @ axes.mT))

    @cached_property
    def _spectrum(self):
        """Eigenvalues, ascending, none below rounding error, and axes of the covariance."""
        values, axes = torch.linalg.eigh(self.covariance)
        return values.clamp_min(torch.finfo(values.dtype).eps * values[-1].detach()), axes

    def windows(self, axis=0):
        """Whitened loadings of two windows a step apart; see :class:`.windows.Windows`."""
        key = "windows", axis
        return self.remember(key, lambda: Windows(self.loadings, self.grid, axis).whitened)

    def remember(self, key, compute):
        """Value of ``compute()``, computed once per `key`: the cache of a density."""
        if key not in self._memory:
            self._memory[key] = compute()
        return self._memory[key]
