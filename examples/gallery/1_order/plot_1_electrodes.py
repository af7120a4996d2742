# SPDX-License-Identifier: BSD-3-Clause
"""
Electrodes of unknown wiring, and one that is broken
====================================================

A row of 16 electrodes records waves that run past. Nobody is sure of the wiring, one cable has
its two ends swapped, and one channel is dead. The order comes from the recording alone, and the
channel map that came with the device is checked against it.
"""

# %%
# A recording
# -----------
#
# Simulated: waves of random length and direction run along the row, at 1 to 3 electrodes a
# sample, and every electrode has noise. Then somebody plugs in the cables.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.inspection import RepresentationDisplay
from sklearn_symmetry.metrics import compare_orders

rng = np.random.default_rng(0)
n_samples, n_electrodes = 4000, 16
place = np.arange(n_electrodes)


def packet():
    """A wave packet somewhere along the row, at a random phase."""
    centre = rng.uniform(-4, n_electrodes + 4, size=(n_samples, 1))
    wave = np.cos(0.7 * (place - centre) + rng.uniform(0, 2 * np.pi, size=(n_samples, 1)))
    return rng.normal(size=(n_samples, 1)) * wave * np.exp(-0.5 * ((place - centre) / 2.5) ** 2)


row = packet() + packet() + 0.1 * rng.normal(size=(n_samples, n_electrodes))
row[:, 3] *= -1  # the ends of a cable are swapped
row[:, 15] = 0.5 * rng.normal(size=n_samples)  # broken: it hears nothing but itself

wiring = rng.permutation(n_electrodes)
X = row[:, wiring]

# %%
# The order
# ---------

lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
print("electrodes in the order found:", wiring[lens.column_order_])

# %%
# The broken electrode stands anywhere: it knows of no neighbour. The verdict names its channel, and
# the one that is upside down.

lens.verdict(X)

# %%
# Without the broken channel
# --------------------------

broken = int(np.flatnonzero(wiring == 15)[0])
good = np.delete(np.arange(n_electrodes), broken)
lens = SymmetryLens(mixing="permutation", random_state=0).fit(X[:, good])
order = good[lens.column_order_]  # channels of the recording, as they stand along the row
print("electrodes in the order found:", wiring[order])
RepresentationDisplay.from_estimator(lens, X[:20, good])

# %%
# (It stood at the end of the row. In the middle it would leave a gap, a step twice as wide as all
# others, and the verdict would say that places are not alike.)

lens.verdict(X[:, good])

# %%
# Is the channel map right?
# -------------------------
#
# The map of the device says where every channel is. In it two channels have been mixed up.

claimed = np.argsort(wiring)  # the truth: the channel at every place
claimed = claimed[claimed != broken]
claimed[[4, 9]] = claimed[[9, 4]]  # a mistake in the map
comparison = compare_orders(order, claimed)
print(comparison)

# sphinx_gallery_thumbnail_number = 2
figure, ax = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
where = [comparison.claimed.index(channel) for channel in comparison.found]
ax.plot(where, "o")
wrong = [at for at, channel in enumerate(comparison.found) if channel in comparison.disagreeing]
ax.plot(wrong, [where[at] for at in wrong], "o", color="tab:red", label="disagree")
ax.set(xlabel="place found", ylabel="place in the map")
ax.legend()

# %%
# The command line does the same for a file: ``sklearn-symmetry fit recording.csv --mixing
# permutation --channel-map map.txt``.
