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
from functools import lru_cache
from pathlib import Path

import numpy as np

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.baselines import SpectralSeriation
from sklearn_symmetry.datasets import (
    load_digit_slices,
    load_photo_rows,
    make_symmetric_signals,
)

FIELDS = (
    "set", "columns", "boundary", "samples", "noise", "flipped", "seed", "links", "seriation_links",
    "seconds",
)  # fmt: skip


def made(**options):
    """Synthetic signals."""
    return lambda n, d, seed: make_symmetric_signals(n, d, random_state=seed, **options).data


def loaded(loader):
    """Rows of images that ship with scikit-learn."""
    return lambda n, d, seed: loader(n, d, random_state=seed).data


def lorenz(n, d, seed):
    """The ring of Lorenz (1996), F = 8, integrated by the method of Runge and Kutta."""
    random, step, found = np.random.default_rng(seed), 0.05, []
    state = 8 + random.standard_normal((50, d))

    def speed(x):
        return (np.roll(x, -1, 1) - np.roll(x, 2, 1)) * np.roll(x, 1, 1) - x + 8

    for moment in range(200 + 10 * -(-n // 50)):
        one = speed(state)
        two = speed(state + step / 2 * one)
        three = speed(state + step / 2 * two)
        four = speed(state + step * three)
        state = state + step / 6 * (one + 2 * two + 2 * three + four)
        if moment >= 200 and moment % 10 == 0:
            found.append(state)
    return np.concatenate(found)[:n]


def heads(n, d, seed):
    """Poisson counts of cells, each of which fires for one direction of the head, on a walk."""
    random = np.random.default_rng(seed)
    direction = np.cumsum(0.5 * random.standard_normal(n))[:, None]
    preferred = 2 * np.pi * np.arange(d) / d
    rate = 0.2 + 5 * np.exp(4 * (np.cos(direction - preferred) - 1))
    return random.poisson(rate).astype(float)


def windows(image):
    """Random stretches of the rows of an image."""

    def cut(n, d, seed):
        rows, random = image(), np.random.default_rng(seed)
        chosen = random.integers(len(rows), size=n)
        first = random.integers(rows.shape[1] - d + 1, size=n)
        return rows[chosen[:, None], first[:, None] + np.arange(d)]

    return cut


def bins(curves):
    """Closed curves, turned at random, in means of bins."""

    def cut(n, d, seed):
        rows, random = curves(), np.random.default_rng(seed)
        edges = np.linspace(0, rows.shape[1], d + 1).astype(int)[:-1]
        counts = np.diff(np.append(edges, rows.shape[1]))
        chosen = random.integers(len(rows), size=n)
        turns = random.integers(rows.shape[1], size=n)
        turned = (np.roll(rows[one], turn) for one, turn in zip(chosen, turns, strict=True))
        return np.array([np.add.reduceat(row, edges) / counts for row in turned])

    return cut


@lru_cache
def texture(name):
    """A photograph of scikit-image."""
    from matplotlib.image import imread

    folder = Path(importlib.util.find_spec("skimage").origin).parent
    return imread(folder / "data" / f"{name}.png").astype(float)


@lru_cache
def relief():
    """Slopes of the terrain that matplotlib ships (USGS)."""
    from matplotlib import cbook

    return np.diff(cbook.get_sample_data("jacksboro_fault_dem.npz")["elevation"].astype(float))


@lru_cache
def parallels():
    """Land and sea along 240 parallels, from 60 N to 60 S."""
    folder = Path(importlib.util.find_spec("global_land_mask").origin).parent
    with np.load(folder / "globe_combined_mask_compressed.npz") as stored:
        mask, latitude = stored["mask"], stored["lat"]
    north, south = (np.abs(latitude - degree).argmin() for degree in (60, -60))
    return mask[np.linspace(north, south, 240).astype(int)].astype(np.float32)


@lru_cache
def outlines():
    """Distances from the centre along the outlines of leaves, OSULeaf of the UCR archive."""
    folder = Path(importlib.util.find_spec("aeon").origin).parent / "datasets/data/OSULeaf"
    found = []
    for path in sorted(folder.glob("*.ts")):
        lines = (line for line in path.read_text(errors="ignore").splitlines() if ":" in line)
        rows = [line.rsplit(":", 1)[0] for line in lines if line[0] not in "#@"]
        found += [np.array(row.split(","), dtype=float) for row in rows]
    return np.array(found)


# Maker, columns, boundary, package.
SETS = {
    "narrow": (made(), 33, "open", ""),
    "wide": (made(scale=(5.5, 8.25)), 33, "open", ""),
    "waves": (made(signal="legendre"), 33, "open", ""),
    "narrow ring": (made(boundary="circulant"), 24, "circulant", ""),
    "wide ring": (made(boundary="circulant", scale=(4, 6)), 25, "circulant", ""),
    "waves ring": (made(boundary="circulant", signal="legendre"), 24, "circulant", ""),
    "photographs": (loaded(load_photo_rows), 33, "open", ""),
    "digits": (loaded(load_digit_slices), 11, "open", ""),
    "chaos": (lorenz, 35, "circulant", ""),
    "chaos, even": (lorenz, 36, "circulant", ""),
    "head directions": (heads, 33, "circulant", ""),
    "brick": (windows(lambda: texture("brick")), 33, "open", "skimage"),
    "grass": (windows(lambda: texture("grass")), 33, "open", "skimage"),
    "gravel": (windows(lambda: texture("gravel")), 33, "open", "skimage"),
    "terrain": (windows(relief), 33, "open", "matplotlib"),
    "land and sea": (bins(parallels), 33, "circulant", "global_land_mask"),
    "land and sea, even": (bins(parallels), 36, "circulant", "global_land_mask"),
    "leaves": (bins(outlines), 33, "circulant", "aeon"),
    "leaves, even": (bins(outlines), 32, "circulant", "aeon"),
}


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
