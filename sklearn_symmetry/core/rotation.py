# SPDX-License-Identifier: BSD-3-Clause
"""Generators of a one-parameter group of rotations: antisymmetric matrices and their exponentials.

Section 4.1.1 of the paper. Conventions used everywhere in the package: samples are columns in the
formulas, the shift moves the basis vector ``e_j`` to ``e_{j+1}``, and the padded space of dimension
``D = d + 2 p`` holds the ``d`` features in its centre.
"""

import torch

__all__ = ["antisymmetric", "crop_matrix", "crop_vector", "generator", "pad"]


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


def pad(vector, padding):
    """Put `padding` zeros on both sides of the last axis."""
    return torch.nn.functional.pad(vector, (padding, padding)) if padding else vector


def _margin(size, n_features):
    margin, odd = divmod(size - n_features, 2)
    if margin < 0 or odd:
        raise ValueError(
            f"cannot crop {size} components to the central {n_features}: the difference must be "
            "even and not negative"
        )
    return margin


def crop_vector(vector, n_features):
    """Central `n_features` components of the last axis, undoing :func:`pad`."""
    margin = _margin(vector.shape[-1], n_features)
    return vector[..., margin : margin + n_features]


def crop_matrix(matrix, n_features):
    """Central ``(n_features, n_features)`` block of the last two axes of a tensor or array."""
    margin = _margin(matrix.shape[-1], n_features)
    inside = slice(margin, margin + n_features)
    return matrix[..., inside, inside]
