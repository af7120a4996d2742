# SPDX-License-Identifier: BSD-3-Clause
"""What the experiments share: sets, lenses, budgets, tables that survive an interruption."""

import argparse
import json
import re
import sys
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np
import torch
from threadpoolctl import threadpool_limits

from sklearn_symmetry import SymmetryLens, __version__, paper_settings
from sklearn_symmetry.datasets import load_mnist_slices, make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.tuning import DEFAULT

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests" / "benchmarks"))

from ledger import Ledger, Table, read  # noqa: E402
from memory import peak  # noqa: E402, F401
from result_tables import grouped, table  # noqa: E402, F401
from stamps import stamp  # noqa: E402, F401  # of the code that a run looks at

# Sets of the paper and their sizes (Table 3).
SETS = {
    "gaussian-7-circulant": 63_000,
    "gaussian-7-translation": 252_000,
    "mnist-27-translation": 1_080_000,
    "gaussian-33-translation": 1_650_000,
    "legendre-33-translation": 1_650_000,
    "gaussian-33-permutation": 1_650_000,
    "legendre-33-permutation": 1_650_000,
    "gaussian-33-frequency": 1_650_000,
    "legendre-33-frequency": 1_650_000,
}
FAST_SAMPLES = 20_000

# What identifies a run, and what is measured.
IDENTITY = ("solver", "set", "case", "repeat", "seed", "samples", "budget", "settings")
MEASURED = (
    "cosine", "target", "crop", "loss", "iterations", "converged", "seconds", "cpu_seconds",
    "version", "error",
)  # fmt: skip
FIELDS = (*IDENTITY, *MEASURED)

# ------------------------------------------------------------------------------------ command line


class Budget:
    """Steps of a fit (``"2000"``), or its minutes (``"1.5min"``).

    The schedules of the paper need the number of steps in advance: minutes become steps by timing
    the first ones. The fast solver is stopped when its minutes are over.
    """

    def __init__(self, text):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(min)?", text)
        if not found or float(found[1]) == 0 or (not found[2] and "." in found[1]):
            raise argparse.ArgumentTypeError(f"{text!r} is neither steps (2000) nor minutes (5min)")
        self.text = text
        self.minutes = float(found[1]) if found[2] else None
        self.steps = None if found[2] else int(found[1])

    def __str__(self):
        return self.text


def make_parser(description, *, repeats):
    """The options that all experiments have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--solver", choices=("fast", "paper"), default="fast")
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument(
        "--budget",
        type=Budget,
        help="of every fit: steps (2000) or minutes (5min); without it the fast solver runs to "
        "convergence, the paper's procedure for its published steps",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first repeat")
    parser.add_argument(
        "--samples", type=int, help="20,000 for the fast solver, else as in the paper"
    )
    parser.add_argument("--mnist", help="IDX file of images, plain or gzipped, or 'download'")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--resume", action="store_true", help="keep finished runs")
    parser.add_argument("--overwrite", action="store_true", help="forget those of this solver")
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    parser.add_argument("--figures", type=Path, default=Path("docs/figures"))
    return parser


def parse(parser, arguments=None):
    """Parsed options, checked; folders exist afterwards."""
    args = parser.parse_args(arguments)
    if args.repeats < 1 or args.jobs < 1:
        parser.error("--repeats and --jobs must be positive")
    if args.samples is not None and args.samples < 100:
        parser.error(f"--samples must be at least 100; got {args.samples}")
    for folder in (args.results, args.figures):
        folder.mkdir(parents=True, exist_ok=True)
    return args


# ------------------------------------------------------------------------------------ sets, lenses


def available(names, args):
    """The sets that can be made; says what is left out."""
    if args.mnist or not any(name.startswith("mnist") for name in names):
        return list(names)
    print("No MNIST without --mnist PATH or --mnist download: its runs are left out.")
    return [name for name in names if not name.startswith("mnist")]


def n_samples(name, args):
    """Samples of a set: as asked for, as in the paper, or what the fast solver needs."""
    if args.samples is not None:
        return args.samples
    return FAST_SAMPLES if args.solver == "fast" else SETS[name]


def boundary_of(name):
    """Of the signals of a set."""
    return "circulant" if name.endswith("circulant") else "open"


def make_set(name, samples, seed, mnist=None):
    """A set of the paper, named ``family-dimension-symmetry``; samples in single precision."""
    family, dimension, symmetry = name.split("-")
    if family == "mnist":
        path = None if mnist == "download" else mnist
        dataset = load_mnist_slices(
            samples, int(dimension), path=path, symmetry=symmetry, random_state=seed
        )
    else:
        dataset = make_symmetric_signals(
            samples,
            int(dimension),
            signal=family,
            symmetry="translation" if symmetry == "circulant" else symmetry,
            boundary=boundary_of(name),
            random_state=seed,
        )
    # As in the published runs; generator and basis stay in double precision.
    dataset.data = dataset.data.astype(np.float32)
    return dataset


def make_task(name, args, repeat=0, case="", **settings):
    """What identifies a run; `settings` are parameters of the lens that differ from its own."""
    base = {}
    if boundary_of(name) == "circulant" and args.solver == "fast":
        base["boundary"] = "circulant"  # the article has no such option: open and padded
    if args.solver == "paper":
        base |= paper_settings(int(name.split("-")[1]), n_samples(name, args))
    if args.budget and args.budget.steps:
        base["max_iter"] = args.budget.steps
    return {
        "solver": args.solver,
        "set": name,
        "case": case,
        "repeat": repeat,
        "seed": args.seed + repeat,
        "samples": n_samples(name, args),
        "budget": str(args.budget or ""),
        "settings": json.dumps(base | settings, sort_keys=True),
    }


def make_lens(task):
    """The lens of a task; on the CPU, where the same seed gives the same arrays."""
    settings = json.loads(task["settings"])
    return SymmetryLens(**settings, random_state=int(task["seed"]), device="cpu")


# ------------------------------------------------------------------------------------------- a run


class Clock:
    """Callback that tells about iterations, and stops a fit when its minutes are over."""

    def __init__(self, minutes=None, tell=None):
        self.minutes, self.tell = minutes, tell

    def setup(self, estimator, context):
        """Note the time of the start."""
        self.begin = time.perf_counter()

    def on_fit_task_begin(self, estimator, context):
        """Nothing to do."""

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        """Called for every iteration, and for every phase, then without metadata."""
        if self.tell is not None and metadata:
            self.tell(metadata["iteration"])
        over = self.minutes is not None and time.perf_counter() - self.begin > 60 * self.minutes
        return over or None

    def teardown(self, estimator, context):
        """Nothing to do."""


def run(task, args, tell=None, prepare=None):
    """One fit: the finished row, the fitted lens, and the set.

    ``tell(iteration)`` hears about progress; ``prepare(lens, dataset, task)`` may change the lens,
    and returns callbacks for it, or None.
    """
    dataset = make_set(task["set"], task["samples"], task["seed"], args.mnist)
    lens = make_lens(task)
    callbacks = (prepare and prepare(lens, dataset, task)) or []
    row = dict.fromkeys(FIELDS, "") | task
    row |= timed_fit(lens, dataset.data, args, tell, callbacks)
    circulant = dataset.boundary == "circulant"
    row["target"] = "cyclic shift" if circulant else "open shift"
    row["crop"] = "none" if circulant and lens.boundary == "circulant" else "central d x d"
    row["version"] = __version__
    if not row["error"]:
        row["cosine"] = similarity(lens, dataset)
        row["loss"] = lens.loss_curve_[-1] if lens.loss_curve_ else ""
        row["iterations"], row["converged"] = lens.n_iter_, lens.converged_
    return row, lens, dataset


def similarity(lens, dataset):
    """Cosine to the known generator of the set: of the crop, if the lens is open.

    That of a perfect open shift to the cyclic one of a circulant set is 0.926 at d = 7.
    """
    return generator_similarity(lens.generator_, dataset.generator, boundary=dataset.boundary)


def timed_fit(lens, X, args, tell=None, callbacks=()):
    """Columns about the cost of a fit within its budget."""
    minutes = args.budget.minutes if args.budget else None
    with one_quiet_thread():
        if minutes and args.solver == "paper":
            lens.set_params(max_iter=steps_within(minutes, lens, X))
            minutes = None
        clock = [Clock(minutes, tell)] if minutes or tell else []
        if clock or callbacks:
            lens.set_callbacks(*clock, *callbacks)
        return measure_fit(lens, X)


@contextmanager
def one_quiet_thread():
    """One thread for everything, and no warnings: "did not converge" is a column."""
    torch.set_num_threads(1)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        yield


def measure_fit(estimator, X):
    """Seconds of the clock and of the processor, and what went wrong, if anything did."""
    error = ""
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        estimator.fit(X)
    except FloatingPointError as failure:
        error = str(failure)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # On a busy machine the second, the time of this process alone, is the one to trust.
    return {"seconds": round(wall, 4), "cpu_seconds": round(cpu, 4), "error": error}


def steps_within(minutes, lens, X):
    """Steps of the paper's procedure that fit into so many minutes, from a few of them.

    A run of many steps is compiled, and so timed again: the first such fit is for the compiler.
    """
    within = 0
    for steps in (2, 10, DEFAULT.compiled_from, DEFAULT.compiled_from):
        if steps == DEFAULT.compiled_from and within < steps:
            break
        begin = time.perf_counter()
        SymmetryLens(**lens.get_params() | {"max_iter": steps}).fit(X)
        within = max(1, round(60 * minutes * steps / (time.perf_counter() - begin)))
    return within


# ---------------------------------------------------------------------------------------- all runs


def describe(row):
    """What a run was, and what it gave, in a line."""
    result = row["error"] or f"cos {float(row['cosine']):.4f}"
    return f"{row['set']} {row['case']} seed {row['seed']}: {result}, {row['seconds']:.1f} s"


def kind_of(row):
    """Which code a run looks at, for its stamp: the paper's procedure has a file of its own."""
    return row.get("solver", "fast").replace("fast", "search")


def finish(tasks, run_one, args, path, fields=FIELDS, identity=IDENTITY, describe=describe):
    """Run what the present code has not; every finished run is a row of the file at once.

    Parameters
    ----------
    tasks : list of dict
        What identifies the runs.
    run_one : callable
        ``run_one(task, args, tell)`` gives a row, in a process of its own if there are several.
    path : Path
        A CSV file with the columns `fields`. Rows of other solvers and sets are left alone.
    describe : callable
        ``describe(row)`` says in a line what was measured.

    Returns
    -------
    rows : list of dict of str
        All rows of the file.
    """
    read_rows(path, fields)  # or a message
    ledger = Ledger(Table(path.stem, fields, identity, run_one, kind=kind_of), path=path)
    if args.overwrite:
        ledger.forget(lambda row: row["solver"] == args.solver)
    elif not args.resume and any(row["solver"] == args.solver for row in ledger):
        sys.exit(
            f"{path} has runs of this solver: use --resume to go on, or --overwrite to forget them"
        )
    ledger.write()
    missing = [task for task in tasks if not ledger.has(task)]
    try:
        with Progress(missing, args, describe) as progress:
            for row in _results(missing, run_one, args, progress):
                ledger.put(row, [row])
                progress.finished(row)
    except KeyboardInterrupt:
        sys.exit(f"Interrupted; finished runs are in {path}. Go on with --resume.")
    return read_rows(path, fields)


def _results(tasks, run_one, args, progress):
    if args.jobs == 1:
        for task in tasks:
            yield run_one(task, args, progress.begin(task))
        return
    calls = (joblib.delayed(run_one)(task, args, None) for task in tasks)
    yield from joblib.Parallel(args.jobs, return_as="generator_unordered")(calls)


class Progress:
    """A bar for all runs and, where they run one by one, a second for the steps of the present one.

    Without rich, or where nobody watches, one line a run.
    """

    def __init__(self, tasks, args, describe=describe):
        self.total, self.count, self.bar, self.describe = len(tasks), 0, None, describe
        self.begun = time.perf_counter()
        if not tasks or not sys.stdout.isatty():
            return
        try:
            from rich import progress
        except ImportError:
            return
        self.bar = progress.Progress(
            "{task.description}", progress.BarColumn(), "{task.completed}/{task.total}",
            progress.TimeElapsedColumn(), progress.TimeRemainingColumn(),
        )  # fmt: skip
        self.runs = self.bar.add_task("runs", total=len(tasks))
        self.steps = self.bar.add_task("steps", total=None, visible=False)

    def __enter__(self):
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(self, *_):
        if self.bar is not None:
            self.bar.stop()

    def begin(self, task):
        """What a run is to call after every iteration; None where nobody watches."""
        if self.bar is None:
            return None
        steps = json.loads(task["settings"]).get("max_iter")
        self.bar.reset(self.steps, total=steps, visible=True, description=task["set"])
        return lambda iteration: self.bar.update(self.steps, completed=iteration + 1)

    def finished(self, row):
        """One run more."""
        self.count += 1
        line = self.describe(row)
        if self.bar is not None:
            self.bar.console.print(line)
            self.bar.advance(self.runs)
            return
        left = (time.perf_counter() - self.begun) * (self.total / self.count - 1) / 60
        print(f"[{self.count}/{self.total}] {line}; about {left:.1f} min left", flush=True)


# ------------------------------------------------------------------------------------------ tables


def read_rows(path, fields=FIELDS):
    """Complete rows of a CSV file; the last may have been cut off."""
    rows = read(path)
    if rows and set(rows[0]) - {"stamp"} != set(fields):
        sys.exit(f"{path} has other columns than expected: move it away first")
    return rows


# ----------------------------------------------------------------------------------------- figures


def new_figure(*size, **grid):
    """A figure without a window, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(squeeze=False, **grid)


def save(figure, path):
    """Write a figure and say where it is."""
    figure.savefig(path, dpi=110)
    print(f"Wrote {path}.")
