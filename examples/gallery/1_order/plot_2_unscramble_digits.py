# SPDX-License-Identifier: BSD-3-Clause
"""
Unscramble shuffled digits
==========================

The pixel columns of handwritten digits are shuffled, in secret. From rows of pixels alone, without
labels and without ever seeing a whole picture, the lens puts the columns back in order.
"""

# %%
# Rows of pixels, in an order that means nothing
# ----------------------------------------------
#
# A sample is a row of 11 pixels, cut at a random place from one of the digits that ship with
# scikit-learn. ``symmetry="permutation"`` shuffles the columns, the same way in every sample.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import load_digit_slices
from sklearn_symmetry.inspection import RepresentationDisplay
from sklearn_symmetry.metrics import generator_similarity

slices = load_digit_slices(5000, 11, symmetry="permutation", random_state=0)
X = slices.data
print(X.shape)

# %%
# Find the symmetry
# -----------------
#
# The lens gets ``X`` and nothing else.

lens = SymmetryLens(random_state=0).fit(X)
RepresentationDisplay.from_estimator(lens, X[:20])

# %%
# The rows of ``group_conv_matrix_`` say which column stands where along the symmetry. Here every
# row has one large entry: the symmetry is a plain order of columns.

order = np.abs(lens.group_conv_matrix_).argmax(axis=1)
secret = slices.basis.argmax(axis=0)
print("order found ", order)
print("secret order", secret)

# %%
# The two are equal, or one is the other from right to left. Samples cannot tell left from right:
# the direction of a symmetry is a convention. The generator, one step of the symmetry, is compared
# in the better direction.

generator_similarity(lens.generator_, slices.generator)

# %%
# Read whole pictures
# -------------------
#
# Now whole digits, shuffled in the same way. The lens restores every row of pixels by itself; it
# has never seen two rows together.

digits = np.pad(load_digits().images[[0, 1, 2, 3, 4, 5]], ((0, 0), (0, 0), (2, 1)))
shuffled = digits @ slices.basis.T
restored = lens.transform(shuffled.reshape(-1, 11)).reshape(shuffled.shape)
if (order == secret[::-1]).all():  # only to show the digits as we write them
    restored = restored[..., ::-1]

figure, axes = plt.subplots(2, 6, figsize=(9, 3), layout="constrained")
for row, images, label in zip(axes, (shuffled, restored), ("given", "restored"), strict=True):
    row[0].set_ylabel(label)
    for ax, image in zip(row, images, strict=True):
        ax.imshow(image, cmap="Greys")
        ax.set(xticks=[], yticks=[])
