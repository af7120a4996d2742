# SPDX-License-Identifier: BSD-3-Clause
"""How near the truth the minimum of the loss is: descents that begin there.

    python tests/benchmarks/precision.py --jobs 2

With cumulants of windows that are whitened each by itself, and of the representation whitened as a
whole: the shift divergence of third and fourth order at the truth, in nats a column, and, for every
weight of uniformity (`steep_emphasis`), the cosine to the truth, above the noise, where a
refinement that begins there ends. By one covariance of both windows there is no descent. Rows go to
a CSV file, runs that the present search has made are skipped.
"""

import argparse
import itertools
import time
from dataclasses import replace

import numpy as np
import torch
from known_sets import SETS
from ledger import Ledger, Table
from pool import complete
from result_tables import table

from sklearn_symmetry.core.cumulants import (
    fourth_order_divergence,
    rotated,
    rotated_modes,
    third_order_divergence,
)
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import agreement
from sklearn_symmetry.core.windows import Windows, inverse_root
from sklearn_symmetry.solver.manifold import minimise
from sklearn_symmetry.solver.objective import Objective
from sklearn_symmetry.solver.solution import Settings
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import principal_data

WEIGHTS = (1, 3, 10)
ENDS = tuple(f"weight_{weight}" for weight in WEIGHTS)
FIELDS = ("set", "samples", "seed", "whitened", "third", "fourth", *ENDS, "cpu_seconds")
PUBLISHED = ("narrow", "pulse", "heart", "tones", "bursts", "voices", "watch", "photographs")
SAMPLES = 20_000


def objective_of(data, settings, grid, weight, whole):
    """The loss; whitened as a whole, its windows are rows of an orthogonal matrix."""
    tuning = replace(DEFAULT, steep_emphasis=float(weight))
    objective = Objective(data, settings.weights, grid=grid, tuning=tuning)
    if whole:
        objective.root = torch.eye(len(data.spectrum)).to(data.spectrum)
    return objective


def together(loadings, grid):
    """Two windows, whitened by what their covariances have in common."""
    windows = [part.mT for part in grid.predecessors(loadings.mT)]
    root = inverse_root(sum(one @ one.mT for one in windows) / 2)
    return [root @ one for one in windows]


def higher_orders(objective, windows):
    """Shift divergences of third and fourth order of two windows, in nats a column."""
    cumulants, (strengths, modes) = objective.cumulants, objective.modes
    windows = [one.to(cumulants.dtype) for one in windows]
    third = third_order_divergence(*(rotated(cumulants, one) for one in windows))
    fourth = fourth_order_divergence(strengths, *(rotated_modes(modes, one) for one in windows))
    return [float(part) / len(windows[0]) for part in (third, fourth)]


def run(set, samples, seed):  # named as the columns are
    """Rows of the table for one set."""
    torch.set_num_threads(1)
    start = time.process_time()
    maker, size, boundary, _ = SETS[set]
    data = principal_data(np.asarray(maker(samples, size, seed), dtype=float), seed=seed)
    settings, grid = Settings(boundary=boundary), Grid.of(size, boundary)
    truth = torch.as_tensor(data.axes).to(data.spectrum)
    objective = objective_of(data, settings, grid, 1.0, False)
    loadings = truth @ data.root
    ways = {  # windows at the truth, and whether a descent whitens the whole
        "whole": ([part.mT for part in grid.predecessors(truth.mT)], True),
        "windows": (Windows(loadings, grid).whitened, False),
        "windows, by one covariance": (together(loadings, grid), None),
    }
    for said, (windows, whole) in ways.items():
        orders = [f"{value:.4f}" for value in higher_orders(objective, windows)]
        found = [""] * len(WEIGHTS)
        if whole is not None:
            found = [
                f"{_end(objective_of(data, settings, grid, weight, whole), truth, data):.4f}"
                for weight in WEIGHTS
            ]
        now = time.process_time()
        values = (set, samples, seed, said, *orders, *found, f"{now - start:.1f}")
        yield dict(zip(FIELDS, values, strict=True))
        start = now


def _end(objective, truth, data):
    """The cosine to the truth where a refinement from there ends."""
    tuning = objective.tuning
    options = {"max_iter": tuning.max_iter, "probes": tuning.refinement_probes}
    end = minimise(objective, truth, tol=Settings().tol, **options).basis
    return agreement(end, truth, data.share)


def tasks(sets=PUBLISHED, seeds=1):
    """What identifies every run."""
    for name, seed in itertools.product(sets, range(seeds)):
        yield {"set": name, "samples": SAMPLES, "seed": seed}


TABLE = Table(
    "precision", FIELDS, ("set", "samples", "seed"), run, plan=lambda: list(tasks()),
    took="cpu_seconds", guess=60.0,
    needs=lambda task: [need for need in (SETS[task["set"]][3],) if need],
)  # fmt: skip


def summary(rows):
    """What is at the truth, and where descents from there end."""
    shown = FIELDS[0], *FIELDS[3:-1]
    header = (*shown[:2], "third order", "fourth order", *(name.replace("_", " ") for name in ENDS))
    return table(header, ([row[name] for name in shown] for row in rows))


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=PUBLISHED, choices=SETS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", help="docs/results/precision.csv")
    options = parser.parse_args()
    wanted = list(tasks(options.sets, options.seeds))
    return complete([(Ledger(TABLE, path=options.output), wanted)], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
