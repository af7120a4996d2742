# SPDX-License-Identifier: BSD-3-Clause
"""Moments of chunks, merged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry.statistics.moments import Moments

SIZE = 120


def make(seed, offset=0.0):
    random = np.random.default_rng(seed)
    return random.standard_normal((SIZE, 4)) @ random.standard_normal((4, 4)) + offset


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    cuts=st.sets(st.integers(1, SIZE - 1), max_size=20),
    order=st.randoms(use_true_random=False),
)
def test_moments_of_parts_are_those_of_the_whole(seed, cuts, order):
    X = make(seed)
    parts = [Moments.of(part) for part in np.split(X, sorted(cuts))]
    order.shuffle(parts)
    while len(parts) > 1:  # in any order, as a tree of workers may
        one, two = parts.pop(), parts.pop(order.randrange(len(parts)))
        parts.append(one.merge(two))
    merged = parts[0]
    assert merged.n == SIZE
    assert_allclose(merged.mean, X.mean(0), rtol=1e-12, atol=1e-13)
    assert_allclose(merged.covariance, np.cov(X.T, bias=True), rtol=1e-12, atol=1e-13)
    assert_array_equal(merged.lowest, X.min(0))
    assert_array_equal(merged.highest, X.max(0))


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_an_offset_of_a_million_deviations_costs_no_digits(pieces):
    random = np.random.default_rng(0)
    # Multiples of 2**-20 stay exact beside the offset.
    X = np.round(random.standard_normal((20_000, 5)) * 2**20) / 2**20
    far = np.array_split(X + 1e6, pieces)
    merged = Moments.of(far[0])
    for part in far[1:]:
        merged = merged.merge(Moments.of(part))
    # Means of parts are known to 1e-10 deviations, the spacing of numbers near 1e6.
    assert_allclose(merged.covariance, np.cov(X.T, bias=True), atol=1e-11)
    assert_allclose(merged.mean - 1e6, X.mean(0), atol=1e-9)


def test_single_precision_is_added_up_in_double():
    X = make(0, offset=1000).astype(np.float32)
    moments = Moments.of(X)
    assert_allclose(moments.covariance, np.cov(X.T.astype(float), bias=True), rtol=1e-10)
    for name in ("mean", "scatter", "lowest", "highest"):
        assert getattr(moments, name).dtype == np.float64


def test_extremes_may_be_those_of_other_rows():
    X = make(0)
    moments = Moments.of(X / 2, X)
    assert_array_equal(moments.highest, X.max(0))
    assert_allclose(moments.mean, X.mean(0) / 2)


def test_one_row_has_no_scatter_and_none_is_refused():
    assert_array_equal(Moments.of(make(0)[:1]).scatter, 0)
    with pytest.raises(ValueError, match="at least one row"):
        Moments.of(make(0)[:0])
    with pytest.raises(ValueError, match="4 columns do not merge with those of 3"):
        Moments.of(make(0)).merge(Moments.of(make(0)[:, 1:]))
