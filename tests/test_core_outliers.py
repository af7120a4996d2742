# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are far too large."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.core.outliers import bounded
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
    outliers = bounded(spoilt)[:10]
    norm = np.linalg.norm(outliers, axis=1)
    assert_allclose(norm, norm[0])
    assert norm[0] < 12
    expected = spoilt[:10] / np.linalg.norm(spoilt[:10], axis=1, keepdims=True)
    assert_allclose(outliers / norm[:, None], expected)


def test_bounding_commutes_with_rotations_and_scale(spoilt):
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 6)))[0]
    assert_allclose(bounded(3 * spoilt @ turn), 3 * bounded(spoilt) @ turn, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_one_sample_of_a_hundred_a_hundred_times_too_large_does_no_harm(seed):
    signals = make_symmetric_signals(5000, 9, symmetry="orthogonal", random_state=seed)
    X = signals.data.copy()
    X[np.random.default_rng(seed).permutation(len(X))[:50]] *= 100
    lens = SymmetryLens(random_state=seed).fit(X)
    assert generator_similarity(lens.generator_, signals.generator) > 0.995
    assert lens.verdict(X)
