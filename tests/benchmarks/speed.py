# SPDX-License-Identifier: BSD-3-Clause
"""Cost of a default fit as a multiple of FastICA and picard on the same array, in the same process.

    python tests/benchmarks/speed.py

Seconds are those of the processor, one thread, on a machine that does nothing else; the ratios are
what counts. FastICA and picard have as many components as features and at most 300 iterations to a
tolerance of 1e-4. Every row has a process of its own, whose peak memory is that of all three. Needs
python-picard.
"""

import argparse
import itertools
import time
import warnings

import joblib
import numpy as np
import sklearn
import torch
from accuracy import KINDS, needs
from ledger import Ledger, Table
from memory import peak
from pool import complete
from sklearn.decomposition import FastICA
from threadpoolctl import threadpool_limits

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.metrics import generator_similarity

FIELDS = (
    "set", "samples", "repeat", "ratio", "picard_ratio", "ica_seconds", "picard_seconds",
    "lens_seconds", "search_share", "candidates", "iterations", "cosine", "peak_megabytes",
)  # fmt: skip
SETS = (
    "gaussian33", "legendre33", "wide33", "mnist27", "gaussian17", "gaussian65", "gaussian129",
)  # fmt: skip


class Stopwatch:
    """Callback that notes when the search of a fit ended."""

    def setup(self, estimator, context):
        self.begin = self.searched = time.process_time()

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "search":
            self.searched = time.process_time()

    def teardown(self, estimator, context):
        pass


def spent(fit, *arguments, **options):
    """Seconds of the processor that a call takes."""
    start = time.process_time()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        fit(*arguments, **options)
    return time.process_time() - start


def measure(set, samples, repeat):  # named as the columns are
    """One fit of each; a row of the table."""
    from picard import picard

    torch.set_num_threads(1)
    kind = set.rstrip("0123456789")
    size = int(set[len(kind) :])
    data = KINDS[kind](samples, size, symmetry="orthogonal", random_state=2000 + repeat)
    X = data.data
    ica = spent(FastICA(size, max_iter=300, tol=1e-4, random_state=repeat).fit, X)
    other = spent(picard, X.T, max_iter=300, tol=1e-4, random_state=repeat)
    watch = Stopwatch()
    lens = SymmetryLens(random_state=repeat).set_callbacks(watch)
    own = spent(lens.fit, X)
    cosine = generator_similarity(lens.generator_, data.generator)
    memory = peak() / 2**20
    values = (
        set, samples, repeat, f"{own / ica:.1f}", f"{own / other:.1f}", f"{ica:.2f}",
        f"{other:.2f}", f"{own:.2f}", f"{(watch.searched - watch.begin) / own:.2f}",
        len(lens.candidates_), lens.n_iter_, f"{cosine:.5f}", f"{memory:.0f}",
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def tasks(sets=SETS, samples=20_000, repeats=3):
    """What identifies every row."""
    for name, repeat in itertools.product(sets, range(repeats)):
        yield {"set": name, "samples": samples, "repeat": repeat}


TABLE = Table(
    "speed", FIELDS, ("set", "samples", "repeat"), measure, plan=lambda: list(tasks()),
    took="lens_seconds", like=("set",), guess=10.0, alone=True,
    needs=lambda task: ("picard", *needs(task)),
)  # fmt: skip


def main():
    """Measure what is missing, print every run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", help="docs/results/speed.csv")
    options = parser.parse_args()
    print(
        f"{joblib.cpu_count()} cores, torch {torch.__version__}, "
        f"scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    )
    wanted = list(tasks(options.sets, options.samples, options.repeats))
    return complete([(Ledger(TABLE, path=options.output), wanted)])


if __name__ == "__main__":
    raise SystemExit(main())
