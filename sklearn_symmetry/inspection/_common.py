# SPDX-License-Identifier: BSD-3-Clause
"""What the displays share."""

from importlib import import_module

import numpy as np

__all__ = [
    "axes_or_new",
    "label_columns",
    "matplotlib_module",
    "matrix_image",
    "plain_text",
    "whole_number_ticks",
]

MAX_NAMED = 12  # more tick labels than this cannot be read


def matplotlib_module(name):
    """A module of matplotlib, imported only here; a missing one names the extra that brings it."""
    try:
        return import_module(f"matplotlib.{name}")
    except ImportError as error:
        raise ImportError(
            "plotting needs matplotlib: pip install matplotlib (the extra 'plot' of this package)"
        ) from error


def axes_or_new(ax):
    """The given axes, or those of a new figure."""
    if ax is not None:
        return ax
    return matplotlib_module("pyplot").subplots(layout="constrained")[1]


def matrix_image(ax, matrix, **options):
    """A signed matrix in colours around white; limits are symmetric unless they are given."""
    limit = np.abs(matrix).max() or 1.0
    options = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} | options
    image = ax.imshow(matrix, interpolation="nearest", **options)
    whole_number_ticks(ax.xaxis, ax.yaxis)
    return image


def whole_number_ticks(*axes):
    """Rows and columns are counted: no tick in between."""
    from matplotlib.ticker import MaxNLocator

    for axis in axes:
        axis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))


def label_columns(axis, names):
    """Write the names of the features along an axis if there are few enough to be read."""
    if names is None or len(names) > MAX_NAMED:
        return
    names = [plain_text(str(name)) for name in names]
    rotation = 45 if axis.axis_name == "x" and max(map(len, names)) > 2 else 0
    axis.set_ticks(range(len(names)), labels=names, rotation=rotation)


def plain_text(text):
    """Text in which a dollar sign is one, and begins no formula."""
    return text.replace("$", r"\$")
