# SPDX-License-Identifier: BSD-3-Clause
"""Line or ring: how often ``boundary="auto"`` is right, and when it says that it cannot tell.

    python tests/benchmarks/boundary.py --mixing permutation --seeds 100 101 102

The sets are those of `shuffled.py` in this folder, mixed by a random rotation unless
``--mixing permutation``. Rows go to a CSV file, runs that the present search has made are skipped.
Numbers of the solver were set on seeds below 100; the file has others.
"""

import argparse
import itertools
import time
import warnings

import numpy as np
import torch
from known_sets import SETS
from ledger import Ledger, Table
from pool import complete
from shuffled import PUBLISHED, SEEDS, needs

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import hiding_basis
from sklearn_symmetry.solver.boundary import ends

FIELDS = (
    "set", "columns", "samples", "noise", "mixing", "seed", "truth", "found", "certain", "share",
    "error", "seconds",
)  # fmt: skip
HIDINGS = {"rotation": "orthogonal", "permutation": "permutation"}


def run(set, columns, samples, noise, mixing, seed):  # named as the columns are
    """A row of the table."""
    name, size = set, columns
    maker, _, truth, _ = SETS[name]
    X = maker(samples, size, seed)
    random = np.random.default_rng(seed)
    X = X + noise * X.std() * random.standard_normal(X.shape)
    X = X @ hiding_basis(size, HIDINGS[mixing], seed).T
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lens = SymmetryLens(boundary="auto", mixing=mixing, random_state=seed).fit(X)
    seconds = time.process_time() - start
    # Of the fit as it is: closed, it was an open one before.
    seen = ends(torch.as_tensor(lens.transform(X)), samples)
    values = (
        name, size, samples, noise, mixing, seed, truth, lens.boundary_, seen.certain,
        f"{seen.share:.3f}", f"{seen.error:.3f}", f"{seconds:.2f}",
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


# Columns (None: the usual ones), samples, noise and mixing of the published table, and its sets.
PLAN = (
    (PUBLISHED, None, 5000, 0.0, "rotation"),
    (PUBLISHED, None, 2000, 0.5, "permutation"),
    (
        ("narrow", "waves", "narrow ring", "wide ring", "waves ring", "photographs", "brick",
         "head directions", "leaves"),
        12, 2000, 0.3, "permutation",
    ),
)  # fmt: skip


def tasks(sets, columns, samples, noise, mixing, seeds=SEEDS):
    """What identifies every run."""
    case = {"samples": samples, "noise": noise, "mixing": mixing}
    for name, seed in itertools.product(sets, seeds):
        yield {"set": name, "columns": columns or SETS[name][1]} | case | {"seed": seed}


TABLE = Table(
    "boundary", FIELDS, ("set", "columns", "samples", "noise", "mixing", "seed"), run,
    plan=lambda: [task for part in PLAN for task in tasks(*part)],
    took="seconds", like=("columns", "mixing"), guess=5.0, needs=needs,
)  # fmt: skip


def main():
    """Run what is missing, print every run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=PUBLISHED, choices=SETS)
    parser.add_argument("--columns", type=int, help="None: as in shuffled.py")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--noise", type=float, default=0.0, help="standard deviations")
    parser.add_argument("--mixing", choices=HIDINGS, default="rotation")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", help="docs/results/boundary.csv")
    options = parser.parse_args()
    case = options.columns, options.samples, options.noise, options.mixing, options.seeds
    wanted = list(tasks(options.sets, *case))
    return complete([(Ledger(TABLE, path=options.output), wanted)], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
