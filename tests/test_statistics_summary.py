# SPDX-License-Identifier: BSD-3-Clause
"""Summaries: the same whoever reads the samples, and as exact as all of them."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry._channels import split_channels
from sklearn_symmetry.statistics import summarise
from sklearn_symmetry.statistics.chunks import WORKING_BYTES
from sklearn_symmetry.statistics.moments import Moments
from sklearn_symmetry.statistics.outliers import Bounds, bounded, common_unit
from sklearn_symmetry.statistics.sample import half
from sklearn_symmetry.statistics.summary import draw

SIZE = 400


def make(n_samples=SIZE, width=6, seed=0):
    random = np.random.default_rng(seed)
    X = random.standard_normal((n_samples, width)) @ random.standard_normal((width, width)) + 5
    X[random.permutation(n_samples)[: n_samples // 100]] *= 1000
    return X


X = make()
WHOLE = summarise(X, capacity=50, seed=3)


def assert_same(one, two):
    assert one.n_samples == two.n_samples
    assert one.bounds.agrees(two.bounds)
    assert_allclose(one.mean, two.mean, rtol=1e-12, atol=1e-14)
    assert_allclose(one.covariance, two.covariance, rtol=1e-12, atol=1e-14)
    for name in ("sample", "row_numbers", "hashes", "lowest", "highest"):
        assert_array_equal(getattr(one, name), getattr(two, name))
        assert getattr(one, name).dtype == getattr(two, name).dtype


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_summary_of_a_small_set_is_all_of_it(n_channels):
    rows = split_channels(X, n_channels)
    summary = summarise(X, n_channels=n_channels, capacity=None)
    assert_array_equal(np.sort(summary.row_numbers), np.arange(len(rows)))
    assert_array_equal(summary.sample, rows[summary.row_numbers])
    unit = common_unit(X)
    assert summary.bounds.unit == unit
    drawn_in = bounded(summary.sample / unit)
    assert summary.n_samples == len(rows)
    assert summary.n_features == rows.shape[1]
    assert_allclose(summary.mean, drawn_in.mean(0), rtol=1e-12)
    assert_allclose(summary.covariance, np.cov(drawn_in.T, bias=True), rtol=1e-10)
    assert_array_equal(summary.lowest, rows.min(0))
    assert_array_equal(summary.highest, rows.max(0))


def test_moments_are_of_all_rows_where_the_sample_is_of_some():
    drawn_in = WHOLE.bounds.apply(X)
    assert WHOLE.sample.shape == (50, 6)
    assert WHOLE.n_samples == SIZE
    assert_allclose(WHOLE.mean, drawn_in.mean(0), rtol=1e-12)
    assert_allclose(WHOLE.covariance, np.cov(drawn_in.T, bias=True), rtol=1e-10)
    assert WHOLE.bounds.agrees(Bounds.of(WHOLE.sample))


@settings(max_examples=30, deadline=None)
@given(cuts=st.sets(st.integers(1, SIZE - 1), max_size=8), order=st.randoms(use_true_random=False))
def test_summaries_of_parts_make_the_summary_of_the_whole(cuts, order):
    edges = [0, *sorted(cuts), SIZE]
    options = {"capacity": 50, "seed": 3, "bounds": WHOLE.bounds}
    parts = [
        summarise(X[start:stop], first_row=start, **options)
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]
    order.shuffle(parts)
    grown = parts[0]
    for part in parts[1:]:
        grown = grown.merge(part)
    assert_same(grown, WHOLE)
    chunks = np.split(X, sorted(cuts))
    assert_same(summarise(chunks, capacity=50, seed=3), WHOLE)
    added = summarise(chunks[0], **options)
    for chunk, start in zip(chunks[1:], edges[1:-1], strict=True):
        added = added.add(chunk, start)
    assert_same(added, WHOLE)


def test_workers_agree_on_bounds_by_merging_their_samples():
    samples = [draw(X[:150], capacity=50, seed=3)]
    samples.append(draw(X[150:], capacity=50, seed=3, first_row=150))
    assert Bounds.of(samples[1].merge(samples[0]).rows).agrees(WHOLE.bounds)


@pytest.mark.parametrize("capacity", [50, None])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_two_halves_make_the_whole_and_tear_no_sample_apart(n_channels, capacity):
    options = {"n_channels": n_channels, "capacity": capacity, "seed": 1}
    whole = summarise(X, **options)
    parts = [summarise(X, half=side, bounds=whole.bounds, **options) for side in (0, 1)]
    assert_same(parts[0].merge(parts[1]), whole)
    for side, part in enumerate(parts):
        samples = part.row_numbers // n_channels
        assert_array_equal(half(samples, 1), side)
        assert_array_equal(part.sample, split_channels(X, n_channels)[part.row_numbers])
        assert part.n_samples % n_channels == 0
    alone = summarise(X, half=0, **options)
    assert_array_equal(alone.sample, parts[0].sample)
    assert alone.bounds.agrees(Bounds.of(alone.sample))


@pytest.mark.parametrize("side", [None, 0])
def test_every_kind_of_source_gives_the_same_summary(tmp_path, side):
    single = X.astype(np.float32)
    expected = summarise(single, capacity=50, seed=3, half=side)
    np.save(tmp_path / "X.npy", single)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    before = (tmp_path / "X.npy").read_bytes()
    for source in (mapped, np.asfortranarray(single), np.array_split(single, 3), [mapped]):
        assert_same(summarise(source, capacity=50, seed=3, half=side), expected)
    assert (tmp_path / "X.npy").read_bytes() == before
    assert expected.sample.dtype == np.float32
    assert expected.mean.dtype == expected.covariance.dtype == np.float64


def test_the_input_is_not_changed():
    source = make()
    summarise(source, capacity=None)
    assert_array_equal(source, X)


@pytest.mark.parametrize("cut", [np.asarray, lambda X: np.array_split(X, 2)], ids=["array", "list"])
def test_a_set_of_any_size_needs_one_chunk_and_its_sample(cut):
    """53 MB in double precision."""
    source = cut(np.random.default_rng(0).standard_normal((200_000, 33), dtype=np.float32))
    tracemalloc.start()
    summary = summarise(source, capacity=2000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert summary.n_samples == 200_000
    assert peak < 1.2 * WORKING_BYTES


def test_only_the_chosen_rows_of_an_array_are_read_for_the_sample():
    source = X.copy()
    chosen = draw(source, capacity=50, seed=3)
    source[np.setdiff1d(np.arange(SIZE), chosen.numbers)] = np.nan
    assert_array_equal(draw(source, capacity=50, seed=3).rows, chosen.rows)


def test_a_summary_is_a_value():
    before = pickle.dumps(WHOLE)
    WHOLE.add(X + 1, SIZE)
    bad = np.ones((3000, 6))
    bad[-1, 2] = np.nan
    with pytest.raises(ValueError, match="row 2999, column 2"):
        WHOLE.add(bad, SIZE)
    assert pickle.dumps(WHOLE) == before
    with pytest.raises(AttributeError):
        WHOLE.moments = None
    assert_same(pickle.loads(before), WHOLE)


@pytest.mark.parametrize(("chunk", "first", "error", "message"), [
    (X[:, 1:], SIZE, ValueError, "5 columns"),
    (X[:0], SIZE, ValueError, "empty"),
    (X[0], SIZE, ValueError, "two dimensions"),
    (X + 1j, SIZE, TypeError, "complex"),
    (X, 0, ValueError, "comes twice"),
    (X, -1, ValueError, "first_row must be an integer of at least 0"),
    (X, 0.5, TypeError, "first_row"),
])  # fmt: skip
def test_chunks_that_do_not_fit_are_refused(chunk, first, error, message):
    with pytest.raises(error, match=message):
        WHOLE.add(chunk, first)


@pytest.mark.parametrize(("options", "message"), [
    ({"seed": 4}, "seed=3 and seed=4 do not merge"),
    ({"capacity": 51}, "capacity=50 and capacity=51 do not merge"),
    ({"bounds": None}, "different bounds do not merge: pass the bounds of one"),
    ({"first_row": 0}, "comes twice"),
])  # fmt: skip
def test_summaries_that_do_not_belong_together_are_refused(options, message):
    standard = {"seed": 3, "capacity": 50, "bounds": WHOLE.bounds, "first_row": SIZE}
    with pytest.raises(ValueError, match=message):
        WHOLE.merge(summarise(X, **(standard | options)))


def test_summaries_of_different_widths_are_refused():
    with pytest.raises(ValueError, match="columns"):
        WHOLE.merge(summarise(X[:, 1:], seed=3, capacity=50, first_row=SIZE))
    with pytest.raises(ValueError, match="bounds are of 6 columns; rows have 5"):
        summarise(X[:, 1:], bounds=WHOLE.bounds)


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"half": 2}, ValueError, "half must be None, 0 or 1; got 2"),
    ({"capacity": 0}, ValueError, "capacity"),
    ({"capacity": 1.0}, TypeError, "capacity"),
    ({"seed": None}, TypeError, "seed"),
    ({"n_channels": 4}, ValueError, "n_channels=4 does not divide"),
    ({"n_channels": 0}, ValueError, "n_channels"),
    ({"n_channels": 2, "first_row": 3}, ValueError, "first_row=3 is in the middle of a sample"),
])  # fmt: skip
@pytest.mark.parametrize("source", [X, [X]], ids=["array", "list"])
def test_options_out_of_range_are_refused(source, options, error, message):
    with pytest.raises(error, match=message):
        summarise(source, **options)


@pytest.mark.parametrize(("source", "error", "message"), [
    ((part for part in [X]), TypeError, "read only once"),
    (X[:0], ValueError, "empty"),
    (X[0], ValueError, "two dimensions"),
    ([], ValueError, "no chunks"),
    ([X, X[:, 1:]], ValueError, "chunk 1 .*5 columns"),
    (np.where(X[7, 3] == X, np.nan, X), ValueError, "row 7, column 3"),
])  # fmt: skip
def test_sources_that_cannot_be_summarised_are_refused(source, error, message):
    with pytest.raises(error, match=message):
        summarise(source)


def test_a_source_that_changes_between_readings_is_noticed():
    class Shrinking:
        left = 3

        def __iter__(self):
            self.left -= 1
            return iter([X] * self.left)

    with pytest.raises(ValueError, match="gave 800 rows when first read, and 400 when read again"):
        summarise(Shrinking())


def test_a_half_without_samples_is_named():
    lonely = int(half(np.array([0]), 0)[0])
    with pytest.raises(ValueError, match=f"no samples in half={1 - lonely}"):
        summarise(X[:1], half=1 - lonely)


def test_one_row_has_a_summary():
    summary = summarise(X[:1])
    assert_array_equal(summary.covariance, 0)
    assert isinstance(summary.moments, Moments)
