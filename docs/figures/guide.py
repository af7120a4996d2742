# SPDX-License-Identifier: BSD-3-Clause
"""Draw the pictures of the front page and of the guide, beside this file.

python docs/figures/guide.py [idea images symmetry terms reading summary solver]
"""

import io
import sys
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._images import draw_images as draw_tiles
from sklearn_symmetry.core.densities import ClosedFormDensity
from sklearn_symmetry.core.representation import Representation
from sklearn_symmetry.datasets import (
    hiding_basis,
    load_digit_slices,
    load_photo_patches,
    make_symmetric_signals,
)
from sklearn_symmetry.inspection import GeneratorDisplay, SummaryDisplay
from sklearn_symmetry.inspection._common import matrix_image
from sklearn_symmetry.inspection._representation import convention
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.objective import closed_form_loss

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

plt.rcParams["font.size"] = 14  # to be read on a telephone, too
HERE = Path(__file__).resolve().parent
WEIGHTS = {"alignment": 1.0, "uniformity": 2.0, "resolution": 1.0, "information": 1.0}


def draw_idea():
    """Digits with blended columns, before and after a lens that saw single rows only."""
    slices = load_digit_slices(20_000, 11, symmetry="orthogonal", random_state=0)
    lens = SymmetryLens(random_state=0).fit(slices.data)
    cosine = generator_similarity(lens.generator_, slices.generator)
    print(f"idea: cosine {cosine:.5f}")
    digits = np.pad(load_digits().images[[0, 2, 3, 5, 8, 4]], ((0, 0), (0, 0), (2, 1)))
    blended = (digits @ slices.basis.T).reshape(-1, 11)
    # Sign and direction are conventions: shown as digits are written.
    sign, direction = convention(lens.transform(blended), blended @ slices.basis)
    found = sign * lens.transform(blended)[:, ::direction]
    figure = plt.figure(figsize=(11, 4.3), layout="constrained")
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1, 0.52, 1))
    for part, rows, colours in ((left, blended, "RdBu_r"), (right, found, "Greys")):
        limit = np.abs(rows).max()
        low = -limit if colours == "RdBu_r" else 0
        for ax, image in zip(part.subplots(2, 3).flat, rows.reshape(digits.shape), strict=True):
            ax.imshow(image, cmap=colours, vmin=low, vmax=limit)
            ax.set(xticks=[], yticks=[])
    left.suptitle("In: every row of pixels is a sample,\nblended by a secret rotation", fontsize=15)
    right.suptitle("Out: the same through the lens,\nneighbours side by side", fontsize=15)
    ax = middle.subplots()
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.annotate("", (1, 0.45), (0, 0.45), arrowprops={"width": 3, "color": "black"})
    ax.text(0.5, 0.53, "SymmetryLens().fit(X)", ha="center", family="monospace", fontsize=12)
    ax.text(0.5, 0.22, "no labels,\nno hint which rows\nmake a digit", ha="center", color="0.3")
    figure.savefig(HERE / "idea.png", dpi=130)


def draw_images():
    """A photograph, the pixels of its tiles mixed, before and after a lens on a lattice."""
    patches = load_photo_patches(40_000, (5, 5), symmetry="orthogonal", random_state=0)
    lens = SymmetryLens(grid_shape="auto", random_state=0).fit(patches.data)
    cosine = generator_similarity(lens.generators_, patches.generators)
    print(f"images: {lens.grid_shape_}, lower cosine {cosine:.5f}")
    figure = draw_tiles(
        lens,
        patches.data[:500],
        patches,
        "photos",
        "25 numbers a sample: a photograph in tiles, behind a secret rotation",
        f"SymmetryLens(grid_shape='auto').fit(X); lower cosine of the generators {cosine:.4f}",
    )
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=90)
    # Few colours are enough, and a quarter of the bytes.
    few = Image.open(drawn).convert("RGB").quantize(64)
    few.save(HERE / "images.png", optimize=True)


def draw_symmetry():
    """One signal and its shifts, as they are and behind a shuffle and a sine transform."""
    position = np.arange(15)
    signals = np.stack([np.exp(-0.5 * ((position - c) / 1.2) ** 2) for c in (4, 5, 6, 7)])
    figure, axes = plt.subplots(3, 4, figsize=(10, 5.6), layout="constrained", sharey="row")
    hidings = {"as it is": None, "shuffled": "permutation", "sine\ntransform": "frequency"}
    for row, (label, symmetry) in zip(axes, hidings.items(), strict=True):
        samples = signals @ hiding_basis(15, symmetry, random_state=3).T
        row[0].set_ylabel(label)
        for ax, sample in zip(row, samples, strict=True):
            ax.bar(position, sample, color="C0", width=0.85)
            ax.axhline(0, color="0.5", linewidth=0.8)
            ax.set(xticks=[], yticks=[])
    for ax, title in zip(
        axes[0], ("a sample", "one step", "two steps", "three steps"), strict=True
    ):
        ax.set_title(title)
    for ax in axes[-1]:
        ax.set_xlabel("column")
    figure.savefig(HERE / "symmetry.png", dpi=110)


def draw_terms():
    """The loss and its terms, at the truth and at other ways to represent the same samples."""
    data = make_symmetric_signals(20_000, 15, symmetry="orthogonal", random_state=0)
    truth = data.basis.T
    swapped = truth.copy()
    swapped[[4, 9]] = truth[[9, 4]]
    rows = {
        "the truth": truth,
        "two positions swapped": swapped,
        "the columns as given": np.eye(15),
        "principal components": PCA().fit(data.data).components_,
        "truth, blurred": _blurred(truth),
    }
    values = np.array([_terms(data.data, matrix) for matrix in rows.values()])
    names = ["alignment", "uniformity", "resolution", "information", "loss"]
    for label, row in zip(rows, values, strict=True):
        print(f"terms: {label:<22}", *(f"{n} {v:.3f}" for n, v in zip(names, row, strict=True)))
    figure, ax = plt.subplots(figsize=(9.5, 3.6), layout="constrained")
    above = values - values.min(axis=0)
    ax.imshow(above / above.max(axis=0), cmap="Oranges", vmax=1.6, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        best = np.isclose(value, values[:, column].min(), atol=5e-4)
        weight = "bold" if best else "normal"
        ax.text(
            column, row, f"{round(value, 2) + 0.0:.2f}", ha="center", va="center", weight=weight
        )
    ax.axvline(3.5, color="black")
    ax.set_xticks(range(5), labels=names)
    ax.set_yticks(range(len(rows)), labels=rows)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    figure.savefig(HERE / "terms.png", dpi=110)


def _terms(X, matrix):
    samples = torch.as_tensor(X @ matrix.T)
    rep = Representation(samples, ClosedFormDensity())
    total, terms = closed_form_loss(WEIGHTS)(rep)
    return [float(value) for value in (*terms.values(), total)]


def _blurred(rows):
    """Every row mixed with its neighbours: local still, but less."""
    size = len(rows)
    mixed = np.eye(size) + 0.5 * (np.eye(size, k=1) + np.eye(size, k=-1))
    return mixed @ rows / np.linalg.norm(mixed @ rows, axis=1, keepdims=True)


def draw_reading():
    """Generator, filter and group convolution matrix of one data set behind two hidings."""
    figure, axes = plt.subplots(2, 4, figsize=(12.5, 6.8), layout="constrained")
    for row, symmetry in zip(axes, ("permutation", "frequency"), strict=True):
        slices = load_digit_slices(20_000, 11, symmetry=symmetry, random_state=0)
        lens = SymmetryLens(random_state=0).fit(slices.data)
        print(f"reading: {symmetry} {generator_similarity(lens.generator_, slices.generator):.5f}")
        options = {"colorbar": False, "vmin": -1, "vmax": 1}
        GeneratorDisplay.from_estimator(lens, ax=row[0], **options)
        row[1].bar(range(11), lens.filter_)
        row[1].axhline(0, color="0.5", linewidth=0.8)
        row[1].set(xlabel="feature", ylim=(-1.05, 1.05))
        matrix_image(row[2], lens.group_conv_matrix_, vmin=-1, vmax=1)
        row[2].set(xlabel="feature", ylabel="power")
        row[2].set_yticks([0, 5, 10], labels=lens.powers_[[0, 5, 10]])
        GeneratorDisplay.from_estimator(
            lens, generator=slices.generator, frame="powers", ax=row[3], **options
        )
        titles = "generator_", "filter_", "group_conv_matrix_", "true generator,\norder found"
        for ax, title in zip(row, titles, strict=True):
            ax.set_title(title)
        row[0].set_ylabel(f"{symmetry}\n\nfeature")
    figure.savefig(HERE / "reading.png", dpi=110)


def draw_summary():
    """All of a fit and its verdict, for spectra of real digit slices."""
    X = load_digit_slices(5000, 11, symmetry="frequency", random_state=0).data
    lens = SymmetryLens(random_state=0).fit(X)
    verdict = lens.verdict(X)
    print(f"summary: {verdict}")
    display = SummaryDisplay.from_estimator(lens, X, verdict=verdict, title="Spectra of digits")
    display.figure_.savefig(HERE / "summary.png", dpi=80)


def draw_solver():
    """Correlations of energies: as given, through the first start, through the end; the starts."""
    slices = load_digit_slices(20_000, 15, symmetry="orthogonal", random_state=0)
    lens = SymmetryLens(random_state=0).fit(slices.data)
    first = SymmetryLens(random_state=0, n_init=1, max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no time to converge
        first.fit(slices.data)
    figure, axes = plt.subplots(1, 4, figsize=(15, 4), layout="constrained")
    seen = {
        "as given": slices.data,
        "through one start": first.transform(slices.data),
        "through the lens": lens.transform(slices.data),
    }
    for ax, (title, rows) in zip(axes[:3], seen.items(), strict=True):
        matrix_image(ax, np.corrcoef(np.log(0.1 + rows**2).T), vmin=-1, vmax=1)
        ax.set(title=title, xlabel="column" if title == "as given" else "position")
    end = similarity_to(lens, slices)
    losses = [one["loss"] for one in lens.candidates_]
    axes[3].plot([one["agreement"] for one in lens.candidates_], losses, "o", alpha=0.7)
    axes[3].set(title="all starts", xlabel="agreement with the solution", ylabel="loss")
    print(f"solver: {len(losses)} starts, cosine {end:.5f}, of one start "
          f"{similarity_to(first, slices):.5f}")  # fmt: skip
    figure.savefig(HERE / "solver.png", dpi=100)


def similarity_to(lens, slices):
    """Cosine to the hidden generator."""
    return generator_similarity(lens.generator_, slices.generator)


def main():
    """Draw the pictures named on the command line, by default all."""
    pictures = {
        "idea": draw_idea,
        "images": draw_images,
        "symmetry": draw_symmetry,
        "terms": draw_terms,
        "reading": draw_reading,
        "summary": draw_summary,
        "solver": draw_solver,
    }
    for name in sys.argv[1:] or pictures:
        pictures[name]()


if __name__ == "__main__":
    main()
