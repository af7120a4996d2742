# SPDX-License-Identifier: BSD-3-Clause
"""What to do where samples have a rank below their number of columns.

    python tests/benchmarks/rank.py --jobs 2

Signals with a known symmetry are given dependent columns, in five ways. A lens is fitted to all
columns, to the subspace that the samples span (PCA), and to what the warning of fit says: without
the columns that are sums, or with the values before their mean was removed. The cosine is that of
one step of the samples, by the lens and by the truth. Runs go to a CSV file, those that the present
search has made are skipped.
"""

import argparse
import itertools
import time
import warnings

import numpy as np
import torch
from ledger import Ledger, Table
from pool import complete
from result_tables import table
from sklearn.decomposition import PCA

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals

FIELDS = ("kind", "seed", "rank", "columns", "fitted_to", "cosine", "cpu_seconds")
D, SAMPLES = 9, 3000


def _isometry(random):
    return np.linalg.qr(random.standard_normal((D + 3, D)))[0]


MAPS = {  # from signals to columns
    "sum of all appended": lambda random: np.vstack([np.eye(D), np.ones(D)]),
    "sum of three appended": lambda random: np.vstack([np.eye(D), np.arange(D) < 3]),
    "mean of each row removed": lambda random: np.eye(D) - 1 / D,
    "turned into more columns": _isometry,
    "mixed into more columns": lambda random: random.standard_normal((D + 3, D)) / D**0.5,
}


def _cosine(found, made, mixing, covariance):
    """Of the steps that two generators make of samples of a covariance; direction is open."""

    def alike(truth):
        product = np.trace(found @ covariance @ truth.T)
        norms = [np.trace(each @ covariance @ each.T) for each in (found, truth)]
        return product / np.sqrt(np.prod(norms))

    back = np.linalg.pinv(mixing)
    return max(alike(mixing @ step @ back) for step in (made.generator, made.generator.T))


def _step(rows, back):
    """The generator of a lens on other rows, in the columns; and its CPU seconds."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lens = SymmetryLens(random_state=0).fit(rows)
    return back(lens.generator_), time.process_time() - start


def trials(kind, seed):
    """Rows of the table for one set."""
    torch.set_num_threads(1)
    made = make_symmetric_signals(SAMPLES, D, symmetry="orthogonal", random_state=seed)
    mixing = MAPS[kind](np.random.default_rng(seed))
    X, back = made.data @ mixing.T, np.linalg.pinv(mixing)
    rank = np.linalg.matrix_rank(X - X.mean(0))
    axes = PCA(rank).fit(X).components_
    ways = {
        "all columns": (X, lambda G: G),
        "the subspace": (X @ axes.T, lambda G: axes.T @ G @ axes),
    }
    if kind in list(MAPS)[:3]:
        ways["what the warning says"] = (made.data, lambda G: mixing @ G @ back)
    for name, (rows, lift) in ways.items():
        found, seconds = _step(rows, lift)
        cosine = _cosine(found, made, mixing, X.T @ X / len(X))
        yield dict(zip(FIELDS, (
            kind, seed, rank, X.shape[1], name, round(cosine, 4), round(seconds, 1)
        ), strict=True))  # fmt: skip


def tasks(seeds=2, kinds=MAPS):
    """What identifies every run."""
    for seed, kind in itertools.product(range(seeds), kinds):
        yield {"kind": kind, "seed": seed}


TABLE = Table(
    "rank", FIELDS, ("kind", "seed"), trials, plan=lambda: list(tasks()), took="cpu_seconds",
    guess=60.0,
)  # fmt: skip


def summary(rows):
    """A table with a line for every kind, its worst cosines."""
    rows, lines = list(rows), []
    ways = list(dict.fromkeys(row["fitted_to"] for row in rows))
    for kind in dict.fromkeys(row["kind"] for row in rows):
        mine = [row for row in rows if row["kind"] == kind]
        found = {way: [float(r["cosine"]) for r in mine if r["fitted_to"] == way] for way in ways}
        worst = [f"{min(found[way]):.4f}" if found[way] else "" for way in ways]
        lines.append((kind, len({row["seed"] for row in mine}), *worst))
    return table(("columns", "sets", *ways), lines)


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=MAPS, default=list(MAPS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="none is begun that would end later")
    parser.add_argument("--output", help="docs/results/rank.csv")
    options = parser.parse_args()
    ledger = Ledger(TABLE, path=options.output)
    wanted = list(tasks(options.seeds, options.kinds))
    return complete([(ledger, wanted)], options.jobs, options.minutes)


if __name__ == "__main__":
    raise SystemExit(main())
