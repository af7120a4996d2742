# SPDX-License-Identifier: BSD-3-Clause
"""Peak resident memory of a fit, beyond what was there before it.

    python tests/benchmarks/memory.py
    python tests/benchmarks/memory.py --gigabytes 4

Each fit has a process of its own, ``SymmetryLens(n_init=1, max_iter=5)``: the samples are made or
their file is opened, and the largest resident memory before and after the fit is compared. Once the
samples are in memory; once, with ``--gigabytes``, in a memory-mapped file of that size, which is
written to a temporary folder (``--folder``) chunk by chunk, and removed afterwards. Peaks of an
import or of the making of samples would hide what the fit needs: both are done in small steps.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

STEP = 50_000  # rows made at once
SMOOTH = 5  # columns over which noise is averaged, so that there is an order to find


def fill(X):
    """Moving averages of noise along the columns, written into an array or a file."""
    random = np.random.default_rng(0)
    for start in range(0, len(X), STEP):
        rows = X[start : start + STEP]
        noise = random.standard_normal((len(rows), X.shape[1] + SMOOTH - 1), dtype=np.float32)
        rows[:] = sum(noise[:, lag : lag + X.shape[1]] ** 3 for lag in range(SMOOTH))


def peak():
    """Largest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says on Linux may be of the process that started this one
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1])
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def fit(X):
    """Memory of a fit as a dictionary, in bytes."""
    from sklearn.exceptions import ConvergenceWarning

    from sklearn_symmetry import SymmetryLens

    before = peak()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        SymmetryLens(n_init=1, max_iter=5, random_state=0).fit(X)
    return {"bytes": X.nbytes, "before": before, "more": peak() - before}


def measure(*options):
    """Result of this script, called with these options in a process of its own."""
    command = [sys.executable, __file__, *map(str, options)]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def in_memory(n_samples, n_features):
    """The fit of an array, in this process."""
    X = np.empty((n_samples, n_features), np.float32)
    fill(X)
    return fit(X)


def write(path, gigabytes, n_features):
    """A file of single precision of this size."""
    n_samples = round(gigabytes * 2**30 / (4 * n_features))
    X = np.lib.format.open_memmap(path, "w+", np.float32, (n_samples, n_features))
    fill(X)
    X.flush()


def show(name, found):
    """One line of the table."""
    size, before, more = (found[key] / 2**20 for key in ("bytes", "before", "more"))
    print(
        f"{name:16s} X {size:8.0f} MB, before the fit {before:8.0f} MB, the fit {more:8.0f} MB "
        f"more, {more / size:.2f} times X",
        flush=True,
    )


def machine():
    """What the numbers depend on."""
    import sklearn
    import torch

    import sklearn_symmetry

    print(f"{platform.platform()}, {platform.machine()}, Python {platform.python_version()}")
    versions = {module.__name__: module.__version__ for module in (np, torch, sklearn)}
    versions["sklearn_symmetry"] = sklearn_symmetry.__version__
    print(", ".join(f"{name} {version}" for name, version in versions.items()), flush=True)


def main(arguments=None):
    """Measure in processes of their own, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=1_000_000, help="of the array in memory")
    parser.add_argument("--features", type=int, default=33)
    parser.add_argument("--gigabytes", type=float, default=0.0, help="of the file; 0 for none")
    parser.add_argument("--folder", type=Path, help="for the file, on a disk that has room for it")
    parser.add_argument("--part", choices=("memory", "file"), help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.part == "memory":
        print(json.dumps(in_memory(args.samples, args.features)))
        return
    if args.part == "file":
        print(json.dumps(fit(np.load(args.path, mmap_mode="r"))))
        return
    machine()
    shape = ("--samples", args.samples, "--features", args.features)
    show("in memory", measure("--part", "memory", *shape))
    if args.gigabytes:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            path = Path(folder) / "X.npy"
            write(path, args.gigabytes, args.features)
            show("memory-mapped", measure("--part", "file", "--path", path))


if __name__ == "__main__":
    main()
