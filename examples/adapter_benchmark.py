# SPDX-License-Identifier: BSD-3-Clause
"""Does a lens in front of a convolutional network help? Mixed columns, and few labels.

Run it from the root of the repository (``pip install -e ".[adapter]"``)::

    python examples/adapter_benchmark.py --mnist t10k-images-idx3-ubyte.gz
    python examples/adapter_benchmark.py --mnist t10k-images-idx3-ubyte.gz --resume
    python examples/adapter_benchmark.py --sets events --repeats 1 --labels 200    # half a minute
    python examples/adapter_benchmark.py --page-only    # page and figure from the rows there are

The columns of every set are mixed by a secret orthogonal matrix, the same for all samples and all
channels. The lens is fitted on mixed samples without labels. The same network is then trained on
the original columns, on the mixed ones, and behind the lens. Every run is a row of
``docs/results/adapter.csv``; ``docs/adapter.md`` and its figure are made of all rows.
"""

import gzip
import importlib.util
import math
import os
import platform
import statistics
import sys
import textwrap
import time
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

sys.path.append(str(Path(__file__).parent / "paper"))

import common  # noqa: E402
from sklearn_symmetry.datasets import hiding_basis  # noqa: E402
from sklearn_symmetry.metrics import generator_similarity  # noqa: E402
from sklearn_symmetry.nn import ShiftCNN  # noqa: E402

MIXINGS = {
    "none": "none",
    "permutation": "permutation",
    "frequency": "sine transform",
    "orthogonal": "random rotation",
}
ORIGINAL, LENS, MIXED, PCA, SVM, LINEAR = MODELS = (
    "CNN, original", "lens + CNN", "CNN, mixed", "PCA + CNN, mixed", "RBF SVM, mixed",
    "linear, mixed",
)  # fmt: skip
LABELS = (200, 500, 2000)
N_TEST, NOISE = 5000, 0.05
BATCH, RATE = 64, 3e-3
LEAST_GAP = 0.02

IDENTITY = (
    "solver", "set", "mixing", "n_labels", "repeat", "seed", "model", "samples", "steps",
    "settings",
)  # fmt: skip
FIELDS = (*IDENTITY, "accuracy", "cosine", "lens_cpu_seconds", "cpu_seconds", "version", "error")

# ------------------------------------------------------------------------------------------- sets


class Samples(NamedTuple):
    """A set before it is mixed, in a random order."""

    unlabelled: np.ndarray  # (n, columns): what the lens may learn from
    X: np.ndarray  # (n, channels, columns)
    y: np.ndarray  # (n,)
    X_test: np.ndarray
    y_test: np.ndarray


def rows_of(X, n_rows, rng):
    """Some channels of some samples, blank ones left out."""
    rows = X.reshape(-1, X.shape[-1])
    rows = rows[rows.any(axis=1)]
    return rows[rng.permutation(len(rows))[:n_rows]]


def read_idx(path):
    """Array of a file in the IDX format, plain or compressed with gzip."""
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    n_axes = content[3]
    shape = np.frombuffer(content, ">i4", n_axes, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_axes).reshape(shape)


def load_digits(path, rng):
    """MNIST digits and their labels, in a random order."""
    images = read_idx(path) / 255
    labels = read_idx(str(path).replace("images-idx3", "labels-idx1")).astype(int)
    order = rng.permutation(len(images))
    return images[order], labels[order]


def at(images, starts, n_columns):
    """Frames of so many columns; the inner 20 of the 28 begin at `starts`, and may be cut off."""
    strips = np.pad(images[:, :, 4:24], ((0, 0), (0, 0), (n_columns, n_columns)))
    columns = (n_columns - starts)[:, None, None] + np.arange(n_columns)
    return np.take_along_axis(strips, columns, axis=2)


def mnist(mnist, n_rows, rng, n_columns=36):
    """A camera past which digits move: 28 rows as channels, 36 columns.

    Frames without a label show a digit anywhere, cut off or not; frames with one show all of it.
    """
    images, y = load_digits(mnist, rng)
    half = len(images) // 2
    passing = at(images[:half], rng.integers(-19, n_columns, half), n_columns)
    # 20 of the 28 columns of a digit of this file may have ink.
    whole = at(images, rng.integers(0, n_columns - 19, len(images)), n_columns)
    return noisy(rows_of(passing, n_rows, rng), whole, y, rng)


def mnist_centred(mnist, n_rows, rng):
    """Digits as they are in the file, 28 rows as channels: position is hardly a symmetry."""
    images, y = load_digits(mnist, rng)
    return noisy(rows_of(images[: len(images) // 2], n_rows, rng), images, y, rng)


def noisy(rows, images, y, rng):
    """The noise of a camera, as in :func:`sklearn_symmetry.datasets.load_mnist_slices`."""
    scale = NOISE * rows.std()
    rows = rows + scale * rng.standard_normal(rows.shape)
    images = images + scale * rng.standard_normal(images.shape)
    half = len(images) // 2
    test = slice(half, half + N_TEST)
    return Samples(rows, images[:half], y[:half], images[test], y[test])


def events(mnist, n_rows, rng, n_columns=33):
    """Two bumps anywhere in the window, or partly outside; the class is their distance."""
    n_samples = n_rows + N_TEST
    y = rng.integers(4, size=n_samples)
    half = y[:, None] + 1.5
    centre = rng.uniform(-6, n_columns + 5, (n_samples, 1))
    X = 0.1 * rng.standard_normal((n_samples, n_columns))
    for side in (-half, half):
        height = rng.uniform(0.7, 1.3, (n_samples, 1))
        X += height * np.exp(-0.5 * ((np.arange(n_columns) - centre - side) / 0.8) ** 2)
    return synthetic(X, y, n_rows)


def waveforms(mnist, n_rows, rng, n_columns=33):
    """One event anywhere in the window, or partly outside; the class is its form."""
    n_samples = n_rows + N_TEST
    y = rng.integers(4, size=n_samples)
    centre = rng.uniform(-4, n_columns + 3, (n_samples, 1))
    offset = (np.arange(n_columns) - centre) / rng.uniform(1.2, 2, (n_samples, 1))
    bump = np.exp(-0.5 * offset**2)
    slope, hat = offset * bump, (1 - offset**2) * bump
    X = np.stack([-slope, slope, hat, -hat])[y, np.arange(n_samples)]
    X *= rng.uniform(0.7, 1.5, (n_samples, 1))
    X += 0.15 * rng.standard_normal(X.shape)
    return synthetic(X, y, n_rows)


def synthetic(X, y, n_rows):
    """One channel; labelled samples are some of those that the lens sees without labels."""
    X = X[:, None]
    return Samples(X[:n_rows, 0], X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:])


def watch(mnist, n_rows, rng, n_columns=32):
    """Seven exercises, six inertial sensors of a watch as channels; other people for the test.

    Windows of 32 columns at 25 Hz, half overlapping, from the wheel of the package seglearn.
    """
    folder = Path(importlib.util.find_spec("seglearn").submodule_search_locations[0])
    table = np.load(folder / "data" / "watch_dataset.npy", allow_pickle=True).item()
    X, y, people = [], [], []
    for series, exercise, person in zip(table["X"], table["y"], table["subject"], strict=True):
        series = np.asarray(series, dtype=float)
        series = series[: len(series) // 2 * 2].reshape(-1, 2, series.shape[1]).mean(axis=1)
        series = (series - series.mean(axis=0)) / series.std(axis=0)
        for start in range(0, len(series) - n_columns + 1, n_columns // 2):
            X.append(series[start : start + n_columns].T)
            y.append(int(exercise))
            people.append(person)
    everybody = np.unique(people)
    train = np.isin(people, rng.permutation(everybody)[: 2 * len(everybody) // 3])
    X, y = np.array(X), np.array(y)
    ours, theirs = (rng.permutation(np.flatnonzero(part)) for part in (train, ~train))
    theirs = theirs[:N_TEST]
    return Samples(rows_of(X[ours], n_rows, rng), X[ours], y[ours], X[theirs], y[theirs])


# What makes a set, and what the page says of it.
SETS = {
    "mnist": (
        mnist,
        "Real. MNIST digits that move past a camera: the 28 rows are channels of 36 columns. "
        "Frames without a label show a digit anywhere, also cut off by the border; frames with "
        "one, of training and test, show all of it at a random place. The lens learns from rows "
        "of unlabelled frames of the 5,000 digits for training; the other 5,000 are for the test.",
    ),
    "events": (
        events,
        "Synthetic. Two bumps somewhere in 33 columns, or partly outside; the class is their "
        "distance, 3, 5, 7 or 9. Where they are tells nothing.",
    ),
    "watch": (
        watch,
        "Real. Seven physiotherapy exercises, the six inertial sensors of a watch as channels "
        "of 32 columns at 25 Hz (set of the package seglearn). A third of the people, others in "
        "every repeat, are for the test.",
    ),
    "mnist-centred": (
        mnist_centred,
        "MNIST as it is in the file: 28 columns, digits in the middle. Columns are not alike, so "
        "that position is no symmetry of this set; the lens still looks for one.",
    ),
    "waveforms": (
        waveforms,
        "A second synthetic set like `events`, smoother: one event anywhere in 33 columns, or "
        "partly outside; the class is its form, a slope or a hat, up or down.",
    ),
}


@lru_cache(maxsize=1)
def make_samples(name, n_rows, seed, path):
    """The set of a seed."""
    return SETS[name][0](path, n_rows, np.random.default_rng(seed))


# ----------------------------------------------------------------------------------------- models


@lru_cache(maxsize=1)
def find_lens(name, n_rows, seed, path, mixing, settings):
    """Group convolution matrix, cosine, processor seconds, and what went wrong."""
    rows = make_samples(name, n_rows, seed, path).unlabelled
    basis = hiding_basis(rows.shape[1], mixing, seed)
    lens = common.make_lens({"settings": settings, "seed": seed})
    cost = common.measure_fit(lens, rows @ basis.T)
    if cost["error"]:
        return None, "", cost["cpu_seconds"], cost["error"]
    truth = basis @ np.eye(len(basis), k=1) @ basis.T
    cosine = round(generator_similarity(lens.generator_, truth), 5)
    return lens.group_conv_matrix_, cosine, cost["cpu_seconds"], ""


def principal_axes(rows):
    """Principal axes, in order of variance."""
    return np.linalg.eigh(np.cov(rows.T))[1][:, ::-1].T


def network_accuracy(X, y, X_test, y_test, steps, seed):
    """Accuracy of the same small network, trained in the same way on whatever it is given."""
    X, X_test = (torch.tensor(part, dtype=torch.float32) for part in (X, X_test))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = ShiftCNN(int(y_test.max()) + 1, X.shape[1], widths=(32, 32))
        train(network, X, torch.tensor(y), steps)
    with torch.no_grad():
        return float((network(X_test).argmax(1).numpy() == y_test).mean())


def train(network, X, y, steps):
    """So many steps of Adam, the learning rate falling to zero."""
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    order = iter(())
    for _ in range(steps):
        batch = next(order, None)
        if batch is None:
            order = iter(torch.randperm(len(X)).split(BATCH))
            batch = next(order)
        loss = torch.nn.functional.cross_entropy(network(X[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def classifier_accuracy(classifier, X, y, X_test, y_test):
    """Accuracy of a scikit-learn classifier, all channels side by side."""
    X, X_test = (part.reshape(len(part), -1) for part in (X, X_test))
    return float(classifier.fit(X, y).score(X_test, y_test))


# ------------------------------------------------------------------------------------------- runs


def models_of(mixing):
    """The last three do not depend on an orthogonal mixing: one is enough."""
    if mixing == "none":
        return (ORIGINAL,)
    return (LENS, MIXED, PCA, SVM, LINEAR) if mixing == "orthogonal" else (LENS, MIXED)


def plan(args):
    """All runs, seed by seed; those that share a set, and a lens, one after another."""
    return [
        common.make_task(name, args, repeat)
        | {"mixing": mixing, "n_labels": n_labels, "model": model, "steps": args.steps}
        for repeat in range(args.repeats)
        for name in args.sets
        for mixing in MIXINGS
        for model in models_of(mixing)
        for n_labels in args.labels
    ]


def run_one(task, args, tell=None):
    """The row of one model, trained and tested."""
    path = args.mnist if task["set"].startswith("mnist") else None
    key = task["set"], task["samples"], task["seed"], path
    row = {name: task.get(name, "") for name in FIELDS} | {"version": common.__version__}
    with common.one_quiet_thread():
        samples = make_samples(*key)
        matrix = hiding_basis(samples.X.shape[-1], _hidden(task["mixing"]), task["seed"])
        if task["model"] == LENS:
            lens = find_lens(*key, task["mixing"], task["settings"])
            group_conv_matrix, row["cosine"], row["lens_cpu_seconds"], row["error"] = lens
            if row["error"]:
                return row
            matrix = group_conv_matrix @ matrix
        elif task["model"] == PCA:
            matrix = principal_axes(samples.unlabelled @ matrix.T) @ matrix
        begin = time.process_time()
        row["accuracy"] = round(accuracy(task, samples, matrix), 5)
        row["cpu_seconds"] = round(time.process_time() - begin, 3)
    return row


def _hidden(mixing):
    return "translation" if mixing == "none" else mixing


def accuracy(task, samples, matrix):
    """Accuracy of the model of a task, all channels times `matrix`, in one common unit."""
    X, X_test = samples.X[: task["n_labels"]] @ matrix.T, samples.X_test @ matrix.T
    scale = X.std()
    given = X / scale, samples.y[: task["n_labels"]], X_test / scale, samples.y_test
    if task["model"] == SVM:
        return classifier_accuracy(SVC(C=10.0), *given)
    if task["model"] == LINEAR:
        return classifier_accuracy(LogisticRegression(max_iter=1000), *given)
    return network_accuracy(*given, task["steps"], task["seed"])


def describe(row):
    """A run in a line."""
    what = f"{row['set']}, {row['mixing']}, seed {row['seed']}, {row['n_labels']} labels"
    cosine = f", cos {row['cosine']}" if row["cosine"] != "" else ""
    return f"{what}: {row['model']} {row['error'] or row['accuracy']}{cosine}"


# ---------------------------------------------------------------------------------- page, picture


def collect(rows):
    """Accuracies by set, number of labels, model and mixing; `None` for all mixings together."""
    groups = {}
    for row in rows:
        if row["error"]:
            continue
        for mixing in (row["mixing"], None):
            key = row["set"], int(row["n_labels"]), row["model"], mixing
            groups.setdefault(key, []).append(float(row["accuracy"]))
    return groups


def recovered(groups, name, n_labels, mixing):
    """Share of the gap between mixed and original columns that the lens closes, from the means.

    None where a run is missing, nan where mixing costs the network nothing worth a share.
    """
    keys = (ORIGINAL, "none"), (LENS, mixing), (MIXED, mixing)
    values = [groups.get((name, n_labels, *key)) for key in keys]
    if not all(values):
        return None
    original, lens, mixed = map(statistics.mean, values)
    gap = original - mixed
    return (lens - mixed) / gap if gap >= LEAST_GAP else math.nan


def percent(values):
    """Mean and standard deviation of accuracies, and how many."""
    if not values:
        return ""
    spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * statistics.mean(values):.1f}{spread} ({len(values)})"


HEAD = """\
# A lens before a network, in numbers

Columns are mixed by a secret permutation, sine transform or random rotation, the same for all
samples and channels. One lens with default settings is fitted on mixed single rows without labels.
The same network (`sklearn_symmetry.nn.ShiftCNN`, two convolutions of 32 filters and a maximum over
all positions; {steps} steps of Adam) is then trained on few labelled samples: in the original
columns, in the mixed ones, in their principal components, and behind the lens. Nothing is tuned
between them. Principal components, the RBF SVM and the linear classifier do not depend on an
orthogonal mixing and run on the rotated columns only.

Accuracy in %, mean ± standard deviation (number of runs). Every repeat has other digits, people or
samples for training and test, another mixing and another network. *Recovered* is the share of the
gap between the network on mixed and on original columns that the lens closes, from the means;
beyond 100 % where the network does better behind the lens than on the original columns, "no gap"
where mixing costs it less than {gap:g} points. Cosine, one for each repeat: of `generator_`, the
central d x d crop, to the hidden shift, target `eye(d, k=1)` in the mixed columns, the better of
the two directions. The lens sees neither labels nor test samples.

![Accuracy by number of labels](figures/adapter.png)

"""


def summary(rows, names, sizes):
    """How much of the gap is recovered."""
    groups = collect(rows)
    lines = [["set", "mixing", *(f"recovered, {size:,} labels" for size in sizes), "cosine"]]
    for name in names:
        for mixing in [key for key in MIXINGS if key != "none"]:
            shares = [recovered(groups, name, size, mixing) for size in sizes]
            cells = [closed(share) for share in shares]
            lines.append([name, MIXINGS[mixing], *cells, cosines(rows, name, mixing)])
    return table(lines)


def closed(share):
    """A share in words."""
    if share is None:
        return ""
    return "no gap" if math.isnan(share) else f"{100 * share:.0f} %"


def cosines(rows, name, mixing):
    """One for each repeat."""
    found = {
        int(row["seed"]): "failed" if row["error"] else f"{float(row['cosine']):.4f}"
        for row in rows
        if (row["set"], row["mixing"], row["model"]) == (name, mixing, LENS)
    }
    return ", ".join(found[seed] for seed in sorted(found))


def section(groups, name, sizes):
    """All accuracies of a set."""
    lines = [["model", "mixing", *(f"{size:,} labels" for size in sizes)]]
    for model in MODELS:
        for mixing, title in MIXINGS.items():
            cells = [percent(groups.get((name, size, model, mixing))) for size in sizes]
            if any(cells):
                once = model in (PCA, SVM, LINEAR)
                lines.append([model, "any" if once else title, *cells])
    return f"## {name}\n\n{textwrap.fill(SETS[name][1], 100)}\n\n{table(lines)}"


def table(lines):
    """Markdown; the first line is the header."""
    lines = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def reproduction(rows):
    """How to get the page again, and where it was made."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "scikit-learn", "numpy"))
    versions = ", ".join(sorted({row["version"] for row in rows}))
    classifiers = sum(float(row["cpu_seconds"] or 0) for row in rows) / 60
    fits = {
        (row["set"], row["mixing"], row["seed"]): float(row["lens_cpu_seconds"])
        for row in rows
        if row["lens_cpu_seconds"]
    }
    text = (
        "The labels, `t10k-labels-idx1-ubyte.gz`, lie beside the images; `--repeats` for more "
        "repeats, `--resume` to go on. Every run is a row of `docs/results/adapter.csv`: "
        f"{len(rows)} runs, {sum(fits.values()) / 60:.0f} processor minutes for {len(fits)} fits "
        f"of the lens and {classifiers:.0f} for the classifiers, on one thread of a shared machine "
        f"({platform.machine()}, {os.cpu_count()} cores, no GPU). sklearn_symmetry {versions}, "
        f"Python {platform.python_version()}, {libraries}."
    )
    command = "python examples/adapter_benchmark.py --mnist t10k-images-idx3-ubyte.gz --overwrite"
    return f"## Again\n\n```bash\n{command}\n```\n\n{textwrap.fill(text, 100)}\n"


def write_page(rows, path):
    """The page, from all rows."""
    names = [name for name in SETS if any(row["set"] == name for row in rows)]
    sizes = sorted({int(row["n_labels"]) for row in rows})
    groups = collect(rows)
    steps = "/".join(sorted({row["steps"] for row in rows}))
    notes = path.parent / "results" / "adapter_notes.md"
    parts = [HEAD.format(steps=steps, gap=100 * LEAST_GAP) + summary(rows, names, sizes)]
    parts += [notes.read_text(encoding="utf-8")] if notes.exists() else []
    parts += [section(groups, name, sizes) for name in names]
    path.write_text("\n".join([*parts, reproduction(rows)]), encoding="utf-8")
    print(f"Wrote {path}.")


def draw(rows, path):
    """One panel a set: mean accuracy, and its spread, by number of labels."""
    groups = collect(rows)
    names = [name for name in SETS if any(row["set"] == name for row in rows)]
    sizes = sorted({int(row["n_labels"]) for row in rows})
    n_columns = min(3, len(names))
    n_lines = -(-len(names) // n_columns)
    size = 3.6 * n_columns, 3.3 * n_lines + 0.8
    figure, axes = common.new_figure(*size, nrows=n_lines, ncols=n_columns)
    for axis, name in zip(axes.flat, names, strict=False):
        for model in reversed(MODELS):
            points = [(size, groups.get((name, size, model, None))) for size in sizes]
            draw_model(axis, model, points)
        axis.set(title=name, xscale="log", xlabel="labelled samples", ylabel="accuracy (%)")
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    handles, titles = (part[::-1] for part in axes.flat[0].get_legend_handles_labels())
    for axis in axes.flat[len(names) :]:
        axis.set_axis_off()
    if len(names) < axes.size:
        axes.flat[-1].legend(handles, titles, loc="center")
    else:
        figure.legend(handles, titles, loc="outside lower center", ncols=n_columns)
    common.save(figure, path)


def draw_model(axis, model, points):
    """Mean and standard deviation over mixings and repeats."""
    points = [(size, values) for size, values in points if values]
    if not points:
        return
    sizes, values = zip(*points, strict=True)
    mean = [100 * statistics.mean(part) for part in values]
    spread = [100 * statistics.stdev(part) if len(part) > 1 else 0 for part in values]
    # A ring, to be seen where another model is as good.
    ring = {"markersize": 11, "markerfacecolor": "none"} if model == ORIGINAL else {}
    style = "o:" if model == ORIGINAL else "o-" if model in (LENS, MIXED) else "s--"
    colour = f"C{MODELS.index(model)}"
    axis.errorbar(sizes, mean, spread, fmt=style, color=colour, label=model, capsize=3, **ring)


# ----------------------------------------------------------------------------------- command line


def parsed(arguments):
    """Command line."""
    parser = common.make_parser(__doc__.split("\n")[0], repeats=3)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--labels", nargs="+", type=int, default=list(LABELS))
    parser.add_argument("--steps", type=int, default=500, help="of training, for every network")
    parser.add_argument("--page", type=Path, default=Path("docs/adapter.md"))
    parser.add_argument("--page-only", action="store_true", help="write the page, run nothing")
    args = common.parse(parser, arguments)
    if args.solver != "fast" or (args.budget and args.budget.minutes):
        parser.error("lenses are fitted by the fast solver; their --budget is steps")
    if min(args.labels) < 1 or args.steps < 1:
        parser.error("--labels and --steps must be positive")
    if args.mnist == "download":
        parser.error("--mnist must be a file of images, with that of the labels beside it")
    args.sets = common.available(args.sets, args)
    if "watch" in args.sets and importlib.util.find_spec("seglearn") is None:
        print("No watch data without the package seglearn (extra adapter): its runs are left out.")
        args.sets.remove("watch")
    return args


def main(arguments=None):
    """Run what is missing, then write page and figure."""
    args = parsed(arguments)
    path = args.results / "adapter.csv"
    if args.page_only:
        rows = common.read_rows(path, FIELDS)
    else:
        rows = common.finish(plan(args), run_one, args, path, FIELDS, IDENTITY, describe)
    if rows:
        draw(rows, args.figures / "adapter.png")
        write_page(rows, args.page)


if __name__ == "__main__":
    main()
