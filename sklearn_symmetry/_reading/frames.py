# SPDX-License-Identifier: BSD-3-Clause
"""Tables of text and of Parquet as numbers, read by pandas; what is wrong in which line."""

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np

from .._bad_input import BadInput
from .cells import (
    DELIMITERS,
    LOOKED_AT,
    Numbers,
    cells_of,
    delimiter_of,
    is_dressed,
    is_header,
    lines_before,
    without_numbers,
)
from .text import COMMENTS, lines_of, with_whole_header

__all__ = ["Table", "not_finite", "read_parquet", "read_text", "sized", "table_of_array"]

MISSING = (
    "", "na", "n/a", "#n/a", "#na", "nan", "null", "none", "nil", "-", "--", ".", "?", "missing",
)  # fmt: skip
DROP = "; drop such lines, or impute them"
EXACT = (int, Decimal)  # kinds of cells that pandas keeps as objects
CLOCK = 20  # rows at equal steps from which a first column is a time, no measurement
FORTRAN = re.compile(r"(?<=[\d.])[dD](?=[+-]\d)")  # exponents
FORTRAN_SEEN = 100_000  # signs that tell whether there are any
POINT = Numbers()  # of tables that are no text
DIGITS = re.compile(r"[+-]?[\d.,'\u2019\s]+")  # grouped in some way
BLANKS = re.compile(r"[^\S\n\t ]")  # of typographers, which pandas takes for text


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
    index : tuple of (str, list of str), default=()
        Name and cells of every column that names the rows.
    """

    X: np.ndarray
    names: list | None
    said: str
    index: tuple = ()


def table_of_array(path, X, index=None):
    """An array of a file as a table, without columns that name the rows, by their numbers from 1.

    Raises
    ------
    BadInput
        If it is none of finite real numbers.
    """
    if X.dtype.kind not in "biuf":
        raise BadInput(f"{path}: holds {X.dtype}; expected real numbers: convert it first")
    if X.ndim != 2:
        raise BadInput(f"{path}: has shape {X.shape}; expected (n_samples, n_features): reshape it")
    if X.size == 0:
        raise BadInput(f"{path}: is empty, its shape is {X.shape}; save it anew")
    fault = not_finite(X)
    if fault is not None:
        row, column = fault
        raise BadInput(
            f"{path}: row {row}, column {column} (counted from 0) is {X[fault]}; drop such rows, "
            f"or impute them"
        )
    known = [str(column + 1) for column in range(X.shape[1])]
    left_out = [] if index is None else _named_index(path, known, None, index)
    row_names = tuple(("", list(map(str, X[:, column].tolist()))) for column in left_out)
    X = np.delete(X, left_out, axis=1)
    return Table(X, None, _said(X, _left_out(left_out)), row_names)


def _pandas():
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "reading tables needs pandas: pip install pandas (the extra 'files' of this package), "
            "or save the numbers as .npy"
        ) from error
    return pandas


def read_parquet(path, index=None):
    """A Parquet table; errors as those of text."""
    pandas = _pandas()
    try:
        frame = pandas.read_parquet(path)
    except ImportError as error:
        raise ImportError(
            "reading .parquet needs pyarrow: pip install pyarrow (the extra 'files')"
        ) from error
    except Exception as error:  # pyarrow has errors of its own
        raise BadInput(
            f"{path}: not a .parquet file, or it is cut off ({error}); save it anew"
        ) from error
    names = [str(name) for name in frame.columns]
    return _frame_table(path, frame, names, [], index, lambda row: f"row {row} (counted from 0)")


def read_text(path, data, header=None, index=None, delimiter=None):
    """A table of text; see :func:`sklearn_symmetry._io.read_file`.

    Raises
    ------
    BadInput, ImportError
    """
    try:
        return _text_table(path, data, header, index, delimiter)
    except csv.Error as error:  # a cell of 100,000 signs
        raise BadInput(f"{path}: is no table ({error}); save the numbers as .csv") from error


def _text_table(path, data, header, index, delimiter):
    pandas = _pandas()
    lines, comments = lines_of(path, data)
    notes = []
    if lines and (told := re.fullmatch(r"sep=(.)", lines[0][1].strip())):
        delimiter, lines = delimiter or told[1], lines[1:]  # as Excel reads it
    if not lines:
        raise BadInput(f"{path}: is empty; save the table anew")
    lines = with_whole_header(lines)
    delimiter = delimiter_of(lines) if delimiter is None else delimiter
    before = lines_before(lines, delimiter)
    if before:
        notes.append(f"{before} line{'s' if before > 1 else ''} before the table left out")
    lines = lines[before:]
    rows = [cells_of(line, delimiter) for _, line in lines[: LOOKED_AT + 2]]
    numbers = Numbers.of(rows, delimiter)
    names, skipped, told = _head(rows, comments, header, numbers, delimiter)
    body = lines[skipped:]
    notes += [*told, DELIMITERS.get(delimiter, repr(delimiter)) + numbers.said]
    if not body:
        raise BadInput(f"{path}: has a header but no rows; save the table anew")
    place = _Place.of(body, names, delimiter, numbers)
    try:
        frame = pandas.read_csv(io.StringIO(place.text()), **place.reading())
    except (ValueError, pandas.errors.ParserError) as error:
        raise BadInput(f"{path}: {place.first_fault() or error}") from error
    fault = place.ragged(frame)
    if frame.shape[1] != place.width or fault:
        width = f"{frame.shape[1]} columns were read, {place.width} expected: say --delimiter"
        raise BadInput(f"{path}: {place.first_fault() or fault or width}")
    if place.trailing:
        frame = frame.iloc[:, : -place.trailing]
        many = f"{place.trailing} empty last columns" if place.trailing > 1 else "empty last column"
        notes.append(f"{many} left out")
    if fault := place.misgrouped():
        raise BadInput(f"{path}: {fault}")
    frame = _with_floats(frame, partial(_long_as_floats, numbers=numbers))
    names, renamed = _told_apart(place.names)
    notes += ["names that come twice numbered"] if renamed else []
    return _frame_table(path, frame, names, notes, index, place.row, place.first_fault, numbers)


def _head(rows, comments, header, numbers, delimiter):
    """Names of the columns or None, how many lines come before the rows, and what was seen."""
    if is_header(rows, numbers) if header is None else header:
        units = len(rows) > 2 and without_numbers(rows[1], numbers)
        if units and not without_numbers(rows[2], numbers):
            return rows[0], 2, ["header", "line of units left out"]
        return rows[0], 1, ["header"]
    if comments and header is None:
        # A header behind a comment sign, as numpy writes it.
        cells = cells_of(comments[-1].lstrip("".join(COMMENTS)), delimiter)
        if len(cells) == len(rows[0]) and without_numbers(cells, numbers):
            return cells, 0, ["header"]
    return None, 0, []


def _told_apart(names):
    """Names of which none comes twice, and whether one did; numbered as by pandas."""
    if names is None or len(set(names)) == len(names):
        return names, False
    seen, own = {}, set(names)
    found = []
    for name in names:
        number, new = seen.get(name, 0), name
        while number and (new := f"{name}.{number}") in own:
            number += 1
        seen[name] = number + 1
        own.add(new)
        found.append(new)
    return found, True


def _frame_table(
    path, frame, names, notes, index, row_name, first_fault=lambda left_out: None, numbers=POINT
):
    """The numbers of a table of pandas, without columns that name the rows."""
    left_out = _index_columns(path, frame, names, index, numbers)
    row_names = tuple(_row_names(frame, names, column) for column in left_out)
    keep = [column for column in range(frame.shape[1]) if column not in left_out]
    frame, notes = frame.iloc[:, keep], [*notes, *_left_out(left_out)]
    names = None if names is None else [names[column] for column in keep]
    frame = _with_floats(frame, _exact_as_floats)
    kinds = [getattr(kind, "kind", "O") for kind in frame.dtypes]
    bad = [column for column, kind in enumerate(kinds) if kind not in "biuf"]
    if bad or not frame.shape[1]:
        why = f"{_column(bad[0], names)} holds {frame.dtypes.iloc[bad[0]]}" if bad else "no columns"
        remedy = "expected real numbers: leave out such columns, or say --index"
        fault = first_fault(left_out) or f"{why}; {remedy}"
        raise BadInput(f"{path}: {fault}")
    X = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    if not len(X):
        raise BadInput(f"{path}: has no rows; save the table anew")
    fault = not_finite(X)
    if fault is not None:
        row, column = fault
        value = "is empty" if np.isnan(X[fault]) else f"{X[fault]} is not a finite number"
        said = first_fault(left_out) or f"{row_name(row)}, {_column(column, names)}: {value}{DROP}"
        raise BadInput(f"{path}: {said}")
    return Table(X, names, _said(X, notes), row_names)


def _row_names(frame, names, column):
    """Name and cells of a column that is no sample."""
    cells = frame.iloc[:, column]
    cells = cells.astype(object).where(cells.notna(), "").astype(str).tolist()
    return "" if names is None else names[column], cells


def _left_out(columns):
    return [f"index column{'s' * (len(columns) > 1)} left out"] if columns else []


def _with_floats(frame, as_floats):
    """A table with its columns that are not of a numeric type changed."""
    kinds = [getattr(kind, "kind", "O") for kind in frame.dtypes]
    return frame.apply(as_floats) if "O" in kinds and len(frame) else frame


def _exact_as_floats(column):
    """A column of objects as floats, if all of them are numbers: decimals, or long integers."""
    if column.dtype != object or not column.map(lambda cell: isinstance(cell, EXACT)).all():
        return column
    return column.astype(float)


def _long_as_floats(column, numbers):
    """A column of text as floats, if all cells are numbers: longer ones than fit into integers."""
    if getattr(column.dtype, "kind", "O") != "O" or column.isna().any():
        return column
    found = []
    for cell in column:
        value = numbers.read(str(cell))
        if value is None:
            return column
        found.append(value)
    return type(column)(found, index=column.index)


def sized(X):
    """Rows and columns, in words."""
    parts = []
    for size, what in zip(X.shape, ("row", "column"), strict=True):
        parts.append(f"{size:,} {what}{'' if size == 1 else 's'}".replace(",", " "))
    return ", ".join(parts)


def _said(X, notes):
    return ", ".join([sized(X), *notes])


def _index_columns(path, frame, names, index, numbers):
    """Numbers of the columns that name the rows."""
    known = [str(column + 1) for column in range(frame.shape[1])]
    if index is not None:
        return _named_index(path, known, names, index)
    if frame.shape[1] < 3 or len(frame) < 2:
        return []
    first = frame.iloc[:, 0]
    unnamed = names is not None and names[0].lower() in ("", "unnamed: 0", "index")
    text = getattr(first.dtype, "kind", "O") not in "biufmM" and not first.isna().any()
    text = text and not any(numbers.read(str(value)) is not None for value in first[:LOOKED_AT])
    return [0] if unnamed or text or _counts(first) else []


def _named_index(path, known, names, index):
    """Numbers of columns by their names, or by their numbers from 1."""
    wanted = [index] if isinstance(index, str) else list(index)
    if wanted == ["none"]:
        return []
    found = []
    for name in wanted:
        among = names if names is not None and name in names else known
        if name not in among:
            raise BadInput(
                f"{path}: there is no column {name!r} to leave out; there are "
                f"{', '.join((names or known)[:8])}{', ...' if len(known) > 8 else ''}"
            )
        found.append(among.index(name))
    return list(dict.fromkeys(found))


def _counts(column):
    """Whether a column numbers the rows, or is a time at equal steps of more than a few rows."""
    kind = getattr(column.dtype, "kind", "O")
    if kind not in "iuf":
        return False
    steps = np.diff(column.to_numpy().astype(np.float64))
    if kind in "iu" and column.iloc[0] in (0, 1) and (steps == 1).all():
        return True
    return len(steps) >= CLOCK and steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-2, atol=0)


@dataclass(frozen=True)
class _Place:
    """Where something is in a text.

    Attributes
    ----------
    body : list of (int, str)
        Lines with their numbers.
    names : list of str or None
    delimiter : str
    numbers : Numbers
    width : int
        Cells of a line.
    trailing : int
        Of these, at the end, that are empty in all lines.
    """

    body: list
    names: list | None
    delimiter: str
    numbers: Numbers
    width: int
    trailing: int

    @classmethod
    def of(cls, body, names, delimiter, numbers):
        """Looks at the first lines; the names of R lack that of the row names."""
        rows = [cells_of(line, delimiter) for _, line in body[:LOOKED_AT]]
        width = len(rows[0])
        trailing = min(_empty_at_end(cells) for cells in rows) if len(rows) > 1 else 0
        trailing = min(trailing, width - 1)
        if trailing and not all(_empty_at_end(cells_of(line, delimiter)) for _, line in body):
            trailing = 0
        kept = width - trailing
        if names is not None:
            while len(names) > kept and not names[-1]:
                names = names[:-1]
            if len(names) == kept - 1 and _name_rows([cells[0] for cells in rows], numbers):
                names = ["", *names]
            if len(names) != kept:  # that of the names is what is expected
                width = len(names) + trailing
        return cls(body, names, delimiter, numbers, width, trailing)

    def text(self):
        """The lines, for pandas."""
        text = "\n".join(line for _, line in self.body)
        first = text[:FORTRAN_SEEN]
        if FORTRAN.search(first):
            text = FORTRAN.sub("e", text)
        thousands = self.numbers.thousands
        if thousands and not thousands.isascii():  # pandas takes one byte
            text = re.sub(rf"(?<=\d){thousands}(?=\d{{3}})", "", text)
        return text if text.isascii() else BLANKS.sub(" ", text)

    def reading(self):
        """Options of :func:`pandas.read_csv`."""
        thousands = self.numbers.thousands
        return {
            "sep": r"\s+" if self.delimiter == " " else self.delimiter,
            "decimal": self.numbers.decimal,
            "thousands": thousands if thousands and thousands.isascii() else None,
            "header": None,
            "index_col": False,
            "skipinitialspace": True,
            "low_memory": False,
        }

    def row(self, row):
        """Where a row of numbers stands in the file, in words."""
        return f"line {self.body[row][0]}"

    def ragged(self, frame):
        """What is wrong with the width of a line, in words."""
        if self.delimiter != " " and len(frame) == len(self.body):
            for number, line in self.body:
                if line.count(self.delimiter) + 1 != self.width:
                    cells = self.cells(line)
                    if len(cells) != self.width:
                        return self._width_of(number, line, cells)
        return None

    def cells(self, line):
        """Cells of a line of this table."""
        return cells_of(line, self.delimiter)

    def _width_of(self, number, line, cells):
        remedy = "mend or drop this line, or say --delimiter"
        if line.count('"') % 2:
            remedy = "a quote is not closed in it"
        elif number == self.body[-1][0] and len(cells) < self.width:
            remedy = "the file seems cut off; copy it anew, or drop this line"
        elif number == self.body[0][0] and self.names is not None:
            remedy = "as the header has; mend it, or say --no-header"
        return f"line {number} has {len(cells)} columns; expected {self.width}: {remedy}"

    def first_fault(self, left_out=()):
        """What is wrong with the first line that is, in words; the slow way, after a failure."""
        for number, line in self.body:
            cells = self.cells(line)
            if len(cells) != self.width:
                return self._width_of(number, line, cells)
            for column, cell in enumerate(cells[: self.width - self.trailing]):
                value = self.numbers.read(cell)
                if column not in left_out and (value is None or not np.isfinite(value)):
                    return self._fault(number, column, cell)
        return None

    def misgrouped(self):
        """What is wrong with the first cell whose digits are grouped otherwise, in words.

        Pandas drops the sign between thousands wherever it stands.
        """
        sign = self.numbers.thousands
        grouped = [one for one in self.body if sign in one[1]] if sign else []
        for number, line in grouped:
            for column, cell in enumerate(self.cells(line)):
                if sign in cell and self.numbers.read(cell) is None and DIGITS.fullmatch(cell):
                    return self._fault(number, column, cell)
        return None

    def _fault(self, number, column, cell):
        return f"line {number}, {_column(column, self.names)}: {self._wrong(cell, column)}"

    def _wrong(self, cell, column):
        """What is wrong with a cell, and what to do about it."""
        if self.numbers.read(cell) is not None:
            return f"{cell} is not a finite number{DROP}"
        if cell.lower() in MISSING:
            return f"is empty{DROP}" if not cell else f"{cell} is empty{DROP}"
        if DIGITS.fullmatch(cell) and self.numbers.said:
            return f"{cell!r} is not a number{self.numbers.said}; correct it, or drop this line"
        if is_dressed(cell):
            return f"{cell!r} is a number with something around it; write numbers alone"
        if any(sign in cell for sign in ";\t"):
            return f"{cell!r} is not a number (separate cells by commas, or say --delimiter)"
        if self.delimiter == " " and "," in cell:
            return f"{cell!r} is not a number; say --delimiter , if commas separate the cells"
        below = [self.cells(line) for _, line in self.body[:LOOKED_AT]]
        below = [cells[column] for cells in below if len(cells) > column]
        if without_numbers(below, self.numbers):
            return f"{cell!r} is not a number. Leave out such columns, or say --index"
        return f"{cell!r} is not a number; correct it, or drop this line{self._if_first(cell)}"

    def _if_first(self, cell):
        """What else a cell of the first line may be."""
        first = self.cells(self.body[0][1])
        return ", or say --header if it holds names" * (self.names is None and cell in first)


def _name_rows(cells, numbers):
    """Whether cells can name rows, as those of R: all different, and no measurements."""
    values = [numbers.read(cell) for cell in cells]
    if len(set(cells)) < len(cells):
        return False
    if None in values or not np.isfinite(values).all():
        return True
    steps = np.diff(values)
    return bool(np.equal(values, np.round(values)).all() or np.allclose(steps, steps[:1], 1e-2))


def _empty_at_end(cells):
    """Number of empty cells at the end of a line."""
    return next((k for k, cell in enumerate(reversed(cells)) if cell), len(cells))


def _column(column, names):
    return f"column {column + 1}" + (f" ({names[column]})" if names and names[column] else "")


def not_finite(X):
    """Row and column of the first entry that is not finite, or None."""
    bad = ~np.isfinite(X)
    if not bad.any():
        return None
    row, column = np.unravel_index(bad.argmax(), X.shape)
    return int(row), int(column)
