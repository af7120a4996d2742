# SPDX-License-Identifier: BSD-3-Clause
"""Numbers that are no measurements: marks of missing entries, such as -999, and columns of labels.

A marker is what no measurement is: one value that many rows have to the last digit, far from all
others, and the extreme of several columns, or of a single one if all its digits are nines. Neither
counts nor codes have such a value: their levels are close to each other, or few.

A label is a whole number, one of a few that come again and again, in a table whose other columns
have many times as many values.
"""

import numpy as np

from .statistics.faults import faults, listed

__all__ = ["faults_or_markers", "label_columns", "marked_entries"]

# No limits of the method: they lie between usual samples (an extreme is within one spread of the
# next value: counts, levels, clipped sensors) and -9 among answers of 1 to 5 (2.5 spreads, not
# named since counts come near) or -999 among measurements (hundreds).
FAR = 3.0  # distance to the next value, over the spread of the others
SPREAD = 0.01, 0.99  # quantiles of the others: a few wild values hide no marker
SHARE, ROWS = 0.002, 3  # of the rows of a column, at least
COLUMNS = 2
LEVELS = 4  # different values among the others: of fewer, any value may be a level, too
LOOKED_AT = 2000  # rows that tell labels: enough for hundreds of different values
# A pixel at the edge of images is rarely other than blank, then with a value of its own; digits of
# 17 levels have pixels of two. Labels and switches have 2 to 20 values, eight-bit images 256.
AGAIN = 20  # rows that the usual label has
FEWER = 10  # times fewer values than any other column


def faults_or_markers(summary, names=None, n_channels=1):
    """What is wrong with samples; if entries mark missing ones, only this.

    Whatever else is wrong may follow from the markers. Parameters and errors are those of
    :func:`~sklearn_symmetry.statistics.faults.faults`.
    """
    found = faults(summary, names, n_channels)
    channel_of = summary.row_numbers % n_channels
    rows = [summary.sample[channel_of == channel] for channel in range(n_channels)]
    fewest = min(map(len, rows))  # random samples, nearly equal
    if not fewest:
        return found
    side_by_side = np.hstack([part[:fewest] for part in rows])
    names = range(side_by_side.shape[1]) if names is None else names
    return marked_entries(side_by_side, names) or found + label_columns(side_by_side, names)


def marked_entries(rows, names):
    """What values seem to stand for missing entries.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        Random ones, finite, as they came.
    names : sequence of length d
        Of the columns.

    Returns
    -------
    said : list of str
        A sentence for each value: the value, its columns, the remedy. Zero is never named: it is
        what events and blank parts of a sample have.
    """
    found = {}
    for column, values in enumerate(np.asarray(rows).T):
        for value, share in _markers(values):
            found.setdefault(value, []).append((column, share))
    names = np.asarray(names, dtype=object)
    return [
        _sentence(value, where, names)
        for value, where in found.items()
        if len(where) >= COLUMNS or _is_nines(value)
    ]


def label_columns(rows, names):
    """Columns that seem to hold labels, codes or the states of a switch, beside measurements.

    Parameters and what is returned are those of :func:`marked_entries`, one sentence at most.
    """
    rows = np.asarray(rows)[:: max(1, len(rows) // LOOKED_AT)]
    whole = (rows == np.round(rows)).all(0)
    if not whole.any():  # nothing to count, as mostly
        return []
    counts = [np.unique(values, return_counts=True)[1] for values in rows.T]
    n_values = np.array([len(own) for own in counts])
    again = np.array([np.median(own) >= AGAIN for own in counts])
    labels = whole & again & (n_values > 1)
    measured = ~labels & (n_values > 1)
    if not labels.any() or labels.sum() >= measured.sum():
        return []
    few, many = n_values[labels].max(), n_values[measured].min()
    if many < FEWER * few:
        return []
    columns = np.asarray(names, dtype=object)[labels]
    return [
        f"columns {listed(columns)} hold {few} different whole numbers at most, and the others "
        f"{many} different numbers at least: a label, a code or a switch takes no part in the "
        f"symmetry of measurements; drop it before fitting"
    ]


def _is_nines(value):
    """Whether a value is what files mark missing entries with: -999, 9999, 99.9."""
    return set(f"{abs(value):.7g}") - {"."} == {"9"}


def _sentence(value, where, names):
    columns, shares = zip(*where, strict=True)
    return (
        f"{value:.15g} is the extreme of column{'s' if len(columns) > 1 else ''} "
        f"{listed(names[list(columns)])}, in up to {max(shares):.1%} of the rows and far from all "
        f"other values: it seems to mark missing entries, and would be taken as measured; drop "
        f"rows that hold it, or impute it before fitting, "
        f"sklearn.impute.SimpleImputer(missing_values={value:.15g}).fit_transform(X)"
    )


def _markers(values):
    """Extremes of a column that are markers, each with the share of the rows that hold it."""
    lowest, highest = values.min(), values.max()
    counts = {extreme: (values == extreme).sum() for extreme in {lowest, highest} - {0}}
    least = max(ROWS, SHARE * len(values))
    frequent = [extreme for extreme, count in counts.items() if count >= least]
    # A file may have two markers, one on either side: neither is a neighbour of the other.
    others = values[~np.isin(values, frequent)].astype(np.float64)
    for extreme in frequent:
        if _apart(others, extreme):
            yield float(extreme), counts[extreme] / len(values)


def _apart(others, extreme):
    """Whether a value is far from all others, and these are not just a few levels."""
    if len(np.unique(others)) < LEVELS:
        return False
    low, high = np.quantile(others, SPREAD)
    return high > low and np.abs(others - extreme).min() > FAR * (high - low)
