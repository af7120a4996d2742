# SPDX-License-Identifier: BSD-3-Clause
"""How often the verdict of a lens is wrong: sets without a symmetry, right fits, wrong optima.

    python tests/benchmarks/calibration.py            # runs what is missing, then writes the page
    python tests/benchmarks/calibration.py --page     # the page alone

Trials are rows of docs/results/calibration.csv; those that are there are skipped. The page is
docs/trust.md. Seeds start at 4000: thresholds were set on others. The truth is used to sort fits
into right and wrong ones, and by nothing else.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict import FRESH, fit_halves, judge, split_in_halves
from sklearn_symmetry.core.evidence import elliptical_p_value, evidence
from sklearn_symmetry.datasets import (
    load_digit_slices,
    load_mnist_slices,
    load_photo_rows,
    make_symmetric_signals,
)
from sklearn_symmetry.metrics import generator_similarity

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
MNIST = HERE.parents[2] / "shared" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz"
FIRST_SEED = 4000
LEVEL = 0.05
RIGHT, WRONG = 0.97, 0.9  # cosines to the truth; in between is neither
COMPLETE = 4  # null trials of every set that are not cut short
FIELDS = (
    "group", "set", "features", "samples", "seed", "fit", "cosine", "symmetric", "found",
    "p_value", "besides_p", "divergence", "tolerated", "repeatability", "agreement", "converged",
    "cpu_seconds",
)  # fmt: skip


# Sets without a one-parameter symmetry, or with one that no sample can show.


def _rotation(d, random):
    return np.linalg.qr(random.standard_normal((d, d)))[0]


def white_noise(n, d, random):
    """Every rotation is a symmetry."""
    return random.standard_normal((n, d))


def correlated_gaussian(n, d, random):
    """A random covariance; exactly stationary in several bases, none of which is special."""
    return (
        random.standard_normal((n, d)) * np.exp(random.uniform(-2, 0.5, d)) @ _rotation(d, random)
    )


def elliptical(n, d, random):
    """A Gaussian of random covariance times a contrast: Student's t with 3 to 8 degrees."""
    degrees = random.uniform(3, 8)
    contrast = np.sqrt(degrees / random.chisquare(degrees, n))
    return correlated_gaussian(n, d, random) * contrast[:, None]


LAWS = (
    lambda random, n: random.standard_normal(n),
    lambda random, n: random.laplace(size=n),
    lambda random, n: random.uniform(-1, 1, n),
    lambda random, n: random.standard_exponential(n),
    lambda random, n: random.standard_t(4, n),
    lambda random, n: random.choice([-1, 1], n) + 0.2 * random.standard_normal(n),
    lambda random, n: random.gamma(0.5, size=n),
    lambda random, n: random.lognormal(0, 0.7, n),
    lambda random, n: random.beta(0.3, 0.6, n),
    lambda random, n: random.standard_normal(n) * (random.random(n) < 0.3),
)


def independent_columns(n, d, random):
    """Independent, each with a law of its own, of equal variance; every other set is rotated."""
    laws = random.permutation(len(LAWS))[:d]
    X = np.stack([LAWS[law](random, n) for law in laws], axis=1)
    X = (X - X.mean(0)) / X.std(0)
    return X @ _rotation(d, random) if random.random() < 0.5 else X


def absolute_spectra(n, d, random):
    """Synthetic spectra: 3 to 5 peaks at fixed places, gamma intensities, a slope, noise."""
    peaks, channel = random.integers(3, 6), np.arange(d)
    centre, width = random.uniform(0, d - 1, (peaks, 1)), random.uniform(0.5, 1.5, (peaks, 1))
    intensity = random.gamma(random.uniform(0.5, 3, peaks), size=(n, peaks))
    lines = np.exp(-((channel - centre) ** 2) / (2 * width**2)) * random.uniform(0.5, 2, (peaks, 1))
    X = intensity @ lines + 0.3 * channel / d
    return X / X.std() + 0.05 * random.standard_normal(X.shape)


def _table(load):
    def resampled(n, d, random):
        """Random columns, standardised; rows drawn with replacement, with a jitter of 0.1 sd."""
        X = load().data
        X = X[:, random.permutation(X.shape[1])[:d]]
        X = (X - X.mean(0)) / X.std(0)
        return X[random.integers(0, len(X), n)] + 0.1 * random.standard_normal((n, d))

    return resampled


NULLS = {
    "white noise": white_noise,
    "correlated Gaussian": correlated_gaussian,
    "elliptical": elliptical,
    "independent columns": independent_columns,
    "absolute spectra": absolute_spectra,
    "diabetes": _table(load_diabetes),
    "breast cancer": _table(load_breast_cancer),
    "wine": _table(load_wine),
}


# Sets with a symmetry, hidden by a random rotation.


def _signals(**options):
    return lambda n, d, **hidden: make_symmetric_signals(n, d, **options, **hidden)


def _mnist(n, d, **hidden):
    return load_mnist_slices(n, d, path=MNIST, **hidden)


SYMMETRIC = {  # loader, features, samples, trials
    "Gaussian 7": (_signals(signal="gaussian"), 7, 4000, 20),
    "Gaussian 7, circulant": (_signals(signal="gaussian", boundary="circulant"), 7, 4000, 20),
    "Legendre 9": (_signals(signal="legendre"), 9, 4000, 12),
    "digit slices 9": (load_digit_slices, 9, 4000, 20),
    "MNIST slices 11": (_mnist, 11, 6000, 20),
    "digit slices 11": (load_digit_slices, 11, 6000, 8),
    "Gaussian 33": (_signals(signal="gaussian"), 33, 20000, 3),
    "Legendre 33": (_signals(signal="legendre"), 33, 20000, 3),
    "MNIST slices 27": (_mnist, 27, 20000, 3),
    "photo rows 5": (load_photo_rows, 5, 6000, 4),
}
LED_ASTRAY = 8  # trials of each of these, per wrong fit
ASTRAY_SETS = tuple(SYMMETRIC)[:5]


def wrong_fits(d, seed):
    """Settings that lead to wrong optima, or stop on the way."""
    random = np.random.default_rng(seed)
    return {
        "random rotation, to convergence": {"init": _rotation(d, random)},
        "random rotation, 10 iterations": {"init": _rotation(d, random), "max_iter": 10},
        "one start, 1 iteration": {"n_init": 1, "max_iter": 1},
        "paper's start, 50 steps": {"init": "random", "max_iter": 50},
    }


def run_null(name, seed):
    """Judge a set without a symmetry; cut short once one condition has failed on one half."""
    random = np.random.default_rng([seed, list(NULLS).index(name)])
    d, n = int(random.integers(5, 8)), int(random.choice([1000, 2000, 4000]))
    X = NULLS[name](n, d, random)
    parts = split_in_halves(X, 0)
    lens = SymmetryLens(random_state=seed)
    row = {
        "group": "null",
        "set": name,
        "features": d,
        "samples": n,
        "seed": seed,
        "fit": "default",
    }
    if seed - FIRST_SEED >= COMPLETE:
        (half,) = fit_halves(lens, parts[:1])
        one = evidence(torch.as_tensor(half.transform(parts[1])))
        if one.p_value > LEVEL or not one.stationary:
            return row | {
                "symmetric": False, "found": False, "p_value": one.p_value,
                "besides_p": one.stationary, "divergence": f"{one.divergence:.2f}",
                "tolerated": f"{one.tolerated:.2f}",
            }  # fmt: skip
    halves = fit_halves(lens, parts)
    return row | judged(halves[0], X, parts, halves)


def run_symmetric(name, seed):
    """Judge a default fit and, for some sets and seeds, wrong ones with the same halves."""
    loader, d, n, _ = SYMMETRIC[name]
    data = loader(n, d, symmetry="orthogonal", random_state=seed)
    lens = SymmetryLens(boundary=data.boundary, random_state=seed)
    parts = split_in_halves(data.data, seed)
    halves = fit_halves(lens, parts)
    fits = {"default": {}}
    if name in ASTRAY_SETS and seed - FIRST_SEED < LED_ASTRAY:
        fits |= wrong_fits(d, seed)
    for label, settings in fits.items():
        lens.set_params(**FRESH).set_params(**settings).fit(data.data)
        cosine = generator_similarity(lens.generator_, data.generator, boundary=data.boundary)
        yield {
            "group": "symmetric", "set": name, "features": d, "samples": n, "seed": seed,
            "fit": label, "cosine": f"{cosine:.4f}",
        } | judged(lens, data.data, parts, halves)  # fmt: skip


def judged(lens, X, parts, halves):
    """What the verdict says, as cells of a row."""
    verdict = judge(lens, X, parts, halves, LEVEL)
    return {
        "symmetric": verdict.symmetric,
        "found": verdict.found,
        "p_value": verdict.p_value,
        # The conditions that are no p-values: with them, the answer at any level follows.
        "besides_p": judge(lens, X, parts, halves, 1.0).symmetric,
        "divergence": f"{verdict.statistic:.2f}",
        "tolerated": f"{verdict.tolerated:.2f}",
        "repeatability": f"{verdict.repeatability:.4f}",
        "agreement": f"{verdict.agreement:.4f}",
        "converged": verdict.converged,
    }


def run_tests(seed, n=1000, d=6):
    """p-values of the elliptical test under its null, in a fixed basis."""
    for label, make in (("Gaussian", correlated_gaussian), ("elliptical", elliptical)):
        random = np.random.default_rng([seed, d])
        y = torch.as_tensor(make(n, d, random))
        p_value = elliptical_p_value(y, False, torch.Generator().manual_seed(seed))
        yield {"set": label, "p_value": p_value}


def wanted(trials, tests):
    """Name, seed and function of every trial, all sets in turn."""
    for seed in range(FIRST_SEED, FIRST_SEED + max(trials, tests)):
        if seed - FIRST_SEED < tests:
            yield "tests", "", seed, lambda _, seed: run_tests(seed)
        for name, (*_, count) in SYMMETRIC.items():
            if seed - FIRST_SEED < count:
                yield "symmetric", name, seed, run_symmetric
        for name in NULLS if seed - FIRST_SEED < trials else ():
            yield "null", name, seed, lambda name, seed: [run_null(name, seed)]


def run_missing(path, trials, tests):
    """Append the trials that are not in the file."""
    rows = list(csv.DictReader(path.open())) if path.exists() else []
    done = {(row["group"], row["set"], int(row["seed"])) for row in rows}
    done |= {("tests", "", seed) for group, _, seed in done if group == "tests"}
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, restval="")
        if not rows:
            writer.writeheader()
        for group, name, seed, run in wanted(trials, tests):
            if (group, name, seed) in done:
                continue
            start = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                new = list(run(name, seed))
            share = (time.process_time() - start) / len(new)
            for row in new:
                row = {"group": group, "seed": seed} | row | {"cpu_seconds": f"{share:.1f}"}
                writer.writerow(row)
                print(" ".join(str(value) for value in row.values()), flush=True)
            file.flush()


def main():
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=27, help="of every set without a symmetry")
    parser.add_argument("--tests", type=int, default=200, help="of the elliptical test alone")
    parser.add_argument("--page", action="store_true", help="write the page and run nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    path = DOCS / "results" / "calibration.csv"
    if not options.page:
        run_missing(path, options.trials, options.tests)


if __name__ == "__main__":
    main()
