# SPDX-License-Identifier: BSD-3-Clause
"""
Your own array, from a CSV file
===============================

From a table with one sample a row to an order of its columns, a check of how far to trust it, and a
file to keep. Replace the path and run.
"""

# %%
# A table
# -------
#
# In place of yours: a line of sixteen pressure sensors, over which things of any weight roll. The
# cables were mixed up, so that the names say nothing about who is whose neighbour.

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.inspection import GeneratorDisplay
from sklearn_symmetry.persistence import load_lens, save_lens

folder = Path(tempfile.mkdtemp())
path = folder / "sensors.csv"
pressure = make_symmetric_signals(5000, 16, symmetry="permutation", random_state=1)
pd.DataFrame(pressure.data, columns=list("ABCDEFGHIJKLMNOP")).to_csv(path, index=False)

# %%
# Read it and look at it
# ----------------------
#
# Rows are samples, columns are measurements **in one common unit**. Do not standardise column by
# column: the symmetry relates columns to each other, and a scale for each would bend it. The lens
# itself divides by one number for the whole table.

table = pd.read_csv(path)
table.describe().loc[["count", "mean", "std"]].round(2)

# %%
# Fit
# ---

lens = SymmetryLens(random_state=0).fit(table)
print("converged:", lens.converged_, "after", lens.n_iter_, "iterations")

# %%
# Is it real?
# -----------
#
# A fit returns something for any table. ``verdict`` fits two halves of the samples apart, compares
# them, and judges what one found on the other; it needs no truth.

lens.verdict(table)

# %%
# Read the result
# ---------------
#
# A row of the group convolution matrix with a single large entry is one column of the table. If all
# are, the symmetry is an order of columns (forwards or backwards). If they are not, it mixes them,
# and the rows are the patterns that follow each other.

weights = np.abs(lens.group_conv_matrix_)
print("share of the largest entry, least of all rows:", weights.max(axis=1).min().round(3))
print("order:", *lens.feature_names_in_[weights.argmax(axis=1)])

GeneratorDisplay.from_estimator(lens)

# %%
# Keep it
# -------
#
# ``save_lens`` writes numbers and text only, so that a file can be passed on: loading it runs no
# code and needs no GPU. (Pickle and joblib work, too.) ``set_output`` gives a table back.

save_lens(lens, folder / "lens.npz")
again = load_lens(folder / "lens.npz").set_output(transform="pandas")
again.transform(table).iloc[:3, :6].round(2)  # the first six positions

# %%
# The same from the command line, with a picture of everything:
#
# .. code-block:: bash
#
#    sklearn-symmetry fit sensors.csv --save lens.npz --report report.png
