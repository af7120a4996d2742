# SPDX-License-Identifier: BSD-3-Clause
"""Ablation (appendix E.3 of the paper): what each term of the loss does.

Run it from the root of the repository::

    python examples/paper/ablation.py --mnist download          # the fast solver, minutes
    python examples/paper/ablation.py --solver paper --budget 1500 --sets gaussian-7-translation

With its own starts the fast solver is close to the answer before the loss has a say. So it also
starts, with ``start``:

- ``found``: nowhere in particular, its own search;
- a number: at the rows that the complete loss finds, turned by a random rotation of so large an
  angle (radians, that of the plane turned most);
- ``random``: at a random rotation.

The fast solver keeps rows orthogonal, so that the joint entropy is a constant and the information
term has nothing to do. With ``--solver paper`` Adam moves generator and filter from the rows found
(``--learning-rate``, 1e-3 by default) and nothing but the joint entropy, in the information and
resolution terms, keeps the rows apart: the smallest singular value of the group convolution matrix,
1 for orthogonal rows, tells.

``row_cosine`` is the mean over the learned rows of the cosine to the known row that is closest: 1
when the rows are right whatever their order.

Every run is a row of ``docs/results/ablation.csv``.
"""

import numpy as np
from scipy.linalg import expm
from scipy.stats import ortho_group

import common
from sklearn_symmetry import SymmetryLens

CASES = {
    "complete": (),
    "no alignment": ("alignment",),
    "no uniformity": ("uniformity",),
    "no resolution": ("resolution",),
    "no information": ("information",),
    "no alignment, uniformity": ("alignment", "uniformity"),
}
# Both hold the joint entropy; for the fast solver that is a constant.
PAPER_CASES = CASES | {"no resolution, information": ("resolution", "information")}
STARTS = ("found", "1", "1.5", "2", "random")
FIELDS = (
    *common.FIELDS, "start", "start_cosine", "smallest_singular_value", "row_cosine",
)  # fmt: skip
IDENTITY = (*common.IDENTITY, "start")


def plan(args):
    """All runs."""
    fast = args.solver == "fast"
    cases, starts = (CASES, STARTS) if fast else (PAPER_CASES, ("found",))
    return [
        task_of(name, case, start, repeat, args)
        for name in common.available(args.sets, args)
        for start in starts
        for case in cases
        for repeat in range(args.repeats)
    ]


def task_of(name, case, start, repeat, args):
    """One run; weights of dropped terms are 0."""
    settings = dict.fromkeys(PAPER_CASES[case], 0.0)
    if args.solver == "paper":
        # From given rows the annealing would only destroy them.
        settings |= {"init": "auto", "filter_noise": None, "rank_schedule": None}
        settings["learning_rate"] = args.learning_rate
    return common.make_task(name, args, repeat, case, **settings) | {"start": start}


def run_one(task, args, tell=None):
    """The row of one fit."""
    begun = {}

    def prepare(lens, dataset, task):
        if args.solver == "fast" and task["start"] == "found":
            return
        rows = start_rows(task, dataset)
        lens.set_params(init=rows)
        begun["cosine"] = start_cosine(rows, dataset)

    row, lens, dataset = common.run(task, args, tell, prepare)
    row["start_cosine"] = begun.get("cosine", "")
    if not row["error"]:
        rows = lens.group_conv_matrix_
        row["smallest_singular_value"] = np.linalg.svd(rows, compute_uv=False)[-1]
        lengths = np.linalg.norm(rows, axis=1)
        row["row_cosine"] = np.mean(np.abs(rows @ dataset.basis).max(1) / lengths)
    return row


def start_rows(task, dataset):
    """Rows to start from: a function of the samples and the seed alone."""
    size, random = dataset.data.shape[1], np.random.default_rng(int(task["seed"]))
    if task["start"] == "random":
        return ortho_group.rvs(size, random_state=random)
    lens = SymmetryLens(
        boundary=dataset.boundary, random_state=int(task["seed"]), device="cpu"
    ).fit(dataset.data[: common.FAST_SAMPLES])
    if task["start"] == "found":
        return lens.group_conv_matrix_
    turn = random.standard_normal((size, size))
    turn -= turn.T
    return lens.group_conv_matrix_ @ expm(float(task["start"]) * turn / np.linalg.norm(turn, 2))


def start_cosine(rows, dataset):
    """How close the start is to the known transform, in its better sign and direction."""
    known = dataset.basis.T
    products = [abs(np.vdot(rows, version)) for version in (known, known[::-1])]
    return max(products) / np.linalg.norm(rows) / np.linalg.norm(known)


def draw(rows, path):
    """Successes and cosines of the fast solver by start and case, a panel for every set."""
    rows = [row for row in rows if row["solver"] == "fast" and not row["error"]]
    names = list(dict.fromkeys(row["set"] for row in rows))
    if not names:
        return
    figure, axes = common.new_figure(1.5 + 4.6 * len(names), 3.6, nrows=1, ncols=len(names))
    for axis, name in zip(axes[0], names, strict=True):
        table = np.array(
            [[median_cosine(rows, name, case, start) for start in STARTS] for case in CASES]
        )
        axis.imshow(table, cmap="viridis", vmin=0, vmax=1, aspect="auto")
        for i, j in np.ndindex(table.shape):
            color = "black" if table[i, j] > 0.6 else "white"
            axis.text(j, i, f"{table[i, j]:.3f}", ha="center", va="center", color=color, fontsize=8)
        axis.set_xticks(range(len(STARTS)), STARTS)
        axis.set_yticks(range(len(CASES)), CASES)
        axis.set(title=f"{name}: median cosine", xlabel="start")
    common.save(figure, path)


def median_cosine(rows, name, case, start):
    """Over the repeats."""
    chosen = [
        float(row["cosine"])
        for row in rows
        if (row["set"], row["case"], row["start"]) == (name, case, start)
    ]
    return float(np.median(chosen)) if chosen else np.nan


def parsed(arguments=None):
    """Command line."""
    parser = common.make_parser(__doc__.split("\n")[0], repeats=4)
    parser.add_argument(
        "--sets",
        nargs="+",
        choices=common.SETS,
        default=["gaussian-7-translation", "mnist-27-translation"],
    )
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="of --solver paper")
    return common.parse(parser, arguments)


def main(arguments=None):
    """Run what is missing and draw all of it."""
    args = parsed(arguments)
    rows = common.finish(plan(args), run_one, args, args.results / "ablation.csv", FIELDS, IDENTITY)
    draw(rows, args.figures / "ablation.png")


if __name__ == "__main__":
    main()
