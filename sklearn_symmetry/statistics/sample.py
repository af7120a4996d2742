# SPDX-License-Identifier: BSD-3-Clause
"""A random sample of rows, and random halves, that do not depend on who reads the rows.

Every row has a hash of its number; the rows of the lowest hashes are the sample. Whatever the
chunks, their order and the number of workers, these are the same rows. Sorted by their hashes, they
are in random order.
"""

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np

from .chunks import check_count

__all__ = ["Sample", "content_hashes", "first_of_equals", "half", "row_hashes"]

# Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
GAMMA, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
ORDER, HALVES = 0, 1  # streams of hashes that know nothing of each other


def row_hashes(numbers, seed, stream=ORDER):
    """Hash of each row number: a permutation of the integers of 64 bits, so that no two agree.

    Parameters
    ----------
    numbers : ndarray of shape (n,), int
        From 0.
    seed : int
        Taken modulo 2**64.
    stream : int, default=0
        Another stream is another permutation.

    Returns
    -------
    hashes : ndarray of shape (n,), uint64
    """
    key = np.array([int(seed) % 2**64], dtype=np.uint64)
    key = _splitmix64(_splitmix64(key) + np.uint64(stream))
    return _splitmix64(_splitmix64(np.asarray(numbers).astype(np.uint64)) ^ key)


def _splitmix64(values):
    # Arrays wrap around silently; scalars would warn.
    values = values + np.uint64(GAMMA)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(FIRST)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(SECOND)
    return values ^ (values >> np.uint64(31))


def content_hashes(rows):
    """Hash of the values of each row.

    Parameters
    ----------
    rows : ndarray of shape (n, d), float32 or float64

    Returns
    -------
    hashes : ndarray of shape (n,), uint64
        Of 64 bits; zeros of either sign are one value.
    """
    bits = np.ascontiguousarray(rows + rows.dtype.type(0)).view(f"u{rows.itemsize}")
    hashes = np.zeros(len(bits), np.uint64)
    for column in bits.T:
        hashes = _splitmix64(hashes ^ column.astype(np.uint64))
    return hashes


def first_of_equals(hashes):
    """Whether each row is the first one of its value.

    Parameters
    ----------
    hashes : ndarray of shape (n,), uint64
        :func:`content_hashes` of the rows.

    Returns
    -------
    first : ndarray of shape (n,), bool
    """
    first = np.zeros(len(hashes), dtype=bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    return first


def half(sample_numbers, seed):
    """Which of two random halves each sample belongs to.

    Parameters
    ----------
    sample_numbers : ndarray of shape (n,), int
        Number of the sample: ``row // n_channels``, so that no sample is torn apart.
    seed : int

    Returns
    -------
    half : ndarray of shape (n,), int64
        0 or 1, either with probability 1/2, independent of the order of the sample.
    """
    return (row_hashes(sample_numbers, seed, HALVES) >> np.uint64(63)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows of the lowest hashes among those seen so far.

    Attributes
    ----------
    rows : ndarray of shape (k, d), float32 or float64
        In the order of their hashes, which is random.
    numbers : ndarray of shape (k,), int64
        Their row numbers.
    capacity : int or None
        Most rows to keep; None keeps all.
    seed : int
    """

    rows: np.ndarray
    numbers: np.ndarray
    capacity: int | None
    seed: int

    @classmethod
    def empty(cls, n_features, *, capacity, seed):
        """A sample of no rows.

        Raises
        ------
        TypeError, ValueError
            If the capacity is neither None nor an integer of at least 1, or the seed no integer.
        """
        if capacity is not None:
            check_count("capacity", capacity)
        if not isinstance(seed, Integral):
            raise TypeError(f"seed must be an integer; got {seed!r}")
        # Single precision gives way to double; it is what an empty array must be.
        nothing = np.empty((0, n_features), np.float32)
        return cls(nothing, np.empty(0, np.int64), capacity, int(seed))

    @cached_property
    def hashes(self):
        """Hash of each row, ascending, shape (k,), uint64."""
        return row_hashes(self.numbers, self.seed)

    def add(self, rows, numbers):
        """The sample of these rows, too.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
        numbers : ndarray of shape (n,), int
            Row numbers, in any order.

        Returns
        -------
        sample : Sample

        Raises
        ------
        ValueError
            If the width differs, or a row number comes twice.
        """
        hashes = row_hashes(numbers, self.seed)
        if self.capacity is not None and len(self.numbers) == self.capacity:
            # Equal to the last one is a repeated row, to be noticed below.
            low = np.flatnonzero(hashes <= self.hashes[-1])
        else:
            low = np.arange(len(hashes))
        return self._with(rows, np.asarray(numbers, dtype=np.int64), hashes, low)

    def merge(self, other):
        """The sample of the rows of both.

        Parameters
        ----------
        other : Sample

        Returns
        -------
        sample : Sample

        Raises
        ------
        ValueError
            If seeds, capacities or widths differ, or both have the same row.
        """
        for name in ("seed", "capacity"):
            one, two = getattr(self, name), getattr(other, name)
            if one != two:
                raise ValueError(f"samples of {name}={one} and {name}={two} do not merge")
        return self._with(other.rows, other.numbers, other.hashes, np.arange(len(other.numbers)))

    def _with(self, rows, numbers, hashes, low):
        if rows.shape[1] != self.rows.shape[1]:
            raise ValueError(
                f"rows of {rows.shape[1]} columns do not go with rows of {self.rows.shape[1]}"
            )
        both = np.concatenate([self.hashes, hashes[low]])
        order = np.argsort(both)
        numbers = np.concatenate([self.numbers, numbers[low]])
        repeated = both[order][1:] == both[order][:-1]
        if repeated.any():
            row = numbers[order][1:][repeated][0]
            raise ValueError(
                f"row {row} comes twice: every chunk needs a first row of its own, the number of "
                f"rows before it in the whole set"
            )
        order = order[: self.capacity]
        # Only the rows that stay are copied, into one new array.
        kept = np.empty((len(order), rows.shape[1]), np.result_type(self.rows, rows))
        old = order < len(self.rows)
        kept[old] = self.rows[order[old]]
        kept[~old] = rows[low[order[~old] - len(self.rows)]]
        return Sample(kept, numbers[order], self.capacity, self.seed)
