# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are far too large."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.statistics.outliers import Bounds, bounded, common_unit, geometric_median


@pytest.fixture
def spoilt():
    X = np.random.default_rng(0).standard_normal((1000, 6))
    X[:10] *= 100
    return X


def test_usual_samples_stay_as_they_are(spoilt):
    assert_array_equal(bounded(spoilt)[10:], spoilt[10:])
    assert_array_equal(bounded(np.zeros((5, 2))), np.zeros((5, 2)))


def test_outliers_keep_their_direction_and_lose_their_size(spoilt):
    centre = geometric_median(spoilt)
    outliers = bounded(spoilt)[:10] - centre
    norm = np.linalg.norm(outliers, axis=1)
    assert_allclose(norm, norm[0])
    assert norm[0] < 12
    direction = spoilt[:10] - centre
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    assert_allclose(outliers / norm[:, None], direction)


def test_the_geometric_median_has_the_least_sum_of_distances(spoilt):
    centre = geometric_median(spoilt)
    best = np.linalg.norm(spoilt - centre, axis=1).sum()
    for step in np.random.default_rng(1).standard_normal((20, 6)):
        assert np.linalg.norm(spoilt - centre - 0.1 * step, axis=1).sum() > best
    assert np.linalg.norm(centre) < 0.2
    assert_allclose(geometric_median(np.ones((5, 2))), 1)


def test_bounding_commutes_with_rotations_and_scale(spoilt):
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 6)))[0]
    moved = 3 * spoilt @ turn + 50
    assert_allclose(bounded(moved), 3 * bounded(spoilt) @ turn + 50, atol=1e-9)


def test_one_sample_of_a_hundred_a_hundred_times_too_large_does_no_harm():
    signals = make_symmetric_signals(3000, 7, symmetry="orthogonal", random_state=0)
    X = signals.data.copy()
    X[np.random.default_rng(0).permutation(len(X))[:30]] *= 100
    lens = SymmetryLens(random_state=0).fit(X)
    assert generator_similarity(lens.generator_, signals.generator) > 0.995
    assert lens.verdict(X)


@pytest.mark.parametrize("scale", [1e-300, 1e-3, 1.0, 1e5, 1e300])
@pytest.mark.parametrize("n_samples", [1000, 10])
def test_bounds_of_all_samples_do_to_each_what_is_done_to_all(spoilt, scale, n_samples):
    X = spoilt[-n_samples:] * scale
    expected = bounded(X / common_unit(X))
    bounds = Bounds.of(X)
    assert_array_equal(bounds.apply(X), expected)
    by_chunk = [bounds.apply(part) for part in np.array_split(X, 7)]
    assert_array_equal(np.concatenate(by_chunk), expected)


def test_bounds_of_some_samples_draw_in_all(spoilt):
    bounds = Bounds.of(spoilt[500:])
    found = bounds.apply(spoilt)
    distance = np.linalg.norm(found - bounds.centre, axis=1)
    assert_allclose(distance[:10], bounds.radius)
    assert_array_equal(found[10:], spoilt[10:] / bounds.unit)


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_samples_of_any_size_are_drawn_in_without_overflow(spoilt, unit):
    usual = spoilt[10:] * unit
    wild = np.array([[1e300, 0, 0, 0, 0, 1e300], [-1e-300, 1e300, 1.0, 1e300, 0, 0]])
    bounds = Bounds.of(usual)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = bounds.apply(wild)
    if unit < 1e300:
        direction = wild / np.abs(wild).max(1, keepdims=True)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        assert_allclose(found - bounds.centre, direction * bounds.radius, atol=1e-12)
    assert np.isfinite(found).all()


def test_samples_without_spread_have_no_outliers():
    bounds = Bounds.of(np.full((10, 2), 3.0))
    assert bounds.radius == 0
    assert_array_equal(bounds.apply(np.array([[8.0, 0.0]])), [[4.0, 0.0]])
    assert_array_equal(Bounds.of(np.zeros((5, 2))).apply(np.zeros((5, 2))), 0)


def test_bounds_agree_to_the_bit(spoilt):
    bounds = Bounds.of(spoilt)
    assert bounds.agrees(Bounds.of(spoilt.copy()))
    assert not bounds.agrees(Bounds.of(spoilt * (1 + 1e-15)))
