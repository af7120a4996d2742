# SPDX-License-Identifier: BSD-3-Clause
"""Does a lens in front of a convolutional network help? Accuracy on mixed columns, with few labels.

Run it from the root of the repository (`pip install -e ".[plot]"`)::

    python examples/adapter_benchmark.py --mnist t10k-images-idx3-ubyte.gz

The columns of every set are mixed by a secret orthogonal matrix, the same for all samples and
channels. The lens is fitted on unlabelled mixed samples. The same network is trained on the
original columns, on the mixed ones, on their principal components, and behind the lens. Every
block of runs is written to a CSV file when it is finished, and a second call goes on from there;
the page ``docs/adapter.md`` and its figure are made from all rows.
"""

import argparse
import csv
import gzip
import importlib.util
import statistics
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import hiding_basis
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.nn import ShiftCNN

HIDINGS = ("permutation", "frequency", "orthogonal")
LABELS = (200, 500, 2000)
STEPS, BATCH, RATE = 500, 64, 3e-3
IMAGES, LABEL_FILE = "images-idx3", "labels-idx1"
FIELDS = ("set", "hiding", "seed", "method", "labels", "accuracy", "cosine")
METHODS = (
    "CNN, original", "lens + CNN", "CNN, mixed", "PCA + CNN, mixed", "RBF SVM, mixed",
    "linear, mixed",
)  # fmt: skip


# ------------------------------------------------------------------------------------------- sets
# Each gives natural samples (n, channels, columns), classes, and which samples may be trained on.


def mnist(args, rng):
    """Rows of the digits are channels; the first 4,000 in a random order are for training."""
    labels = Path(str(args.mnist).replace(IMAGES, LABEL_FILE))
    images = np.frombuffer(_unpacked(args.mnist), np.uint8, offset=16).reshape(-1, 28, 28)
    classes = np.frombuffer(_unpacked(labels), np.uint8, offset=8).astype(int)
    training = rng.permutation(len(images)) < 4000
    return images / 255.0, classes, training


def moved_mnist(args, rng):
    """Every digit at a random place of a window of 28 columns, up to half of it outside."""
    images, classes, training = mnist(args, rng)
    strips = np.pad(images, ((0, 0), (0, 0), (14, 14)))
    starts = rng.integers(0, 29, len(images))
    columns = starts[:, None, None] + np.arange(28)
    return np.take_along_axis(strips, columns, axis=2), classes, training


def _unpacked(path):
    content = Path(path).read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def events(args, rng, n_samples=13_000, n_columns=33):
    """Two bumps anywhere in the window or just outside; the class is their distance, 3 to 9."""
    classes = rng.integers(4, size=n_samples)
    half = classes[:, None] + 1.5
    centre = rng.uniform(-6, n_columns + 5, (n_samples, 1))
    heights = rng.uniform(0.7, 1.3, (2, n_samples, 1))
    column = np.arange(n_columns)
    samples = 0.1 * rng.standard_normal((n_samples, n_columns))
    for side, height in zip((-half, half), heights, strict=True):
        samples += height * np.exp(-0.5 * ((column - centre - side) / 0.8) ** 2)
    return samples[:, None], classes, np.arange(n_samples) < n_samples * 8 // 13


def watch(args, rng, n_columns=32):
    """Seven exercises on six inertial sensors of a watch; other people are for testing.

    Windows of 32 columns at 25 Hz, half overlapping; the set comes with the package seglearn.
    """
    folder = Path(importlib.util.find_spec("seglearn").submodule_search_locations[0])
    table = np.load(folder / "data" / "watch_dataset.npy", allow_pickle=True).item()
    samples, classes, people = [], [], []
    for series, exercise, person in zip(table["X"], table["y"], table["subject"], strict=True):
        series = np.asarray(series, dtype=float)
        series = series[: len(series) // 2 * 2].reshape(-1, 2, 6).mean(1)
        series = (series - series.mean(0)) / series.std(0)
        for start in range(0, len(series) - n_columns + 1, n_columns // 2):
            samples.append(series[start : start + n_columns].T)
            classes.append(int(exercise))
            people.append(person)
    everybody = np.unique(people)
    trained = rng.permutation(everybody)[: 2 * len(everybody) // 3]
    return np.array(samples), np.array(classes), np.isin(people, trained)


# name: loader, noise added for the fit of the lens (in standard deviations), what it is
SETS = {
    "mnist": (mnist, 0.05, "real: 28 rows of a centred digit as channels, 28 columns mixed"),
    "moved mnist": (moved_mnist, 0.05, "real: the same digits, each at a place of its own"),
    "events": (events, 0.0, "synthetic: distance of two bumps, their place is irrelevant"),
    "watch": (watch, 0.0, "real: seven exercises, six sensors as channels, 32 times mixed"),
}


# ---------------------------------------------------------------------------------------- methods


def on_columns(samples, matrix):
    """``x @ matrix.T`` for every channel."""
    return samples @ matrix.T


def find_lens(unlabelled, noise, seed):
    """A lens on the channels of unlabelled samples, all taken as samples; blank ones are left out.

    A little noise, the same in all directions, keeps columns that are nearly always blank from
    being singular. It needs no knowledge of the mixing, and the network never sees it.
    """
    rows = unlabelled.reshape(-1, unlabelled.shape[-1])
    rows = rows[np.abs(rows).max(1) > 0]
    rng = np.random.default_rng(seed)
    rows = rows + noise * rows.std() * rng.standard_normal(rows.shape)
    rows = rows[rng.permutation(len(rows))[:40_000]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return SymmetryLens(random_state=seed).fit(rows)


def principal_axes(unlabelled):
    """Principal axes of the channels, in order of variance."""
    rows = unlabelled.reshape(-1, unlabelled.shape[-1])
    return np.linalg.eigh(np.cov(rows.T))[1][:, ::-1].T


def network_accuracy(train, test, seed):
    """Accuracy of the same small network, trained for the same number of steps on any set."""
    X, Z = (torch.tensor(part[0], dtype=torch.float32) for part in (train, test))
    scale = X.std()
    X, Z, y = X / scale, Z / scale, torch.tensor(train[1])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = ShiftCNN(int(y.max()) + 1, X.shape[1], widths=(32, 32))
        _train(network, X, y)
    with torch.no_grad():
        return float((network(Z).argmax(1).numpy() == test[1]).mean())


def _train(network, X, y):
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    order = iter(())
    for _ in range(STEPS):
        batch = next(order, None)
        if batch is None:
            order = iter(torch.randperm(len(X)).split(BATCH))
            batch = next(order)
        loss = torch.nn.functional.cross_entropy(network(X[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def classifier_accuracy(classifier, train, test):
    """Accuracy of a scikit-learn classifier on all columns in one unit."""
    X, Z = (part[0].reshape(len(part[0]), -1) for part in (train, test))
    scale = X.std()
    return float(classifier.fit(X / scale, train[1]).score(Z / scale, test[1]))


# ------------------------------------------------------------------------------------------- runs


def run_block(name, hiding, seed, args):
    """Rows of one set, hiding and seed; hiding "none" is the network on the original columns."""
    loader, noise, _ = SETS[name]
    rng = np.random.default_rng(seed)
    samples, classes, training = loader(args, rng)
    order = rng.permutation(np.flatnonzero(training))
    held_out = rng.permutation(np.flatnonzero(~training))[:5000]
    matrices, cosine = {"CNN, original": np.eye(samples.shape[-1])}, ""
    if hiding != "none":
        basis = hiding_basis(samples.shape[-1], hiding, seed)
        samples = on_columns(samples, basis)
        lens = find_lens(samples[order], noise, seed)
        truth = basis @ np.eye(len(basis), k=1) @ basis.T
        cosine = round(generator_similarity(lens.generator_, truth), 4)
        matrices = {
            "lens + CNN": lens.group_conv_matrix_,
            "CNN, mixed": np.eye(len(basis)),
            "PCA + CNN, mixed": principal_axes(samples[order]),
        }
    for labels in LABELS:
        if labels > len(order):
            continue
        chosen = order[:labels]
        for method, matrix in matrices.items():
            train, test = (
                (on_columns(samples[rows], matrix), classes[rows]) for rows in (chosen, held_out)
            )
            accuracy = network_accuracy(train, test, seed)
            yield method, labels, accuracy, cosine if method.startswith("lens") else ""
        if hiding == "orthogonal":
            train, test = ((samples[rows], classes[rows]) for rows in (chosen, held_out))
            for method, classifier in rotation_free().items():
                yield method, labels, classifier_accuracy(classifier, train, test), ""


def rotation_free():
    """Classifiers whose accuracy does not depend on the orthogonal mixing: one hiding is enough."""
    return {
        "RBF SVM, mixed": SVC(C=10.0),
        "linear, mixed": LogisticRegression(max_iter=1000),
    }


def run_all(args, path):
    """Append what is missing, block by block."""
    done = {(row["set"], row["hiding"], int(row["seed"])) for row in read(path)}
    for seed in range(args.seeds):
        for name in args.sets:
            for hiding in ("none", *HIDINGS):
                if (name, hiding, seed) in done:
                    continue
                block = [(name, hiding, seed, *row) for row in run_block(name, hiding, seed, args)]
                append(path, block)
                print(*(row for row in block if row[4] == LABELS[0]), sep="\n", flush=True)


def read(path):
    """Rows of the CSV file so far."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def append(path, rows):
    """Add rows, after a header if they are the first."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(FIELDS)
        writer.writerows((*row[:5], f"{row[5]:.4f}", row[6]) for row in rows)


# ---------------------------------------------------------------------------------- page, picture


def collect(rows):
    """Accuracies by set, labels and method."""
    groups = {}
    for row in rows:
        key = row["set"], int(row["labels"]), row["method"]
        groups.setdefault(key, []).append(float(row["accuracy"]))
    return groups


def recovered(groups, name, labels):
    """Share of the gap between mixed and original that the lens closes, of mean accuracies."""
    original, lens, mixed = (
        statistics.mean(groups[name, labels, method]) for method in METHODS[:3]
    )
    return (lens - mixed) / (original - mixed)


HEAD = f"""# A lens ahead of a network

Made by `python examples/adapter_benchmark.py --mnist PATH`; every run is in
`docs/results/adapter.csv`. The columns of a set are mixed by a secret permutation, sine transform
or random rotation, the same for all samples and channels. One lens with default settings is fitted
on the channels of unlabelled mixed samples, all taken as samples. The same network (`ShiftCNN`, two
convolutions of 32 filters, {STEPS} steps of Adam) is then trained on few labelled samples: in the
original columns, in the mixed ones, in their principal components, and behind the lens. The RBF SVM
and the linear classifier do not depend on an orthogonal mixing and run on the rotated columns only.

Accuracy in %, mean and standard deviation over hidings and seeds (number of runs in brackets).
*Recovered*: the share of the gap between the network on mixed and on original columns that the lens
closes, from the means.
"""


def page(rows):
    """The page as text."""
    groups = collect(rows)
    text = HEAD + "\n![Accuracy by number of labels](figures/adapter.png)\n"
    for name in sorted({row["set"] for row in rows}, key=list(SETS).index):
        sizes = sorted({int(row["labels"]) for row in rows if row["set"] == name})
        cosines = sorted({float(r["cosine"]) for r in rows if r["set"] == name and r["cosine"]})
        text += f"\n## {name}\n\n{SETS[name][2].capitalize()}.\n\n"
        text += "| method | " + " | ".join(f"{size:,} labels" for size in sizes) + " |\n"
        text += "| --- " * (len(sizes) + 1) + "|\n"
        for method in METHODS:
            cells = [_cell(groups.get((name, size, method))) for size in sizes]
            text += f"| {method} | " + " | ".join(cells) + " |\n"
        shares = [f"{100 * recovered(groups, name, size):.0f} %" for size in sizes]
        text += "| *recovered* | " + " | ".join(shares) + " |\n"
        text += (
            f"\nCosine of the generator found (d x d crop) to the hidden shift by one column, "
            f"`eye(d, k=1)` mixed: {cosines[0]:.4f} to {cosines[-1]:.4f}.\n"
        )
    notes = Path(__file__).parents[1] / "docs" / "results" / "adapter_notes.md"
    return text + ("\n" + notes.read_text() if notes.exists() else "")


def _cell(values):
    if not values:
        return ""
    spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * statistics.mean(values):.1f}{spread} ({len(values)})"


def draw(rows, path):
    """One panel a set: mean accuracy and its spread by number of labels."""
    from matplotlib.figure import Figure

    groups = collect(rows)
    names = [name for name in SETS if any(row["set"] == name for row in rows)]
    figure = Figure(figsize=(4 * len(names), 4.4), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for ax, name in zip(axes, names, strict=True):
        for method in reversed(METHODS):
            _draw_method(ax, method, [(size, groups.get((name, size, method))) for size in LABELS])
        ax.set(title=name, xscale="log", xlabel="labelled samples", ylabel="accuracy (%)")
        ax.set_xticks(LABELS, [f"{size:,}" for size in LABELS])
        ax.minorticks_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=len(METHODS))
    figure.savefig(path, dpi=110)


def _draw_method(ax, method, points):
    colour = f"C{METHODS.index(method)}"
    sizes, values = zip(*((size, values) for size, values in points if values), strict=True)
    mean = [100 * statistics.mean(part) for part in values]
    spread = [100 * statistics.stdev(part) if len(part) > 1 else 0 for part in values]
    style = "o:" if method == METHODS[0] else "o-" if method in METHODS[:3] else "s--"
    # What is hidden where two methods agree shows as a ring.
    marker = {"markersize": 11, "markerfacecolor": "none"} if method == METHODS[0] else {}
    ax.errorbar(sizes, mean, spread, fmt=style, color=colour, label=method, capsize=3, **marker)


def main(arguments=None):
    """Run what is missing, then write page and figure."""
    docs = Path(__file__).parents[1] / "docs"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, help="IDX file of images, labels beside it")
    parser.add_argument("--sets", nargs="+", choices=SETS, help="default: all there are")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--docs", type=Path, default=docs, help="folder of page and results")
    args = parser.parse_args(arguments)
    there = {"watch": importlib.util.find_spec("seglearn")}
    there |= {name: args.mnist for name in SETS if "mnist" in name}
    args.sets = args.sets or [name for name in SETS if there.get(name, True)]
    for name in args.sets:
        if not there.get(name, True):
            parser.error(f"the set {name} needs --mnist PATH or the package seglearn")
    for folder in ("results", "figures"):
        (args.docs / folder).mkdir(parents=True, exist_ok=True)
    path = args.docs / "results" / "adapter.csv"
    with threadpool_limits(1):
        run_all(args, path)
    rows = read(path)
    (args.docs / "adapter.md").write_text(page(rows))
    draw(rows, args.docs / "figures" / "adapter.png")


if __name__ == "__main__":
    main()
