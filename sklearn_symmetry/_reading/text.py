# SPDX-License-Identifier: BSD-3-Clause
"""Bytes of a file as lines of text: packed, encoded, with comments, or no text at all."""

import bz2
import gzip
import io
import itertools
import lzma
import zipfile
import zlib

from .._bad_input import BadInput

__all__ = ["COMMENTS", "PACKED", "lines_of", "unpacked", "with_whole_header"]

COMMENTS = ("#", "%", "//", "!")
# Errors of spreadsheets, which begin as comments do, are cells.
ERRORS = ("#n/a", "#na", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!")
END_OF_FILE = "\x1a"  # of DOS
PACKED = (".gz", ".bz2", ".xz", ".zip")
UNPACK = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\0": lzma.decompress}
MARKS = {  # of encodings, the longer ones first
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
OTHERS = {  # first bytes of what is no table, and what it is
    b"PK\x03\x04": "a zip archive or a spreadsheet: save the table as .csv",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: save the table as .csv",
    b"\x93NUMPY": "an array of NumPy: give the file a name in .npy",
    b"PAR1": "a Parquet table: give the file a name in .parquet",
    b"MATLAB": "a file of MATLAB: give it a name in .mat",
    b"\x89HDF": "an HDF5 file: save the array as .npy",
    b"%PDF": "a PDF: save the table as .csv",
    b"\x89PNG": "a picture: save the numbers as .csv or .npy",
    b"\xff\xd8\xff": "a picture: save the numbers as .csv or .npy",
    b"version https://git-lfs": "a pointer of Git LFS: get the file itself, git lfs pull",
    b"<": "a page of HTML or XML: save the table as .csv",
    b"{": "JSON: save the numbers as .csv, or by numpy.save as .npy",
    b"[": "JSON: save the numbers as .csv, or by numpy.save as .npy",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it, or pack it as .gz",
    b"7z\xbc\xaf": "packed by 7-Zip: unpack it, or pack it as .zip",
}
TAR = 257, b"ustar"  # where its mark stands


def lines_of(path, data):
    """Lines of a text with their numbers, without blank ones; and the comments before them.

    Parameters
    ----------
    path : str or path-like
        For messages.
    data : bytes
        Packed or not.

    Returns
    -------
    lines : list of (int, str)
    comments : list of str

    Raises
    ------
    BadInput
        If it is no text.
    """
    lines, comments = [], []
    # A minus sign of typographers is a minus sign.
    text = _decoded(path, unpacked(path, data)).replace("\u2212", "-").rstrip(END_OF_FILE)
    for number, line in enumerate(text.splitlines(), start=1):
        if _is_comment(line.lstrip()):
            if not lines:
                comments.append(line.strip())
        elif line.strip():
            lines.append((number, line))
    return lines, comments


def with_whole_header(lines):
    """The lines, those joined to the first that a quoted name goes on in."""
    quotes = itertools.accumulate(line.count('"') for _, line in lines)
    end = next((count for count, total in enumerate(quotes, start=1) if total % 2 == 0), 1)
    header = " ".join(line.strip() for _, line in lines[:end])
    return [(lines[0][0], header), *lines[end:]] if end > 1 else lines


def _is_comment(line):
    """Also after a semicolon, if it is no cell: an empty corner of a table has more of them."""
    if line.lower().startswith(ERRORS):
        return False
    return line.startswith(COMMENTS) or (line.startswith(";") and line.count(";") == 1)


def unpacked(path, data):
    """The bytes of a file that may be packed, whatever its name; of an archive its only member."""
    for mark, unpack in UNPACK.items():
        if data.startswith(mark):
            try:
                return unpack(data)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise BadInput(
                    f"{path}: is cut off or damaged where it is packed ({error}); copy it anew"
                ) from error
    if data.startswith(b"PK\x03\x04") and zipfile.is_zipfile(io.BytesIO(data)):
        return _only_member(path, data)
    return data


def _only_member(path, data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not _is_beside(name)]
        if "[Content_Types].xml" in names:
            raise BadInput(f"{path}: is a spreadsheet; save the table as .csv")
        if len(names) != 1:
            raise BadInput(
                f"{path}: is an archive of {len(names)} files ({', '.join(names[:5])}"
                f"{', ...' if len(names) > 5 else ''}); unpack it, and pass the one of the samples"
            )
        try:
            return archive.read(names[0])
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
            raise BadInput(f"{path}: cannot be unpacked ({error}); unpack it by hand") from error


def _is_beside(name):
    """Whether a member of an archive is a folder, or what macOS keeps beside a file."""
    return name.endswith("/") or name.startswith("__MACOSX/") or name.endswith(".DS_Store")


def _decoded(path, data):
    if data[TAR[0] :].startswith(TAR[1]):
        raise BadInput(f"{path}: is no text, but an archive of tar: unpack it, and pass one file")
    for mark, what in OTHERS.items():
        if data.lstrip()[: len(mark)] == mark:
            raise BadInput(f"{path}: is no text, but {what}")
    encodings = _encodings(data)
    if encodings is None:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise BadInput(
            f"{path}: is not text in UTF-8, or damaged (a null byte in line {line}); save it as "
            f"text, or bring a .npy file"
        )
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{path}: is not text in UTF-8, UTF-16 or Windows-1252; save it in UTF-8")


def _encodings(data):
    """Encodings to be tried; None where there are null bytes and no reason for them."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return (encoding,)
    if b"\0" not in data:
        return ("utf-8-sig", "cp1252")
    # UTF-16 without its mark: every other byte of digits and signs is null.
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        part = data[first::2]
        if part.count(0) > 0.9 * len(part) and len(data) % 2 == 0:
            return (encoding,)
    return None
