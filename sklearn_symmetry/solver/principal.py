# SPDX-License-Identifier: BSD-3-Clause
"""Data in their principal axes, in one common unit: the coordinates in which the solver works.

Everything here commutes with rotations of the data, so that permuted, transformed and rotated
copies of one set are solved alike.
"""

from dataclasses import dataclass

import numpy as np
import torch

from ..core.outliers import bounded

__all__ = ["PrincipalData", "principal_data"]

RELATIVE_FLOOR = 1e-6  # smallest eigenvalue, as a fraction of the mean one


@dataclass(frozen=True)
class PrincipalData:
    """Samples along their principal axes, and their second moments.

    Attributes
    ----------
    samples : Tensor of shape (d, n), float32
        Contiguous, root mean square 1 over all entries, location subtracted, random order.
    axes : ndarray of shape (d, d)
        Principal axes as columns: ``samples = (axes.T @ (x - location)) / unit``.
    spectrum : Tensor of shape (d,), float64
        Eigenvalues of the covariance in descending order, floored.
    mean, covariance : Tensor, float64
        Of the whole set in these coordinates; the mean is relative to the origin of the user's
        data, since a symmetry acts linearly.
    """

    samples: torch.Tensor
    axes: np.ndarray
    spectrum: torch.Tensor
    mean: torch.Tensor
    covariance: torch.Tensor

    @property
    def n_samples(self):
        return self.samples.shape[1]

    @property
    def n_features(self):
        return self.samples.shape[0]

    def rows(self, basis):
        """Rows given in principal coordinates, in the user's coordinates."""
        return basis @ self.axes.T


def principal_data(X, *, seed, device="cpu"):
    """Rotate and scale `X` of shape (n, d), in a random order, outliers drawn in."""
    order = np.random.default_rng(seed).permutation(len(X))
    X = np.asarray(X, dtype=np.float64)[order]
    peak = np.abs(X).max()
    X = X / peak if peak > 0 else X  # squares of 1e300 overflow
    X = bounded(X)
    mean = X.mean(0)
    centred = X - mean
    covariance = centred.T @ centred / len(X)
    values, axes = np.linalg.eigh(covariance)
    values, axes = values[::-1], np.ascontiguousarray(axes[:, ::-1])
    unit = np.sqrt(max(values.mean(), np.finfo(float).tiny))
    values = np.maximum(values / unit**2, RELATIVE_FLOOR)
    mean = mean @ axes / unit
    location = _location(X @ axes / unit, mean)
    samples = (X @ axes / unit - location).T
    tensor = {"dtype": torch.float64, "device": device}
    spectrum = torch.tensor(values.copy(), **tensor)
    return PrincipalData(
        samples=torch.tensor(np.ascontiguousarray(samples), dtype=torch.float32, device=device),
        axes=axes,
        spectrum=spectrum,
        mean=torch.tensor(mean, **tensor),
        covariance=torch.diag(spectrum),
    )


def _location(points, mean):
    """Where the bulk of the samples sits: the origin unless the set is clearly offset from it.

    The offset is the geometric median, which commutes with rotations and, unlike the mean, stays
    at the background of sparse signals.
    """
    if mean @ mean < len(mean):
        return np.zeros_like(mean)
    centre = mean
    for _ in range(20):
        weight = 1.0 / np.maximum(np.linalg.norm(points - centre, axis=1), 1e-9)
        centre = weight @ points / weight.sum()
    return centre
