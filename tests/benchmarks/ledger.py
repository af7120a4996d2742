# SPDX-License-Identifier: BSD-3-Clause
"""Files of results: what is to be in them, what is there, and with which search it was made."""

import csv
import importlib.util
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stamps import counts_as, stamp

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"
DIGITS = Path("shared/data/mnist/t10k-images-idx3-ubyte.gz")


def mnist_file():
    """Test images of MNIST beside the repository or in it; where they would be, if nowhere."""
    places = [ROOT.parent / DIGITS, ROOT / DIGITS]
    return next((place for place in places if place.exists()), places[0])


@dataclass(frozen=True)
class Table:
    """A file of results and how it is filled.

    Attributes
    ----------
    name : str
        ``docs/results/<name>.csv``.
    fields : tuple of str
        Its columns; the last one, ``stamp``, is added to them.
    key : tuple of str or callable
        The columns that identify a run, or a function of a row that does; a run may have several
        rows.
    run : callable
        ``run(**task)`` returns a row or several; has to be importable, to run in another process.
    plan : callable
        ``plan()`` returns the tasks of the published table, a dictionary with `key` each.
    kind : {"search", "verdict", "paper"} or callable
        The stamp that its rows have, or a function of a row that says it.
    took : str
        The column that holds what a row cost, in seconds of the processor.
    like : tuple of str
        Columns in which runs of about the same cost agree.
    guess : float
        The same for a run that never was.
    alone : bool
        Measured while nothing else runs, since it is about time or memory.
    needs : callable
        ``needs(task)`` returns the packages and files that a run needs.
    """

    name: str
    fields: tuple[str, ...]
    key: tuple[str, ...] | Callable
    run: Callable
    plan: Callable = tuple
    kind: str | Callable = "search"
    took: str = ""
    like: tuple[str, ...] = ()
    guess: float = 10.0
    alone: bool = False
    needs: Callable = lambda task: ()

    def columns(self):
        """Names of the columns of the file."""
        return (*self.fields, "stamp")

    def key_of(self, row):
        """What tells runs apart, the same before and after a file."""
        if callable(self.key):
            return self.key(row)
        return tuple(str(row.get(name, "")) for name in self.key)

    def stamp_of(self, row):
        """The stamp that a row has if the present search made it."""
        return stamp(self.kind(row) if callable(self.kind) else self.kind)

    def lacks(self, task):
        """Packages and files that a run needs and that are not here."""
        return [need for need in self.needs(task) if not _is_here(need)]


def _is_here(need):
    return (
        Path(need).exists() if os.sep in str(need) else importlib.util.find_spec(need) is not None
    )


def read(path):
    """Complete rows of a file; the last may have been cut off."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if None not in row.values()]


class Ledger:
    """The rows of a table, the newest of every run, in a file that is complete at any time."""

    def __init__(self, table, folder=RESULTS, path=None):
        self.table = table
        self.path = Path(path or Path(folder) / f"{table.name}.csv")
        self.rows = {}
        for row in read(self.path):
            self.rows.setdefault(table.key_of(row), []).append(row)

    def of(self, task):
        """The rows of a run."""
        return self.rows.get(self.table.key_of(task), [])

    def has(self, task, exactly=False):
        """Whether a run is there, made by the present search; or by one as good, if not exactly."""
        rows = [(row.get("stamp"), self.table.stamp_of(row)) for row in self.of(task)]
        return bool(rows) and all(
            found == present if exactly else counts_as(found, present) for found, present in rows
        )

    def put(self, task, rows):
        """Add the rows of a run, in place of those of an older search."""
        key = self.table.key_of(task)
        strange = [other for other in map(self.table.key_of, rows) if other != key]
        if strange:
            raise ValueError(f"{self.table.name}: the run {key} gave a row of {strange[0]}")
        self.rows[key] = [row | {"stamp": self.table.stamp_of(row)} for row in rows]
        self.write()

    def forget(self, which):
        """Leave out some rows."""
        kept = {key: [row for row in rows if not which(row)] for key, rows in self.rows.items()}
        self.rows = {key: rows for key, rows in kept.items() if rows}

    def __iter__(self):
        return (row for rows in self.rows.values() for row in rows)

    def write(self):
        """Replace the file as a whole, so that an interruption leaves the old or the new one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".part")
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.table.columns(), restval="")
            writer.writeheader()
            writer.writerows(self)
        beside.replace(self.path)

    def seconds(self, task):
        """What a run is expected to cost: as last time, or as others of the table."""
        own = self.rows.get(self.table.key_of(task))
        alike = (rows for rows in self.rows.values() if self._alike(rows[0], task))
        for group in ([own] if own else [], alike, self.rows.values()):
            costs = [cost for cost in map(self._took, group) if cost is not None]
            if costs:
                return statistics.median(costs)
        return self.table.guess

    def _alike(self, row, task):
        return all(row.get(name) == str(task[name]) for name in self.table.like)

    def _took(self, rows):
        costs = [row.get(self.table.took) for row in rows]
        return sum(map(float, costs)) if all(costs) else None
