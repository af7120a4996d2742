# SPDX-License-Identifier: BSD-3-Clause
"""Time of default fits, and of one step of the solver, on the CPU and on a GPU.

    python tests/benchmarks/device.py
    python tests/benchmarks/device.py --columns 513 1025 --minutes 60
    python tests/benchmarks/device.py --parts step --columns 33 65 129 257 513 1025

Every repeat is a row of the CSV file; those of this machine and the present search are skipped. A
measurement is not begun where it is likely to end after ``--minutes``. Wall seconds include the
wait for the GPU; processor seconds are those of this process. Part ``step`` is one value and
gradient of the loss, on all samples, and what it is made of; medians over some calls.

On a machine without a GPU the CPU is measured alone. Needs the package and what that needs. The
page docs/device.md is written from the default file; ``--minutes 0`` writes it alone.
"""

import argparse
import os
import platform
import re
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
import sklearn
import torch
from ledger import Ledger, Table
from result_tables import table

from sklearn_symmetry import SymmetryLens, __version__
from sklearn_symmetry.core.entropy import smooth_entropy
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.manifold import _curvature
from sklearn_symmetry.solver.objective import Objective
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import principal_data

ROOT = Path(__file__).resolve().parents[2]
KEY = ("part", "signal", "columns", "samples", "device", "machine", "repeat")
FIELDS = (
    *KEY, "wall_seconds", "cpu_seconds", "cosine", "starts", "iterations", "converged",
    "gpu_megabytes", "python", "torch", "numpy", "scikit_learn", "version",
)  # fmt: skip
GROWTH = 2.7  # of time with columns, to guess whether a measurement fits into what is left
CALLS = 9  # of one kernel, fewer where they take long
LONG = 20.0  # seconds of all calls of one kernel


def machine(device):
    """The processor that computes."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", info.read_text()) if info.exists() else []
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def versions():
    """What the numbers depend on."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "scikit_learn": sklearn.__version__,
        "version": __version__,
    }


def wait(device):
    """Until all work is done."""
    if device == "cuda":
        torch.cuda.synchronize()


def timed(work, device):
    """Result, wall seconds and processor seconds of a call."""
    wait(device)
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wait(device)
    return result, time.perf_counter() - wall, time.process_time() - cpu


def data_of(task):
    """The samples, the same ones on every device."""
    return make_symmetric_signals(
        task["samples"],
        task["columns"],
        signal=task["signal"],
        symmetry="orthogonal",
        random_state=2000 + task["repeat"],
    )


def measure_fit(task):
    """One default fit: the rest of its row."""
    data, device = data_of(task), task["device"]
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    lens = SymmetryLens(device=device, random_state=task["repeat"])
    _, wall, cpu = timed(lambda: lens.fit(data.data), device)
    yield {
        **task,
        "wall_seconds": f"{wall:.3f}",
        "cpu_seconds": f"{cpu:.3f}",
        "cosine": f"{generator_similarity(lens.generator_, data.generator):.5f}",
        "starts": len(lens.candidates_),
        "iterations": lens.n_iter_,
        "converged": lens.converged_,
        "gpu_megabytes": _peak(device),
    }


def kernels(objective):
    """What a step is made of, by name; the whole step first."""
    basis = torch.eye(objective.n_features).to(objective.spectrum)
    rows = (basis.float() @ objective.samples).requires_grad_()
    scale, size = objective.density.scale, len(basis)
    turn = torch.ones_like(basis).triu(1) * (DEFAULT.largest_turn / size**0.5)

    def entropies():
        return torch.autograd.grad(smooth_entropy(rows.mT, scale=scale).sum(), rows)

    return {
        "step": lambda: objective.values_and_gradients(basis[None]),
        "step: rotation of the samples": lambda: basis.float() @ objective.samples,
        "step: entropies and gradient": entropies,
        "step: moments and gradient": lambda: objective.moment_gradients(basis[None]),
        "step: matrix exponential": lambda: torch.linalg.matrix_exp(turn - turn.mT),
        "curvature of the loss": lambda: _curvature(objective, basis[None], DEFAULT.probes),
    }


def measure_step(task):
    """One value and gradient, and its kernels: the rows."""
    device = task["device"]
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    data = principal_data(data_of(task).data, seed=0, device=device)
    objective = Objective(data, PAPER_WEIGHTS)
    for name, work in kernels(objective).items():
        wall, cpu = repeated(work, device)
        row = {"wall_seconds": f"{wall:.6f}", "cpu_seconds": f"{cpu:.6f}"}
        yield {**task, "part": name, **row, "gpu_megabytes": _peak(device)}


def repeated(work, device):
    """Median wall and processor seconds of a call, the first one left out."""
    _, first, _ = timed(work, device)
    calls = [timed(work, device)[1:] for _ in range(max(1, min(CALLS, int(LONG / first))))]
    return (statistics.median(seconds) for seconds in zip(*calls, strict=True))


def _peak(device):
    return f"{torch.cuda.max_memory_allocated() / 2**20:.0f}" if device == "cuda" else ""


MEASURES = {"fit": measure_fit, "step": measure_step}


def tasks(options, devices):
    """What is to be measured, the cheap first."""
    for columns in sorted(options.columns):
        for repeat in range(options.repeats):
            for part in options.parts:
                for device in devices:
                    values = (part, options.signal, columns, options.samples, device,
                              machine(device), repeat)  # fmt: skip
                    yield dict(zip(KEY, values, strict=True))


def expected(task, rows):
    """Seconds that a measurement is likely to take, from those of fewer columns."""
    same = [name for name in KEY if name not in ("columns", "repeat")]
    known = [
        (int(row["columns"]), float(row["wall_seconds"]))
        for row in rows
        if all(str(row[name]) == str(task[name]) for name in same)
        and int(row["columns"]) <= task["columns"]
    ]
    if not known:
        return 0.0
    columns, seconds = max(known)
    calls = 1 if task["part"] == "fit" else 10 * CALLS
    return calls * seconds * (task["columns"] / columns) ** GROWTH


def warm_up(device):
    """First calls on a device cost more than others."""
    data = make_symmetric_signals(2000, 33, symmetry="orthogonal", random_state=0).data
    SymmetryLens(device=device, n_init=1, max_iter=5, random_state=0).fit(data)


def parsed(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--parts", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--columns", nargs="+", type=int, default=[33, 65, 129, 257])
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--signal", choices=("gaussian", "legendre"), default="gaussian")
    parser.add_argument("--devices", nargs="+", choices=("cuda", "cpu"), default=["cuda", "cpu"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=1, help="of torch, for the part step")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results" / "device.csv")
    return parser.parse_args(arguments)


HEAD = """# On a GPU

Made by `python tests/benchmarks/device.py`; every single run is in `docs/results/device.csv`, with
the versions. CPU: one thread of {cpu}. GPU: {gpu}.

## A default fit

Narrow Gaussian signals, 20,000 samples; wall seconds, the fastest run of each.

"""
STEPS = """
## One step of the solver

Value and gradient of the loss on 20,000 samples, milliseconds. Up to a hundred columns a step on
the GPU takes the time of starting its kernels. A fit gains less than a step, since proposals and
repairs are made on the host.

"""


LARGE = """
## More samples

Fits on the GPU of 50,000 samples (`--samples 50000 --devices cuda --parts fit --columns 257 513`,
and with `--signal legendre`), several at once on one card, so that a fit alone is faster.
The search of that day did not find oscillating signals of this many columns: two starts each, and
a refinement that had not converged after 400 iterations. [It does now](scale.md), but has not been
on a GPU since.

"""


def write_page(rows, path):
    """Fits and steps on either device, side by side."""
    named = {row["device"]: row["machine"] for row in rows}
    page = HEAD.format(cpu=named.get("cpu", "?"), gpu=named.get("cuda", "none so far"))
    page += table(("columns", "CPU", "GPU", "ratio", "cosine, CPU", "cosine, GPU"), _fits(rows))
    page += STEPS + table(("columns", "CPU", "GPU", "ratio"), _steps(rows))
    columns = ("signal", "columns", "samples", "seconds", "cosine", "GPU memory, MB")
    page += LARGE + table(columns, _large(rows))
    path.write_text(page)


def _best(rows, part):
    """Fastest row of every size and device."""
    best = {}
    for row in sorted(rows, key=lambda row: -float(row["wall_seconds"])):
        if row["part"] == part and row["signal"] == "gaussian" and row["samples"] == "20000":
            best[int(row["columns"]), row["device"]] = row
    return best


def _pairs(rows, part):
    best = _best(rows, part)
    for size in sorted({size for size, _ in best}):
        yield size, best.get((size, "cpu")), best.get((size, "cuda"))


def _shown(row, what, scale=1.0, digits=1):
    return f"{scale * float(row[what]):.{digits}f}" if row else ""


def _ratio(one, other):
    if not one or not other:
        return ""
    return f"{float(one['wall_seconds']) / float(other['wall_seconds']):.1f}"


def _fits(rows):
    for size, one, other in _pairs(rows, "fit"):
        seconds = [_shown(row, "wall_seconds") for row in (one, other)]
        yield (
            size,
            *seconds,
            _ratio(one, other),
            *(_shown(row, "cosine", digits=4) for row in (one, other)),
        )


def _large(rows):
    """Fits of other numbers of samples, one by one."""
    for row in sorted(rows, key=lambda row: (row["signal"], int(row["columns"]))):
        if row["part"] == "fit" and row["samples"] != "20000":
            seconds, cosine = _shown(row, "wall_seconds"), _shown(row, "cosine", digits=4)
            shown = row["signal"], row["columns"], row["samples"], seconds, cosine
            yield *shown, row["gpu_megabytes"]


def _steps(rows):
    for size, one, other in _pairs(rows, "step"):
        yield size, *(_shown(row, "wall_seconds", 1e3) for row in (one, other)), _ratio(one, other)


def main(arguments=None):
    """Measure what is not there yet, print and write every row, then the page."""
    end, options = time.monotonic(), parsed(arguments)
    end += 60 * options.minutes
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    devices = list(options.devices)
    if not torch.cuda.is_available():
        print("no GPU here: torch finds none, the CPU is measured alone", flush=True)
        devices = [device for device in devices if device != "cuda"]
    print(", ".join([*map(machine, devices), *(f"{k} {v}" for k, v in versions().items())]))
    ledger, warm = Ledger(Table("device", FIELDS, KEY, tuple), path=options.output), set()
    for task in tasks(options, devices):
        name = " ".join(str(task[what]) for what in ("part", "signal", "columns", "device"))
        if ledger.has(task):
            print(f"{name}, repeat {task['repeat']}: there already", flush=True)
            continue
        guess = expected(task, list(ledger))
        if time.monotonic() + guess > end:
            print(f"{name}, repeat {task['repeat']}: left out, needs {guess:.0f} s", flush=True)
            continue
        if task["device"] not in warm:
            warm_up(task["device"])
            warm.add(task["device"])
        # The row of the whole step is written last: where it is, the others are.
        for row in reversed([row | versions() for row in MEASURES[task["part"]](task)]):
            ledger.put(row, [row])
            shown = ("part", "columns", "device", "repeat", "wall_seconds", "cpu_seconds", "cosine",
                     "starts", "iterations", "gpu_megabytes")  # fmt: skip
            print(" ".join(f"{row.get(what, '')}" for what in shown), flush=True)
    if options.output.resolve().is_relative_to(ROOT):
        write_page(list(ledger), ROOT / "docs" / "device.md")


if __name__ == "__main__":
    main()
