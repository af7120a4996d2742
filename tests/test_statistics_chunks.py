# SPDX-License-Identifier: BSD-3-Clause
"""Reading arrays, memory-mapped files and iterables of arrays, chunk by chunk."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from sklearn_symmetry._channels import split_channels
from sklearn_symmetry.statistics.chunks import WORKING_BYTES, chunks, give_back, rows_at


class Anew:
    """An iterable that gives its arrays each time it is asked."""

    def __init__(self, *arrays):
        self.arrays = arrays

    def __iter__(self):
        return iter(self.arrays)


def read(source, *args, **options):
    firsts, parts = zip(*chunks(source, *args, **options), strict=True)
    sizes = [len(part) for part in parts]
    assert_array_equal(firsts, np.cumsum([0, *sizes[:-1]]))
    return np.concatenate(parts), sizes


@pytest.fixture
def X():
    return np.random.default_rng(0).standard_normal((50, 6))


@pytest.fixture
def mapped(tmp_path, X):
    path = tmp_path / "X.npy"
    np.save(path, X)
    return path


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize("rows", [None, 1, 7, 50, 1000])
def test_chunks_put_together_are_the_source_in_rows_of_one_channel(X, rows, n_channels):
    found, sizes = read(X, n_channels, rows)
    assert_array_equal(found, split_channels(X, n_channels))
    assert max(sizes) <= (rows or 50) * n_channels


@pytest.mark.parametrize(
    "cut", [list, tuple, lambda parts: Anew(*parts)], ids=["list", "tuple", "object"]
)
def test_an_iterable_of_arrays_is_the_array_they_make(X, cut):
    source = cut(np.array_split(X, 4))
    for _ in range(2):
        assert_array_equal(read(source, 2, 5)[0], split_channels(X, 2))


def test_a_chunk_fits_into_its_bytes():
    X = np.zeros((200_000, 33), np.float32)
    _, sizes = read(X)
    assert max(sizes) * 33 * 8 < WORKING_BYTES / 4
    assert len(sizes) < 25


@pytest.mark.parametrize("change", [
    np.asfortranarray, lambda X: X[::-1], lambda X: X[:, ::2], lambda X: X.astype(">f8"),
    lambda X: X.astype(np.longdouble),
], ids=["fortran", "reversed", "strided", "big endian", "long"])  # fmt: skip
def test_any_layout_is_read_as_contiguous_rows(X, change):
    X = change(X)
    X.setflags(write=False)
    before = X.copy()
    for _, chunk in chunks(X, rows=8):
        assert chunk.flags.c_contiguous
        assert chunk.dtype == np.float64
        assert chunk.dtype.isnative
    assert_array_equal(read(X, 1, 8)[0], before)


@pytest.mark.parametrize(("given", "expected"), [
    ("f4", "f4"), (">f4", "f4"), ("f8", "f8"), ("f2", "f8"), ("i1", "f8"), ("u8", "f8"),
    ("?", "f8"),
])  # fmt: skip
def test_single_precision_stays_and_all_else_becomes_double(given, expected):
    X = (10 * np.random.default_rng(0).random((20, 3))).astype(given)
    found, _ = read(X, 1, 6)
    assert found.dtype == np.dtype(expected)
    assert_array_equal(found, X)
    assert rows_at(X, np.array([3])).dtype == np.dtype(expected)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_a_memory_mapped_file_is_read_and_not_changed(mapped, X, mode):
    before = mapped.read_bytes()
    source = np.load(mapped, mmap_mode=mode)
    assert_array_equal(read(source, 1, 8)[0], X)
    assert_array_equal(rows_at(source, np.array([7, 0, 30])), X[[7, 0, 30]])
    assert mapped.read_bytes() == before


def test_what_was_written_to_a_map_survives_its_reading(mapped, X):
    for mode in ("c", "r+"):
        source = np.load(mapped, mmap_mode=mode)
        source[3] = 7
        read(source, 1, 8)
        assert_array_equal(source[3], 7)
    assert_array_equal(np.load(mapped)[3], 7)


VIEWS = {
    "itself": lambda X: X,
    "plain": np.asarray,
    "transposed": lambda X: X[5:].T,
    "plain, then cut": lambda X: np.asarray(X)[::2, 1:],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize(("mode", "times"), [("r", 1), ("c", 0)])
def test_pages_are_given_back_through_every_view(mapped, view, mode, times):
    source = np.load(mapped, mmap_mode=mode)
    calls = []

    class Pages:
        madvise = staticmethod(calls.append)

    owner, seen = source, view(source)
    for array in (seen, owner):
        if isinstance(array, np.memmap):
            array._mmap = Pages()
    give_back(seen)
    assert len(calls) == times


@pytest.mark.parametrize("n_channels", [1, 3])
def test_rows_are_found_by_their_number(X, n_channels):
    numbers = np.random.default_rng(1).permutation(50 * n_channels)[:29]
    expected = split_channels(X, n_channels)[numbers]
    assert_array_equal(rows_at(X, numbers, n_channels), expected)
    assert_array_equal(rows_at(np.asfortranarray(X), numbers, n_channels), expected)


@pytest.mark.parametrize(("source", "error", "message"), [
    ((x for x in [np.ones((2, 2))]), TypeError, "read only once.*__iter__"),
    (iter([np.ones((2, 2))]), TypeError, "read only once"),
    (map(np.ones, [(2, 2)]), TypeError, "read only once"),
    (torch.ones(2, 2), TypeError, "Tensor; pass a numpy array"),
    (3, TypeError, "int; pass an array"),
    ("X.npy", TypeError, "str; pass"),
    ([], ValueError, "no chunks"),
    (np.ones(3), ValueError, r"shape \(3,\)"),
    (np.ones((0, 3)), ValueError, "empty"),
    ([[1.0, 2.0]], ValueError, r"chunk 0 .*shape \(2,\)"),
    ([np.ones((2, 2)), np.ones((0, 2))], ValueError, "chunk 1 .*empty"),
    ([np.ones((2, 2)), np.ones((2, 3))], ValueError, "chunk 1 .*3 columns; those before it have 2"),
    ([np.ones((2, 2)), np.ones((2, 2, 2))], ValueError, r"chunk 1 .*shape \(2, 2, 2\)"),
    ([np.ones((2, 2), complex)], TypeError, "chunk 0 .*complex"),
    (np.array([["a", "b"]]), TypeError, "real numbers"),
    (np.ma.masked_array(np.ones((2, 2)), mask=np.eye(2)), TypeError, "masked"),
])  # fmt: skip
def test_sources_that_cannot_be_read_are_refused_with_a_remedy(source, error, message):
    with pytest.raises(error, match=message):
        list(chunks(source))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_entry_that_is_not_finite_is_named_as_the_user_counts(X, bad):
    X[37, 4] = bad
    with pytest.raises(ValueError, match=f"the source has the entry {bad} in row 37, column 4"):
        list(chunks(X, 2, 8))
    with pytest.raises(ValueError, match="row 37, column 4"):
        rows_at(X, np.array([3, 74, 75]), 2)
    with pytest.raises(ValueError, match="chunk 3 of the source .* in row 7, column 4"):
        list(chunks([X[:10], X[10:20], X[20:30], X[30:]], 2, 4))


def test_numbers_too_large_for_double_precision_are_refused():
    X = np.ones((2, 2), np.longdouble)
    X[1, 0] = np.finfo(np.longdouble).max
    if np.isfinite(float(np.finfo(np.longdouble).max)):
        pytest.skip("longdouble is double here")
    with pytest.raises(ValueError, match="inf in row 1, column 0"):
        list(chunks(X))


@pytest.mark.parametrize(("options", "error"), [
    ({"n_channels": 4}, ValueError), ({"n_channels": 0}, ValueError),
    ({"n_channels": 1.5}, TypeError), ({"rows": 0}, ValueError), ({"rows": True}, ValueError),
])  # fmt: skip
def test_counts_out_of_range_are_refused(X, options, error):
    with pytest.raises(error, match=next(iter(options))):
        list(chunks(X, **options))
