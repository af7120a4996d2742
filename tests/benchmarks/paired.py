# SPDX-License-Identifier: BSD-3-Clause
"""CPU time and memory of default fits against those of another version, in turn, in one run.

    git worktree add /tmp/before v0.1.0
    python tests/benchmarks/paired.py /tmp/before

Every fit, and every verdict with ``--verdict``, has a process of its own with one thread: once with
the package of the other checkout, once with this one, in turn. The ratio of a pair is what counts;
every pair is a row of the CSV file.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from stamps import stamp

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SETS = (
    "gaussian33", "legendre33", "wide33", "mnist27", "photos9", "digits11", "gaussian17",
    "legendre17", "circulant13", "gaussian7", "legendre7", "gaussian65",
)  # fmt: skip
FIELDS = (
    "set",
    "samples",
    "repeat",
    "what",
    "before",
    "now",
    "ratio",
    "cosine_before",
    "cosine_now",
)
ONE = """
import json, sys, time, warnings
import torch

torch.set_num_threads(1)
warnings.simplefilter("ignore")
sys.path.insert(0, {benchmarks!r})
from accuracy import KINDS
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.metrics import generator_similarity

name, samples, repeat, verdict = {task!r}
kind = name.rstrip("0123456789")
size = int(name[len(kind):])
data = KINDS[kind](samples, size, symmetry="orthogonal", random_state=2000 + repeat)
boundary = "circulant" if kind == "circulant" else "open"
SymmetryLens(n_init=1, max_iter=1).fit(data.data[: 20 * size])  # first calls cost more
lens = SymmetryLens(boundary=boundary, random_state=repeat)
start = time.process_time()
lens.fit(data.data)
found = {{"fit": time.process_time() - start}}
if verdict:
    start = time.process_time()
    lens.verdict(data.data)
    found["verdict"] = time.process_time() - start
found["cosine"] = generator_similarity(lens.generator_, data.generator, boundary=boundary)
print(json.dumps(found))
"""


def measure(package, *task):
    """Seconds and cosine of one fit with the package of a checkout."""
    code = ONE.format(benchmarks=str(HERE), task=task)
    environment = os.environ | {"PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=package
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure pairs, print every row and the median ratio of every set."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("before", type=Path, help="a checkout of the other version")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--verdict", action="store_true")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results" / "paired.csv")
    options = parser.parse_args()
    ratios = {}
    part = options.output.with_suffix(".part")  # what there is stays until all is measured
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, (*FIELDS, "stamp"))
        writer.writeheader()
        for name in options.sets:
            for repeat in range(options.repeats):
                task = (name, options.samples, repeat, options.verdict)
                before, now = (measure(where, *task) for where in (options.before.resolve(), ROOT))
                for what in ("fit", "verdict")[: 1 + options.verdict]:
                    ratio = now[what] / before[what]
                    ratios.setdefault((name, what), []).append(ratio)
                    values = (name, options.samples, repeat, what, f"{before[what]:.2f}",
                              f"{now[what]:.2f}", f"{ratio:.2f}", f"{before['cosine']:.5f}",
                              f"{now['cosine']:.5f}")  # fmt: skip
                    row = dict(zip(FIELDS, values, strict=True))
                    writer.writerow(row | {"stamp": stamp("verdict")})
                    file.flush()
                    print(*values, flush=True)
    part.replace(options.output)
    for (name, what), some in ratios.items():
        print(f"{name} {what}: median ratio {statistics.median(some):.2f}")


if __name__ == "__main__":
    main()
