# SPDX-License-Identifier: BSD-3-Clause
"""Tables as people bring them: what is read, what is said of it, what is refused."""

import gzip

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_symmetry._cli import main
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


FRAME = pandas.DataFrame(X, columns=NAMES)
TEXTS = {  # name of the file, content, names of the columns, what is said
    "plain": ("x.csv", text(header=None), None, "4 rows, 3 columns, ','"),
    "header": ("x.csv", text(), NAMES, "header, ','"),
    "semicolon": ("x.csv", text(";"), NAMES, "header, ';'"),
    "decimal comma": ("x.csv", text(";", ","), NAMES, "';' with decimal comma"),
    "decimal comma, tab": ("x.tsv", text("\t", ","), NAMES, "tab with decimal comma"),
    "blanks": ("x.txt", text("   ", header=None), None, "blanks"),
    "bar": ("x.dat", text("|"), NAMES, "'|'"),
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
    "mac": ("x.csv", text().replace("\n", "\r"), NAMES, "header"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEXTS)
def test_text_is_read_as_it_is_meant_and_said(kind, tmp_path):
    name, content, names, said = TEXTS[kind]
    (tmp_path / name).write_bytes(content.encode())
    table = read_file(tmp_path / name)
    assert_allclose(table.X, X)
    assert table.names == names
    assert said in table.said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_encoding_and_compression_do_not_matter(encoding, packed, tmp_path):
    content = text(header=["größe", "°C", "µ"]).encode(encoding)
    path = tmp_path / ("x.csv.gz" if packed else "x.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    table = read_file(path)
    assert_allclose(table.X, X)
    assert table.names == ["größe", "°C", "µ"]


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
    with pytest.raises(BadInput, match=r"2 tables of numbers.*\(one, two\); save"):
        read_file(tmp_path / "two.npz")


def test_parquet_is_read(tmp_path):
    pytest.importorskip("pyarrow")
    FRAME.to_parquet(tmp_path / "x.parquet")
    table = read_file(tmp_path / "x.parquet")
    assert_allclose(table.X, X)
    assert table.names == NAMES
    FRAME.assign(when=pandas.Timestamp("2020")).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(BadInput, match="column 4 .when. holds datetime"):
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


@pytest.mark.parametrize("options", [
    ["--seed", "-1"], ["--seed", "x"], ["--seed", "1e99"], ["--delimiter", "ab"],
    ["--delimiter", ""], ["--index", "nowhere"], ["--n-powers", "0"], ["--n-powers", "999"],
    ["--header", "--index", "99"],
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
