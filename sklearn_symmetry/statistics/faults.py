# SPDX-License-Identifier: BSD-3-Clause
"""Samples that cannot carry the answer: what is wrong, where, and what to do about it.

None of this is judged by the loss, which is as low for a counter of the rows as for a signal. A
fault is a plain sentence: cause, column or rank, remedy.
"""

import numpy as np
from scipy.linalg import qr

__all__ = ["SHOWN", "faults", "listed"]

SHOWN = 5  # columns a message lists
ROUNDING = 1e-12  # relative, of a sum over millions of rows

# Numbers below are no limits of the method: they lie far from all sets that the benchmarks know
# (least eigenvalue of correlations 1e-2, largest share of one column 0.76,
# of one row below 0.001) and far from the cases that are meant.
DEPENDENT = 1e-9  # eigenvalue of the correlation matrix: sums of columns in files of five digits
SAME_SUM = 1e-5  # variance of the sum of a row, over that of independent columns
NEARLY_ALL = 0.95  # share of the variance that one column has
FAINT = 1e-6  # variance of a column, over the mean one: below, no part of the solver sees it
SINGLE = 0.995  # share of the variance that two axes have
BLANK = 0.8  # share of the rows that are one and the same
DISTINCT = 2  # different rows a column
FEWEST = 20  # rows; of fewer, little can be said
# Distinct integers in so small a range that no measurement gives them: log of the probability.
UNLIKELY = 25.0
BLOCKS, DEAD, STILL = 8, 2, 1e-3  # stretches of the file; dead ones; standard deviation in them


def faults(summary, names=None, n_channels=1):
    """What makes an answer from these samples meaningless, or less than it could be.

    Parameters
    ----------
    summary : Summary
        Every channel a row of its own.
    names : sequence of length ``n_channels * d`` or None, default=None
        Of the columns. None: their numbers.
    n_channels : int, default=1

    Returns
    -------
    faults : list of str
        Empty where nothing was found.

    Raises
    ------
    ValueError
        If all columns are constant.
    """
    size = summary.n_features
    names = np.asarray(range(n_channels * size) if names is None else names, dtype=object)
    short = names
    if n_channels > 1:
        short = np.array([f"{column} of each channel" for column in range(size)], dtype=object)
    spread = summary.highest > summary.lowest
    if not spread.any():
        raise ValueError("all columns of X are constant: there is nothing to learn from")
    twins = list(_twins(summary, spread))
    own = spread.copy()
    own[[two for _, two in twins]] = False
    found = [_constant(short, spread), _duplicated(short, twins)]
    few, distinct = _equal_rows(summary)
    found.append(few)
    if distinct > size:
        found.append(_dependent(summary.covariance, short, np.flatnonzero(own)))
    counting, dead = _along_the_file(summary, names, n_channels)
    if few is None:  # else these follow from it
        found += [counting or _dominated(summary.covariance, short, own), dead]
    return [one for one in found if one]


def listed(names):
    """The first of some names, in brackets."""
    shown = ", ".join(str(name) for name in names[:SHOWN])
    return f"[{shown}{', ...' if len(names) > SHOWN else ''}]"


def _constant(names, spread):
    if spread.all():
        return None
    return (
        f"constant columns {listed(names[~spread])}: they carry no information and take part "
        f"in no symmetry; drop them before fitting"
    )


def _duplicated(names, twins):
    repeated = [f"{names[two]} repeats {names[one]}" for one, two in twins]
    if not repeated:
        return None
    more = "; ..." if len(repeated) > SHOWN else ""
    return (
        f"duplicated columns ({'; '.join(repeated[:SHOWN])}){more}: the data lie in a "
        f"subspace; keep one of each"
    )


def _twins(summary, spread):
    """Pairs of columns that are the same, the first one of each kind and another."""
    first = {}
    for column in np.flatnonzero(spread):
        extremes = summary.lowest[column], summary.highest[column]
        twin = first.setdefault((*extremes, summary.sample[:, column].tobytes()), column)
        if twin != column and _alike(summary.covariance, twin, column):
            yield twin, column


def _alike(covariance, one, two):
    """Whether the difference of two columns does not vary, beyond the rounding of a sum."""
    own = covariance[one, one] + covariance[two, two]
    return own - 2 * covariance[one, two] <= ROUNDING * own


def _equal_rows(summary):
    """What is wrong with the number of different rows, and that number."""
    rows = np.ascontiguousarray(summary.sample + 0.0)  # without the sign of zeros
    _, first, counts = np.unique(
        rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel(),
        return_index=True,
        return_counts=True,
    )
    most, share = counts.argmax(), counts.max() / len(rows)
    if len(rows) >= FEWEST and share > BLANK:
        row = rows[first[most]]
        kind = "blank (all 0)" if not row.any() else "one and the same"
        return (
            f"{share:.1%} of the rows are {kind}: the symmetry must come from the few others; "
            f"drop these rows before fitting, X[(X != row).any(axis=1)]"
        ), len(counts)
    if len(rows) >= FEWEST and len(counts) <= DISTINCT * rows.shape[1] < len(rows):
        return (
            f"only {len(counts)} different rows among {len(rows)} in {rows.shape[1]} columns: "
            f"codes or copies, not measurements; collect more different rows (hundreds a column), "
            f"or keep fewer columns"
        ), len(counts)
    return None, len(counts)


def _dependent(covariance, names, own):
    """Columns that are sums of others, or rows that have one sum; constant ones are left out."""
    size = len(covariance)
    own = own[covariance.diagonal()[own] > 0]  # else beside a column of 1e200 nothing is left
    if not len(own):
        return None
    covariance = covariance[np.ix_(own, own)]
    deviation = np.sqrt(covariance.diagonal())
    correlation = covariance / np.outer(deviation, deviation)
    missing = int((np.linalg.eigvalsh(correlation) < DEPENDENT).sum())
    total = covariance.sum()
    common = total < SAME_SUM * covariance.trace() and len(own) > 2
    if not missing and not common:
        return None
    rank = len(own) - max(missing, 1)
    if common and missing <= 1:
        cause = "all rows have the same sum (percentages, or the mean of each row was removed)"
        remedy = "use the values before they were divided or centred"
    else:
        last = qr(correlation, mode="r", pivoting=True)[1][rank:]
        cause = f"columns {listed(names[own[np.sort(last)]])} are linear combinations of the others"
        # A subspace has the lengths and angles of the symmetry only if it was not stretched.
        remedy = (
            "drop them if they are sums of others, take fewer if the samples are smooth; if a "
            "rotation alone made more columns of fewer, fit in the subspace that the samples span, "
            f"sklearn.decomposition.PCA(n_components={rank}).fit_transform(X)"
        )
    return (
        f"the samples have rank {rank} in {size} columns: {cause}, and no sample says how the "
        f"symmetry acts on what is missing; {remedy}"
    )


def _dominated(covariance, names, own):
    """One column, or one pair of axes, beside which all others are nothing."""
    variances = covariance.diagonal()
    largest, share = variances.argmax(), variances.max() / variances.sum()
    faint = own & (variances < FAINT * variances.mean())
    remedy = (
        "Bring the columns to one unit, with sklearn.preprocessing.StandardScaler if they measure "
        "different things, or drop"
    )
    if share > NEARLY_ALL:
        return (
            f"column {names[largest]} holds {share:.2%} of the variance: the others count for "
            f"nothing beside it. {remedy} it"
        )
    if faint.any():
        return (
            f"columns {listed(names[faint])} vary so little (less than a thousandth of the others) "
            f"that they count for nothing. {remedy} them"
        )
    values = np.linalg.eigvalsh(covariance)
    share = values[-2:].sum() / values.sum()
    if len(values) > 4 and share > SINGLE:
        return (
            f"two of {len(values)} principal axes hold {share:.1%} of the variance, as of a single "
            f"frequency: what lies beyond these two axes cannot be told; bring samples of more "
            f"shapes, or remove what all have in common"
        )
    return None


def _along_the_file(summary, names, n_channels):
    """Columns that count the rows, and columns that are dead in a part of the file."""
    order = np.argsort(summary.row_numbers)
    numbers, rows = summary.row_numbers[order], summary.sample[order]
    counting, dead = [], []
    for channel in range(n_channels):
        mine = numbers % n_channels == channel
        part, where = rows[mine], numbers[mine] // n_channels
        if len(part) < FEWEST:
            continue
        total = summary.n_samples // n_channels
        for column, values in enumerate(part.T):
            name = names[channel * part.shape[1] + column]
            if _counts(values, total):
                counting.append(name)
            elif stretch := _dead_stretch(values, where):
                dead.append((name, *stretch))
    return [_counters(counting), _dead(dead)]


def _counters(names):
    if not names:
        return None
    return (
        f"columns {listed(names)} count the rows, or rise or fall with every row: an index or a "
        f"time, not a measurement; drop them before fitting"
    )


def _dead(found):
    if not found:
        return None
    name, first, last = found[0]
    more = f", and so are columns {listed([one[0] for one in found[1:]])}" if found[1:] else ""
    return (
        f"column {name} is dead (does not vary) from row {first} to row {last}, but varies in "
        f"other parts of the file{more}: drop these rows, or the column"
    )


def _counts(values, n_samples):
    """Whether a column, in the order of the file, is an index, rising or shuffled."""
    steps = np.diff(values)
    if (steps > 0).all() or (steps < 0).all():
        return True
    rising = (steps >= 0).all() or (steps <= 0).all()
    if rising and (steps != 0).sum() >= max(FEWEST, len(values) // 10):
        return True
    if (values != np.round(values)).any():
        return False
    spread = float(values.max()) - float(values.min()) + 1
    # Chance of no repeat among n draws from a range: exp(-n^2 / 2 range).
    unlikely = len(values) ** 2 / (2 * spread) > UNLIKELY
    return unlikely and len(np.unique(values)) == len(values)


def _dead_stretch(values, numbers):
    """First and last row of the stretches of the file in which a column does not vary, or None."""
    values = values.astype(np.float64)
    values = values / (np.abs(values).max() or 1.0)  # squares of 1e300 overflow
    usual = values.std()
    if not usual or len(values) < BLOCKS * FEWEST:
        return None
    blocks = np.array_split(np.arange(len(values)), BLOCKS)
    still = [block for block in blocks if values[block].std() < STILL * usual]
    if not DEAD <= len(still) < BLOCKS:
        return None
    # Rare events leave whole stretches without one: were they anywhere, would these be so empty?
    level = values[still[0]].mean()
    events = (np.abs(values - level) > STILL * usual).sum()
    if events * -np.log1p(-len(still) / BLOCKS) < UNLIKELY:
        return None
    return numbers[still[0][0]], numbers[still[-1][-1]]
