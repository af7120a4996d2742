# SPDX-License-Identifier: BSD-3-Clause
"""
Land and sea around the Earth
=============================

Go around the Earth along a parallel, and note in 36 steps how much of each is land. Do so on many
parallels, from many prime meridians, and shuffle the columns: the order of the longitudes comes
back, all around, from nothing but shares of land.

The coasts are those of the package global-land-mask (``pip install global-land-mask``, in the extra
``docs``).
"""

# %%
# Shares of land
# --------------
#
# An even ring, and a real set on which ordering by similarity alone goes wrong.

from pathlib import Path

import global_land_mask
import matplotlib.pyplot as plt
import numpy as np

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.baselines import SpectralSeriation

folder = Path(global_land_mask.__file__).parent
with np.load(next(folder.glob("*.npz"))) as stored:
    mask, latitudes = stored["mask"], stored["lat"]

rng = np.random.default_rng(0)
parallels = mask[np.flatnonzero(np.abs(latitudes) < 60)[::7]]
del mask
samples = []
for parallel in np.concatenate([parallels, parallels]):
    turned = np.roll(~parallel, rng.integers(parallel.size))  # any prime meridian
    samples.append(turned.reshape(36, -1).mean(axis=1))
samples = np.array(samples)
longitudes = rng.permutation(36)
X = samples[:, longitudes]
print(X.shape)

# %%
# Around, in order
# ----------------

lens = SymmetryLens(mixing="permutation", boundary="circulant", random_state=0).fit(X)
print("tens of degrees, in the order found:")
print(longitudes[lens.column_order_])
lens.verdict(X)

# %%
# Spectral seriation, which puts similar columns side by side, is led astray: much of the Earth is
# alike in being sea.

seriation = SpectralSeriation(boundary="circulant").fit(X)
other = longitudes[np.abs(seriation.group_conv_matrix_).argmax(axis=1)]

figure, axes = plt.subplots(1, 2, figsize=(6.5, 3.6), layout="constrained", sharey=True)
for ax, order, title in zip(
    axes, (longitudes[lens.column_order_], other), ("this lens", "spectral seriation"), strict=True
):
    ax.plot(10 * order, "o")
    ax.set(xlabel="position found", title=title)
axes[0].set_ylabel("degrees")
