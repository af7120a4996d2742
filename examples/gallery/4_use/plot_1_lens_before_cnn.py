# SPDX-License-Identifier: BSD-3-Clause
"""
A lens before a convolutional network
=====================================

A convolutional network needs columns whose neighbours belong together. Here the columns of the
digits are blended by a secret rotation, so that there are no neighbours at all. A lens, fitted
without labels, gives the network its neighbours back.

This example needs skorch (``pip install -e ".[cnn]"``).
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
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from skorch import NeuralNetClassifier

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import hiding_basis
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.nn import ShiftCNN

rng = np.random.default_rng(0)
images, labels = load_digits(return_X_y=True)
strips = np.pad(images.reshape(-1, 8, 8) / 16, ((0, 0), (0, 0), (7, 7)))
starts = rng.integers(2, 10, len(strips))
windows = np.stack([strip[:, s : s + 11] for strip, s in zip(strips, starts, strict=True)])
windows += 0.02 * rng.standard_normal(windows.shape)
blended = windows @ hiding_basis(11, "orthogonal", random_state=0).T

figure, axes = plt.subplots(2, 8, figsize=(9, 2.2), layout="constrained")
for row, pictures, label in zip(axes, (windows, blended), ("secret", "given"), strict=True):
    row[0].set_ylabel(label)
    for ax, picture in zip(row, pictures[:8], strict=True):
        ax.imshow(picture, cmap="Greys")
        ax.set(xticks=[], yticks=[])

# %%
# One symmetry, shared by the rows of a picture
# ---------------------------------------------
#
# A sample is a whole picture, its 8 rows one after another: 88 features. All rows share the
# symmetry, so they are ``n_channels=8`` of one lens, which learns from every row of every picture
# and transforms each by itself.


def flat(pictures):
    """Rows one after another, in the precision of torch."""
    return pictures.reshape(len(pictures), -1).astype(np.float32)


halves = {"test_size": 0.5, "random_state": 0, "stratify": labels}
X_train, X_test, y_train, y_test = train_test_split(flat(blended), labels, **halves)

lens = SymmetryLens(n_channels=8, random_state=0).fit(X_train)
lens.transform(X_test).shape, lens.group_conv_matrix_.shape

# %%
# The generator found, against the secret one:

basis = hiding_basis(11, "orthogonal", random_state=0)
generator_similarity(lens.generator_, basis @ np.eye(11, k=1) @ basis.T)

# %%
# The same network with and without the lens
# ------------------------------------------
#
# :class:`~sklearn_symmetry.nn.ShiftCNN` is a small network that convolves along the columns and
# does not care where along them something is. The rows are its channels, too.


def network(seed):
    """A network that starts the same way whenever the seed is the same."""
    torch.manual_seed(seed)
    return NeuralNetClassifier(
        ShiftCNN,
        module__n_classes=10,
        module__n_channels=8,
        module__widths=(32, 64),
        module__kernel_size=3,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=3e-3,
        max_epochs=30,
        train_split=None,
        verbose=0,
    )


# %%
# In a pipeline, ``make_pipeline(SymmetryLens(n_channels=8), network(0))`` would do. The lens is
# fitted already, and frozen here, so that three networks can use it.

pipelines = [make_pipeline(FrozenEstimator(lens), network(seed)) for seed in range(3)]
accuracies = {
    "blended": [network(seed).fit(X_train, y_train).score(X_test, y_test) for seed in range(3)],
    "blended, lens": [each.fit(X_train, y_train).score(X_test, y_test) for each in pipelines],
}

# %%
# And if nothing had been blended? Then no lens is needed. This is as much as a lens can give back.

W_train, W_test, _, _ = train_test_split(flat(windows), labels, **halves)
accuracies["never blended"] = [
    network(seed).fit(W_train, y_train).score(W_test, y_test) for seed in range(3)
]
for name, values in accuracies.items():
    print(f"{name:<15}", *(f"{value:.3f}" for value in values))

figure, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
for position, values in enumerate(accuracies.values()):
    ax.plot(values, [position] * 3, "o", color="C0", alpha=0.6)
ax.set_yticks(range(3), labels=accuracies)
ax.set(ylim=(2.5, -0.5), xlabel="test accuracy (one split, three seeds of the network)")
ax.grid(axis="x", alpha=0.3)

# %%
# The lens as a layer
# -------------------
#
# In plain torch a fitted lens is the first layer of a network. ``to_torch`` copies its group
# convolution matrix, frozen by default, or to be trained with the rest. The layer takes flat
# samples and gives an axis of channels, as ``Conv1d`` wants it. Put in front of the network that a
# pipeline has trained, it makes one module, which can be exported as a whole.

model = torch.nn.Sequential(lens.to_torch(), pipelines[0][-1].module_)
with torch.no_grad():
    predicted = model(torch.as_tensor(X_test)).argmax(1).numpy()
print(model[0])
print("share of equal predictions:", (predicted == pipelines[0].predict(X_test)).mean())

# %%
# A useful lens, and still not one to believe unseen: ``lens.verdict(X_train)``, two more fits, says
# "no evidence" of these rows. A digit is never wholly out of the window, so that the middle columns
# differ from the outer ones, and the symmetry is not exact. :doc:`/guide/diagnosing` has more.
