# SPDX-License-Identifier: BSD-3-Clause
"""Time and memory as the number of features d grows (appendix F of the paper, Tables 7 and 8).

Run it from the root of the repository, on a POSIX system::

    python examples/paper/scaling.py                            # the fast solver, minutes
    python examples/paper/scaling.py --solver paper             # ten steps for every d

Every fit has a process of its own, on one thread: processor time and the growth of the peak memory
are its own, whatever else the machine does. The batch of the paper's procedure is 500 d; its time
is that of a step, ``--budget`` being the number of steps (10 by default). Every run is a row of
``docs/results/scaling.csv``.
"""

import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np

import common
from sklearn_symmetry import SymmetryLens

FIELDS = (*common.FIELDS, "features", "step_cpu_seconds", "peak_megabytes")


def plan(args):
    """All runs."""
    tasks = []
    for size in args.features:
        if args.solver == "paper":
            args.samples = 1000 * size  # two batches
        for repeat in range(args.repeats):
            name = f"{args.signal}-{size}-translation"
            tasks.append(common.make_task(name, args, repeat))
    return tasks


def run_one(task, args, tell=None):
    """The row of one fit, in a new process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, task, args).result()


def measure(task, args):
    """A fit, and what it needed."""
    size = int(task["set"].split("-")[1])
    warm_up(task)
    before = []

    def note(lens, dataset, task):
        before.append(common.peak())

    row = common.run(task, args, None, note)[0]
    row["features"] = size
    row["peak_megabytes"] = round((common.peak() - before[0]) / 2**20, 1)
    if not row["error"] and task["solver"] == "paper":
        row["step_cpu_seconds"] = round(row["cpu_seconds"] / row["iterations"], 4)
    return row


def warm_up(task):
    """What happens once per process, such as imports, is not a property of a fit."""
    settings = {"init": "random", "density": "mixture"} if task["solver"] == "paper" else {}
    X = np.random.default_rng(0).standard_normal((64, 3)) ** 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is not meant to converge
        SymmetryLens(**settings, max_iter=2, random_state=0, device="cpu").fit(X)


def exponent(sizes, values):
    """Slope of a power law, over the larger half of the sizes; None for fewer than two."""
    middle = np.median(sizes)
    large = [(size, value) for size, value in zip(sizes, values, strict=True) if size >= middle]
    if len(large) < 2 or any(value <= 0 for _, value in large):
        return None
    return float(np.polyfit(*np.log(np.transpose(large)), 1)[0])


def medians(rows, solver, column):
    """Sizes, and medians of a column over the repeats."""
    chosen = [row for row in rows if row["solver"] == solver and not row["error"]]
    sizes = sorted({int(row["features"]) for row in chosen})
    return sizes, [
        float(np.median([float(row[column]) for row in chosen if int(row["features"]) == size]))
        for size in sizes
    ]


def draw(rows, path):
    """Time and memory against d, on logarithmic axes."""
    figure, axes = common.new_figure(10, 3.8, nrows=1, ncols=2)
    drawn = (
        ("fast", "cpu_seconds", "fast solver, a fit"),
        ("paper", "step_cpu_seconds", "the paper's procedure, a step"),
    )
    for solver, column, label in drawn:
        for axis, values in ((axes[0, 0], column), (axes[0, 1], "peak_megabytes")):
            sizes, found = medians(rows, solver, values)
            if not any(value > 0 for value in found):
                continue  # a fit that fits into memory freed before it shows no peak of its own
            slope = exponent(sizes, found)
            law = "" if slope is None else f", about d^{slope:.1f}"
            axis.loglog(sizes, found, "o-", label=label + law)
            axis.set_xticks(sizes, sizes)
            axis.set_xticks([], minor=True)
    axes[0, 0].set(xlabel="features d", ylabel="processor seconds")
    axes[0, 1].set(xlabel="features d", ylabel="peak memory of the fit, MB")
    for axis in axes[0]:
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(fontsize=8)
    common.save(figure, path)


def parsed(arguments=None):
    """Command line."""
    parser = common.make_parser(__doc__.split("\n")[0], repeats=2)
    parser.add_argument("--features", nargs="+", type=int, default=[5, 9, 17, 33, 65])
    parser.add_argument("--signal", choices=("gaussian", "legendre"), default="gaussian")
    args = common.parse(parser, arguments)
    if args.solver == "paper" and args.budget is None:
        args.budget = common.Budget("10")
    return args


def main(arguments=None):
    """Run what is missing and draw all of it."""
    args = parsed(arguments)
    rows = common.finish(plan(args), run_one, args, args.results / "scaling.csv", FIELDS)
    draw(rows, args.figures / "scaling.png")


if __name__ == "__main__":
    main()
