# SPDX-License-Identifier: BSD-3-Clause
"""
A network on images whose pixels were mixed
===========================================

A convolutional network knows that an image may move, up and down and sideways. If one secret
rotation has mixed all pixels, that knowledge is worth nothing. A lens on a lattice finds both
translations from the mixed pixels, without labels, and gives the network its images back.
"""

# %%
# Bars, and what a mixing makes of them
# -------------------------------------
#
# Images of 6 x 6 pixels with two short bars of one direction, anywhere or partly outside, and
# noise. The class is the direction: flat, upright, or one of two diagonals.

import matplotlib.pyplot as plt
import numpy as np
import torch

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import hiding_basis, make_symmetric_fields
from sklearn_symmetry.inspection import LatticeDisplay
from sklearn_symmetry.metrics import generator_similarity

SHAPE, N_TRAIN, N_TEST = (6, 6), 6000, 2000
rng = np.random.default_rng(0)
n_samples = N_TRAIN + N_TEST
labels = rng.integers(4, size=n_samples)
angle = np.pi / 4 * labels[:, None]
rows, columns = (part.ravel() for part in np.indices(SHAPE))
images = 0.1 * rng.standard_normal((n_samples, len(rows)))
for _ in range(2):
    down, across = (place - rng.uniform(-1, 6, (n_samples, 1)) for place in (rows, columns))
    along = np.cos(angle) * across + np.sin(angle) * down
    beside = np.cos(angle) * down - np.sin(angle) * across
    height = rng.uniform(0.7, 1.3, (n_samples, 1))
    images += height * np.exp(-0.5 * ((along / 1.4) ** 2 + (beside / 0.6) ** 2))

basis = hiding_basis(len(rows), "orthogonal", random_state=0)
mixed = images @ basis.T
X_train, X_test = mixed[:N_TRAIN], mixed[N_TRAIN:]

# %%
# Two generators, found without labels
# ------------------------------------

lens = SymmetryLens(grid_shape=SHAPE, random_state=0).fit(X_train)
truth = make_symmetric_fields(1, SHAPE, symmetry=basis).generators
generator_similarity(lens.generators_, truth)

# %%
# The worse of the two cosines is above. In the picture: samples as they were given, through the
# lens, and as they are, moved by both generators.

LatticeDisplay.from_estimator(lens, X_train[:8], basis=basis, generators=truth)

# %%
# The same network on three kinds of images
# -----------------------------------------
#
# Few samples have a label. ``to_torch`` is the lens as a first layer, which gives images as
# ``Conv2d`` takes them.


def network(first):
    """Two convolutions and a maximum over all places."""
    return torch.nn.Sequential(
        first,
        torch.nn.Conv2d(1, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(16, 32, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.AdaptiveMaxPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(32, 4),
    )


def accuracy(make_first, X, n_labels, seed, n_steps=200):
    """Share of the test images that a network trained on some others gets right."""
    torch.manual_seed(seed)
    samples, classes = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(labels)
    model = network(make_first())
    optimiser = torch.optim.Adam(model[1:].parameters(), lr=5e-3)
    for _ in range(n_steps):
        batch = torch.randint(n_labels, (64,))
        loss = torch.nn.functional.cross_entropy(model(samples[batch]), classes[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        said = model(samples[N_TRAIN:]).argmax(1)
    return float((said == classes[N_TRAIN:]).float().mean())


def as_they_are():
    """Columns as an image, whatever they are."""
    return torch.nn.Unflatten(1, (1, *SHAPE))


ways = {
    "never mixed": (as_they_are, images),
    "mixed": (as_they_are, mixed),
    "mixed, lens": (lambda: lens.to_torch(), mixed),
}
sizes = (100, 400)
found = {
    name: [np.mean([accuracy(*way, size, seed) for seed in range(2)]) for size in sizes]
    for name, way in ways.items()
}

# %%
# What mixing took, and how much of it the lens gives back:

original, without, behind = (np.array(values) for values in found.values())
for name, values in found.items():
    print(f"{name:<12}", *(f"{value:.3f}" for value in values))
print("given back  ", *(f"{share:.0%}" for share in (behind - without) / (original - without)))

figure, ax = plt.subplots(figsize=(5, 2.8), layout="constrained")
# Two of the lines lie on each other.
for style, (name, values) in zip(("o-", "s-", "x--"), found.items(), strict=True):
    ax.plot(sizes, values, style, ms=10, mfc="none", label=name)
ax.set(xlabel="labelled images", ylabel="test accuracy", xticks=sizes)
ax.legend(frameon=False)
