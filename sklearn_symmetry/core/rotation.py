# SPDX-License-Identifier: BSD-3-Clause
"""Generators of a one-parameter group of rotations: antisymmetric matrices and their exponentials.

Section 4.1.1 of the paper. Conventions used everywhere in the package: samples are columns in the
formulas, the shift moves the basis vector ``e_j`` to ``e_{j+1}``, and the padded space of dimension
``D = d + 2 p`` holds the ``d`` features in its centre. Where ``D - d`` is odd, as on an even ring,
the one component more stands behind them.
"""

import numpy as np
import torch

__all__ = [
    "antisymmetric",
    "crop_matrix",
    "crop_vector",
    "generator",
    "pad",
    "spectral_generator",
]


def antisymmetric(matrix):
    """Antisymmetric part ``(A - A^T) / 2``, an element of the Lie algebra of SO(D).

    Parameters
    ----------
    matrix : Tensor of shape (..., D, D)

    Returns
    -------
    lie_algebra : Tensor of shape (..., D, D)

    Examples
    --------
    >>> import torch
    >>> antisymmetric(torch.tensor([[1.0, 4.0], [0.0, 1.0]]))
    tensor([[ 0.,  2.],
            [-2.,  0.]])
    """
    return 0.5 * (matrix - matrix.mT)


def generator(lie_algebra):
    """Group generator ``G = expm(S)``; orthogonal with determinant 1 when `S` is antisymmetric.

    Powers follow from ``G**k = expm(k S)``, for real ``k`` too.

    Parameters
    ----------
    lie_algebra : Tensor of shape (..., D, D)
        Antisymmetric matrix.

    Returns
    -------
    generator : Tensor of shape (..., D, D)
    """
    return torch.linalg.matrix_exp(lie_algebra)


class _SpectralExponential(torch.autograd.Function):
    """Exponential of an antisymmetric matrix from its eigenvectors, which serve the gradient too.

    With ``S = V diag(i t) V*`` the gradient is ``V (conj(F) * (V* dG V)) V*``, where F holds the
    divided differences of the exponential.
    """

    @staticmethod
    def forward(ctx, lie_algebra):
        values, vectors = np.linalg.eigh(-1j * lie_algebra.detach().double().numpy())
        ctx.eigen, ctx.dtype = (values, vectors), lie_algebra.dtype
        matrix = (vectors * np.exp(1j * values)) @ vectors.conj().T
        return torch.as_tensor(matrix.real, dtype=lie_algebra.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        values, vectors = ctx.eigen
        middle = 0.5 * (values[:, None] + values)
        differences = np.exp(1j * middle) * np.sinc((values[:, None] - values) / (2.0 * np.pi))
        seen = vectors.conj().T @ grad.double().numpy() @ vectors
        found = vectors @ (differences.conj() * seen) @ vectors.conj().T
        return torch.as_tensor(found.real, dtype=ctx.dtype)


def spectral_generator(lie_algebra):
    """As :func:`generator` of one antisymmetric matrix on the CPU, with a gradient five times
    cheaper: :func:`torch.linalg.matrix_exp` takes another exponential, twice as large, for it.
    """
    return _SpectralExponential.apply(lie_algebra)


def _margin(size, n_features):
    if size < n_features:
        raise ValueError(
            f"cannot crop {size} components to the central {n_features}: they are fewer"
        )
    return (size - n_features) // 2


def pad(vector, size):
    """Put zeros on both sides of the last axis, up to `size` components."""
    before = _margin(size, vector.shape[-1])
    return torch.nn.functional.pad(vector, (before, size - vector.shape[-1] - before))


def crop_vector(vector, n_features):
    """Central `n_features` components of the last axis, undoing :func:`pad`."""
    margin = _margin(vector.shape[-1], n_features)
    return vector[..., margin : margin + n_features]


def crop_matrix(matrix, n_features):
    """Central ``(n_features, n_features)`` block of the last two axes of a tensor or array."""
    margin = _margin(matrix.shape[-1], n_features)
    inside = slice(margin, margin + n_features)
    return matrix[..., inside, inside]
