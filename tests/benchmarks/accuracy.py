# SPDX-License-Identifier: BSD-3-Clause
"""How close default fits come to the truth, on sets with known symmetry; every run is printed.

    python tests/benchmarks/accuracy.py --sets gaussian33 digits11 --samples 20000

Each set is hidden by a DST, a permutation and a random rotation, with several seeds. The cosine is
that of ``generator_`` (the central d x d crop) to the hidden generator; open boundary: the shift
``eye(d, k=1)`` in the hidden basis; circulant: the cyclic shift; ``above_noise`` is that of what is
above the noise. Sets are those below and all of `known_sets.py`, followed by their columns:
``heart33``, ``land-and-sea33``. Rows are appended to a CSV file, runs that are there already are
skipped.
"""

import argparse
import csv
import platform
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import sklearn
import torch
from known_sets import SETS
from sklearn.utils import Bunch

from sklearn_symmetry import SymmetryLens, __version__
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import (
    hiding_basis,
    load_digit_slices,
    load_mnist_slices,
    load_photo_rows,
    make_symmetric_signals,
)
from sklearn_symmetry.metrics import generator_similarity

HERE = Path(__file__).resolve().parent
MNIST = HERE.parents[2] / "shared" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz"
HIDINGS = ("frequency", "permutation", "orthogonal")
FIELDS = (
    "set", "samples", "hiding", "seed", "cosine", "score", "seconds", "candidates", "iterations",
    "converged", "target", "version", "above_noise",
)  # fmt: skip


def _signals(**options):
    return lambda n, d, **hidden: make_symmetric_signals(n, d, **options, **hidden)


def _mnist(n, d, **hidden):
    return load_mnist_slices(n, d, path=MNIST, **hidden)


def _known(maker, boundary):
    """A set of `known_sets.py`, hidden as those of the package."""

    def make(n, d, *, symmetry, random_state):
        basis = hiding_basis(d, symmetry, random_state)
        shift = Grid.of(d, boundary).shift_matrix(dtype=torch.float64).numpy()
        rows = maker(n, d, random_state)
        return Bunch(data=rows @ basis.T, basis=basis, generator=basis @ shift @ basis.T)

    return make


KINDS = {
    "gaussian": _signals(signal="gaussian"),
    "legendre": _signals(signal="legendre"),
    "wide": _signals(signal="gaussian", scale=(1.0, 3.0)),
    "circulant": _signals(signal="gaussian", boundary="circulant"),
    "digits": load_digit_slices,
    "mnist": _mnist,
    "photos": load_photo_rows,
}
_KNOWN = {name.replace(" ", "-").replace(",", ""): entry for name, entry in SETS.items()}
KINDS = {name: _known(entry[0], entry[2]) for name, entry in _KNOWN.items()} | KINDS
RINGS = {"circulant"} | {name for name, entry in _KNOWN.items() if entry[2] == "circulant"}


def run(name, samples, hiding, seed):
    """One fit of a default lens; a row of the table."""
    torch.set_num_threads(1)
    kind = name.rstrip("0123456789")
    data = KINDS[kind](samples, int(name[len(kind) :]), symmetry=hiding, random_state=1000 + seed)
    boundary = "circulant" if kind in RINGS else "open"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        lens = SymmetryLens(boundary=boundary, random_state=seed).fit(data.data)
        seconds = time.perf_counter() - start
    # A ring of an even number of columns has one component more.
    found = lens.padded_generator_ if boundary == "circulant" else lens.generator_
    cosine = generator_similarity(found, data.generator, boundary=boundary)
    above = generator_similarity(found, data.generator, boundary=boundary, X=data.data)
    target = "cyclic shift" if boundary == "circulant" else "open shift, d x d crop"
    return dict(
        zip(
            FIELDS,
            (name, samples, hiding, seed, f"{cosine:.5f}", f"{lens.score(data.data):.4f}",
             f"{seconds:.1f}", len(lens.candidates_), lens.n_iter_, lens.converged_, target,
             __version__, f"{above:.5f}"),
            strict=True,
        )
    )  # fmt: skip


def main():
    """Run what is missing, print every row and a summary."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=["gaussian7", "gaussian33", "digits11"])
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--hidings", nargs="+", default=HIDINGS, choices=HIDINGS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", default="docs/results/accuracy.csv")
    options = parser.parse_args()
    output = Path(options.output)
    done = list(csv.DictReader(output.open())) if output.exists() else []
    known = {(row["set"], int(row["samples"]), row["hiding"], int(row["seed"])) for row in done}
    wanted = [
        (name, options.samples, hiding, seed)
        for name in options.sets
        for seed in range(options.seeds)
        for hiding in options.hidings
    ]
    tasks = (joblib.delayed(run)(*task) for task in wanted if task not in known)
    print(
        f"{platform.processor() or platform.machine()}, {joblib.cpu_count()} cores, "
        f"torch {torch.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    )
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if not done:
            writer.writeheader()
        for row in joblib.Parallel(options.jobs, return_as="generator")(tasks):
            writer.writerow(row)
            file.flush()
            print(" ".join(f"{value}" for value in row.values()), flush=True)


if __name__ == "__main__":
    main()
