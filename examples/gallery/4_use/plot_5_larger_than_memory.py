# SPDX-License-Identifier: BSD-3-Clause
"""
More samples than fit into memory
=================================

A fit needs exact second moments of all samples, and a random sample of 20,000 of them. Both are
gathered in one pass over a file, chunk by chunk, and passes over parts of a set can be merged.
"""

# %%
# A file
# ------
#
# Half a million rows, written a part at a time; in place of the one that is too large for your
# machine.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.statistics import summarise

basis = make_symmetric_signals(10, 13, symmetry="orthogonal", random_state=0).basis
path = Path(tempfile.mkdtemp()) / "samples.npy"
file = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(500_000, 13))
for part in range(5):
    signals = make_symmetric_signals(100_000, 13, symmetry=basis, random_state=part)
    file[part * 100_000 : (part + 1) * 100_000] = signals.data
file.flush()
generator = signals.generator
print(f"{path.stat().st_size / 1e6:.0f} MB")

# %%
# Fit from the disk
# -----------------
#
# A memory-mapped array is read chunk by chunk and never copied as a whole.

X = np.load(path, mmap_mode="r")
lens = SymmetryLens(random_state=0).fit(X)
print(round(generator_similarity(lens.generator_, generator), 4))

# %%
# Parts, in any number of processes
# ---------------------------------
#
# ``summarise`` says what a fit needs to know of a part. Summaries merge, and a lens is fitted to
# one: parts may be on different machines. (They have to agree on what counts as an outlier, which
# the first part says here.)

first = summarise(X[:100_000])
starts = range(100_000, 500_000, 100_000)
others = [
    summarise(X[start : start + 100_000], first_row=start, bounds=first.bounds) for start in starts
]
whole = first
for part in others:
    whole = whole.merge(part)
again = SymmetryLens(random_state=0).fit(whole)
print(whole.n_samples, round(generator_similarity(again.generator_, generator), 4))

# %%
# Transform a chunk at a time
# ---------------------------

mean_energy = np.zeros(13)
for first in range(0, len(X), 50_000):
    mean_energy += (lens.transform(X[first : first + 50_000]) ** 2).sum(axis=0) / len(X)

figure, ax = plt.subplots(figsize=(5, 2.5), layout="constrained")
ax.set(xlabel="position found", ylabel="mean energy")
ax.bar(range(13), mean_energy)
ax.set_title("of half a million samples")
