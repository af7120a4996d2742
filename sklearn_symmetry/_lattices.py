# SPDX-License-Identifier: BSD-3-Clause
"""Lenses on a grid of several axes: what is asked of their parameters, and grids of fitted ones."""

from math import prod
from numbers import Integral

import numpy as np

from .core.grid import Grid
from .solver.lattice import SHORTEST, factorisations
from .solver.tuning import DEFAULT

__all__ = ["check_grid", "check_grid_columns", "fitted_grid", "on_grid", "position_names"]

AXES = 2  # that there are starts for
BOUNDARIES = ("open", "circulant")
EXCLUDED = {  # parameters, and the only value they may have
    "n_powers": None,
    "density": "closed_form",
}


def check_grid(lens):
    """Check `grid_shape`, and what does not go with it, without the data."""
    shape, boundary = lens.grid_shape, lens.boundary
    if shape is None:
        if isinstance(boundary, tuple | list):
            raise ValueError(
                f"boundary={boundary!r} has one entry per axis, but grid_shape=None is a line of "
                f"one axis: use a string, or pass grid_shape=(h, w)"
            )
        return
    _check_shape(shape)
    _check_boundary(boundary)
    for name, only in EXCLUDED.items():
        if getattr(lens, name) != only:
            raise ValueError(
                f"{name}={getattr(lens, name)!r} does not go with grid_shape={shape!r}: use "
                f"{name}={only!r}"
            )
    if lens.mixing == "permutation" and shape == "auto":
        raise ValueError(
            "mixing='permutation' puts columns in order on a lattice whose shape is known: pass "
            "grid_shape=(h, w) instead of 'auto'"
        )
    if isinstance(lens.init, str) and lens.init == "random":
        raise ValueError(
            f"init='random', the paper's procedure, is for one axis: use init='auto' with "
            f"grid_shape={shape!r}"
        )
    if shape == "auto" and not (isinstance(lens.init, str) or lens.init is None):
        raise ValueError(
            "init is given, and its rows are in the order of one grid: pass its shape instead of "
            "grid_shape='auto'"
        )


def _check_shape(shape):
    if isinstance(shape, str):
        if shape != "auto":
            raise ValueError(f"grid_shape must be None, 'auto' or a tuple of ints; got {shape!r}")
        return
    if not isinstance(shape, tuple | list):  # an array has no truth, and cannot be cloned as it is
        raise TypeError(f"grid_shape must be None, 'auto' or a tuple of ints; got {shape!r}")
    sizes = tuple(shape)
    if any(isinstance(size, bool) or not isinstance(size, Integral) for size in sizes):
        raise TypeError(f"grid_shape must hold ints, positions along each axis; got {shape!r}")
    if len(sizes) != AXES:
        remedy = (
            "use grid_shape=None for a line"
            if len(sizes) < AXES
            else "there are no starts for more"
        )
        raise ValueError(f"grid_shape={shape!r} has {len(sizes)} axes, must have {AXES}: {remedy}")
    if min(sizes) < SHORTEST:
        raise ValueError(
            f"grid_shape={shape!r} has an axis of fewer than {SHORTEST} positions, along which "
            f"nothing can be told from a shift: use larger windows, or grid_shape=None for a line"
        )


def _check_boundary(boundary):
    names = (boundary,) * AXES if isinstance(boundary, str) else boundary
    try:
        names = tuple(names)
    except TypeError:
        names = ()
    if len(names) != AXES or any(name not in BOUNDARIES for name in names):
        raise ValueError(
            f"boundary={boundary!r}: on a lattice it must be 'open' or 'circulant', or a tuple "
            f"with one of them for each of {AXES} axes"
        )


def check_grid_columns(lens, n_features):
    """Check `grid_shape` against the number of columns."""
    shape = lens.grid_shape
    if shape is None:
        return
    if shape == "auto":
        shapes = factorisations(n_features)
        if not shapes:
            raise ValueError(
                f"grid_shape='auto' with {n_features} columns: they are no lattice of two axes of "
                f"{SHORTEST} positions or more; use grid_shape=None for a line"
            )
        return
    if prod(shape) != n_features:
        raise ValueError(
            f"grid_shape={tuple(shape)!r} has {prod(shape)} positions, but X has {n_features} "
            f"columns{_suggested(n_features)}"
        )
    for size, closed in Grid.of(tuple(shape), lens.boundary).axes:
        if closed and size < DEFAULT.smallest_ring:
            raise ValueError(
                f"boundary={lens.boundary!r} closes an axis of {size} positions in "
                f"grid_shape={tuple(shape)!r}; {DEFAULT.smallest_ring} are needed: on so small a "
                f"ring all are neighbours of all"
            )


def _suggested(n_features):
    shapes = factorisations(n_features)
    if not shapes:
        return ": no lattice of two axes has so many; use grid_shape=None for a line"
    return f": possible are {', '.join(map(str, shapes))}, or 'auto' for all of them"


def on_grid(lens):
    """Whether a fitted lens has several axes."""
    return len(getattr(lens, "grid_shape_", ())) > 1


def fitted_grid(lens):
    """The grid of the d positions of a fitted lens."""
    shape = getattr(lens, "grid_shape_", None) or (len(lens.filter_),)
    return Grid.of(tuple(shape), lens.boundary_)


def position_names(grid, n_channels):
    """Names of the columns of a representation on a lattice: row and column, from 0.

    Examples
    --------
    >>> position_names(Grid.of((1, 2), "open"), 1).tolist()
    ['pixel 0,0', 'pixel 0,1']
    """
    names = [f"pixel {','.join(map(str, place))}" for place in grid.coordinates().tolist()]
    if n_channels > 1:
        names = [f"channel {number} {name}" for number in range(n_channels) for name in names]
    return np.array(names, dtype=object)
