# SPDX-License-Identifier: BSD-3-Clause
"""Samples and halves that do not depend on who reads the rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import stats

from sklearn_symmetry.statistics.sample import Sample, _splitmix64, half, row_hashes

SIZE = 300
X = np.random.default_rng(0).standard_normal((SIZE, 3))


def empty(capacity=40, seed=0):
    return Sample.empty(3, capacity=capacity, seed=seed)


def same(one, two):
    assert_array_equal(one.rows, two.rows)
    assert_array_equal(one.numbers, two.numbers)
    assert_array_equal(one.hashes, two.hashes)


def test_hashes_are_those_of_the_published_generator():
    """The first outputs of splitmix64 from the state 1234567, as in its reference in C."""
    states = np.array([1234567], np.uint64) + np.arange(3, dtype=np.uint64) * np.uint64(
        0x9E3779B97F4A7C15
    )
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert_array_equal(_splitmix64(states), np.array(expected, np.uint64))


@pytest.mark.parametrize("seed", [0, 1, -1, 2**64 - 1, 2**80])
def test_no_two_rows_have_the_same_hash(seed):
    assert len(np.unique(row_hashes(np.arange(100_000), seed))) == 100_000


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.one_of(st.none(), st.integers(1, 400)),
    cuts=st.sets(st.integers(1, SIZE - 1), max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_the_sample_is_the_same_whatever_the_chunks_their_order_and_the_workers(
    capacity, cuts, order
):
    numbers = np.arange(SIZE)
    whole = empty(capacity).add(X, numbers)
    assert len(whole.rows) == min(capacity or SIZE, SIZE)
    assert_array_equal(whole.rows, X[whole.numbers])
    assert (np.diff(whole.hashes.astype(float)) >= 0).all()
    parts = np.split(numbers, sorted(cuts))
    order.shuffle(parts)
    one = empty(capacity)
    for part in parts:
        one = one.add(X[part], part)
    same(one, whole)
    workers = [empty(capacity).add(X[part], part) for part in parts]
    while len(workers) > 1:
        workers.append(workers.pop(0).merge(workers.pop(0)))
    same(workers[0], whole)


def test_every_row_is_as_likely_and_at_any_place():
    seeds, rows, capacity = 4000, 25, 5
    chosen = np.array([
        Sample.empty(0, capacity=capacity, seed=seed)
        .add(np.empty((rows, 0)), np.arange(rows)).numbers
        for seed in range(seeds)
    ])  # fmt: skip
    # Rows of one sample exclude each other, which makes the statistic smaller.
    assert stats.chisquare(np.bincount(chosen.ravel(), minlength=rows)).pvalue > 0.001
    for place in range(capacity):
        counts = np.bincount(chosen[:, place], minlength=rows)
        assert stats.chisquare(counts).pvalue > 0.001


def test_seeds_side_by_side_have_unrelated_samples():
    one, two = (set(empty(30, seed).add(X, np.arange(SIZE)).numbers) for seed in (0, 1))
    assert len(one & two) < 12  # 3 are expected


def test_halves_are_balanced_and_know_nothing_of_the_order():
    numbers = np.arange(20_000)
    for seed in range(20):
        side = half(numbers, seed)
        assert set(side) == {0, 1}
        # Five standard errors of a fair coin.
        assert abs(side.sum() - 10_000) < 5 * np.sqrt(20_000) / 2
        rank = np.argsort(np.argsort(row_hashes(numbers, seed)))
        assert stats.mannwhitneyu(rank[side == 0], rank[side == 1]).pvalue > 1e-4
        runs = (side[1:] == side[:-1]).mean()
        assert abs(runs - 0.5) < 5 / np.sqrt(4 * 20_000)
    agree = (half(numbers, 0) == half(numbers, 1)).mean()
    assert abs(agree - 0.5) < 5 / np.sqrt(4 * 20_000)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rows_keep_their_dtype(kind):
    sample = empty().add(X.astype(kind), np.arange(SIZE))
    assert sample.rows.dtype == kind
    assert sample.merge(empty()).rows.dtype == kind


def test_samples_are_values():
    sample = empty().add(X[:100], np.arange(100))
    rows = sample.rows.copy()
    sample.add(X[100:], np.arange(100, SIZE))
    assert_array_equal(sample.rows, rows)
    with pytest.raises(AttributeError):
        sample.rows = rows


@pytest.mark.parametrize("capacity", [40, None])
def test_a_row_that_comes_twice_is_noticed(capacity):
    sample = empty(capacity).add(X, np.arange(SIZE))
    with pytest.raises(ValueError, match="comes twice.*first row of its own"):
        sample.add(X, np.arange(SIZE))
    with pytest.raises(ValueError, match="comes twice"):
        sample.merge(sample)
    last = sample.numbers[-1:]
    with pytest.raises(ValueError, match=f"row {last[0]} comes twice"):
        sample.add(X[last], last)


def test_samples_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="seed=0 and seed=1 do not merge"):
        empty().merge(empty(seed=1))
    with pytest.raises(ValueError, match="capacity=40 and capacity=None do not merge"):
        empty().merge(empty(None))
    with pytest.raises(ValueError, match="2 columns do not go with rows of 3"):
        empty().add(X[:, 1:], np.arange(SIZE))
    with pytest.raises(ValueError, match="capacity must be an integer of at least 1"):
        empty(0)
    with pytest.raises(TypeError, match="capacity"):
        empty(2.5)
    with pytest.raises(TypeError, match="seed must be an integer"):
        empty(seed=None)
