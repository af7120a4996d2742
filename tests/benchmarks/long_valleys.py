# SPDX-License-Identifier: BSD-3-Clause
"""Long refinements with and without fourth order: what `soon` of the tuning is worth.

    python tests/benchmarks/long_valleys.py

Fits random trials of robustness.py that end at the first start, and single noisy bumps, twice each,
and prints a table of all of them: iterations, cosine above the noise, CPU seconds. Neither are sets
by which `soon` was chosen.
"""

import argparse
import time

import numpy as np
import torch
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
COLUMNS = ("set", "columns", "samples", "iterations", "above the noise", "CPU seconds")


def bumps(size, n_samples, noise, seed):
    """One bump or dent a sample, anywhere, behind a rotation; samples and their generator."""
    random = np.random.default_rng(seed)
    height = random.choice([-2.0, 2.0], (n_samples, 1))
    away = np.arange(size) - random.integers(-1, size + 1, (n_samples, 1))
    rows = height * np.exp(-(away**2) / 2) + noise * random.standard_normal(away.shape)
    basis = hiding_basis(size, "orthogonal", seed)
    return rows @ basis.T, basis @ np.eye(size, k=1) @ basis.T


def compared(X, generator):
    """Iterations, cosine above the noise and CPU seconds without and with fourth order."""
    found = []
    for soon in (DEFAULT.max_iter, DEFAULT.soon):
        start = time.process_time()
        solution = solve(summarise(X, seed=0), Settings(), tuning=Tuning(soon=soon))
        seconds = time.process_time() - start
        inner = crop_matrix(torch.as_tensor(solution.padded_generator), X.shape[1])
        found.append((solution.n_iter, generator_similarity(inner, generator, X=X), seconds))
    return found


def sets(trials):
    """Name, samples and generator of every set."""
    for trial in trials:
        yield f"trial {trial}", *make(random_case(trial))
    for seed, options in enumerate(BUMPS):
        yield f"bumps, noise {options[-1]}", *bumps(*options, seed)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", nargs="*", type=int, default=TRIALS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for name, X, generator in sets(options.trials):
        (n, cosine, seconds), (n_, cosine_, seconds_) = compared(X, generator)
        cells = f"{n} -> {n_} | {cosine:.4f} -> {cosine_:.4f} | {seconds:.1f} -> {seconds_:.1f}"
        print(f"| {name} | {X.shape[1]} | {len(X):,} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
