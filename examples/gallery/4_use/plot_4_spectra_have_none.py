# SPDX-License-Identifier: BSD-3-Clause
"""
Spectra, which have no symmetry: when the answer is no
======================================================

A fit always returns something, also of data that have no symmetry. ``verdict`` says, without
knowing the truth, whether to believe it. Here it says yes to a row of sensors, and no to infrared
spectra, whose peaks stay where they are.

The spectra are those of a fermentation, in the package chemotools (``pip install chemotools``, in
the extra ``docs``).
"""

# %%
# Two tables of 24 columns, shuffled
# ----------------------------------

import matplotlib.pyplot as plt
import numpy as np
from chemotools.datasets import load_fermentation_test

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals

signals = make_symmetric_signals(1629, 24, scale=(1.0, 2.0), random_state=0).data
spectra = np.asarray(load_fermentation_test()[0])[:, ::44]
columns = np.random.default_rng(0).permutation(24)
sets = {"row of sensors": signals[:, columns], "infrared spectra": spectra[:, columns]}

figure, axes = plt.subplots(1, 2, figsize=(6.5, 3), layout="constrained")
for ax, (name, rows) in zip(axes, {"sensors": signals, "spectra": spectra}.items(), strict=True):
    ax.plot(rows[::400].T)
    ax.set(title=f"{name}, not yet shuffled", xlabel="column")

# %%
# Nothing in a fit gives it away
# ------------------------------
#
# Both fits converge. Neighbouring wavelengths are alike, so that even the order of the spectra
# comes out in long runs.

lenses = {
    name: SymmetryLens(mixing="permutation", random_state=0).fit(X) for name, X in sets.items()
}
for name, lens in lenses.items():
    print(f"{name:<18}converged: {lens.converged_}", columns[lens.column_order_])

# %%
# Ask for the verdict
# -------------------
#
# ``verdict`` splits the samples into halves, fits each anew, and judges what one half found on the
# other. Its first line is the answer, reasons follow.

verdicts = {name: lens.verdict(sets[name]) for name, lens in lenses.items()}
verdicts["row of sensors"]

# %%
# A symmetry means that what happens at one place may happen at any other. A peak of a spectrum
# cannot: it stands where its molecule puts it.

verdicts["infrared spectra"]

# %%
# A verdict is true where the lens can be trusted, so that a program can ask, too.

{name: (bool(verdict), verdict.grade) for name, verdict in verdicts.items()}

# %%
# What a verdict cannot do
# ------------------------
#
# It is an estimate from samples: how often it was wrong, on which sets, is counted in
# :doc:`/trust`. With fewer than five columns (six when circulant) it always says no, since so few
# have too few orders to tell one from chance. It needs independent samples, or to be told which
# depend on each other (``groups``). "No evidence" does not prove that there is no symmetry; too few
# samples, a scale for each column, or nearly empty columns hide one that is there.
