# SPDX-License-Identifier: BSD-3-Clause
"""Arrays that NumPy and MATLAB store: one of two dimensions in a file."""

import warnings

import numpy as np

from .._bad_input import BadInput

__all__ = ["STORED", "read_array"]

SAVE = "save it anew, numpy.save(path, numpy.asarray(X, dtype=float))"
OBJECTS = "it holds Python objects, which are not loaded, since they could run anything"
ZIP = b"PK\x03\x04"


def read_array(path, file):
    """The array of a ``.npy`` file, which is open.

    Raises
    ------
    BadInput
        If there is none, or it holds Python objects.
    """
    try:
        array = np.lib.format.read_array(file, allow_pickle=False)
    except MemoryError as error:
        raise BadInput(f"{path}: holds more than the memory does ({error}); split it") from error
    except Exception as error:  # of the parser of its header, too
        why = OBJECTS if "allow_pickle" in str(error) else "it is cut off, or something else"
        message = f"{path}: not a NumPy file with an array of numbers: {why}; {SAVE}"
        raise BadInput(message) from error
    if file.read(1):
        raise BadInput(
            f"{path}: goes on behind its first array, of shape {array.shape}; store one array in a "
            f"file, numpy.save(path, numpy.concatenate(arrays))"
        )
    return array


def _read_npy(path):
    with open(path, "rb") as file:
        return read_array(path, file)


def _read_npz(path):
    with open(path, "rb") as file:
        if file.read(len(ZIP)) != ZIP:
            raise BadInput(f"{path}: not a .npz file, or it is cut off; {SAVE} as .npy")
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as stored:
                arrays = {name: _member(stored, name) for name in stored.files}
        except MemoryError as error:
            raise BadInput(f"{path}: holds more than the memory does ({error})") from error
        except Exception as error:  # of zip, of zlib, of the parser of headers
            why = OBJECTS if "allow_pickle" in str(error) else f"it is cut off ({error})"
            raise BadInput(
                f"{path}: not a .npz file with arrays of numbers, or {why}; {SAVE} as .npy"
            ) from error
    return _only_table(path, arrays)


def _member(stored, name):
    """An array of an archive; of Python objects, such as names, only what they are."""
    try:
        return stored[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        return OBJECTS


def _read_mat(path):
    from scipy.io import loadmat

    try:
        with warnings.catch_warnings():
            # SciPy 1.18 says that the class of sparse variables will change; all are refused here.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = loadmat(path)
    except NotImplementedError as error:
        raise BadInput(f"{path}: is of version 7.3; save it with -v7 in MATLAB") from error
    except Exception as error:  # scipy has errors of its own
        raise BadInput(
            f"{path}: not a .mat file, or it is cut off ({error}); save it anew, with -v7 in MATLAB"
        ) from error
    return _only_table(path, {k: v for k, v in found.items() if not k.startswith("__")})


STORED = {".npy": _read_npy, ".npz": _read_npz, ".mat": _read_mat}


def _only_table(path, arrays):
    """The one array of two dimensions, of more than one row and column."""
    tables = [name for name, value in arrays.items() if _is_table(value)]
    if not tables and {"format", "shape", "data"} <= set(arrays):  # as scipy.sparse.save_npz names
        raise BadInput(
            f"{path}: holds a sparse matrix; save it dense, numpy.save(path, "
            f"scipy.sparse.load_npz(path).toarray())"
        )
    if len(tables) != 1:
        held = ", ".join(f"{name}: {_described(value)}" for name, value in arrays.items())
        raise BadInput(
            f"{path}: holds {len(tables)} tables of numbers among its arrays ({held or 'none'}); "
            f"save the one of the samples alone, as .npy"
        )
    return arrays[tables[0]]


def _is_table(value):
    real = isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    return real and value.ndim == 2 and min(value.shape) > 1


def _described(value):
    """Kind and shape of something stored, in a few words."""
    if value is OBJECTS:
        return "Python objects, which are not loaded"
    if hasattr(value, "todense"):
        return f"sparse {value.shape}"
    if getattr(value, "dtype", None) is None:
        return type(value).__name__
    kinds = {"c": "complex ", "U": "text ", "S": "text ", "O": "objects ", "V": "records "}
    return f"{kinds.get(value.dtype.kind, '')}{value.shape}"
