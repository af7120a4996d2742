# SPDX-License-Identifier: BSD-3-Clause
"""
Counts of head-direction cells lie on a ring
============================================

A head-direction cell fires when an animal looks its way. Recorded in any order, the counts of 24
such cells say which cell is next to which, and that the order goes around.

The path is that of a real rat (Sargolini et al., Science 312, 2006), which ships in the package
ratinabox (``pip install ratinabox``, in the extra ``docs``); the cells are simulated.
"""

# %%
# A rat, and what its cells count
# -------------------------------

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import ratinabox

from sklearn_symmetry import SymmetryLens

path = np.load(Path(ratinabox.__file__).parent / "data" / "sargolini.npz")
time = np.arange(path["t"][0], path["t"][-1], 0.1)  # seconds
place = np.column_stack([np.interp(time, path["t"], path["pos"][:, axis]) for axis in (0, 1)])
velocity = np.gradient(place, axis=0)
speed = np.hypot(*velocity.T)
heading = np.arctan2(velocity[:, 1], velocity[:, 0])[speed > np.quantile(speed, 0.3)]

rng = np.random.default_rng(0)
preferred = 2 * np.pi * np.arange(24) / 24
rates = 10 * np.exp(4 * (np.cos(heading[:, None] - preferred) - 1))
cells = rng.permutation(24)
counts = rng.poisson(rates)[:, cells]
print(counts.shape, "counts of a tenth of a second")

# %%
# Line or ring? The samples decide
# --------------------------------

lens = SymmetryLens(mixing="permutation", boundary="auto", random_state=0).fit(counts)
print("boundary:", lens.boundary_)
print("cells in the order found:", cells[lens.column_order_])

# %%
# Rows that follow each other are alike, since a rat turns slowly. ``groups="blocks"`` makes the
# halves of blocks, with gaps between them, so that neither half knows the other.

lens.verdict(counts, groups="blocks")

# %%
# Where the rat looks
# -------------------
#
# In the order found, the counts of a moment are a bump on the ring, and its place is the heading,
# up to a turn and a reflection, which no cell can tell.

bump = lens.transform(counts) @ np.exp(2j * np.pi * np.arange(24) / 24)
decoded = np.angle(bump)
turns = [np.exp(1j * (decoded * way - heading)).mean() for way in (1, -1)]
way = (1, -1)[int(np.argmax(np.abs(turns)))]
decoded = np.angle(np.exp(1j * (way * decoded - np.angle(turns[way == -1]))))

figure, axes = plt.subplots(1, 2, figsize=(6.5, 3.4), layout="constrained")
axes[0].set(xlabel="position found", ylabel="moment", title="counts, in the order found")
axes[0].imshow(lens.transform(counts)[:60], aspect="auto", cmap="Greys")
axes[1].set(xlabel="heading", ylabel="read from the counts", title="radians")
axes[1].scatter(heading, decoded, s=1)
