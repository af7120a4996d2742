# SPDX-License-Identifier: BSD-3-Clause
"""How near separated rows of many columns are to the hidden ones: what their recipes are worth.

    python tests/benchmarks/separation.py --jobs 2

Starts alone, before any descent (`solver/starts/separated.py`), behind a rotation: the mean over
the rows of the largest overlap with a hidden row, how many rows do not stand next to their
neighbour, and the cosine of the generator. The numbers of `solver/tuning.py` for many columns, one
changed at a time. Rows go to a CSV file, runs that the present search has made are skipped.
"""

import argparse
import time

import numpy as np
import torch
from ledger import Ledger, Table
from pool import complete
from result_tables import table
from scale import SIGNALS

from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.judge import Judge
from sklearn_symmetry.solver.starts.separated import separated_start
from sklearn_symmetry.solver.starts.waves import Frame
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import views
from sklearn_symmetry.statistics.summary import summarise

CHANGES = (
    {}, {"whitening": 0.65}, {"whitening": 0.85}, {"whitening": 1.0}, {"operators": 8},
    {"operators": 20}, {"rows": 80 * 257}, {"columns": 129, "operators": 8},
    {"columns": 100, "operators": 6}, {"columns": 100, "operators": 8},
)  # fmt: skip
KEY = ("signal", "columns", "rows", "whitening", "operators", "seed")
FIELDS = (*KEY, "overlap", "misplaced", "cosine", "cpu_seconds")


def run(**task):
    """A row of the table: one start."""
    torch.set_num_threads(1)
    size = task["columns"]
    options = SIGNALS[task["signal"]] | {"symmetry": "orthogonal", "random_state": task["seed"]}
    data = make_symmetric_signals(task["rows"], size, **options)
    samples = views(summarise(data.data, capacity=None), offset=np.inf)[0]
    judge = Judge(samples, dict(PAPER_WEIGHTS), None, DEFAULT)
    start = time.process_time()
    frame = Frame(judge, (task["whitening"], 0.5, False), 0, task["operators"])
    rows = separated_start(frame) @ samples.axes.T
    seconds = time.process_time() - start
    overlaps = np.abs(rows @ data.basis)
    steps = np.abs(np.diff(overlaps.argmax(1)))
    cosine = generator_similarity(rows.T @ np.eye(size, k=-1) @ rows, data.generator)
    return task | {
        "overlap": f"{overlaps.max(1).mean():.4f}",
        "misplaced": int((steps != 1).sum()),
        "cosine": f"{cosine:.4f}",
        "cpu_seconds": f"{seconds:.1f}",
    }


def tasks():
    """What identifies every run."""
    usual = {"columns": 257, "rows": 160 * 257, "whitening": 0.75, "operators": 16}
    return [
        {"signal": signal, "seed": seed} | usual | change
        for signal in ("legendre", "narrow")
        for seed in (0, 1)
        for change in CHANGES
    ]


TABLE = Table(
    "separation", FIELDS, KEY, run, plan=tasks, took="cpu_seconds", like=KEY[:5], guess=20.0
)


def summary(rows):
    """Mean over the seeds, a line for every change."""
    found = {}
    for row in rows:
        found.setdefault(tuple(str(row[name]) for name in KEY[:5]), []).append(row)
    lines = [
        (*key, *(f"{np.mean([float(row[name]) for row in some]):.{digits}f}" for name, digits in (
            ("overlap", 3), ("misplaced", 0), ("cosine", 3), ("cpu_seconds", 0)
        )))
        for key, some in found.items()
    ]  # fmt: skip
    head = (*KEY[:4], "operators", "overlap", "misplaced", "cosine", "seconds")
    return table(head, lines)


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", help="docs/results/separation.csv")
    options = parser.parse_args()
    return complete([(Ledger(TABLE, path=options.output), tasks())], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
