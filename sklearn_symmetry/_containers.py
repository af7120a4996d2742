# SPDX-License-Identifier: BSD-3-Clause
"""What may be samples: tables, arrays and tensors that numpy sees as they are meant."""

from io import IOBase
from os import PathLike
from types import ModuleType

import numpy as np
import torch
from scipy.sparse import issparse

from .statistics.faults import listed

__all__ = ["check_container", "check_type", "float_dtypes", "names_of"]

CLOCKS = (np.datetime64, np.timedelta64)
# Beginnings of names of dtypes, in numpy, pandas, polars and pyarrow.
DATES = ("date", "time", "period", "duration")
STRINGS = ("str", "string", "utf8", "large_string", "binary")
NESTED = ("list", "array", "struct", "fixed_size_list", "large_list", "map")


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
    if isinstance(X, str | bytes | PathLike | IOBase):
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
    names = names_of(X)
    _check_names(names)
    kinds = _kinds_of(X, names)
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
    if fields := getattr(getattr(X, "dtype", None), "names", None):
        raise TypeError(
            f"X is a structured array with fields {listed(fields)}; pass "
            f"numpy.lib.recfunctions.structured_to_unstructured(X)"
        )


def _kinds_of(X, names):
    """Names of the dtypes of the columns, or of the one dtype of all, in lower case."""
    kinds = list(getattr(X, "dtypes", ())) if names else [getattr(X, "dtype", None)]
    if names and hasattr(X, "schema") and not kinds:  # of pyarrow
        kinds = list(X.schema.types)
    of_objects = isinstance(X, np.ndarray) and X.dtype.kind == "O" and X.ndim == 2 and len(X)
    if of_objects and any(isinstance(entry, CLOCKS) for entry in X[0]):
        return ["datetime"]  # numpy takes these for numbers, of any unit
    kinds = [str(getattr(kind, "name", None) or kind).lower() for kind in kinds]
    return [kind.removeprefix("torch.") for kind in kinds]


def names_of(X):
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


def float_dtypes(X):
    """Dtypes to allow in `X`; the first is for integers, and where scikit-learn cannot tell.

    It cannot in tables of polars.
    """
    types = getattr(X, "dtypes", None)
    single = isinstance(types, list) and all(str(kind) == "Float32" for kind in types)
    return [np.float32, np.float64] if single else [np.float64, np.float32]
