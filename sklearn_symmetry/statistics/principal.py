# SPDX-License-Identifier: BSD-3-Clause
"""Data in their principal axes, in one common unit: the coordinates in which the solver works.

Everything here commutes with rotations of the data, so that permuted, transformed and rotated
copies of one set are solved alike.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch

from ..core.cumulants import fourth_cumulant_modes, third_cumulants
from ..core.group import above_noise
from .summary import summarise

__all__ = ["PrincipalData", "Whitened", "principal_data", "views", "whitened"]

RELATIVE_FLOOR = 1e-6  # smallest eigenvalue, as a fraction of the mean one
NOISE = 1e-5  # smallest eigenvalue that whitening amplifies fully, as a fraction of the largest
# Exponents of whitening and contrast, and what is added to the mean contrast, for cumulants: one
# large sample must not rule all.
CUMULANTS = (1.0, 0.5, True, 0.1)
FOURTH = (1.0, 1.0, True, 0.1)  # without any contrast: its own fourth order is that of every basis


@dataclass(frozen=True)
class PrincipalData:
    """Samples along their principal axes, and their second moments.

    Attributes
    ----------
    samples : Tensor of shape (d, k), float32
        The sample of the set: contiguous, variance 1 over all entries, random order.
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
    _memory: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def n_samples(self):
        """Number of samples k."""
        return self.samples.shape[1]

    @property
    def n_features(self):
        """Number of columns d."""
        return self.samples.shape[0]

    @cached_property
    def root(self):
        """Symmetric root of the covariance about the mean, that cumulants are whitened by.

        Shape (d, d), float64. Noise is not amplified fully.
        """
        return self._third_order[0]

    @cached_property
    def cumulants(self):
        """Third-order cumulants of the whitened sample, shape (d, d, d), float32.

        Their contrast is reduced, which keeps few large samples from ruling all.
        """
        return self._third_order[1]

    @cached_property
    def _third_order(self):
        """Root and cumulants, from one whitening of the sample."""
        frame = whitened(self, *CUMULANTS)
        axes, spectrum = (torch.as_tensor(part) for part in (frame.axes, frame.spectrum))
        root = (axes * spectrum.sqrt()) @ axes.mT
        samples = frame.samples @ axes.to(frame.samples).mT
        cumulants = third_cumulants(samples / samples.square().mean().sqrt())
        return root.to(self.spectrum), cumulants

    @cached_property
    def share(self):
        """Of the variance of every axis, that is above the noise; shape (d,)."""
        return above_noise(self.spectrum)

    def modes(self, count, samples, tol):
        """Strengths and modes of the fourth-order cumulants of the whitened sample, float32.

        Parameters
        ----------
        count : int
        samples : int
            Of the sample, that are looked at.
        tol : float
            Relative, of the strengths.

        Returns
        -------
        strengths : Tensor of shape (count,)
        modes : Tensor of shape (count, d, d)
        """
        key = (count, samples, tol)
        if key not in self._memory:
            frame = whitened(self, *FOURTH)
            axes = torch.as_tensor(frame.axes).to(frame.samples)
            some = (frame.samples @ axes.mT)[:samples]
            some = some / some.square().mean().sqrt()
            found = fourth_cumulant_modes(some, count, tol=tol)
            self._memory[key] = tuple(torch.as_tensor(part).to(some) for part in found)
        return self._memory[key]

    def rows(self, basis):
        """Rows given in principal coordinates, in the user's coordinates."""
        return basis @ self.axes.T


def principal_data(X, *, seed, device="cpu"):
    """All of `X` of shape (n, d) about the origin, rotated and scaled, outliers drawn in."""
    summary = summarise(X, seed=seed, capacity=None)
    return views(summary, offset=np.inf, device=device)[0]


def views(summary, *, offset, device="cpu"):
    """The set about the origin; and about its mean as well, if that is far off.

    A group that acts about the origin leaves the mean where it is, and so it does about the mean.
    The first says more: the mean is constant along the symmetry. But a constant that was added to
    every sample, in any other direction, leaves the second only.

    Parameters
    ----------
    summary : Summary
        Axes, spectrum and mean are those of all its rows, samples those of its sample.
    offset : float
        Squared Mahalanobis norm from which a mean is far off.
    device : str

    Returns
    -------
    views : list of PrincipalData
        One or two, in the same coordinates but for the location.
    """
    mean = summary.mean
    values, axes = np.linalg.eigh(summary.covariance)
    values, axes = values[::-1], np.ascontiguousarray(axes[:, ::-1])
    unit = np.sqrt(max(values.mean(), np.finfo(float).tiny))
    spectrum = np.maximum(values / unit**2, RELATIVE_FLOOR)
    samples = (summary.bounds.apply(summary.sample) @ axes / unit).T
    coordinates = mean @ axes / unit
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
    if (coordinates**2 / spectrum).sum() > offset:
        found.append(about(coordinates, mean * summary.bounds.unit))
    return found


@dataclass(frozen=True)
class Whitened:
    """Samples in the frame in which position operators are sought.

    Attributes
    ----------
    samples : Tensor of shape (n, d), float32
    axes : ndarray of shape (d, d)
        Axes of the frame as columns, in principal coordinates.
    spectrum : ndarray of shape (d,)
        Second moments along the axes before whitening, floored.
    """

    samples: torch.Tensor
    axes: np.ndarray
    spectrum: np.ndarray


def whitened(data, exponent, contrast, centred, floor):
    """Partially whitened samples with a reduced contrast.

    Parameters
    ----------
    data : PrincipalData
    exponent : float
        0 leaves the spectrum, 1 makes it white.
    contrast : float
        Power of its norm by which each sample is divided: 0 leaves it, 1 removes the contrast.
    centred : bool
        Whether second moments are taken around the mean. Around the location of the data instead,
        a mean that is constant along the symmetry singles out the lowest frequency.
    floor : float
        Added to the contrast of every sample, over the mean one: faint samples stay faint.

    Returns
    -------
    frame : Whitened
    """
    samples = data.samples
    if centred:
        samples = samples - samples.mean(1, keepdim=True)
    second = (samples @ samples.mT).double() / data.n_samples
    spectrum, axes = torch.linalg.eigh(second)
    spectrum, axes = spectrum.flip(0), axes.flip(1)
    spectrum = spectrum + NOISE * spectrum[0]
    gain = spectrum ** (-exponent / 2)
    samples = samples.mT @ (axes * gain).to(samples.dtype)
    samples = samples / samples.square().mean().sqrt()
    norm = samples.square().mean(1, keepdim=True).sqrt()
    samples = samples / (norm**contrast + floor)
    return Whitened(samples, axes.cpu().numpy(), spectrum.cpu().numpy())
