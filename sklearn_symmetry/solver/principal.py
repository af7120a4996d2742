# SPDX-License-Identifier: BSD-3-Clause
"""Data in their principal axes, in one common unit: the coordinates in which the solver works.

Everything here commutes with rotations of the data, so that permuted, transformed and rotated
copies of one set are solved alike.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from ..core.cumulants import third_cumulants
from ..statistics.outliers import bounded
from .positions import whitened

__all__ = ["PrincipalData", "common_unit", "principal_data", "views"]

RELATIVE_FLOOR = 1e-6  # smallest eigenvalue, as a fraction of the mean one
OFFSET = 3.0  # squared Mahalanobis norm of the mean; stationary signals have 1 to 3, digits 4 to 7


@dataclass(frozen=True)
class PrincipalData:
    """Samples along their principal axes, and their second moments.

    Attributes
    ----------
    samples : Tensor of shape (d, n), float32
        Contiguous, variance 1 over all entries, random order.
    axes : ndarray of shape (d, d)
        Principal axes as columns: ``samples = axes.T @ (x - location) / unit``.
    spectrum : Tensor of shape (d,), float64
        Eigenvalues of the covariance in descending order, floored.
    mean, covariance : Tensor, float64
        Of the whole set in these coordinates.
    location : ndarray of shape (d,)
        In the user's coordinates, the point about which the group is to act.
    """

    samples: torch.Tensor
    axes: np.ndarray
    spectrum: torch.Tensor
    mean: torch.Tensor
    covariance: torch.Tensor
    location: np.ndarray

    @property
    def n_samples(self):
        """Number of samples n."""
        return self.samples.shape[1]

    @property
    def n_features(self):
        """Number of columns d."""
        return self.samples.shape[0]

    @cached_property
    def cumulants(self):
        """Third-order cumulants of the whitened samples, shape (d, d, d), float32.

        Their contrast is reduced, which keeps few large samples from ruling all.
        """
        frame = whitened(self, exponent=1.0, contrast=0.5, centred=True)
        axes = torch.as_tensor(frame.axes).to(frame.samples)
        samples = frame.samples @ axes.mT
        return third_cumulants(samples / samples.square().mean().sqrt())

    def rows(self, basis):
        """Rows given in principal coordinates, in the user's coordinates."""
        return basis @ self.axes.T


def principal_data(X, *, seed, device="cpu"):
    """Rotate and scale `X` of shape (n, d), in a random order, outliers drawn in."""
    return views(X, seed=seed, device=device)[0]


def views(X, *, seed, device="cpu"):
    """The set about the origin; and about its mean as well, if that is far off.

    A group that acts about the origin leaves the mean where it is, and so it does about the mean.
    The first says more: the mean is constant along the symmetry. But a constant that was added to
    every sample, in any other direction, leaves the second only.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    seed : int
        Of the order of the samples.
    device : str

    Returns
    -------
    views : list of PrincipalData
        One or two, in the same coordinates but for the location.
    """
    order = np.random.default_rng(seed).permutation(len(X))
    scale = common_unit(X)
    X = bounded(np.asarray(X, dtype=np.float64)[order] / scale)
    mean = X.mean(0)
    centred = X - mean
    values, axes = np.linalg.eigh(centred.T @ centred / len(X))
    values, axes = values[::-1], np.ascontiguousarray(axes[:, ::-1])
    unit = np.sqrt(max(values.mean(), np.finfo(float).tiny))
    spectrum = np.maximum(values / unit**2, RELATIVE_FLOOR)
    samples, coordinates = (X @ axes / unit).T, mean @ axes / unit
    tensor = {"dtype": torch.float64, "device": device}
    shared = {
        "axes": axes,
        "spectrum": torch.tensor(spectrum, **tensor),
        "covariance": torch.diag(torch.tensor(spectrum, **tensor)),
    }

    def about(shift, location):
        moved = np.ascontiguousarray(samples - shift[:, None])
        return PrincipalData(
            samples=torch.tensor(moved, dtype=torch.float32, device=device),
            mean=torch.tensor(coordinates - shift, **tensor),
            location=location,
            **shared,
        )

    found = [about(np.zeros_like(mean), np.zeros_like(mean))]
    if (coordinates**2 / spectrum).sum() > OFFSET:
        found.append(about(coordinates, mean * scale))
    return found


def common_unit(X):
    """Power of two of the size of the largest entry: squares of 1e300 overflow, this is exact."""
    return np.ldexp(1.0, int(np.frexp(np.abs(X).max())[1]) - 1)
