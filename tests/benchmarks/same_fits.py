# SPDX-License-Identifier: BSD-3-Clause
"""Whether a change of the code changed what comes out: the arrays of a dozen fits of every kind.

    python tests/benchmarks/same_fits.py /tmp/before.npz             # before the change
    python tests/benchmarks/same_fits.py /tmp/before.npz --compare   # after it

With ``--compare`` every array is compared with the stored one and the largest difference of each
fit is printed; the exit status is 1 if one exceeds ``--tolerance`` (0: to the bit). Fits run in one
thread on one machine; another machine may round otherwise.
"""

import argparse
import sys
import warnings

import numpy as np
import torch

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import load_digit_slices, load_photo_rows, make_symmetric_signals

ARRAYS = ("lie_algebra_", "padded_generator_", "filter_", "group_conv_matrix_", "location_")
NUMBERS = ("p_value", "statistic", "repeatability", "agreement", "deviation")


def signals(n, d, **options):
    """Samples of a set of known symmetry, rotated."""
    return make_symmetric_signals(n, d, symmetry="orthogonal", random_state=7, **options).data


def fits():
    """Name, samples, parameters of the lens."""
    paper = {"init": "random", "density": "mixture", "max_iter": 20, "padding": 5}
    offset = signals(3000, 9, signal="legendre") + 3 * np.random.default_rng(0).normal(size=9)
    troubled = signals(3000, 13, noise=0.3)
    troubled[::100] *= 50
    rows = signals(2000, 9)
    yield "gaussian 7", signals(2000, 7), {}
    yield "gaussian 7, float32", signals(2000, 7).astype(np.float32), {"n_powers": 5}
    yield "even powers", signals(2000, 8), {"n_powers": 10, "padding": 3}
    yield "ring 7", signals(3000, 7, boundary="circulant"), {"boundary": "circulant"}
    yield "ring 13", signals(3000, 13, boundary="circulant"), {"boundary": "circulant"}
    yield "legendre 9 with offset", offset, {}
    yield "outliers and noise 13", troubled, {}
    yield "wide 17", signals(4000, 17, scale=(1.0, 3.0)), {"n_init": 3}
    yield "legendre 33", signals(8000, 33, signal="legendre"), {}
    yield "digits 11", load_digit_slices(4000, 11, symmetry="frequency", random_state=7).data, {}
    yield "photos 7", load_photo_rows(4000, 7, symmetry="orthogonal", random_state=7).data, {}
    yield "two channels", signals(4000, 9).reshape(2000, 18), {"n_channels": 2}
    yield "from given rows", rows, {"init": np.linalg.qr(np.cov(rows.T))[0]}
    yield "paper", signals(1000, 5), paper
    yield "paper, closed form", signals(1000, 5), paper | {"density": "closed_form"}
    yield "mixture after the search", signals(2000, 7), {"density": "mixture", "max_iter": 20}


def arrays():
    """All arrays by name, one fit after another."""
    for name, X, parameters in fits():
        lens = SymmetryLens(random_state=3, **parameters).fit(X)
        found = {attribute: getattr(lens, attribute) for attribute in ARRAYS}
        found["loss_curve"] = np.array(lens.loss_curve_)
        found["score"] = np.array(lens.score(X))
        found["shifted"] = lens.shift(X[:50], 1.5)
        if name in ("gaussian 7", "ring 13", "two channels"):
            verdict = lens.verdict(X)
            found["verdict"] = np.array([getattr(verdict, number) for number in NUMBERS])
        yield name, found


def difference(one, other):
    """Largest absolute difference; infinite where shapes differ."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one - other).max(initial=0.0))


def main():
    """Store the arrays, or compare them with those stored."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--tolerance", type=float, default=0.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    known = np.load(options.file) if options.compare else None
    stored, worst = {}, 0.0
    for name, found in arrays():
        stored |= {f"{name}/{key}": value for key, value in found.items()}
        if known is None:
            print(f"{name}: stored", flush=True)
            continue
        gaps = {key: difference(value, known[f"{name}/{key}"]) for key, value in found.items()}
        largest = max(gaps, key=gaps.get)
        worst = max(worst, gaps[largest])
        print(f"{name}: {gaps[largest]:.3g} ({largest})", flush=True)
    if known is None:
        np.savez(options.file, **stored)
    sys.exit(worst > options.tolerance)


if __name__ == "__main__":
    main()
