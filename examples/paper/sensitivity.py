# SPDX-License-Identifier: BSD-3-Clause
"""Morris sensitivity study (appendix E.2 of the paper): what the cosine owes to each setting.

Run it from the root of the repository::

    python examples/paper/sensitivity.py                        # the fast solver, a minute
    python examples/paper/sensitivity.py --solver paper --budget 20000     # some six hours

A repeat is a trajectory of the method of Morris: one run more than there are parameters, 36 runs
for the four trajectories of the paper. Ranges are those of its Table 6. The fast solver reads the
coefficients of the loss alone. Every run is a row of ``docs/results/sensitivity.csv``; effects are
differences of the cosine, for the whole range of a parameter.
"""

import json
from collections import Counter

import numpy as np
from SALib.analyze import morris as analysis
from SALib.sample import morris as sampling

import common

COEFFICIENTS = {
    "alignment": (0.75, 1.25),
    "uniformity": (1.5, 2.5),
    "resolution": (0.75, 1.25),
    "information": (0.75, 1.25),
}
TRAINING = {
    "estimator_learning_rate": (1.875e-3, 3.125e-3),
    "learning_rate": (0.75e-4, 1.25e-4),
    "learning_rate_decay": (0.1, 0.2),
    "filter_noise": (0.0, 0.2),
}
LEVELS = 4


def problem_of(solver):
    """The parameters and their ranges, as SALib wants them."""
    ranges = COEFFICIENTS if solver == "fast" else TRAINING | COEFFICIENTS
    return {"num_vars": len(ranges), "names": [*ranges], "bounds": [*map(list, ranges.values())]}


def points(args):
    """Settings of all runs, trajectory after trajectory."""
    problem = problem_of(args.solver)
    return problem, sampling.sample(problem, args.repeats, num_levels=LEVELS, seed=args.seed)


def plan(args):
    """All runs; those of a trajectory share their seed, or chance would look like an effect."""
    problem, values = points(args)
    length = problem["num_vars"] + 1
    tasks = []
    for index, point in enumerate(values):
        repeat, step = divmod(index, length)
        settings = dict(zip(problem["names"], map(float, point), strict=True))
        tasks.append(common.make_task(args.set, args, repeat, f"step {step}", **settings))
    return tasks


def run_one(task, args, tell=None):
    """The row of one fit."""
    return common.run(task, args, tell)[0]


def complete(rows, solver):
    """Rows of the trajectories that have all their runs, in order."""
    rows = [row for row in rows if row["solver"] == solver]
    rows.sort(key=lambda row: (int(row["repeat"]), int(row["case"].split()[1])))
    n_runs = Counter(row["repeat"] for row in rows)
    return [row for row in rows if n_runs[row["repeat"]] == problem_of(solver)["num_vars"] + 1]


def effects(rows, solver):
    """Morris statistics, one dictionary a parameter; empty without two complete trajectories."""
    problem, rows = problem_of(solver), complete(rows, solver)
    if len(rows) < 2 * (problem["num_vars"] + 1):
        return []
    settings = [json.loads(row["settings"]) for row in rows]
    values = np.array([[setting[name] for name in problem["names"]] for setting in settings])
    cosines = np.array([0.0 if row["error"] else float(row["cosine"]) for row in rows])
    found = analysis.analyze(problem, values, cosines, num_levels=LEVELS, seed=0)
    columns = ("mu", "mu_star", "mu_star_conf", "sigma")
    return [
        {"name": name} | {column: float(found[column][index]) for column in columns}
        for index, name in enumerate(problem["names"])
    ]


def draw(rows, path):
    """Mean absolute effect and spread of every parameter, a panel for every solver."""
    found = {solver: effects(rows, solver) for solver in ("fast", "paper")}
    found = {solver: lines for solver, lines in found.items() if lines}
    figure, axes = common.new_figure(8.5, 2.8 * len(found), nrows=len(found), ncols=1)
    for axis, (solver, lines) in zip(axes[:, 0], found.items(), strict=True):
        height = np.arange(len(lines))
        axis.barh(height - 0.2, [line["mu_star"] for line in lines], 0.4, label="mean |effect|")
        axis.barh(height + 0.2, [line["sigma"] for line in lines], 0.4, label="deviation")
        axis.set_yticks(height, [line["name"].replace("_", " ") for line in lines])
        axis.invert_yaxis()
        axis.set(xlabel="change of the cosine", title=f"{solver} solver")
        axis.legend()
    common.save(figure, path)


def parsed(arguments=None):
    """Command line."""
    parser = common.make_parser(__doc__.split("\n")[0], repeats=4)
    parser.add_argument("--set", choices=common.SETS, default="gaussian-7-translation")
    args = common.parse(parser, arguments)
    if args.repeats < 2:
        parser.error("--repeats must be at least 2: effects have a spread")
    return args


def main(arguments=None):
    """Run what is missing and draw the effects."""
    args = parsed(arguments)
    rows = common.finish(plan(args), run_one, args, args.results / "sensitivity.csv")
    draw(rows, args.figures / "sensitivity.png")


if __name__ == "__main__":
    main()
