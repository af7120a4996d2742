# SPDX-License-Identifier: BSD-3-Clause
"""Generators of a one-parameter group of rotations: antisymmetric matrices and their exponentials.

Section 4.1.1 of the paper. Conventions used everywhere in the package: samples are columns in the
formulas, the shift moves the basis vector ``e_j`` to ``e_{j+1}``, and the padded space of dimension
``D = d + 2 p`` holds the ``d`` features in its centre.
"""

import math

import numpy as np
import torch
from scipy.linalg import schur

__all__ = [
    "antisymmetric",
    "complete_basis",
    "crop_matrix",
    "crop_vector",
    "cyclic_shift",
    "cyclic_shift_log",
    "generator",
    "pad",
    "rotation_log",
    "shift_generator_log",
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
    """Central ``(n_features, n_features)`` block of the last two axes."""
    margin = _margin(matrix.shape[-1], n_features)
    inside = slice(margin, margin + n_features)
    return matrix[..., inside, inside]


def cyclic_shift(size, *, signed=None, dtype=None, device=None):
    """Shift by one component, ``C e_j = e_{j+1}``, which wraps around.

    Parameters
    ----------
    size : int
        Number of components D.
    signed : bool or None, default=None
        Whether the component that wraps around changes its sign. The plain cyclic shift of an even
        number of components has determinant -1 and no real logarithm; the signed one has
        determinant 1. None: signed exactly when `size` is even.
    dtype, device
        Of the result, as in :func:`torch.zeros`.

    Returns
    -------
    shift : Tensor of shape (size, size)

    Examples
    --------
    >>> cyclic_shift(3) @ torch.tensor([1.0, 2.0, 3.0])
    tensor([3., 1., 2.])
    >>> cyclic_shift(2) @ torch.tensor([1.0, 2.0])
    tensor([-2.,  1.])
    """
    if signed is None:
        signed = size % 2 == 0
    shift = torch.eye(size, dtype=dtype, device=device).roll(1, dims=0)
    if signed:
        shift[0, -1] = -1.0
    return shift


def cyclic_shift_log(size, *, dtype=None, device=None):
    r"""Real antisymmetric logarithm of :func:`cyclic_shift`, in closed form.

    Parameters
    ----------
    size : int
        Number of components D; an even D stands for the signed shift.
    dtype, device
        Of the result, as in :func:`torch.zeros`.

    Returns
    -------
    lie_algebra : Tensor of shape (size, size)
        Antisymmetric Toeplitz matrix whose exponential is the shift.

    Notes
    -----
    The eigenvectors are Fourier modes with phases :math:`\theta` in :math:`(-\pi, \pi)`: multiples
    of :math:`2\pi/D` (odd D), odd multiples of :math:`\pi/D` (even D). In both cases their
    Dirichlet kernel is :math:`D^{-1}\sum\cos\theta t = \sin(\pi t) / (D\sin(\pi t/D))`, and

    .. math:: S_{jl} = \frac1D\sum_\theta\theta\sin\theta(j-l)
              = \frac{(-1)^{j-l+1}\,\pi}{D\,\sin(\pi(j-l)/D)}

    is minus its derivative at the integer :math:`t = j - l`.
    """
    lags = np.arange(1, size)
    column = np.zeros(size)
    column[1:] = (-1.0) ** (lags + 1) * math.pi / (size * np.sin(math.pi * lags / size))
    lag = np.arange(size)[:, None] - np.arange(size)
    entries = np.sign(lag) * column[np.abs(lag)]
    return torch.as_tensor(entries, dtype=dtype or torch.get_default_dtype(), device=device)


def shift_generator_log(basis, padding, boundary="open"):
    """Lie algebra element of the group that shifts the rows of an orthogonal `basis`.

    Returns ``S = E L E^T`` with ``expm(L)`` the cyclic shift of size D and
    ``E = blockdiag(I_p, W^T, I_p)``, so that ``expm(S)`` maps every padded row of `basis` to the
    next one. With the row at power 0 as the filter, the rows of the group convolution matrix are
    the rows of `basis` in increasing power.

    Parameters
    ----------
    basis : Tensor or array of shape (d, d)
        Orthogonal, rows in the order of the hidden symmetry.
    padding : int
        Components p added on each side; ignored when `boundary` is ``"circulant"``.
    boundary : {"open", "circulant"}, default="open"

    Returns
    -------
    lie_algebra : Tensor of shape (D, D)
        Antisymmetric, in the dtype and on the device of `basis`.
    """
    basis = torch.as_tensor(basis)
    padding = 0 if boundary == "circulant" else padding
    size = len(basis) + 2 * padding
    log = cyclic_shift_log(size, dtype=basis.dtype, device=basis.device)
    frame = torch.eye(size, dtype=basis.dtype, device=basis.device)
    inside = slice(padding, size - padding)
    frame[inside, inside] = basis.mT
    return antisymmetric(frame @ log @ frame.mT)


def complete_basis(rows):
    """Orthogonal (d, d) matrix whose central rows are as close as possible to the given ones.

    More than d rows are cropped to the central d. Fewer are surrounded by an arbitrary orthonormal
    basis of what they leave out, so that the row of power 0 stays the row of power 0.

    Parameters
    ----------
    rows : array of shape (m, d)
        Finite, of full rank; need not be orthonormal.

    Returns
    -------
    basis : ndarray of shape (d, d), float64

    Raises
    ------
    ValueError
        If `rows` has a non-finite entry or is rank deficient.
    """
    rows = np.asarray(rows, dtype=np.float64)
    n_rows, n_features = rows.shape
    first = n_rows // 2 - n_features // 2
    rows = rows[max(first, 0) :][:n_features]
    if not np.isfinite(rows).all():
        raise ValueError("the initial group convolution matrix has non-finite entries")
    left, scale, right = np.linalg.svd(rows)
    if scale[-1] <= 1e-10 * scale[0]:
        raise ValueError("the initial group convolution matrix is rank deficient")
    closest = left @ right[: len(rows)]
    rest = right[len(rows) :]
    before = max(-first, 0)
    return np.concatenate([rest[:before], closest, rest[before:]])


def rotation_log(rotation):
    """Real antisymmetric logarithm of a rotation matrix, by a real Schur decomposition.

    Not differentiable: it turns a start into parameters.

    Parameters
    ----------
    rotation : Tensor or array of shape (D, D)
        Orthogonal to about the square root of the precision of its dtype, of determinant 1.

    Returns
    -------
    lie_algebra : Tensor of shape (D, D)
        Antisymmetric with eigenphases in ``(-pi, pi]``; dtype and device of `rotation`.

    Raises
    ------
    ValueError
        If `rotation` is not orthogonal, or has determinant -1 and therefore no real logarithm.
    """
    rotation = torch.as_tensor(rotation)
    matrix = rotation.detach().cpu().double().numpy()
    identity = np.eye(len(matrix))
    if np.abs(matrix @ matrix.T - identity).max() > torch.finfo(rotation.dtype).eps ** 0.5:
        raise ValueError("rotation_log: the matrix is not orthogonal")
    blocks, frame = schur(matrix, output="real")
    log = frame @ _block_log(blocks) @ frame.T
    return antisymmetric(torch.as_tensor(log, dtype=rotation.dtype, device=rotation.device))


def _block_log(blocks):
    """Logarithm of the quasi-triangular Schur factor of a rotation."""
    size = len(blocks)
    log = np.zeros_like(blocks)
    reversed_axes = []
    start = 0
    while start < size:
        if start + 1 < size and blocks[start + 1, start] != 0.0:
            one, two = start, start + 1
            sine = blocks[two, one] - blocks[one, two]
            angle = math.atan2(sine, blocks[one, one] + blocks[two, two])
            log[two, one], log[one, two] = angle, -angle
            start += 2
            continue
        if blocks[start, start] < 0.0:
            reversed_axes.append(start)
        start += 1
    if len(reversed_axes) % 2:
        raise ValueError("rotation_log: determinant -1, no real logarithm exists")
    # Two reversed axes are a half turn in the plane they span, whichever plane is chosen.
    for one, two in zip(reversed_axes[::2], reversed_axes[1::2], strict=True):
        log[two, one], log[one, two] = math.pi, -math.pi
    return log
