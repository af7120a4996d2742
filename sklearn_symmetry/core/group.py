# SPDX-License-Identifier: BSD-3-Clause
"""The group that shifts ordered rows along a grid: generators, real powers, orbit in closed form.

A solution of the default solver is an orthogonal matrix W whose rows are in the order of the hidden
symmetry. In the padded space, rows and padding are shifted around: ``G**t = E K(t) E^T`` with the
kernel K of :meth:`~sklearn_symmetry.core.grid.Grid.kernel` and ``E = blockdiag(I, W^T, I)``. Its
central crop is ``W^T K(t) W`` with the central part of K alone. A ring has no padding, but one
component behind its d rows where d is even: ``E = blockdiag(W^T, 1)``.
"""

from dataclasses import dataclass, field, replace
from numbers import Integral

import numpy as np
import torch

from .grid import Grid
from .rotation import antisymmetric

__all__ = [
    "Group",
    "above_noise",
    "agreement",
    "column_order",
    "complete_basis",
    "cosine",
    "orientation",
    "similarity",
]


@dataclass(frozen=True, eq=False)
class Group:
    """Commuting shifts, one along every axis of a grid, of the rows of an orthogonal matrix.

    Parameters
    ----------
    rows : Tensor or array of shape (d, d)
        W, orthogonal, in the order of the positions of `grid`.
    grid : Grid
        Of d positions.
    padding : int, default=0
        Components p added on each side of every open axis.
    origin : int or None, default=None
        Position of the row at power 0, the filter. None: the centre, ``size // 2`` of every axis.
    frame : Tensor of shape (D, D) or None, default=None
        Rows of the padded space, in the order of the padded grid. None: `rows` amid the components
        of the padding. :meth:`canonical` reads all of them in another way, so that the group it
        gives is the same one in the padded space, too.

    Raises
    ------
    ValueError
        If `rows` are not orthogonal or do not fit the grid, `padding` is no integer of at least 0,
        or `origin` no position.

    Examples
    --------
    >>> group = Group(torch.eye(3), Grid.line(3), padding=2)
    >>> group.act(torch.tensor([[1.0, 2.0, 3.0]]), -1)
    tensor([[0., 1., 2.]])
    >>> group.orbit([-2, -1, 0])
    tensor([[0., 0., 0.],
            [1., 0., 0.],
            [0., 1., 0.]])
    """

    rows: torch.Tensor
    grid: Grid
    padding: int = 0
    origin: int | None = None
    frame: torch.Tensor | None = field(default=None, repr=False)

    def __post_init__(self):
        rows = torch.as_tensor(self.rows)
        _check_rows(rows, self.grid)
        object.__setattr__(self, "rows", rows)
        if self.origin is None:
            object.__setattr__(self, "origin", _centre(self.grid))
        if not isinstance(self.origin, Integral) or not 0 <= self.origin < self.grid.size:
            raise ValueError(
                f"origin must be a position of the grid, from 0 to {self.grid.size - 1}; "
                f"got {self.origin!r}"
            )
        if self.frame is None:
            inside = self.grid.inside(self.padding)
            size = self.grid.padded_size(self.padding)
            frame = torch.eye(size, dtype=rows.dtype, device=rows.device)
            frame[inside[:, None], inside] = rows
            object.__setattr__(self, "frame", frame)

    @property
    def filter(self):
        """The row at power 0, shape (d,)."""
        return self.rows[self.origin]

    def power(self, steps):
        """Central crop of ``G**steps``, with whatever real steps along the axes.

        Parameters
        ----------
        steps : float or sequence of float
            One number, if there is one axis, or one for each.

        Returns
        -------
        power : Tensor of shape (d, d)
            On closed axes it is orthogonal; where their size is even, for whole steps.
        """
        kernel = self.grid.kernel(steps, self.padding, **self._like)
        return self.rows.mT @ kernel @ self.rows

    def act(self, X, steps):
        """Samples moved by the group: ``X @ power(steps)``.

        Parameters
        ----------
        X : Tensor or array of shape (n, d)
        steps : float or sequence of float

        Returns
        -------
        moved : Tensor of shape (n, d)
            In the dtype of `X`. What the symmetry carries out of the window is lost.
        """
        X = torch.as_tensor(X)
        Grid.fitting(self.grid, X.shape[-1], "X")
        return X @ self.power(steps).to(X)

    def generator(self, axis=0, padded=False):
        """Shift by one step along an axis.

        Parameters
        ----------
        axis : int, default=0
        padded : bool, default=False
            Whether in the padded space, where it is a rotation; else its central crop.

        Returns
        -------
        generator : Tensor of shape (d, d) or (D, D)
        """
        steps = [0.0] * self.grid.n_axes
        steps[self.grid.check_axis(axis)] = 1.0
        if not padded:
            return self.power(steps)
        kernel = self.grid.kernel(steps, self.padding, padded=True, **self._like)
        return self.frame.mT @ kernel @ self.frame

    def lie_algebra(self, axis=0):
        """Logarithm of the padded generator along an axis; those of all axes commute.

        Returns
        -------
        lie_algebra : Tensor of shape (D, D)
            Antisymmetric.
        """
        log = self.grid.shift_log(axis, self.padding, **self._like)
        return antisymmetric(self.frame.mT @ log @ self.frame)

    def orbit(self, powers=None):
        """Group convolution matrix (eq. 11): the filter moved by whole powers, cropped.

        Rows of W in another order, since the group carries one to the next: nothing is multiplied.

        Parameters
        ----------
        powers : Tensor or sequence of int, of shape (m,) or (m, n_axes), or None, default=None
            None: those of all positions, in their order, if the origin is the centre.

        Returns
        -------
        group_conv_matrix : Tensor of shape (m, d)
            Zero where the power leaves the window.
        """
        powers = _by_axis(powers, self.grid)
        places = self.grid.coordinates()[self.origin] + powers
        positions, signs = self.grid.places(places, self.padding)
        rows = self.rows[positions.to(self.rows.device)]
        signs = signs.to(self.rows)[:, None]
        return torch.where(signs == 0, 0.0, signs * rows)

    def canonical(self, powers=None):
        """The same group in the sign and direction of :func:`orientation`.

        Parameters
        ----------
        powers : Tensor or sequence of int, of shape (m,) or (m, n_axes), or None, default=None
            Those of the group convolution matrix that decides. If they are an even number along an
            axis they start one further down, and so does the filter where the axis is turned.

        Returns
        -------
        group : Group
        """
        powers = _by_axis(powers, self.grid)
        sign, order, backwards = orientation(self.orbit(powers), powers, self.grid)
        place = self.grid.coordinates()[self.origin].tolist()
        origin = []
        for axis, turned in zip(order, backwards, strict=True):
            even = len(powers[:, axis].unique()) % 2 == 0
            size = self.grid.shape[axis]
            origin.append(size - 1 - (place[axis] - even) % size if turned else place[axis])
        return replace(
            self,
            rows=sign * self.rows[self.grid.reading(order, backwards)],
            frame=sign * self.frame[self.grid.reading(order, backwards, self.padding)],
            origin=int(np.ravel_multi_index(origin, self.grid.shape)),
        )

    @property
    def _like(self):
        return {"dtype": self.rows.dtype, "device": self.rows.device}


def orientation(group_conv_matrix, powers, grid):
    """What is a convention, since the data leave it open: sign, order and direction of the axes.

    The entries of the matrix sum to a positive number. Weighted by power times (centred) index of
    the column, along every axis, they do so as well, which makes the identity the solution of
    unmixed translations. Equal axes come in the order for which these sums are largest together.

    Parameters
    ----------
    group_conv_matrix : Tensor of shape (m, d)
    powers : Tensor or sequence of int, of shape (m,) or (m, n_axes)
    grid : Grid
        Of the d columns.

    Returns
    -------
    sign : {1.0, -1.0}
        To multiply the matrix with.
    order : tuple of int
        Which axis comes first, second ...
    backwards : tuple of bool
        Whether these axes, in that order, are to be turned.
    """
    sign = -1.0 if group_conv_matrix.sum() < 0 else 1.0
    centre = (torch.tensor(grid.shape) - 1) / 2
    columns = (grid.coordinates() - centre).to(group_conv_matrix)
    powers = _by_axis(powers, grid).to(group_conv_matrix)
    slopes = sign * (powers.mT @ group_conv_matrix @ columns)
    orders = [tuple(order) for order in grid.exchanges()]
    order = max(orders, key=lambda order: sum(abs(slopes[one, at]) for at, one in enumerate(order)))
    return sign, order, tuple(bool(slopes[one, at] < 0) for at, one in enumerate(order))


def _by_axis(powers, grid):
    """Powers as a Tensor of int64 of shape (m, n_axes); None: one for every position."""
    if powers is None:
        return grid.powers()
    powers = torch.as_tensor(powers).cpu()
    powers = powers[:, None] if powers.ndim == 1 else powers
    if powers.ndim != 2 or powers.shape[1] != grid.n_axes or powers.is_floating_point():
        raise ValueError(
            f"powers must be integers of shape (m,) or (m, n_axes) on a grid of {grid.n_axes} "
            f"axes; got {powers.dtype} of shape {tuple(powers.shape)}"
        )
    return powers.long()


def _centre(grid):
    return int(np.ravel_multi_index([size // 2 for size in grid.shape], grid.shape))


def _check_rows(rows, grid):
    if rows.ndim != 2 or rows.shape[0] != rows.shape[1] or not rows.is_floating_point():
        raise ValueError(
            f"rows must be a square matrix of floats; got {rows.dtype} of shape "
            f"{tuple(rows.shape)}. complete_basis makes one of fewer or more rows"
        )
    Grid.fitting(grid, len(rows), "the matrix of rows")
    if rows.is_meta:
        return
    defect = (rows @ rows.mT - torch.eye(len(rows)).to(rows)).abs().max()
    if not defect <= torch.finfo(rows.dtype).eps ** 0.5:
        raise ValueError(
            f"rows must be orthogonal: the largest entry of |W W^T - I| is {float(defect):.2g}. "
            "complete_basis makes them so"
        )


def column_order(rows, share):
    """The column that every row is, up to its sign, where that is so.

    Parameters
    ----------
    rows : ndarray of shape (m, d)
    share : float
        Of the norm of a row that its largest entry is to have at least.

    Returns
    -------
    order : ndarray of int, shape (m,), or None
        None where rows mix columns, are zero, or two of them are one column.
    """
    weights = np.abs(rows)
    order, norms = weights.argmax(axis=1), np.linalg.norm(weights, axis=1)
    is_column = (weights.max(axis=1) >= share * norms) & (norms > 0)
    return order if is_column.all() and len(set(order.tolist())) == len(order) else None


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


def cosine(one, other):
    """Cosine of the angle between two matrices in the Frobenius product; 0 where one is zero.

    Parameters
    ----------
    one, other : ndarray of shape (d, d)

    Returns
    -------
    cosine : float
        Between -1 and 1.
    """
    norms = np.linalg.norm(one) * np.linalg.norm(other)
    # Rounding may leave the range.
    return float(np.clip(np.vdot(one, other) / norms, -1, 1)) if norms > 0 else 0.0


def similarity(one, other):
    """:func:`cosine` of two generators, the direction being a convention: the better of two."""
    return max(cosine(one, other), cosine(one, other.T))


def above_noise(spectrum):
    """Share of the variance of every axis that is above the noise, white by assumption.

    Parameters
    ----------
    spectrum : Tensor or ndarray of shape (d,)
        Variances in descending order, positive.

    Returns
    -------
    share : Tensor or ndarray of shape (d,)
        ``1 - floor / spectrum`` with the mean of the lowest tenth as the floor; not below 1e-6, so
        that axes of nothing but noise count alike where there are no others.
    """
    floor = spectrum[-max(1, len(spectrum) // 10) :].mean()
    return (1 - floor / spectrum).clip(1e-6)


def agreement(one, other, share=None, grid=None):
    """:func:`similarity` of the open shifts of two orthogonal matrices, which are not formed.

    Parameters
    ----------
    one, other : Tensor of shape (d, d)
        Rows in the order of the symmetry, in principal axes if there is a `share`.
    share : Tensor of shape (d,), optional
        Of the variance along these axes that is above the noise: the cosine of the generators as
        they act on samples of such variances, ``diag(share) ** 0.5 @ G``.
    grid : Grid or None, default=None
        Of the rows. None: a line. Of several axes the worst one, in the better order of the axes.

    Returns
    -------
    agreement : float
    """
    grid = Grid.fitting(grid, len(one), "the matrix of rows")
    turn = (one @ other.mT).cpu()
    moved = turn if share is None else ((one * share) @ other.mT).cpu()
    loud = [None if share is None else rows.square() @ share for rows in (one, other)]

    def along(axis, other_axis):
        (here, there), (before, after) = grid.pairs(axis), grid.pairs(other_axis)
        same = float((moved[here][:, before] * turn[there][:, after]).sum())
        crossed = float((moved[here][:, after] * turn[there][:, before]).sum())
        if share is None:
            return max(same, crossed) / grid.n_pairs(axis)
        # Rows that are moved; in the other direction, those of `other` are the ones after.
        own, first, last = (
            float(part.sum()) for part in (loud[0][here], loud[1][before], loud[1][after])
        )
        return max(same / (own * first) ** 0.5, crossed / (own * last) ** 0.5)

    return max(
        min(along(axis, other) for axis, other in enumerate(order) if axis in grid.directions)
        for order in grid.exchanges()
    )
