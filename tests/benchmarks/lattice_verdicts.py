# SPDX-License-Identifier: BSD-3-Clause
"""How often verdicts on lattices are wrong: sets without two symmetries, and sets with them.

    python tests/benchmarks/lattice_verdicts.py --trials 2

Every trial is a fit and a verdict with default settings on one set. Rows go to a CSV file, trials
that the present search has made are skipped.
"""

import argparse
import time
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from ledger import Ledger, Table
from pool import complete
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.preprocessing import StandardScaler

from sklearn_symmetry import SymmetryLens, __version__
from sklearn_symmetry.datasets import (
    hiding_basis,
    load_digit_patches,
    load_photo_patches,
    make_symmetric_fields,
    make_symmetric_signals,
)
from sklearn_symmetry.metrics import generator_similarity

FIELDS = (
    "set", "symmetric", "shape", "samples", "seed", "grade", "p_value", "statistic",
    "repeatability", "cosine", "seconds", "version",
)  # fmt: skip


def _gaussian_field(n, shape, rng):
    """A Gaussian with the covariance of a stationary field: no sample knows its basis."""
    field = make_symmetric_fields(50 * n // 10, shape, random_state=int(rng.integers(1000))).data
    return rng.multivariate_normal(np.zeros(field.shape[1]), np.cov(field.T), n)


def _elliptical(n, shape, rng):
    return _gaussian_field(n, shape, rng) * rng.gamma(2.0, size=(n, 1))


def _independent(n, shape, rng):
    """Columns of different laws."""
    size = shape[0] * shape[1]
    return rng.standard_normal((n, size)) * np.exp(rng.standard_normal((n, size)) * 0.5)


def _signals(n, shape, rng):
    """One axis, seen as two."""
    size, seed = shape[0] * shape[1], int(rng.integers(1000))
    return make_symmetric_signals(n, size, symmetry="orthogonal", random_state=seed).data


def _table(n, shape, rng):
    """Columns of a table, rows drawn with a little noise."""
    X = StandardScaler().fit_transform(load_breast_cancer().data)[:, : shape[0] * shape[1]]
    return X[rng.permutation(len(X))[:n]]


def _still_digits(n, shape, rng):
    """Digits that do not move: a window at one place."""
    X = load_digits().images[:, 2 : 2 + shape[0], 2 : 2 + shape[1]].reshape(1797, -1)
    X = X + 0.5 * rng.standard_normal(X.shape)
    return X[rng.permutation(len(X))[:n]]


NULLS = {  # maker, shape
    "white noise": (lambda n, shape, rng: rng.standard_normal((n, shape[0] * shape[1])), (4, 4)),
    "gaussian field": (_gaussian_field, (4, 4)),
    "elliptical": (_elliptical, (4, 4)),
    "independent": (_independent, (4, 4)),
    "signals of one axis": (_signals, (4, 4)),
    "table": (_table, (5, 6)),
    "digits that stand still": (_still_digits, (4, 4)),
}
KNOWN = {
    "blobs": (make_symmetric_fields, (4, 4)),
    "digits": (load_digit_patches, (4, 4)),
    "photos": (load_photo_patches, (4, 4)),
}


def run(set, seed, samples=4000):  # named as the columns are
    """One trial; a row of the table."""
    torch.set_num_threads(1)
    name = set
    rng, generators = np.random.default_rng([seed, 7]), None
    if name in NULLS:
        maker, shape = NULLS[name]
        X = maker(samples, shape, rng)
        X = X @ hiding_basis(X.shape[1], "orthogonal", seed).T
    else:
        loader, shape = KNOWN[name]
        data = loader(samples, shape, symmetry="orthogonal", random_state=2000 + seed)
        X, generators = data.data, data.generators
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        lens = SymmetryLens(grid_shape=shape, device="cpu", random_state=seed).fit(X)
        verdict = lens.verdict(X)
        seconds = time.process_time() - start
    cosine = "" if generators is None else generator_similarity(lens.generators_, generators)
    row = (
        name, generators is not None, "x".join(map(str, shape)), len(X), seed, verdict.grade,
        f"{verdict.p_value:.3f}", f"{verdict.statistic:.2f}", f"{verdict.repeatability:.4f}",
        cosine and f"{cosine:.4f}", f"{seconds:.0f}", __version__,
    )  # fmt: skip
    return dict(zip(FIELDS, row, strict=True))


def tasks(sets, trials):
    """What identifies every trial, all sets in turn."""
    return [{"set": name, "seed": seed} for seed in range(trials) for name in sets]


TABLE = Table(
    "lattice_verdicts", FIELDS, ("set", "seed"), run,
    plan=lambda: tasks(NULLS, 29) + tasks(KNOWN, 10),  # 203 sets without two symmetries
    kind="verdict", took="seconds", like=("set",), guess=70.0,
    needs=lambda task: ("PIL",) if task["set"] == "photos" else (),
)  # fmt: skip


def main():
    """Run what is missing, print every trial."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=[*NULLS, *KNOWN])
    parser.add_argument("--samples", type=int, default=4000)
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", help="docs/results/lattice_verdicts.csv")
    options = parser.parse_args()
    sized = replace(TABLE, run=partial(run, samples=options.samples))
    wanted = tasks(options.sets, options.trials)
    return complete([(Ledger(sized, path=options.output), wanted)], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
