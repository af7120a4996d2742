# SPDX-License-Identifier: BSD-3-Clause
"""Cumulants of third and fourth order: the first things that second moments do not know."""

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch.autograd.function import once_differentiable

from .blocks import at_once

__all__ = [
    "fourth_cumulant_modes",
    "fourth_order_divergence",
    "rotated",
    "rotated_modes",
    "rotation_cost",
    "third_cumulants",
    "third_order_divergence",
]

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
    return _Rotated.apply(cumulants, matrix)


class _Rotated(torch.autograd.Function):
    """Three contractions.

    Its gradient takes those of the result and the cumulants to be symmetric, too: then one of three
    equal contractions gives that in the matrix.
    """

    @staticmethod
    def forward(ctx, cumulants, matrix):
        size, count = cumulants.shape[-1], matrix.shape[-2]
        once = (matrix @ cumulants.flatten(-2)).unflatten(-1, (size, size)).flatten(-3, -2)
        twice = (once @ matrix.mT).unflatten(-2, (count, size)).transpose(-3, -2).flatten(-2)
        ctx.save_for_backward(matrix, twice)
        ctx.shape = cumulants.shape
        return (matrix @ twice).unflatten(-1, (count, count))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        matrix, twice = ctx.saved_tensors
        in_cumulants = None
        if ctx.needs_input_grad[0]:
            in_cumulants = rotated(gradient, matrix.mT).sum_to_size(ctx.shape)
        return in_cumulants, 3 * (gradient.flatten(-2) @ twice.mT)


def rotated_modes(modes, matrix):
    """Modes of the fourth-order cumulants of ``samples @ matrix.T``, ``matrix @ modes @ matrix.T``.

    Parameters
    ----------
    modes : Tensor of shape (count, d, d)
        See :func:`fourth_cumulant_modes`.
    matrix : Tensor of shape (..., m, d)
        One or several matrices.

    Returns
    -------
    modes : Tensor of shape (..., count, m, m)
        Differentiable in the matrices. Cost: 2 count d^3 for m = d, as two large products instead
        of many small ones.
    """
    return _RotatedModes.apply(modes, matrix)


class _RotatedModes(torch.autograd.Function):
    """Two contractions, and the gradient in the matrix from one of them, as :class:`_Rotated`."""

    @staticmethod
    def forward(ctx, modes, matrix):
        (count, size), n_rows = modes.shape[:2], matrix.shape[-2]
        once = matrix @ modes.transpose(0, 1).flatten(1)
        once = once.unflatten(-1, (count, size)).flatten(-3, -2)
        ctx.save_for_backward(once)
        return (once @ matrix.mT).unflatten(-2, (n_rows, count)).transpose(-3, -2)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        (once,) = ctx.saved_tensors
        return None, 2 * (gradient.transpose(-3, -2).flatten(-3, -2).mT @ once)


def rotation_cost(size):
    """Multiplications of :func:`rotated` for one matrix of shape (size, size)."""
    return 3 * size**4


def third_order_divergence(here, before):
    r"""Divergence of two whitened densities that differ in third-order cumulants alone, in nats.

    The Edgeworth expansion of the KL divergence to lowest order, :math:`\frac1{12} \sum_{ijk}
    (\kappa_{ijk} - \kappa'_{ijk})^2`, the same in both directions (Comon, 1994, has it for the
    negentropy, where :math:`\kappa' = 0`).

    Parameters
    ----------
    here, before : Tensor of shape (..., p, p, p)
        Cumulants of two windows, one of them the shift of the other; see
        :class:`~sklearn_symmetry.core.windows.Windows`.

    Returns
    -------
    divergence : Tensor of shape (...)
        Of all p components together.
    """
    return (here - before).square().sum((-3, -2, -1)) / 12


def fourth_cumulant_modes(
    samples, count, *, positive=False, seed=0, tol=0.0, dense=0, diagonal=True
):
    r"""Fourth-order cumulants as a short sum of squares of quadratic forms.

    :math:`\kappa_{ijkl} = \sum_q e_q M^q_{ij} M^q_{kl}` with the eigenpairs of the cumulants as an
    operator on symmetric matrices (Cardoso and Souloumiac, 1993),

    .. math:: Q(M) = E[(z^T M z)\, z z^T] - \mathrm{tr}(M S)\, S - 2 S M S, \quad S = E[z z^T],

    which vanishes for Gaussian samples. Samples are taken as they are: centre them first, if the
    cumulants are to be those about the mean.

    Parameters
    ----------
    samples : Tensor of shape (n, d)
    count : int
        Number of modes; all d (d + 1) / 2 there are, if that is less.
    positive : bool, default=False
        The largest eigenvalues; else those of largest size.
    seed : int, default=0
        Of the start of the Lanczos iteration.
    tol : float, default=0.0
        Relative, of the eigenvalues; 0: machine precision.
    dense : int, default=0
        Up to so many quadratic forms the operator is formed.
    diagonal : bool, default=True
        Whether forms have a diagonal. Without, the operator is that restricted to such forms.

    Returns
    -------
    strengths : ndarray of shape (count,)
        Eigenvalues e, the largest, or the largest in size, first.
    modes : ndarray of shape (count, d, d)
        Symmetric, of unit Frobenius norm. Cost: 2 n d^2 for every product with the operator, of
        which there are three to five for every mode.
    """
    n_samples, size = samples.shape
    second = (samples.mT @ samples / n_samples).cpu().double().numpy()
    rows, columns = np.triu_indices(size, k=int(not diagonal))
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

    count = min(count, len(rows))
    if len(rows) <= max(dense, count):
        formed = np.array([excess(unit) for unit in np.eye(len(rows))])
        values, vectors = np.linalg.eigh((formed + formed.T) / 2)
    else:
        operator = LinearOperator((len(rows),) * 2, matvec=excess, dtype=np.float64)
        start = np.random.default_rng(seed).standard_normal(len(rows))
        options = {"v0": start, "tol": tol, "ncv": min(len(rows), 3 * count + 4)}
        values, vectors = eigsh(operator, k=count, which="LA" if positive else "LM", **options)
    best = np.argsort(-(values if positive else np.abs(values)), kind="stable")[:count]
    return values[best], np.array([matrix(vector) for vector in vectors[:, best].T])


def fourth_order_divergence(strengths, here, before):
    r"""Divergence of two whitened densities that differ in fourth-order cumulants alone, in nats.

    As :func:`third_order_divergence`, :math:`\frac1{48} \sum_{ijkl} (\kappa_{ijkl} -
    \kappa'_{ijkl})^2`, without forming the tensors: with the Gram matrices A of the modes of one
    window, B of those of the other, and C of one with the other, the sum is
    :math:`\sum_{qr} e_q e_r (A_{qr}^2 + B_{qr}^2 - 2 C_{qr}^2)`.

    Parameters
    ----------
    strengths : Tensor of shape (count,)
    here, before : Tensor of shape (..., count, p, p)
        Modes of two windows, see :func:`fourth_cumulant_modes`; those of a representation
        ``z @ W.T`` are :func:`rotated_modes` by W.

    Returns
    -------
    divergence : Tensor of shape (...)
        Nonnegative up to rounding, differentiable in the modes. Cost: 3 count^2 p^2
        multiplications.
    """
    return _FourthOrderDivergence.apply(strengths, here.flatten(-2), before.flatten(-2))


class _FourthOrderDivergence(torch.autograd.Function):
    r"""Value and gradient in the modes by the same three Gram matrices A, B and C.

    In the modes of one window, :math:`\frac{1}{12} e_q (\sum_r A_{qr} e_r M^r - C_{qr} e_r M'^r)`.
    """

    @staticmethod
    def forward(ctx, strengths, here, before):
        grams = here @ here.mT, before @ before.mT, here @ before.mT
        ctx.save_for_backward(strengths, here, before, *grams)
        one, other, both = grams
        change = one**2 + other**2 - 2 * both**2
        return ((change @ strengths) @ strengths) / 48

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        strengths, here, before, one, other, both = ctx.saved_tensors
        scale = gradient[..., None, None] / 12 * strengths[:, None]
        here, before = strengths[:, None] * here, strengths[:, None] * before
        in_here = one @ here - both @ before
        in_before = other @ before - both.mT @ here
        return None, scale * in_here, scale * in_before
