# SPDX-License-Identifier: BSD-3-Clause
"""Single columns that do not go with the others, where a lens found an order of columns."""

import numpy as np

from .._lattices import on_grid
from ..statistics.faults import listed
from .criteria import ALONE, FEW_TURNED, LINKED, NEIGHBOURS

__all__ = ["lonely_columns", "turned_columns"]


def lonely_columns(lens, summary, names=None):
    """Columns that have nothing to do with their neighbours, in a sentence.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    summary : Summary
        Of the samples, every channel a row of its own.
    names : sequence of str or None, default=None
        Of the columns. None, or several channels: their numbers.

    Returns
    -------
    said : list of str
        Empty unless the lens has an order of all columns, along a line or a ring.
    """
    if not _has_order(lens, summary):
        return []
    alone = _alone_in_order(lens, summary)
    if not alone.any():
        return []
    return [
        f"columns {listed(_in_order(lens, names)[alone])} have next to nothing to do with their "
        f"neighbours, though the others do: a dead or broken channel? Their place in the order "
        f"means nothing; drop them"
    ]


def turned_columns(lens, summary, names=None):
    """Columns that are upside down, as :func:`lonely_columns`; means nothing without a symmetry."""
    if not _has_order(lens, summary):
        return []
    # The sign of noise means nothing.
    turned = _turned(lens.group_conv_matrix_) & ~_alone_in_order(lens, summary)
    if not turned.any():
        return []
    return [
        f"columns {listed(_in_order(lens, names)[turned])} are upside down (their sign was "
        f"changed, unlike that of most): swapped polarity?"
    ]


def _has_order(lens, summary):
    """Of all columns, along a line or a ring."""
    order = getattr(lens, "column_order_", None)
    return order is not None and len(order) == summary.n_features and not on_grid(lens)


def _in_order(lens, names):
    """Names of the columns, or their numbers, in the order of the lens."""
    order = lens.column_order_
    names = range(len(order)) if names is None or len(names) != len(order) else names
    return np.asarray(names, dtype=object)[order]


def _alone_in_order(lens, summary):
    order = lens.column_order_
    covariance = summary.covariance[np.ix_(order, order)]
    return _alone(covariance, lens.boundary_ == "circulant", summary.n_samples)


def _alone(covariance, ring, n_samples):
    """Positions whose correlations with their neighbours are small beside the usual ones."""
    deviation = np.sqrt(np.maximum(covariance.diagonal(), 0))
    varies = deviation > 0
    deviation = np.where(varies, deviation, 1.0)
    correlation = np.abs(covariance / np.outer(deviation, deviation))
    place = np.arange(len(correlation))
    away = np.abs(place[:, None] - place)
    if ring:
        away = np.minimum(away, len(place) - away)
    # Several, since the nearest ones may be bad themselves.
    near = (away > 0) & (away <= NEIGHBOURS)
    support = np.where(near, correlation, 0.0).max(axis=1)
    usual = np.median(support)
    # A constant column is named by `faults`.
    return varies & (support < ALONE * usual) & (usual >= LINKED / np.sqrt(n_samples))


def _turned(rows):
    """Positions whose sign is that of a small minority."""
    negative = rows.sum(axis=1) < 0
    few = min(negative.sum(), (~negative).sum())
    if not 0 < few <= FEW_TURNED * len(rows):
        return np.zeros(len(rows), dtype=bool)
    return negative if negative.sum() == few else ~negative
