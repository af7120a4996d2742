# SPDX-License-Identifier: BSD-3-Clause
"""Dask arrays and tables: work is done where the blocks lie, and only its results travel.

Dask is never imported here: whoever passes such a source has it.
"""

from math import isnan

__all__ = ["Blocks", "float_table", "is_lazy", "is_lazy_table", "rows_of"]

TOGETHER = 8  # results merged in one task, so that few wait for each other


def is_lazy(source):
    """Whether a source is a collection of dask, computed when it is asked for."""
    return hasattr(type(source), "__dask_graph__")


def is_lazy_table(source):
    """Whether a source is a table of dask."""
    return hasattr(type(source), "to_dask_array") and hasattr(type(source), "dtypes")


def rows_of(source):
    """A dask array or table as a dask array whose blocks are whole rows.

    Parameters
    ----------
    source : dask array of shape (n, d), or dask table of d columns of numbers
        The number of rows may be unknown.

    Returns
    -------
    rows : dask array of shape (n, d)
        Nothing is computed.

    Raises
    ------
    TypeError
        If it is another collection of dask, or a table with columns that hold no numbers.
    ValueError
        If the number of columns is unknown, or there are not two dimensions.
    """
    if is_lazy_table(source):
        source = float_table(source).to_dask_array()
    if not hasattr(type(source), "rechunk"):
        raise TypeError(
            f"the source is a dask {type(source).__name__}; pass a dask array or table, e.g. "
            f"dask.array.from_delayed(...) and dask.array.concatenate, or its .compute()"
        )
    if source.ndim != 2:
        raise ValueError(
            f"the source has shape {source.shape}; expected two dimensions, (n_samples, n_features)"
        )
    if isnan(source.shape[1]):
        raise ValueError(
            "the source has an unknown number of columns; call its compute_chunk_sizes"
        )
    return source if source.numblocks[1] == 1 else source.rechunk({1: -1})


def float_table(table):
    """A table of pandas, polars or dask in one float type; refuses columns that hold no numbers.

    Raises
    ------
    TypeError
        Naming the columns.
    """
    kinds = dict(zip(table.columns, table.dtypes, strict=True))
    wrong = [f"{name!r} ({kind})" for name, kind in kinds.items() if _kind(kind) not in "fiub"]
    if wrong:
        raise TypeError(
            f"the source is a table with columns that hold no numbers: {', '.join(wrong[:5])}"
            f"{', ...' if len(wrong) > 5 else ''}; drop them, or encode what is meant explicitly"
        )
    single = all(str(kind) in ("float32", "Float32") for kind in kinds.values())
    if not hasattr(table, "astype"):  # of polars, whose float is of double precision
        return table if single else table.cast(float)
    return table.astype("float32" if single else "float64")


def _kind(dtype):
    if hasattr(dtype, "is_numeric"):  # of polars
        return "f" if dtype.is_numeric() or str(dtype) == "Boolean" else "O"
    return getattr(dtype, "kind", "O")


class Blocks:
    """Blocks of rows of a dask array or table.

    Parameters
    ----------
    source : dask array or table
        Rows of a table are counted at once, in one reading of it.

    Attributes
    ----------
    rows : dask array of shape (n, d)
    sizes : tuple of int
        Rows of each block.

    Raises
    ------
    TypeError, ValueError
        As :func:`rows_of`; if an array has blocks of unknown size; if there are no rows.
    """

    def __init__(self, source):
        self.rows = rows_of(source)
        if any(map(isnan, self.rows.chunks[0])):
            if not is_lazy_table(source):
                raise ValueError(
                    "the source is a dask array with blocks of unknown size: call "
                    "X.compute_chunk_sizes() first, which reads it once, or X.persist() before "
                    "if that is dear"
                )
            self.rows = self.rows.compute_chunk_sizes()
        self.sizes = tuple(map(int, self.rows.chunks[0]))
        if not sum(self.sizes):
            raise ValueError(f"the source is empty: it has shape {self.rows.shape}")

    def __len__(self):
        return sum(self.sizes)

    def __iter__(self):
        """Name and rows of each block that has any, computed one after another."""
        for number, size in enumerate(self.sizes):
            if size:
                yield _name(number), self.rows.blocks[number, 0].compute()

    def reduced(self, work, merge):
        """What is known of all blocks.

        Parameters
        ----------
        work : callable
            From the rows of a block, its name and its first row, both numbers of rows of the whole
            source, to what is known of it, or None. It must be known to the workers: a function of
            a module, or a partial one.
        merge : callable
            From two of these, the first rows first, to one.

        Returns
        -------
        known : object or None
        """
        from dask import delayed

        work, merged = delayed(work, pure=False), delayed(_Merge(merge), pure=False)
        parts, first = [], 0
        for number, (size, block) in enumerate(
            zip(self.sizes, self.rows.to_delayed()[:, 0], strict=True)
        ):
            if size:
                parts.append(work(block, _name(number), first))
            first += size
        while len(parts) > 1:
            groups = range(0, len(parts), TOGETHER)
            parts = [merged(parts[start : start + TOGETHER]) for start in groups]
        return parts[0].compute()


class _Merge:
    """Merges a list, in its order."""

    def __init__(self, merge):
        self.merge = merge

    def __call__(self, parts):
        known = None
        for part in parts:
            if part is not None:
                known = part if known is None else self.merge(known, part)
        return known


def _name(number):
    return f"block {number} of the source"
