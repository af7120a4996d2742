# SPDX-License-Identifier: BSD-3-Clause
"""Cells of a text: what separates them, how numbers are written, which of them are names."""

import csv
import re
from dataclasses import dataclass

import numpy as np

__all__ = [
    "DELIMITERS",
    "LOOKED_AT",
    "Numbers",
    "cells_of",
    "delimiter_of",
    "is_dressed",
    "is_header",
    "lines_before",
    "without_numbers",
]

DELIMITERS = {"\t": "tab", ";": "';'", ",": "','", "|": "'|'", " ": "blanks"}
LOOKED_AT = 50  # lines that tell how the cells are separated
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.I | re.A)
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.A)
DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+", re.A)
# A number and what people and instruments write around it: $4, 4 %, 4.5 mV, (4), 4-.
DRESSED = re.compile(r"[^\w\s<>]?\s?[+-]?[0-9.,]*[0-9]([-)]|\s?[%‰°€$£]|\s[^\W\d]\w*)?")
TRUTH = {"true", "false"}  # pandas reads them as numbers
GROUPS = {",": ".", ".": ",", "'": ".,", "\u2019": ".,", " ": ".,", "\xa0": ".,", "\u202f": ".,"}


@dataclass(frozen=True)
class Numbers:
    """How numbers are written.

    Attributes
    ----------
    decimal : str
        The decimal sign.
    thousands : str or None
        What stands between groups of three digits.
    """

    decimal: str = "."
    thousands: str | None = None

    @classmethod
    def of(cls, rows, delimiter):
        """As in some rows of cells."""
        cells = [cell for cells in rows for cell in cells]
        for sign, decimals in GROUPS.items():
            mine = [cell for cell in cells if sign in cell and re.search(r"\d", cell)]
            if not mine or sign == delimiter == " ":
                continue
            for decimal in decimals:
                if _are_grouped(mine, sign, decimal):
                    return cls(decimal, sign)
        comma = delimiter != "," and any(DECIMAL_COMMA.fullmatch(cell) for cell in cells)
        comma = comma and not any(DECIMAL_POINT.fullmatch(cell) for cell in cells)
        return cls("," if comma else ".")

    def read(self, cell):
        """The number in a cell; None if there is none."""
        if self.thousands and self.thousands in cell:
            if not _grouped(cell, self.thousands, self.decimal):
                return None
            cell = cell.replace(self.thousands, "")
        if self.decimal == ",":
            cell = cell.replace(".", " ").replace(",", ".")  # a point is nothing here
        if not NUMBER.fullmatch(cell):
            return None
        return float(re.sub("[dD]", "e", cell) if cell[-1].isdigit() else cell)

    @property
    def said(self):
        """What is unusual about it."""
        said = " with decimal comma" if self.decimal == "," else ""
        if self.thousands:
            names = {"'": "apostrophes", "\u2019": "apostrophes", ",": "commas", ".": "points"}
            sign = names.get(self.thousands, "blanks")
            said += f"{' and' if said else ' with'} thousands between {sign}"
        return said


def _are_grouped(cells, sign, decimal):
    """Whether a sign groups digits by three in all cells that have it, and can mean nothing else.

    A single comma or point before three digits may as well be a decimal sign.
    """
    found = [_grouped(cell, sign, decimal) for cell in cells]
    if not all(found):
        return False
    sure = sign not in ",." or any(
        one["rest"] or len(one["groups"]) > len(sign) + 3 for one in found
    )
    return sure


def _grouped(cell, sign, decimal):
    """The groups and the rest of a number with a sign between groups of three digits, or None."""
    groups = rf"(?P<groups>({re.escape(sign)}\d{{3}})+)(?P<rest>\{decimal}\d*)?"
    return re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}{groups}", cell, re.A)


def cells_of(line, delimiter=","):
    """Cells of a line, without the blanks around them."""
    if delimiter == " ":
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def delimiter_of(lines):
    """The delimiter that gives all of the first lines as many cells, the most of them numbers."""
    best, found = (0, 0, 0), ","
    for delimiter in DELIMITERS:
        rows = [cells_of(line, delimiter) for _, line in lines[:LOOKED_AT]]
        widths = [len(cells) for cells in rows]
        usual = max(set(widths), key=widths.count)
        if usual < 2:
            continue
        numbers = Numbers.of(rows, delimiter)
        n_numbers = sum(not cell or numbers.read(cell) is not None for row in rows for cell in row)
        worth = (n_numbers / sum(widths), widths.count(usual) / len(rows), usual)
        if worth > best:
            best, found = worth, delimiter
    return found


def lines_before(lines, delimiter):
    """Number of lines before a table: a title, or what an instrument tells, in one or two cells."""
    widths = [len(cells_of(line, delimiter)) for _, line in lines[: 2 * LOOKED_AT]]
    usual = max(set(widths), key=widths.count)
    for number, width in enumerate(widths):
        if width == 1 < usual or width == 2 < usual - 1:
            continue
        return number
    return 0


def is_dressed(cell):
    """Whether a cell that is no number is one with a unit, a sign of money, or in parentheses."""
    return DRESSED.fullmatch(cell) is not None


def is_header(rows, numbers):
    """Whether the first line holds names: no numbers, text above numbers, or a scale of numbers."""
    first = rows[0]
    are_numbers = [numbers.read(cell) is not None for cell in first]
    if not any(are_numbers):
        return any(first) and not {cell.lower() for cell in first} <= TRUTH
    if len(rows) < 2:
        return False
    below = rows[1]
    if not all(are_numbers):
        # Named columns beside a blank corner, or scale, above nothing but numbers. Where the corner
        # is blank in the next line, too, so is the column.
        rest = [numbers.read(cell) is not None for cell in below[1:]]
        return all(rest) and not first[0] and bool(below[0]) and all(are_numbers[1:])
    return len(first) > 1 and _is_scale(first, numbers) and not _is_scale(below, numbers)


def without_numbers(cells, numbers):
    """Whether none of these cells is a number."""
    return all(numbers.read(cell) is None for cell in cells)


def _is_scale(cells, numbers):
    """Whether cells count 0, 1, 2, ..., or are at least three numbers at equal steps."""
    if cells == [str(column) for column in range(len(cells))]:
        return True
    values = [numbers.read(cell) for cell in cells]
    if len(cells) < 3 or None in values:
        return False
    steps = np.diff(values)
    return bool(steps[0]) and bool(np.allclose(steps, steps[0], rtol=1e-6))
