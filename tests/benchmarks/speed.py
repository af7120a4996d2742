# SPDX-License-Identifier: BSD-3-Clause
"""Wall time of a default fit as a multiple of FastICA on the same array, in the same run.

    python tests/benchmarks/speed.py

FastICA has as many components as features, ``max_iter=300, tol=1e-4``. Times are those of this
process alone on all cores; the ratio is what counts. Peak memory is that of the process so far.
"""

import argparse
import csv
import resource
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import sklearn
import torch
from accuracy import KINDS
from sklearn.decomposition import FastICA

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.metrics import generator_similarity

FIELDS = (
    "set", "repeat", "ratio", "ica_seconds", "lens_seconds", "search_share", "candidates",
    "iterations", "cosine", "peak_megabytes",
)  # fmt: skip


class Stopwatch:
    """Callback that notes when the search of a fit ended."""

    def setup(self, estimator, context):
        self.begin = self.searched = time.perf_counter()

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "search":
            self.searched = time.perf_counter()

    def teardown(self, estimator, context):
        pass


def measure(name, samples, repeat):
    """One pair of fits; a row of the table."""
    kind = name.rstrip("0123456789")
    size = int(name[len(kind) :])
    data = KINDS[kind](samples, size, symmetry="orthogonal", random_state=2000 + repeat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        FastICA(size, max_iter=300, tol=1e-4, random_state=repeat).fit(data.data)
        ica = time.perf_counter() - start
        watch = Stopwatch()
        lens = SymmetryLens(random_state=repeat).set_callbacks(watch)
        start = time.perf_counter()
        lens.fit(data.data)
        own = time.perf_counter() - start
    share = (watch.searched - watch.begin) / own
    cosine = generator_similarity(lens.generator_, data.generator)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    values = (name, repeat, f"{own / ica:.1f}", f"{ica:.2f}", f"{own:.2f}", f"{share:.2f}",
              len(lens.candidates_), lens.n_iter_, f"{cosine:.5f}", f"{memory:.0f}")  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def main():
    """Measure every set, print every row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    sets = ["gaussian33", "legendre33", "wide33", "mnist27", "gaussian17", "gaussian65"]
    parser.add_argument("--sets", nargs="+", default=[*sets, "gaussian129"])
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--output", default="docs/results/speed.csv")
    options = parser.parse_args()
    print(
        f"{joblib.cpu_count()} cores, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    )
    with Path(options.output).open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for name in options.sets:
            for repeat in range(options.repeats):
                row = measure(name, options.samples, repeat)
                writer.writerow(row)
                file.flush()
                print(" ".join(f"{value}" for value in row.values()), flush=True)


if __name__ == "__main__":
    main()
