# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are far too large."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.core.outliers import bounded, geometric_median
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity


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


@pytest.mark.parametrize("seed", [0, 1])
def test_one_sample_of_a_hundred_a_hundred_times_too_large_does_no_harm(seed):
    signals = make_symmetric_signals(5000, 9, symmetry="orthogonal", random_state=seed)
    X = signals.data.copy()
    X[np.random.default_rng(seed).permutation(len(X))[:50]] *= 100
    lens = SymmetryLens(random_state=seed).fit(X)
    assert generator_similarity(lens.generator_, signals.generator) > 0.995
    assert lens.verdict(X)
