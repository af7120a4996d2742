# SPDX-License-Identifier: BSD-3-Clause
"""How often verdicts on lattices are wrong: sets without two symmetries, and sets with them.

    python tests/benchmarks/lattice_verdicts.py --jobs 16 --minutes 9

Rows go to a CSV file as they end, the cheap trials first; those that the present search and verdict
have made are skipped. Of a set without symmetry a verdict is that of one of its halves, as in
calibration.py; fits of a set with symmetry are judged as users do. The truth sorts fits into right
and wrong ones, and is used by nothing else. Seeds start at 24000: numbers were set on others.
Photographs need pillow, and are left out without it.
"""

import argparse
import itertools
import time
import warnings
from functools import partial

import numpy as np
import torch
from calibration import (
    LAWS,
    LEVEL,
    RIGHT,
    WRONG,
    absolute_spectra,
    correlated_gaussian,
    elliptical,
    identical_columns,
    share,
    white_noise,
)
from ledger import Ledger, Table
from pool import complete
from result_tables import table
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from sklearn_symmetry import SymmetryLens, __version__
from sklearn_symmetry._verdict import fit_halves, judge, split_in_halves
from sklearn_symmetry.datasets import (
    hiding_basis,
    load_digit_patches,
    load_photo_patches,
    make_symmetric_fields,
    make_symmetric_signals,
)
from sklearn_symmetry.metrics import generator_similarity

FIRST_SEED = 24000
FIELDS = (
    "set", "symmetric", "shape", "samples", "seed", "cosine", "grade", "p_value", "deviation",
    "divergence", "tolerated", "repeatability", "required", "agreement", "converged",
    "cpu_seconds", "version",
)  # fmt: skip


# Sets without two symmetries, as functions of samples, shape and a generator of random numbers.


def _of_columns(make):
    """A set of the calibration of lines, of as many columns as a lattice has."""
    return lambda n, shape, random: make(n, shape[0] * shape[1], random)


def gaussian_field(n, shape, random):
    """A Gaussian with the covariance of a stationary field: no sample knows its basis."""
    field = make_symmetric_fields(5 * n, shape, random_state=int(random.integers(2**31))).data
    return random.multivariate_normal(np.zeros(field.shape[1]), np.cov(field.T), n)


def elliptical_field(n, shape, random):
    """The same, times a contrast."""
    return gaussian_field(n, shape, random) * random.gamma(2.0, size=(n, 1))


def independent_columns(n, shape, random):
    """Independent, of equal variance; a law returns after ten columns at the earliest."""
    laws = np.concatenate([random.permutation(len(LAWS)) for _ in range(3)])
    X = np.stack([LAWS[law](random, n) for law in laws[: shape[0] * shape[1]]], axis=1)
    return (X - X.mean(0)) / X.std(0)


def signals(n, shape, random, **options):
    """One axis, seen as two."""
    size, seed = shape[0] * shape[1], int(random.integers(2**31))
    return make_symmetric_signals(n, size, random_state=seed, **options).data


def field_of_another_shape(n, shape, random):
    """A lattice of 3 x 8, seen as one of 4 x 6."""
    return make_symmetric_fields(n, (3, 8), random_state=int(random.integers(2**31))).data


def rows_of_a_table(n, shape, random, load):
    """Random columns, standardised."""
    X = load().data
    X = X[:, random.permutation(X.shape[1])[: shape[0] * shape[1]]]
    return (X - X.mean(0)) / X.std(0)


def still_digits(n, shape, random):
    """Digits that do not move: a window at one place, with noise."""
    X = load_digits().images[:, 2 : 2 + shape[0], 2 : 2 + shape[1]].reshape(1797, -1)
    return X + 0.5 * random.standard_normal(X.shape)


NULLS = {  # maker, shape, samples, trials
    "white noise": (_of_columns(white_noise), (4, 4), 2000, 8),
    "correlated Gaussian": (_of_columns(correlated_gaussian), (3, 4), 2000, 8),
    "Gaussian of a field": (gaussian_field, (3, 4), 2000, 10),
    "elliptical": (_of_columns(elliptical), (3, 4), 2000, 8),
    "elliptical field": (elliptical_field, (3, 4), 2000, 8),
    "independent columns": (independent_columns, (3, 4), 2000, 10),
    "independent columns, one law": (_of_columns(identical_columns), (3, 4), 2000, 10),
    "bumps on a line": (signals, (4, 4), 4000, 8),
    "Legendre functions on a line": (partial(signals, signal="legendre"), (3, 4), 4000, 8),
    "absolute spectra": (_of_columns(absolute_spectra), (3, 4), 2000, 10),
    "breast cancer": (partial(rows_of_a_table, load=load_breast_cancer), (3, 4), 569, 8),
    "wine": (partial(rows_of_a_table, load=load_wine), (3, 4), 178, 6),
    "digits that stand still": (still_digits, (4, 4), 1797, 8),
    "field of another shape": (field_of_another_shape, (4, 6), 4000, 3),
}

# Sets with two symmetries.


def _fields(**options):
    return partial(make_symmetric_fields, **options)


KNOWN = {  # loader, shape, samples, trials
    "blobs": (_fields(), (4, 4), 4000, 6),
    "blobs, oblong": (_fields(), (3, 5), 4000, 6),
    "smooth field": (_fields(field="smooth"), (4, 4), 6000, 5),
    "spins": (_fields(field="ising"), (4, 4), 6000, 5),
    "blobs on a torus": (_fields(boundary="circulant"), (4, 5), 4000, 5),
    "blobs on a torus, more samples": (_fields(boundary="circulant"), (4, 5), 8000, 5),
    "digits": (load_digit_patches, (4, 4), 8000, 6),
    "digits, oblong": (load_digit_patches, (3, 5), 8000, 5),
    "photographs": (load_photo_patches, (4, 4), 10000, 5),
}


def run(set, seed):  # named as the columns are
    """One trial; a row of the table."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        row = run_null(set, seed) if set in NULLS else run_known(set, seed)
        seconds = time.process_time() - start
    return row | {"cpu_seconds": f"{seconds:.1f}", "version": __version__}


def run_null(name, seed):
    """Judge a set without symmetry, hidden by a random rotation."""
    maker, shape, samples, _ = NULLS[name]
    X = maker(samples, shape, np.random.default_rng([seed, list(NULLS).index(name)]))
    X = X @ hiding_basis(X.shape[1], "orthogonal", seed).T
    lens = SymmetryLens(grid_shape=shape, device="cpu", random_state=seed)
    parts = split_in_halves(X)
    halves = fit_halves(lens, parts)
    verdict = judge(halves[0], parts, halves, LEVEL)
    return judged(name, False, shape, len(X), seed, verdict)


def run_known(name, seed):
    """Judge the fit of a set with two symmetries."""
    loader, shape, samples, _ = KNOWN[name]
    data = loader(samples, shape, symmetry="orthogonal", random_state=seed)
    lens = SymmetryLens(
        grid_shape=shape, boundary=data.boundary, device="cpu", random_state=seed
    ).fit(data.data)
    cosine = generator_similarity(lens.generators_, data.generators, X=data.data)
    return judged(name, True, shape, samples, seed, lens.verdict(data.data), f"{cosine:.4f}")


def judged(name, symmetric, shape, samples, seed, verdict, cosine=""):
    """What a verdict says, as cells of a row."""
    return {
        "set": name,
        "symmetric": symmetric,
        "shape": "x".join(map(str, shape)),
        "samples": samples,
        "seed": seed,
        "cosine": cosine,
        "grade": verdict.grade,
        "p_value": f"{verdict.p_value:.3f}",
        "deviation": f"{verdict.deviation:.2f}",
        "divergence": f"{verdict.statistic:.2f}",
        "tolerated": f"{verdict.tolerated:.2f}",
        "repeatability": f"{verdict.repeatability:.4f}",
        "required": f"{verdict.required:.4f}",
        "agreement": f"{verdict.agreement:.4f}",
        "converged": verdict.converged,
    }


def tasks(names=(*NULLS, *KNOWN), trials=None):
    """What identifies every trial, all sets in turn."""
    counts = {name: (NULLS | KNOWN)[name][-1] for name in names}
    for trial, name in itertools.product(range(max(counts.values())), names):
        if trial < min(counts[name], trials or counts[name]):
            yield {"set": name, "seed": FIRST_SEED + trial}


TABLE = Table(
    "lattice_verdicts", FIELDS, ("set", "seed"), run, plan=lambda: list(tasks()),
    kind="lattice_verdict", took="cpu_seconds", like=("set",), guess=50.0,
    needs=lambda task: ("PIL",) if task["set"] == "photographs" else (),
)  # fmt: skip


def null_table(rows):
    """False alarms by set: what was said to be a symmetry, and what was called likely."""
    lines = []
    for name, (_, shape, *_) in [*NULLS.items(), ("all", ((), (), ()))]:
        mine = [row for row in rows if name in ("all", row["set"])]
        if not mine:
            continue
        said = [row for row in mine if row["grade"] in ("found", "another")]
        likely = [row for row in mine if row["grade"] == "likely"]
        repeats = sum(float(row["repeatability"]) >= float(row["required"]) for row in mine)
        small = sum(float(row["p_value"]) <= LEVEL for row in mine)
        size = " x ".join(map(str, shape))
        lines.append((name, size, *share(said, mine), len(likely), repeats, small))
    header = ("set", "shape", "said symmetric", "rate at most (95 %)", "said likely",
              "halves agree", f"p <= {LEVEL}")  # fmt: skip
    return table(header, lines)


def known_table(rows):
    """Right and wrong fits by set, and what was said of them."""
    lines = []
    for name, (_, shape, samples, _) in [*KNOWN.items(), ("all", (None, (), 0, 0))]:
        mine = [row for row in rows if name in ("all", row["set"])]
        if not mine:
            continue
        right = [row for row in mine if float(row["cosine"]) >= RIGHT]
        wrong = [row for row in mine if float(row["cosine"]) < WRONG]
        found, likely = (
            sum(row["grade"] == grade for row in right) for grade in ("found", "likely")
        )
        believed = sum(row["grade"] in ("found", "likely") for row in wrong)
        size = " x ".join(map(str, shape))
        fits = len(mine), len(right), found, likely, f"{believed} of {len(wrong)}"
        lines.append((name, size, f"{samples:,}" if samples else "", *fits))
    header = ("set", "shape", "samples", "fits", f"right (cosine >= {RIGHT})", "found",
              "likely", f"wrong (cosine < {WRONG}) and believed")  # fmt: skip
    return table(header, lines)


def summary(rows):
    """The tables of the documentation."""
    rows = list(rows)
    null = [row for row in rows if row["symmetric"] == "False"]
    known = [row for row in rows if row["symmetric"] == "True"]
    minutes = sum(float(row["cpu_seconds"]) for row in rows) / 60
    return (
        f"Sets without two symmetries:\n\n{null_table(null)}\n"
        f"Sets with two symmetries, default fits:\n\n{known_table(known)}\n"
        f"CPU time of all trials: {minutes:.0f} minutes of one core.\n"
    )


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=[*NULLS, *KNOWN])
    parser.add_argument("--trials", type=int, help="at most, of every set")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minutes", type=float, help="after which no more is begun")
    parser.add_argument("--output", help="docs/results/lattice_verdicts.csv")
    options = parser.parse_args()
    ledger = Ledger(TABLE, path=options.output)
    wanted = list(tasks(options.sets, options.trials))
    return complete([(ledger, wanted)], options.jobs, options.minutes)


if __name__ == "__main__":
    raise SystemExit(main())
