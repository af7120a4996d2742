# SPDX-License-Identifier: BSD-3-Clause
"""Closed forms of the two scores."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_symmetry.datasets import hiding_basis, make_symmetric_signals
from sklearn_symmetry.metrics import (
    displacement_share,
    equivariance_error,
    generator_similarity,
    matched,
)


def cyclic_shift(n):
    return np.roll(np.eye(n), 1, axis=1)


class KnownLens:
    """Lens whose representation is the natural signal: y = basis.T x."""

    def __init__(self, dataset, direction=1, filter_error=0.0):
        step = dataset.generator if direction == 1 else dataset.generator.T
        self.step = step
        self.matrix = dataset.basis.T + filter_error

    def transform(self, X):
        return X @ self.matrix.T

    def shift(self, X, steps=1):
        step = self.step if steps > 0 else self.step.T
        return X @ np.linalg.matrix_power(step, abs(steps))


@pytest.fixture(params=["open", "circulant"])
def dataset(request):
    return make_symmetric_signals(
        200, 9, symmetry="orthogonal", boundary=request.param, random_state=6
    )


# generator_similarity


@pytest.mark.parametrize(
    "boundary, shift", [("open", np.eye(7, k=1)), ("circulant", cyclic_shift(7))]
)
@pytest.mark.parametrize("seed", range(3))
def test_perfect_generator_scores_one_in_any_basis_and_direction(boundary, shift, seed):
    basis = hiding_basis(7, "orthogonal", random_state=seed)
    target = basis @ shift @ basis.T
    for generator in (target, target.T, 3.5 * target):
        assert_allclose(generator_similarity(generator, target, boundary=boundary), 1)


@pytest.mark.parametrize("seed", range(3))
def test_transposing_either_matrix_changes_nothing(seed):
    a, b = np.random.default_rng(seed).normal(size=(2, 6, 6))
    scores = [generator_similarity(*pair) for pair in ((a, b), (a.T, b), (a, b.T), (a.T, b.T))]
    assert_allclose(scores, scores[0])
    assert_allclose(generator_similarity(b, a), scores[0])


@pytest.mark.parametrize("seed", range(3))
def test_change_of_basis_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 6, 6))
    q = hiding_basis(6, "orthogonal", random_state=seed)
    assert_allclose(generator_similarity(q @ a @ q.T, q @ b @ q.T), generator_similarity(a, b))


@pytest.mark.parametrize("n", [3, 7, 33])
def test_cyclic_shift_against_the_open_target(n):
    score = generator_similarity(cyclic_shift(n), np.eye(n, k=1))
    assert_allclose(score, np.sqrt((n - 1) / n))


@pytest.mark.parametrize("n", [7, 33])
def test_wrong_power_scores_zero(n):
    assert_allclose(generator_similarity(np.eye(n, k=2), np.eye(n, k=1)), 0, atol=1e-12)
    assert_allclose(generator_similarity(np.eye(n), np.eye(n, k=1)), 0, atol=1e-12)


def test_sign_of_a_generator_is_no_convention():
    # Unlike that of a filter: minus a shift is no shift, in either direction.
    assert_allclose(generator_similarity(-np.eye(7, k=1), np.eye(7, k=1)), 0, atol=1e-12)
    assert_allclose(generator_similarity(-cyclic_shift(2), cyclic_shift(2)), -1)


@pytest.mark.parametrize("padding", [1, 6])
def test_padded_generator_is_cropped_centrally(padding):
    padded = cyclic_shift(9 + 2 * padding)
    assert_allclose(generator_similarity(padded, np.eye(9, k=1)), 1)


@pytest.mark.parametrize("size", [8, 10, 5])
def test_generator_that_cannot_be_cropped_to_the_target_is_refused(size):
    with pytest.raises(ValueError, match=rf"generator has shape \({size}, {size}\).*\(9, 9\)"):
        generator_similarity(np.eye(size), np.eye(9))


def test_circulant_score_refuses_an_open_target_and_a_padded_generator():
    with pytest.raises(ValueError, match="target must be orthogonal when boundary == 'circulant'"):
        generator_similarity(np.eye(7), np.eye(7, k=1), boundary="circulant")
    for size in (9, 8, 6):
        with pytest.raises(ValueError, match=rf"\({size}, {size}\), must be that of target"):
            generator_similarity(np.eye(size), cyclic_shift(7), boundary="circulant")


@pytest.mark.parametrize("n", [4, 6, 8, 12, 24, 36])
def test_rotations_are_not_the_shift_of_an_even_ring_unless_they_have_one_component_more(n):
    shift = cyclic_shift(n)
    padded = np.zeros((n + 1, n + 1))
    padded[:n, :n], padded[n, n] = shift, -1.0
    assert_allclose(generator_similarity(padded, shift, boundary="circulant"), 1)
    signed = shift.copy()
    signed[np.argwhere(shift)[0][0]] *= -1
    assert_allclose(np.linalg.det(signed), 1)
    score = generator_similarity(signed, shift, boundary="circulant")
    assert_allclose(score, (n - 2) / n)


@pytest.mark.parametrize(
    "generator, target, boundary, message",
    [
        (np.ones((3, 4)), np.eye(3), "open", r"generator has shape \(3, 4\), must be square"),
        (np.eye(3), np.ones((3, 4)), "open", r"target has shape \(3, 4\), must be square"),
        (np.full((3, 3), np.nan), np.eye(3), "open", "generator contains NaN"),
        (np.zeros((3, 3)), np.eye(3), "open", "must not be zero"),
        (np.eye(3), np.eye(3), "closed", "boundary == 'closed', must be one of 'open'"),
    ],
)
def test_bad_input_is_named(generator, target, boundary, message):
    with pytest.raises(ValueError, match=message):
        generator_similarity(generator, target, boundary=boundary)


# equivariance_error


@pytest.mark.parametrize("steps", [1, 2, -1, -3])
@pytest.mark.parametrize("direction", [1, -1])
def test_known_lens_is_exactly_equivariant(dataset, steps, direction):
    lens = KnownLens(dataset, direction)
    assert equivariance_error(lens, dataset.data, steps=steps) < 1e-12


def test_lens_that_does_not_shift_has_the_error_of_standing_still(dataset):
    lens = KnownLens(dataset)
    lens.step = np.eye(9)
    y = dataset.signal
    right = np.linalg.norm(y[:, 1:] - y[:, :-1]) / np.linalg.norm(y[:, :-1])
    left = np.linalg.norm(y[:, 1:] - y[:, :-1]) / np.linalg.norm(y[:, 1:])
    assert_allclose(equivariance_error(lens, dataset.data), min(left, right))


def test_error_grows_with_the_error_of_the_filter(dataset):
    rng = np.random.default_rng(0)
    defect = rng.normal(size=(9, 9))
    errors = [
        equivariance_error(KnownLens(dataset, filter_error=size * defect), dataset.data)
        for size in (0.001, 0.01, 0.1)
    ]
    assert errors == sorted(errors)
    assert errors[0] < 0.01 < errors[2]


def test_error_does_not_depend_on_the_scale_of_the_samples(dataset):
    lens = KnownLens(dataset, filter_error=0.05)
    errors = [equivariance_error(lens, factor * dataset.data) for factor in (1, 1e-3, 1e3)]
    assert_allclose(errors, errors[0])


def test_margin_leaves_out_the_columns_at_the_ends(dataset):
    lens = KnownLens(dataset)
    lens.matrix[[0, -1]] = 5.0  # rows cut off by the edge
    assert equivariance_error(lens, dataset.data) > 0.1
    assert equivariance_error(lens, dataset.data, margin=1) < 1e-12


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"steps": 0}, "steps == 0, must not be 0"),
        ({"steps": 9}, "steps == 9, .* < 9"),
        ({"steps": 5, "margin": 2}, r"steps == 5, .* < 5 .* 2 \(margin\)"),
        ({"steps": 1, "margin": 4}, "margin == 4, must leave at least 2 of 9 columns"),
        ({"margin": -1}, "margin == -1, must be >= 0"),
    ],
)
def test_steps_that_leave_nothing_to_compare_are_refused(dataset, parameters, message):
    with pytest.raises(ValueError, match=message):
        equivariance_error(KnownLens(dataset), dataset.data, **parameters)


def test_real_steps_are_refused_because_columns_move_by_whole_steps(dataset):
    with pytest.raises(TypeError, match="steps must be an instance of"):
        equivariance_error(KnownLens(dataset), dataset.data, steps=0.5)


def test_zero_representation_has_no_relative_error(dataset):
    with pytest.raises(ValueError, match="representation of X is zero"):
        equivariance_error(KnownLens(dataset), np.zeros((3, 9)))


# Above the noise


def noisy(size=9, n_samples=4000, seed=0):
    """Smooth samples behind a rotation with white noise, and their shift."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, 2 * np.pi, (n_samples, 2))[:, :, None]
    X = np.sin(angle + np.array([0.5, 0.9])[:, None] * np.arange(size)).sum(1)
    X = X + 0.05 * random.standard_normal(X.shape)
    basis = np.linalg.qr(random.standard_normal((size, size)))[0]
    return X @ basis.T, basis @ np.eye(size, k=1) @ basis.T


def test_what_is_wrong_in_the_noise_alone_does_not_count_above_it():
    X, target = noisy()
    _, axes = np.linalg.eigh(np.cov(X.T))
    turn = np.eye(9)
    turn[:4, :4] = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
    quiet = axes @ turn @ axes.T  # turns the four weakest axes
    generator = quiet @ target
    assert generator_similarity(generator, target) < 0.8
    assert generator_similarity(generator, target, X=X) > 0.97
    assert displacement_share(generator, target, X) > 0.97


def test_all_counts_alike_in_white_noise():
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((7, 7)))[0]
    white = np.concatenate([axes, -axes])
    target, generator = np.eye(7, k=1), random.standard_normal((7, 7))
    plain = generator_similarity(generator, target)
    assert_allclose(generator_similarity(generator, target, X=white), plain, atol=1e-9)


@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_displacement_share_is_one_for_the_truth_either_way_and_less_elsewhere(boundary):
    X, target = noisy()
    if boundary == "circulant":
        target = np.roll(np.eye(9), 1, axis=1)
    for way in (target, target.T):
        assert_allclose(displacement_share(way, target, X, boundary=boundary), 1, atol=1e-12)
    half = 0.5 * (target + np.eye(9))
    assert 0 < displacement_share(half, target, X, boundary=boundary) < 0.9


def test_measures_of_samples_name_what_does_not_fit():
    X, target = noisy()
    with pytest.raises(ValueError, match="X has 8 columns, must have 9"):
        generator_similarity(target, target, X=X[:, :8])
    with pytest.raises(ValueError, match="X has 8 columns, must have 9"):
        displacement_share(target, target, X[:, :8])
    with pytest.raises(ValueError, match="does not change under target"):
        displacement_share(target, target, np.zeros((3, 9)))


def test_what_cannot_be_compared_is_named():
    several = np.stack([np.eye(6, k=1)] * 2)
    with pytest.raises(ValueError, match="boundary == 'ring', must be one of"):
        generator_similarity(several, several, boundary="ring")
    with pytest.raises(ValueError, match=r"\(2, 6, 6\), must be alike"):
        matched(several[0], several)
