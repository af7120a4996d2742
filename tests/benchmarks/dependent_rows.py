# SPDX-License-Identifier: BSD-3-Clause
"""False alarms on sets without a symmetry whose rows depend on each other.

    python tests/benchmarks/dependent_rows.py --sets 50

Overlapping windows of Gaussian AR(1) series, judged with ``groups="blocks"``, and Gaussian samples
of which every one comes several times, judged as they are.
"""

import argparse
import time
import warnings

import numpy as np

from sklearn_symmetry import SymmetryLens


def windows(random):
    """All windows of a series that remembers up to 22 steps."""
    memory = random.uniform(0.0, 0.9)
    noise = random.standard_normal(4200)
    series = np.empty_like(noise)
    value = 0.0
    for step, change in enumerate(noise):
        series[step] = value = memory * value + change
    return np.lib.stride_tricks.sliding_window_view(series[200:], random.integers(5, 8)).copy()


def copies(random):
    """Correlated Gaussian rows, each one two to five times, in random order."""
    d = int(random.integers(5, 8))
    rows = random.standard_normal((600, d)) @ random.standard_normal((d, d))
    return random.permutation(np.repeat(rows, random.integers(2, 6), axis=0))


SETS = {
    "windows": (windows, "blocks"),
    "windows, not told": (windows, None),
    "copies": (copies, None),
}


def main():
    """Print a line for every kind."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=50, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=SETS, default=["windows", "copies"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for kind in options.kinds:
        make, groups = SETS[kind]
        alarms, likely, chance, start = 0, 0, 0, time.process_time()
        for seed in range(options.sets):
            X = make(np.random.default_rng([seed, 16000]))
            # What the lens is does not matter for "symmetric": halves are fitted anew.
            lens = SymmetryLens(n_init=1, max_iter=1, random_state=seed).fit(X)
            verdict = lens.verdict(X, groups=groups)
            alarms += verdict.symmetric
            likely += verdict.likely
            chance += verdict.p_value <= verdict.level
        seconds = time.process_time() - start
        print(
            f"{kind}: {alarms} of {options.sets} said symmetric, {likely} likely, p <= 0.05 in "
            f"{chance}; {seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
