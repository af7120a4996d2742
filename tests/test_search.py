# SPDX-License-Identifier: BSD-3-Clause
"""Searches over the parameters of a lens, and what its score is worth in them."""

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm
from scipy.stats import loguniform, spearmanr, uniform
from sklearn.callback import ProgressBar
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

COEFFICIENTS = ("alignment", "uniformity", "resolution", "information")
# No search for starts: other processes do not have the quick solver.
TINY = {"init": "random", "max_iter": 2, "random_state": 0}


@pytest.fixture(autouse=True, scope="module")
def idle_workers_end():
    """Worker processes of joblib do not outlive the tests that share them."""
    yield
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def signals(n_samples=300, seed=0, n_features=7, **options):
    options = {"symmetry": "orthogonal", "random_state": seed} | options
    return make_symmetric_signals(n_samples, n_features, **options)


def halves(X):
    return X[: len(X) // 2], X[len(X) // 2 :]


def loud(X):
    """Labels that a linear classifier of the energies could learn in part."""
    energy = np.abs(X).sum(1)
    return (energy > np.median(energy)).astype(int)


# Searches run


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_grid_over_a_coefficient_uses_the_score_of_the_lens(name, quick_solver):
    X = signals().data
    search = GridSearchCV(SymmetryLens(), {name: [0.1, 1.0, 10.0]}, cv=3).fit(X)
    assert len(quick_solver.calls) == 3 * 3 + 1
    assert {call[1].weights[name] for call in quick_solver.calls} == {0.1, 1.0, 10.0}
    folds = np.array([search.cv_results_[f"split{k}_test_score"] for k in range(3)])
    held_out = X[:100]
    expected = SymmetryLens().fit(X[100:]).score(held_out)
    assert_allclose(folds[0], expected, rtol=1e-12)


def test_grid_search_in_two_processes_finds_what_one_finds():
    X = signals().data
    grid = {"uniformity": [0.5, 2.0], "n_powers": [5, 7], "padding": [2, 6]}
    alone, shared = (
        GridSearchCV(SymmetryLens(**TINY), grid, cv=2, n_jobs=n_jobs).fit(X) for n_jobs in (1, 2)
    )
    assert_array_equal(shared.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    assert shared.best_params_ == alone.best_params_
    assert_array_equal(shared.transform(X), alone.transform(X))


def test_randomized_search_draws_coefficients_and_step_sizes():
    X = signals().data
    spread = {name: uniform(0.1, 2.0) for name in COEFFICIENTS}
    spread |= {"learning_rate": loguniform(1e-4, 1e-1), "n_powers": [5, 7], "padding": [1, 3]}
    search = RandomizedSearchCV(
        SymmetryLens(**TINY), spread, n_iter=4, cv=2, n_jobs=2, random_state=0
    ).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    assert len(set(search.cv_results_["param_learning_rate"])) == 4


def test_search_in_a_pipeline_ranks_by_the_accuracy_of_the_classifier():
    X = signals(seed=1).data
    y = loud(X)
    steps = [("lens", SymmetryLens(**TINY)), ("classify", LogisticRegression())]
    grid = {"lens__n_powers": [2, 7], "lens__uniformity": [0.5, 2.0], "classify__C": [1.0]}
    search = GridSearchCV(Pipeline(steps), grid, cv=2, n_jobs=2, scoring="accuracy").fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert ((scores >= 0) & (scores <= 1)).all()
    assert search.best_score_ == scores.max()
    assert search.best_estimator_["lens"].n_powers == search.best_params_["lens__n_powers"]
    assert search.predict(X).shape == y.shape


# Searches with trouble in them


@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_failed_candidates_do_not_stop_the_search(n_jobs):
    X = signals().data
    grid = {"n_powers": [7, 99], "alignment": [1.0, -1.0]}
    search = GridSearchCV(SymmetryLens(**TINY), grid, cv=2, n_jobs=n_jobs)
    with pytest.warns(FitFailedWarning, match=r"(?s)6 fits failed.*n_powers == 99.*<= 19"):
        search.fit(X)
    works = [params == {"n_powers": 7, "alignment": 1.0} for params in search.cv_results_["params"]]
    assert_array_equal(np.isfinite(search.cv_results_["mean_test_score"]), works)
    assert search.best_params_ == {"n_powers": 7, "alignment": 1.0}


@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
def test_failed_lens_in_a_pipeline_gets_the_error_score(quick_solver):
    X = signals().data
    pipeline = Pipeline([("lens", SymmetryLens()), ("classify", LogisticRegression())])
    search = GridSearchCV(pipeline, {"lens__padding": [-1, 2]}, cv=2, error_score=-7.0)
    with pytest.warns(FitFailedWarning, match="padding == -1"):
        search.fit(X, loud(X))
    assert search.cv_results_["mean_test_score"][0] == -7.0
    assert search.best_params_ == {"lens__padding": 2}


def test_error_score_raise_stops_the_search_with_the_message_of_the_lens(quick_solver):
    search = GridSearchCV(SymmetryLens(), {"padding": [-1, 2]}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="padding == -1, must be >= 0"):
        search.fit(signals().data)


# Progress


class Recorder:
    """Auto-propagated: set on the search, called in its lenses."""

    max_propagation_depth = None

    def __init__(self):
        self.ended = []

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        self.ended.append((context.estimator_name, context.task_name))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callback_of_the_search_sees_every_iteration_of_every_lens(n_jobs, quick_solver):
    callback = Recorder()
    search = GridSearchCV(SymmetryLens(), {"padding": [2, 4]}, cv=3, n_jobs=n_jobs)
    with parallel_config("threading"):
        search.set_callbacks(callback).fit(signals().data)
    assert callback.ended.count(("SymmetryLens", "fit")) == 2 * 3 + 1
    assert callback.ended.count(("SymmetryLens", "iteration")) == 6 * (2 * 3 + 1)
    assert callback.ended[-1] == ("GridSearchCV", "fit")
    assert not hasattr(search.best_estimator_, "_parent_callback_ctx")


def test_progress_bar_shows_lenses_fitted_in_other_processes(capsys):
    pytest.importorskip("rich")
    search = GridSearchCV(SymmetryLens(**TINY), {"padding": [2, 4]}, cv=2, n_jobs=2, refit=False)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(signals().data)
    shown = capsys.readouterr().out
    assert "GridSearchCV - fit" in shown
    assert shown.count("SymmetryLens - fit") >= 4
    assert "train" in shown


def test_verbose_lens_in_a_search_leaves_the_bar_to_the_search(quick_solver, capsys):
    GridSearchCV(SymmetryLens(verbose=1), {"padding": [2, 4]}, cv=2).fit(signals().data)
    assert capsys.readouterr().out == ""


# What the score is worth


def with_matrix(lens, matrix):
    """`lens` as if it had found `matrix`."""
    lens.group_conv_matrix_ = matrix
    return lens


@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("signal", ["gaussian", "legendre"])
def test_score_falls_with_the_angle_away_from_the_truth(signal, boundary, quick_solver):
    data = signals(4000, signal=signal, boundary=boundary)
    train, test = halves(data.data)
    lens = SymmetryLens(boundary=boundary).fit(train)
    angles = np.linspace(0, 1.5, 9)
    for seed in range(3):
        plane = np.random.default_rng(seed).normal(size=(7, 7))
        turn = (plane - plane.T) / np.linalg.norm(plane - plane.T, 2)
        scores = [
            with_matrix(lens, expm(angle * turn) @ data.basis.T).score(test) for angle in angles
        ]
        assert spearmanr(scores, -angles).statistic > 0.95


def reordered(truth, rng):
    """The truth with rows in ever worse order, from a swap of neighbours to any order at all."""
    for n_swaps in np.repeat(np.arange(6), 6):
        order = np.arange(len(truth))
        for start in rng.integers(len(truth) - 1, size=n_swaps):
            order[[start, start + 1]] = order[[start + 1, start]]
        yield truth[order]
    for _ in range(18):
        yield truth[rng.permutation(len(truth))]


def mixed(truth, rng):
    """The truth with rows mixed into each other more and more, and bases of no relation to it."""
    turn = rng.normal(size=truth.shape)
    turn = (turn - turn.T) / np.linalg.norm(turn - turn.T, 2)
    yield from (expm(angle * turn) @ truth for angle in (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.9, 1.2))
    for _ in range(3):
        yield np.linalg.qr(rng.normal(size=truth.shape))[0]


# For narrow signals, whose components are nearly independent, rows in a wrong order cost less than
# rows mixed a little: between the two kinds of damage the score is a weak judge.
BETWEEN_KINDS = {"gaussian": 0.5, "legendre": 0.8}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("signal", BETWEEN_KINDS)
def test_score_ranks_damaged_solutions_by_how_near_the_truth_they_are(signal, seed, quick_solver):
    data = signals(4000, seed, signal=signal)
    train, test = halves(data.data)
    lens = SymmetryLens().fit(train)
    rng = np.random.default_rng(0)
    # The step from row to row that a matrix implies, against the generator of the set.
    near, scores = [], []
    kinds = [list(kind(data.basis.T, rng)) for kind in (reordered, mixed)]
    for W in sum(kinds, []):
        near.append(generator_similarity(W[1:].T @ W[:-1], data.generator))
        scores.append(with_matrix(lens, W).score(test))
    n_reordered = len(kinds[0])
    assert spearmanr(scores[:n_reordered], near[:n_reordered]).statistic > 0.7
    assert spearmanr(scores[n_reordered:], near[n_reordered:]).statistic > 0.9
    assert spearmanr(scores, near).statistic > BETWEEN_KINDS[signal]
    assert scores[0] == max(scores)


@pytest.mark.parametrize("signal", ["gaussian", "legendre"])
def test_score_does_not_see_sign_and_direction(signal, quick_solver):
    data = signals(1000, signal=signal)
    lens = SymmetryLens().fit(data.data)
    truth = data.basis.T
    scores = [with_matrix(lens, W).score(data.data) for W in (truth, -truth, truth[::-1])]
    assert_allclose(scores, scores[0], rtol=1e-6)


SETTINGS = [
    {},
    {"alignment": 10.0},
    {"uniformity": 20.0},
    {"resolution": 0.0},
    {"resolution": 0.0, "uniformity": 0.0},
    {"alignment": 1e-3, "uniformity": 0.0, "resolution": 0.0, "information": 0.0},
    {name: 0.01 * (1 + (name == "uniformity")) for name in COEFFICIENTS},
]


def test_score_ranks_coefficients_by_the_generator_they_lead_to_not_by_their_size():
    data = signals(600, 1, n_features=13)
    train, test = halves(data.data)
    lenses = [
        SymmetryLens(n_init=1, max_iter=25, random_state=0, **setting).fit(train)
        for setting in SETTINGS
    ]
    scores = [lens.score(test) for lens in lenses]
    truth = [generator_similarity(lens.generator_, data.generator) for lens in lenses]
    assert spearmanr(scores, truth).statistic > 0.8
    whole, tiny = scores[0], scores[-1]
    assert abs(whole - tiny) < 0.05  # one setting, a hundred times smaller
    assert whole > max(scores[3:-1]) + 0.3  # parts of the loss left out
    own_loss = [lens.loss_curve_[-1] for lens in lenses]
    assert abs(own_loss[-1]) < 0.05 * abs(own_loss[0])  # which a search by loss would go by
