# SPDX-License-Identifier: BSD-3-Clause
"""Position operators from fourth-order statistics.

For a local, stationary process the quadratic form with the largest excess variance is the energy
weighted by a smooth function of position. Its matrix is diagonal in the hidden order, and couples
only neighbouring frequencies: it reveals both without knowing either.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

from .tuning import DEFAULT

__all__ = ["Whitened", "position_operators", "whitened"]

NOISE = 1e-5  # smallest eigenvalue that whitening amplifies fully, as a fraction of the largest


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


def whitened(data, exponent, contrast, centred, floor=DEFAULT.contrast_floor):
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
        Of the contrast, over the mean one: faint samples stay faint.

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


def position_operators(samples, count, seed, tuning=DEFAULT):
    r"""Top eigenmatrices of the excess fourth moment.

    The operator on symmetric matrices is
    :math:`Q(M) = E[(z^T M z)\, z z^T] - \mathrm{tr}(M S)\, S - 2 S M S` with :math:`S = E[z z^T]`,
    which vanishes for Gaussian samples.

    Parameters
    ----------
    samples : Tensor of shape (n, d)
    count : int
        Number of eigenmatrices, at most one less than the d (d + 1) / 2 there are.
    seed : int
        Of the Lanczos start.
    tuning : Tuning

    Returns
    -------
    strengths : ndarray of shape (count,)
        Eigenvalues, descending.
    operators : ndarray of shape (count, d, d)
        Symmetric, of unit Frobenius norm.
    """
    n_samples, size = samples.shape
    second = (samples.mT @ samples / n_samples).cpu().double().numpy()
    rows, columns = np.triu_indices(size)
    weight = np.where(rows == columns, 1.0, np.sqrt(2.0))

    def matrix(vector):
        half = np.zeros((size, size))
        half[rows, columns] = vector / weight
        return half + np.triu(half, 1).T

    def excess(vector):
        form = matrix(np.ravel(vector))
        on_device = torch.as_tensor(form, dtype=samples.dtype, device=samples.device)
        energy = ((samples @ on_device) * samples).sum(1, keepdim=True)
        fourth = (samples.mT @ (samples * energy) / n_samples).cpu().double().numpy()
        fourth -= np.sum(form * second) * second + 2 * second @ form @ second
        return fourth[rows, columns] * weight

    strengths, vectors = _top_eigenpairs(excess, len(rows), count, seed, tuning)
    return strengths, np.array([matrix(vector) for vector in vectors])


def _top_eigenpairs(product, size, count, seed, tuning):
    count = max(1, min(count, size - 1))
    if size <= tuning.dense_limit:
        dense = np.array([product(unit) for unit in np.eye(size)])
        values, vectors = np.linalg.eigh((dense + dense.T) / 2)
    else:
        start = np.random.default_rng(seed).standard_normal(size)
        operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
        lanczos = min(size, 3 * count + 4)
        options = {"which": "LA", "v0": start, "tol": tuning.lanczos_tol, "ncv": lanczos}
        values, vectors = eigsh(operator, k=count, **options)
    best = np.argsort(values)[::-1][:count]
    return values[best], vectors[:, best].T
