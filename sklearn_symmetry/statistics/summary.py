# SPDX-License-Identifier: BSD-3-Clause
"""All that the solver needs to know of a set of samples, whatever its size."""

from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral

import numpy as np

from .blocks import Blocks, is_lazy
from .chunks import check_count, chunks, rows_at
from .moments import Moments
from .outliers import Bounds
from .sample import Sample, half

__all__ = ["Summary", "draw", "summarise"]

CAPACITY = 20_000  # rows; a fit to these and the exact moments is as good as one to 100,000 rows
NUMBERS = 2**17  # row numbers hashed at once: 1 MB


@dataclass(frozen=True, eq=False)
class Summary:
    """Exact moments, and a sample for everything else; summaries of two parts make one of both.

    Rows are counted over the whole set, and each channel is a row of its own. Nothing here is
    changed: :meth:`add` and :meth:`merge` return new summaries.

    Attributes
    ----------
    moments : Moments
        Of all rows, outliers drawn in, in the unit of the bounds; `lowest` and `highest` are those
        of the rows as they came.
    drawn : Sample
        Random rows as they came, and their numbers.
    bounds : Bounds
        What counts as an outlier: the same for all parts of a set.
    """

    moments: Moments
    drawn: Sample
    bounds: Bounds

    @property
    def n_samples(self):
        """Number of rows seen."""
        return self.moments.n

    @property
    def n_features(self):
        """Number of columns d of a row."""
        return len(self.moments.mean)

    @property
    def mean(self):
        """Mean of all rows, outliers drawn in, in units of ``bounds.unit``, shape (d,)."""
        return self.moments.mean

    @property
    def covariance(self):
        """Covariance of all rows, outliers drawn in, in units of ``bounds.unit**2``, (d, d)."""
        return self.moments.covariance

    @property
    def lowest(self):
        """Smallest value of each column, as it came, shape (d,)."""
        return self.moments.lowest

    @property
    def highest(self):
        """Largest value of each column, as it came, shape (d,)."""
        return self.moments.highest

    @property
    def sample(self):
        """Random rows as they came, in random order, in the dtype of the source, shape (k, d)."""
        return self.drawn.rows

    @property
    def row_numbers(self):
        """Number of each row of the sample, shape (k,), int64."""
        return self.drawn.numbers

    @property
    def hashes(self):
        """By which the sample is ordered, ascending, shape (k,), uint64."""
        return self.drawn.hashes

    @property
    def seed(self):
        """Seed of the sample."""
        return self.drawn.seed

    @property
    def capacity(self):
        """Most rows the sample keeps; None for all."""
        return self.drawn.capacity

    def add(self, chunk, first_row):
        """The summary of the rows of a chunk, too.

        Parameters
        ----------
        chunk : ndarray of shape (m, d)
            Real, finite. Where samples have channels, each is a row, in the order of
            :func:`~sklearn_symmetry.statistics.chunks.chunks`.
        first_row : int
            Rows before this one in the whole set.

        Returns
        -------
        summary : Summary

        Raises
        ------
        TypeError, ValueError
            If the chunk is empty or not finite or of another width, or its rows are in the summary
            already.
        """
        check_count("first_row", first_row, 0)
        chunk = np.asanyarray(chunk)
        moments, drawn = self.moments, self.drawn
        for start, rows in chunks(chunk):
            numbers = first_row + start + np.arange(len(rows))
            drawn = drawn.add(rows, numbers)
            moments = moments.merge(Moments.of(self.bounds.apply(rows), rows))
        return replace(self, moments=moments, drawn=drawn)

    def about(self, location):
        """The summary of the same rows, counted from another point.

        Parameters
        ----------
        location : ndarray of shape (d,)
            In the unit of the rows.

        Returns
        -------
        summary : Summary
        """
        step = location / self.bounds.unit
        moments = replace(
            self.moments,
            mean=self.mean - step,
            lowest=self.lowest - location,
            highest=self.highest - location,
        )
        rows = (self.sample - location).astype(self.sample.dtype)
        bounds = replace(self.bounds, centre=self.bounds.centre - step)
        return Summary(moments, replace(self.drawn, rows=rows), bounds)

    def merge(self, other):
        """The summary of the rows of both.

        Parameters
        ----------
        other : Summary
            Of other rows of the same set.

        Returns
        -------
        summary : Summary

        Raises
        ------
        ValueError
            If seeds, capacities, bounds or widths differ, or both have seen the same row.
        """
        drawn = self.drawn.merge(other.drawn)
        if not self.bounds.agrees(other.bounds):
            raise ValueError(
                "summaries with different bounds do not merge: pass the bounds of one, "
                "summarise(..., bounds=summary.bounds), to all"
            )
        return replace(self, moments=self.moments.merge(other.moments), drawn=drawn)


def summarise(
    source,
    *,
    n_channels=1,
    capacity=CAPACITY,
    seed=0,
    half=None,
    chosen=None,
    bounds=None,
    first_row=0,
):
    """Read a set of samples twice, chunk by chunk: for the sample and its bounds, for the moments.

    No more than one chunk and the sample are in memory.

    Parameters
    ----------
    source : ndarray of shape (n, n_channels * d), iterable of such arrays, dask array or table
        See :func:`~sklearn_symmetry.statistics.chunks.chunks`. Of an array, a memory-mapped file or
        dask, the first reading takes the rows of the sample only. Blocks of dask are summarised
        where they lie, and only summaries travel.
    n_channels : int, default=1
        Blocks of columns that are rows of their own.
    capacity : int or None, default=20000
        Rows of the sample; None keeps all.
    seed : int, default=0
        Of the sample and of the halves.
    half : {0, 1}, optional
        Only the samples of one of two random halves; rows keep their numbers.
    chosen : ndarray of shape (n,), bool, optional
        Of each sample of the source, whether it counts; rows keep their numbers.
    bounds : Bounds, optional
        Of another part of the set, so that both can be merged; by default those of the sample.
        Where they are given, an iterable is read once, and may be a generator.
    first_row : int, default=0
        Rows, n_channels for each sample, before this source, if it is a part of a set.

    Returns
    -------
    summary : Summary

    Raises
    ------
    TypeError
        If the source can be read only once, or holds no real numbers.
    ValueError
        If it is empty, has entries that are not finite or chunks that do not go together, or
        changes between the two readings.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).standard_normal((1000, 5))
    >>> whole = summarise(X, capacity=100)
    >>> whole.n_samples, whole.sample.shape
    (1000, (100, 5))
    >>> parts = [summarise(X, capacity=100, half=h, bounds=whole.bounds) for h in (0, 1)]
    >>> both = parts[0].merge(parts[1])
    >>> bool(np.array_equal(both.sample, whole.sample))
    True
    """
    part = _Part(n_channels, seed, half, first_row, chosen)
    if is_lazy(source):
        return _summarised_blocks(Blocks(source), part, capacity, bounds)
    if bounds is not None and not isinstance(source, np.ndarray):
        return _read_once(source, part, capacity, bounds)
    drawn, n_rows = _draw(source, part, capacity)
    bounds = Bounds.of(drawn.rows) if bounds is None else bounds
    moments = None
    for rows, _ in part.read(source):
        moments = _with(moments, rows, bounds)
    seen = 0 if moments is None else moments.n
    if seen != n_rows:
        raise ValueError(
            f"the source gave {n_rows} rows when first read, and {seen} when read again; an "
            f"iterable must give the same arrays each time"
        )
    return Summary(moments, drawn, bounds)


def draw(source, *, n_channels=1, capacity=CAPACITY, seed=0, half=None, chosen=None, first_row=0):
    """The sample alone: what workers merge to agree on bounds, ``Bounds.of(sample.rows)``.

    Parameters
    ----------
    source, n_channels, capacity, seed, half, chosen, first_row
        As of :func:`summarise`.

    Returns
    -------
    sample : Sample

    Raises
    ------
    TypeError, ValueError
        As :func:`summarise`.
    """
    return _draw(source, _Part(n_channels, seed, half, first_row, chosen), capacity)[0]


def _with(moments, rows, bounds):
    """Moments of these rows, too; None are those of no rows."""
    if len(bounds.centre) != rows.shape[1]:
        raise ValueError(
            f"the bounds are of {len(bounds.centre)} columns; rows have {rows.shape[1]}"
        )
    found = Moments.of(bounds.apply(rows), rows)
    return found if moments is None else moments.merge(found)


def _draw(source, part, capacity):
    """The sample, and the number of rows it was taken from."""
    if is_lazy(source):
        return _draw_from_blocks(Blocks(source), part, capacity)
    if isinstance(source, np.ndarray) and source.ndim == 2:
        drawn, n_rows = _draw_from_array(source, part, capacity)
    else:
        drawn, n_rows = None, 0
        for rows, numbers in part.read(source):
            if drawn is None:
                drawn = Sample.empty(rows.shape[1], capacity=capacity, seed=part.seed)
            drawn, n_rows = drawn.add(rows, numbers), n_rows + len(rows)
    if not n_rows:
        raise part.nothing()
    return drawn, n_rows


def _read_once(source, part, capacity, bounds):
    """Sample and moments in one reading."""
    drawn = moments = None
    for rows, numbers in part.read(source, once=True):
        if drawn is None:
            drawn = Sample.empty(rows.shape[1], capacity=capacity, seed=part.seed)
        drawn, moments = drawn.add(rows, numbers), _with(moments, rows, bounds)
    if drawn is None:
        raise part.nothing()
    return Summary(moments, drawn, bounds)


def _draw_from_array(array, part, capacity):
    """Choose row numbers first, then read these rows, in the order of the file."""
    chosen, n_rows = _chosen_numbers(len(array), part, capacity)
    return _read_chosen(array, "the source", 0, part, chosen), n_rows


def _chosen_numbers(n_samples, part, capacity):
    """The sample without its columns, and the number of rows it is taken from."""
    chosen, n_rows = Sample.empty(0, capacity=capacity, seed=part.seed), 0
    total = n_samples * part.n_channels
    for start in range(0, total, NUMBERS):
        numbers = part.selected(np.arange(start, min(start + NUMBERS, total)) + part.first_row)
        chosen = chosen.add(np.empty((len(numbers), 0), np.float32), numbers)
        n_rows += len(numbers)
    return chosen, n_rows


def _read_chosen(array, name, first, part, chosen):
    """Those rows of a sample that are in an array that begins at sample `first`, no others."""
    start = part.first_row + first * part.n_channels
    own = chosen.numbers - start
    inside = np.flatnonzero((own >= 0) & (own < len(array) * part.n_channels))
    order = np.argsort(own[inside])
    read = rows_at(array, own[inside][order], part.n_channels, name=name)
    rows = np.empty_like(read)
    rows[order] = read
    return replace(chosen, rows=rows, numbers=chosen.numbers[inside])


def _draw_from_blocks(blocks, part, capacity):
    """The rows that are chosen, read where they lie: no others travel."""
    chosen, n_rows = _chosen_numbers(len(blocks), part, capacity)
    if not n_rows:
        raise part.nothing()
    return blocks.reduced(partial(_chosen_of_block, part, chosen), Sample.merge), n_rows


def _summarised_blocks(blocks, part, capacity, bounds):
    """Blocks are summarised where they lie; twice, unless bounds are known."""
    chosen, n_rows = _chosen_numbers(len(blocks), part, capacity)
    if not n_rows:
        raise part.nothing()
    if bounds is None:
        drawn = blocks.reduced(partial(_chosen_of_block, part, chosen), Sample.merge)
        bounds = Bounds.of(drawn.rows)
    return blocks.reduced(partial(_summary_of_block, part, chosen, bounds), Summary.merge)


def _chosen_of_block(part, chosen, block, name, first):
    """The part of a sample that is in a block; None where there is none."""
    found = _read_chosen(np.asanyarray(block), name, first, part, chosen)
    return found if len(found.numbers) else None


def _summary_of_block(part, chosen, bounds, block, name, first):
    """Summary of a block, with the part of the sample that is in it; None of no rows."""
    moments, block = None, np.asanyarray(block)
    own = part.of_samples(first, first + len(block))
    for rows, _ in own.read(block, name=name):
        moments = _with(moments, rows, bounds)
    if moments is None:
        return None
    return Summary(moments, _read_chosen(block, name, first, part, chosen), bounds)


@dataclass(frozen=True)
class _Part:
    """Which rows of a source are meant, and how they are counted."""

    n_channels: int
    seed: int
    half: int | None
    first_row: int
    chosen: np.ndarray | None = None

    def __post_init__(self):
        check_count("n_channels", self.n_channels)
        check_count("first_row", self.first_row, 0)
        if not isinstance(self.seed, Integral):
            raise TypeError(f"seed must be an integer; got {self.seed!r}")
        if self.half not in (None, 0, 1):
            raise ValueError(f"half must be None, 0 or 1; got {self.half!r}")
        if self.first_row % self.n_channels:
            raise ValueError(
                f"first_row={self.first_row} is in the middle of a sample: it must be a multiple "
                f"of n_channels={self.n_channels}"
            )

    def nothing(self):
        """What to raise where no row belongs to it."""
        return ValueError(f"the source has no samples in half={self.half} of seed={self.seed}")

    def of_samples(self, start, stop):
        """The same of some samples of the source, which are read by themselves."""
        chosen = None if self.chosen is None else self.chosen[start:stop]
        first_row = self.first_row + start * self.n_channels
        return replace(self, first_row=first_row, chosen=chosen)

    def selected(self, numbers):
        """Those of the row numbers that belong to the half, and were chosen."""
        if self.chosen is not None:
            numbers = numbers[self.chosen[(numbers - self.first_row) // self.n_channels]]
        if self.half is None:
            return numbers
        return numbers[half(numbers // self.n_channels, self.seed) == self.half]

    def read(self, source, **options):
        """Chunks of the rows that belong to the half, and their numbers."""
        for start, rows in chunks(source, self.n_channels, **options):
            everything = self.first_row + start + np.arange(len(rows))
            numbers = self.selected(everything)
            if len(numbers):
                complete = len(numbers) == len(rows)
                yield (rows if complete else rows[numbers - everything[0]]), numbers
