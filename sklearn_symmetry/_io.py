# SPDX-License-Identifier: BSD-3-Clause
"""Files of the command line: tables that people bring, results that are never half written."""

import csv
import gzip
import io
import os
import re
import secrets
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

__all__ = ["BadInput", "Table", "check_output", "read_file", "read_table", "write_atomically"]

TEXT = (".csv", ".tsv", ".txt", ".dat")
KINDS = (".npy", ".npz", ".mat", ".parquet", *TEXT)
DELIMITERS = {"\t": "tab", ";": "';'", ",": "','", "|": "'|'", " ": "blanks"}
COMMENTS = ("#", "%")
LOOKED_AT = 50  # lines that tell how the cells are separated
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
MISSING = ("", "na", "n/a", "nan", "null", "none", "-")


class BadInput(Exception):
    """Something the user can mend; the message says how."""


@dataclass(frozen=True)
class Table:
    """Numbers of a file.

    Attributes
    ----------
    X : ndarray of shape (n, d)
        Finite.
    names : list of str or None
        Of the columns.
    said : str
        What was read, in one line.
    """

    X: np.ndarray
    names: list | None
    said: str


def read_table(path, **options):
    """Numbers and names of :func:`read_file`."""
    table = read_file(path, **options)
    return table.X, table.names


def read_file(path, *, header=None, index=None, delimiter=None):
    """Numbers of a table, one sample a row.

    Parameters
    ----------
    path : str or path-like
        ``.npy``, ``.npz`` and ``.mat`` with one array of real numbers, ``.parquet``, or text
        (``.csv``, ``.tsv``, ``.txt``, ``.dat``), also with ``.gz``. Tables are read by pandas.
        ``"-"``: the standard input, text or what ``numpy.save`` writes.
    header : bool or None, default=None
        Whether the first line of a text holds names. None: if its cells say so.
    index : str or None, default=None
        Name of a column that is left out, or its number from 1; ``"none"``: no column is. None: the
        first one if it counts the rows, has no name where others have, or holds text.
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
        return _read_pipe(sys.stdin.buffer.read(), header, index, delimiter)
    path = Path(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else path.suffix.lower()
    if kind not in KINDS or (suffixes[-1] == ".gz" and kind not in TEXT):
        kinds = ", ".join(KINDS)
        raise BadInput(
            f"{path}: expected a .npy or a .csv file, or one of {kinds} (text also as .gz); save a "
            f"spreadsheet as .csv"
        )
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    try:
        if kind in TEXT:
            return _read_text(path, path.read_bytes(), header, index, delimiter)
        if kind == ".parquet":
            return _read_parquet(path, index)
        return _array_table(path, _READERS[kind](path))
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or error
        raise BadInput(f"{path}: cannot be read ({said})") from error


def _read_pipe(data, header, index, delimiter):
    """A table that another program writes; its first bytes say of which kind."""
    name = "standard input"
    if data.startswith(np.lib.format.MAGIC_PREFIX):
        return _array_table(name, _array(name, io.BytesIO(data)))
    return _read_text(name, data, header, index, delimiter)


def _pandas():
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "reading tables needs pandas: pip install pandas (the extra 'files' of this package), "
            "or save the numbers as .npy"
        ) from error
    return pandas


def _array_table(path, X):
    if X.dtype.kind not in "biuf":
        raise BadInput(f"{path}: holds {X.dtype}; expected real numbers")
    if X.ndim != 2:
        raise BadInput(f"{path}: has shape {X.shape}; expected (n_samples, n_features)")
    if X.size == 0:
        raise BadInput(f"{path}: is empty, its shape is {X.shape}")
    fault = _not_finite(X)
    if fault is not None:
        row, column = fault
        raise BadInput(
            f"{path}: row {row}, column {column} (counted from 0) is {X[fault]}; drop such rows, "
            f"or impute them"
        )
    return Table(X, None, _said(X, []))


def _read_npy(path):
    with open(path, "rb") as file:
        return _array(path, file)


def _array(path, file):
    try:
        return np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        why = "it is cut off, or something else"
        if "allow_pickle" in str(error):
            why = "it holds Python objects, which are not loaded, since they could run anything"
        raise BadInput(
            f"{path}: not a NumPy file with an array of numbers: {why}; save it anew, "
            f"numpy.save(path, numpy.asarray(X, dtype=float))"
        ) from error


def _read_npz(path):
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (ValueError, KeyError, EOFError, AttributeError, zlib.error, BadZipFile) as error:
        raise BadInput(
            f"{path}: not a .npz file with arrays of numbers, or it is cut off ({error})"
        ) from error
    return _only_table(path, arrays)


def _read_mat(path):
    from scipy.io import loadmat

    try:
        found = loadmat(path)
    except NotImplementedError as error:
        raise BadInput(f"{path}: is of version 7.3; save it with -v7 in MATLAB") from error
    except Exception as error:  # scipy has errors of its own
        raise BadInput(f"{path}: not a .mat file, or it is cut off ({error})") from error
    return _only_table(path, {k: v for k, v in found.items() if not k.startswith("__")})


_READERS = {".npy": _read_npy, ".npz": _read_npz, ".mat": _read_mat}


def _only_table(path, arrays):
    """The one array of two dimensions, of more than one row and column."""
    tables = [
        name
        for name, value in arrays.items()
        if getattr(value, "ndim", 0) == 2 and min(value.shape) > 1 and value.dtype.kind in "biuf"
    ]
    if len(tables) != 1:
        raise BadInput(
            f"{path}: holds {len(tables)} tables of numbers among its arrays "
            f"({', '.join(arrays) or 'none'}); save the one of the samples alone, as .npy"
        )
    return arrays[tables[0]]


def _read_parquet(path, index):
    pandas = _pandas()
    try:
        frame = pandas.read_parquet(path)
    except ImportError as error:
        raise ImportError(
            "reading .parquet needs pyarrow: pip install pyarrow (the extra 'files')"
        ) from error
    except Exception as error:  # pyarrow has errors of its own
        raise BadInput(f"{path}: not a .parquet file, or it is cut off ({error})") from error
    names = [str(name) for name in frame.columns]
    return _frame_table(path, frame, names, [], index, lambda row: f"row {row} (counted from 0)")


def _read_text(path, data, header, index, delimiter):
    pandas = _pandas()
    lines, comments = _lines(path, data)
    if not lines:
        raise BadInput(f"{path}: is empty")
    delimiter = _delimiter(lines) if delimiter is None else delimiter
    notes = [DELIMITERS.get(delimiter, repr(delimiter))]
    rows = [(number, _cells(line, delimiter)) for number, line in lines[: LOOKED_AT + 2]]
    comma = delimiter != "," and _has_decimal_comma(rows)
    if comma:
        notes[0] += " with decimal comma"
    trailing = len(rows) > 1 and all(len(c) > 1 and not c[-1] for _, c in rows)
    names, skipped, told = _head(rows, comments, header, comma, delimiter)
    body, notes = lines[skipped:], [*told, *notes]
    if not body:
        raise BadInput(f"{path}: has a header but no rows")
    width = len(_cells(body[0][1], delimiter))
    if names is not None and len(names) == width - 1:
        names = ["", *names]  # R leaves out the name of the row names
    place = _Place(body, names, delimiter, comma, trailing)
    try:
        frame = pandas.read_csv(
            io.StringIO("\n".join(line for _, line in body)),
            sep=r"\s+" if delimiter == " " else delimiter,
            decimal="," if comma else ".",
            header=None,
            index_col=False,
            skipinitialspace=True,
            low_memory=False,
        )
    except (ValueError, pandas.errors.ParserError) as error:
        raise BadInput(f"{path}: {place.first_fault() or error}") from error
    if names is not None and len(names) != frame.shape[1] or (fault := place.ragged(frame)):
        raise BadInput(f"{path}: {place.first_fault() or fault}")
    if trailing:
        frame = frame.iloc[:, :-1]
        names = None if names is None else names[: frame.shape[1]]
        notes.append("empty last column left out")
    return _frame_table(path, frame, names, notes, index, place.row, place.first_fault)


def _head(rows, comments, header, comma, delimiter):
    """Names of the columns or None, how many lines come before the rows, and what was seen."""

    def without_numbers(cells):
        return not any(_is_number(cell, comma) for cell in cells)

    if _is_header(rows, comma) if header is None else header:
        if len(rows) > 2 and without_numbers(rows[1][1]):
            return rows[0][1], 2, ["header", "line of units left out"]
        return rows[0][1], 1, ["header"]
    if comments and header is None:
        # A header behind a comment sign, as numpy writes it.
        cells = _cells(comments[-1].lstrip("".join(COMMENTS)), delimiter)
        if len(cells) == len(rows[0][1]) and without_numbers(cells):
            return cells, 0, ["header"]
    return None, 0, []


def _frame_table(path, frame, names, notes, index, row_name, first_fault=lambda left_out: None):
    """The numbers of a table of pandas, without a column that names the rows."""
    left_out = _index_column(path, frame, names, index)
    if left_out is not None:
        notes = [*notes, "index column left out"]
        keep = [column for column in range(frame.shape[1]) if column != left_out]
        frame = frame.iloc[:, keep]
        names = None if names is None else [names[column] for column in keep]
    kinds = [getattr(kind, "kind", "O") for kind in frame.dtypes]
    bad = [column for column, kind in enumerate(kinds) if kind not in "biuf"]
    if bad or not frame.shape[1]:
        why = f"{_column(bad[0], names)} holds {frame.dtypes.iloc[bad[0]]}" if bad else "no columns"
        fault = first_fault(left_out) or f"{why}; expected real numbers"
        raise BadInput(f"{path}: {fault}. Leave out such columns")
    X = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    fault = _not_finite(X)
    if fault is not None:
        row, column = fault
        said = first_fault(left_out)
        value = "is empty" if np.isnan(X[fault]) and said is None else f"{X[fault]}"
        raise BadInput(
            f"{path}: "
            + (said or f"{row_name(row)}, {_column(column, names)}: {value} is not a finite number")
        )
    return Table(X, names, _said(X, notes))


def _said(X, notes):
    rows, columns = (f"{size:,}".replace(",", " ") for size in X.shape)
    return ", ".join([f"{rows} rows", f"{columns} columns", *notes])


def _index_column(path, frame, names, index):
    """Number of the column that names the rows, or None."""
    known = [str(column + 1) for column in range(frame.shape[1])]
    if index is not None:
        if index == "none":
            return None
        if names is not None and index in names:
            return names.index(index)
        if index in known:
            return known.index(index)
        raise BadInput(
            f"{path}: there is no column {index!r} to leave out; there are "
            f"{', '.join((names or known)[:8])}{', ...' if len(known) > 8 else ''}"
        )
    first = frame.iloc[:, 0]
    if frame.shape[1] < 3 or len(frame) < 2:
        return None
    unnamed = names is not None and names[0].lower() in ("", "unnamed: 0", "index")
    text = getattr(first.dtype, "kind", "O") not in "biufmM" and not first.isna().any()
    text = text and not any(_is_number(str(value)) for value in first[:LOOKED_AT])
    counts = getattr(first.dtype, "kind", "O") in "iu" and first.iloc[0] in (0, 1)
    counts = counts and bool((np.diff(first.to_numpy()) == 1).all())
    return 0 if unnamed or text or counts else None


def _lines(path, data):
    """Lines of a text with their numbers, without blank ones; and the comments before them."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    lines, comments = [], []
    for number, line in enumerate(_decoded(path, data).splitlines(), start=1):
        if line.lstrip().startswith(COMMENTS):
            if not lines:
                comments.append(line.strip())
        elif line.strip():
            lines.append((number, line))
    return lines, comments


def _decoded(path, data):
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide and b"\0" in data[:4096]:
        raise BadInput(f"{path}: is not text in UTF-8; save it as text, or bring a .npy file")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{path}: is not text in UTF-8, UTF-16 or Windows-1252; save it in UTF-8")


def _delimiter(lines):
    """The delimiter that gives all of the first lines as many cells, the most of them numbers."""
    best, found = (0, 0, 0), ","
    for delimiter in DELIMITERS:
        rows = [_cells(line, delimiter) for _, line in lines[:LOOKED_AT]]
        widths = [len(cells) for cells in rows]
        usual = max(set(widths), key=widths.count)
        if usual < 2:
            continue
        comma = delimiter != "," and _has_decimal_comma(enumerate(rows))
        numbers = sum(_is_number(cell, comma) or not cell for cells in rows for cell in cells)
        worth = (numbers / sum(widths), widths.count(usual) / len(rows), usual)
        if worth > best:
            best, found = worth, delimiter
    return found


def _has_decimal_comma(rows):
    cells = [cell for _, cells in rows for cell in cells]
    return any(DECIMAL_COMMA.fullmatch(cell) for cell in cells) and not any(
        re.fullmatch(r"[+-]?\d+\.\d+", cell) for cell in cells
    )


def _cells(line, delimiter=","):
    if delimiter == " ":
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _is_header(rows, comma):
    """Whether the first line holds names: no numbers, text above numbers, or a scale of numbers."""
    first = rows[0][1]
    numbers = [_is_number(cell, comma) for cell in first]
    if not any(numbers):
        return any(first)
    if len(rows) < 2:
        return False
    below = rows[1][1]
    if not all(numbers):
        # Named columns beside a blank corner, or scale, above nothing but numbers.
        rest = [_is_number(cell, comma) for cell in below[1:]]
        return all(rest) and not first[0] and all(numbers[1:])
    return len(first) > 1 and _is_scale(first, comma) and not _is_scale(below, comma)


def _is_scale(cells, comma):
    """Whether cells count 0, 1, 2, ..., or are at least three numbers at equal steps."""
    if cells == [str(column) for column in range(len(cells))]:
        return True
    if len(cells) < 3 or not all(_is_number(cell, comma) for cell in cells):
        return False
    steps = np.diff([_number(cell, comma) for cell in cells])
    return bool(steps[0]) and bool(np.allclose(steps, steps[0], rtol=1e-6))


def _number(text, comma=False):
    return float(text.replace(",", ".") if comma else text)


def _is_number(text, comma=False):
    try:
        _number(text, comma)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class _Place:
    """Where something is in a text."""

    body: list
    names: list | None
    delimiter: str
    comma: bool
    trailing: bool

    def row(self, row):
        return f"line {self.body[row][0]}"

    def ragged(self, frame):
        """What is wrong with the width of a line, in words."""
        if self.delimiter != " " and len(frame) == len(self.body):
            width = frame.shape[1]
            for number, line in self.body:
                if line.count(self.delimiter) + 1 != width and len(self.cells(line)) != width:
                    return f"line {number} has {len(self.cells(line))} columns; expected {width}"
        return None

    def cells(self, line):
        return _cells(line, self.delimiter)

    def first_fault(self, left_out=None):
        """What is wrong with the first line that is, in words; the slow way, after a failure."""
        width = len(self.names or self.cells(self.body[0][1]))
        for number, line in self.body:
            cells = self.cells(line)
            if len(cells) != width:
                return f"line {number} has {len(cells)} columns; expected {width}"
            for column, cell in enumerate(cells[:-1] if self.trailing else cells):
                if column == left_out:
                    continue
                if _is_number(cell, self.comma):
                    if np.isfinite(_number(cell, self.comma)):
                        continue
                    what = f"{cell} is not a finite number"
                else:
                    what = "is empty" if cell.lower() in MISSING else f"{cell!r} is not a number"
                other = [sign for sign in ";\t" if sign in cell]
                hint = " (separate cells by commas, or say --delimiter)" if other else ""
                return f"line {number}, {_column(column, self.names)}: {what}{hint}"
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
