# SPDX-License-Identifier: BSD-3-Clause
"""Store a fitted lens as plain arrays and text, and load it without running any code.

A pickle (and a joblib file) can run anything when it is loaded; these files hold numbers and text
only, so that one can be taken from a stranger.
"""

import io
import json
import zipfile
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted

from . import SymmetryLens, __version__
from ._io import write_atomically
from ._validation import warn_caller

__all__ = ["load_lens", "save_lens"]

HEADER = "lens"  # the entry with all that is not an array
SHAPES = {  # of the arrays that every lens has: d features, D padded ones, m powers
    "generator_": "dd",
    "padded_generator_": "DD",
    "lie_algebra_": "DD",
    "filter_": "d",
    "location_": "d",
    "group_conv_matrix_": "md",
    "powers_": "m",
}
# Of lenses that have them: k axes.
LATTICE_SHAPES = {"generators_": "kdd", "lie_algebras_": "kDD"}
TUPLES = ("boundary", "grid_shape", "boundary_", "grid_shape_")  # which JSON makes lists of


def save_lens(lens: SymmetryLens, path: str | PathLike | BinaryIO) -> None:
    """Write a fitted lens to a ``.npz`` file; to a path, whole or not at all.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted. Its callbacks are not stored.
    path : str, path-like or binary file object
        A file at a path is replaced if it exists.

    Raises
    ------
    TypeError
        If `lens` is not a :class:`~sklearn_symmetry.SymmetryLens`, or has a parameter or an
        attribute that is neither a plain value nor an array, such as a ``RandomState``.
    NotFittedError
        If it is not fitted.
    OSError
        If the file cannot be written; `path` is left as it was.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sklearn_symmetry import SymmetryLens
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> from sklearn_symmetry.persistence import load_lens, save_lens
    >>> X = make_symmetric_signals(2000, 7, random_state=0).data
    >>> lens = SymmetryLens(random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "lens.npz"
    ...     save_lens(lens, path)
    ...     copy = load_lens(path)
    >>> bool((copy.transform(X) == lens.transform(X)).all())
    True
    """
    _check_binary(path)
    if type(lens) is not SymmetryLens:
        raise TypeError(f"lens must be a SymmetryLens; got {type(lens).__name__}")
    check_is_fitted(lens)
    fitted = {name: value for name, value in vars(lens).items() if _is_fitted_name(name)}
    arrays, header = {}, {"version": __version__}
    for group, values in (("parameters", lens.get_params(deep=False)), ("attributes", fitted)):
        header[group] = {}
        for name, value in values.items():
            if hasattr(value, "__array__") and not isinstance(value, np.generic):
                value = np.asarray(value)  # of a table or tensor that was passed as init
            if isinstance(value, np.ndarray):
                # Names of columns are objects, which only a pickle could hold.
                arrays[f"{group}.{name}"] = value.astype(str) if value.dtype == object else value
            else:
                header[group][name] = _plain(value, name)
    header["output"] = vars(lens).get("_sklearn_output_config", {})  # of set_output
    arrays[HEADER] = np.array(json.dumps(header))
    whole = io.BytesIO()  # a file of gzip, a pipe or a socket cannot be gone back in
    np.savez(whole, **arrays)
    if hasattr(path, "write"):
        path.write(whole.getvalue())
    else:
        write_atomically(path, lambda file: file.write(whole.getvalue()))


def load_lens(path: str | PathLike | BinaryIO) -> SymmetryLens:
    """Read a lens that :func:`save_lens` wrote. No code in the file can run.

    Parameters
    ----------
    path : str, path-like or binary file object

    Returns
    -------
    lens : SymmetryLens
        Fitted, whether or not this machine has the device of the fit.

    Raises
    ------
    ValueError
        If the file does not hold a lens.
    OSError
        If it cannot be read.

    Warns
    -----
    InconsistentVersionWarning
        If another version of sklearn_symmetry wrote it.
    """
    _check_binary(path)
    try:
        header, *groups = _read(path)
        version = header["version"]
        parameters, attributes = map(_with_tuples, groups)
        lens = SymmetryLens(**parameters).set_output(**header.get("output", {}))
        _check_attributes(attributes)
    except (ValueError, TypeError, KeyError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} does not hold a lens written by save_lens: {error}") from error
    if version != __version__:
        warn_caller(
            InconsistentVersionWarning(
                estimator_name="SymmetryLens (sklearn_symmetry)",
                current_sklearn_version=__version__,
                original_sklearn_version=version,
            )
        )
    vars(lens).update(attributes)
    return lens


def _with_tuples(values):
    """What JSON made lists of, as it was."""
    return {
        name: tuple(value) if name in TUPLES and isinstance(value, list) else value
        for name, value in values.items()
    }


def _check_binary(file):
    if isinstance(file, io.TextIOBase):
        raise TypeError(f"{file!r} is open as text; open it in binary mode, 'rb' or 'wb'")


def _opened(path):
    # What cannot be gone back in, such as a pipe, is read first.
    return io.BytesIO(path.read()) if hasattr(path, "read") else Path(path).open("rb")


def _read(path):
    with _opened(path) as file:
        stored = np.load(file, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        with stored:
            header = json.loads(str(stored[HEADER]))
            groups = []
            for group in ("parameters", "attributes"):
                found = dict(header[group])
                for name in stored.files:
                    if name.startswith(f"{group}."):
                        found[name.removeprefix(f"{group}.")] = stored[name]
                groups.append(found)
    return header, *groups


def _check_attributes(attributes):
    """Refuse what would fail later, in `transform` or in `shift`."""
    sizes = {}
    shapes = SHAPES | {name: LATTICE_SHAPES[name] for name in LATTICE_SHAPES if name in attributes}
    if np.ndim(attributes["powers_"]) == 2:
        shapes["powers_"] = "mk"
    for name, letters in shapes.items():
        value = attributes[name]
        expected = tuple(
            sizes.setdefault(letter, size)
            for letter, size in zip(letters, np.shape(value), strict=True)
        )
        real = np.asarray(value).dtype.kind in "fiu"
        if np.shape(value) != expected or not real or not np.isfinite(value).all():
            raise ValueError(f"{name} should be real and finite, of shape {expected}")
    if "settings_" in attributes:
        attributes["settings_"] = _with_tuples(attributes["settings_"])
    if attributes["n_features_in_"] % sizes["d"]:
        raise ValueError(f"n_features_in_ should be a multiple of {sizes['d']}, the filter's size")
    for name in attributes:
        if not _is_fitted_name(name):
            raise ValueError(f"{name} is not the name of a fitted attribute")
    if "feature_names_in_" in attributes:
        attributes["feature_names_in_"] = attributes["feature_names_in_"].astype(object)


def _is_fitted_name(name):
    return name.endswith("_") and not name.startswith("_") and name.isidentifier()


def _plain(value, name):
    """The value as JSON knows it."""
    if isinstance(value, np.generic):
        value = value.item()
    try:
        same = json.loads(json.dumps(value))
    except TypeError:
        same = None
    if same != _with_lists(value):
        raise TypeError(
            f"{name}={value!r} is neither a plain value nor an array: set it to one, or use pickle"
        )
    return same


def _with_lists(value):
    """The value with lists for tuples, as JSON has it."""
    if isinstance(value, dict):
        return {name: _with_lists(one) for name, one in value.items()}
    return [_with_lists(one) for one in value] if isinstance(value, list | tuple) else value
