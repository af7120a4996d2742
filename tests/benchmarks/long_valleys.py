# SPDX-License-Identifier: BSD-3-Clause
"""Long refinements with and without fourth order: what `soon` of the tuning is worth.

    python tests/benchmarks/long_valleys.py --jobs 2

Random trials of robustness.py that end at the first start, and single noisy bumps, none of which
`soon` was chosen by, twice each: iterations, cosine above the noise, CPU seconds. Rows go to a CSV
file, runs that the present search has made are skipped.
"""

import argparse
import time

import numpy as np
import torch
from ledger import Ledger, Table
from pool import complete
from result_tables import table
from robustness import make, random_case

from sklearn_symmetry.core.rotation import crop_matrix
from sklearn_symmetry.datasets import hiding_basis
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.solution import Settings
from sklearn_symmetry.solver.solve import solve
from sklearn_symmetry.solver.tuning import DEFAULT, Tuning
from sklearn_symmetry.statistics.summary import summarise

TRIALS = (
    276, 279, 285, 301, 305, 313, 315, 324, 329, 330, 331, 343, 344, 352, 391, 415, 434, 436, 444,
    446,
)  # fmt: skip
# Columns, samples, noise; the seed is the place in the list.
BUMPS = (
    (13, 2000, 0.2), (16, 4000, 0.4), (24, 8000, 0.2), (40, 20000, 0.2), (15, 1500, 0.1),
    (20, 20000, 0.5),
)  # fmt: skip
FIELDS = ("kind", "trial", "columns", "samples", "iterations_without", "iterations_with",
          "without", "with", "seconds_without", "seconds_with")  # fmt: skip


def bumps(size, n_samples, noise, seed):
    """One bump or dent a sample, anywhere, behind a rotation; samples and their generator."""
    random = np.random.default_rng(seed)
    height = random.choice([-2.0, 2.0], (n_samples, 1))
    away = np.arange(size) - random.integers(-1, size + 1, (n_samples, 1))
    rows = height * np.exp(-(away**2) / 2) + noise * random.standard_normal(away.shape)
    basis = hiding_basis(size, "orthogonal", seed)
    return rows @ basis.T, basis @ np.eye(size, k=1) @ basis.T


def run(kind, trial):
    """A row of the table: one set, without and with fourth order."""
    torch.set_num_threads(1)
    random = kind == "random trials"
    X, generator = make(random_case(trial)) if random else bumps(*BUMPS[trial], trial)
    row = {"kind": kind, "trial": trial, "columns": X.shape[1], "samples": len(X)}
    for name, soon in (("without", DEFAULT.max_iter), ("with", DEFAULT.soon)):
        start = time.process_time()
        solution = solve(summarise(X, seed=0), Settings(), tuning=Tuning(soon=soon))
        row[f"seconds_{name}"] = f"{time.process_time() - start:.1f}"
        inner = crop_matrix(torch.as_tensor(solution.padded_generator), X.shape[1])
        row[f"iterations_{name}"] = solution.n_iter
        row[name] = f"{generator_similarity(inner, generator, X=X):.4f}"
    return row


def tasks():
    """What identifies every run."""
    sets = {"random trials": TRIALS, "bumps": range(len(BUMPS))}
    return [{"kind": kind, "trial": trial} for kind in sets for trial in sets[kind]]


TABLE = Table(
    "long_valleys", FIELDS, ("kind", "trial"), run, plan=tasks, took="seconds_with", guess=3.0
)


def summary(rows):
    """How many come nearer to the truth, and how many less near."""
    rows, lines = list(rows), []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        mine = [row for row in rows if row["kind"] == kind]
        gains = [float(row["with"]) - float(row["without"]) for row in mine]
        spent = [sum(float(row[f"seconds_{one}"]) for row in mine) for one in ("with", "without")]
        nearer, less = (sum(sign * gain > 0 for gain in gains) for sign in (1, -1))
        span = f"{max(gains):+.4f}", f"{min(gains):+.4f}"
        lines.append((kind, len(mine), nearer, less, *span, f"{spent[0] / spent[1]:.2f}"))
    header = "sets", "number", "nearer", "less near", "most", "least", "times the CPU seconds"
    return table(header, lines)


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", help="docs/results/long_valleys.csv")
    options = parser.parse_args()
    return complete([(Ledger(TABLE, path=options.output), tasks())], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
