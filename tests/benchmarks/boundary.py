# SPDX-License-Identifier: BSD-3-Clause
"""Line or ring: how often ``boundary="auto"`` is right, and when it says that it cannot tell.

    python tests/benchmarks/boundary.py --mixing permutation
    python tests/benchmarks/boundary.py --mixing rotation --jobs 16 --minutes 12

Every case has a number, which decides all of it: even ones are lines, odd ones rings, of 6 to 40
columns, 2,000 to 20,000 samples and noise of 0 to 0.5 standard deviations. Numbers of the solver
were set on cases below 1000. Each is fitted twice: asked, and told. ``truth_certain`` says whether
the same test is certain with the true order or rotation in hand: where it is not, the samples
cannot tell. Rows go to a CSV file as they end, runs that the present search has made are skipped.
Land and sea needs global-land-mask; without it these cases are left out, and named.
"""

import argparse
import time
import warnings

import numpy as np
import torch
from known_sets import bins, heads, loaded, lorenz, made, parallels
from ledger import Ledger, Table
from pool import complete
from result_tables import table

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import hiding_basis, load_digit_slices
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.boundary import ends

FIELDS = (
    "case", "set", "columns", "samples", "noise", "mixing", "truth", "found", "certain", "share",
    "error", "truth_certain", "cosine", "cosine_told", "seconds", "seconds_told",
)  # fmt: skip
HIDINGS = {"rotation": "orthogonal", "permutation": "permutation"}
NOISE = (0.0, 0.1, 0.2, 0.3, 0.5)  # standard deviations


def wide(boundary):
    """Signals that are a sixth to a quarter of the window wide, in standard deviations."""
    return lambda n, d, seed: made(boundary=boundary, scale=(d / 6, d / 4))(n, d, seed)


def waves(n, d, seed):
    """Legendre waves that are no longer than their ring."""
    scale = (min(6.0, 0.4 * d), min(15.0, float(d)))
    return made(boundary="circulant", signal="legendre", scale=scale)(n, d, seed)


# Maker, boundary, fewest and most columns, package. Wider slices of digits are not stationary, and
# smaller rings of Lorenz-96 are not chaotic.
KINDS = {
    "narrow": (made(), "open", 6, 40, ""),
    "waves": (made(signal="legendre"), "open", 6, 40, ""),
    "wide": (wide("open"), "open", 6, 40, ""),
    "digits": (loaded(load_digit_slices), "open", 6, 11, ""),
    "narrow ring": (made(boundary="circulant"), "circulant", 6, 40, ""),
    "waves ring": (waves, "circulant", 6, 40, ""),
    "wide ring": (wide("circulant"), "circulant", 6, 40, ""),
    "chaos": (lorenz, "circulant", 12, 40, ""),
    "head directions": (heads, "circulant", 6, 40, ""),
    "land and sea": (bins(parallels), "circulant", 12, 40, "global_land_mask"),
}


def drawn(number):
    """Set, columns, samples, noise of a case."""
    boundary = ("open", "circulant")[number % 2]
    names = [name for name, kind in KINDS.items() if kind[1] == boundary]
    name = names[number // 2 % len(names)]
    random = np.random.default_rng([24, number])
    _, _, fewest, most, _ = KINDS[name]
    samples = int(round(2000 * 10 ** random.random(), -2))
    return name, int(random.integers(fewest, most + 1)), samples, float(random.choice(NOISE))


def run(case, mixing):  # named as the columns are
    """A row of the table."""
    torch.set_num_threads(1)
    number = case
    name, size, samples, noise = drawn(number)
    maker, truth, *_ = KINDS[name]
    rows = maker(samples, size, number)
    random = np.random.default_rng(number)
    rows = rows + noise * rows.std() * random.standard_normal(rows.shape)
    basis = hiding_basis(size, HIDINGS[mixing], number)
    shift = basis @ Grid.of(size, truth).shift_matrix(dtype=torch.float64).numpy() @ basis.T
    X = rows @ basis.T
    lens, seconds = fitted(X, "auto", mixing, number)
    told, seconds_told = fitted(X, truth, mixing, number)
    seen = ends(torch.as_tensor(lens.transform(X)), samples)
    best = ends(torch.as_tensor(rows), samples)
    scores = [
        generator_similarity(one.generator_, shift, boundary=truth) if one.boundary_ == truth else 0
        for one in (lens, told)
    ]
    values = (
        number, name, size, samples, noise, mixing, truth, lens.boundary_, seen.certain,
        f"{seen.share:.3f}", f"{seen.error:.3f}", best.certain, *(f"{one:.4f}" for one in scores),
        f"{seconds:.2f}", f"{seconds_told:.2f}",
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def fitted(X, boundary, mixing, seed):
    """A lens, and the CPU seconds it took."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lens = SymmetryLens(boundary=boundary, mixing=mixing, random_state=seed).fit(X)
    return lens, time.process_time() - start


def tasks(cases=(1000, 1200), mixings=tuple(HIDINGS)):
    """What identifies every run."""
    return [{"case": case, "mixing": mixing} for case in range(*cases) for mixing in mixings]


def needs(task):
    """The package of a set."""
    package = KINDS[drawn(task["case"])[0]][-1]
    return [package] if package else []


TABLE = Table(
    "boundary", FIELDS, ("case", "mixing"), run, plan=tasks, took="seconds", like=("mixing",),
    guess=10.0, needs=needs,
)  # fmt: skip


def summary(rows):
    """Of every mixing and set: right, wrong, not told, and where the truth in hand tells."""
    rows, lines, costs = list(rows), [], []
    for mixing in HIDINGS:
        of = [row for row in rows if row["mixing"] == mixing]
        for name in [*KINDS, "all"]:
            chosen = [row for row in of if name in (row["set"], "all")]
            if chosen:
                lines.append((mixing, name, *counts(chosen)))
        ratios = [float(row["seconds"]) / float(row["seconds_told"]) for row in of]
        if ratios:
            total = sum(float(row["seconds"]) for row in of)
            told = sum(float(row["seconds_told"]) for row in of)
            costs.append((mixing, f"{total / told:.2f}", f"{np.median(ratios):.2f}"))
    header = "mixing", "set", "cases", "right", "wrong", "cannot tell", "nor with the truth in hand"
    cost = "mixing", "CPU time of all, to fits that are told", "median of the ratios"
    return table(header, lines) + "\n" + table(cost, costs)


def counts(rows):
    """Numbers of a line of the table."""
    untold = [row for row in rows if row["certain"] == "False"]
    right = sum(row["found"] == row["truth"] for row in rows if row not in untold)
    hidden = sum(row["truth_certain"] == "False" for row in untold)
    return len(rows), right, len(rows) - right - len(untold), len(untold), hidden


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs=2, type=int, default=[1000, 1200], help="first, end")
    parser.add_argument("--mixing", nargs="+", choices=HIDINGS, default=list(HIDINGS))
    parser.add_argument("--jobs", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--minutes", type=float, help="none is begun that would end later")
    parser.add_argument("--output", help="docs/results/boundary.csv")
    options = parser.parse_args()
    ledger = Ledger(TABLE, path=options.output)
    wanted = tasks(options.cases, options.mixing)
    for said in sorted({f"{one} is not installed" for task in wanted for one in TABLE.lacks(task)}):
        print(said, flush=True)
    return complete([(ledger, wanted)], options.jobs, options.minutes)


if __name__ == "__main__":
    raise SystemExit(main())
