# SPDX-License-Identifier: BSD-3-Clause
"""
Events behind a random projection
=================================

A detector sees pulses at random times. What we are given are 15 random projections of every
window of 15 time steps, as a coded sensor gives them: every column is a sum of all time steps. The
lens finds time again, and with it what a pulse looks like.
"""

# %%
# Pulses, and what is left of them
# --------------------------------
#
# A pulse rises at once and decays slowly. A window holds any number of them, of any height.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import hiding_basis
from sklearn_symmetry.inspection import RepresentationDisplay
from sklearn_symmetry.metrics import generator_similarity

rng = np.random.default_rng(0)
shape = np.exp(-np.arange(12.0))
heights = rng.exponential(size=(10_000, 39)) * (rng.random((10_000, 39)) < 0.06)
record = np.array([np.convolve(row, shape)[12:27] for row in heights])
record += 0.1 * rng.normal(size=record.shape)
basis = hiding_basis(15, "orthogonal", random_state=1)
X = record @ basis.T

# %%
# Time, from projections
# ----------------------

lens = SymmetryLens(n_jobs=2, random_state=0).fit(X)
print("cosine to the true step of time:", end=" ")
print(round(generator_similarity(lens.generator_, basis @ np.eye(15, k=1) @ basis.T), 3))
lens.verdict(X)

# %%
# The windows through the lens, beside what the detector saw. Forwards and backwards are a
# convention.

RepresentationDisplay.from_estimator(lens, X[rng.permutation(10_000)[:20]], basis=basis)

# %%
# The mean pulse
# --------------
#
# In the order found, windows can be lined up by their highest value, as nobody could have done with
# the projections. That pulses rise faster than they decay tells which way time runs.

seen = lens.transform(X)
seen *= np.sign(seen.mean())
peaks = seen.argmax(axis=1)
inside = (peaks >= 4) & (peaks <= 10)
pairs = zip(seen[inside], peaks[inside], strict=True)
pulse = np.mean([row[at - 4 : at + 5] for row, at in pairs], axis=0)
if pulse[:4].sum() > pulse[5:].sum():
    pulse = pulse[::-1]

figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.set(xlabel="steps from the highest value", ylabel="mean")
ax.plot(np.arange(-4, 5), pulse, ".-")
ax.set_title("what a pulse looks like")
