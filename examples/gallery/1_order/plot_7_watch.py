# SPDX-License-Identifier: BSD-3-Clause
"""
A watch: one order of time for all wearers
==========================================

Ten people do exercises of the shoulder, with a watch that measures acceleration. From windows
whose 32 time steps were shuffled, the order of time is found on some people and judged on
others: ``groups`` keeps a person in one half.

The set is seglearn's (``pip install seglearn``, in the extra ``docs``).
"""

# %%
# Windows of many people
# ----------------------

import matplotlib.pyplot as plt
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from seglearn.datasets import load_watch

from sklearn_symmetry import SymmetryLens

watch = load_watch()
windows, people = [], []
for series, person in zip(watch["X"], watch["subject"], strict=True):
    acceleration = series[:, 0]
    acceleration = (acceleration - acceleration.mean()) / acceleration.std()
    windows.append(sliding_window_view(acceleration, 32)[::16])
    people += [person] * len(windows[-1])
windows = np.concatenate(windows)
steps = np.random.default_rng(0).permutation(32)
X = windows[:, steps]
print(X.shape, "of", len(set(people)), "people")

# %%
# One order for all
# -----------------

lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
print("time steps, in the order found:")
print(steps[lens.column_order_])
lens.verdict(X, groups=people)

# %%

figure, axes = plt.subplots(1, 2, figsize=(6.5, 3.4), layout="constrained", sharey=True)
chosen = np.argsort(-windows.std(axis=1))[:400:100]
pictures = {"as given": X[chosen], "in the order found": lens.transform(X[chosen])}
for ax, (title, rows) in zip(axes, pictures.items(), strict=True):
    ax.plot(rows.T)
    ax.set(title=title, xlabel="column")
axes[0].set_ylabel("acceleration")
