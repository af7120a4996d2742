# SPDX-License-Identifier: BSD-3-Clause
"""Line or ring: how often ``boundary="auto"`` is right, and when it says that it cannot tell.

    python tests/benchmarks/boundary.py --mixing permutation --seeds 100 101 102

The sets are those of `shuffled.py` in this folder, mixed by a random rotation unless
``--mixing permutation``. Rows are appended to a CSV file. Numbers of the solver were set on seeds
below 100; the file has others.
"""

import argparse
import time
import warnings

import numpy as np
import torch
from known_sets import SETS
from shuffled import append

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import hiding_basis
from sklearn_symmetry.solver.boundary import ends

FIELDS = (
    "set", "columns", "samples", "noise", "mixing", "seed", "truth", "found", "certain", "share",
    "error", "seconds",
)  # fmt: skip
HIDINGS = {"rotation": "orthogonal", "permutation": "permutation"}


def run(name, size, samples, noise, mixing, seed):
    """A row of the table."""
    maker, usual, truth, _ = SETS[name]
    size = usual if size is None else size
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


def main():
    """Run, print every row and append it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--columns", type=int, help="None: as in shuffled.py")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--noise", type=float, default=0.0, help="standard deviations")
    parser.add_argument("--mixing", choices=HIDINGS, default="rotation")
    parser.add_argument("--seeds", nargs="+", type=int, default=[100, 101, 102])
    parser.add_argument("--output", default="docs/results/boundary.csv")
    options = parser.parse_args()
    settings = options.columns, options.samples, options.noise, options.mixing
    append(options, FIELDS, lambda name, seed: run(name, *settings, seed))


if __name__ == "__main__":
    main()
