# SPDX-License-Identifier: BSD-3-Clause
"""Files of the command line: tables that people bring, results that are never half written."""

import io
import os
import secrets
import sys
import tempfile
from pathlib import Path

import numpy as np

from ._bad_input import BadInput
from ._reading.frames import Table, read_parquet, read_text, table_of_array
from ._reading.stored import STORED, read_array
from ._reading.text import PACKED

__all__ = ["BadInput", "Table", "check_output", "read_file", "write_atomically"]

TEXT = (".csv", ".tsv", ".txt", ".dat", ".data", ".asc", ".psv")
KINDS = (*STORED, ".parquet", *TEXT)


def read_file(path, *, header=None, index=None, delimiter=None):
    """Numbers of a table, one sample a row.

    Parameters
    ----------
    path : str or path-like
        ``.npy``, ``.npz`` and ``.mat`` with one array of real numbers, ``.parquet``, or text
        (``.csv``, ``.tsv``, ``.txt``, ``.dat``, ``.data``, ``.asc``, ``.psv``), also packed
        (``.gz``, ``.bz2``, ``.xz``, ``.zip``). Tables are read by pandas. ``"-"``: the standard
        input, text or what ``numpy.save`` writes.
    header : bool or None, default=None
        Whether the first line of a text holds names. None: if its cells say so.
    index : str, sequence of str or None, default=None
        Names of columns that are left out, or their numbers from 1; ``"none"``: no column is. None:
        the first one if it counts the rows, has no name where others have, or holds text.
    delimiter : str or None, default=None
        Of the cells of a text. None: as its first lines say.

    Returns
    -------
    table : Table

    Raises
    ------
    BadInput
        If there is no such table; names the line and the column at fault.
    ImportError
        If pandas is needed and missing.
    """
    if str(path) == "-":
        if sys.stdin is None:
            raise BadInput("standard input: is closed; send a table to it, or pass a file")
        return _read_pipe(sys.stdin.buffer.read(), header, index, delimiter)
    path = Path(path)
    kind = None if _is_special(path) else _kind(path)
    _check_file(path)
    try:
        if kind in TEXT:
            return read_text(path, path.read_bytes(), header, index, delimiter)
        if kind == ".parquet":
            return read_parquet(path, index)
        return table_of_array(path, STORED[kind](path), index)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error


def _kind(path):
    """Suffix of a file that can be read, without that of a packed one."""
    suffixes = [suffix.lower() for suffix in path.suffixes] or [""]
    packed = suffixes[-1] in PACKED
    kind = suffixes[-1]
    if packed:
        kind = suffixes[-2] if suffixes[-2:-1] else ".csv"
    if kind not in KINDS or (packed and kind not in TEXT):
        raise BadInput(
            f"{path}: expected a .npy or a .csv file, or one of {', '.join(KINDS)} (text also as "
            f"{', '.join(PACKED)}); save a spreadsheet as .csv"
        )
    return kind


def _is_special(path):
    """Whether it is there, and a folder, a pipe or a device."""
    try:
        return path.exists() and not path.is_file()
    except (OSError, ValueError):
        return False


def _check_file(path):
    """Refuse what is no file, before it is opened."""
    try:
        if path.is_file():
            return
    except (OSError, ValueError) as error:  # a name of 300 signs, or with a null byte
        raise BadInput(f"{path}: no such file ({getattr(error, 'strerror', error)})") from error
    if path.is_dir():
        raise BadInput(f"{path}: is a folder; pass one file")
    if path.exists():
        raise BadInput(f"{path}: is a pipe or a device; send it to this program, and pass -")
    if str(path).partition(":")[0].lower() in ("http", "https", "ftp", "s3"):
        raise BadInput(f"{path}: is an address; download the file first")
    raise BadInput(f"{path}: no such file; look at its name and folder")


def _read_pipe(data, header, index, delimiter):
    """A table that another program writes; its first bytes say of which kind."""
    name = "standard input"
    if data.startswith(np.lib.format.MAGIC_PREFIX):
        return table_of_array(name, read_array(name, io.BytesIO(data)), index)
    return read_text(name, data, header, index, delimiter)


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
        Replaced if it exists; through a symbolic link, what the link points to. A pipe or a device
        is written to as it is.
    write : callable
        Takes a binary file. If it raises, `path` is left as it was.
    """
    path = Path(path).resolve()
    if _is_special(path):
        with open(path, "wb") as file:
            write(file)
        return
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
