# SPDX-License-Identifier: BSD-3-Clause
"""Real images cut in tiles, mixed in secret, and recovered: the main job in two dimensions."""

import numpy as np

from ._lattices import fitted_grid
from .datasets._real import _grey_photos
from .inspection import LatticeDisplay
from .inspection._lattice import lattice_convention, telling_patches

__all__ = ["draw_images", "sheet"]

PHOTO = (slice(60, 420), slice(60, 620))  # of the temple: less sky
DIGITS = (9, 16)  # rows and columns of digits on a sheet
STRENGTH = {"photos": (1, 99), "digits": (0, 100)}  # percentiles that are black and white


def sheet(source):
    """A grey-level image to be cut in tiles.

    Parameters
    ----------
    source : {"photos", "digits"}

    Returns
    -------
    image : ndarray of shape (height, width)
    """
    if source == "photos":
        return _grey_photos("images")[0][PHOTO]
    from sklearn.datasets import load_digits

    rows, columns = DIGITS
    digits = np.pad(load_digits().images[: rows * columns], ((0, 0), (1, 1), (1, 1)))
    folded = digits.reshape(rows, columns, *digits.shape[1:])
    return folded.transpose(0, 2, 1, 3).reshape(rows * digits.shape[1], -1)


def tiles_of(image, shape):
    """The image in tiles, one a row, row after row; what is left over is cut off."""
    rows, columns = (size // tile for size, tile in zip(image.shape, shape, strict=True))
    image = image[: rows * shape[0], : columns * shape[1]]
    folded = image.reshape(rows, shape[0], columns, shape[1])
    return folded.transpose(0, 2, 1, 3).reshape(rows * columns, -1), (rows, columns)


def assembled(tiles, shape, counts):
    """The image of tiles, undoing :func:`tiles_of`."""
    folded = tiles.reshape(*counts, *shape)
    return folded.transpose(0, 2, 1, 3).reshape(counts[0] * shape[0], counts[1] * shape[1])


def draw_images(lens, X, secret, source, title, subtitle):
    """One figure: an image whose tiles were mixed, recovered, and as it was; and the generators.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted with a `grid_shape`, on patches that were mixed like the tiles.
    X : ndarray of shape (n, d)
        Samples the lens was not fitted on; a few are drawn.
    secret : Bunch
        With ``generators``, ``basis`` and ``grid_shape``: the truth.
    source : {"photos", "digits"}
    title, subtitle : str

    Returns
    -------
    figure : matplotlib Figure
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    grid, image = fitted_grid(lens), sheet(source)
    tiles, counts = tiles_of(image, secret.grid_shape)
    mixed = tiles @ secret.basis.T
    found = lens.transform(mixed)
    order, sign = lattice_convention(found, tiles, grid)
    back = np.argsort(order)
    panels = {
        f"What the lens got: every tile of {_size(secret.grid_shape)} pixels, mixed": mixed,
        "What the lens made of it": sign * found[:, back],
        "The original, never shown to the lens": tiles,
    }
    low, high = np.percentile(tiles, STRENGTH[source])
    with rc_context({"font.size": 12, "axes.titlesize": 13}):
        figure = Figure(figsize=(16, 9.8), layout="constrained")
        figure.suptitle(title, fontsize=18, fontweight="bold")
        figure.supxlabel(
            "Reflections, the order of two equal axes and the sign cannot be told from samples: "
            "shown as in the original.\nBelow: one sample moved along either axis by the lens, and "
            "the hidden generators as the lens sees them; if it is right, they are one clean line "
            "each.",
            fontsize=12, color="0.3",
        )  # fmt: skip
        above, below = figure.subfigures(2, 1, height_ratios=(1, 1))
        above.suptitle(subtitle, fontsize=13, color="0.3")
        for ax, (name, part) in zip(above.subplots(1, 3), panels.items(), strict=True):
            shown = assembled(part, secret.grid_shape, counts)
            ax.imshow(shown, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
            ax.set(title=name, xticks=[], yticks=[])
        display = LatticeDisplay.from_estimator(
            lens,
            telling_patches(lens, X),
            basis=secret.basis,
            generators=secret.generators,
            ax=below,
        )
    display.figure_ = figure
    return figure


def _size(shape):
    return " x ".join(map(str, shape))
