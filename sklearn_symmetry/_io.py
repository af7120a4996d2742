# SPDX-License-Identifier: BSD-3-Clause
"""Files of the command line: tables that people bring, results that are never half written."""

import csv
import os
import secrets
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["BadInput", "check_output", "read_table", "write_atomically"]


class BadInput(Exception):
    """Something the user can mend; the message says how."""


def read_table(path):
    """Numbers of a .npy or .csv file, one sample a row.

    Parameters
    ----------
    path : str or path-like
        A .npy file with an array of real numbers, or a .csv file in UTF-8, separated by commas.
        Its first line is a header if none of its cells is a number, or if it counts 0, 1, 2, ....

    Returns
    -------
    X : ndarray of shape (n, d)
        Finite.
    names : list of str or None
        Names of the columns, from the header.

    Raises
    ------
    BadInput
        If there is no such table; names the line and the column at fault.
    """
    path = Path(path)
    readers = {".npy": _read_npy, ".csv": _read_csv}
    if path.suffix.lower() not in readers:
        raise BadInput(f"{path}: expected a .npy or a .csv file")
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    try:
        return readers[path.suffix.lower()](path)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error


def _read_npy(path):
    try:
        with open(path, "rb") as file:
            X = np.lib.format.read_array(file, allow_pickle=False)
    except ValueError as error:
        raise BadInput(f"{path}: not a NumPy file with an array of numbers") from error
    if X.dtype.kind not in "biuf":
        raise BadInput(f"{path}: holds {X.dtype}; expected real numbers")
    if X.ndim != 2:
        raise BadInput(f"{path}: has shape {X.shape}; expected (n_samples, n_features)")
    if X.size == 0:
        raise BadInput(f"{path}: is empty, its shape is {X.shape}")
    fault = _not_finite(X)
    if fault is not None:
        row, column = fault
        raise BadInput(f"{path}: row {row}, column {column} (counted from 0) is {X[fault]}")
    return X, None


def _read_csv(path):
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: is not text in UTF-8") from error
    lines = [pair for pair in enumerate(text.splitlines(), start=1) if pair[1].strip()]
    if not lines:
        raise BadInput(f"{path}: is empty")
    first = _cells(lines[0][1])
    names = first if _is_header(first) else None
    body = lines[0 if names is None else 1 :]
    if not body:
        raise BadInput(f"{path}: has a header but no rows")
    options = {"delimiter": ",", "quotechar": '"', "comments": None, "ndmin": 2}
    try:
        X = np.loadtxt([line for _, line in body], **options)
    except ValueError as error:
        raise BadInput(f"{path}: {_first_fault(body, names) or error}") from error
    fault = None if names is None or X.shape[1] == len(names) else _first_fault(body, names)
    if fault is None and (place := _not_finite(X)) is not None:
        number, column = body[place[0]][0], _column(place[1], names)
        fault = f"line {number}, {column}: {X[place]} is not a finite number"
    if fault is not None:
        raise BadInput(f"{path}: {fault}")
    return X, names


def _cells(line):
    return [cell.strip() for cell in next(csv.reader([line]))]


def _is_header(cells):
    counting = cells == [str(column) for column in range(len(cells))] and len(cells) > 1
    return counting or not any(_is_number(cell) for cell in cells)


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _first_fault(body, names):
    """What is wrong with the first line that is, in words; the slow way, only after a failure."""
    width = len(names or _cells(body[0][1]))
    for number, line in body:
        cells = _cells(line)
        if len(cells) != width:
            return f"line {number} has {len(cells)} columns; expected {width}"
        for column, cell in enumerate(cells):
            if _is_number(cell):
                continue
            what = f"{cell!r} is not a number" if cell else "is empty"
            hint = " (separate cells by commas)" if ";" in cell or "\t" in cell else ""
            return f"line {number}, {_column(column, names)}: {what}{hint}"
    return None


def _column(column, names):
    return f"column {column + 1}" + (f" ({names[column]})" if names else "")


def _not_finite(X):
    """Row and column of the first entry that is not finite, or None."""
    bad = ~np.isfinite(X)
    if not bad.any():
        return None
    row, column = np.unravel_index(bad.argmax(), X.shape)
    return int(row), int(column)


def check_output(path, suffixes=None):
    """Fail before the work, not after it, if a result cannot be written to `path`.

    Parameters
    ----------
    path : str, path-like or None
        None is fine: nothing will be written.
    suffixes : tuple of str or None
        Allowed ends of the name.

    Raises
    ------
    BadInput
    """
    if path is None:
        return
    path = Path(path)
    if suffixes is not None and path.suffix.lower() not in suffixes:
        raise BadInput(f"cannot write {path}: its name must end in {' or '.join(suffixes)}")
    if not path.name or path.is_dir():
        raise BadInput(f"cannot write '{path}': it is a folder, not the name of a file")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise BadInput(f"cannot write {path}: there is no folder {folder}")
    try:
        # Trying is the only sure way: permissions do not know of read-only file systems.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from error


def write_atomically(path, write):
    """Call ``write(file)`` on a new file beside `path`, and move it into place when it is whole.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists; through a symbolic link, what the link points to.
    write : callable
        Takes a binary file. If it raises, `path` is left as it was.
    """
    path = Path(path).resolve()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        # Opened by us, not by tempfile: the result gets the permissions of any new file.
        with open(temporary, "xb") as file:
            write(file)
            # A full disk may show only now; the old file must outlive a power cut, too.
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
