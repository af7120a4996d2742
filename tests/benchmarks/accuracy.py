# SPDX-License-Identifier: BSD-3-Clause
"""How close default fits come to the truth, on sets with known symmetry; every run is printed.

    python tests/benchmarks/accuracy.py --sets gaussian33 digits11 --samples 20000
    python tests/benchmarks/accuracy.py --sets digits15 --hidings orthogonal --from-truth

Each set is hidden by a DST, a permutation and a random rotation, with several seeds. The cosine is
that of ``generator_`` (the central d x d crop) to the hidden generator; open boundary: the shift
``eye(d, k=1)`` in the hidden basis; circulant: the cyclic shift; ``above_noise`` is that of what is
above the noise. Sets are those below and all of `known_sets.py`, followed by their columns:
``heart33``, ``land-and-sea33``. With ``--from-truth`` the descent begins at the truth: where it
ends is what the samples and the loss say, whatever the search finds. Rows go to CSV files, runs
that the present search has made are skipped. Seconds are those of the clock, CPU seconds those of
the one thread of a fit.
"""

import argparse
import itertools
import platform
import time
import warnings
from dataclasses import replace

import joblib
import numpy as np
import sklearn
import torch
from known_sets import SETS, slug
from ledger import Ledger, Table, mnist_file
from pool import complete
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

MNIST = mnist_file()
HIDINGS = ("frequency", "permutation", "orthogonal")
FIELDS = (
    "set", "samples", "hiding", "seed", "cosine", "score", "seconds", "candidates", "iterations",
    "converged", "target", "version", "above_noise", "cpu_seconds",
)  # fmt: skip
KEY = FIELDS[:4]


def _signals(**options):
    return lambda n, d, **hidden: make_symmetric_signals(n, d, **options, **hidden)


def _mnist(n, d, **hidden):
    return load_mnist_slices(n, d, path=MNIST, **hidden)


def hidden(maker, boundary):
    """A maker as those of `known_sets.py`, whose sets are hidden as those of the package."""

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
_KNOWN = {slug(name): entry for name, entry in SETS.items()}
KINDS = {name: hidden(entry[0], entry[2]) for name, entry in _KNOWN.items()} | KINDS
RINGS = {"circulant"} | {name for name, entry in _KNOWN.items() if entry[2] == "circulant"}
# Known sets that are no others under another name.
OTHERS = [
    f"{slug(name)}{entry[1]}"
    for name, entry in SETS.items()
    if name not in ("narrow", "wide", "waves", "photographs", "digits")
]
# Sets, samples, hidings and seeds of the published table.
PLAN = (
    (("gaussian7", "legendre7", "circulant7", "digits9", "digits11", "digits15", "mnist27",
      "gaussian33", "legendre33", "wide33"), 20_000, HIDINGS, 5),
    (("gaussian7", "legendre7", "circulant7", "mnist27", "gaussian33", "legendre33", "wide33"),
     5000, HIDINGS, 5),
    (("photos33", *OTHERS), 20_000, ("orthogonal",), 3),
    (("gaussian65", "legendre65"), 100_000, ("orthogonal",), 2),
)  # fmt: skip


def tasks(sets, samples, hidings, seeds):
    """What identifies every run."""
    for name, seed, hiding in itertools.product(sets, range(seeds), hidings):
        yield {"set": name, "samples": samples, "hiding": hiding, "seed": seed}


def needs(task):
    """Packages and files of a set."""
    kind = task["set"].rstrip("0123456789")
    if kind == "mnist":
        return (str(MNIST),)
    package = "PIL" if kind == "photos" else _KNOWN[kind][3] if kind in _KNOWN else ""
    return (package,) if package else ()


def run(set, samples, hiding, seed):  # named as the columns are
    """One fit of a default lens; a row of the table."""
    data, lens, row = _fitted(set, samples, hiding, seed)
    return row | {
        "score": f"{lens.score(data.data):.4f}",
        "candidates": len(lens.candidates_),
        "iterations": lens.n_iter_,
        "converged": lens.converged_,
        "target": "open shift, d x d crop" if lens.boundary == "open" else "cyclic shift",
    }


def descend(set, samples, hiding, seed):
    """Where a descent from the truth ends; a row of the other table."""
    return _fitted(set, samples, hiding, seed, init=lambda data: data.basis.T)[2]


def _fitted(set, samples, hiding, seed, init=lambda data: "auto"):
    """A set, a lens that was fitted to it, and what both tables have of it."""
    torch.set_num_threads(1)
    kind = set.rstrip("0123456789")
    data = KINDS[kind](samples, int(set[len(kind) :]), symmetry=hiding, random_state=1000 + seed)
    boundary = "circulant" if kind in RINGS else "open"
    lens = SymmetryLens(boundary=boundary, init=init(data), random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start, begin = time.perf_counter(), time.process_time()
        lens.fit(data.data)
        seconds, spent = time.perf_counter() - start, time.process_time() - begin
    # A ring of an even number of columns has one component more.
    found = lens.padded_generator_ if boundary == "circulant" else lens.generator_
    cosine = generator_similarity(found, data.generator, boundary=boundary)
    above = generator_similarity(found, data.generator, boundary=boundary, X=data.data)
    row = {"set": set, "samples": samples, "hiding": hiding, "seed": seed}
    row |= {"cosine": f"{cosine:.5f}", "above_noise": f"{above:.5f}", "version": __version__}
    return data, lens, row | {"seconds": f"{seconds:.1f}", "cpu_seconds": f"{spent:.1f}"}


TABLE = Table(
    "accuracy", FIELDS, KEY, run, plan=lambda: [task for part in PLAN for task in tasks(*part)],
    took="cpu_seconds", like=("set", "samples"), guess=20.0, needs=needs,
)  # fmt: skip
FROM_TRUTH = replace(
    TABLE, name="accuracy_from_truth",
    fields=(*KEY, "cosine", "above_noise", "seconds", "cpu_seconds", "version"), run=descend,
    plan=lambda: [
        task
        for sets, samples, _, seeds in PLAN
        for task in tasks(sets, samples, ("orthogonal",), min(seeds, 3))
    ],
    guess=5.0,
)  # fmt: skip


def main():
    """Run what is missing, print every run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=["gaussian7", "gaussian33", "digits11"])
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--hidings", nargs="+", default=HIDINGS, choices=HIDINGS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--from-truth", action="store_true")
    parser.add_argument("--output", help="docs/results/accuracy.csv")
    options = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {joblib.cpu_count()} cores, "
        f"torch {torch.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    )
    wanted = list(tasks(options.sets, options.samples, options.hidings, options.seeds))
    ledger = Ledger(FROM_TRUTH if options.from_truth else TABLE, path=options.output)
    return complete([(ledger, wanted)], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
