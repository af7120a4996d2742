# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of a lens before a network compares what it says it compares."""

import csv
import gzip
import importlib
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

EXAMPLES = Path(__file__).parent.parent / "examples"
QUICK = ("--sets", "events", "--samples", "300", "--labels", "40", "--steps", "5")


@pytest.fixture
def script(monkeypatch):
    """The script, with nothing remembered of other tests."""
    monkeypatch.syspath_prepend(EXAMPLES / "paper")
    monkeypatch.syspath_prepend(EXAMPLES)
    script = importlib.import_module("adapter_benchmark")
    for function in (script.make_samples, script.find_lens):
        function.cache_clear()
    monkeypatch.setattr(script, "N_TEST", 500)
    return script


@pytest.fixture
def command(script, tmp_path):
    """Run the script on few samples, for a moment of training."""

    def run(*options):
        folders = ["--results", str(tmp_path), "--figures", str(tmp_path)]
        script.main([*QUICK, "--repeats", "1", *folders, "--page", f"{tmp_path}/page.md", *options])

    return run


@pytest.fixture
def tasks(script, tmp_path):
    """Options, and all runs of one small set."""
    options = ["--results", str(tmp_path), "--figures", str(tmp_path), "--repeats", "1", *QUICK]
    args = script.parsed(options)
    return args, script.plan(args)


def accuracies(script, args, tasks, mixing):
    rows = [script.run_one(task, args) for task in tasks if task["mixing"] == mixing]
    return {row["model"]: row["accuracy"] for row in rows}


@pytest.mark.parametrize("mixing", ["permutation", "frequency", "orthogonal"])
def test_true_lens_closes_the_gap_exactly(script, tasks, mixing, monkeypatch):
    basis = script.hiding_basis(33, mixing, 0)
    monkeypatch.setattr(script, "find_lens", lambda *key: (basis.T, 1.0, 0.0, ""))
    found = accuracies(script, *tasks, mixing)
    original = accuracies(script, *tasks, "none")[script.ORIGINAL]
    # Rounding may turn one or two of the test samples.
    assert_allclose(found[script.LENS], original, atol=2.01 / script.N_TEST)
    assert found[script.MIXED] != original


def test_lens_learns_from_mixed_rows_without_test_samples(script, tasks, quick_solver):
    args, all_tasks = tasks
    accuracies(script, args, all_tasks, "orthogonal")
    ((seen, _, _),) = quick_solver.calls
    samples = script.make_samples("events", 300, 0, None)
    basis = script.hiding_basis(33, "orthogonal", 0)
    assert_allclose(seen, samples.unlabelled @ basis.T, atol=1e-12)
    assert not np.isin(samples.X_test[:, 0, 0], samples.unlabelled[:, 0]).any()


def test_every_run_is_a_row_and_resuming_adds_none(command, tmp_path, quick_solver, capsys):
    pytest.importorskip("matplotlib")
    command()
    with (tmp_path / "adapter.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # The original; two of every mixing; three that no mixing changes.
    assert len(rows) == 1 + 3 * 2 + 3
    assert len(quick_solver.calls) == 3
    assert all(0 <= float(row["accuracy"]) <= 1 for row in rows)
    assert all((row["cosine"] != "") == row["model"].startswith("lens") for row in rows)
    first = [(tmp_path / name).read_text() for name in ("adapter.csv", "page.md")]
    assert "one of" not in first[1]
    command("--resume")
    assert [(tmp_path / name).read_text() for name in ("adapter.csv", "page.md")] == first
    assert (tmp_path / "adapter.png").stat().st_size > 1000
    with pytest.raises(SystemExit, match="--resume.*--overwrite"):
        command()


def test_the_page_alone_is_that_of_the_rows_there_are(command, tmp_path, quick_solver):
    pytest.importorskip("matplotlib")
    command()
    page = tmp_path / "page.md"
    text, n_fits = page.read_text(), len(quick_solver.calls)
    page.unlink()
    command("--page-only", "--overwrite")  # nothing is forgotten
    assert page.read_text() == text
    assert len(quick_solver.calls) == n_fits


def test_failed_fit_is_a_row_and_the_page_says_so(script, command, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    failure = (None, "", 0.1, "loss is nan")
    monkeypatch.setattr(script, "find_lens", lambda *key: failure)
    command()
    assert (tmp_path / "adapter.csv").read_text().count("loss is nan") == 3
    assert "| events | random rotation |  | failed |" in (tmp_path / "page.md").read_text()


def test_sets_that_are_not_there_are_left_out_and_named(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    folders = ["--results", str(tmp_path), "--figures", str(tmp_path)]
    args = script.parsed(folders)
    assert args.sets == ["events", "waveforms"]
    said = capsys.readouterr().out
    assert "--mnist PATH" in said
    assert "seglearn" in said


@pytest.mark.parametrize(
    "option",
    [("--labels", "0"), ("--steps", "0"), ("--solver", "paper"), ("--mnist", "download")],
    ids="=".join,
)
def test_options_without_meaning_are_refused(script, tmp_path, option, capsys):
    folders = ["--results", str(tmp_path), "--figures", str(tmp_path)]
    with pytest.raises(SystemExit):
        script.parsed([*folders, *option])
    assert f"{option[0][2:]}" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_recovered_is_the_share_of_the_gap(script, share):
    groups = {
        ("events", 40, script.ORIGINAL, "none"): [0.9, 0.7],
        ("events", 40, script.MIXED, "orthogonal"): [0.5, 0.3],
        ("events", 40, script.LENS, "orthogonal"): [0.4 + 0.4 * share],
    }
    assert_allclose(script.recovered(groups, "events", 40, "orthogonal"), share, atol=1e-12)
    assert script.recovered(groups, "events", 40, "frequency") is None
    groups["events", 40, script.MIXED, "orthogonal"] = [0.9, 0.69]
    assert script.closed(script.recovered(groups, "events", 40, "orthogonal")) == "no gap"


# Sets


@pytest.fixture
def mnist(tmp_path):
    """Forty pictures whose ink, one column, tells the class: 2 * 28 - 1 digits' columns."""
    y = np.arange(40) % 10
    images = np.zeros((40, 28, 28), np.uint8)
    images[np.arange(40), :, 4] = 20 * (y[:, None] + 1)
    images[:, :, 23] = 255
    for name, array in (("images-idx3", images), ("labels-idx1", y.astype(np.uint8))):
        head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        (tmp_path / f"t-{name}-ubyte.gz").write_bytes(gzip.compress(head + array.tobytes()))
    return str(tmp_path / "t-images-idx3-ubyte.gz")


def test_labelled_frames_show_the_whole_digit_and_unlabelled_ones_also_parts(script, mnist):
    samples = script.make_samples("mnist", 1000, 0, mnist)
    X, y = np.concatenate([samples.X, samples.X_test]), np.r_[samples.y, samples.y_test]
    assert X.shape == (40, 28, 36)
    means = X.mean(axis=1)  # the noise averages out
    ink = means > 0.04
    assert_array_equal(ink.sum(axis=1), 2)
    places = ink.argmax(axis=1)
    assert_array_equal(ink[:, ::-1].argmax(axis=1), 36 - 20 - places)
    heights = np.take_along_axis(means, places[:, None], axis=1)[:, 0]
    assert_array_equal(np.round(heights * 255 / 20) - 1, y)
    assert len(set(places)) > 5
    cut_off = (samples.unlabelled > 0.9).sum(axis=1) + (samples.unlabelled > 0.04).sum(axis=1) < 3
    assert cut_off.any()


def test_people_of_the_test_are_not_in_training(script, tmp_path, monkeypatch):
    (tmp_path / "seglearn" / "data").mkdir(parents=True)
    (tmp_path / "seglearn" / "__init__.py").touch()
    # The last sensor of person p swings p + 1 times in a window.
    person, time = np.repeat(np.arange(6), 2), np.arange(200)
    noise = np.random.default_rng(0).standard_normal((200, 5))
    series = [np.c_[noise, np.sin(2 * np.pi * time * (p + 1) / 64)] for p in person]
    table = {"X": series, "y": person % 3, "subject": person}
    np.save(tmp_path / "seglearn" / "data" / "watch_dataset.npy", table, allow_pickle=True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(importlib.sys.modules, "seglearn", raising=False)
    importlib.invalidate_caches()
    samples = script.make_samples("watch", 50, 0, None)
    assert samples.X.shape[1:] == samples.X_test.shape[1:] == (6, 32)
    assert len(samples.X) == 2 * len(samples.X_test)
    assert samples.unlabelled.shape == (50, 32)

    def people(X):
        return set(np.abs(np.fft.rfft(X[:, 5])).argmax(axis=1) - 1)

    assert len(people(samples.X)) == 4
    assert people(samples.X) | people(samples.X_test) == set(range(6))
