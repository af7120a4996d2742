# SPDX-License-Identifier: BSD-3-Clause
"""
An image back from mixed tiles
==============================

A camera divides what it sees in tiles of 4 x 6 pixels, and of every tile it reads 24 sums, with
weights that nobody wrote down: a rotation of the pixels. From readings of a plain sky the lens
learns how to move along both axes of a tile. Then the camera turns to a galaxy.
"""

# %%
# Readings of a plain sky
# -----------------------
#
# Simulated: stars of several sizes, anywhere. What we keep are the readings ``sky.data``; which
# pixels a tile has, ``sky.basis``, is for comparison only.

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_fields
from sklearn_symmetry.inspection import LatticeDisplay
from sklearn_symmetry.metrics import generator_similarity

sky = make_symmetric_fields(8000, (4, 6), symmetry="orthogonal", random_state=0)
X = sky.data

# %%
# Two directions
# --------------
#
# There are two generators, one for each axis, and they commute. (If nobody knows the shape,
# ``grid_shape="auto"`` tries 3 x 8, too, in twice the time.)

lens = SymmetryLens(grid_shape=(4, 6), random_state=0).fit(X)
print("cosine to the true steps:", round(generator_similarity(lens.generators_, sky.generators), 4))
lens.verdict(X)

# %%
# A galaxy
# --------
#
# More stars stand in the arms of a spiral. The lens has never seen one.

rng = np.random.default_rng(0)
height, width, n_stars = 120, 180, 1500
radius = rng.gamma(3, 14, size=n_stars)
angle = np.pi * rng.integers(2, size=n_stars) + radius / 22 + 0.3 * rng.normal(size=n_stars)
stars = np.column_stack([60 + 0.7 * radius * np.sin(angle), 90 + radius * np.cos(angle)])
points, _, _ = np.histogram2d(*stars.T, (height, width), ((0, height), (0, width)))
galaxy = gaussian_filter(points * rng.exponential(size=points.shape), 0.8)

# %%
# The picture, in order
# ---------------------
#
# Its tiles, one a row, as the camera reads them and through the lens. Up and down, left and right,
# light and dark cannot be told from samples; here they are chosen as in the original.


def tiles_of(image):
    return image.reshape(height // 4, 4, width // 6, 6).swapaxes(1, 2).reshape(-1, 24)


def picture_of(tiles):
    return tiles.reshape(height // 4, width // 6, 4, 6).swapaxes(1, 2).reshape(height, width)


tiles = tiles_of(galaxy)
readings = tiles @ sky.basis.T
seen = lens.transform(readings).reshape(-1, 4, 6)
ways = [seen[:, ::up, ::left].reshape(-1, 24) for up in (1, -1) for left in (1, -1)]
found = min(
    (sign * way for way in ways for sign in (1, -1)), key=lambda way: np.sum((way - tiles) ** 2)
)

figure, axes = plt.subplots(1, 3, figsize=(12, 3.1), layout="constrained")
titles = ("what the camera reads", "through the lens", "the galaxy")
for ax, shown, title in zip(axes, (readings, found, tiles), titles, strict=True):
    ax.imshow(picture_of(shown), cmap="gray", vmin=0, vmax=np.quantile(galaxy, 0.995))
    ax.set(title=title, xticks=[], yticks=[])

# %%
# A tile, moved
# -------------
#
# The lens moves what is in a tile along either axis, also by half a pixel:
# ``lens.shift(X, (0.5, 0))``. The last two pictures are the true steps as the lens sees them: one
# clean line each, if it is right.

LatticeDisplay.from_estimator(lens, X[:12], basis=sky.basis, generators=sky.generators)
