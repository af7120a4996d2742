# SPDX-License-Identifier: BSD-3-Clause
"""False alarms on sets without a symmetry whose rows depend on each other.

    python tests/benchmarks/dependent_rows.py --sets 50     # runs what is missing, prints counts

Overlapping windows of Gaussian AR(1) series, judged with ``groups="blocks"``; Gaussian samples of
which every one comes several times, judged as they are; and noisy repeats of Gaussian samples,
whose number is their group. Every set is a row of docs/results/dependent_rows.csv; those that are
there are skipped.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np

from sklearn_symmetry import SymmetryLens

PATH = Path(__file__).resolve().parents[2] / "docs" / "results" / "dependent_rows.csv"
FIELDS = ("kind", "seed", "rows", "columns", "symmetric", "likely", "p_value", "repeatability",
          "cpu_seconds")  # fmt: skip


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


REPEATS = 3


def repeats(random):
    """Three noisy measurements of each correlated Gaussian row, one after another."""
    rows = np.repeat(_gaussian(random), REPEATS, axis=0)
    return rows + 0.3 * rows.std() * random.standard_normal(rows.shape)


SETS = {  # how a set is made, and what a verdict is told of its rows
    "windows": (windows, lambda X: "blocks"),
    "windows, not told": (windows, lambda X: None),
    "copies": (copies, lambda X: None),
    "repeats": (repeats, lambda X: np.arange(len(X)) // REPEATS),
}


def trial(kind, seed):
    """One set, judged."""
    make, groups_of = SETS[kind]
    start, X = time.process_time(), make(np.random.default_rng([seed, 16000]))
    # What the lens is does not matter for "symmetric": halves are fitted anew.
    lens = SymmetryLens(n_init=1, max_iter=1, random_state=seed).fit(X)
    verdict = lens.verdict(X, groups=groups_of(X))
    return {
        "kind": kind, "seed": seed, "rows": len(X), "columns": X.shape[1],
        "symmetric": verdict.symmetric, "likely": verdict.likely,
        "p_value": round(verdict.p_value, 4), "repeatability": round(verdict.repeatability, 4),
        "cpu_seconds": round(time.process_time() - start, 1),
    }  # fmt: skip


def read():
    """Rows of the file, none if there is none."""
    if not PATH.exists():
        return []
    with PATH.open(newline="") as file:
        return list(csv.DictReader(file))


def report(rows, level=0.05):
    """Print a line for every kind."""
    for kind in SETS:
        mine = [row for row in rows if row["kind"] == kind]
        if mine:
            counts = {name: sum(row[name] == "True" for row in mine) for name in FIELDS[4:6]}
            chance = sum(float(row["p_value"]) <= level for row in mine)
            seconds = sum(float(row["cpu_seconds"]) for row in mine)
            print(
                f"{kind}: {counts['symmetric']} of {len(mine)} said symmetric, "
                f"{counts['likely']} likely, p <= {level} in {chance}; {seconds:.0f} s"
            )


def main():
    """Run what is missing, kind after kind for every seed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=50, help="of each kind; 0 reports only")
    parser.add_argument("--kinds", nargs="+", choices=SETS, default=["windows", "copies"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    done = {(row["kind"], int(row["seed"])) for row in read()}
    for seed in range(options.sets):
        for kind in options.kinds:
            if (kind, seed) in done:
                continue
            row, new = trial(kind, seed), not PATH.exists()
            with PATH.open("a", newline="") as file:
                writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
                if new:
                    writer.writeheader()
                writer.writerow(row)
    report(read())


if __name__ == "__main__":
    main()
