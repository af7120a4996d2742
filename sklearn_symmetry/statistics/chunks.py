# SPDX-License-Identifier: BSD-3-Clause
"""A source of samples, read chunk by chunk: arrays, files, iterables of arrays, blocks of dask.

Whatever the source, a chunk is a C-contiguous array of single or double precision, checked, with
every channel as a row of its own.
"""

import mmap
from numbers import Integral

import numpy as np

from .._channels import split_channels
from .blocks import Blocks, float_table, is_lazy

__all__ = ["check_count", "chunks", "give_back", "mapped", "n_samples_of", "rows_at"]

# Bytes of a chunk with its temporaries. Thousands of rows of up to a hundred columns, where matrix
# products are at full speed; and little beside the 200 MB of torch itself.
WORKING_BYTES = 2**24
COPIES = 5  # arrays of the size of a chunk, in double precision, that a pass holds at once
# Scattered places of a memory-mapped file that are read before its pages are given back. Linux maps
# up to 64 KB around each: 16 MB.
SCATTERED = 256


def chunks(source, n_channels=1, rows=None, *, name="the source", once=False):
    """Read a source once.

    Parameters
    ----------
    source : ndarray of shape (n, n_channels * d), iterable of such arrays, dask array or table
        Real numbers, finite; never changed. An array may be of any memory order, read-only, or
        memory-mapped. An iterable must give its arrays, or tables of pandas, anew each time: a list
        or tuple, or an object whose ``__iter__`` returns a fresh iterator. Blocks of dask are
        computed one after another.
    n_channels : int, default=1
        Blocks of columns, each of which becomes a row of its own.
    rows : int, optional
        Most rows of the source in one chunk; by default what `WORKING_BYTES` allow.
    name : str, default="the source"
        What messages call an array.
    once : bool, default=False
        Whether an iterable may be one that can be read only once, such as a generator.

    Returns
    -------
    chunks : iterator of (int, ndarray of shape (m, d))
        Number of the first row, counted over the whole source, and the rows: sample ``i`` has the
        rows ``i * n_channels`` to ``i * n_channels + n_channels - 1``. float32 if the array was,
        else float64. They may be views of the source: only to be read.

    Raises
    ------
    TypeError
        If the source is no array and no iterable that can be read twice, or holds no real numbers.
    ValueError
        If the source or a chunk is empty or not two-dimensional, widths differ, `n_channels` does
        not divide them, or an entry is not finite; the message says where.
    """
    check_count("n_channels", n_channels)
    if rows is not None:
        check_count("rows", rows)
    return _chunks(_arrays(source, name, once), n_channels, rows)


def _chunks(arrays, n_channels, rows):
    width, first = None, 0
    for name, array in arrays:
        _check_array(array, name, n_channels, width)
        width = array.shape[1]
        step = rows or max(1, WORKING_BYTES // (COPIES * 8 * width))
        for start in range(0, len(array), step):
            piece = _native(array[start : start + step])
            _check_finite(piece, name, range(start, start + len(piece)))
            yield first + start * n_channels, split_channels(piece, n_channels)
            give_back(array)
        first += len(array) * n_channels
    if width is None:
        raise ValueError(
            "the source gave no chunks: pass at least one array, and an iterable that gives its "
            "arrays anew each time"
        )


def _arrays(source, name, once):
    """Arrays of a source, and what to call each in a message."""
    if isinstance(source, np.ndarray):
        return [(name, source)]
    if is_lazy(source):
        return Blocks(source)
    return _named_arrays(_opened(source, once), name)


def _named_arrays(parts, name):
    """Parts as arrays; tables must have their columns in one order, by their names."""
    first = None
    for number, part in enumerate(parts):
        names = list(part.columns) if hasattr(part, "to_numpy") and hasattr(part, "columns") else []
        first = names if first is None else first
        if names and first and names != first and len(names) == len(first):
            raise ValueError(
                f"chunk {number} of {name} has columns {names[:5]}; those before it {first[:5]}: "
                f"bring them into one order, or pass arrays"
            )
        yield f"chunk {number} of {name}", _array(part, number)


def _array(part, number):
    """A chunk as an array; a table of pandas has to hold numbers."""
    if hasattr(part, "dtypes") and hasattr(part, "to_numpy"):
        try:
            part = float_table(part).to_numpy()
        except TypeError as error:
            message = str(error).replace("the source", f"chunk {number} of the source", 1)
            raise TypeError(message) from error
    return np.asanyarray(part)


def rows_at(array, numbers, n_channels=1, *, name="the source"):
    """Some rows of an array; of a memory-mapped one, without the pages between them.

    Parameters
    ----------
    array : ndarray of shape (n, n_channels * d)
    numbers : ndarray of shape (k,), int
        As :func:`chunks` counts rows; ascending is fastest.
    n_channels : int, default=1
    name : str, default="the source"
        What messages call the array.

    Returns
    -------
    rows : ndarray of shape (k, d), float32 or float64

    Raises
    ------
    TypeError, ValueError
        As :func:`chunks`, of these rows.
    """
    _check_array(array, name, n_channels, None)
    width = array.shape[1] // n_channels
    rows = np.empty((len(numbers), width), _float_dtype(array.dtype))
    step = SCATTERED if array.flags.c_contiguous else max(1, SCATTERED // array.shape[1])
    for start in range(0, len(numbers), step):
        samples, channels = np.divmod(numbers[start : start + step], n_channels)
        piece = _native(array[samples])
        _check_finite(piece, name, samples)
        blocks = piece.reshape(len(piece), n_channels, width)
        rows[start : start + step] = blocks[np.arange(len(piece)), channels]
        give_back(array)
    return rows


def n_samples_of(source):
    """Number of samples of a source; an iterable is read for it."""
    if is_lazy(source):
        return len(Blocks(source))
    if isinstance(source, np.ndarray):
        return len(source)
    return sum(len(rows) for _, rows in chunks(source))


def mapped(array):
    """The memory-mapped array that an array is a view of; None where there is none."""
    while isinstance(array, np.ndarray):
        if getattr(array, "_mmap", None) is not None:
            return array
        array = array.base
    return None


def give_back(array):
    """Let go of the pages of a memory-mapped file that were read; they stay in the file.

    Not those of a copy-on-write map, which hold what was written to it. Nothing happens to arrays
    in memory, and where the system has no such call.
    """
    file = mapped(array)
    if file is not None and file.mode != "c" and hasattr(mmap, "MADV_DONTNEED"):
        file._mmap.madvise(mmap.MADV_DONTNEED)


def check_count(name, value, smallest=1):
    """Refuse what is no integer of at least `smallest`."""
    if not isinstance(value, Integral) or isinstance(value, bool | np.bool_) or value < smallest:
        kind = TypeError if not isinstance(value, Integral) else ValueError
        raise kind(f"{name} must be an integer of at least {smallest}; got {value!r}")


def _opened(source, once):
    """A fresh iterator over the arrays of a source that can be read again."""
    # Tables and tensors iterate over columns, rows or blocks, each in a way of its own.
    if hasattr(source, "shape") or isinstance(source, str | bytes | dict):
        raise TypeError(
            f"the source is a {type(source).__name__}; pass a numpy array, a memory-mapped file "
            f"(numpy.load(file, mmap_mode='r')), or a list of arrays"
        )
    try:
        iterator = iter(source)
    except TypeError as error:
        raise TypeError(
            f"the source is a {type(source).__name__}; pass an array or an iterable of arrays"
        ) from error
    if iterator is source and not once:
        raise TypeError(
            f"the source is a {type(source).__name__}, which can be read only once, and it is read "
            f"twice. Pass a list of arrays, or an object whose __iter__ opens the data anew, e.g. "
            f"a class with 'def __iter__(self): yield from read_chunks(path)'"
        )
    return iterator


def _check_array(array, name, n_channels, width):
    """Refuse an array of the wrong kind, shape or width."""
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array; pass .filled(value), or drop masked rows")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}; expected real numbers")
    if array.ndim != 2:
        raise ValueError(
            f"{name} has shape {array.shape}; expected two dimensions, (n_samples, n_features)"
        )
    if not array.size:
        raise ValueError(f"{name} is empty: it has shape {array.shape}")
    if width is not None and array.shape[1] != width:
        raise ValueError(f"{name} has {array.shape[1]} columns; those before it have {width}")
    if array.shape[1] % n_channels:
        raise ValueError(
            f"{name} has {array.shape[1]} columns, which n_channels={n_channels} does not divide"
        )


def _check_finite(piece, name, numbers):
    """Name the first entry that is not finite, in the rows and columns of its array."""
    finite = np.isfinite(piece)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise ValueError(
            f"{name} has the entry {piece[row, column]} in row {numbers[row]}, column {column} "
            f"(both counted from 0). Drop or impute such entries first"
        )


def _native(array):
    """Contiguous, in the machine's byte order; a view where that is possible."""
    with np.errstate(over="ignore"):  # of longer floats; the infinity is then refused
        return np.ascontiguousarray(array, dtype=_float_dtype(array.dtype))


def _float_dtype(dtype):
    single = dtype.kind == "f" and dtype.itemsize == 4
    return np.dtype(np.float32 if single else np.float64)
