# SPDX-License-Identifier: BSD-3-Clause
"""Third-order cumulants of a representation: the first thing that second moments do not know."""

from .blocks import at_once
from .grid import Grid

__all__ = ["rotated", "rotation_cost", "third_cumulants", "third_order_divergence"]

CHUNK = 2**20  # products of two columns held at once: in the cache


def third_cumulants(samples):
    """Third central moments, which are the cumulants of that order.

    Parameters
    ----------
    samples : Tensor of shape (n, d)

    Returns
    -------
    cumulants : Tensor of shape (d, d, d)
        Symmetric, in the dtype of `samples`; zero for Gaussian samples, up to sampling noise.
        Cost: O(n d^3), in chunks of the samples.
    """
    n_samples, size = samples.shape
    centred = samples - samples.mean(0)
    total = samples.new_zeros(size * size, size)
    for part in centred.split(at_once(CHUNK, size**2, samples.device)):
        products = (part[:, :, None] * part[:, None, :]).flatten(1)
        total = total + products.mT @ part
    return (total / n_samples).view(size, size, size)


def rotated(cumulants, matrix):
    """Cumulants of ``samples @ matrix.T`` from those of the samples.

    Parameters
    ----------
    cumulants : Tensor of shape (d, d, d)
        Symmetric.
    matrix : Tensor of shape (..., m, d)
        One or several matrices.

    Returns
    -------
    cumulants : Tensor of shape (..., m, m, m)
        Cost: three matrix products each, O(d^4) for m = d.
    """
    for _ in range(3):  # contracts the first index, and puts the new one last
        rest = cumulants.shape[-2:]
        product = matrix @ cumulants.flatten(-2)
        cumulants = product.unflatten(-1, rest).movedim(-3, -1)
    return cumulants


def rotation_cost(size):
    """Multiplications of :func:`rotated` for one matrix of shape (size, size)."""
    return 3 * size**4


def third_order_divergence(cumulants, grid=None, axis=0):
    r"""Divergence of cumulants from their shift by one, for every component, in nats.

    The Edgeworth expansion of the KL divergence of two whitened densities that differ in
    third-order cumulants alone, to lowest order :math:`\frac1{12} \sum_{ijk} (\kappa_{ijk} -
    \kappa'_{ijk})^2`, the same in both directions (Comon, 1994, has it for the negentropy, where
    :math:`\kappa' = 0`). Primes mark cumulants of shifted indices.

    Parameters
    ----------
    cumulants : Tensor of shape (..., m, m, m)
    grid : Grid or None, default=None
        Of the m components. None: a line.
    axis : int, default=0
        Along which they are shifted.

    Returns
    -------
    divergence : Tensor of shape (..., n_pairs)
        Sums over j and k, for every i that has a predecessor.
    """
    grid = Grid.fitting(grid, cumulants.shape[-1], "the tensor of cumulants")
    here, before = grid.predecessors(cumulants, axis, n_indices=3)
    return (here - before).square().sum((-2, -1)) / 12
