# SPDX-License-Identifier: BSD-3-Clause
"""The training procedure: its schedules, its reproducibility, what it keeps and when it refuses."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.group import complete_basis
from sklearn_symmetry.solver import paper
from sklearn_symmetry.solver.paper import (
    Trainer,
    _Schedule,
    published_batch,
    published_steps,
    train,
)
from sklearn_symmetry.solver.solution import Settings

densities = pytest.mark.parametrize("density", ["closed_form", "mixture"])
boundaries = pytest.mark.parametrize("boundary", ["open", "circulant"])


def moving_average(n_samples=2000, size=7, seed=0, dtype=np.float64):
    """Local stationary signals; the identity is a group convolution matrix of theirs."""
    random = np.random.default_rng(seed)
    noise = random.exponential(size=(n_samples, size + 2)) ** 2
    return (noise[:, :-2] + 0.8 * noise[:, 1:-1] + 0.3 * noise[:, 2:]).astype(dtype)


def make_settings(**changes):
    defaults = {"init": "random", "padding": 3, "max_iter": 25, "batch_size": 200}
    return Settings(**{**defaults, **changes})


# Schedules


def test_learning_rate_decays_log_linearly_to_a_tenth():
    schedule = _Schedule(n_iterations=101)
    decay = np.array([schedule.decay(t) for t in range(101)])
    assert_allclose(decay[[0, 50, 100]], [1.0, 10**-0.5, 0.1])
    assert_allclose(np.diff(np.log(decay)), np.log(0.1) / 100)


@pytest.mark.parametrize("decay", [0.1, 0.5, 1.0])
def test_rank_grows_with_the_share_of_the_gradient_flow(decay):
    schedule = _Schedule(n_iterations=50, learning_rate_decay=decay)
    rates = np.array([schedule.decay(t) for t in range(50)])
    ranks = [schedule.rank_fraction(t) for t in range(50)]
    assert_allclose(ranks, np.cumsum(rates) / rates.sum())
    assert _Schedule(50, rank_schedule="full").rank_fraction(3) is None


def test_filter_noise_fades_over_a_thousand_steps_whatever_the_set():
    schedule = _Schedule(n_iterations=400_000)
    noise = [schedule.noise(step) for step in (0, 1000, 2000)]
    assert_allclose(noise, 0.1 * np.exp([0.0, -1.0, -2.0]))
    assert_allclose(_Schedule(1000, filter_noise_epochs=2.0).noise(200), 0.1 / math.e)
    trainers = [Trainer(moving_average(n), make_settings(), 0) for n in (300, 2000)]
    assert len({trainer.schedule.noise(77) for trainer in trainers}) == 1


def test_budget_is_the_published_one():
    assert [published_steps(size) for size in (7, 27, 33)] == [400_000, 100_000, 100_000]
    assert [published_batch(size) for size in (7, 27, 33)] == [2520, 10_800, 16_500]
    assert published_batch(7, 63_000) == 630
    assert published_batch(20, 500) == 20  # one sample for every condition


def test_steps_are_those_of_adam_in_keras():
    """Their epsilon is 1e-7, and stands outside the correction of the bias."""
    settings = make_settings(init=np.eye(7), learning_rate=1e-3, learning_rate_decay=1.0)
    trainer = Trainer(moving_average(dtype=np.float64), settings, 0)
    first, second = torch.zeros(7), torch.zeros(7)
    expected = trainer.filter.detach().clone()
    for step in range(4):
        trainer.step(step)
        gradient = trainer.filter.grad * 1.0
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        rate = 1e-3 * math.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
        expected -= rate * first / (second.sqrt() + 1e-7)
        assert_allclose(trainer.filter.detach(), expected, rtol=1e-9)


# Several starts


def test_lowest_final_loss_of_several_seeds_wins_and_all_are_candidates():
    X = moving_average()
    settings = make_settings(max_iter=12, learning_rate=0.02)
    solution = train(X, replace(settings, n_init=3), random_state=5)
    assert len(solution.candidates) == 3
    losses = [candidate["loss"] for candidate in solution.candidates]
    assert len(set(losses)) == 3
    best = solution.candidates[int(np.argmin(losses))]
    assert_allclose(best["agreement"], 1.0)
    assert_allclose(solution.loss_curve[-1], min(losses))  # a hundredth of 12 steps is one
    assert len(solution.loss_curve) == solution.n_iter == 12
    # Each of them is the run of one seed, the first that of the given one.
    assert solution.candidates[0]["start"] == "random, seed 5"
    for candidate in solution.candidates:
        alone = train(X, settings, random_state=int(candidate["start"].split()[-1]))
        assert alone.candidates == [candidate | {"agreement": alone.candidates[0]["agreement"]}]


def test_seeds_do_not_depend_on_how_many_there_are():
    settings = make_settings(max_iter=2)
    two, three = (
        train(moving_average(), replace(settings, n_init=n), random_state=1) for n in (2, 3)
    )
    starts = [[one["start"] for one in solution.candidates] for solution in (two, three)]
    assert starts[0] == starts[1][:2]


def test_given_rows_are_trained_once():
    solution = train(moving_average(), make_settings(init=np.eye(7), n_init=4, max_iter=3),
                     random_state=0)  # fmt: skip
    assert solution.n_iter == 3
    assert solution.candidates == []


def test_monitor_counts_on_over_the_seeds_and_sees_the_best_finished_run():
    calls, finished = [], []

    def monitor(report):
        calls.append((report.iteration, report.total))
        finished.append(report.snapshot().n_iter)
        return report.iteration == 7

    solution = train(moving_average(), make_settings(max_iter=5, n_init=3), random_state=0,
                     monitor=monitor)  # fmt: skip
    assert calls == [(step, 15) for step in range(8)]
    assert finished == [1, 2, 3, 4, 5, 5, 5, 5]
    assert solution.n_iter == 5  # what was stopped on its way is not compared
    assert len(solution.candidates) == 1


# Solutions


@densities
@boundaries
@pytest.mark.parametrize("n_powers", [None, 5, 8])
def test_solution_is_consistent(density, boundary, n_powers):
    X = moving_average()
    solution = train(
        X,
        make_settings(n_powers=n_powers, density=density, boundary=boundary, learning_rate=0.01),
        random_state=1,
    )
    m, size = n_powers or 7, 7 if boundary == "circulant" else 13
    assert solution.lie_algebra.shape == (size, size)
    assert_allclose(solution.lie_algebra, -solution.lie_algebra.T)
    rotation = solution.padded_generator
    assert_allclose(rotation @ rotation.T, np.eye(size), atol=1e-12)
    assert_allclose(np.linalg.norm(solution.filter), 1.0)
    assert_allclose(solution.powers, np.arange(m) - m // 2)
    margin = (size - 7) // 2
    vector = np.pad(solution.filter, margin)
    for power, row in zip(solution.powers, solution.group_conv_matrix, strict=True):
        moved = np.linalg.matrix_power(rotation, power) @ vector
        assert_allclose(row, moved[margin : margin + 7], atol=1e-10)
    assert solution.n_iter == len(solution.loss_curve) == 25
    assert list(solution.loss_terms) == ["alignment", "uniformity", "resolution", "information"]
    terms = {name: np.array(values) for name, values in solution.loss_terms.items()}
    total = terms["alignment"] + 2 * terms["uniformity"]
    assert_allclose(solution.loss_curve, total + terms["resolution"] + terms["information"])
    for array in (solution.lie_algebra, solution.filter, solution.group_conv_matrix):
        assert array.dtype == np.float64


@densities
@pytest.mark.parametrize("seed", range(2))
def test_same_seed_gives_identical_arrays_and_global_state_is_untouched(density, seed):
    X = moving_average(seed=seed)
    settings = make_settings(density=density, max_iter=5)
    global_state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    one, two = (train(X, settings, random_state=seed) for _ in range(2))
    other = train(X, settings, random_state=seed + 1)
    assert np.array_equal(one.lie_algebra, two.lie_algebra)
    assert one.loss_curve == two.loss_curve
    assert not np.array_equal(one.lie_algebra, other.lie_algebra)
    assert torch.equal(torch.random.get_rng_state(), global_state)
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_lowers_the_loss(dtype):
    settings = make_settings(
        rank_schedule="full", max_iter=150, learning_rate=0.01, batch_size=2000
    )
    curve = train(moving_average(dtype=dtype), settings, random_state=0).loss_curve
    assert np.mean(curve[-10:]) < np.mean(curve[:10]) - 0.2


def test_data_are_never_modified_and_may_be_read_only():
    X = moving_average(300)
    before = X.copy()
    X.flags.writeable = False
    train(X[::-1], make_settings(max_iter=2), random_state=0)
    assert_allclose(X, before)


def test_a_common_scale_and_offset_of_the_data_do_not_matter():
    X = moving_average(300)
    settings = make_settings(max_iter=5, init=np.eye(7))
    one = train(X, settings, random_state=0)
    two = train(100.0 * X - 30.0, settings, random_state=0)
    assert_allclose(two.group_conv_matrix, one.group_conv_matrix, atol=1e-6)
    assert_allclose(two.loss_curve, one.loss_curve, rtol=1e-6)


@densities
@boundaries
def test_initial_rows_are_kept_when_they_are_a_solution(density, boundary):
    X = moving_average(4000)
    basis = complete_basis(np.random.default_rng(3).standard_normal((7, 7)))
    settings = make_settings(
        init=basis, density=density, boundary=boundary, learning_rate=1e-4, max_iter=50
    )
    rows = train(X @ basis, settings, random_state=0).group_conv_matrix
    assert np.sum(rows * basis) / np.linalg.norm(rows) / math.sqrt(7) > 0.999


@pytest.mark.parametrize("n_powers", [5, 6, 9])
def test_initial_rows_may_be_fewer_or_more_than_the_features(n_powers):
    rows = np.eye(n_powers, 7, k=7 // 2 - n_powers // 2)
    settings = make_settings(init=rows, n_powers=n_powers, learning_rate=1e-9, max_iter=1)
    solution = train(moving_average(), settings, random_state=0)
    assert_allclose(solution.group_conv_matrix, rows, atol=1e-6)


def test_initial_rows_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"init must have shape \(7, 7\); got \(3, 7\)"):
        train(moving_average(), make_settings(init=np.eye(3, 7)), random_state=0)


def test_training_moves_without_filter_noise():
    settings = make_settings(filter_noise=0.0, max_iter=3)
    assert np.isfinite(train(moving_average(), settings, random_state=0).loss_curve).all()


# Protocol


def test_monitor_sees_every_iteration_and_can_stop():
    calls = []

    def monitor(report):
        calls.append((report.phase, report.iteration, report.total))
        solution = report.snapshot()
        assert solution.n_iter == report.iteration + 1
        assert solution.loss_curve[-1] == report.loss
        assert {name: values[-1] for name, values in solution.loss_terms.items()} == report.terms
        return report.iteration == 3

    solution = train(moving_average(), make_settings(), random_state=0, monitor=monitor)
    assert calls == [("train", t, 25) for t in range(4)]
    assert solution.n_iter == 4
    assert not solution.converged


def test_exceptions_of_the_monitor_propagate():
    def monitor(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(moving_average(), make_settings(), random_state=0, monitor=monitor)


@densities
def test_non_finite_loss_raises_with_term_and_iteration(density):
    X = moving_average()
    X[5] = np.inf
    X[6] = np.nan
    settings = make_settings(density=density, batch_size=2000)
    with pytest.raises(
        FloatingPointError, match="alignment term of the loss is nan at iteration 0"
    ):
        train(X, settings, random_state=0)


def test_diverging_training_raises_with_term_and_iteration():
    settings = make_settings(learning_rate=1e30, max_iter=20)
    X = moving_average(dtype=np.float32)
    with pytest.raises(FloatingPointError, match=r"term of the loss is .* at iteration \d+"):
        train(X, settings, random_state=0)


def test_convergence_means_that_the_loss_stopped_moving():
    X = moving_average(500)
    settings = {"max_iter": 40, "batch_size": 500}
    steady = make_settings(filter_noise=0.0, **settings, learning_rate=1e-9, init=np.eye(7))
    assert train(X, steady, random_state=0).converged
    moving = make_settings(**settings, learning_rate=0.02)
    assert not train(X, moving, random_state=0).converged
    short = make_settings(max_iter=5, batch_size=500, learning_rate=1e-9, init=np.eye(7))
    assert not train(X, short, random_state=0).converged


def test_convergence_is_judged_at_full_rank():
    """The annealed loss changes with the rank even when nothing moves."""
    settings = make_settings(
        rank_schedule="gradient_flow",
        max_iter=40,
        batch_size=500,
        learning_rate=1e-9,
        init=np.eye(7),
    )
    solution = train(moving_average(500), settings, random_state=0)
    assert abs(solution.loss_curve[-1] - solution.loss_curve[-8]) > 1e-3
    assert solution.converged


def test_mixture_needs_a_sample_for_every_condition():
    settings = make_settings(density="mixture", batch_size=6)
    with pytest.raises(ValueError, match="at least n_powers=7 samples a batch; got 6"):
        train(moving_average(), settings, random_state=0)


def test_batch_larger_than_the_set_is_refused():
    settings = make_settings(batch_size=301)
    with pytest.raises(ValueError, match="batch_size=301 is larger.*n_samples=300.*paper_settings"):
        train(moving_average(300), settings, random_state=0)


def test_estimators_learn_at_their_own_rate():
    def spread(rate):
        settings = make_settings(
            estimator_learning_rate=rate,
            hidden_factor=4,
            density="mixture",
            learning_rate=1e-9,
            max_iter=60,
        )
        terms = train(moving_average(), settings, random_state=0).loss_terms
        return terms["resolution"][-1] - terms["resolution"][0]

    # Only the marginal entropy can fall when the model does not move and the rank is the same.
    assert spread(0.02) < spread(1e-9) - 0.01


# Compiled tables


def test_steps_with_tables_are_those_without():
    pytest.importorskip("numba")
    # From a random start the smallest eigenvalues are rounding errors, and their logarithm counts.
    options = {"density": "mixture", "max_iter": 8, "learning_rate": 1e-3, "hidden_factor": 4}
    settings = make_settings(init=np.eye(7), **options)
    trainers = [Trainer(moving_average(), settings, 0, compiled=flag) for flag in (True, False)]
    for step in range(8):
        for trainer in trainers:
            trainer.step(step)
    one, two = trainers
    assert_allclose(one.loss_curve, two.loss_curve, rtol=1e-6)
    pairs = [(one.free_matrix, two.free_matrix), (one.filter, two.filter)]
    pairs += zip(one.density.parameters(), two.density.parameters(), strict=True)
    for compiled, plain in pairs:
        assert_allclose(compiled.detach(), plain.detach(), atol=1e-5)


def test_tables_are_used_where_they_pay():
    pytest.importorskip("numba")
    X = moving_average(300)
    long, short = (make_settings(density="mixture", max_iter=n) for n in (1000, 10))
    assert Trainer(X, long, 0).compiled
    assert not Trainer(X, short, 0).compiled
    assert not Trainer(X, replace(long, density="closed_form"), 0).compiled


def test_missing_compiler_is_named_once_and_the_plain_path_is_taken(monkeypatch):
    monkeypatch.setattr(paper, "find_spec", lambda name: None)
    paper._has_compiler.cache_clear()
    settings = make_settings(density="mixture", max_iter=1000)
    with pytest.warns(UserWarning, match="numba is not installed.*pip install") as caught:
        trainers = [Trainer(moving_average(300), settings, 0) for _ in range(2)]
    assert len(caught) == 1
    assert not any(trainer.compiled for trainer in trainers)
    paper._has_compiler.cache_clear()
