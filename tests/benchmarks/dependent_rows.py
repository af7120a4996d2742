# SPDX-License-Identifier: BSD-3-Clause
"""False alarms on sets without a symmetry whose rows depend on each other.

    python tests/benchmarks/dependent_rows.py --jobs 2

Overlapping windows of Gaussian AR(1) series, judged with ``groups="blocks"``; Gaussian samples of
which every one comes several times, judged as they are; and noisy repeats of Gaussian samples,
whose number is their group. Runs go to a CSV file, those that the present search and verdict have
made are skipped.
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

from sklearn_symmetry import SymmetryLens

FIELDS = ("kind", "seed", "rows", "columns", "symmetric", "likely", "p_value", "repeatability",
          "cpu_seconds")  # fmt: skip
REPEATS = 3


def windows(random):
    """All windows of a series that remembers up to 22 steps."""
    memory = random.uniform(0.0, 0.9)
    noise = random.standard_normal(4200)
    series = np.empty_like(noise)
    value = 0.0
    for step, change in enumerate(noise):
        series[step] = value = memory * value + change
    return np.lib.stride_tricks.sliding_window_view(series[200:], random.integers(5, 8)).copy()


def _gaussian(random):
    d = int(random.integers(5, 8))
    return random.standard_normal((600, d)) @ random.standard_normal((d, d))


def copies(random):
    """Correlated Gaussian rows, each one two to five times, in random order."""
    rows = _gaussian(random)
    return random.permutation(np.repeat(rows, random.integers(2, 6), axis=0))


def repeats(random):
    """Three noisy measurements of each correlated Gaussian row, one after another."""
    rows = np.repeat(_gaussian(random), REPEATS, axis=0)
    return rows + 0.3 * rows.std() * random.standard_normal(rows.shape)


SETS = {  # how a set is made, and what a verdict is told of its rows
    "windows": (windows, lambda X: "blocks"),
    "copies": (copies, lambda X: None),
    "repeats": (repeats, lambda X: np.arange(len(X)) // REPEATS),
}


def trial(kind, seed):
    """One set, judged; a row of the table."""
    torch.set_num_threads(1)
    make, groups_of = SETS[kind]
    start, X = time.process_time(), make(np.random.default_rng([seed, 16000]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # What the lens is does not matter for "symmetric": halves are fitted anew.
        lens = SymmetryLens(n_init=1, max_iter=1, random_state=seed).fit(X)
        verdict = lens.verdict(X, groups=groups_of(X))
    return {
        "kind": kind, "seed": seed, "rows": len(X), "columns": X.shape[1],
        "symmetric": verdict.symmetric, "likely": verdict.likely,
        "p_value": round(verdict.p_value, 4), "repeatability": round(verdict.repeatability, 4),
        "cpu_seconds": round(time.process_time() - start, 1),
    }  # fmt: skip


def tasks(sets=50, kinds=SETS):
    """What identifies every run."""
    for seed, kind in itertools.product(range(sets), kinds):
        yield {"kind": kind, "seed": seed}


TABLE = Table(
    "dependent_rows", FIELDS, ("kind", "seed"), trial, plan=lambda: list(tasks()), kind="verdict",
    took="cpu_seconds", like=("kind",), guess=35.0,
)  # fmt: skip


def summary(rows, level=0.05):
    """A table with a line for every kind."""
    lines = []
    for kind in SETS:
        mine = [row for row in rows if row["kind"] == kind]
        if mine:
            said = [sum(row[name] == "True" for row in mine) for name in ("symmetric", "likely")]
            lines.append((kind, len(mine), *said, sum(float(r["p_value"]) <= level for r in mine)))
    return table(("rows", "sets", "said symmetric", "said likely", f"p <= {level}"), lines)


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=50, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="none is begun that would end later")
    parser.add_argument("--output", help="docs/results/dependent_rows.csv")
    options = parser.parse_args()
    ledger = Ledger(TABLE, path=options.output)
    wanted = list(tasks(options.sets, options.kinds))
    return complete([(ledger, wanted)], options.jobs, options.minutes)


if __name__ == "__main__":
    raise SystemExit(main())
