# SPDX-License-Identifier: BSD-3-Clause
"""Columns that were only shuffled: how many links of the true order are found, and by whom.

    python tests/benchmarks/shuffled.py --samples 20000 --seeds 100 101 102

A link is two columns that are neighbours in truth and in the order found. Rows are appended to a
CSV file. Sets whose package (scikit-image, global-land-mask, aeon, matplotlib) is not installed are
left out, and named. Lorenz-96 and the head-direction cells are simulated. Numbers of the solver
were set on seeds below 100; the file has others.
"""

import argparse
import csv
import importlib.util
import time
from pathlib import Path

import numpy as np
from known_sets import SETS

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.baselines import SpectralSeriation

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


def run(name, samples, noise, flipped, seed):
    """A row of the table."""
    maker, size, boundary, _ = SETS[name]
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


def main():
    """Run, print every row and append it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--noise", type=float, default=0.0, help="standard deviations")
    parser.add_argument("--flipped", type=int, default=0, help="columns of the other sign")
    parser.add_argument("--seeds", nargs="+", type=int, default=[100, 101, 102])
    parser.add_argument("--output", default="docs/results/shuffled.csv")
    options = parser.parse_args()
    settings = options.samples, options.noise, options.flipped
    append(options, FIELDS, lambda name, seed: run(name, *settings, seed))


def append(options, fields, row_of):
    """Print and append a row for every set whose package is there, and every seed."""
    output = Path(options.output)
    is_new = not output.exists()
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, fields)
        if is_new:
            writer.writeheader()
        for name in options.sets:
            package = SETS[name][3]
            if package and importlib.util.find_spec(package) is None:
                print(f"{name}: {package} is not installed")
                continue
            for seed in options.seeds:
                row = row_of(name, seed)
                writer.writerow(row)
                file.flush()
                print(" ".join(f"{value}" for value in row.values()), flush=True)


if __name__ == "__main__":
    main()
