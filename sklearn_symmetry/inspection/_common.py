# SPDX-License-Identifier: BSD-3-Clause
"""What the displays share."""

import numpy as np

__all__ = ["axes_or_new", "matrix_image"]


def axes_or_new(ax):
    """The given axes, or those of a new figure; matplotlib is imported only here."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "plotting needs matplotlib: pip install 'sklearn-symmetry[plot]'"
        ) from error
    return plt.subplots(layout="constrained")[1]


def matrix_image(ax, matrix, **options):
    """A signed matrix in colours around white."""
    limit = np.abs(matrix).max() or 1.0
    options = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} | options
    return ax.imshow(matrix, interpolation="nearest", **options)
