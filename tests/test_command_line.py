# SPDX-License-Identifier: BSD-3-Clause
"""The command line from end to end: what it prints and writes, and how it refuses."""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, clone

from sklearn_symmetry import SymmetryLens, __version__, _report, _words
from sklearn_symmetry._cli import demo, fit, main
from sklearn_symmetry._cli.claims import read_claim
from sklearn_symmetry._io import BadInput, read_file, write_atomically
from sklearn_symmetry.datasets import load_digit_slices, make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.persistence import load_lens

pytest.importorskip("matplotlib")

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def slices():
    return load_digit_slices(3000, 7, symmetry="permutation", random_state=4)


@pytest.fixture
def table(slices, tmp_path):
    path = tmp_path / "data.csv"
    header = ",".join(f"s{column}" for column in range(7))
    np.savetxt(path, slices.data, delimiter=",", header=header, comments="")
    return path


@pytest.fixture
def no_fit(monkeypatch):
    def fit(self, X, y=None):
        raise AssertionError("fitted before everything was checked")

    monkeypatch.setattr(SymmetryLens, "fit", fit)


def fit_raises(monkeypatch, error):
    def fit(self, X, y=None):
        raise error

    monkeypatch.setattr(SymmetryLens, "fit", fit)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


# The main job


def test_main_job_finds_the_secret_and_draws_it(tmp_path, capsys):
    picture, model = tmp_path / "found.png", tmp_path / "lens.joblib"
    arguments = ["--hide", "frequency", "--samples", "3000", "--features", "7", "--seed", "3"]
    arguments += ["--output", str(picture), "--save", str(model)]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert float(re.search(r"([\d.]+) cosine between the generator found", out)[1]) > 0.99
    assert float(re.search(r"agree to a cosine of ([\d.]+);", out)[1]) > 0.99
    assert "SYMMETRY FOUND" in out
    assert picture.read_bytes().startswith(PNG)
    assert files(tmp_path) == ["found.png", "lens.joblib"]
    lens = joblib.load(model)
    assert lens.get_params()["verbose"] == 0
    assert lens.transform(np.eye(7)).shape == (7, 7)


def test_order_of_unmixed_pixels_is_printed_as_it_is(tmp_path, capsys, little_search):
    arguments = ["--hide", "none", "--samples", "2000", "--features", "7", "--no-verdict"]
    assert main([*arguments, "--output", str(tmp_path / "found.pdf")]) == 0
    out = capsys.readouterr().out
    assert "columns in the order found: 0, 1, 2, 3, 4, 5, 6\n" in out
    assert "halves" not in out


def test_title_does_not_claim_what_was_not_found():
    assert demo.outcome(0.999, "put them back") == "the lens put them back"
    assert demo.outcome(0.93, "put them back") == "the lens nearly put them back"
    assert "did not" in demo.outcome(0.5, "put them back")


# The user's own file


@pytest.fixture
def shuffled(tmp_path, monkeypatch):
    """Seven shuffled columns, with names as people give them, in a folder of their own."""
    X = make_symmetric_signals(300, 7, random_state=0).data
    np.savetxt(
        tmp_path / "x.csv", X, delimiter=",", header="a,b,c,d,e,\u65e5,price $_$", comments="",
        encoding="utf-8",
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    return X


FIT = ["fit", "x.csv", "--mixing", "permutation", "--no-verdict", "--save", "lens.npz"]


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
def test_names_of_any_signs_are_drawn(shuffled, tmp_path):
    assert main([*FIT, "--report", "report.png"]) == 0
    assert (tmp_path / "report.png").read_bytes().startswith(PNG)


def test_a_lens_is_kept_whatever_fails_after_the_fit(shuffled, tmp_path, monkeypatch):
    def fails(*args, **options):
        raise RuntimeError

    monkeypatch.setattr(fit, "summary", fails)
    with pytest.raises(RuntimeError):
        main(FIT)
    assert load_lens(tmp_path / "lens.npz").column_order_.shape == (7,)


@pytest.mark.parametrize("options", [[], ["--json"], ["--order", "-"]])
def test_names_that_a_terminal_cannot_show_end_no_program(options, shuffled, tmp_path, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert main([*FIT, *options]) == 0
    sys.stdout.flush()
    shown = sys.stdout.buffer.getvalue().decode("utf-8")
    assert ("\u65e5" if options else r"\u65e5") in shown
    assert files(tmp_path) == ["lens.npz", "x.csv"]


def test_columns_go_back_by_their_names(shuffled, tmp_path, capsys):
    assert main(FIT) == 0
    assert main(["transform", "lens.npz", "x.csv", "-o", "seen.csv"]) == 0
    seen = np.loadtxt(tmp_path / "seen.csv", delimiter=",", skiprows=1)
    with open(tmp_path / "seen.csv", encoding="utf-8") as file:
        header = file.readline().strip().split(",")
    turned = {"header": ",".join(header[::-1]), "comments": "", "encoding": "utf-8"}
    np.savetxt(tmp_path / "turned.csv", seen[:, ::-1], delimiter=",", **turned)
    assert main(["transform", "lens.npz", "turned.csv", "--inverse", "-o", "back.csv"]) == 0
    back = np.loadtxt(tmp_path / "back.csv", delimiter=",", skiprows=1)
    assert_allclose(back, shuffled, atol=1e-12)


def test_a_recording_that_ends_in_silence_is_fitted(shuffled, tmp_path, capsys):
    shuffled[-40:] = 0
    np.savetxt("x.csv", shuffled, delimiter=",")
    assert main([*FIT, "--blocks"]) == 0
    assert "score     none: of the 30 samples kept aside" in capsys.readouterr().out


def test_warnings_of_a_fit_that_fails_are_told(shuffled, monkeypatch, capsys):
    def warns_and_fails(self, X, y=None):
        warnings.warn("look at column 3", UserWarning, stacklevel=2)
        raise FloatingPointError("degenerate")

    monkeypatch.setattr(SymmetryLens, "fit", warns_and_fails)
    assert main(FIT) == 1
    assert capsys.readouterr().err == "note: look at column 3\nerror: degenerate\n"


def test_too_little_memory_is_said_in_one_line(shuffled, monkeypatch, capsys):
    fit_raises(monkeypatch, MemoryError("use a smaller padding"))
    assert main(FIT) == 1
    assert capsys.readouterr().err == "error: use a smaller padding\n"


def test_fit_saves_a_lens_and_a_report(table, slices, tmp_path, capsys, little_search):
    model, picture = tmp_path / "lens.joblib", tmp_path / "report.png"
    code = main(["fit", str(table), "--save", str(model), "--report", str(picture)])
    assert code == 0
    lens = joblib.load(model)
    assert generator_similarity(lens.generator_, slices.generator) > 0.99
    assert picture.read_bytes().startswith(PNG)
    out = capsys.readouterr().out
    order = [f"s{column}" for column in np.abs(lens.group_conv_matrix_).argmax(axis=1)]
    assert f"columns in the order found: {', '.join(order)}\n" in out


def test_options_of_fit_reach_the_lens(tmp_path, capsys, little_search):
    table, model = tmp_path / "ring.csv", tmp_path / "lens.joblib"
    np.savetxt(table, make_symmetric_signals(500, 7, boundary="circulant").data, delimiter=",")
    arguments = ["fit", str(table), "--boundary", "circulant", "--n-powers", "5", "--seed", "9"]
    assert main([*arguments, "--save", str(model), "--no-verdict", "--verbose"]) == 0
    lens = joblib.load(model)
    assert (lens.boundary, lens.n_powers, lens.random_state) == ("circulant", 5, 9)
    out = capsys.readouterr().out
    assert out.count("\nstart ") == len(lens.candidates_)
    assert all(f"term      {name}" in out for name in lens.loss_terms_)


def test_powers_outside_the_window_are_drawn_as_uncorrelated(slices, little_search):
    lens = SymmetryLens(n_powers=19, random_state=0).fit(slices.data)
    figure = _report.draw_report(lens, slices.data, "title")
    (ax,) = (ax for ax in figure.axes if ax.get_title().startswith("Correlations"))
    correlations = ax.images[0].get_array()
    assert_allclose(np.diag(correlations)[6:13], 1)
    assert_allclose(correlations[:6], 0, atol=1e-6)


def test_warning_of_the_fit_becomes_a_note(table, monkeypatch, capsys, little_search):
    fit = SymmetryLens.fit

    def fit_and_warn(self, X, y=None):
        warnings.warn("constant columns [7]", stacklevel=2)
        return fit(self, X)

    monkeypatch.setattr(SymmetryLens, "fit", fit_and_warn)
    assert main(["fit", str(table), "--no-verdict"]) == 0
    assert "note: constant columns [7]\n" in capsys.readouterr().err


def test_progress_goes_to_the_error_stream_and_says_what_a_fit_costs(table, capsys, little_search):
    assert main(["fit", str(table)]) == 0
    captured = capsys.readouterr()
    assert "samples of 7 columns" not in captured.out
    lines = captured.err.splitlines()
    assert lines[0].startswith("fit: 2,700 samples of 7 columns: about ")
    assert re.fullmatch(r"fit: \d+ s, \d+ starts?, \d+ steps?", lines[1])
    assert "two such fits" in lines[2]
    assert [line.partition(":")[0] for line in lines[3:5]] == [
        f"verdict, half {number} of 2" for number in (1, 2)
    ]


# Reading tables


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, bool])
def test_array_file_is_read_as_it_is(dtype, tmp_path):
    X = np.random.default_rng(1).integers(0, 2, size=(5, 3)).astype(dtype)
    np.save(tmp_path / "x.npy", X)
    table = read_file(tmp_path / "x.npy")
    read, names = table.X, table.names
    assert_allclose(read, X)
    assert (read.dtype, names) == (dtype, None)


@pytest.mark.parametrize(
    "text, names",
    [
        ("1,2\n3,4e0\n", None),
        ("\n 1 , 2\n\n3,4\n\n", None),
        ("a,b\n1,2\n3,4", ["a", "b"]),
        ('\ufeff"a, b",c\r\n"1",2\r\n3,4\r\n', ["a, b", "c"]),
        ("0,1\n1,2\n3,4\n", ["0", "1"]),
    ],
    ids=["plain", "blanks", "header", "quotes, BOM and CRLF", "counting header"],
)
def test_text_file_is_read_with_or_without_a_header(text, names, tmp_path):
    path = tmp_path / "x.CSV"
    path.write_bytes(text.encode())
    table = read_file(path)
    X, found = table.X, table.names
    assert_allclose(X, [[1, 2], [3, 4]])
    assert found == names


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b\n", "a header but no rows"),
        ("a,b\n1,2\n3,x\n", r"line 3, column 2 \(b\): 'x' is not a number"),
        ("1,2\n\n3,\n", "line 3, column 2: is empty"),
        ("1,2\n3,nan\n", "line 2, column 2: nan is not a finite"),
        ("a,b\n1,2\n-inf,3\n", r"line 3, column 1 \(a\): -inf is not a finite"),
        ("1,2\n3,4,5\n", "line 2 has 3 columns; expected 2"),
        ("a,b,c\n1,2\n", "line 2 has 2 columns; expected 3"),
        ("1;2\n3;4\n1;x\n", "line 3, column 2: 'x' is not a number"),
        ("1,2\n3,4;5\n", "separate cells by commas, or say --delimiter"),
    ],
)
def test_fault_of_a_text_file_is_named_with_its_place(text, message, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        read_file(path)


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros(4), r"shape \(4,\); expected \(n_samples, n_features\)"),
        (np.zeros((0, 4)), "is empty"),
        (np.zeros((3, 2), dtype=complex), "holds complex128; expected"),
        (np.array([["a", "b"]]), "holds <U1; expected real numbers"),
        (np.array([[1, 2], [None, 4]]), "not a NumPy file with an array of numbers"),
        (np.array([[1, 2], [3, np.nan]]), r"row 1, column 1 \(counted from 0\) is nan"),
    ],
)
def test_fault_of_an_array_file_is_named(array, message, tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, array, allow_pickle=True)
    with pytest.raises(BadInput, match=message):
        read_file(path)


@pytest.mark.parametrize("content", [b"", b"not an array", b"PK\x03\x04"])
def test_file_that_is_no_array_is_refused(content, tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="not a NumPy file"):
        read_file(path)


def test_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"PK\x03\x04\x00\x00")
    with pytest.raises(BadInput, match="is no text, but a zip archive or a spreadsheet"):
        read_file(path)


# Refusals: one line, exit code 2, before any work


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["fit", "missing.npy"], "missing.npy: no such file"),
        (["fit", "data.xlsx"], "expected a .npy or a .csv file"),
        (["fit", "short.csv"], "short.csv: 3 samples of 2 features are too few"),
        (["fit", "data.csv", "--save", "no/such/lens.joblib"], "there is no folder"),
        (["fit", "data.csv", "--save", "."], "must end in .npz or .joblib"),
        (["fit", "data.csv", "--save", "own.npz2"], "must end in .npz or .joblib"),
        (["fit", "data.csv", "--order", "order.txt"], "must end in .csv or .tsv or .npy"),
        (["fit", "data.csv", "--channel-map", "none.txt"], "none.txt: cannot be read"),
        (["fit", "data.csv", "--channel-map", "map.csv", "--order", "map.csv"], "the channel map"),
        (
            ["fit", "data.csv", "--channel-map", "map.csv", "--n-powers", "3"],
            "leave out --n-powers",
        ),
        (["fit", "data.csv", "--order", "o.csv", "--n-powers", "3"], "leave out --n-powers 3"),
        (["fit", "data.csv", "--exit-code", "--no-verdict"], "leave out --no-verdict"),
        (["fit", "data.csv", "--level", "0.01", "--no-verdict"], "--level is of the verdict"),
        (["fit", "data.csv", "--channel-map", "map.csv", "--grid-shape", "auto"], "--grid-shape"),
        (["verdict", "lens.npz", "data.csv"], "lens.npz: no such file"),
        (["transform", "data.csv", "data.csv"], "expected a lens"),
        (["info", "data.joblib"], "data.joblib: no such file"),
        (["fit", "data.csv", "--order", "data.csv"], "is the data"),
        (["fit", "data.csv", "--report", "report.gif"], "must end in .png or .pdf or .svg"),
        (
            ["fit", "data.csv", "--report", "a.png", "--save", "a.png"],
            "must end in .npz or .joblib",
        ),
        (["--output", "no/such/found.png"], "there is no folder"),
        (["--features", "1"], "n_features == 1, must be >= 2"),
        (["--samples", "-3"], "n_samples == -3"),
        (["--samples", "20"], "20 samples of 11 features are too few"),
        (["images", "--size", "300"], "40000 samples of 90000 features are too few"),
        (["transform", "lens.npz", "data.csv", "--output", "data.csv"], "is the data"),
        (["shift", "lens.npz", "data.csv", "-o", "./data.csv"], "is the data"),
    ],
)
def test_bad_input_is_refused_in_one_line_before_the_fit(
    arguments, message, table, tmp_path, monkeypatch, capsys, no_fit
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.csv").write_text("1,2\n3,4\n5,7\n")
    (tmp_path / "map.csv").write_text(",".join(f"s{column}" for column in range(7)))
    before = files(tmp_path)
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert files(tmp_path) == before


def test_folder_that_cannot_be_written_is_noticed_before_the_fit(
    table, monkeypatch, capsys, no_fit
):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert main(["fit", str(table), "--save", str(table.parent / "lens.joblib")]) == 2
    assert "lens.joblib: Permission denied\n" in capsys.readouterr().err


def test_what_the_lens_refuses_is_said_in_one_line(table, capsys):
    assert main(["fit", str(table), "--n-powers", "1", "--no-verdict"]) == 2
    err = capsys.readouterr().err
    assert "n_powers == 1, must be >= 2" in err
    assert err.count("\n") == 1


def test_missing_matplotlib_is_noticed_before_the_fit(monkeypatch, tmp_path, capsys, no_fit):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["--output", str(tmp_path / "found.png")]) == 2
    assert "pip install matplotlib" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--hide", "well"],
        ["fit"],
        ["--seed", "1", "fit", "x.npy"],
        ["fit", "x.npy", "--level", "high"],
        ["shift", "lens.npz"],
    ],
)
def test_wrong_usage_exits_with_two_and_one_line_that_names_the_help(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert "--help)" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("unknown", ["--quiet", "1"])
def test_what_a_command_does_not_take_is_named_with_the_help_of_the_command(unknown, capsys):
    with pytest.raises(SystemExit):
        main(["shift", "lens.npz", "data.csv", unknown], prog="program")
    assert f"takes no {unknown} (see program shift --help)" in capsys.readouterr().err


@pytest.mark.parametrize("rest", [[], ["--help"], ["data.csv"]])
def test_misspelled_command_is_refused_and_the_right_one_named(rest, capsys):
    assert main(["trasform", *rest]) == 2
    assert "did you mean transform?" in capsys.readouterr().err


# Interruptions and failures


def test_interruption_exits_with_130_and_writes_nothing(table, tmp_path, monkeypatch, capsys):
    fit_raises(monkeypatch, KeyboardInterrupt())
    arguments = ["fit", str(table), "--save", str(tmp_path / "lens.joblib")]
    assert main(arguments) == 130
    assert capsys.readouterr().err.endswith("interrupted\n")
    assert files(tmp_path) == ["data.csv"]


def test_numerical_failure_exits_with_one(table, monkeypatch, capsys):
    fit_raises(monkeypatch, FloatingPointError("uniformity is nan at iteration 3"))
    assert main(["fit", str(table)]) == 1
    assert capsys.readouterr().err == "error: uniformity is nan at iteration 3\n"


def test_bug_of_ours_is_not_blamed_on_the_user(table, monkeypatch, little_search):
    def broken(*args, **kwargs):
        raise ValueError("a bug")

    monkeypatch.setattr(fit, "summary", broken)
    with pytest.raises(ValueError, match="a bug"):
        main(["fit", str(table), "--no-verdict"])


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_failed_write_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "found.png"
    path.write_bytes(b"old")

    def write(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, write)
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == ["found.png"]


@pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")
def test_written_file_is_an_ordinary_one_and_follows_links(tmp_path):
    ordinary, target, link = (tmp_path / name for name in ("ordinary", "target", "link"))
    ordinary.write_bytes(b"")
    link.symlink_to(target)
    write_atomically(link, lambda file: file.write(b"new"))
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode == ordinary.stat().st_mode


def test_process_reports_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "sklearn_symmetry", "fit", str(tmp_path / "missing.csv")]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert process.stderr.count("\n") == 1
    assert "no such file" in process.stderr


def test_shuffled_columns_are_written_in_order(tmp_path, capsys):
    signals = make_symmetric_signals(
        2000, 9, boundary="circulant", symmetry="permutation", random_state=0
    )
    names = [f"at {at}" for at in signals.basis.argmax(axis=1)]
    table, ordered = tmp_path / "table.csv", tmp_path / "ordered.csv"
    np.savetxt(table, signals.data, delimiter=",", header=",".join(names), comments="")
    options = ["--mixing", "permutation", "--boundary", "auto", "--no-verdict"]
    assert main(["fit", str(table), *options, "--order", str(ordered)]) == 0
    said = capsys.readouterr().out
    assert "the samples decide: a ring" in said
    header = ordered.read_text().splitlines()[0].split(",")
    places = np.array([int(name.split()[1]) for name in header])
    assert set(np.diff(places) % 9) in ({1}, {8})
    assert ", ".join(header) in said
    columns = [names.index(name) for name in header]
    written = np.loadtxt(ordered, delimiter=",", skiprows=1)
    assert_allclose(written, np.loadtxt(table, delimiter=",", skiprows=1)[:, columns])


def test_names_of_rows_stay_with_them(tmp_path, capsys):
    pandas = pytest.importorskip("pandas")
    signals = make_symmetric_signals(500, 7, symmetry="permutation", random_state=0).data
    times = [f"2026-03-01 06:{at // 60:02}:{at % 60:02}" for at in range(500)]
    frame = pandas.DataFrame(signals, columns=list("abcdefg"), index=times)
    table, ordered, lens, seen = (
        str(tmp_path / name) for name in ("t.csv", "o.csv", "l.npz", "s.tsv")
    )
    frame.to_csv(table, sep=";", decimal=",", index_label="time")
    options = ["--mixing", "permutation", "--no-verdict", "--order", ordered, "--save", lens]
    assert main(["fit", table, *options]) == 0
    assert main(["transform", lens, table, "--output", seen]) == 0
    back = pandas.read_csv(ordered, index_col="time")
    assert list(back.index) == times
    assert_allclose(back[list("abcdefg")], signals)
    assert_allclose(pandas.read_csv(seen, sep="\t", index_col="time").iloc[5], back.iloc[5])
    # What was written is read like what was given.
    capsys.readouterr()
    assert main(["shift", lens, ordered]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "time,a,b,c,d,e,f,g"
    assert printed[500].startswith(times[-1] + ",")


def test_mixed_columns_cannot_be_written_in_order(tmp_path, capsys, slices, little_search):
    table, ordered = tmp_path / "table.csv", tmp_path / "ordered.csv"
    mixed = slices.data @ np.linalg.qr(np.random.default_rng(0).normal(size=(7, 7)))[0]
    np.savetxt(table, mixed, delimiter=",")
    arguments = ["fit", str(table), "--no-verdict", "--save", str(tmp_path / "lens.npz")]
    assert main([*arguments, "--order", str(ordered)]) == 2
    assert "try --mixing permutation" in capsys.readouterr().err
    assert not ordered.exists()
    assert (tmp_path / "lens.npz").exists()  # it took the time of a fit


def test_columns_of_several_channels_are_written_in_order(tmp_path):
    slices = load_digit_slices(1500, 7, symmetry="permutation", random_state=4).data
    table, ordered, lens = (tmp_path / name for name in ("x.npy", "ordered.npy", "lens.npz"))
    np.save(table, np.hstack([slices[:750], slices[750:]]))
    arguments = ["--n-channels", "2", "--mixing", "permutation", "--no-verdict"]
    paths = ["--order", str(ordered), "--save", str(lens)]
    assert main(["fit", str(table), *arguments, *paths]) == 0
    order = load_lens(lens).column_order_
    assert_allclose(np.load(ordered)[:, :7], slices[:750][:, order])
    assert_allclose(np.load(ordered)[:, 7:], slices[750:][:, order])


def test_a_lens_is_kept_where_there_can_be_no_verdict(tmp_path, capsys):
    codes = np.eye(6)[np.random.default_rng(0).integers(0, 6, 300)]
    np.save(tmp_path / "codes.npy", codes)
    arguments = ["fit", str(tmp_path / "codes.npy"), "--mixing", "permutation", "--exit-code"]
    assert main([*arguments, "--save", str(tmp_path / "lens.npz")]) == 3
    assert "note: no verdict: verdict needs more than 13 samples" in capsys.readouterr().err
    assert (tmp_path / "lens.npz").exists()


@pytest.mark.parametrize("unit", [1e-320, 1e-200, 1e150])
def test_any_unit_is_summarised(unit, tmp_path):
    slices = load_digit_slices(300, 7, random_state=0).data
    np.save(tmp_path / "x.npy", unit * slices)
    arguments = ["--mixing", "permutation", "--no-verdict"]
    assert main(["fit", str(tmp_path / "x.npy"), *arguments]) == 0


# A stored lens at work, pipes, programs


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A lens of seven named columns in a known order, beside its table."""
    folder = tmp_path_factory.mktemp("stored")
    slices = load_digit_slices(3000, 7, symmetry="permutation", random_state=4)
    names = [f"at {at}" for at in slices.basis.argmax(axis=1)]
    header = ",".join(names)
    np.savetxt(folder / "data.csv", slices.data, delimiter=",", header=header, comments="")
    arguments = ["fit", str(folder / "data.csv"), "--no-verdict"]
    assert main([*arguments, "--save", str(folder / "lens.npz")]) == 0
    return folder


def as_pipe(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_stored_lens_transforms_and_shifts_as_it_does_in_python(stored, capsys):
    lens, data = str(stored / "lens.npz"), str(stored / "data.csv")
    capsys.readouterr()
    X = np.loadtxt(data, delimiter=",", skiprows=1)
    known = load_lens(lens)
    assert main(["transform", lens, data]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split(",")[0] == "symmetrylens0"
    rows = np.array([line.split(",") for line in out[1:]], dtype=float)
    assert_allclose(rows, X @ known.group_conv_matrix_.T, rtol=1e-9, atol=1e-9)
    assert main(["shift", lens, data, "--steps", "-0.5", "--output", str(stored / "s.npy")]) == 0
    plain = clone(known)
    vars(plain).update({k: v for k, v in vars(known).items() if k != "feature_names_in_"})
    assert_allclose(np.load(stored / "s.npy"), plain.shift(X, -0.5), rtol=1e-9, atol=1e-9)


def test_columns_are_taken_by_name_whatever_their_order(stored, tmp_path, capsys):
    lens, data = str(stored / "lens.npz"), stored / "data.csv"
    header, *lines = data.read_text().splitlines()
    turned = [",".join(line.split(",")[::-1]) for line in (header, *lines)]
    (tmp_path / "turned.csv").write_text("\n".join(turned))
    capsys.readouterr()
    assert main(["transform", lens, str(data)]) == 0
    straight = capsys.readouterr()
    assert main(["transform", lens, str(tmp_path / "turned.csv")]) == 0
    by_name = capsys.readouterr()
    assert by_name.out == straight.out
    assert "taken by name" in by_name.err


def test_a_file_that_lacks_a_column_is_refused(stored, tmp_path, capsys):
    rows = np.loadtxt(stored / "data.csv", delimiter=",", skiprows=1)
    other = tmp_path / "other.csv"
    np.savetxt(other, rows, delimiter=",", header="a,b,c,d,e,f,g", comments="")
    assert main(["transform", str(stored / "lens.npz"), str(other)]) == 2
    assert "lacks columns that the lens was fitted on: at " in capsys.readouterr().err
    np.save(tmp_path / "narrow.npy", rows[:, :5])
    assert main(["transform", str(stored / "lens.npz"), str(tmp_path / "narrow.npy")]) == 2
    assert "fitted on 7 columns; the file has 5" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["text", "array"])
def test_a_pipe_goes_in_and_a_table_alone_comes_out(kind, stored, monkeypatch, capsys):
    data = (stored / "data.csv").read_bytes()
    if kind == "array":
        file = io.BytesIO()
        np.save(file, np.loadtxt(io.BytesIO(data), delimiter=",", skiprows=1))
        data = file.getvalue()
    as_pipe(monkeypatch, data)
    capsys.readouterr()
    assert main(["transform", str(stored / "lens.npz"), "-"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 3001
    assert "3 000 rows, 7 columns" in captured.err


def test_inverse_leads_from_positions_back_to_named_columns(stored, tmp_path, capsys):
    lens, data, seen = str(stored / "lens.npz"), str(stored / "data.csv"), str(tmp_path / "y.csv")
    assert main(["transform", lens, data, "--output", seen]) == 0
    capsys.readouterr()
    assert main(["transform", lens, seen, "--inverse"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == (stored / "data.csv").read_text().splitlines()[0]
    rows = np.array([line.split(",") for line in out[1:]], dtype=float)
    assert_allclose(rows, np.loadtxt(data, delimiter=",", skiprows=1), atol=1e-9)


def test_verdict_of_a_stored_lens_is_one_object_for_a_program(stored, capsys, little_search):
    arguments = ["verdict", str(stored / "lens.npz"), str(stored / "data.csv")]
    capsys.readouterr()
    assert main([*arguments, "--json", "--exit-code"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"]["grade"] == "found"
    places = [int(name.split()[1]) for name in said["order"]]
    assert places in (list(range(7)), list(range(7))[::-1])


def test_exit_code_says_that_nothing_was_found(tmp_path, capsys, little_search):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(400, 4)))
    # Four columns are too few for any verdict, which is known at once.
    assert main(["fit", str(tmp_path / "x.npy"), "--exit-code", "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"]["found"], said["verdict"]["repeatability"]) == (False, None)


def test_info_says_what_is_in_a_lens_and_what_is_installed(stored, capsys):
    capsys.readouterr()
    assert main(["info", str(stored / "lens.npz")]) == 0
    assert "columns in the order found: at " in capsys.readouterr().out
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["versions"]["sklearn-symmetry"] == __version__


def test_lens_that_holds_something_else_is_refused(tmp_path, capsys):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    joblib.dump({"no": "lens"}, tmp_path / "other.joblib")
    for name, message in (("other.npz", "does not hold a lens"), ("other.joblib", "holds no")):
        assert main(["info", str(tmp_path / name)]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("content", [
    b"(", b"d", b"R.", b"b.", b"cnumpy\nndarray\nR.", b"I1x\n.", b"\x80\x04garbage", b"\x80\xff",
    b"\x1f\x8b\x08", b"c__main__\nnope\n.", b"1 2 3\n", b"",
])  # fmt: skip
def test_damaged_pickles_are_named_in_one_line(content, tmp_path, capsys):
    path = tmp_path / "lens.joblib"
    path.write_bytes(content)
    assert main(["info", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {path}: ")


def test_claimed_order_is_compared_and_the_wrong_column_named(stored, tmp_path, capsys):
    claimed = [f"at {at}" for at in (6, 5, 1, 4, 3, 2, 0)]
    (tmp_path / "map.txt").write_text("\n".join(claimed))
    arguments = ["fit", str(stored / "data.csv"), "--no-verdict"]
    assert main([*arguments, "--channel-map", str(tmp_path / "map.txt")]) == 0
    assert "1 of 7 columns found elsewhere: at 1\n" in capsys.readouterr().out


@pytest.mark.parametrize("between", ["\n", ",", ";", "\t", "; ", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_claimed_order_is_read_as_any_other_text(between, encoding, tmp_path):
    names = ["a", "b" if "," in between else "b,c", "größe"]
    path = tmp_path / "map.txt"
    path.write_bytes(f"# of mine\n{between.join(names)}\n".encode(encoding))
    assert read_claim(path, names) == names


@pytest.mark.parametrize(
    "text, message",
    [
        ("at 0\nat 9\n", "claimed names columns that there are not: at 9"),
        ("at 0,at 0", "twice: at 0"),
        ('"' + "a" * 200_000, "field larger"),
        ("{}", "JSON"),
    ],
)
def test_claimed_order_of_unknown_or_repeated_names_is_refused(
    text, message, stored, tmp_path, capsys, no_fit
):
    (tmp_path / "map.txt").write_text(text)
    arguments = ["fit", str(stored / "data.csv"), "--channel-map", str(tmp_path / "map.txt")]
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_reader_that_has_seen_enough_ends_the_program_quietly(stored):
    lens, data = stored / "lens.npz", stored / "data.csv"
    command = f"{sys.executable} -m sklearn_symmetry transform {lens} {data} | head -1"
    process = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert process.stdout.count("\n") == 1
    assert "Traceback" not in process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device here")
@pytest.mark.parametrize("arguments", ["info", "info --json"])
def test_a_full_disk_behind_the_output_is_named_in_one_line(arguments):
    command = f"{sys.executable} -m sklearn_symmetry {arguments} > /dev/full"
    process = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert process.stderr.startswith("error: cannot write the output (No space left")
    assert "Traceback" not in process.stderr
    assert process.returncode != 0


def test_a_standard_input_that_is_closed_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["fit", "-", "--no-verdict"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: standard input: is closed")


# What it says


def test_summary_says_so_when_the_fit_did_not_converge(slices, little_search):
    lens = SymmetryLens(max_iter=1, random_state=0)
    with pytest.warns(match="did not converge"):
        lens.fit(slices.data)
    assert any("did NOT converge" in line for line in _words.found_lines(lens))


@pytest.mark.parametrize("seed", range(3))
def test_shown_samples_go_from_one_end_to_the_other(seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(7)
    lens = BaseEstimator()
    lens.transform = lambda X: X[:, order]
    # Half of the samples are a peak at some position, half next to nothing.
    X = rng.permutation(np.concatenate([np.tile(np.eye(7), (20, 1)), np.full((140, 7), 0.1)]))
    peaks = lens.transform(_report.telling_samples(lens, X, count=21)).argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    assert set(peaks) == set(range(7))


# Lattices


@pytest.fixture
def lattice(quick_solver, tmp_path):
    """A folder with samples of twelve columns, a lens of theirs and a report."""
    np.save(tmp_path / "data.npy", np.random.default_rng(0).laplace(size=(100, 12)))
    names = [str(tmp_path / name) for name in ("data.npy", "lens.npz", "report.png")]
    options = ["--grid-shape", "3x4", "--save", names[1], "--report", names[2], "--no-verdict"]
    assert main(["fit", names[0], *options]) == 0
    return tmp_path


def test_a_lens_on_a_lattice_is_described_and_drawn(lattice, capsys):
    assert main(["info", str(lattice / "lens.npz")]) == 0
    assert "either axis of a lattice of 3 x 4 positions" in capsys.readouterr().out
    assert (lattice / "report.png").read_bytes().startswith(PNG)


def test_rows_are_moved_along_both_axes_of_a_lattice(lattice):
    paths = [str(lattice / name) for name in ("lens.npz", "data.npy", "moved.npy")]
    assert main(["shift", paths[0], paths[1], "--steps=-1,0.5", "--output", paths[2]]) == 0
    expected = load_lens(paths[0]).shift(np.load(paths[1]), (-1, 0.5))
    assert_allclose(np.load(paths[2]), expected)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["fit", "data.npy", "--grid-shape", "wide"], "rows and columns such as 5x5"),
        (["fit", "data.npy", "--grid-shape", "5x5"], "possible are (3, 4)"),
        (["shift", "lens.npz", "data.npy", "--steps", "1,nan"], "finite numbers"),
        (["shift", "lens.npz", "data.npy", "--steps", "1"], "steps"),
    ],
)
def test_what_does_not_suit_a_lattice_is_refused_in_one_line(
    arguments, message, lattice, monkeypatch, capsys
):
    monkeypatch.chdir(lattice)
    with pytest.raises(SystemExit) as caught:
        sys.exit(main(arguments))
    assert caught.value.code == 2
    said = capsys.readouterr().err.strip()
    assert message in said
    assert "\n" not in said
