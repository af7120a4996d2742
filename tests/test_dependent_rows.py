# SPDX-License-Identifier: BSD-3-Clause
"""Copies count once; groups and neighbouring rows stay in one half of a verdict."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict import split_in_halves
from sklearn_symmetry._verdict.split import row_memory, split_samples
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.statistics.sample import content_hashes, first_of_equals


def samples(n_samples=600, n_features=5, seed=0):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features))


def rows_of(part):
    return {row.tobytes() for row in part.sample}


def ar_windows(n_samples, n_features, memory, seed=0):
    random = np.random.default_rng(seed)
    noise = random.standard_normal(n_samples + n_features + 200)
    series = [0.0]
    for value in noise:
        series.append(memory * series[-1] + value)
    series = np.array(series[-n_samples - n_features + 1 :])
    return np.lib.stride_tricks.sliding_window_view(series, n_features).copy()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_first_of_equal_rows_are_found_in_any_chunks(dtype):
    X = np.random.default_rng(0).integers(0, 3, (500, 3)).astype(dtype)
    X[::7, 0] *= -1.0  # zeros of either sign are equal
    expected = np.zeros(500, dtype=bool)
    expected[np.unique(X + 0.0, axis=0, return_index=True)[1]] = True
    assert_array_equal(first_of_equals(content_hashes(X)), expected)


@pytest.mark.parametrize("groups", [None, "labels", "blocks"])
@pytest.mark.parametrize("copy", [
    lambda X: np.tile(X, (3, 1)),
    lambda X: np.repeat(X, 3, axis=0),
    lambda X: np.vstack([X, X[np.random.default_rng(1).integers(0, len(X), 900)]]),
], ids=["tiled", "repeated", "drawn"])  # fmt: skip
def test_equal_rows_are_in_one_half_and_count_once(copy, groups):
    X = copy(samples())
    groups = np.arange(len(X)) % 40 if groups == "labels" else groups
    one, two = split_in_halves(X, random_state=0, groups=groups)
    assert not rows_of(one) & rows_of(two)
    for part in (one, two):
        assert len(rows_of(part)) == part.n_samples


def test_copies_change_no_half():
    plain, copied = (
        split_in_halves(X, random_state=3) for X in (samples(), np.tile(samples(), (4, 1)))
    )
    for one, other in zip(plain, copied, strict=True):
        assert rows_of(one) == rows_of(other)
        assert_allclose(one.covariance, other.covariance)


@pytest.mark.parametrize("seed", range(3))
def test_groups_are_in_one_half_each(seed):
    X, random = samples(seed=seed), np.random.default_rng(seed)
    labels = np.array(["a", "b", "c", "d", "e", "f", "g"])[random.integers(0, 7, len(X))]
    one, two = split_in_halves(X, random_state=seed, groups=labels)
    assert not set(labels[one.row_numbers]) & set(labels[two.row_numbers])
    assert one.n_samples + two.n_samples == len(X)
    assert 0.3 < one.n_samples / len(X) < 0.7


LABELS = {
    "list": lambda labels: labels.tolist(),
    "tuple": tuple,
    "column": lambda labels: labels[:, None],
    "objects": lambda labels: labels.astype(object),
    "complex": lambda labels: labels + 0j,
    "truth": lambda labels: labels < 10,
    "text": lambda labels: labels.astype(str),
    "names and numbers": lambda labels: np.where(labels % 2, labels.astype(object), "a"),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind_keep_groups_together(kind):
    groups = LABELS[kind](np.arange(600) // 30)
    one, two = split_in_halves(samples(600), random_state=0, groups=groups)
    flat = [str(label) for label in np.ravel(np.array(groups, dtype=object))]
    sides = [{flat[row] for row in part.row_numbers} for part in (one, two)]
    assert not sides[0] & sides[1]


def test_groups_of_channels_are_those_of_samples():
    labels = np.repeat(np.arange(20), 30)
    one, two = split_in_halves(samples(600, 10), 2, random_state=0, groups=labels)
    assert not set(labels[one.row_numbers // 2]) & set(labels[two.row_numbers // 2])


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_blocks_keep_windows_of_the_halves_apart_and_tested_rows_too(memory):
    X = ar_windows(4000, 6, memory)
    split = split_samples(X, random_state=0, groups="blocks")
    one, two = (np.sort(part.row_numbers) for part in split.parts)
    gap = row_memory(X) + 6
    assert np.abs(one[:, None] - two).min() > gap >= 6
    assert min(len(one), len(two)) > 1000
    for part, tested in zip(split.parts, split.tested, strict=True):
        assert np.diff(np.sort(tested.row_numbers)).min() >= gap
        assert set(tested.row_numbers) <= set(part.row_numbers)


def test_longer_memories_are_seen():
    memories = [row_memory(ar_windows(4000, 6, memory)) for memory in (0.0, 0.5, 0.95)]
    assert memories[0] <= memories[1] < memories[2]
    assert row_memory(samples()) == 1


@pytest.mark.parametrize("groups, message", [
    ("windows", "groups must be None, 'blocks' or one label a sample; got 'windows'"),
    (np.zeros(600), "groups has one label"),
    (np.zeros(7), "inconsistent numbers of samples"),
    (np.zeros((600, 2)), "1d array"),
    ([None, "a"] * 300, "lacks the labels of 300 samples"),
    ([None] * 600, "lacks the labels of 600 samples"),
    (np.array([1, np.nan] * 300), "lacks the labels of 300 samples"),
    (np.array(["NaT", "2020"] * 300, "M8[s]"), "lacks the labels of 300 samples"),
    (np.ma.masked_equal(np.arange(600), 3), "lacks the labels of 1 samples"),
    ((label for label in range(600)), "a generator; expected .*1d array"),
    (dict.fromkeys(range(600)), "a dict; expected"),
    (set(range(600)), "a set; expected"),
    (3, "a int; expected"),
    (True, "a bool; expected"),
    ([], "inconsistent numbers of samples: 0 labels for 600"),
])  # fmt: skip
def test_unusable_groups_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        split_in_halves(samples(), groups=groups)


def test_a_recording_that_is_too_short_says_how_many_rows_are_independent():
    with pytest.raises(ValueError, match="rows remember each other.*independent.*longer recording"):
        split_in_halves(ar_windows(120, 6, 0.9), groups="blocks")


def test_neighbouring_rows_that_are_alike_are_mentioned():
    (note,) = split_samples(ar_windows(2000, 6, 0.8)).notes
    assert "neighbouring rows are alike" in note
    assert "groups='blocks'" in note
    assert split_samples(samples()).notes == []


def test_copies_change_no_verdict(little_search):
    X = make_symmetric_signals(1500, 7, symmetry="orthogonal", random_state=0).data
    lens = SymmetryLens(random_state=0).fit(X)
    plain, copied = lens.verdict(X), lens.verdict(np.tile(X, (2, 1)))
    assert copied.p_value == plain.p_value
    assert copied.repeatability == plain.repeatability
    assert copied.n_samples == plain.n_samples == 1500
    assert any("1,500 of 3,000 rows are copies" in remark for remark in copied.remarks)
