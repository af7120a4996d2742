# SPDX-License-Identifier: BSD-3-Clause
"""Figures 7 to 12 of the paper, drawn anew from fits of this package.

Run it from the root of the repository::

    python examples/paper/figures.py --mnist download        # the fast solver, minutes
    python examples/paper/figures.py --numbers 12 --solver paper    # as published: over an hour

- 7, 8, 9, 10: learned and known generator, group convolution matrix and the known transform, and
  histograms of the errors, for translation, frequency shift, permutation and MNIST slices;
- 11: samples before and after the lens, beside the hidden signals;
- 12: the loss terms and the cosine during training. From its own starts the fast solver has little
  left to do; here it starts at the rows found, turned by a random rotation.

Every fit is a row of ``docs/results/figures.csv``; its arrays are kept beside that file.
"""

import json

import numpy as np

import ablation
import common
from checkpoints import Checkpoint
from sklearn_symmetry.core.rotation import crop_matrix
from sklearn_symmetry.inspection import RepresentationDisplay
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.solution import Settings
from sklearn_symmetry.solver.solve import solve
from sklearn_symmetry.statistics import summarise

MATRICES = {
    7: "legendre-33-translation",
    8: "legendre-33-frequency",
    9: "legendre-33-permutation",
    10: "mnist-27-translation",
}
DYNAMICS = "gaussian-7-translation"
TURN = "1.5"  # radians, see ablation.py
N_SHOWN = 8


class Trace:
    """Callback that records the cosine to the known generator at every iteration."""

    def __init__(self, dataset):
        self.dataset, self.cosines = dataset, []

    def setup(self, estimator, context):
        """Nothing to do."""

    def on_fit_task_begin(self, estimator, context):
        """Nothing to do."""

    def on_fit_task_end(self, estimator, context, *, metadata=None, fitted_estimator=None):
        """Called for every iteration; those of the search are left out."""
        if metadata and metadata["phase"] != "search":
            self.cosines.append(common.similarity(fitted_estimator, self.dataset))

    def teardown(self, estimator, context):
        """Nothing to do."""


class SparseTrace:
    """Monitor of the paper's procedure: terms and cosine at some of its many steps.

    A point is the mean of the terms since the last one, and the cosine. Points are lines of a file,
    with which an interrupted run goes on.
    """

    def __init__(self, dataset, path, n_points=400):
        self.dataset, self.path, self.n_points, self.recent = dataset, path, n_points, []
        lines = path.read_text().splitlines() if path.exists() else []
        self.points = [json.loads(line) for line in lines]

    def __call__(self, report):
        self.recent.append(list(report.terms.values()))
        index, rest = divmod(report.iteration + 1, max(1, report.total // self.n_points))
        if rest == 0:
            if index > len(self.points):
                self._add(report)
            self.recent = []
        return False

    def _add(self, report):
        # Of the steps before a checkpoint the terms are not known.
        means = map(float, np.nanmean(self.recent, axis=0))
        matrix = report.snapshot().padded_generator
        cosine = generator_similarity(matrix, self.dataset.generator)
        self.points.append(dict(zip(report.terms, means, strict=True)) | {"cosine": cosine})
        with self.path.open("a") as file:
            file.write(json.dumps(self.points[-1]) + "\n")

    def curves(self):
        """Every term and the cosine, over the points."""
        return {name: [point[name] for point in self.points] for name in self.points[0]}


def train_one(task, args):
    """As ``SymmetryLens.fit`` of the paper's procedure, with a trace, and resumable."""
    dataset = common.make_set(task["set"], task["samples"], task["seed"], args.mnist)
    settings = Settings(**json.loads(task["settings"]))
    # The seed that a lens with this random_state draws.
    seed = int(np.random.RandomState(task["seed"]).randint(2**31 - 1))
    points = arrays_path(task, args).with_suffix(".jsonl")
    points.parent.mkdir(parents=True, exist_ok=True)
    resume = args.resume and points.exists()
    checkpoint = Checkpoint.of(task, points.with_suffix(".pt"), resume)
    if checkpoint.read() is None:
        points.unlink(missing_ok=True)
    trace = SparseTrace(dataset, points)
    with common.one_quiet_thread(), checkpoint.kept():
        summary = summarise(dataset.data, capacity=None, seed=seed)
        solution = solve(summary, settings, monitor=trace)
    row = dict.fromkeys(common.FIELDS, "") | task | checkpoint.so_far()
    row |= {"target": "open shift", "crop": "central d x d", "version": common.__version__}
    matrix = solution.padded_generator
    row["cosine"] = generator_similarity(matrix, dataset.generator)
    row["loss"] = solution.loss_curve[-1]
    row["iterations"], row["converged"] = solution.n_iter, solution.converged
    matrix = crop_matrix(matrix, len(dataset.basis))
    keep(row, args, dataset, matrix, solution.group_conv_matrix, trace.curves())
    checkpoint.finished()
    points.unlink()
    return row


def run_one(task, args, tell=None):
    """The row of one fit; its arrays go to a file."""
    minutes = args.budget and args.budget.minutes
    if task["solver"] == "paper" and task["set"] == DYNAMICS and not minutes:
        return train_one(task, args)
    traces = []

    def trace(lens, dataset, task):
        if task["set"] == DYNAMICS:
            traces.append(Trace(dataset))
            if task["solver"] == "fast":
                lens.set_params(init=ablation.start_rows(task | {"start": TURN}, dataset))
        return traces

    row, lens, dataset = common.run(task, args, tell, trace)
    if not row["error"]:
        curves = lens.loss_terms_ | {"cosine": traces[0].cosines if traces else []}
        keep(row, args, dataset, lens.generator_, lens.group_conv_matrix_, curves)
    return row


def keep(row, args, dataset, matrix, rows, curves):
    """Write the arrays of a run."""
    path = arrays_path(row, args)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        generator=matrix,
        group_conv_matrix=rows,
        known_generator=dataset.generator,
        basis=dataset.basis,
        samples=dataset.data[: 4 * N_SHOWN],
        **{name: np.asarray(values, dtype=np.float32) for name, values in curves.items()},
    )


def arrays_path(row, args):
    """Where the arrays of a run are."""
    return args.results / "figures" / f"{row['solver']}_{row['set']}_{row['repeat']}.npz"


def plan(args):
    """One fit for every set that a figure shows."""
    names = [MATRICES[number] for number in args.numbers if number in MATRICES]
    if 11 in args.numbers:
        names += MATRICES.values()
    if 12 in args.numbers:
        names.append(DYNAMICS)
    turned = f"turned by {TURN}" if args.solver == "fast" else ""
    return [
        common.make_task(name, args, repeat, turned if name == DYNAMICS else "")
        for name in common.available(dict.fromkeys(names), args)
        for repeat in range(args.repeats)
    ]


def load(rows, name, args, solver=None):
    """Arrays of the latest finished run of a set, and its row; None where there is none."""
    for row in reversed(rows):
        right = row["set"] == name and row["solver"] == (solver or args.solver)
        if right and not row["error"] and arrays_path(row, args).exists():
            return dict(np.load(arrays_path(row, args))), row
    return None


# ------------------------------------------------------------------------------------ the figures


def draw_matrices(number, found, args):
    """Figures 7 to 10."""
    arrays, row = found
    learned, known = arrays["generator"], arrays["known_generator"]
    if np.vdot(learned, known.T) > np.vdot(learned, known):
        known = known.T
    rows = arrays["group_conv_matrix"]
    figure, axes = common.new_figure(10, 6.2, nrows=2, ncols=3)
    show_pair(axes[0], learned, known, "generator", f"cosine {float(row['cosine']):.4f}")
    show_pair(axes[1], rows, aligned(arrays["basis"].T, rows), "group convolution matrix", "")
    solver = "fast solver" if row["solver"] == "fast" else "the paper's procedure"
    heading = f"Figure {number}: {row['set']}, {int(row['samples']):,} samples, {solver}"
    figure.suptitle(heading + (f", {row['budget']} steps" if row["budget"] else ""))
    common.save(figure, figure_path(number, args))


def aligned(known, rows):
    """The known transform in the sign and direction of the learned one, which are conventions."""
    versions = [sign * known[::way] for sign in (1, -1) for way in (1, -1)]
    return max(versions, key=lambda version: np.vdot(version, rows))


def show_pair(axes, learned, known, name, note):
    """Learned and known matrix, and a histogram of the difference."""
    limit = max(np.abs(learned).max(), np.abs(known).max())
    for axis, matrix, title in ((axes[0], learned, f"learned {name}"), (axes[1], known, "known")):
        image = axis.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit)
        axis.set(title=title, xticks=[], yticks=[])
    axes[0].figure.colorbar(image, ax=axes[1], shrink=0.8)
    error = (learned - known).ravel()
    axes[2].hist(error, bins=61, log=True, color="0.4")
    axes[2].set(xlabel="learned - known", ylabel="entries")
    axes[2].locator_params(axis="x", nbins=4)
    axes[2].set_title(f"standard deviation {error.std():.4f}  {note}", fontsize=10)


def draw_samples(rows, args):
    """Figure 11."""
    found = [load(rows, name, args) for name in MATRICES.values()]
    found = [pair for pair in found if pair]
    if not found:
        return
    figure, axes = common.new_figure(10, 2.6 * len(found), nrows=len(found), ncols=3)
    for line, (arrays, row) in zip(axes, found, strict=True):
        natural = arrays["samples"] @ arrays["basis"]
        lively = np.argsort(-np.abs(natural).max(1), kind="stable")[:N_SHOWN]  # not the empty ones
        given, rows_ = arrays["samples"][lively], arrays["group_conv_matrix"]
        truth = given @ aligned(arrays["basis"].T, rows_).T
        panels = {"given": given, "found": given @ rows_.T, "truth": truth}
        RepresentationDisplay(panels).plot(ax=line, kind="lines")
        line[0].set_ylabel(row["set"].replace("-", "\n"), rotation=0, ha="right", va="center")
    common.save(figure, figure_path(11, args))


def draw_dynamics(rows, args):
    """Figure 12: the fast solver beside the paper's procedure, where both have been run."""
    found = [load(rows, DYNAMICS, args, solver) for solver in ("fast", "paper")]
    found = [pair for pair in found if pair]
    if not found:
        return
    figure, axes = common.new_figure(5.2 * len(found), 5.4, nrows=2, ncols=len(found))
    for (above, below), (arrays, row) in zip(axes.T, found, strict=True):
        steps = int(row["iterations"])
        for term in ("alignment", "uniformity", "resolution", "information"):
            curve = smooth(arrays[term])
            above.plot(np.linspace(0, steps, len(curve)), curve, label=term)
        solver = "fast solver" if row["solver"] == "fast" else "the paper's procedure"
        above.set(title=f"{row['set']}, {solver}", ylabel="term of the loss, nats")
        above.legend(fontsize=8)
        for axis in (above, below):
            axis.locator_params(axis="x", nbins=4)  # hundreds of thousands are long words
        below.plot(np.linspace(0, steps, len(arrays["cosine"])), arrays["cosine"], color="black")
        below.set(xlabel="iteration", ylabel="cosine of the generator", ylim=(-0.1, 1.05))
        below.grid(alpha=0.3)
    common.save(figure, figure_path(12, args))


def smooth(curve):
    """Means of up to 1/200 of a curve, for the noise of single batches."""
    width = max(1, len(curve) // 200)
    return np.convolve(curve, np.ones(width) / width, mode="valid")


def figure_path(number, args):
    """Figure 12 shows both solvers."""
    solver = "_paper" if args.solver == "paper" and number != 12 else ""
    return args.figures / f"paper_figure_{number}{solver}.png"


def parsed(arguments=None):
    """Command line."""
    parser = common.make_parser(__doc__.split("\n")[0], repeats=1)
    numbers = [*MATRICES, 11, 12]
    parser.add_argument("--numbers", nargs="+", type=int, choices=numbers, default=numbers)
    return common.parse(parser, arguments)


def main(arguments=None):
    """Run what is missing and draw the figures asked for."""
    args = parsed(arguments)
    rows = common.finish(plan(args), run_one, args, args.results / "figures.csv")
    for number in args.numbers:
        if number in MATRICES and (found := load(rows, MATRICES[number], args)):
            draw_matrices(number, found, args)
    if 11 in args.numbers:
        draw_samples(rows, args)
    if 12 in args.numbers:
        draw_dynamics(rows, args)


if __name__ == "__main__":
    main()
