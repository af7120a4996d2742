# SPDX-License-Identifier: BSD-3-Clause
"""
Act with the learned group on samples
=====================================

A generator is not only something to look at. ``shift`` applies it to samples, by any number of
steps: forwards, backwards, half a step. Here it moves digits whose columns nobody can read.
"""

# %%
# Digits behind a secret rotation
# -------------------------------

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import load_digit_slices
from sklearn_symmetry.metrics import equivariance_error

slices = load_digit_slices(5000, 11, symmetry="orthogonal", random_state=0)
lens = SymmetryLens(random_state=0).fit(slices.data)

# %%
# Move them without unblending them
# ---------------------------------
#
# A whole digit, blended row by row in the same way. ``shift`` stays in the blended columns (upper
# pictures). Only to see what happened, we undo the secret rotation afterwards (lower pictures):
# the digit has moved.

digit = np.pad(load_digits().images[3], ((0, 0), (2, 1)))
blended = digit @ slices.basis.T
steps = [-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3]

figure, axes = plt.subplots(2, len(steps), figsize=(11, 2.6), layout="constrained")
for (above, below), step in zip(axes.T, steps, strict=True):
    moved = lens.shift(blended, step)
    above.imshow(moved, cmap="RdBu_r", vmin=-16, vmax=16)
    below.imshow(moved @ slices.basis, cmap="Greys", vmin=0, vmax=16)
    above.set(title=f"{step:g}", xticks=[], yticks=[])
    below.set(xticks=[], yticks=[])
axes[0, 0].set_ylabel("shifted")
axes[1, 0].set_ylabel("unblended")
figure.suptitle("steps of the learned generator")

# %%
# What leaves the window is lost, and half a step interpolates like a Fourier series does, with
# ripples at sharp edges.
#
# A shift of samples is a shift of columns
# ----------------------------------------
#
# "Shift, then transform" is "transform, then move the columns by one". This is true by
# construction, whatever the data, up to what enters and leaves at the ends: it is a check of the
# lens, not of the data.

print(f"{equivariance_error(lens, slices.data, steps=1, margin=1):.1e}")

# %%
# Moved samples as more training data
# -----------------------------------
#
# Shifted samples look like samples: their covariance is that of the data, up to the edge. A cheap
# test of a generator on data it was not fitted on, and a way to augment a training set.

fresh = load_digit_slices(5000, 11, symmetry=slices.basis, random_state=1).data
before = np.cov(lens.transform(fresh).T)
after = np.cov(lens.transform(lens.shift(fresh, 1)).T)
inside = slice(1, -1)
error = np.linalg.norm((after - before)[inside, inside]) / np.linalg.norm(before[inside, inside])
print(f"relative change of the covariance inside the window: {error:.3f}")
