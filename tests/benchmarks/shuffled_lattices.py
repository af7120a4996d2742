# SPDX-License-Identifier: BSD-3-Clause
"""Pixels of a lattice that were only shuffled: whether all of them are put back.

    python tests/benchmarks/shuffled_lattices.py

``mixing="permutation"`` with the shape given. Links are pairs of neighbours in the order found that
are neighbours in truth; with all of them the order is right up to the symmetries of the lattice.
Rows go to a CSV file, runs that the present search has made are skipped. Photographs need Pillow.
Numbers of the solver were set on seeds below 100.
"""

import argparse
import itertools
import time

import numpy as np
import torch
from lattices import KINDS
from ledger import Ledger, Table
from pool import complete
from result_tables import table

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.core.grid import Grid

FIELDS = ("set", "rows", "columns", "samples", "noise", "seed", "links", "seconds")
SETS = ("blobs", "smooth", "spins", "torus", "smoothtorus", "photos")
SHAPES = ((4, 5), (6, 6), (8, 8), (12, 12))


def links(placed, grid):
    """Share of neighbours, by the place that each column has in truth."""
    pairs = [
        torch.stack(grid.successors(placed, axis), dim=1).sort(dim=1).values
        for axis in grid.directions
    ]
    truth = [
        torch.stack(grid.successors(torch.arange(grid.size), axis), dim=1).sort(dim=1).values
        for axis in grid.directions
    ]
    known = set(map(tuple, torch.cat(truth).tolist()))
    return np.mean([tuple(pair) in known for pair in torch.cat(pairs).tolist()])


def run(set, rows, columns, samples, noise, seed):  # named as the columns are
    """A row of the table."""
    torch.set_num_threads(1)
    loader, boundary = KINDS[set]
    random, grid = np.random.default_rng(seed), Grid.of((rows, columns), boundary)
    X = loader(samples, grid.shape, random_state=seed).data
    X = X + noise * X.std() * random.standard_normal(X.shape)
    position = random.permutation(grid.size)  # of every column
    X = X[:, position]
    options = {"grid_shape": grid.shape, "boundary": boundary, "mixing": "permutation"}
    start = time.process_time()
    lens = SymmetryLens(random_state=seed, **options).fit(X)
    seconds = time.process_time() - start
    share = links(torch.as_tensor(position[lens.column_order_]), grid)
    values = set, rows, columns, samples, noise, seed, f"{share:.3f}", f"{seconds:.2f}"
    return dict(zip(FIELDS, values, strict=True))


def tasks(sets=SETS, seeds=(100, 101, 102)):
    """What identifies every run."""
    cases = itertools.product(sets, SHAPES, ((2000, 0.0), (500, 0.5)), seeds)
    for name, (rows, columns), (samples, noise), seed in cases:
        shape = {"rows": rows, "columns": columns}
        yield {"set": name} | shape | {"samples": samples, "noise": noise, "seed": seed}


def needs(task):
    """Packages of a set."""
    return ["PIL"] if task["set"] == "photos" else []


TABLE = Table(
    "shuffled_lattices", FIELDS, ("set", "rows", "columns", "samples", "noise", "seed"), run,
    plan=lambda: list(tasks()), took="seconds", like=("rows", "columns"), guess=1.0, needs=needs,
)  # fmt: skip


def summary(rows):
    """Runs in which all neighbours are right, by set, size and trouble."""
    groups, lines = {}, []
    for row in rows:
        case = row["set"], f"{int(row['samples']):,}", row["noise"]
        size = f"{row['rows']} x {row['columns']}"
        groups.setdefault(case, {}).setdefault(size, []).append(float(row["links"]) == 1)
    sizes = list(dict.fromkeys(size for found in groups.values() for size in found))
    for case, found in groups.items():
        exact = (f"{sum(found.get(size, ()))} of {len(found.get(size, ()))}" for size in sizes)
        lines.append((*case, *exact))
    return table(("set", "samples", "noise (sd)", *sizes), lines)


def main():
    """Run what is missing, print every run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[100, 101, 102])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", help="docs/results/shuffled_lattices.csv")
    options = parser.parse_args()
    wanted = list(tasks(options.sets, options.seeds))
    return complete([(Ledger(TABLE, path=options.output), wanted)], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
