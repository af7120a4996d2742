# SPDX-License-Identifier: BSD-3-Clause
"""Position operators from fourth-order statistics.

For a local, stationary process the quadratic form with the largest excess variance is the energy
weighted by a smooth function of position. Its matrix is diagonal in the hidden order, and couples
only neighbouring frequencies: it reveals both without knowing either.
"""

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

__all__ = ["position_operators"]

DENSE_LIMIT = 60  # quadratic forms; below, the operator is formed explicitly


def position_operators(samples, count, seed):
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

    strengths, vectors = _top_eigenpairs(excess, len(rows), count, seed)
    return strengths, np.array([matrix(vector) for vector in vectors])


def _top_eigenpairs(product, size, count, seed):
    count = max(1, min(count, size - 1))
    if size <= DENSE_LIMIT:
        dense = np.array([product(unit) for unit in np.eye(size)])
        values, vectors = np.linalg.eigh((dense + dense.T) / 2)
    else:
        start = np.random.default_rng(seed).standard_normal(size)
        operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
        lanczos = min(size, 3 * count + 4)
        values, vectors = eigsh(operator, k=count, which="LA", v0=start, tol=1e-3, ncv=lanczos)
    best = np.argsort(values)[::-1][:count]
    return values[best], vectors[:, best].T
