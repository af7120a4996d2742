# SPDX-License-Identifier: BSD-3-Clause
"""How long a fit takes where there is no symmetry, against fits of the same size that are right.

    python tests/benchmarks/without_symmetry.py

For every random trial of `robustness.py` with 11 to 20 columns, a set without a symmetry of as many
rows and columns is fitted, too (those of `calibration.py` in turn, as many columns as a table has).
Fits count as right from a cosine of .98 above the noise. Rows go to a CSV file, runs that the
present search has made are skipped.
"""

import argparse
import time
import warnings
from statistics import median

import numpy as np
import torch
from calibration import NULLS
from ledger import Ledger, Table
from pool import complete
from result_tables import table
from robustness import make, random_case

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.metrics import generator_similarity

TRIALS, COLUMNS = range(100), range(11, 21)
WITH = "random trial"
KEY = ("set", "trial")
FIELDS = (*KEY, "columns", "rows", "above_noise", "starts", "cpu_seconds")


def run(**task):
    """A row of the table: one default fit."""
    torch.set_num_threads(1)
    case, seed = random_case(task["trial"]), task["trial"]
    if task["set"] == WITH:
        X, generator = make(case)
    else:
        X = NULLS[task["set"]](case.samples, case.features, np.random.default_rng([8, seed]))
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lens = SymmetryLens(random_state=seed).fit(X)
    seconds, alike = time.process_time() - start, ""
    if task["set"] == WITH:
        alike = f"{generator_similarity(lens.generator_, generator, X=X):.4f}"
    found = (X.shape[1], len(X), alike, len(lens.candidates_), f"{seconds:.1f}")
    return task | dict(zip(FIELDS[len(KEY) :], found, strict=True))


def tasks():
    """What identifies every run."""
    some = [trial for trial in TRIALS if random_case(trial).features in COLUMNS]
    return [
        {"set": name, "trial": trial}
        for place, trial in enumerate(some)
        for name in (WITH, list(NULLS)[place % len(NULLS)])
    ]


TABLE = Table(
    "without_symmetry", FIELDS, KEY, run, plan=tasks, took="cpu_seconds", guess=8.0, alone=True
)


def summary(rows):
    """Seconds of right fits, and of those without a symmetry."""
    rows = [row | {"seconds": float(row["cpu_seconds"])} for row in rows]
    right = [r for r in rows if r["set"] == WITH and float(r["above_noise"]) >= 0.98]
    usual = median(row["seconds"] for row in right)
    kinds = {"right": right}
    kinds |= {name: [row for row in rows if row["set"] == name] for name in NULLS}
    kinds["all without a symmetry"] = [row for row in rows if row["set"] != WITH]
    lines = []
    for name, some in kinds.items():
        found = [row["seconds"] for row in some]
        middle, most = median(found), max(found)
        ratios = (f"{middle / usual:.1f}", f"{most / usual:.1f}")
        lines.append((name, len(found), f"{middle:.1f}", f"{most:.1f}", *ratios))
    head = ("set", "fits", "median, s", "most, s", "median / median of right", "most / median")
    return table(head, lines)


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, help="none is begun that would end later")
    parser.add_argument("--output", help="docs/results/without_symmetry.csv")
    options = parser.parse_args()
    return complete([(Ledger(TABLE, path=options.output), tasks())], 1, options.minutes)


if __name__ == "__main__":
    raise SystemExit(main())
