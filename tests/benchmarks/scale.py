# SPDX-License-Identifier: BSD-3-Clause
"""Time, memory and accuracy against columns, rows and jobs, beside FastICA and picard.

    python tests/benchmarks/scale.py --part columns --columns 33 65 129 257
    python tests/benchmarks/scale.py --part columns --columns 65 257 513 --methods lens \
        --seeds 3                   # how time grows
    python tests/benchmarks/scale.py --part columns --columns 1025 --samples 100000 \
        --signals narrow --methods lens
    python tests/benchmarks/scale.py --part rows --rows 5000 20000 200000 2000000
    python tests/benchmarks/scale.py --part jobs
    python tests/benchmarks/scale.py --page

The samples are written to a file first, in single precision; every fit has a process and one thread
of its own, and is given the memory-mapped file (FastICA and picard: the array that it holds). Times
are processor seconds of the fit. Memory is the largest resident memory of that process less what
it was before the fit. The cosine is that of the generator to the hidden one; independent components
are brought in order as by ``baselines.ICASeriation``. Rows go to a CSV file, those that the
present search has made are skipped; ``--page`` writes docs/scale.md and its figure. Picard needs
python-picard.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from ledger import ROOT, Ledger, Table, read
from memory import peak
from pool import complete

FIELDS = (
    "part", "method", "signal", "noise", "columns", "rows", "jobs", "seed", "cosine",
    "cpu_seconds", "megabytes", "starts", "iterations", "version",
)  # fmt: skip
KEY = FIELDS[:8]
METHODS = ("lens", "FastICA", "picard")
SIGNALS = {
    "narrow": {"signal": "gaussian"},
    "legendre": {"signal": "legendre"},
    "wide": {"signal": "gaussian", "scale": (1.0, 3.0)},
}
# Of the part "rows": signals and noises where samples are what is missing.
HARD = (("narrow", 0.7), ("narrow", 1.0), ("wide", 0.05))


def make(task, path):
    """Write the samples to a file; the hidden generator."""
    from sklearn_symmetry.datasets import make_symmetric_signals

    options = SIGNALS[task["signal"]] | {"noise": task["noise"], "symmetry": "orthogonal"}
    data = make_symmetric_signals(
        task["rows"], task["columns"], random_state=3000 + task["seed"], **options
    )
    np.save(path, data.data.astype(np.float32))
    return data.generator


def estimator(task):
    """What is fitted."""
    from sklearn_symmetry import SymmetryLens
    from sklearn_symmetry.baselines import ICASeriation

    if task["method"] == "lens":
        return SymmetryLens(random_state=task["seed"], n_jobs=task["jobs"])
    if task["method"] == "FastICA":
        return ICASeriation(random_state=task["seed"], max_iter=300)

    class Picard(ICASeriation):
        """Independent components by picard instead of FastICA."""

        def _independent_rows(self, samples):
            from picard import picard

            from sklearn_symmetry.baselines._seriation import _whitening

            whitening = _whitening(samples)
            white = (samples @ whitening.T).T
            _, unmixing, _, n_iter = picard(
                white, ortho=True, whiten=False, centering=False, fun="tanh", max_iter=300,
                tol=1e-4, random_state=self.random_state, return_n_iter=True,
            )  # fmt: skip
            rows = unmixing @ whitening
            return rows / np.linalg.norm(rows, axis=1, keepdims=True), n_iter, True

    return Picard(random_state=task["seed"])


def fit(task, path):
    """One fit, in this process: what it took, and its generator."""
    import torch

    torch.set_num_threads(1)
    model, X = estimator(task), np.load(path, mmap_mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if task["method"] != "lens":
            X = np.array(X)
        before, start = peak(), time.process_time()
        model.fit(X)
    return {
        "cpu_seconds": f"{time.process_time() - start:.1f}",
        "megabytes": f"{(peak() - before) / 2**20:.0f}",
        "starts": len(getattr(model, "candidates_", ())) or "",
        "iterations": model.n_iter_,
    }, model.generator_


def measure(**task):
    """A row of the table; the fit is done by a process of its own."""
    from sklearn_symmetry import __version__
    from sklearn_symmetry.metrics import generator_similarity

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy"
        generator = make(task, path)
        command = [sys.executable, __file__, "--task", json.dumps(task), "--path", str(path)]
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        run = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | one
        )
        found = np.load(path.with_name("generator.npy"))
    cosine = f"{generator_similarity(found, generator):.5f}"
    row = task | json.loads(run.stdout.splitlines()[-1])
    return row | {"cosine": cosine, "version": __version__}


def tasks(options):
    """What is to be measured, the cheap first."""
    one = {"part": options.part, "method": "lens", "noise": 0.05, "jobs": 1}
    for seed in range(options.seeds):
        if options.part == "columns":
            for columns in sorted(options.columns):
                for signal in options.signals or ("narrow", "legendre"):
                    for method in options.methods:
                        size = {"columns": columns, "rows": options.samples}
                        yield one | size | {"signal": signal, "method": method, "seed": seed}
        elif options.part == "rows":
            for rows in sorted(options.rows):
                for signal, noise in HARD:
                    if options.signals and signal not in options.signals:
                        continue
                    size = {"columns": 33, "rows": rows}
                    yield one | size | {"signal": signal, "noise": noise, "seed": seed}
        else:
            for jobs in (1, 2):
                size = {"columns": 33, "rows": options.samples, "jobs": jobs}
                yield one | size | {"signal": "wide", "seed": seed}


def plan():
    """The published table."""
    growth = ["--part", "columns", "--columns", "65", "257", "513", "--methods", "lens"]
    largest = ["--part", "columns", "--columns", "1025", "--samples", "100000"]
    wide = ["--part", "columns", "--columns", "129", "--signals", "wide", "--methods", "lens"]
    parts = (
        [*growth, "--seeds", "3"], [*largest, "--signals", "narrow", "--methods", "lens"], wide,
        ["--part", "columns"],
        ["--part", "rows", "--seeds", "2"], ["--part", "jobs"],
    )  # fmt: skip
    found = [task for part in parts for task in tasks(parsed(part))]
    return [task for at, task in enumerate(found) if task not in found[:at]]


TABLE = Table(
    "scale", FIELDS, KEY, measure, plan=plan, took="cpu_seconds", like=KEY[:6], guess=30.0,
    alone=True, needs=lambda task: ("picard",) if task["method"] == "picard" else (),
)  # fmt: skip


def parsed(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--part", choices=("columns", "rows", "jobs"))
    parser.add_argument("--columns", nargs="+", type=int, default=[33, 65, 129, 257])
    parser.add_argument("--rows", nargs="+", type=int, default=[5000, 20_000, 200_000, 2_000_000])
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--signals", nargs="+", choices=SIGNALS)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--page", action="store_true", help="write the page and its figure")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results" / "scale.csv")
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments=None):
    """Measure what is not there yet, print and write every row, then the page."""
    options = parsed(arguments)
    if options.task:
        found, generator = fit(options.task, options.path)
        np.save(options.path.with_name("generator.npy"), generator)
        print(json.dumps(found))
        return
    if options.part:
        complete([(Ledger(TABLE, path=options.output), list(tasks(options)))])
    if options.page:
        from scale_page import write

        write(read(options.output), ROOT / "docs")


if __name__ == "__main__":
    main()
