# SPDX-License-Identifier: BSD-3-Clause
"""Which samples are in which half: independent of each other, and each one counted once.

Copies of a sample in both halves, or windows that overlap, would let either half see what it is
judged on, and the tests take dependent samples for as many independent ones.
"""

from dataclasses import dataclass

import numpy as np

from ..statistics.blocks import Blocks, is_lazy
from ..statistics.chunks import chunks
from ..statistics.outliers import Bounds
from ..statistics.sample import HALVES, content_hashes, first_of_equals, half, row_hashes
from ..statistics.summary import Summary, draw, summarise
from .criteria import ALIKE_ROWS, ERRORS, FORGOTTEN, LENGTHS, MOST_BLOCKS, SEEN

__all__ = ["Split", "row_memory", "split_samples"]

OUT = -1  # of neither half


@dataclass(frozen=True, eq=False)
class Split:
    """Two halves of a set.

    Attributes
    ----------
    parts : list of two Summary
        To fit on.
    tested : list of two Summary or None
        Their samples that are independent of each other. None: all of them.
    notes : list of str
        What there is to say about it.
    """

    parts: list[Summary]
    tested: list[Summary] | None
    notes: list[str]


def split_samples(X, n_channels=1, random_state=None, groups=None):
    """Halves of the samples.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels * d), or another source of them
        See :func:`~sklearn_symmetry.statistics.summary.summarise`. Equal rows count once.
    n_channels : int, default=1
        All channels of a sample are in one half.
    random_state : int, RandomState or None
        An integer gives the same halves every time, and so does anything else.
    groups : None, "blocks" or array-like of shape (n,), default=None
        None: samples are independent. Labels: samples of one label stay in one half. ``"blocks"``:
        neighbouring rows depend on each other, as windows of one recording do. The halves are made
        of blocks of rows, with gaps as long as rows remember each other, and the tests see only
        rows as far apart as that.

    Returns
    -------
    split : Split

    Raises
    ------
    ValueError
        If `groups` is unusable, or a half has no more samples than features.
    """
    seed = int(random_state) if isinstance(random_state, int | np.integer) else 0
    hashes, head = _first_reading(X)
    n_samples, width = len(hashes), head.shape[1] // n_channels
    if n_samples // 2 * n_channels <= width:
        raise _too_few(n_samples, width, n_samples // 2)
    keep = first_of_equals(hashes)
    side, gap, said = _sides(head, n_samples, width, groups, seed)
    side, notes = np.where(keep, side, OUT), [*_copies(n_samples, int(keep.sum())), *said]
    smaller = _smaller(side)
    if smaller * n_channels <= width:
        raise _too_few(int(keep.sum()), width, smaller)
    everywhere = None if (side != OUT).all() else side != OUT
    options = {"n_channels": n_channels, "seed": seed}
    options["bounds"] = Bounds.of(draw(X, chosen=everywhere, **options).rows)
    parts = [summarise(X, chosen=side == one, **options) for one in (0, 1)]
    if not gap:
        return Split(parts, None, notes)
    side = _thinned(side, gap)
    smaller = _smaller(side)
    if smaller * n_channels <= width:
        raise ValueError(
            f"rows remember each other for up to {gap} rows, so that {n_samples} of them hold "
            f"{smaller} independent ones in a half; more than {width} are needed. Bring a "
            f"longer recording, or windows of fewer columns"
        )
    return Split(parts, [summarise(X, chosen=side == one, **options) for one in (0, 1)], notes)


def _sides(head, n_samples, width, groups, seed):
    """Half of every sample, rows that lie between halves of blocks, and what to say of it."""
    if groups is None:
        return half(np.arange(n_samples), seed), 0, _alike(head)
    if not isinstance(groups, str):
        return _grouped(n_samples, groups, seed), 0, []
    if groups != "blocks":
        raise ValueError(f"groups must be None, 'blocks' or one label a sample; got {groups!r}")
    gap = row_memory(head) + width
    said = (
        f"rows remember each other for up to {gap} rows: halves are blocks with gaps of that "
        f"length, and the tests see one of {gap} rows"
    )
    return _blocks(n_samples, gap, seed), gap, [said]


def _smaller(side):
    """Number of samples in the smaller half."""
    return min(int((side == one).sum()) for one in (0, 1))


def _first_reading(X):
    """Hash of the content of every sample, and the first ones, in their order."""
    if is_lazy(X):
        blocks = Blocks(X)
        found = blocks.reduced(_hashes_of_block, _one_after_another)
        return found, next(chunks(blocks.rows[:SEEN].compute(), rows=SEEN))[1]
    hashes, head, missing = [], [], SEEN
    for _, rows in chunks(X):
        hashes.append(content_hashes(rows))
        if missing > 0:
            head.append(rows[:missing].copy())
            missing -= len(rows)
    return np.concatenate(hashes), np.concatenate(head)


def _hashes_of_block(block, name, first):
    parts = chunks(np.asanyarray(block), name=name)
    return np.concatenate([content_hashes(rows) for _, rows in parts])


def _one_after_another(one, other):
    return np.concatenate([one, other])


def _too_few(n_samples, width, smaller):
    return ValueError(
        f"verdict needs more than {2 * width + 1} samples for {width} features, all different, so "
        f"that each half can be fitted; got {n_samples}, and {smaller} in the smaller half"
    )


def _copies(n_samples, n_different):
    if n_different == n_samples:
        return []
    copies = n_samples - n_different
    return [f"{copies:,} of {n_samples:,} rows are copies of others: equal rows count once"]


def _alike(head):
    """A remark where the order of the rows says that they are not independent."""
    rows = _centred(head)
    correlation = _autocorrelation(rows, 2)[1]
    if correlation < ALIKE_ROWS or ERRORS / len(rows) ** 0.5 > ALIKE_ROWS:
        return []
    return [
        f"neighbouring rows are alike (correlation {correlation:.2f}): if they are windows of one "
        f"recording, pass groups='blocks', else the tests take them for more than they are"
    ]


def row_memory(X):
    """Rows after which neither the entries nor the energies of a row know of an earlier one.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        In the order in which they were recorded; the first 20,000 are looked at.

    Returns
    -------
    lag : int
        From which on, up to twice as far, correlations are below 0.1 or within the noise; a quarter
        of the rows at most.
    """
    rows = _centred(X)
    longest = max(2, len(rows) // 4)
    limit = max(FORGOTTEN, ERRORS / len(rows) ** 0.5)
    squares = rows**2
    found = [
        np.abs(_autocorrelation(part, longest)) for part in (rows, squares - squares.mean(axis=0))
    ]
    above = np.maximum(*found) > limit
    # Forgotten for as long again: later on, what there is of memory is chance.
    for lag in range(1, longest):
        if not above[lag : 2 * lag + 1].any():
            return lag
    return longest


def _centred(X):
    rows = np.asarray(X[:SEEN], dtype=np.float64)
    rows = rows / (np.abs(rows).max() or 1.0)
    return rows - rows.mean(axis=0)


def _autocorrelation(rows, n_lags):
    """Of rows with those after them, over all columns, for every lag below `n_lags`."""
    power = np.abs(np.fft.rfft(rows, 2 * len(rows), axis=0)) ** 2
    covariance = np.fft.irfft(power.sum(axis=1))[:n_lags]
    return covariance / (covariance[0] or 1.0)


def _blocks(n_samples, gap, seed):
    """Halves of blocks in pairs, one of each in either half; gaps where the half changes."""
    count = 2 * int(np.clip(n_samples // (2 * LENGTHS * gap), 1, MOST_BLOCKS // 2))
    first = half(np.arange(count // 2), seed)
    sides = np.stack([first, 1 - first], axis=1).ravel()
    side = np.empty(n_samples, dtype=np.int64)
    for number, rows in enumerate(np.array_split(np.arange(n_samples), count)):
        side[rows] = sides[number]
        if number and sides[number - 1] != sides[number]:
            side[rows[:gap]] = OUT
    return side


def _thinned(side, gap):
    """One of `gap` rows of each half."""
    thin = np.full_like(side, OUT)
    rows = np.arange(0, len(side), gap)
    thin[rows] = side[rows]
    return thin


def _grouped(n_samples, groups, seed):
    """Groups in random order, the large ones first, each in the smaller half."""
    members = _numbered(_labels(groups, n_samples))
    sizes = np.bincount(members)
    if len(sizes) < 2:
        raise ValueError(
            "groups has one label for all samples: halves need two groups at least, or groups=None"
        )
    sides, filled = np.zeros(len(sizes), dtype=np.int64), [0, 0]
    for group in np.lexsort((row_hashes(np.arange(len(sizes)), seed, HALVES), -sizes)):
        smaller = int(filled[1] < filled[0])
        sides[group] = smaller
        filled[smaller] += sizes[group]
    return sides[members]


def _labels(groups, n_samples):
    """One label a sample, none of them missing."""
    what = f"groups is a {type(groups).__name__}"
    if isinstance(groups, dict | set | frozenset) or not hasattr(groups, "__len__"):
        raise ValueError(f"{what}; expected None, 'blocks' or a 1d array of one label a sample")
    missing = np.ma.getmaskarray(groups) if isinstance(groups, np.ma.MaskedArray) else None
    labels = np.asarray(groups)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(f"{what} of shape {labels.shape}; expected a 1d array, one label a sample")
    if len(labels) != n_samples:
        raise ValueError(
            f"groups and X have inconsistent numbers of samples: {len(labels)} labels for "
            f"{n_samples} samples; pass one label a sample, in their order"
        )
    missing = _missing(labels) if missing is None else missing
    if np.any(missing):
        raise ValueError(
            f"groups lacks the labels of {int(np.sum(missing))} samples: give each of these a "
            f"label, or drop it"
        )
    return labels


def _missing(labels):
    if labels.dtype.kind in "fcmM":
        return labels != labels
    if labels.dtype.kind != "O":
        return False
    # A missing value is None, differs from itself, or does not know (that of pandas).
    return [label is None or (label == label) is not True for label in labels.tolist()]


def _numbered(labels):
    """Groups as numbers, in the order of their labels if these have one."""
    try:
        return np.unique(labels, return_inverse=True)[1]
    except TypeError:  # names and numbers
        numbers = {}
        return np.array([numbers.setdefault(label, len(numbers)) for label in labels])
