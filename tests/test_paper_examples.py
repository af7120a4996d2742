# SPDX-License-Identifier: BSD-3-Clause
"""The scripts of examples/paper: they run, keep what is finished, and say what they measured."""

import csv
import importlib
import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import sklearn_symmetry._lens
from sklearn_symmetry import SymmetryLens, paper_settings

EXAMPLES = Path(__file__).parent.parent / "examples" / "paper"
SEVEN = ["gaussian-7-translation", "gaussian-7-circulant"]


@pytest.fixture
def script(monkeypatch, tmp_path):
    """A module of examples/paper, and a function that runs it on few samples."""
    for package in ("matplotlib", "SALib"):  # of the extra of these scripts
        pytest.importorskip(package)
    monkeypatch.syspath_prepend(EXAMPLES)

    def load(name):
        module = importlib.import_module(name)

        def command(*options):
            folders = ["--results", str(tmp_path), "--figures", str(tmp_path)]
            return module.main(["--samples", "300", *folders, *options])

        return module, command

    return load


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def interrupt_after(n_fits, solver, monkeypatch):
    """Let the user lose patience during a later fit."""

    def solve(*args, **options):
        if len(solver.calls) == n_fits:
            raise KeyboardInterrupt
        return solver(*args, **options)

    monkeypatch.setattr(sklearn_symmetry._lens, "solve", solve)


# Table 1, and what all scripts share


def test_finished_runs_survive_an_interruption(script, tmp_path, quick_solver, monkeypatch, capsys):
    _, table1 = script("table1")
    options = ["--sets", *SEVEN, "--repeats", "2"]
    interrupt_after(3, quick_solver, monkeypatch)
    with pytest.raises(SystemExit, match="--resume"):
        table1(*options)
    before = rows_of(tmp_path / "table1.csv")
    assert [(row["set"], row["seed"]) for row in before] == [
        (SEVEN[0], "0"), (SEVEN[0], "1"), (SEVEN[1], "0"),
    ]  # fmt: skip
    assert not (tmp_path / "table1.png").exists()

    monkeypatch.setattr(sklearn_symmetry._lens, "solve", quick_solver)
    capsys.readouterr()
    table1(*options, "--resume")
    assert "[1/1]" in capsys.readouterr().out
    after = rows_of(tmp_path / "table1.csv")
    assert after[:3] == before
    assert len(after) == 4
    assert (tmp_path / "table1.png").stat().st_size > 1000


def test_row_that_was_cut_off_is_done_again(script, tmp_path, quick_solver):
    _, table1 = script("table1")
    options = ["--sets", SEVEN[0], "--repeats", "2"]
    table1(*options)
    path = tmp_path / "table1.csv"
    path.write_text(path.read_text()[:-60])
    table1(*options, "--resume")
    assert [row["seed"] for row in rows_of(path)] == ["0", "1"]


def test_finished_runs_are_not_thrown_away_unasked(script, tmp_path, quick_solver):
    _, table1 = script("table1")
    options = ["--sets", SEVEN[0], "--repeats", "1"]
    table1(*options)
    with pytest.raises(SystemExit, match="--resume.*--overwrite"):
        table1(*options)
    assert len(quick_solver.calls) == 1
    table1(*options, "--overwrite")
    assert len(quick_solver.calls) == 2
    (tmp_path / "table1.csv").write_text("precious\n1\n")
    with pytest.raises(SystemExit, match="other columns"):
        table1(*options, "--overwrite")
    assert (tmp_path / "table1.csv").read_text() == "precious\n1\n"


def test_row_tells_seed_settings_target_and_crop(script, tmp_path, quick_solver):
    _, table1 = script("table1")
    table1("--sets", *SEVEN, "--repeats", "1", "--seed", "5")
    translation, circulant = rows_of(tmp_path / "table1.csv")
    assert (translation["target"], translation["crop"]) == ("open shift", "central d x d")
    assert (circulant["target"], circulant["crop"]) == ("cyclic shift", "none")
    assert json.loads(circulant["settings"]) == {"boundary": "circulant"}
    assert translation["seed"] == circulant["seed"] == "5"
    assert translation["samples"] == "300"
    assert -1 <= float(translation["cosine"]) <= 1


@pytest.mark.parametrize("budget", ["4", "0.001min"])
def test_papers_procedure_runs_within_its_budget(script, tmp_path, budget):
    _, table1 = script("table1")
    table1("--sets", SEVEN[0], "--repeats", "1", "--solver", "paper", "--budget", budget)
    (row,) = rows_of(tmp_path / "table1.csv")
    published = paper_settings(7, 300) | ({"max_iter": 4} if budget == "4" else {})
    assert json.loads(row["settings"]) == published
    assert 1 <= int(row["iterations"]) < 100
    assert row["error"] == ""
    if budget == "4":
        assert row["iterations"] == "4"


def test_fast_solver_stops_when_its_minutes_are_over(script, tmp_path, quick_solver):
    _, table1 = script("table1")
    table1("--sets", SEVEN[0], "--repeats", "1", "--budget", "0.0000001min")
    (row,) = rows_of(tmp_path / "table1.csv")
    assert row["converged"] == "False"


def test_progress_hears_of_every_iteration(script, quick_solver):
    table1, _ = script("table1")
    common = importlib.import_module("common")
    args = common.make_parser("", repeats=1).parse_args(["--samples", "300"])
    told = []
    table1.run_one(common.make_task(SEVEN[0], args), args, told.append)
    assert told == [1, 2, 3] * 2  # search and refinement


@pytest.mark.parametrize("budget", ["0", "-5", "1.5", "ten", "0min"])
def test_budget_is_steps_or_minutes(script, budget, capsys):
    _, table1 = script("table1")
    with pytest.raises(SystemExit):
        table1("--budget", budget)
    assert "2000" in capsys.readouterr().err


def test_mnist_is_left_out_where_there_is_none(script, tmp_path, quick_solver, capsys):
    _, table1 = script("table1")
    table1("--sets", "mnist-27-translation", SEVEN[0], "--repeats", "1")
    assert "--mnist" in capsys.readouterr().out
    assert [row["set"] for row in rows_of(tmp_path / "table1.csv")] == [SEVEN[0]]


# As published


class _Stopped:
    """A callback that ends a fit at an iteration."""

    def __init__(self, last):
        self.last = last

    def setup(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        return bool(metadata) and metadata["iteration"] == self.last

    def teardown(self, estimator, context): ...


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_interrupted_run_of_the_paper_goes_on_to_the_same_bits(script, tmp_path):
    script("published")
    checkpoints = importlib.import_module("checkpoints")
    X = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    settings = paper_settings(5, 300) | {"max_iter": 160, "random_state": 0, "device": "cpu"}
    whole = SymmetryLens(**settings).fit(X)

    def part(last=None, identity="this run"):
        kept = checkpoints.Checkpoint(tmp_path / "run.pt", identity, epochs=1)
        lens = SymmetryLens(**settings)
        if last:
            lens.set_callbacks(_Stopped(last))
        with kept.kept():
            lens.fit(X)
        return lens, kept

    first, _ = part(last=130)
    assert first.n_iter_ < 160  # it was stopped, behind its checkpoint
    done = checkpoints.torch.load(tmp_path / "run.pt")["done"]
    assert 0 < done <= first.n_iter_
    last, kept = part()
    assert np.isnan(last.loss_curve_[0])  # it did not begin anew
    assert last.n_iter_ == whole.n_iter_ == 160
    for name in ("generator_", "filter_"):
        assert (getattr(last, name) == getattr(whole, name)).all()
        assert (getattr(first, name) != getattr(whole, name)).any()
    assert last.candidates_[0]["loss"] == whole.candidates_[0]["loss"]
    assert kept.earlier["cpu_seconds"] > 0
    other, kept = part(identity="another run")
    assert np.isfinite(other.loss_curve_[0])
    kept.finished()
    assert not list(tmp_path.iterdir())


def test_published_runs_go_on_and_score_both_targets(script, tmp_path, monkeypatch):
    published, command = script("published")
    options = ["--budget", "3", "--repeats", "1"]
    command(*options, "--sets", SEVEN[0])
    command(*options, "--resume")
    rows = rows_of(tmp_path / "published.csv")
    assert [row["set"] for row in rows] == SEVEN
    for row in rows:
        settings = json.loads(row["settings"])
        assert settings == paper_settings(7, 300) | {"max_iter": 3}  # open, padded
        assert row["iterations"] == "3"
        assert 0 <= int(row["position"]) < 7
        assert 1 / 7 <= float(row["share"]) <= 1
        assert np.isfinite(float(row["final_loss"]))
    assert [row["cosine_cyclic"] == "" for row in rows] == [True, False]
    # What is not complete is no result; what is, is summed up by its loss.
    assert published.summary(rows, SEVEN[0]) is None
    monkeypatch.setattr(published, "published_steps", lambda size: 3)
    better = rows[0] | {"final_loss": "-9", "cosine_open": "0.99", "seed": "1"}
    found = published.summary([*rows, better], SEVEN[0])
    assert (found["seeds"], found["good"], found["best"]["seed"]) == (2, 1, "1")


def test_perfect_open_shift_of_a_ring_scores_one_wherever_it_begins(script):
    published, _ = script("published")
    common = importlib.import_module("common")
    ring = common.make_set(SEVEN[1], 300, 0)
    for place in range(7):
        shift = np.roll(np.eye(7), 1, axis=0)
        shift[place] = 0.0
        cut, cyclic = published.similarities(ring.basis @ shift @ ring.basis.T, ring)
        assert_allclose(cut, 1.0)
        assert_allclose(cyclic, (6 / 7) ** 0.5)


# Figures, ablation, sensitivity, scaling, page


def test_figures_are_drawn_and_drawn_again_without_new_fits(script, tmp_path, quick_solver):
    _, figures = script("figures")
    figures("--numbers", "7", "11", "12")
    calls = len(quick_solver.calls)
    assert calls == 5  # no MNIST; figure 12 needs the rows found to turn them
    names = [f"paper_figure_{number}.png" for number in (7, 11, 12)]
    for name in names:
        assert (tmp_path / name).stat().st_size > 5000
        (tmp_path / name).unlink()
    figures("--numbers", "7", "11", "12", "--resume")
    assert len(quick_solver.calls) == calls
    assert all((tmp_path / name).exists() for name in names)


def test_dynamics_have_a_cosine_for_every_iteration(script, tmp_path, quick_solver):
    _, figures = script("figures")
    figures("--numbers", "12")
    arrays = np.load(tmp_path / "figures" / "fast_gaussian-7-translation_0.npz")
    (row,) = rows_of(tmp_path / "figures.csv")
    assert len(arrays["cosine"]) == len(arrays["alignment"]) == 3
    assert_allclose(arrays["cosine"][-1], float(row["cosine"]), rtol=1e-6)


def test_dynamics_of_the_published_procedure_are_seen_now_and_then(script, tmp_path):
    figures, command = script("figures")
    command("--numbers", "12", "--solver", "paper", "--budget", "6")
    arrays = np.load(tmp_path / "figures" / "paper_gaussian-7-translation_0.npz")
    (row,) = rows_of(tmp_path / "figures.csv")
    assert len(arrays["cosine"]) == len(arrays["alignment"]) == 6
    assert_allclose(arrays["cosine"][-1], float(row["cosine"]), rtol=1e-6)
    assert (tmp_path / "paper_figure_12.png").exists()
    # The same run as that of a lens.
    common = importlib.import_module("common")
    task = row | {"seed": int(row["seed"])}
    with common.one_quiet_thread():
        lens = common.make_lens(task).fit(common.make_set(row["set"], 300, 0).data)
    assert_allclose(np.abs(lens.generator_), np.abs(arrays["generator"]), atol=1e-5)


def test_trace_goes_on_where_an_interrupted_run_ended(script, tmp_path):
    figures, _ = script("figures")
    step = np.eye(5, k=1)

    def traced(name, n_steps, first_known=0):
        trace = figures.SparseTrace(SimpleNamespace(generator=step), tmp_path / name, n_points=5)
        for iteration in range(n_steps):
            terms = {"alignment": float(iteration) if iteration >= first_known else np.nan}
            solution = SimpleNamespace(padded_generator=step)
            trace(SimpleNamespace(iteration=iteration, total=10, terms=terms,
                                  snapshot=lambda solution=solution: solution))  # fmt: skip
        return trace.curves()

    whole = traced("whole", 10)
    assert whole == {"alignment": [0.5, 2.5, 4.5, 6.5, 8.5], "cosine": [1.0] * 5}
    traced("part", 7)
    # Its checkpoint was before the sixth step; before it, terms are not known any more.
    assert traced("part", 10, first_known=5) == whole


def test_ablation_drops_terms_and_starts_where_it_says(script, tmp_path, quick_solver):
    ablation, command = script("ablation")
    command("--sets", SEVEN[0], "--repeats", "1")
    rows = rows_of(tmp_path / "ablation.csv")
    assert len(rows) == len(ablation.CASES) * len(ablation.STARTS)
    for row in rows:
        weights = json.loads(row["settings"])
        assert weights == dict.fromkeys(ablation.CASES[row["case"]], 0.0)
        assert (row["start_cosine"] == "") == (row["start"] == "found")
        assert 1 / 7**0.5 <= float(row["row_cosine"]) <= 1 + 1e-6
        assert_allclose(float(row["smallest_singular_value"]), 1.0, atol=1e-5)
    assert (tmp_path / "ablation.png").exists()


def test_turned_starts_keep_their_distance_and_do_not_see_the_truth(script, quick_solver):
    ablation, _ = script("ablation")
    common = importlib.import_module("common")
    dataset = common.make_set(SEVEN[0], 300, 0)
    rows = {}
    for start in ("found", "1", "2", "random"):
        task = {"start": start, "seed": 3}
        rows[start] = ablation.start_rows(task, dataset)
        assert_allclose(rows[start] @ rows[start].T, np.eye(7), atol=1e-5)
    for start in ("1", "2"):
        turn = rows["found"].T @ rows[start]
        angles = np.abs(np.angle(np.linalg.eigvals(turn)))
        assert_allclose(angles.max(), float(start), rtol=1e-5)
    dataset.generator = dataset.basis = None
    assert_allclose(ablation.start_rows({"start": "1", "seed": 3}, dataset), rows["1"])


def test_sensitivity_changes_one_parameter_at_a_time(script, tmp_path, quick_solver):
    sensitivity, command = script("sensitivity")
    command("--repeats", "2")
    settings = [json.loads(row["settings"]) for row in rows_of(tmp_path / "sensitivity.csv")]
    assert len(settings) == 2 * 5
    for one, two in [*pairwise(settings[:5]), *pairwise(settings[5:])]:
        assert sum(one[name] != two[name] for name in sensitivity.COEFFICIENTS) == 1
    for name, (low, high) in sensitivity.COEFFICIENTS.items():
        values = [setting[name] for setting in settings]
        assert low <= min(values) < max(values) <= high


def test_effects_are_those_of_a_linear_function(script):
    """The Morris effect of a parameter is the slope times its range, without spread."""
    sensitivity, _ = script("sensitivity")
    problem = sensitivity.problem_of("fast")
    points = sensitivity.sampling.sample(problem, 3, num_levels=4, seed=0)
    slopes = np.array([0.5, -0.25, 0.0, 0.1])
    rows = []
    for index, point in enumerate(points):
        repeat, step = divmod(index, 5)
        settings = json.dumps(dict(zip(problem["names"], point, strict=True)))
        rows.append({"solver": "fast", "repeat": repeat, "case": f"step {step}", "error": "",
                     "settings": settings, "cosine": point @ slopes})  # fmt: skip
    ranges = np.array([high - low for low, high in problem["bounds"]])
    for some in (rows[::-1], rows[1:]):  # or without the first trajectory, which is incomplete
        found = sensitivity.effects(some, "fast")
        assert_allclose([line["mu"] for line in found], slopes * ranges, atol=1e-12)
        assert_allclose([line["sigma"] for line in found], 0.0, atol=1e-12)
    assert len(sensitivity.complete(rows[1:], "fast")) == 10
    assert sensitivity.effects(rows[6:], "fast") == []


def test_settings_of_the_paper_are_36_runs_with_8_parameters(script):
    sensitivity, _ = script("sensitivity")
    common = importlib.import_module("common")
    args = common.make_parser("", repeats=4).parse_args(["--solver", "paper"])
    args.set = SEVEN[0]
    tasks = sensitivity.plan(args)
    assert len(tasks) == 36
    for task in tasks:
        lens = common.make_lens(task)
        assert lens.init == "random"
        assert 1.875e-3 <= lens.estimator_learning_rate <= 3.125e-3
        assert 0.0 <= lens.filter_noise <= 0.2


def test_scaling_measures_time_and_memory(script, tmp_path, monkeypatch):
    scaling, command = script("scaling")
    monkeypatch.setattr(scaling, "run_one", lambda task, args, tell: scaling.measure(task, args))
    command("--features", "3", "5", "--solver", "paper", "--repeats", "1", "--budget", "2")
    rows = rows_of(tmp_path / "scaling.csv")
    assert [row["features"] for row in rows] == ["3", "5"]
    assert all(float(row["step_cpu_seconds"]) > 0 for row in rows)
    assert all(float(row["peak_megabytes"]) >= 0 for row in rows)
    assert (tmp_path / "scaling.png").exists()


def test_exponent_is_that_of_a_power_law(script):
    scaling, _ = script("scaling")
    assert_allclose(scaling.exponent([2, 4, 8, 16], [9, 2 * 4**3, 2 * 8**3, 2 * 16**3]), 3.0)
    assert scaling.exponent([4], [1.0]) is None


def test_page_has_every_run_of_the_tables(script, tmp_path, quick_solver):
    for name, options in (
        ("table1", ("--sets", SEVEN[0], "--repeats", "2")),
        ("ablation", ("--sets", SEVEN[0], "--repeats", "1")),
        ("sensitivity", ("--repeats", "2")),
    ):
        script(name)[1](*options)
    page = importlib.import_module("page")
    target = tmp_path / "paper.md"
    page.main(["--results", str(tmp_path), "--figures", str(tmp_path), "--page", str(target)])
    text = target.read_text()
    for row in rows_of(tmp_path / "table1.csv"):
        assert f"{float(row['cosine']):.4f}" in text
    assert "Not run yet" in text
    for heading in ("## The procedure beside", "## Table 1", "## Ablation", "## Sensitivity"):
        assert heading in text
    assert "## Scaling" not in text  # nothing was measured


# Settings as ordinary parameters


def test_settings_of_the_paper_are_parameters_of_the_lens():
    lens = SymmetryLens(**paper_settings(7), hidden_factor=2, penalty=0.0)
    parameters = clone(lens).get_params()
    assert parameters == lens.get_params()
    assert paper_settings(7).items() <= parameters.items()


def test_training_settings_can_be_searched():
    X = np.random.default_rng(0).laplace(size=(60, 3))
    budget = {"max_iter": 2, "batch_size": 30}
    lens = SymmetryLens(**paper_settings(3) | budget, hidden_factor=1, random_state=0)
    grid = {
        "estimator_learning_rate": [1e-3, 1e-2],
        "learning_rate_decay": [0.1, 1.0],
        "filter_noise": [0.0, 0.2],
        "rank_schedule": ["gradient_flow", "full"],
    }
    with pytest.warns(UserWarning, match="did not converge"):
        search = GridSearchCV(lens, grid, cv=2).fit(X)
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 16
    assert np.isfinite(scores).all()
