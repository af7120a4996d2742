# SPDX-License-Identifier: BSD-3-Clause
"""What a neighbour is: positions along one or several axes, open or closed.

The only file that knows an edge. A position of a lattice is one number, counted along the last axis
first, as :func:`numpy.ravel_multi_index` does.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
import torch

__all__ = ["Grid", "Lag"]

BOUNDARIES = {"open": False, "circulant": True}


class Lag(NamedTuple):
    """A displacement, and the pairs of positions that it relates: `there` is `here` displaced."""

    steps: tuple[int, ...]
    here: torch.Tensor
    there: torch.Tensor


@dataclass(frozen=True)
class Grid:
    """Positions that the hidden symmetry shifts: a line, a ring, a lattice, a torus.

    Parameters
    ----------
    shape : tuple of int
        Positions along every axis, at least 1.
    cyclic : tuple of bool
        Whether the last position along an axis is followed by the first.

    Raises
    ------
    ValueError
        If the two are not sequences of one length of such values.

    Examples
    --------
    >>> Grid((3, 4), (False, True)).n_pairs(0), Grid.line(5) == Grid.of(5, "open")
    (8, True)
    """

    shape: tuple[int, ...]
    cyclic: tuple[bool, ...]

    def __post_init__(self):
        shape, cyclic = _as_tuple(self.shape, "shape"), _as_tuple(self.cyclic, "cyclic")
        if not shape or len(shape) != len(cyclic):
            raise ValueError(
                "shape and cyclic need one entry for every axis of a Grid, and one axis at least; "
                f"got shape={shape} and cyclic={cyclic}"
            )
        for size in shape:
            if isinstance(size, bool) or not isinstance(size, Integral) or size < 1:
                raise ValueError(
                    f"shape must hold integers of at least 1, the positions along every axis of a "
                    f"Grid; got {size!r} in shape={shape}"
                )
        object.__setattr__(self, "shape", tuple(int(size) for size in shape))
        object.__setattr__(self, "cyclic", tuple(bool(closed) for closed in cyclic))

    @property
    def axes(self):
        """For every axis its number of positions, and whether it is closed."""
        return tuple(zip(self.shape, self.cyclic, strict=True))

    @classmethod
    def line(cls, size):
        """`size` positions with two ends."""
        return cls((size,), (False,))

    @classmethod
    def ring(cls, size):
        """`size` positions without an end."""
        return cls((size,), (True,))

    @classmethod
    def of(cls, shape, boundary):
        """The grid of one boundary on all axes, or of one for each.

        Parameters
        ----------
        shape : int or tuple of int
        boundary : {"open", "circulant"} or sequence of them
        """
        shape = _as_tuple(shape, "shape")
        names = [boundary] * len(shape) if isinstance(boundary, str) else list(boundary)
        for name in names:
            if name not in BOUNDARIES:
                raise ValueError(f"boundary == {name!r}, must be one of 'open', 'circulant'")
        return cls(shape, tuple(BOUNDARIES[name] for name in names))

    @classmethod
    def fitting(cls, grid, size, what):
        """`grid`, or the line of `size` positions where it is None.

        Raises
        ------
        ValueError
            If `grid` has another number of positions than `what`.
        """
        if grid is None:
            return cls.line(size)
        if grid.size != size:
            raise ValueError(
                f"the grid has {grid.size} positions, {_product(grid.shape)}, but {what} has "
                f"{size}: pass the Grid of its columns"
            )
        return grid

    @cached_property
    def size(self):
        """Number of positions."""
        return math.prod(self.shape)

    @cached_property
    def n_axes(self):
        """Number of axes."""
        return len(self.shape)

    @cached_property
    def is_line(self):
        """Whether there is one axis only, with two ends."""
        return self.cyclic == (False,)

    @cached_property
    def boundary(self):
        """Name of the boundary: one for all axes, or a tuple with one for each."""
        names = tuple("circulant" if closed else "open" for closed in self.cyclic)
        return names[0] if len(set(names)) == 1 else names

    @cached_property
    def directions(self):
        """Axes along which there is a neighbour: those of two positions or more."""
        return tuple(axis for axis, size in enumerate(self.shape) if size > 1) or (0,)

    def n_pairs(self, axis=0):
        """Number of neighbours along an axis."""
        size = self.shape[self.check_axis(axis)]
        return self.size if self.cyclic[axis] else self.size // size * (size - 1)

    def average(self, value):
        """Mean of ``value(axis)`` over all :attr:`directions`."""
        values = [value(axis) for axis in self.directions]
        return values[0] if len(values) == 1 else sum(values[1:], values[0]) / len(values)

    # Neighbours

    def pairs(self, axis=0, device=None):
        """Positions with a successor along an axis, and these successors.

        Returns
        -------
        here, there : slice or Tensor of int64, shape (n_pairs,)
            Either selects from a tensor. Slices on a line, which give views.
        """
        if self.is_line:
            self.check_axis(axis)
            return slice(None, -1), slice(1, None)
        return _pairs(self, self.check_axis(axis), str(device or "cpu"))

    def successors(self, tensor, axis=0, n_indices=1):
        """A tensor at the positions that have a successor along an axis, and at the successors.

        Parameters
        ----------
        tensor : Tensor of shape (..., size, ...)
        axis : int, default=0
        n_indices : int, default=1
            How many of the last indices are positions; all are displaced together.

        Returns
        -------
        here, there : Tensor of shape (..., n_pairs, ...)
            Views on a line.
        """
        return self._displaced(tensor, self.check_axis(axis), n_indices, forwards=True)

    def predecessors(self, tensor, axis=0, n_indices=1):
        """As :meth:`successors`, with the positions before."""
        return self._displaced(tensor, self.check_axis(axis), n_indices, forwards=False)

    def _displaced(self, tensor, axis, n_indices, forwards):
        folded = self._folded(tensor, n_indices)
        first = folded.ndim - n_indices * self.n_axes + axis
        dims = tuple(range(first, folded.ndim, self.n_axes))
        if self.cyclic[axis]:
            moved = folded.roll((-1 if forwards else 1,) * n_indices, dims)
            return tensor, self._flat(moved, n_indices)
        front, back = (
            self._flat(folded[_at(dims, part)], n_indices)
            for part in (slice(None, -1), slice(1, None))
        )
        return (front, back) if forwards else (back, front)

    def _folded(self, tensor, n_indices):
        """Every index of positions replaced by one per axis."""
        if self.n_axes == 1:
            return tensor
        return tensor.reshape(tensor.shape[: tensor.ndim - n_indices] + self.shape * n_indices)

    def _flat(self, tensor, n_indices):
        if self.n_axes == 1:
            return tensor
        lead = tensor.shape[: tensor.ndim - n_indices * self.n_axes]
        size = math.prod(tensor.shape[-self.n_axes :])
        return tensor.reshape(lead + (size,) * n_indices)

    def without_last(self, axis=0):
        """The grid of the differences of neighbours along an axis."""
        shape = list(self.shape)
        shape[self.check_axis(axis)] -= not self.cyclic[axis]
        return Grid(tuple(shape), self.cyclic)

    def between(self, matrix, axis=0):
        """Entries of matrices of pairs of positions that relate neighbours, (..., n_pairs)."""
        if self.is_line:
            self.check_axis(axis)
            return matrix.diagonal(1, dim1=-2, dim2=-1)
        here, there = self.pairs(axis, matrix.device)
        return matrix[..., here, there]

    def shift_matrix(self, axis=0, dtype=None, device=None):
        """Shift by one step that loses what leaves the grid, ``(S y)[here] = y[there]``.

        Parameters
        ----------
        axis : int, default=0
        dtype, device
            Of the result, as in :func:`torch.zeros`.

        Returns
        -------
        shift : Tensor of shape (size, size)
            Zeros and ones.
        """
        axis = self.check_axis(axis)
        shift = torch.zeros(self.size, self.size, dtype=dtype, device=device)
        shift[_pairs(self, axis, str(shift.device))] = 1.0
        return shift

    # All displacements

    def lags(self):
        """Every displacement, up to its sign, with the pairs of positions that it relates.

        Returns
        -------
        lags : tuple of Lag
            That of no displacement first; along a single axis, they grow. A displacement by half
            of a closed axis relates every pair in both directions.
        """
        return _lags(self)

    def lag_numbers(self):
        """Number of the displacement of every pair of positions, in either direction.

        Returns
        -------
        numbers : Tensor of int64 of shape (size, size)
            Indices of :meth:`lags`; symmetric.
        """
        return _lag_numbers(self)

    def means_by_lag(self, matrix):
        """Means of the entries of a symmetric matrix at every displacement.

        Parameters
        ----------
        matrix : Tensor of shape (size, size)

        Returns
        -------
        means : Tensor of float64 of shape (n_lags,)
            In the order of :meth:`lags`.
        """
        numbers = self.lag_numbers().flatten().to(matrix.device)
        weights = matrix.flatten().double()
        sums = torch.bincount(numbers, weights=weights, minlength=len(self.lags()))
        return sums / torch.bincount(numbers)

    def is_near(self, lag):
        """Whether a lag relates neighbours."""
        return sum(abs(step) for step in lag.steps) == 1

    def is_far(self, lag):
        """Whether a lag spans over half of the positions of an open axis, or half of the largest
        distance along a closed one.
        """
        return any(
            step and (2 * abs(step) >= size // 2 if closed else 2 * abs(step) > size)
            for step, size, closed in zip(lag.steps, self.shape, self.cyclic, strict=True)
        )

    # Other grids

    def padded_shape(self, margin):
        """Components along every axis of the padded space, in which the shifts are rotations.

        Parameters
        ----------
        margin : int
            Components more on each side of every open axis.

        Returns
        -------
        shape : tuple of int
            A closed axis of even size has one component more, behind its positions: see
            :meth:`shift_log`.
        """
        return tuple(axis.n_components for axis in self._axes(margin))

    def padded_size(self, margin):
        """Components of the padded space, D: the product of :meth:`padded_shape`."""
        return math.prod(self.padded_shape(margin))

    def inside(self, margin):
        """Positions of this grid in the padded space, Tensor of int64 of shape (size,)."""
        outer = torch.arange(self.padded_size(margin)).view(self.padded_shape(margin))
        for number, axis in enumerate(self._axes(margin)):
            outer = outer.narrow(number, axis.before, axis.size)
        return outer.flatten()

    def _axes(self, margin):
        margin = _margin(margin)
        return [
            _Axis(size, closed, margin)
            for size, closed in zip(self.shape, self.cyclic, strict=True)
        ]

    def kept(self, mask):
        """The grid of those positions alone for which `mask` is true.

        Parameters
        ----------
        mask : Tensor of bool, shape (size,)

        Raises
        ------
        ValueError
            If what remains is no grid.
        """
        mask = torch.as_tensor(mask).reshape(self.shape)
        shape = []
        for axis in range(self.n_axes):
            others = tuple(other for other in range(self.n_axes) if other != axis)
            along = mask.any(others) if others else mask
            shape.append(int(along.sum()))
        if not min(shape) or math.prod(shape) != int(mask.sum()):
            raise ValueError(
                f"{int(mask.sum())} of the {self.size} positions, {_product(self.shape)}, remain, "
                "and they are no grid: leave out whole rows or columns only"
            )
        return Grid(tuple(shape), self.cyclic)

    def coordinates(self):
        """Place of every position along all axes, Tensor of int64 of shape (size, n_axes)."""
        return torch.from_numpy(np.indices(self.shape).reshape(self.n_axes, self.size).T.copy())

    def powers(self):
        """Steps along all axes from the centre, ``size // 2``, to every position.

        Returns
        -------
        powers : Tensor of int64 of shape (size, n_axes)
        """
        return self.coordinates() - torch.tensor([size // 2 for size in self.shape])

    def places(self, coordinates, margin=0):
        """Where coordinates lie, if they go around the grid padded by `margin`.

        Parameters
        ----------
        coordinates : Tensor of int64 of shape (k, n_axes)
            Those of this grid, or beyond.
        margin : int, default=0

        Returns
        -------
        positions : Tensor of int64 of shape (k,)
        signs : Tensor of int64 of shape (k,)
            0 outside this grid, whose position means nothing; else 1, or -1 after an odd number of
            turns around open axes of even padded length, see :meth:`kernel`.
        """
        axes = self._axes(margin)
        period = torch.tensor([axis.period for axis in axes])
        start = torch.tensor([axis.before for axis in axes])
        turns = torch.div(coordinates + start, period, rounding_mode="floor")
        coordinates = coordinates - turns * period
        inside = ((coordinates >= 0) & (coordinates < torch.tensor(self.shape))).all(1)
        changes = torch.tensor([axis.changes_sign for axis in axes])
        signs = torch.where(changes & (turns % 2 == 1), -1, 1).prod(1) * inside
        strides = [math.prod(self.shape[axis + 1 :]) for axis in range(self.n_axes)]
        return (coordinates * torch.tensor(strides)).sum(1) * inside, signs

    # Symmetries of the grid itself

    def exchanges(self):
        """Orders of the axes that leave the grid as it is: equal ones may be exchanged.

        Returns
        -------
        orders : list of tuple of int
            The given order first.
        """
        axes = list(zip(self.shape, self.cyclic, strict=True))
        orders = itertools.permutations(range(self.n_axes))
        return [order for order in orders if [axes[axis] for axis in order] == axes]

    def reading(self, order, backwards, margin=None):
        """The positions, read with the axes in another order and some of them backwards.

        Parameters
        ----------
        order : sequence of int
            Which axis comes first, second ...
        backwards : sequence of bool
            Whether these axes, in that order, are turned.
        margin : int or None, default=None
            None: of this grid. Else of the padded space, where the component that a closed axis of
            even size has more stays where it is.

        Returns
        -------
        permutation : Tensor of int64
            ``rows[permutation]`` are the same rows, read in that way.
        """
        axes = self._axes(margin or 0)
        lengths = [axis.size if margin is None else axis.n_components for axis in axes]
        folded = torch.arange(math.prod(lengths)).view(lengths).permute(*order)
        for at, (number, turned) in enumerate(zip(order, backwards, strict=True)):
            if turned:
                places = torch.arange(lengths[number])
                around = lengths[number] - (axes[number].spare if margin is not None else 0)
                places[:around] = places[:around].flip(0)
                folded = folded.index_select(at, places)
        return folded.flatten()

    def reflections(self):
        """Symmetries that leave a grid in its place: reversed axes, exchanged equal axes.

        Those that a fit cannot tell apart, and a canonical form chooses from. A closed axis has its
        translations as well, see :meth:`symmetries`; they only change which position is the first.

        Returns
        -------
        permutations : Tensor of int64 of shape (k, size)
            The identity first: ``rows[permutation]`` are the same rows, read in another way.
        """
        return _reflections(self)

    def symmetries(self):
        """All symmetries: :meth:`reflections`, and translations along closed axes.

        Returns
        -------
        permutations : Tensor of int64 of shape (k, size)
            The identity first.
        """
        return _symmetries(self)

    # Shifts by real numbers

    def kernel(self, steps, margin=0, *, padded=False, dtype=None, device=None):
        r"""Shift by real numbers of steps, of the grid padded by `margin`, cropped to this one.

        .. math:: K_{jl}(t) = \frac{\sin\pi u}{D\,\sin(\pi u / D)}, \quad u = j - l - t,

        along an open axis of D positions, padding included, and along a closed one of odd size;
        with the tangent in place of the lower sine along a closed one of even size. The Kronecker
        product over all axes. Whole steps carry l to l + t, around the padded axis; a turn around
        an open one changes the sign if D is even.

        Parameters
        ----------
        steps : float or sequence of float
            t: one number, if there is one axis, or one for each.
        margin : int, default=0
            See :meth:`padded_shape`.
        padded : bool, default=False
            Whether of all the padded space, where it is a rotation.
        dtype, device
            Of the result, as in :func:`torch.zeros`.

        Returns
        -------
        kernel : Tensor of shape (size, size) or (D, D)

        Raises
        ------
        ValueError
            If `steps` are not as many finite numbers as there are axes.
        """
        pairs = zip(self._axes(margin), self.check_steps(steps), strict=True)
        factors = [axis.kernel(step, padded) for axis, step in pairs]
        return _kronecker(factors).to(device, dtype or torch.get_default_dtype())

    def shift_log(self, axis=0, margin=0, *, dtype=None, device=None):
        r"""Real antisymmetric logarithm of the padded shift by one step along an axis.

        .. math:: S_{jl} = \frac{(-1)^{j-l+1}\,\pi}{D\,\sin(\pi(j-l)/D)}

        along an open axis of D positions, padding included, and along a closed one of odd size. Its
        Kronecker product with identities. ``expm(t S)`` is ``kernel(t, padded=True)``, and the
        logarithms along several axes commute.

        The cyclic shift C of an even number d of positions has determinant -1, and no real
        logarithm. With one component e more, ``blockdiag(C, -1)`` is a rotation: its two
        eigenvalues -1, of the alternating vector and of e, make a turn by :math:`\pi` in their
        plane,

        .. math::
            S_{jl} = \frac{(-1)^{j-l+1}\,\pi}{d\,\tan(\pi(j-l)/d)}, \quad
            S_{ej} = -S_{je} = \frac{(-1)^j\,\pi}{\sqrt d}.

        Whole steps leave e alone, up to its sign, and are those of C; half a step carries the
        alternating vector, which has no half step of its own, into e.

        Parameters
        ----------
        axis : int, default=0
        margin : int, default=0
            See :meth:`padded_shape`.
        dtype, device
            Of the result, as in :func:`torch.zeros`.

        Returns
        -------
        lie_algebra : Tensor of shape (D, D)

        Notes
        -----
        The eigenvectors are Fourier modes with phases :math:`\theta` in :math:`(-\pi, \pi)`:
        multiples of :math:`2\pi/D` (odd D, and closed axes), odd multiples of :math:`\pi/D` (open,
        even D). Their Dirichlet kernel :math:`D^{-1}\sum\cos\theta u` is that of :meth:`kernel`,
        up to :math:`d^{-1}(-1)^{j-l}\cos\pi t` of the alternating vector, and
        :math:`S_{jl} = D^{-1}\sum\theta\sin\theta(j-l)` is minus its derivative at
        :math:`u = j - l`.
        """
        chosen = self.check_axis(axis)
        factors = [
            along.log() if number == chosen else torch.eye(along.n_components, dtype=torch.float64)
            for number, along in enumerate(self._axes(margin))
        ]
        return _kronecker(factors).to(device, dtype or torch.get_default_dtype())

    def check_steps(self, steps):
        """`steps` as a tuple of floats, one per axis; see :meth:`kernel` for what is refused."""
        given = steps.tolist() if hasattr(steps, "tolist") else steps
        given = tuple(given) if isinstance(given, list | tuple) else (given,)
        if len(given) != self.n_axes:
            raise ValueError(
                f"steps must be one number per axis of the grid, {self.n_axes}; got {steps!r}"
            )
        for step in given:
            if isinstance(step, bool) or not isinstance(step, Real) or not math.isfinite(step):
                raise ValueError(f"steps must be finite numbers; got {steps!r}")
        return tuple(float(step) for step in given)

    def check_axis(self, axis):
        """`axis` as an int; ValueError where there is none of that number."""
        if isinstance(axis, bool) or not isinstance(axis, Integral):
            raise ValueError(f"axis must be an integer; got {axis!r}")
        if not 0 <= axis < self.n_axes:
            raise ValueError(f"axis must be from 0 to {self.n_axes - 1}; got {axis}")
        return int(axis)


def _as_tuple(values, name):
    if isinstance(values, Integral):
        return (values,)
    try:
        return tuple(values)
    except TypeError:
        raise ValueError(f"{name} must be a sequence, an entry per axis; got {values!r}") from None


def _margin(margin):
    if isinstance(margin, bool) or not isinstance(margin, Integral) or margin < 0:
        raise ValueError(f"the padding of a Grid must be an integer of at least 0; got {margin!r}")
    return int(margin)


def _product(shape):
    return " x ".join(str(size) for size in shape)


def _at(dims, part):
    """Index that takes `part` of the dimensions given, the first of which is followed by all."""
    index = [slice(None)] * (dims[-1] - dims[0] + 1)
    for dim in dims:
        index[dim - dims[0]] = part
    return (slice(None),) * dims[0] + tuple(index)


@lru_cache(maxsize=256)
def _pairs(grid, axis, device):
    here, there = grid.successors(torch.arange(grid.size), axis)
    return here.to(device), there.to(device)


@lru_cache(maxsize=64)
def _lags(grid):
    """Displacements whose first nonzero step is positive, each once on closed axes."""
    ranges = [
        range(-((size - 1) // 2), size // 2 + 1) if closed else range(1 - size, size)
        for size, closed in zip(grid.shape, grid.cyclic, strict=True)
    ]
    coordinates, margin = grid.coordinates(), max(grid.shape)  # so wide that only rings go around
    found, seen = [], set()
    for steps in sorted(itertools.product(*ranges), key=lambda steps: (_first_sign(steps), steps)):
        if steps in seen:
            continue
        seen |= {steps, _opposite(grid, steps)}
        there, signs = grid.places(coordinates + torch.tensor(steps), margin)
        here = signs.nonzero()[:, 0]
        found.append(Lag(steps, here, there[here]))
    return tuple(found)


@lru_cache(maxsize=8)
def _lag_numbers(grid):
    numbers = torch.zeros(grid.size, grid.size, dtype=torch.int64)
    for number, lag in enumerate(grid.lags()):
        numbers[lag.here, lag.there] = numbers[lag.there, lag.here] = number
    return numbers


def _first_sign(steps):
    """0 for no displacement, 1 where the first step is positive, 2 where it is negative."""
    first = next((step for step in steps if step), 0)
    return 0 if first == 0 else 1 if first > 0 else 2


def _opposite(grid, steps):
    """The displacement back, half of an even closed axis being its own opposite."""
    return tuple(
        step if closed and 2 * step == size else -step
        for step, size, closed in zip(steps, grid.shape, grid.cyclic, strict=True)
    )


@lru_cache(maxsize=64)
def _reflections(grid):
    found = [
        tuple(grid.reading(order, backwards).tolist())
        for order in grid.exchanges()
        for backwards in itertools.product((False, True), repeat=grid.n_axes)
    ]
    return torch.tensor(list(dict.fromkeys(found)))


@lru_cache(maxsize=64)
def _symmetries(grid):
    ranges = [
        range(size) if closed else (0,)
        for size, closed in zip(grid.shape, grid.cyclic, strict=True)
    ]
    coordinates = grid.coordinates()
    found = []
    for steps in itertools.product(*ranges):
        moved, _ = grid.places(coordinates + torch.tensor(steps))
        found += [tuple(row) for row in moved[grid.reflections()].tolist()]
    return torch.tensor(list(dict.fromkeys(found)))


class _Axis(NamedTuple):
    """One axis of the padded space: margins around an open one, a component behind an even ring."""

    size: int
    closed: bool
    margin: int

    @property
    def before(self):
        """Components before the first position."""
        return 0 if self.closed else self.margin

    @property
    def period(self):
        """Components that a shift goes around."""
        return self.size + 2 * self.before

    @property
    def spare(self):
        """Components behind these, that make the shift a rotation: 1 for an even ring, or 0."""
        return int(self.closed and self.size % 2 == 0)

    @property
    def n_components(self):
        """All components."""
        return self.period + self.spare

    @property
    def changes_sign(self):
        """Whether a full turn does."""
        return not self.closed and self.period % 2 == 0

    @property
    def _alternating(self):
        """Unit vector on the period, along which an even ring has the eigenvalue -1."""
        return (-1.0) ** np.arange(self.period) / math.sqrt(self.period)

    def kernel(self, step, padded):
        """Shift by `step` of all components, or cropped to the positions."""
        size, period, whole = self.period if padded else self.size, self.period, round(step)
        rest = step - whole
        lag = np.arange(1 - size, size) - whole
        turns = (2 * lag + period) // (2 * period)
        lag = lag - turns * period  # a full turn changes nothing, but the sign
        if abs(rest) < 1e-300:  # the sines below would be no normal numbers
            values = (lag == 0).astype(float)
        else:
            curve = np.tan if self.spare else np.sin
            below = period * curve(math.pi * (lag - rest) / period)
            values = (-1.0) ** (lag + 1) * math.sin(math.pi * rest) / below
        if self.changes_sign:
            values = np.where(turns % 2 == 0, values, -values)
        kernel = _toeplitz(values + 0.0)  # no negative zeros
        if not (padded and self.spare):
            return kernel
        sign = -1.0 if whole % 2 else 1.0
        across = sign * math.sin(math.pi * rest) * self._alternating + 0.0
        return _bordered(kernel, across, sign * math.cos(math.pi * rest))

    def log(self):
        """Logarithm of the shift by one step of all components."""
        lag = np.arange(1, self.period)
        if self.spare:
            below = np.tan(math.pi * lag / self.period)
            below[self.period // 2 - 1] = np.inf  # half of the way around, where it rounds
        else:
            below = np.sin(math.pi * lag / self.period)
        ahead = (-1.0) ** (lag + 1) * math.pi / (self.period * below)
        log = _toeplitz(np.concatenate([-ahead[::-1], [0.0], ahead]))
        return _bordered(log, math.pi * self._alternating, 0.0) if self.spare else log


def _bordered(matrix, below, corner):
    """The matrix with one component more: a row `below`, minus that as a column, and a corner."""
    below = torch.from_numpy(below)
    column = torch.cat([-below, torch.tensor([corner], dtype=below.dtype)])
    return torch.cat([torch.cat([matrix, below[None]]), column[:, None]], dim=1)


def _toeplitz(values):
    """Matrix whose entry j, l is that of the lag j - l; lags from 1 - n to n - 1."""
    index = np.arange((len(values) + 1) // 2)
    return torch.from_numpy(values[index[:, None] - index + len(index) - 1])


def _kronecker(factors):
    product = factors[0]
    for factor in factors[1:]:
        product = torch.kron(product, factor)
    return product
