# SPDX-License-Identifier: BSD-3-Clause
"""The group convolution matrix of free parameters, equation 11: the filter moved along."""

import torch

from .rotation import crop_vector, pad

__all__ = ["group_conv_matrix", "normalise", "orbit", "symmetric_powers"]


def symmetric_powers(n_powers):
    """Consecutive integer powers around 0.

    Odd numbers are symmetric, ``-(m-1)/2 ... (m-1)/2``; even ones ``-m/2 ... m/2 - 1``. Power 0 is
    always at index ``m // 2``.

    Examples
    --------
    >>> symmetric_powers(5).tolist(), symmetric_powers(4).tolist()
    ([-2, -1, 0, 1, 2], [-2, -1, 0, 1])
    """
    return torch.arange(n_powers) - n_powers // 2


def normalise(vector):
    """Scale to unit Euclidean norm; the zero vector stays zero."""
    return vector / vector.norm().clamp_min(torch.finfo(vector.dtype).tiny)


class _Orbit(torch.autograd.Function):
    """Rows ``G**k v`` by doubling, with the adjoint recursion in closed form.

    Ahead of power 0 rows obey ``v_k = G v_{k-1}``, behind it ``v_{-k} = G^T v_{1-k}``. With the
    incoming gradients ``r_k`` the adjoints ahead are ``a_k = r_k + G^T a_{k+1}``, a suffix sum done
    in log2(m) matrix products from the squares ``G, G^2, G^4 ...`` kept by the forward pass, and
    ``dG = sum_k a_k v_{k-1}^T``. About half the time of differentiating through the doubling.
    """

    @staticmethod
    def forward(ctx, matrix, vector, before, after):
        ahead = behind = vector[None, :]
        squares, square = [], matrix
        while len(ahead) <= max(before, after):
            if squares:
                square = square @ square
            squares.append(square)
            ahead = torch.cat([ahead, ahead @ square.mT])
            behind = torch.cat([behind, behind @ square])
        rows = torch.cat([behind[1 : before + 1].flip(0), ahead[: after + 1]])
        ctx.save_for_backward(rows, *squares)
        ctx.before = before
        return rows

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        rows, *squares = ctx.saved_tensors
        centre = ctx.before
        ahead, behind = grad[centre:].clone(), grad[: centre + 1].clone()
        for level, square in enumerate(squares):
            step = 2**level
            ahead[:-step] += ahead[step:] @ square
            behind[step:] += behind[:-step] @ square.mT
        grad_vector = ahead[0] + behind[-1] - grad[centre]
        grad_matrix = ahead[1:].mT @ rows[centre:-1] + rows[1 : centre + 1].mT @ behind[:-1]
        return grad_matrix, grad_vector, None, None


def orbit(generator, vector, powers):
    """Move a vector along the group: rows ``G**k v``.

    Parameters
    ----------
    generator : Tensor of shape (D, D)
        G, orthogonal: negative powers use the transpose as the inverse, in the value and in the
        gradient alike.
    vector : Tensor of shape (D,)
    powers : Tensor or sequence of int of shape (m,)
        Consecutive, increasing, containing 0.

    Returns
    -------
    rows : Tensor of shape (m, D)

    Raises
    ------
    ValueError
        If `powers` are not as described.
    """
    powers = torch.as_tensor(powers).tolist()
    first, last = powers[0], powers[-1]
    if powers != list(range(first, last + 1)) or first > 0 or last < 0:
        raise ValueError(f"powers must be consecutive integers around 0; got {powers}")
    return _Orbit.apply(generator, vector, -first, last)


def group_conv_matrix(generator, resolving_filter, powers, n_features):
    """Group convolution matrix ``W`` (eq. 11): row k is the central crop of ``G**k psi``.

    Differentiable, for a free generator; :meth:`sklearn_symmetry.core.group.Group.orbit` is that of
    rows which are known.

    Parameters
    ----------
    generator : Tensor of shape (D, D)
        G, orthogonal.
    resolving_filter : Tensor of shape (n_features,)
        psi; normalised here, then padded to D.
    powers : Tensor or sequence of int of shape (m,)
        See :func:`symmetric_powers`.
    n_features : int
        Number of features d.

    Returns
    -------
    group_conv_matrix : Tensor of shape (m, n_features)
        ``y = W x`` is the symmetry-based representation; ``G`` acts on it as a shift by one.

    Examples
    --------
    >>> from sklearn_symmetry.core.grid import Grid
    >>> shift = Grid.ring(5).kernel(1)
    >>> group_conv_matrix(shift, torch.tensor([0.0, 3.0, 0.0]), symmetric_powers(3), 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 1.]])
    """
    vector = pad(normalise(resolving_filter), generator.shape[-1])
    return crop_vector(orbit(generator, vector, powers), n_features)
