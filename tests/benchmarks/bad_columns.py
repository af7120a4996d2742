# SPDX-License-Identifier: BSD-3-Clause
"""Bad columns among shuffled ones: whether the others are in order, and the bad ones are named.

    python tests/benchmarks/bad_columns.py

One of 16 columns, or three of 33, is dead (constant), noise of the same size, a copy of the one
five places on, or upside down. ``order``: whether all neighbours among the other columns are
right. ``named`` and ``others``: bad columns that are named in the sentences of the verdict about
single columns, and good ones that are (of two copies, either is right). Rows go to a CSV file, runs
that the present search has made are skipped. Limits were set on other seeds.
"""

import argparse
import itertools
import re
import warnings

import numpy as np
import torch
from known_sets import SETS
from ledger import Ledger, Table
from pool import complete
from result_tables import grouped, table

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict.columns import lonely_columns, turned_columns
from sklearn_symmetry.metrics import compare_orders
from sklearn_symmetry.statistics import summarise
from sklearn_symmetry.statistics.faults import faults

FIELDS = ("set", "columns", "bad", "kind", "samples", "noise", "seed", "order", "named", "others")
NAMES = (
    "narrow", "wide", "waves", "narrow ring", "waves ring", "head directions", "photographs",
    "brick", "terrain", "tremor", "land and sea",
)  # fmt: skip
KINDS = ("dead", "noise", "copy", "upside down")
AHEAD = 5  # places from a column to its copy


def spoilt(X, kind, bad, random):
    """The samples with some columns replaced."""
    X = X.copy()
    if kind == "dead":
        X[:, bad] = 0.0
    elif kind == "noise":
        X[:, bad] = X.std() * random.standard_normal((len(X), len(bad)))
    elif kind == "copy":
        X[:, bad] = X[:, (bad + AHEAD) % X.shape[1]]
    else:
        X[:, bad] *= -1
    return X


def run(set, columns, bad, kind, samples, noise, seed):  # named as the columns are
    """A row of the table."""
    torch.set_num_threads(1)
    maker, _, boundary, _ = SETS[set]
    random = np.random.default_rng(seed)
    X = maker(samples, columns, seed)
    X = X + noise * X.std() * random.standard_normal(X.shape)
    # Far enough from each other that copies are of good columns.
    where = (random.integers(columns) + 9 * np.arange(bad)) % columns
    X, place = spoilt(X, kind, where, random), random.permutation(columns)
    X, names = X[:, place], np.array([f"c{column}" for column in place])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lens = SymmetryLens(boundary=boundary, mixing="permutation", random_state=seed).fit(X)
    gone = [f"c{column}" for column in where] if kind != "upside down" else []
    kept = [name for name in names[lens.column_order_] if name not in gone]
    truth = [f"c{column}" for column in range(columns) if f"c{column}" not in gone]
    order = compare_orders(kept, truth, boundary=boundary).agreement == 1
    summary = summarise(X, seed=seed)
    fitted = lens, summary, names
    said = " ".join([*faults(summary, names), *lonely_columns(*fitted), *turned_columns(*fitted)])
    named = {int(column) for column in re.findall(r"\bc(\d+)\b", said)}
    copied = {int(column + AHEAD) % columns for column in where} if kind == "copy" else {*()}
    found, others = named & {*where.tolist()}, named - {*where.tolist()} - copied
    values = (set, columns, bad, kind, samples, noise, seed, order, len(found), len(others))
    return dict(zip(FIELDS, values, strict=True))


def tasks(seeds=(100, 101, 102)):
    """What identifies every run."""
    cases = itertools.product(NAMES, ((16, 1), (33, 3)), KINDS, ((500, 0.0), (5000, 0.3)), seeds)
    for name, (columns, bad), kind, (samples, noise), seed in cases:
        size = {"columns": columns, "bad": bad}
        case = {"kind": kind, "samples": samples, "noise": noise}
        yield {"set": name} | size | case | {"seed": seed}


def needs(task):
    """The package of a set."""
    package = SETS[task["set"]][3]
    return [package] if package else []


TABLE = Table(
    "bad_columns", FIELDS, FIELDS[:7], run, plan=lambda: list(tasks()), guess=0.5, needs=needs
)


def summary(rows):
    """Sums over sets, sizes and seeds."""
    lines = []
    for (samples, noise, kind), found in grouped(rows, "samples", "noise", "kind").items():
        bad, named, others = (
            sum(int(row[name]) for row in found) for name in ("bad", "named", "others")
        )
        right = sum(row["order"] == "True" for row in found)
        case = f"{int(samples):,}", noise, kind
        lines.append((*case, len(found), right, f"{named} of {bad}", others))
    header = ("samples", "noise (sd)", "bad columns", "runs", "all others in order",
              "bad ones named", "good ones named")  # fmt: skip
    return table(header, sorted(lines))


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[100, 101, 102])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="none is begun that would end later")
    parser.add_argument("--output", help="docs/results/bad_columns.csv")
    options = parser.parse_args()
    ledger = Ledger(TABLE, path=options.output)
    return complete([(ledger, list(tasks(options.seeds)))], options.jobs, options.minutes)


if __name__ == "__main__":
    raise SystemExit(main())
