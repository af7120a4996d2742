# SPDX-License-Identifier: BSD-3-Clause
"""
A lens before a convolutional network
=====================================

A convolutional network needs columns whose neighbours belong together. Here the columns of the
digits are blended by a secret rotation, so that there are no neighbours at all. A lens, fitted
without labels, gives the network its neighbours back.

This example needs skorch (``pip install "sklearn-symmetry[cnn]"``).
"""

# %%
# Digits whose columns are blended
# --------------------------------
#
# Each 8 x 8 digit is put at a random place of a window of 8 x 11 pixels, where it may be cut off.
# The 11 columns are blended by one random rotation; the rows stay as they are.

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from skorch import NeuralNetClassifier

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import hiding_basis

rng = np.random.default_rng(0)
images, labels = load_digits(return_X_y=True)
strips = np.pad(images.reshape(-1, 8, 8) / 16, ((0, 0), (0, 0), (7, 7)))
starts = rng.integers(2, 10, len(strips))
windows = np.stack([strip[:, s : s + 11] for strip, s in zip(strips, starts, strict=True)])
windows += 0.02 * rng.standard_normal(windows.shape)
X = (windows @ hiding_basis(11, "orthogonal", random_state=0).T).astype(np.float32)

# %%
# A lens for pictures, row by row
# -------------------------------
#
# All rows of all pictures share one symmetry, so they are the samples of one lens.


class RowLens(TransformerMixin, BaseEstimator):
    """One lens for the rows of pictures, of shape (n, rows, columns)."""

    def fit(self, X, y=None):
        """Fit the lens on all rows."""
        self.lens_ = SymmetryLens(random_state=0).fit(X.reshape(-1, X.shape[2]))
        return self

    def transform(self, X):
        """Represent every row."""
        return self.lens_.transform(X.reshape(-1, X.shape[2])).reshape(X.shape)


# %%
# The same network with and without the lens
# ------------------------------------------
#
# The rows are channels, the network convolves along the columns.


def network():
    """A small network that does not care where along the columns something is."""
    torch.manual_seed(0)
    return NeuralNetClassifier(
        torch.nn.Sequential(
            torch.nn.Conv1d(8, 32, 5, padding=2),
            torch.nn.ReLU(),
            torch.nn.Conv1d(32, 64, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.AdaptiveMaxPool1d(1),
            torch.nn.Flatten(),
            torch.nn.Linear(64, 10),
        ),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=3e-3,
        max_epochs=40,
        train_split=None,
        verbose=0,
    )


split = train_test_split(X, labels, test_size=0.5, random_state=0, stratify=labels)
X_train, X_test, y_train, y_test = split
accuracies = {
    "blended": network().fit(X_train, y_train).score(X_test, y_test),
    "blended, lens": make_pipeline(RowLens(), network())
    .fit(X_train, y_train)
    .score(X_test, y_test),
}
accuracies

# %%
# And if nothing had been blended? With the lens the network does as well as if it had been given
# the digits as they are; a difference of a percent is within what another seed changes.

W_train, W_test, _, _ = train_test_split(
    windows.astype(np.float32), labels, test_size=0.5, random_state=0, stratify=labels
)
accuracies["never blended"] = network().fit(W_train, y_train).score(W_test, y_test)

figure, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
bars = ax.barh(list(accuracies), list(accuracies.values()))
ax.bar_label(bars, fmt="%.3f", padding=3)
ax.set(xlim=(0, 1.1), xlabel="test accuracy (one split, one seed)")
ax.invert_yaxis()
