# SPDX-License-Identifier: BSD-3-Clause
"""Tables in and out, by the names of their columns."""

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from .._io import BadInput, Table, check_output, read_file, write_atomically

__all__ = ["Input", "called", "check_table_output", "in_utf8", "read_input", "write_table"]

SUFFIXES = (".csv", ".tsv", ".npy")


class Input(Table):
    """The samples of a file; columns that name the rows are none, and stay with them."""

    def named(self, X=None):
        """Rows as a table with the names of the columns, where there are any."""
        X = self.X if X is None else X
        if self.names is None:
            return X
        import pandas  # names come from tables, which it has read

        return pandas.DataFrame(X, columns=self.names)

    def column_names(self):
        """Names, or numbers from 0."""
        return [str(name) for name in (self.names or range(self.X.shape[1]))]

    def as_fitted(self, lens):
        """The columns in the order in which a lens knows them, by their names if both have some.

        Raises
        ------
        BadInput
            If there are other columns than it was fitted on.
        """
        wanted = getattr(lens, "feature_names_in_", None)
        if wanted is None or not self.names:
            if self.X.shape[1] != lens.n_features_in_:
                raise BadInput(
                    f"the lens was fitted on {lens.n_features_in_} columns; the file has "
                    f"{self.X.shape[1]}"
                )
            return self
        return self.with_columns(wanted, "that the lens was fitted on", "in the order of the fit")

    def with_columns(self, wanted, what, order="in the order of the lens"):
        """The columns of these names, if the file has names."""
        if not self.names:
            return self
        known = self.names
        missing = [str(name) for name in wanted if name not in known]
        if missing:
            raise BadInput(
                f"the file lacks columns {what}: {', '.join(missing[:5])}"
                f"{', ...' if len(missing) > 5 else ''}; it has {', '.join(known[:5])}"
                f"{', ...' if len(known) > 5 else ''}"
            )
        places = [known.index(name) for name in wanted]
        if places == list(range(len(known))):
            return self
        said = f"{self.said}, its columns taken by name {order}"
        return replace(self, X=self.X[:, places], names=list(wanted), said=said)


def read_input(options):
    """The file of a command.

    Raises
    ------
    BadInput, ImportError
        If it cannot be read.
    """
    read = read_file(
        options.file, header=options.header, index=options.index, delimiter=options.delimiter
    )
    if read.X.shape[1] < 2:
        raise BadInput(
            f"{called(options.file)}: has one column; a symmetry takes two at least. If cells are "
            f"separated by another sign, say --delimiter"
        )
    return Input(read.X, read.names, f"{read.said} ({called(options.file)})", read.index)


def in_utf8(stream):
    """Let a stream write what is read by programs in UTF-8, whatever the terminal can show."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8")


def called(path):
    """How a message calls a file of the command line."""
    return "standard input" if path == "-" else path


def check_table_output(path):
    """Fail before the work if a table cannot be written to a path; ``"-"``: standard output."""
    if path != "-":
        check_output(path, SUFFIXES)


def write_table(path, X, names, index=()):
    """Write numbers, with a header if they have names.

    Parameters
    ----------
    path : str
        ``.csv``, ``.tsv`` or ``.npy``; ``"-"``: the standard output, as ``.csv``.
    X : ndarray of shape (n, d)
    names : sequence of str or None
    index : tuple of (str, list of str), default=()
        Of an :class:`Input`: the first columns of a text.
    """
    kind = Path(path).suffix.lower()
    try:
        if path == "-":
            in_utf8(sys.stdout)
            _write_text(sys.stdout, X, names, index, ",")
            sys.stdout.flush()
        elif kind == ".npy":
            write_atomically(path, lambda file: np.save(file, X, allow_pickle=False))
        else:
            write_atomically(path, lambda file: _encoded(file, X, names, index, kind))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadInput(f"cannot write: {error}") from error


def _encoded(file, X, names, index, kind):
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    _write_text(text, X, names, index, "\t" if kind == ".tsv" else ",")
    text.flush()
    text.detach()


def _write_text(stream, X, names, index, delimiter):
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    if names is not None:
        writer.writerow([*(name for name, _ in index), *names])
    cells = zip(*(cells for _, cells in index), strict=True) if index else [()] * len(X)
    writer.writerows([*first, *row] for first, row in zip(cells, X.tolist(), strict=True))
