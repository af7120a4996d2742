# SPDX-License-Identifier: BSD-3-Clause
"""Columns that were only shuffled: how many links of the true order are found, and by whom.

    python tests/benchmarks/shuffled.py --samples 20000 --seeds 100 101 102

A link is two columns that are neighbours in truth and in the order found. Rows go to a CSV file,
runs that the present search has made are skipped. Sets whose package (scikit-image,
global-land-mask, aeon, matplotlib, obspy) is not installed are left out, and named. Lorenz-96 and
the head-direction cells are simulated. Numbers of the solver were set on seeds below 100; the file
has others.
"""

import argparse
import itertools
import statistics
import time

import numpy as np
from known_sets import SETS, made
from ledger import Ledger, Table
from pool import complete
from result_tables import grouped, span, table

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.baselines import SpectralSeriation

# How cost grows with columns.
LONG = {f"narrow {size}": (made(), size, "open", "") for size in (128, 512)}
ALL = SETS | LONG
FIELDS = (
    "set", "columns", "boundary", "samples", "noise", "flipped", "seed", "links", "seriation_links",
    "seconds",
)  # fmt: skip


def links(order, position, boundary):
    """Share of the links of the truth that an order has."""
    size = len(position)
    count = size if boundary == "circulant" else size - 1
    steps = (np.roll(position[order], -1) - position[order])[:count]
    if boundary == "circulant":
        steps = (steps + size // 2) % size - size // 2
    return max((steps == 1).sum(), (steps == -1).sum()) / count


def run(set, samples, noise, flipped, seed):  # named as the columns are
    """A row of the table."""
    name = set
    maker, size, boundary, _ = ALL[name]
    random = np.random.default_rng(seed)
    X = maker(samples, size, seed)
    X = X + noise * X.std() * random.standard_normal(X.shape)
    position = random.permutation(size)  # of every column
    X = X[:, position]
    X[:, random.choice(size, flipped, replace=False)] *= -1
    start = time.process_time()
    lens = SymmetryLens(boundary=boundary, mixing="permutation", random_state=seed).fit(X)
    seconds = time.process_time() - start
    other = SpectralSeriation(boundary=boundary).fit(X).ordering_
    found = [links(order, position, boundary) for order in (lens.column_order_, other)]
    scores = [f"{value:.3f}" for value in found]
    values = (name, size, boundary, samples, noise, flipped, seed, *scores, f"{seconds:.2f}")
    return dict(zip(FIELDS, values, strict=True))


SEEDS = (100, 101, 102)
# Samples, noise and flipped columns of the published table, and its sets.
PLAN = ((20_000, 0.0, 0), (500, 0.0, 0), (500, 0.5, 0), (2000, 0.0, 3))
PUBLISHED = list(SETS)[: list(SETS).index("heart")]


def tasks(sets, seeds, samples, noise, flipped):
    """What identifies every run."""
    case = {"samples": samples, "noise": noise, "flipped": flipped}
    for name, seed in itertools.product(sets, seeds):
        yield {"set": name} | case | {"seed": seed}


def needs(task):
    """The package of a set."""
    package = ALL[task["set"]][3]
    return [package] if package else []


TABLE = Table(
    "shuffled", FIELDS, ("set", "samples", "noise", "flipped", "seed"), run,
    plan=lambda: [
        *(task for part in PLAN for task in tasks(PUBLISHED, SEEDS, *part)),
        *tasks(LONG, SEEDS, *PLAN[0]),
    ],
    took="seconds", like=("set", "samples"), guess=0.5, needs=needs,
)  # fmt: skip


def summary(rows):
    """Runs in which all links are right, by columns, samples and trouble."""
    lines = []
    groups = grouped(
        [row | {"columns": span(row)} for row in rows], "columns", "samples", "noise", "flipped"
    )
    for (columns, samples, noise, flipped), found in groups.items():
        exact, other = (
            f"{sum(float(row[name]) == 1 for row in found)} of {len(found)}"
            for name in ("links", "seriation_links")
        )
        seconds = statistics.median(float(row["seconds"]) for row in found)
        lines.append((columns, f"{int(samples):,}", noise, flipped, exact, other, f"{seconds:.2f}"))
    header = ("columns", "samples", "noise (sd)", "columns of the other sign", "exact",
              "exact, `SpectralSeriation`", "median seconds")  # fmt: skip
    return table(header, lines)


def main():
    """Run what is missing, print every run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=PUBLISHED, choices=ALL)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--noise", type=float, default=0.0, help="standard deviations")
    parser.add_argument("--flipped", type=int, default=0, help="columns of the other sign")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", help="docs/results/shuffled.csv")
    options = parser.parse_args()
    case = options.samples, options.noise, options.flipped
    wanted = list(tasks(options.sets, options.seeds, *case))
    return complete([(Ledger(TABLE, path=options.output), wanted)], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
