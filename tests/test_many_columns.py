# SPDX-License-Identifier: BSD-3-Clause
"""What the solver does otherwise with many columns leads to where it leads with few."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.solver.judge import Judge
from sklearn_symmetry.solver.manifold import minimise
from sklearn_symmetry.solver.mixed_rows import in_one_sign, mixed_places, solved_like, unmixed
from sklearn_symmetry.solver.repairs import rearranged, rephased
from sklearn_symmetry.solver.search import _Attempt, search
from sklearn_symmetry.solver.solve import _Progress, rows_needed
from sklearn_symmetry.solver.starts import seriation, waves
from sklearn_symmetry.solver.starts.arranged import Arranged
from sklearn_symmetry.solver.starts.joint_diagonalisation import _round_robin, joint_diagonaliser
from sklearn_symmetry.solver.starts.seriation import longest_path
from sklearn_symmetry.solver.tuning import DEFAULT, Tuning
from sklearn_symmetry.statistics.principal import principal_data


def nearly_diagonalisable(size, noise=0.02, seed=0):
    random = np.random.default_rng(seed)
    frame = np.linalg.qr(random.standard_normal((size, size)))[0]
    place = np.arange(size) / size
    values = np.array([np.cos(np.pi * wave * place) for wave in range(1, 7)])
    matrices = np.einsum("ia,qa,ja->qij", frame, values, frame)
    error = noise * random.standard_normal(matrices.shape) / size**0.5
    return matrices + error + error.transpose(0, 2, 1)


@pytest.mark.parametrize("size", [3, 8, 49, 64, 71])
def test_every_two_columns_meet_once(size):
    met = [tuple(sorted(pair)) for pairs in _round_robin(size) for pair in zip(*pairs, strict=True)]
    assert len(met) == len(set(met)) == size * (size - 1) // 2


@pytest.mark.parametrize("size", [20, 70])
def test_joint_diagonalisation_by_blocks_ends_where_that_by_sweeps_does(size):
    matrices = nearly_diagonalisable(size)
    sweeps, expected = joint_diagonaliser(matrices, many=size)
    blocks, found = joint_diagonaliser(matrices, many=size - 1)
    assert_allclose(blocks @ blocks.T, np.eye(size), atol=1e-12)
    assert_allclose(found, np.einsum("ij,qjk,ik->qi", blocks, matrices, blocks), atol=1e-12)
    assert_allclose(np.square(found).sum(), np.square(expected).sum(), rtol=1e-4)
    overlap = np.abs(blocks @ sweeps.T)
    assert_allclose(overlap.max(axis=1), 1, atol=0.02)


def test_a_path_of_many_items_is_as_good_with_the_cheap_moves_first():
    random = np.random.default_rng(0)
    size = 60
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    affinity = np.exp(-distance) + 0.02 * random.random((size, size))
    affinity = affinity + affinity.T
    hidden = random.permutation(size)
    scrambled = affinity[np.ix_(hidden, hidden)]
    lengths = []
    for tuning in (Tuning(many=size - 1), Tuning(many=size)):
        order = longest_path(scrambled, np.arange(size), tuning)
        assert_array_equal(np.sort(order), np.arange(size))
        lengths.append(scrambled[order[:-1], order[1:]].sum())
    assert lengths[0] > 0.98 * lengths[1]


def test_a_path_of_many_items_has_its_long_stretches_carried_to_their_places():
    size = 90
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    affinity = np.exp(-2.0 * distance)
    stretches = np.split(np.arange(size), [14, 17, 69, 79])
    order = np.concatenate([stretches[3], stretches[1][::-1], *(stretches[i] for i in (4, 2, 0))])
    found = longest_path(affinity, order, stretches=True)
    assert_array_equal(found if found[0] == 0 else found[::-1], np.arange(size))
    left = longest_path(affinity, order)
    assert np.abs(np.diff(left)).max() > 1, "cheap moves alone do the same"


@pytest.mark.parametrize("segments", ["short", "long"])
def test_a_transfer_gains_what_it_says(segments):
    random = np.random.default_rng(1)
    affinity = random.random((12, 12))
    affinity = affinity + affinity.T
    padded, order = np.pad(affinity, (0, 1)), random.permutation(12)
    if segments == "short":
        tried = seriation._short(order, 2)
    else:
        tried = seriation._stretches(padded, order, 6)
    gain, move = seriation._best_transfer(padded, order, *tried)
    moved = move()
    assert_array_equal(np.sort(moved), np.arange(12))
    assert gain > 0
    before, after = (affinity[one[:-1], one[1:]].sum() for one in (order, moved))
    assert_allclose(after - before, gain)


@pytest.mark.parametrize(("is_large", "kept"), [(False, "badc"), (True, "ba")])
def test_of_many_columns_starts_far_above_the_best_are_not_tried(is_large, kept):
    losses = {"a": 0.5, "b": 0.0, "c": 4.0, "d": 1.5}
    judge = SimpleNamespace(
        rough=lambda names: [losses[name] for name in names], is_large=is_large, tuning=DEFAULT
    )
    wave = waves._promising([(name, name) for name in "abcd"], judge)
    assert "".join(name for name, _ in wave) == kept


def judge_of(size, grid=None, **changed):
    """The judge of a little noise, whose cumulants cost nothing or too much."""
    noise = np.random.default_rng(0).laplace(size=(600, size))
    data = principal_data(noise, seed=0)
    return Judge(data, dict(PAPER_WEIGHTS), grid, Tuning(**changed))


@pytest.mark.parametrize(("size", "grid", "changed", "is_large"), [
    (9, None, {}, False),
    (9, None, {"many": 8}, False),
    (9, None, {"budget": 1}, False),
    (9, None, {"many": 8, "budget": 1}, True),
    (9, Grid.ring(9), {"many": 8, "budget": 1}, True),
    (9, Grid.of((3, 3), "open"), {"many": 8, "budget": 1}, False),
])  # fmt: skip
def test_sets_are_large_where_columns_are_many_and_cumulants_too_dear(
    size, grid, changed, is_large
):
    assert judge_of(size, grid, **changed).is_large is is_large


def test_of_a_large_set_starts_are_ranked_by_the_loss_and_descend_on_it_at_once():
    judge = judge_of(9, many=8, budget=1)
    start = np.linalg.qr(np.random.default_rng(1).standard_normal((9, 9)))[0]
    assert_allclose(judge.rough([start]), [judge.fine.value(judge.tensor(start))])
    (found,) = judge.refine([("any", start)])
    budget = {"max_iter": DEFAULT.fine_iterations} | judge.done
    assert_array_equal(found.basis, minimise(judge.fine, judge.tensor(start), **budget).basis)


def operators_in_turn(size, **changed):
    """Exponent of whitening and number of operators of every wave."""
    judge = judge_of(size, **changed)
    frames = [waves.Frame(judge, *one[:1], 0, *one[1:]) for one in waves._recipes(judge)]
    assert [frame.is_first for frame in frames] == [True] + [False] * (len(frames) - 1)
    return [(frame.recipe[0], len(frame.operators[1])) for frame in frames]


def test_recipes_and_operators_are_of_few_columns_of_many_or_of_both():
    usual = DEFAULT.n_operators
    assert operators_in_turn(18, columns_an_operator=2) == [(1.0, usual), (1.0, usual)]
    between = operators_in_turn(18, many=17, columns_an_operator=2)
    assert between == [(1.0, usual), (0.75, 9), (1.0, usual)]
    large = {"many": 17, "budget": 1}
    assert operators_in_turn(18, **large, columns_an_operator=2) == [(0.75, 9), (1.0, 9)]
    assert operators_in_turn(18, **large, columns_an_operator=4) == [(0.75, 4), (1.0, 4)]
    bounded = operators_in_turn(18, **large, columns_an_operator=1, most_operators=11)
    assert bounded == [(0.75, 11), (1.0, 11)]


def test_separated_rows_start_in_the_order_along_which_they_are_stationary():
    judge, truth = judge_with(60)
    stretches = torch.cat([truth[20:45].flip(0), truth[:20], truth[45:]])
    frame = SimpleNamespace(judge=judge, separated=stretches.numpy(), label="(so)")
    ((name, found),) = Arranged().propose(frame)
    assert name == "arranged (so)"
    assert_array_equal(
        min(found, found.flip(0), key=lambda one: float((one - truth).norm())), truth
    )
    frame.separated = truth.numpy()
    assert Arranged().propose(frame) == []


@pytest.mark.parametrize(("changed", "suits"), [
    ({}, True), ({"many": 8}, True), ({"many": 8, "budget": 1}, False),
])  # fmt: skip
def test_separated_rows_are_arranged_where_several_starts_are_affordable(changed, suits):
    assert Arranged().suits(SimpleNamespace(judge=judge_of(9, **changed))) is suits


@pytest.mark.parametrize(("many", "first_looks"), [(8, 2), (9, 1)])
def test_many_columns_have_two_first_looks(many, first_looks):
    changed = {"many": many, "few": 8, "fewest": 8}
    data = judge_of(9).data
    attempt = _Attempt(data, dict(PAPER_WEIGHTS), None, Tuning(**changed), 0, [])
    looks = 0
    while next(attempt.waves) and not attempt.closer:
        looks += 1
    assert looks == first_looks


def test_of_many_columns_as_many_frequencies_change_their_signs_as_the_budget_affords():
    basis = torch.eye(12, dtype=torch.float64)
    look = 2 * (DEFAULT.scout_samples * 12**2 + 12**3)
    for affordable, count in ((12, 11), (6, 6), (1, 1)):
        objective = SimpleNamespace(tuning=Tuning(budget=affordable * look), cumulants=None)
        changed = list(rephased(basis, objective))
        assert len(changed) == 2 * count
        for smooth, axes in zip(changed[::2], changed[1::2], strict=True):
            assert_allclose(smooth @ smooth.mT, basis, atol=1e-12)
            assert axes.diagonal().abs().sum() == 12
            assert axes.diagonal()[-1] == -1
            assert axes.diagonal().diff().count_nonzero() == 1


def judge_with(size, boundary="open"):
    """The judge of a large set of short pulses, and the truth."""
    options = {"boundary": boundary, "symmetry": "orthogonal", "random_state": 0}
    signals = make_symmetric_signals(4000, size, **options)
    data = principal_data(signals.data, seed=0)
    tuning = Tuning(third_order=0.0)
    judge = Judge(data, dict(PAPER_WEIGHTS), Grid.of(size, boundary), tuning)
    return judge, torch.as_tensor(signals.basis.T @ data.axes)


def with_packets(basis, kinds):
    """With the other sign of smooth (1) or alternating (-1) waves about a place."""
    rows = torch.arange(len(basis), dtype=basis.dtype)
    for place, extent, sign in kinds:
        wave = sign ** (rows % 2) * torch.exp(-0.5 * ((rows - place) / extent) ** 2)
        wave = wave / wave.norm()
        basis = basis - 2 * torch.outer(wave, wave @ basis)
    return basis


@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_rows_about_which_entropies_are_higher_are_mixed(boundary):
    judge, truth = judge_with(60, boundary)
    mixed = with_packets(truth, [(12, 2.0, 1), (40, 2.0, 1)])
    assert mixed_places(truth, judge.data.samples, judge.fine) == []
    assert_allclose(mixed_places(mixed, judge.data.samples, judge.fine), (12, 40), atol=1)


@pytest.mark.parametrize(("many", "certain"), [(48, [True, False]), (60, [True, True])])
def test_an_end_with_mixed_rows_is_not_certain(monkeypatch, many, certain):
    judge, truth = judge_with(60)
    mixed = with_packets(truth, [(12, 2.0, 1)])
    monkeypatch.setattr(_Attempt, "_is_sharp", lambda attempt, one: one.name == "sharp")
    tuning = Tuning(third_order=0.0, many=many)
    attempt = _Attempt(judge.data, dict(PAPER_WEIGHTS), None, tuning, 0, [])
    ends = [SimpleNamespace(name="sharp", basis=one) for one in (truth, mixed)]
    assert [attempt._is_certain(one) for one in ends] == certain
    assert not attempt._is_certain(SimpleNamespace(name="flat", basis=truth))


def test_signs_of_stretches_of_rows_are_made_one():
    judge, truth = judge_with(60)
    assert_array_equal(in_one_sign(truth, judge.fine), truth)
    signs = torch.ones(60, dtype=torch.float64)
    signs[20:35] = -1
    assert_array_equal(in_one_sign(signs[:, None] * truth, judge.fine), truth)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_window_is_solved_in_the_direction_and_with_the_sign_of_its_rows(order, sign):
    judge, truth = judge_with(60)
    rows, places = truth[20:45], []

    def solve(data):
        places.append(data.n_features)
        found = sign * torch.as_tensor(data.axes)
        return found.flip(0) if order < 0 else found

    assert_allclose(solved_like(rows, judge.data.samples, solve), rows, atol=1e-9)
    assert places == [25]


def test_rows_that_a_packet_has_mixed_are_mended():
    judge, truth = judge_with(60, "circulant")
    mixed = with_packets(truth, [(44.5, 2.6, 1)])
    mixed[:30] *= -1
    expected = minimise(judge.fine, truth, max_iter=100, tol=1e-5).basis

    def solve(data):
        return search([data], dict(PAPER_WEIGHTS))[0].basis

    mended, rounds = unmixed(judge, mixed, solve)
    assert rounds > 0
    overlap = (mended @ expected.mT).diagonal()
    assert_allclose(overlap * overlap[0].sign(), 1, atol=0.02)
    assert_allclose(mended @ mended.mT, torch.eye(60), atol=1e-9)


def test_rows_that_were_mixed_are_put_in_order(monkeypatch):
    judge, truth = judge_with(60)
    turned = torch.cat([truth[:30].flip(0), truth[30:]])
    mixed = with_packets(turned, [(30, 2.0, 1)])
    expected = minimise(judge.fine, truth, max_iter=100, tol=1e-5).basis
    monkeypatch.setattr(f"{unmixed.__module__}.solved_like", lambda rows, *_: turned[18:43])
    mended, rounds = unmixed(judge, mixed, None)
    assert rounds > 0
    overlap = (mended @ expected.mT).diagonal()
    overlap = torch.maximum(overlap.abs(), (mended.flip(0) @ expected.mT).diagonal().abs())
    assert_allclose(overlap, 1, atol=0.02)


def test_what_is_not_mixed_is_left_alone():
    judge, truth = judge_with(60)
    basis = minimise(judge.fine, truth, max_iter=100, tol=1e-5).basis
    same, rounds = unmixed(judge, basis, None)
    assert rounds == 0
    assert same is basis


def test_mending_of_windows_is_reported_and_can_be_stopped(monkeypatch):
    judge, truth = judge_with(60, "circulant")
    mixed = with_packets(truth, [(12, 2.0, 1), (40, 2.0, 1)])
    solved, news = [], iter([False, True])

    def solve(data):
        solved.append(data)
        return torch.as_tensor(data.axes)

    same, rounds = unmixed(judge, mixed, solve, lambda: next(news))
    assert (len(solved), rounds) == (1, 0)
    assert same is mixed

    told = []
    large = Tuning(many=8, budget=1, columns_an_operator=2)
    options = {"weights": dict(PAPER_WEIGHTS), "tuning": large}
    monkeypatch.setattr(f"{search.__module__}.unmixed", lambda judge, basis, solve, watch: (
        basis, watch() or watch() or 0,
    ))  # fmt: skip
    found = search(
        [judge_of(9).data], **options, report=lambda one, found: told.append((one, list(found)))
    )
    names = [one.name for one, _ in told]
    assert names[0] == names[1] == names[2]
    assert [len(found) for _, found in told[:3]] == [0, 0, 1]
    assert told[2][1][0] in found


def test_what_is_not_ready_can_be_had_but_is_no_candidate_yet():
    judge = judge_of(9)
    start = np.linalg.qr(np.random.default_rng(1).standard_normal((9, 9)))[0]
    (one,) = judge.refine([("any", start)])
    reports = []
    settings = SimpleNamespace(max_iter=None, padding=0, n_powers=None)
    progress = _Progress(settings, reports.append, DEFAULT, Grid.line(9))
    progress.candidate(one, [])
    assert reports[-1].snapshot().candidates == []
    progress.candidate(one, [one])
    assert [told.iteration for told in reports] == [1, 1]
    assert len(reports[-1].snapshot().candidates) == 1


@pytest.mark.parametrize(("changed", "sharp", "expected"), [
    ({}, True, [rearranged]), ({"many": 8}, True, [rearranged, unmixed]),
    ({"many": 8}, False, [rearranged]), ({"many": 8, "budget": 1}, False, [rearranged, unmixed]),
])  # fmt: skip
def test_windows_of_many_rows_are_solved_where_no_closer_look_follows(
    monkeypatch, changed, sharp, expected
):
    done = []
    monkeypatch.setattr(
        Judge, "mended", lambda judge, one, changes, rounds: done.append(*changes) or one
    )
    monkeypatch.setattr(_Attempt, "_unmixed", lambda attempt, one: done.append(unmixed) or one)
    monkeypatch.setattr(_Attempt, "_is_sharp", lambda attempt, one: sharp)
    judge = judge_of(9, **changed)
    attempt = _Attempt(judge.data, dict(PAPER_WEIGHTS), None, Tuning(**changed), 0, [])
    attempt.few, attempt.lawful, attempt.patient = False, True, False
    attempt._mended(None)
    assert done == expected


@pytest.mark.parametrize(("size", "options", "rows"), [
    (33, {}, 20_000), (125, {}, 20_000), (1025, {}, 164_000), (33, {"batch_size": 30_000}, 30_000),
    (33, {"init": "random"}, None), (33, {"density": "mixture"}, None),
])  # fmt: skip
def test_a_sample_holds_more_rows_of_more_columns(size, options, rows):
    settings = SimpleNamespace(**({"init": "auto", "density": "", "batch_size": None} | options))
    assert rows_needed(settings, size) == rows
