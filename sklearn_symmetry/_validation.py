# SPDX-License-Identifier: BSD-3-Clause
"""Checks of parameters and data, and warnings: a message names the cause and the remedy."""

import copy
import sys
import warnings
from contextlib import contextmanager
from numbers import Integral, Real
from os import PathLike
from types import ModuleType

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils import check_scalar
from sklearn.utils.validation import validate_data

from ._lattices import check_grid, check_grid_columns
from ._markers import faults_or_markers
from .core.losses import PAPER_WEIGHTS
from .solver.tuning import DEFAULT
from .statistics.chunks import mapped
from .statistics.faults import listed

__all__ = [
    "check_container",
    "check_columns",
    "check_data",
    "check_jobs",
    "check_level",
    "check_parameters",
    "check_shapes",
    "check_summary",
    "check_type",
    "degenerate_samples",
    "enough_memory",
    "float_dtypes",
    "plain_lens",
    "resolve_device",
    "sample_faults",
    "warn_caller",
]

CHOICES = {
    "boundary": ("open", "circulant", "auto"),
    "mixing": ("rotation", "permutation"),
    "density": ("closed_form", "mixture"),
    "rank_schedule": ("gradient_flow", "full", None),
}
TRAINED = {"init": "random", "density": "mixture"}  # the paper's procedure
STRINGS = ("str", "string", "utf8", "large_string", "binary")  # likewise
NESTED = ("list", "array", "struct", "fixed_size_list", "large_list", "map")  # likewise
CLOCKS = (np.datetime64, np.timedelta64)
DATES = ("date", "time", "period", "duration")  # names of their dtypes, in numpy, pandas and polars
COEFFICIENTS = tuple(PAPER_WEIGHTS)
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
HUNGRY = ("padding", "batch_size", "n_kernels", "hidden_factor")  # for memory
LARGEST = 20_000  # rows of a padded generator, of which there are several: 3 GB each
COUNTS = {"max_iter": 1, "batch_size": 8, "n_init": 1, "n_kernels": 1, "hidden_factor": 1}
OPTIONAL = ("max_iter", "batch_size", "n_init", "learning_rate", "filter_noise")
# Numbers that may be 0, and those that may not.
NONNEGATIVE = (*COEFFICIENTS, "tol", "filter_noise", "penalty")
POSITIVE = (
    "learning_rate", "estimator_learning_rate", "learning_rate_decay", "filter_noise_epochs",
)  # fmt: skip
# Packages whose lines a warning does not point at. A pipeline calls its steps through joblib, and
# what is loaded calls back from pickle.
PASS_ON = (__name__.partition(".")[0], "sklearn", "joblib", "pickle", "contextlib")


def plain_lens(lens):
    """A copy of a fitted lens that takes and gives arrays, whatever tables it was made for."""
    plain = copy.copy(lens)
    for name in ("feature_names_in_", "_sklearn_output_config"):
        vars(plain).pop(name, None)
    return plain


def check_parameters(lens):
    """Check everything that can be checked without the data."""
    for name in NONNEGATIVE:
        _check_number(lens, name)
    for name in POSITIVE:
        _check_number(lens, name, include_boundaries="neither")
    if lens.learning_rate_decay > 1:
        raise ValueError(f"learning_rate_decay == {lens.learning_rate_decay}, must be <= 1.")
    if not any(getattr(lens, name) for name in COEFFICIENTS):
        raise ValueError(
            f"at least one of {', '.join(COEFFICIENTS)} must be positive; got 0 for all"
        )
    _check_scalar(lens, "n_channels", Integral, min_val=1)
    for name in ("padding", "verbose"):
        _check_scalar(lens, name, Integral, min_val=0)
    for name, smallest in COUNTS.items():
        if not _is_left_out(lens, name):
            _check_scalar(lens, name, Integral, min_val=smallest)
    check_jobs(lens)
    _check_scalar(lens, "warm_start", (bool, np.bool_))
    check_grid(lens)
    for name, allowed in CHOICES.items():
        if name == "boundary" and lens.grid_shape is not None:
            continue  # one for every axis
        value = getattr(lens, name)
        if not (value is None or isinstance(value, str)) or value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}; got {getattr(lens, name)!r}")
    if isinstance(lens.init, str) and lens.init not in ("auto", "random"):
        raise ValueError(
            f"init must be 'auto', 'random' or an array of shape (n_powers, n_features); "
            f"got {lens.init!r}"
        )

    if lens.boundary == "auto" and _is(lens.init, "random"):
        raise ValueError(
            "boundary='auto' needs a search: it excludes init='random', the paper's procedure; "
            "use boundary='open' or 'circulant'"
        )
    trained = [name for name, value in TRAINED.items() if _is(getattr(lens, name), value)]
    if lens.mixing == "permutation" and trained:
        raise ValueError(
            f"mixing='permutation' puts columns in order, there is nothing to train: it excludes "
            f"{trained[0]}={TRAINED[trained[0]]!r}; use the default"
        )


def check_jobs(lens):
    """Refuse a number of jobs that is none; it may be changed after a fit."""
    if lens.n_jobs is not None:
        _check_scalar(lens, "n_jobs", Integral)
        if lens.n_jobs == 0:
            raise ValueError("n_jobs == 0, must be positive, negative (cores left free) or None")


def _is(value, name):
    return isinstance(value, str) and value == name


def _is_left_out(lens, name):
    return name in OPTIONAL and getattr(lens, name) is None


def _check_number(lens, name, include_boundaries="left"):
    """A finite number, not negative, or None where that has a meaning."""
    value = getattr(lens, name)
    if _is_left_out(lens, name):
        return
    if isinstance(value, Real) and not np.isfinite(value):
        raise ValueError(f"{name} must be finite; got {value}")
    _check_scalar(lens, name, Real, min_val=0, include_boundaries=include_boundaries)


def _check_scalar(lens, name, kind, **limits):
    """As :func:`sklearn.utils.check_scalar`, with the value in every message."""
    value = getattr(lens, name)
    try:
        check_scalar(value, name, kind, **limits)
    except TypeError as error:
        raise TypeError(f"{error} Got {value!r}.") from error


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
            columns = _unusable_columns(X)
            if columns is None:
                raise
            raise type(error)(_located(str(error), columns)) from error
    _check_channels(n_channels, X.shape[1])
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


def _check_channels(n_channels, n_columns):
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


def float_dtypes(X):
    """Dtypes to allow in `X`; the first is for integers, and where scikit-learn cannot tell.

    It cannot in tables of polars.
    """
    types = getattr(X, "dtypes", None)
    single = isinstance(types, list) and all(str(kind) == "Float32" for kind in types)
    return [np.float32, np.float64] if single else [np.float64, np.float32]


def check_container(X):
    """Refuse what numpy would convert wrongly, or with a message that helps nobody."""
    check_type(X)
    if isinstance(X, torch.Tensor):
        _check_tensor(X)
    if isinstance(X, np.ma.MaskedArray) and np.ma.getmaskarray(X).any():
        columns = listed(np.flatnonzero(np.atleast_2d(np.ma.getmaskarray(X)).any(axis=0)))
        raise ValueError(
            f"X is a masked array with masked entries in columns {columns}, whose values would be "
            f"taken as they are: drop these rows, or pass X.filled(value)"
        )
    if getattr(X, "ndim", None) == 3:
        _, blocks, _ = X.shape
        raise ValueError(
            f"Found array with dim 3, of shape {tuple(X.shape)}; expected (n_samples, n_features). "
            f"If the second axis holds channels that share one symmetry, pass "
            f"X.reshape(len(X), -1) and, to SymmetryLens, n_channels={blocks}"
        )
    _check_kinds(X)
    if issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required. Use X.toarray() to convert "
            "it to a dense numpy array."
        )
    if getattr(getattr(X, "dtype", None), "kind", None) in ("U", "S", "T"):
        raise ValueError(
            "X holds strings (dtype='numeric' is not compatible with arrays of bytes/strings); "
            "convert them explicitly, e.g. X.astype(float)"
        )


def check_type(X):
    """Refuse what is no table at all."""
    what = type(X).__name__
    if X is None:
        raise ValueError("X is None; pass the samples, of shape (n_samples, n_features)")
    if isinstance(X, str | bytes | PathLike):
        raise TypeError(
            f"X is a {what}, {str(X)[:60]!r}; read the file first, e.g. with numpy.load, "
            f"numpy.loadtxt or pandas.read_csv"
        )
    if issparse(X):  # some kinds are dictionaries
        return
    if isinstance(X, dict) or (isinstance(X, list | tuple) and X and isinstance(X[0], dict)):
        raise TypeError(f"X is a {what} of names and values; pass pandas.DataFrame(X)")
    lazy = hasattr(type(X), "__dask_graph__")
    if (callable(X) and not lazy) or isinstance(X, ModuleType | type(...)):
        raise TypeError(f"X is a {what}; pass the samples, of shape (n_samples, n_features)")
    if isinstance(X, set | frozenset):
        raise TypeError(f"X is a {what}, which has no order; pass an array or a table")
    if hasattr(X, "collect_schema") and hasattr(X, "collect") and not hasattr(X, "to_numpy"):
        raise TypeError(f"X is a {what}, which is not computed yet; pass X.collect()")


def _check_tensor(X):
    """Refuse a tensor that numpy cannot see as it is."""
    if X.is_nested:
        raise TypeError("X is a nested torch tensor; pass torch.stack(X.unbind()) if it is even")
    if X.device.type != "cpu":
        raise TypeError(
            f"X is a torch tensor on {X.device}; pass a numpy array, e.g. X.detach().cpu().numpy()"
        )
    if X.requires_grad:
        raise TypeError("X is a torch tensor that requires grad; pass X.detach()")
    if X.layout != torch.strided:
        raise TypeError(f"X is a torch tensor of layout {X.layout}; pass X.to_dense()")
    if not _known_to_numpy(X.dtype):
        raise TypeError(f"X is a torch tensor of {X.dtype}, unknown to numpy; pass X.float()")
    if X.is_conj() or X.is_neg():
        raise TypeError("X is a lazy view of a torch tensor; pass X.resolve_conj().resolve_neg()")


def _check_kinds(X):
    """Refuse columns whose values are no measurements, though numpy makes numbers of them."""
    single = getattr(X, "dtype", None)
    names = _names_of(X)
    kinds = list(getattr(X, "dtypes", ())) if names else [single]
    if names and hasattr(X, "schema") and not kinds:  # of pyarrow
        kinds = list(X.schema.types)
    _check_names(names)
    kinds = [str(getattr(kind, "name", None) or kind).lower() for kind in kinds]
    kinds = [kind.removeprefix("torch.") for kind in kinds]
    of_objects = isinstance(X, np.ndarray) and X.dtype.kind == "O" and X.ndim == 2 and len(X)
    if of_objects and any(isinstance(entry, CLOCKS) for entry in X[0]):
        kinds = ["datetime"]  # numpy takes these for numbers, of any unit
    labels = np.array(names or ["all"], dtype=object)

    def columns_of(starts):
        found = np.array([kind.startswith(starts) for kind in kinds], dtype=bool)
        return listed(labels[found]) if found.any() else None

    if columns := columns_of(DATES):
        raise TypeError(
            f"X holds dates or times in columns {columns}: they are no measurements; "
            f"drop them, or convert what is meant explicitly, e.g. to seconds"
        )
    if columns := columns_of("sparse"):
        raise TypeError(f"X is a table with sparse columns {columns}; pass X.sparse.to_dense()")
    if columns := columns_of("complex"):
        raise ValueError(
            f"Complex data not supported: X is complex in columns {columns}; pass X.real, or real "
            f"and imaginary parts as two channels, numpy.hstack([X.real, X.imag]), n_channels=2"
        )
    if columns := columns_of(NESTED):
        raise TypeError(
            f"X holds lists in columns {columns}, not numbers; if they are as long in every row, "
            f"pass numpy.array(X[name].to_list())"
        )
    if names and (columns := columns_of(STRINGS)):
        raise ValueError(
            f"X holds strings in columns {columns}; drop labels, and convert numbers explicitly, "
            f"e.g. X.astype(float)"
        )
    if fields := getattr(single, "names", None):
        raise TypeError(
            f"X is a structured array with fields {listed(fields)}; pass "
            f"numpy.lib.recfunctions.structured_to_unstructured(X)"
        )


def _names_of(X):
    """Names of the columns of a table of pandas, polars or pyarrow; none of anything else."""
    names = getattr(X, "column_names", None)  # pyarrow: `columns` are the columns themselves
    if names is None:
        names = getattr(X, "columns", None)
    return [] if names is None or callable(names) else list(names)


def _check_names(names):
    """Refuse tables of which two columns have one name: which is meant cannot be told."""
    if len(set(map(str, names))) < len(names) and len(set(names)) < len(names):
        twice = np.array([name for name in dict.fromkeys(names) if names.count(name) > 1], object)
        raise ValueError(
            f"X has more than one column of the name {listed(twice)}; give every column a name of "
            f"its own, or pass X.to_numpy()"
        )


def _known_to_numpy(dtype):
    try:
        torch.empty(0, dtype=dtype).numpy()
    except TypeError:
        return False
    return True


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
    names = _names_of(X)
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
        used = [f"{name}={getattr(lens, name)}" for name in HUNGRY]
        raise MemoryError(
            f"the fit needs more memory than there is; use smaller ones of {', '.join(used)}, or "
            f"fewer columns"
        ) from error


def check_level(level):
    """Refuse a level of tests that is none."""
    if not isinstance(level, Real):
        raise TypeError(f"level must be a number, such as 0.05; got {level!r}")
    if not 0 < level <= 0.5:
        raise ValueError(f"level must be above 0 and at most 0.5; got {level}")


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


def check_shapes(lens, n_samples, n_features):
    """Check the parameters whose range depends on the data."""
    check_grid_columns(lens, n_features)
    if lens.boundary == "circulant" and n_features < DEFAULT.smallest_ring:
        raise ValueError(
            f"boundary='circulant' needs at least {DEFAULT.smallest_ring} features; got "
            f"{n_features}. On so small a ring all are neighbours of all: use boundary='open'."
        )
    size = n_features + (0 if lens.boundary == "circulant" else 2 * lens.padding)
    if size > max(LARGEST, 3 * n_features):
        raise ValueError(
            f"padding == {lens.padding}, must be <= {max(LARGEST, 3 * n_features) // 2}: matrices "
            f"have n_features + 2 * padding rows; the default is enough"
        )
    if lens.n_powers is not None:
        _check_scalar(lens, "n_powers", Integral, min_val=2, max_val=size)
    if lens.density == "mixture":
        _check_batch(lens, n_samples, lens.n_powers or n_features)
    if isinstance(lens.init, str):
        return
    init = np.asarray(lens.init)
    n_powers = n_features if lens.n_powers is None else lens.n_powers
    if init.shape != (n_powers, n_features):
        raise ValueError(
            f"init has shape {init.shape}; expected (n_powers, n_features) = "
            f"{(n_powers, n_features)}"
        )
    if init.dtype.kind == "c":
        raise ValueError("init is complex; expected a real array")
    if init.dtype.kind not in "fiub":
        raise ValueError(f"init has dtype {init.dtype}; expected numbers")
    if not np.isfinite(init).all():
        raise ValueError("init has non-finite entries")
    rank = np.linalg.matrix_rank(init)
    if rank < min(init.shape):
        raise ValueError(f"init has rank {rank}; expected full rank, {min(init.shape)}")


def _check_batch(lens, n_samples, n_powers):
    """Every component of the representation conditions on samples of its own."""
    size = n_samples if lens.batch_size is None else min(lens.batch_size, n_samples)
    if size < n_powers:
        name = "batch_size" if size == lens.batch_size else "the number of samples"
        raise ValueError(
            f"{name} == {size}, must be at least n_powers={n_powers} when density='mixture': the "
            f"conditional networks need a sample for every power. "
            f"Increase batch_size, add samples, or use density='closed_form'."
        )


def resolve_device(device):
    """Name of a torch device that exists; ``"auto"`` is the GPU when there is one."""
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"device must be 'auto' or a torch device; got {device!r}") from error
    if resolved.type == "meta":
        raise ValueError(f"device must be 'auto', 'cpu' or a GPU; got {device!r}")
    if resolved.type == "cuda":
        if not torch.cuda.is_available():
            raise ValueError(f"device={device!r}, but torch finds no GPU here; use 'auto' or 'cpu'")
        if (resolved.index or 0) >= torch.cuda.device_count():
            raise ValueError(f"device={device!r}, but there are {torch.cuda.device_count()} GPUs")
    elif resolved.type != "cpu":
        _check_backend(device, resolved)
    return str(resolved)


def _check_backend(device, resolved):
    """Refuse a device that is missing here, or has no double precision, such as Apple's GPUs."""
    try:
        torch.empty(1, dtype=torch.float64, device=resolved)
    except (RuntimeError, AssertionError, TypeError, ImportError) as error:
        raise ValueError(
            f"device={device!r} is not there, or cannot compute in double precision, which the "
            f"solver needs; use 'auto' or 'cpu'"
        ) from error
