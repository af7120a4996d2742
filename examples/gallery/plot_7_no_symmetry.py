# SPDX-License-Identifier: BSD-3-Clause
"""
When there is no symmetry
=========================

A fit always returns a generator, also of data that have no symmetry. ``verdict`` says, without
knowing the truth, whether to believe it.
"""

# %%
# Two sets
# --------
#
# Real digit slices, blended; and a table of blood serum measurements (of scikit-learn's diabetes
# set), where no symmetry is to be expected. Five columns each, to keep this page quick.

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import load_digit_slices

sets = {
    "digit slices": load_digit_slices(1000, 5, symmetry="orthogonal", random_state=0).data,
    "blood serum table": load_diabetes().data[:, 4:9],
}

# %%
# Nothing in a fit gives it away
# ------------------------------
#
# Both converge, and in its own order either lens moves its samples by one clean column: this
# says nothing about the data. (One start a fit keeps this page quick; leave ``n_init`` alone for
# your own data.)

lenses = {name: SymmetryLens(n_init=1, random_state=0).fit(X) for name, X in sets.items()}
{name: lens.converged_ for name, lens in lenses.items()}

# %%
# Ask for the verdict
# -------------------
#
# ``verdict`` splits the samples into halves at random, fits each anew with default starts, and
# judges what one half found on the other. Its first line is the answer, reasons follow.

verdicts = {name: lens.verdict(sets[name]) for name, lens in lenses.items()}
verdicts["digit slices"]

# %%

verdicts["blood serum table"]

# %%
# A verdict is true where the lens can be trusted, so that a program can ask, too. Its numbers are
# attributes. The two that tell most are ``p_value``, whether there is structure that no Gaussian or
# elliptical set has (any covariance is stationary in some basis, so that covariance is no
# evidence), and ``repeatability``, whether the halves agree on the generator.

figure, ax = plt.subplots(figsize=(7, 1.9), layout="constrained")
cosines = [verdict.repeatability for verdict in verdicts.values()]
colours = ["tab:green" if verdict else "tab:red" for verdict in verdicts.values()]
ax.bar_label(ax.barh(list(verdicts), cosines, color=colours), fmt="%.3f", padding=3)
required = verdicts["digit slices"].required  # for five columns
ax.axvline(required, color="black", linestyle=":")
label = {"ha": "right", "va": "bottom", "fontsize": "small"}
ax.text(required - 0.01, 1.38, f"{required:.2f} would pass", **label)
ax.set(xlim=(0, 1.12), xlabel="cosine of the generators of two halves")
ax.invert_yaxis()

# %%
# What a verdict cannot do
# ------------------------
#
# It is an estimate from samples: how often it was wrong, on which sets, is counted in
# :doc:`/trust`. With fewer than five columns (six when circulant) it always says no, since so few
# have too few orders to tell one from chance. It needs independent samples: copies of a sample in
# both halves make it too kind. "No evidence" does not prove that there is no symmetry; too few
# samples, a scale for each column, or nearly empty columns hide one that is there.
