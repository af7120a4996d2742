# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are no array in memory: chunks, files, blocks of dask; and lazy results of these."""

from array import array
from os import PathLike

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from ._channels import join_channels
from ._containers import names_of
from ._validation import plain_lens
from .statistics.blocks import is_lazy, is_lazy_table, rows_of
from .statistics.chunks import chunks, mapped
from .statistics.summary import Summary, summarise

__all__ = ["column_names", "is_source", "judged", "lazily", "on_blocks", "scored_rows", "width_of"]

NO_CHUNKS = (str, bytes, dict, set, frozenset, range, array, memoryview, PathLike)
OF_ARRAYS = ("__array__", "__array_interface__", "__dataframe__", "shape", "columns")


def is_source(X):
    """Whether `X` is dask's, or an iterable of chunks, and no array-like that is all there."""
    if is_lazy(X):
        return True
    if isinstance(X, list | tuple):
        return len(X) > 0 and all(len(getattr(part, "shape", ())) == 2 for part in X)
    whole = isinstance(X, NO_CHUNKS) or any(hasattr(X, name) for name in OF_ARRAYS)
    return hasattr(X, "__iter__") and not whole


def column_names(X):
    """Names of the columns of a dask table, or of a chunk, if all are strings; else None."""
    names = names_of(_with_names(X))
    if names and all(isinstance(name, str) for name in names):
        return np.array(names, dtype=object)
    return None


def scored_rows(lens, X):
    """Rows, one of every channel, by which a lens is scored: of a source a random sample."""
    check_is_fitted(lens)
    if not _in_parts(X):
        return lens._rows(X)
    _check_features(lens, X)
    summary = X if isinstance(X, Summary) else summarise(X, n_channels=lens._n_channels)
    return summary.sample


def judged(lens, X, groups):
    """A copy of a lens, without names, the samples that it is judged on, and their groups.

    Of a Summary there is the sample only, each row of which is one channel.
    """
    check_is_fitted(lens)
    plain = plain_lens(lens)
    if not _in_parts(X):
        return plain, join_channels(lens._rows(X), lens._n_channels), groups
    _check_features(lens, X)
    if not isinstance(X, Summary):
        return plain, X, groups
    if groups is not None:
        raise ValueError(
            "groups needs the samples themselves: rows of a Summary are random ones, in random "
            "order; pass X as it was summarised, or groups=None"
        )
    if lens._n_channels > 1:  # those of one sample stay together
        groups = X.row_numbers // lens._n_channels
        plain.n_features_in_ = len(lens.filter_)
    return plain, X.sample, groups


def on_blocks(lens, method, X, *args):
    """A method of a lens, of samples that are dask's; see :func:`lazily`."""
    check_is_fitted(lens)
    _check_features(lens, X)
    plain = plain_lens(lens)
    return lazily(lambda rows: getattr(plain, method)(rows, *args), X)


def lazily(work, X):
    """A function of rows, of a dask array or table: done when its result is asked for.

    Parameters
    ----------
    work : callable
        From an array of shape (k, d) to one of shape (k, m).
    X : dask array or table
        The number of rows may be unknown.

    Returns
    -------
    result : dask array of shape (n, m)
    """
    rows = rows_of(X)
    empty = work(np.zeros((1, rows.shape[1]), rows.dtype))[:0]

    def of_block(block):
        return work(np.asanyarray(block)) if len(block) else empty

    sizes = (rows.chunks[0], empty.shape[1:])
    return rows.map_blocks(of_block, dtype=empty.dtype, chunks=sizes, meta=empty)


def _in_parts(X):
    """Whether not all of `X` should be in memory, or is there."""
    return isinstance(X, Summary) or is_source(X) or mapped(X) is not None


def _check_features(lens, X):
    """Refuse a source of other columns than those of the fit, in scikit-learn's words."""
    table = _with_names(X)
    if not names_of(table):
        own = isinstance(X, Summary)
        table = np.empty((0, lens._n_channels * X.n_features if own else width_of(X)))
    validate_data(lens, table, reset=False, skip_check_array=True)


def _with_names(X):
    """The part of a source that knows the names of the columns, if anything does."""
    if is_lazy_table(X):
        return X._meta
    return next(iter(X), None) if is_source(X) and not is_lazy(X) else None


def width_of(X):
    """Number of columns of a source; an iterable is opened for it."""
    return rows_of(X).shape[1] if is_lazy(X) else next(iter(chunks(X)))[1].shape[1]
