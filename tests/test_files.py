# SPDX-License-Identifier: BSD-3-Clause
"""Tables as people bring them: what is read, what is said of it, what is refused."""

import gzip
import io
import lzma
import os
import re
import tarfile
import tempfile
import zipfile
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.io import savemat
from scipy.sparse import csc_matrix, save_npz

from sklearn_symmetry._cli import main
from sklearn_symmetry._cli.tables import write_table
from sklearn_symmetry._io import BadInput, read_file

pandas = pytest.importorskip("pandas")
X = np.array([[1.5, -2.0, 3.25], [4.0, 5.5, 6.0], [-7.0, 8.0, 9.5], [0.5, 1.0, 2.0]])
NAMES = ["a", "b", "c"]


def text(delimiter=",", decimal=".", header=NAMES, prefix=(), suffix=""):
    def cell(value):
        return str(value).replace(".", decimal)

    rows = [delimiter.join([*map(str, row[:0]), *map(cell, row)]) + suffix for row in X]
    first = [] if header is None else [delimiter.join(map(str, header)) + suffix]
    return "\n".join([*prefix, *first, *rows]) + "\n"


def rows_as(delimiter, cell):
    return "".join(delimiter.join(map(cell, row)) + "\n" for row in X)


SWAP = str.maketrans(",.", ".,")
FRAME = pandas.DataFrame(X, columns=NAMES)
TEXTS = {  # name of the file, content, names of the columns, what is said
    "plain": ("x.csv", text(header=None), None, "4 rows, 3 columns, ','"),
    "header": ("x.csv", text(), NAMES, "header, ','"),
    "semicolon": ("x.csv", text(";"), NAMES, "header, ';'"),
    "decimal comma": ("x.csv", text(";", ","), NAMES, "';' with decimal comma"),
    "decimal comma, tab": ("x.tsv", text("\t", ","), NAMES, "tab with decimal comma"),
    "blanks": ("x.txt", text("   ", header=None), None, "blanks"),
    "bar": ("x.dat", text("|"), NAMES, "'|'"),
    "data of UCI": ("x.data", text(header=None), None, "','"),
    "comments": ("x.csv", text(prefix=["# a file", "% of mine"]), NAMES, "header"),
    "header in a comment": ("x.csv", text(prefix=["# a,b,c"], header=None), NAMES, "header"),
    "trailing": ("x.csv", text(suffix=","), NAMES, "empty last column left out"),
    "trailing semicolon": ("x.csv", text(";", ",", suffix=";"), NAMES, "empty last column"),
    "scale": ("x.csv", text(header=[400, 410, 420]), ["400", "410", "420"], "header"),
    "units": ("x.csv", text(prefix=["a,b,c"], header=["mV", "V", "s"]), NAMES, "units left out"),
    "index of pandas": ("x.csv", FRAME.to_csv(), NAMES, "index column left out"),
    "numbered": ("x.csv", pandas.DataFrame(X).to_csv(), ["0", "1", "2"], "index column"),
    "row numbers": ("x.csv", FRAME.set_axis([1, 2, 3, 4]).to_csv(header=False), None, "index"),
    "row names": ("x.csv", FRAME.set_axis(list("wxyz")).to_csv(), NAMES, "index column"),
    "row names of R": (
        "x.txt", "a b c\n" + FRAME.set_axis([*"wxyz"]).to_csv(sep=" ", header=False), NAMES, "index"
    ),
    "CRLF": ("x.csv", text().replace("\n", "\r\n"), NAMES, "header"),
    "utf-16 lacks its mark": ("x.csv", text().encode("utf-16-le"), NAMES, "header"),
    "title": ("x.csv", text(prefix=["Run of today", ""]), NAMES, "1 line before the table left"),
    "told by an instrument": (
        "x.csv", text(prefix=["Rate: 250", "Gain: 3"], header=[*"abc"]), NAMES, "header, ','"
    ),
    "slashes": ("x.csv", text(prefix=["// a file", "! of mine", "; old"]), NAMES, "header, ','"),
    "line of Excel": ("x.csv", text(";", ",", prefix=["sep=;"]), NAMES, "header, ';'"),
    "trailing, two": ("x.csv", text(suffix=",,"), NAMES, "2 empty last columns left out"),
    "trailing, not in the header": ("x.csv", text(prefix=["a,b,c"], header=None, suffix=",")
        .replace("a,b,c,", "a,b,c"), NAMES, "empty last column left out"),
    "exponents of Fortran": (
        "x.txt", rows_as(" ", lambda v: f"{v:.6E}".replace("E", "D")), None, "blanks"
    ),
    "thousands": ("x.csv", rows_as(";", lambda v: f"{1e6 * v:,.1f}"), None, "between commas"),
    "thousands, quoted": ("x.csv", rows_as(",", lambda v: f'"{1e6 * v:,.1f}"'), None, "commas"),
    "thousands, of Europe": (
        "x.csv", rows_as(";", lambda v: f"{1e6 * v:,.1f}".translate(SWAP)), None,
        "decimal comma and thousands between points",
    ),
    "thousands, blanks": (
        "x.csv", rows_as(";", lambda v: f"{1e6 * v:,.0f}".replace(",", "\u202f")), None, "blanks"
    ),
    "thousands, Swiss": (
        "x.csv", rows_as(";", lambda v: f"{1e6 * v:,.2f}".replace(",", "'")), None, "apostrophes"
    ),
    "minus of typographers": ("x.csv", text().replace("-", "\u2212"), NAMES, "header"),
    "names twice": ("x.csv", text(header=["a", "a", "b"]), ["a", "a.1", "b"], "numbered"),
    "clock": (
        "x.csv", "".join(f"{0.004 * k:.3f},{k % 7},{k % 3}\n" for k in range(30)), None, "index"
    ),
    "mac": ("x.csv", text().replace("\n", "\r"), NAMES, "header"),
    "blanks of typographers": ("x.txt", text("\xa0"), NAMES, "header, blanks"),
    "blanks of typographers in cells": ("x.csv", text(",\u2009"), NAMES, "header, ','"),
    "end of a file of DOS": ("x.csv", text() + "\x1a", NAMES, "header, ','"),
    "row numbers of R": (
        "x.txt", "a b c\n" + FRAME.set_axis([7, 3, 9, 1]).to_csv(sep=" ", header=False), NAMES,
        "index column",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEXTS)
def test_text_is_read_as_it_is_meant_and_said(kind, tmp_path):
    name, content, names, said = TEXTS[kind]
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    table = read_file(tmp_path / name)
    if kind == "clock":
        assert table.X.shape == (30, 2)
    else:
        assert_allclose(table.X, 1e6 * X if kind.startswith("thousands") else X)
    assert table.names == names
    assert said in table.said


def test_truth_values_are_no_header(tmp_path):
    (tmp_path / "x.csv").write_text("True,False\nFalse,False\nFALSE,true\n")
    table = read_file(tmp_path / "x.csv")
    assert_allclose(table.X, [[1, 0], [0, 0], [0, 1]])
    assert table.said == "3 rows, 2 columns, ','"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_encoding_and_compression_do_not_matter(encoding, packed, tmp_path):
    content = text(header=["größe", "°C", "µ"]).encode(encoding)
    path = tmp_path / ("x.csv.gz" if packed else "x.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    table = read_file(path)
    assert_allclose(table.X, X)
    assert table.names == ["größe", "°C", "µ"]


def test_a_column_that_names_the_rows_is_kept_as_it_is_written(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,name,b\n1,x,2\n3,,5\n")
    assert read_file(path, index="name").index == (("name", ["x", ""]),)
    path.write_text("7,1,2\n9,3,5\n")
    assert read_file(path, index="1").index == (("", ["7", "9"]),)


def test_several_columns_name_the_rows(tmp_path):
    path, new = tmp_path / "x.csv", tmp_path / "y.csv"
    path.write_text("a,site,b,kind\n1,x,2,k\n3,y,5,l\n4,y,6,k\n")
    with pytest.raises(BadInput, match=r"column 2 .site.: 'x' is not a number.*or say --index"):
        read_file(path)
    table = read_file(path, index=["site", "4", "2"])
    assert table.names == ["a", "b"]
    assert table.said.endswith("index columns left out")
    assert table.index == (("site", ["x", "y", "y"]), ("kind", ["k", "l", "k"]))
    write_table(str(new), table.X, table.names, table.index)
    assert new.read_text().split()[:2] == ["site,kind,a,b", "x,k,1.0,2.0"]


def test_names_may_go_on_in_the_next_line(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('"left\n(mV)","right\n\n(mV)",far\n1,2,3\n4,5,7\n')
    assert read_file(path).names == ["left (mV)", "right (mV)", "far"]
    path.write_text('3" pipe,near,far\n1,2,3\n4,5,7\n')  # nothing closes this one
    assert read_file(path).names[1:] == ["near", "far"]


@pytest.mark.parametrize("first", ["123456789012345678901234567890", "18446744073709551616"])
@pytest.mark.parametrize("second", ["-5", "1.5", "3"])
def test_numbers_longer_than_any_integer_are_numbers(first, second, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(f"{first},1,2\n{second},2,5\n0.5,3,4\n")
    assert_allclose(read_file(path, index="none").X[:, 0], [float(first), float(second), 0.5])


def test_a_first_line_of_numbers_is_no_header_where_its_column_is_blank(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("".join(f",{a},{b},{c}\n" for a, b, c in X))
    with pytest.raises(BadInput, match="line 1, column 1: is empty"):
        read_file(path)


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!"])
def test_errors_of_spreadsheets_are_no_comments(error, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(text() + f"{error},1,2\n")
    with pytest.raises(BadInput, match=rf"line 6, column 1 \(a\): .*{error}"):
        read_file(path)


@pytest.mark.parametrize("cells", [["0.32", "0.98", "-1.2", "0.5"], ["1", "2", "1", "2"]])
def test_measurements_without_a_name_are_not_taken_for_names_of_rows(cells, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b,c\n" + FRAME.set_axis(cells).to_csv(header=False))
    with pytest.raises(BadInput, match="has 4 columns; expected 3: as the header has"):
        read_file(path)


def test_a_first_line_that_is_partly_names_names_the_option(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(text(header=["x1", "2", "x3"]))
    with pytest.raises(BadInput, match="'x1' is not a number.*say --header if it holds names"):
        read_file(path)
    assert read_file(path, header=True).names == ["x1", "2", "x3"]


def test_options_overrule_what_the_cells_say(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(text(header=["1", "2", "4"]))
    assert len(read_file(path).X) == 5
    assert read_file(path, header=True).names == ["1", "2", "4"]
    path.write_text(text())
    assert read_file(path, index="b").names == ["a", "c"]
    assert read_file(path, index="1").names == ["b", "c"]
    path.write_text(FRAME.to_csv())
    assert read_file(path, index="none").X.shape == (4, 4)
    with pytest.raises(BadInput, match="no column 'z' to leave out; there are , a, b, c"):
        read_file(path, index="z")
    path.write_text(text("!"))
    assert_allclose(read_file(path, delimiter="!").X, X)


def test_arrays_of_other_programs_are_read(tmp_path):
    from scipy.io import savemat

    np.savez(tmp_path / "x.npz", samples=X, seed=np.array(3))
    savemat(tmp_path / "x.mat", {"samples": X, "rate": 3.0})
    for name in ("x.npz", "x.mat"):
        assert_allclose(read_file(tmp_path / name).X, X)
    np.savez(tmp_path / "two.npz", one=X, two=X)
    with pytest.raises(BadInput, match=r"2 tables of numbers.*\(one: .*two: .*\); save"):
        read_file(tmp_path / "two.npz")
    np.savez(tmp_path / "names.npz", samples=X, names=np.array(NAMES, dtype=object))
    assert_allclose(read_file(tmp_path / "names.npz").X, X)


def test_a_column_of_an_array_is_left_out_by_its_number(tmp_path):
    np.save(tmp_path / "x.npy", X)
    table = read_file(tmp_path / "x.npy", index="2")
    assert_allclose(table.X, X[:, [0, 2]])
    assert table.index == (("", list(map(str, X[:, 1]))),)
    with pytest.raises(BadInput, match="no column 'b' to leave out; there are 1, 2, 3"):
        read_file(tmp_path / "x.npy", index="b")


def test_parquet_is_read(tmp_path):
    pytest.importorskip("pyarrow")
    FRAME.to_parquet(tmp_path / "x.parquet")
    table = read_file(tmp_path / "x.parquet")
    assert_allclose(table.X, X)
    assert table.names == NAMES
    FRAME.assign(when=pandas.Timestamp("2020")).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(BadInput, match="column 4 .when. holds datetime.*or say --index"):
        read_file(tmp_path / "x.parquet")
    assert read_file(tmp_path / "x.parquet", index="when").names == NAMES
    FRAME.map(lambda value: Decimal(str(value))).to_parquet(tmp_path / "x.parquet")
    assert_allclose(read_file(tmp_path / "x.parquet").X, X)
    FRAME[[]].to_parquet(tmp_path / "x.parquet")
    with pytest.raises(BadInput, match="no columns"):
        read_file(tmp_path / "x.parquet")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".mat", ".parquet", ".csv.gz"])
@pytest.mark.parametrize("damage", ["cut off", "garbage", "empty"])
def test_damaged_files_are_named(suffix, damage, tmp_path):
    from scipy.io import savemat

    path = tmp_path / f"x{suffix}"
    big = np.random.default_rng(0).standard_normal((50, 3))
    writers = {
        ".npy": lambda: np.save(path, big),
        ".npz": lambda: np.savez_compressed(path, x=big),
        ".mat": lambda: savemat(path, {"x": big}, do_compression=True),
        ".parquet": lambda: pandas.DataFrame(big).set_axis(NAMES, axis=1).to_parquet(path),
        ".csv.gz": lambda: path.write_bytes(gzip.compress(text().encode())),
    }
    writers[suffix]()
    data = path.read_bytes()
    path.write_bytes(
        {"cut off": data[: len(data) * 2 // 3], "garbage": b"\x1f\x8b\1\0", "empty": b""}[damage]
    )
    with pytest.raises(BadInput, match=f"x{suffix}: "):
        read_file(path)


def test_pickled_arrays_are_refused_and_told_from_damaged_ones(tmp_path):
    np.save(tmp_path / "x.npy", np.array([[1, None]], dtype=object), allow_pickle=True)
    with pytest.raises(BadInput, match="Python objects.*numpy.save"):
        read_file(tmp_path / "x.npy")


def archive(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize("pack", ["gzip", "bz2", "lzma", "zip"])
@pytest.mark.parametrize("name", ["x.csv.gz", "x.txt.xz", "x.csv.bz2", "x.csv.zip", "x.csv"])
def test_packed_texts_are_read_whatever_their_name(pack, name, tmp_path):
    content = text().encode()
    packed = archive(x=content) if pack == "zip" else import_module(pack).compress(content)
    (tmp_path / name).write_bytes(packed)
    assert_allclose(read_file(tmp_path / name).X, X)


def test_what_macos_keeps_beside_a_file_is_no_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        for name, content in {"x/": "", "x/x.csv": text(), "__MACOSX/x/._x.csv": "x"}.items():
            file.writestr(name, content)
    assert_allclose(read_file(tmp_path / "x.zip").X, X)


def stored(save, *args, **kwargs):
    file = io.BytesIO()
    save(file, *args, **kwargs)
    return file.getvalue()


def with_cell(cell):
    return text() + f"1,2,{cell}\n"


def two_arrays():
    return stored(np.save, X) + stored(np.save, X)


def tarred():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        member = tarfile.TarInfo("x.csv")
        member.size = len(text())
        file.addfile(member, io.BytesIO(text().encode()))
    return packed.getvalue()


RECORDS = np.zeros(4, dtype=[("a", "f8"), ("b", "f8")])
REFUSED = {  # name of the file, content, what is said
    "no encoding": ("x.csv", b"\x81\x8d\n1,2,3\n", "save it in UTF-8"),
    "null byte": ("x.csv", text().encode() + b"\0", "null byte in line 6.*save"),
    "spreadsheet": ("x.csv", b"PK\x03\x04rest", "spreadsheet: save the table as .csv"),
    "old spreadsheet": ("x.csv", b"\xd0\xcf\x11\xe0rest", "spreadsheet: save"),
    "pdf": ("x.txt", b"%PDF-1.4\n", "a PDF: save"),
    "page": ("x.csv", b"\n<!DOCTYPE html>\n", "HTML or XML: save"),
    "json": ("x.txt", b"[[1, 2], [3, 4]]", "JSON: save"),
    "picture": ("x.csv", b"\x89PNG\r\n", "picture: save"),
    "array": ("x.csv", stored(np.save, X), "name in .npy"),
    "two in an archive": ("x.zip", archive(a="1", b="2"), r"2 files \(a.csv, b.csv\); unpack"),
    "cut archive": ("x.csv.xz", lzma.compress(text().encode())[:-20], "cut off.*copy it anew"),
    "short line": ("x.csv", text() + "1,2\n1,2,3\n", "line 6 has 2 columns; expected 3: mend"),
    "long line": ("x.csv", text() + "1,2,3,4\n", "line 6 has 4 columns; expected 3: mend"),
    "cut line": ("x.csv", text() + "1,2", "line 6 has 2 columns.*cut off"),
    "open quote": ("x.csv", text() + '"1,2,3\n1,2,3\n', "line 6.*quote is not closed"),
    "short header": ("x.csv", "a,b,c\n1,2,3,4,5\n6,7,8,9,0\n", "header has; mend"),
    "header again": ("x.csv", text() + "a,b,c\n", r"line 6, column 1 \(a\): 'a'.*drop this line"),
    "empty cell": ("x.csv", with_cell(""), r"line 6, column 3 \(c\): is empty; drop"),
    "missing": ("x.csv", with_cell("?"), r"column 3 \(c\): \? is empty; drop"),
    "infinite": ("x.csv", with_cell("1e999"), "1e999 is not a finite number; drop"),
    "below a limit": ("x.csv", with_cell("<0.1"), "'<0.1' is not a number; correct it, or drop"),
    "underscore": ("x.csv", with_cell("1_0"), "'1_0' is not a number; correct it, or drop"),
    "Arabic digit": ("x.csv", with_cell("\u0663"), "is not a number; correct it, or drop"),
    "hexadecimal": ("x.csv", with_cell("0x1F"), "'0x1F' is not a number; correct it, or drop"),
    "date": ("x.csv", with_cell("2020-01-01"), "'2020-01-01' is not a number; correct it"),
    "percent": ("x.csv", with_cell("4.5 %"), "'4.5 %' is a number with something around it; write"),
    "money": ("x.csv", with_cell("$4"), r"'\$4' is a number with something around it; write"),
    "unit": ("x.csv", with_cell("4.5 mV"), "'4.5 mV' is a number with something around it; write"),
    "bookkeeping": ("x.csv", with_cell("(4.50)"), "50.' is a number with something around it"),
    "commas": ("x.csv", "1 V,2 V\n3 V,4 V\n", "'V,2' is not a number; say --delimiter ,"),
    "labels": ("x.csv", text(suffix=",u").replace("c,u", "c,d"), r"column 4 \(d\): 'u'.*Leave out"),
    "header alone": ("x.csv", "a,b,c\n", "header but no rows; save"),
    "nothing": ("x.csv", "# a\n  \n", "is empty; save"),
    "one column": ("x.csv", "1\n2\n3\n", "one column.*--delimiter"),
    "huge cell": ("x.csv", "7" * 200_000, "x.csv: "),
    "bad header": ("x.npy", b"\x93NUMPY\x01\x00v\x00{bad" + b" " * 200, "cut off.*save it anew"),
    "more than there is": (
        "x.npy", stored(np.save, X).replace(b"(4, 3), }" + 9 * b" ", b"(9999999999, 3), }"), "x.npy"
    ),
    "two arrays": ("x.npy", two_arrays(), r"behind its first array, of shape \(4, 3\); store one"),
    "more bytes": ("x.npy", stored(np.save, X) + b"x", "behind its first array"),
    "archive of tar": ("x.csv.gz", tarred(), "an archive of tar: unpack"),
    "complex": ("x.npy", stored(np.save, 1j * X), "complex128.*convert"),
    "text": ("x.npy", stored(np.save, X.astype(str)), "<U32.*convert"),
    "dates": ("x.npy", stored(np.save, X.astype("M8[s]")), "datetime64.*convert"),
    "records": ("x.npy", stored(np.save, RECORDS), "expected real numbers: convert"),
    "a row": ("x.npy", stored(np.save, X[0]), r"shape \(3,\).*reshape"),
    "a stack": ("x.npy", stored(np.save, X[None]), r"shape \(1, 4, 3\).*reshape"),
    "not a number": ("x.npy", stored(np.save, np.nan * X), "row 0, column 0.*drop"),
    "none in it": ("x.npz", stored(np.savez, seed=3), r"0 tables.*seed: \(\).*save"),
    "array as archive": ("x.npz", stored(np.save, X), "not a .npz file.*save"),
    "objects": ("x.npz", stored(np.savez, x=np.array([None])), "Python objects.*save"),
    "sparse": ("x.mat", stored(savemat, {"x": csc_matrix(X)}), r"x: sparse \(4, 3\).*save"),
    "struct": ("x.mat", stored(savemat, {"s": {"a": X}}), "s: records.*save"),
    "complex of MATLAB": ("x.mat", stored(savemat, {"x": 1j * X}), "x: complex.*save"),
    "pointer": ("x.csv", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "sparse of scipy": ("x.npz", stored(save_npz, csc_matrix(X)), "sparse.*toarray"),
    "unknown": ("x.xlsx", b"", "expected a .npy or a .csv.*save a spreadsheet as .csv"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_the_command_line_names_file_place_and_remedy_in_one_line(kind, tmp_path, capsys):
    name, content, said = REFUSED[kind]
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert main(["fit", str(path), "--no-verdict"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {path}")
    assert re.search(said, line)


ENGLISH, EUROPEAN = "{:,.1f}".format, lambda v: f"{v:,.3f}".translate(SWAP)
LATE = [  # how numbers are written, what stands in the last line, and what is said of it
    (ENGLISH, "1,5", "with thousands between commas"),
    (ENGLISH, "1,23,4", "with thousands between commas"),
    (ENGLISH, ",5", "with thousands between commas"),
    (ENGLISH, "1.234,5", "with thousands between commas"),
    (EUROPEAN, "1.5", "with decimal comma and thousands between points"),
    (EUROPEAN, "0.123", "with decimal comma and thousands between points"),
    (lambda v: f"{v:.3f}".replace(".", ","), "1.234", "with decimal comma"),
    (lambda v: f"{v:.3f}".replace(".", ","), "12 mV", "a number with something around it"),
    (lambda v: f"{v:.3f}".replace(".", ","), "x", "correct it"),
]


@pytest.mark.parametrize("write, cell, said", LATE)
def test_numbers_that_are_written_otherwise_further_down_are_named(write, cell, said, tmp_path):
    rows = 1e4 * np.random.default_rng(0).normal(size=(80, 3))
    lines = ["a;b;c", *(";".join(map(write, row)) for row in rows), f"{cell};1;1"]
    (tmp_path / "x.csv").write_text("\n".join(lines))
    said = rf"line 82, column 1 \(a\): '{re.escape(cell)}' is .*{said}"
    with pytest.raises(BadInput, match=said):
        read_file(tmp_path / "x.csv")


@pytest.mark.parametrize("name, said", [
    ("gone.csv", "no such file"), ("a" * 300 + ".csv", "no such file"), (".", "is a folder"),
    ("folder.csv", "is a folder"), ("nul\0.csv", "no such file"), ("link.csv", "no such file"),
])  # fmt: skip
def test_what_is_no_file_is_named(name, said, tmp_path, capsys):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere")
    assert main(["fit", str(tmp_path / name), "--no-verdict"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
@pytest.mark.parametrize("name", ["pipe.csv", "pipe"])
def test_named_pipes_and_devices_are_told_from_missing_files(name, tmp_path):
    os.mkfifo(tmp_path / name)
    for path in (tmp_path / name, os.devnull):
        with pytest.raises(BadInput, match="a pipe or a device.*pass -"):
            read_file(path)


def test_addresses_and_closed_files_are_named(tmp_path, monkeypatch):
    with pytest.raises(BadInput, match="download the file first"):
        read_file("https://example.org/x.csv")
    path = tmp_path / "x.csv"
    path.write_text(text())

    def closed(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", closed)
    with pytest.raises(BadInput, match=r"x.csv: cannot be read \(Permission denied\)"):
        read_file(path)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.text("0123456789.,;-+eE \t\n\r\"'#%|:aNµ\u2212\0", max_size=300).map(str.encode),
    ),
    suffix=st.sampled_from([".csv", ".txt", ".csv.gz", ".npy", ".npz", ".mat", ".zip"]),
)
def test_any_bytes_are_a_table_of_finite_numbers_or_refused(content, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        path.write_bytes(content)
        try:
            table, said = read_file(path), str(path)
        except BadInput as error:
            table, said = None, str(error)
    assert str(path) in said
    if table is not None:
        assert table.X.ndim == 2
        assert np.isfinite(table.X).all()
        assert table.names is None or len(table.names) == table.X.shape[1]


@pytest.mark.parametrize("options", [
    ["--seed", "-1"], ["--seed", "x"], ["--seed", "1e99"], ["--delimiter", "ab"],
    ["--delimiter", ""], ["--index", "nowhere"], ["--n-powers", "0"], ["--n-powers", "999"],
    ["--header", "--index", "99"], ["--level", "0"], ["--level", "nan"], ["--level", "x"],
    ["--channel-map", "."], ["--channel-map", ""], ["--grid-shape", "0x0"], ["--order", ""],
    ["--save", ""], ["--n-channels", "-1"],
])  # fmt: skip
def test_no_option_ends_in_a_traceback(options, tmp_path, capsys):
    path = tmp_path / "x.csv"
    np.savetxt(path, np.random.default_rng(0).laplace(size=(60, 5)), delimiter=",")
    try:
        code = main(["fit", str(path), "--no-verdict", *options])
    except SystemExit as error:  # of argparse
        code = error.code
    assert code == 2
    assert capsys.readouterr().err.count("Traceback") == 0
