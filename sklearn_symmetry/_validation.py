# SPDX-License-Identifier: BSD-3-Clause
"""Checks of samples, and warnings: a message names the cause and the remedy."""

import copy
import sys
import warnings
from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils.validation import validate_data

from ._containers import check_container, float_dtypes, names_of
from ._markers import faults_or_markers
from .statistics.chunks import mapped
from .statistics.faults import listed

__all__ = [
    "check_channels",
    "check_columns",
    "check_data",
    "check_summary",
    "degenerate_samples",
    "enough_memory",
    "plain_lens",
    "sample_faults",
    "warn_caller",
]

# What math says of a logarithm of what rounding has left, and scipy of what is no number.
OTHER_WORDS = (
    "math domain error", "expected a positive input", "matrix contains invalid numeric entries",
    "array must not contain infs or NaNs",
)  # fmt: skip
DEGENERATE = (
    "linear algebra failed on these samples: they are degenerate. Look at the warnings of fit; "
    "drop constant, repeated and dependent columns, bring all columns to one unit, remove wild "
    "values, and bring more different rows"
)
HUNGRY = ("padding", "batch_size", "n_kernels", "hidden_factor")  # for memory; networks the last
# Packages whose lines a warning does not point at. A pipeline calls its steps through joblib, and
# what is loaded calls back from pickle.
PASS_ON = (__name__.partition(".")[0], "sklearn", "joblib", "pickle", "contextlib")


def plain_lens(lens):
    """A copy of a fitted lens that takes and gives arrays, whatever tables it was made for."""
    plain = copy.copy(lens)
    for name in ("feature_names_in_", "_sklearn_output_config"):
        vars(plain).pop(name, None)
    return plain


def check_data(estimator, X, n_channels=1):
    """`X` as an array of a float type; the estimator is not touched.

    Returns
    -------
    X : ndarray of shape (n, n_channels * d)
        float32 or float64, the one that was passed where that is possible: not to be written to.
        Finite, unless it is memory-mapped: what reads it chunk by chunk looks at that.
    checked : estimator
        A shallow copy of `estimator` that carries the feature names and the number of features.
    """
    check_container(X)
    checked = _shallow_copy(estimator)
    # Longer floats may be beyond the largest double; the infinity is then refused.
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            X = validate_data(
                checked,
                X,
                dtype=float_dtypes(X),
                ensure_all_finite=mapped(X) is None,
                ensure_min_samples=2,
                ensure_min_features=2,
            )
        except (ValueError, TypeError) as error:
            if "setting an array element with a sequence" in str(error) and not names_of(X):
                raise ValueError(_no_table(X)) from error
            columns = _unusable_columns(X)
            if columns is None:
                raise
            raise type(error)(_located(str(error), columns)) from error
    check_channels(n_channels, X.shape[1])
    _check_count(len(X), X.shape[1] // n_channels, n_channels)
    return X, checked


def check_summary(estimator, summary, n_channels=1, names=None):
    """A shallow copy of `estimator` that carries the number of features of a summary, and names."""
    checked = _shallow_copy(estimator)
    vars(checked).pop("feature_names_in_", None)
    if names is not None:
        checked.feature_names_in_ = names
    checked.n_features_in_ = n_channels * summary.n_features
    if summary.n_features < 2:
        raise ValueError(f"the summary is of {summary.n_features} column; a symmetry needs 2")
    _check_count(summary.n_samples // n_channels, summary.n_features, n_channels)
    return checked


def _check_count(n_samples, n_features, n_channels):
    """A covariance needs more samples than features."""
    if n_samples * n_channels <= n_features:
        of_each = f" in each of {n_channels} channels" if n_channels > 1 else ""
        raise ValueError(
            f"X has n_samples={n_samples} and {n_features} features{of_each}: a covariance needs "
            f"more samples than features, {n_features // n_channels + 1} at least and many times "
            f"that for a good fit. Collect more samples, or keep fewer columns, e.g. with PCA: a "
            f"projection keeps a symmetry only if it keeps the variance that moves."
        )


def check_channels(n_channels, n_columns):
    """Channels are blocks of columns of equal width, of two columns at least."""
    if n_columns % n_channels:
        raise ValueError(
            f"n_channels={n_channels} does not divide the {n_columns} columns of X: a sample is "
            f"n_channels blocks of as many columns each, one after another"
        )
    if n_columns == n_channels > 1:
        raise ValueError(
            f"n_channels={n_channels} leaves one column of X for each channel; a symmetry needs "
            f"at least 2"
        )


def _no_table(X):
    """What is wrong with rows of which numpy makes no table, and a remedy."""
    lengths = [len(row) if hasattr(row, "__len__") else 1 for row in X]
    for row, length in enumerate(lengths):
        if length != lengths[0]:
            return (
                f"row {row} of X has length {length}, row 0 has length {lengths[0]}: rows of a "
                f"table have one length; cut or drop such rows"
            )
    return "X holds sequences, not numbers; if they are as long in every row, pass numpy.stack(X)"


def _located(message, columns):
    """The message with the columns it is about, and a remedy."""
    for name in ("NaN", "infinity"):
        if f"contains {name}" in message:
            return (
                f"Input X contains {name} in columns {columns}. Drop or impute these entries "
                f"before fitting, e.g. with sklearn.impute.SimpleImputer."
            )
    if "NAType" in message:
        return (
            f"Input X contains missing values (NA) in columns {columns}. Drop or impute these "
            f"entries before fitting, e.g. with sklearn.impute.SimpleImputer."
        )
    message = message.removesuffix(".").removesuffix(" in columns")
    return (
        f"{message} in columns {columns}: these hold something else than numbers; drop them, or "
        f"convert them explicitly"
    )


def _unusable_columns(X):
    """Columns with an entry that is not a finite number, named as the user names them."""
    names = names_of(X)
    X = np.asarray(X) if hasattr(X, "dtype") or names else np.array(X, dtype=object)
    if X.ndim != 2 or X.dtype.kind not in "Of" or not X.size:
        return None
    bad = [index for index, column in enumerate(X.T) if not _usable(column)]
    if not bad:
        return None
    return listed(np.array([names[index] if names else index for index in bad], dtype=object))


def _usable(column):
    try:
        return bool(np.isfinite(column.astype(np.float64)).all())
    except (ValueError, TypeError):
        return False


def _shallow_copy(lens):
    checked = lens.__class__.__new__(lens.__class__)
    checked.__dict__.update(lens.__dict__)
    return checked


def check_columns(summary, checked):
    """Warn of samples that cannot carry the answer; raise where no column varies.

    Parameters
    ----------
    summary : Summary
        Of the samples, every channel a row of its own.
    checked : estimator
        Of :func:`check_data`.
    """
    for fault in sample_faults(summary, checked):
        warn_caller(fault)


def sample_faults(summary, checked):
    """What is wrong with samples, in the names of the user."""
    n_channels = checked.n_features_in_ // summary.n_features
    return faults_or_markers(summary, getattr(checked, "feature_names_in_", None), n_channels)


@contextmanager
def degenerate_samples():
    """Failures of linear algebra, in words of our own: the samples are their cause."""
    try:
        yield
    except (np.linalg.LinAlgError, torch.linalg.LinAlgError) as error:
        raise FloatingPointError(DEGENERATE) from error
    except ValueError as error:
        if not str(error).startswith(OTHER_WORDS):
            raise
        raise FloatingPointError(DEGENERATE) from error


@contextmanager
def enough_memory(lens):
    """Torch has no error of its own where main memory does not suffice; say what asks for it."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" not in str(error):
            raise
        names = HUNGRY if lens.density == "mixture" else HUNGRY[:2]
        used = [f"{name}={value}" for name in names if (value := getattr(lens, name)) is not None]
        raise MemoryError(
            f"the fit needs more memory than there is; use smaller ones of {', '.join(used)}, or "
            f"fewer columns"
        ) from error


def warn_caller(message, category=UserWarning):
    """Warn at the line outside the library that led here, however many frames are in between.

    Parameters
    ----------
    message : str or Warning
    category : type, default=UserWarning
    """
    frame, level = sys._getframe(1), 2  # level 1 is this function
    while frame.f_back is not None and _passes_on(frame):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _passes_on(frame):
    """Whether a frame is of the library, or of those that call it for somebody else."""
    return frame.f_globals.get("__name__", "").partition(".")[0] in PASS_ON
