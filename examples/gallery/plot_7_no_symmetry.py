# SPDX-License-Identifier: BSD-3-Clause
"""
When there is no symmetry
=========================

A fit always returns a generator, also of data that have no symmetry. Before believing one, ask
whether it comes back from other samples.
"""

# %%
# Three sets
# ----------
#
# Real digit slices, blended; the same numbers with every column shuffled by itself, which leaves
# each column as it was and destroys what relates them; and a table of six blood serum measurements
# (of scikit-learn's diabetes set), where no symmetry is to be expected.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import load_digit_slices
from sklearn_symmetry.metrics import generator_similarity

rng = np.random.default_rng(0)
slices = load_digit_slices(2000, 7, symmetry="orthogonal", random_state=0).data
sets = {
    "digit slices": slices,
    "columns shuffled apart": rng.permuted(slices, axis=0),
    "blood serum table": load_diabetes().data[:, 4:],
}

# %%
# Fit two halves of each
# ----------------------
#
# Two halves have the symmetry in common, and accidents not. (One start a fit keeps this page quick;
# leave ``n_init`` alone for your own data.)

lens = SymmetryLens(n_init=1, random_state=0)
cosines = {}
for name, X in sets.items():
    X = X[rng.permutation(len(X))]
    halves = X[::2], X[1::2]
    first, second = (lens.fit(half).generator_ for half in halves)
    cosines[name] = generator_similarity(first, second)
cosines

# %%
# Only the first comes back.

figure, ax = plt.subplots(figsize=(7, 2.2), layout="constrained")
bars = ax.barh(list(cosines), list(cosines.values()))
ax.bar_label(bars, fmt="%.3f", padding=3)
ax.axvline(0.95, color="black", linestyle=":", label="it repeats")
ax.set(xlim=(min(0, *cosines.values()), 1.12), xlabel="cosine of the generators of two halves")
ax.legend(loc="lower right", frameon=False)
ax.invert_yaxis()

# %%
# What does not tell
# ------------------
#
# The representation of *any* orthogonal solution is moved by its own generator as cleanly as that
# of a true one: a tidy picture of the generator is no evidence. Neither is convergence. How two
# halves agree is; so is a look at ``candidates_``, where starts that end at the same loss are a
# good sign.
#
# Also before the fit: constant or nearly empty columns, one unit per column, and fewer than some
# hundred samples per column are the common reasons why a symmetry that is there does not come back.
