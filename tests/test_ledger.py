# SPDX-License-Identifier: BSD-3-Clause
"""Files of results: one row a run, of the present search, whatever interrupts them."""

import csv
import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"
NAMES = ("ledger", "pool", "stamps", "all")


@pytest.fixture(scope="module")
def tools():
    sys.path.insert(0, str(BENCHMARKS))
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path.remove(str(BENCHMARKS))
    for name in NAMES:
        sys.modules.pop(name, None)


def half(x):
    """A run that fails for one of its tasks."""
    if x == 13:
        raise ValueError("thirteen")
    return {"x": x, "y": x / 2}


@pytest.fixture
def table(tools):
    return tools["ledger"].Table("halves", ("x", "y"), ("x",), half, guess=0.1)


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def stamped_text(tools, *lines):
    return "x,y,stamp\n" + "".join(f"{line},{tools['stamps'].stamp()}\n" for line in lines)


def copy_of_package(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


CODE = '"""Words."""\n\n\ndef two():\n    """Two."""\n    return 2  # not 3\n'


@pytest.mark.parametrize(
    "other, same",
    [
        (CODE.replace("Words", "Other words"), True),
        (CODE.replace("not 3", "never 3"), True),
        (CODE.replace('"""Two."""', '"""\n    Two.\n    """'), True),
        (CODE.replace("return 2", "return 3"), False),
        (CODE.replace("def two", "def three"), False),
    ],
)
def test_a_stamp_changes_with_the_code_and_not_with_its_words(other, same, tools, tmp_path):
    stamp_of = tools["stamps"].stamp_of
    first = stamp_of(copy_of_package(tmp_path, one=CODE), ["."], 1.0)
    assert (stamp_of(copy_of_package(tmp_path, one=other), ["."], 1.0) == first) is same
    assert stamp_of(copy_of_package(tmp_path, one=CODE), ["."], 2.0) != first
    assert stamp_of(copy_of_package(tmp_path, one=CODE, two=CODE), ["."], 1.0) != first


def test_a_stamp_of_a_module_looks_at_what_it_imports(tools, tmp_path):
    stamp_of = tools["stamps"].stamp_of
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        copy_of_package(tmp_path / folder, __init__="", used=CODE, unused=CODE)
    copy_of_package(tmp_path / "one", top="from ..two.used import two\nfrom . import used\n")
    first = stamp_of(tmp_path, ["one/top.py"], 1.0)
    for folder, name, same in (
        ("one", "used", False), ("two", "used", False), ("two", "__init__", False),
        ("one", "unused", True), ("two", "unused", True),
    ):  # fmt: skip
        path = tmp_path / folder / f"{name}.py"
        text = path.read_text()
        path.write_text(text + "x = 1\n")
        assert (stamp_of(tmp_path, ["one/top.py"], 1.0) == first) is same
        path.write_text(text)


def test_kinds_of_tables_have_stamps_of_their_own(tools):
    kinds = ["search", "verdict", "lattice", "lattice_verdict", "paper"]
    stamps = [tools["stamps"].stamp(kind) for kind in kinds]
    assert len({one.split()[1] for one in stamps}) == len(kinds)
    assert [one.split()[0] for one in stamps] == kinds


def test_what_is_left_out_of_a_stamp_does_not_change_it(tools, tmp_path):
    stamp_of = tools["stamps"].stamp_of
    package = copy_of_package(tmp_path, one=CODE, two=CODE)
    first = stamp_of(package, ["."], 1.0, ("two.py",))
    assert stamp_of(package, ["."], 1.0) != first
    copy_of_package(tmp_path, two="x = 1\n")
    assert stamp_of(package, ["."], 1.0, ("two.py",)) == first


def test_rows_of_an_older_search_are_missing_and_are_replaced(tools, table, tmp_path):
    path = tmp_path / "halves.csv"
    path.write_text("x,y\n1,0.5\n2,7\n")
    ledger = tools["ledger"].Ledger(table, tmp_path)
    assert not ledger.has({"x": 1})
    ledger.put({"x": 2}, [{"x": 2, "y": 1.0}])
    assert ledger.has({"x": 2})
    assert not ledger.has({"x": 1})
    present = tools["stamps"].stamp()
    assert [tuple(row.values()) for row in rows_of(path)] == [
        ("1", "0.5", ""),
        ("2", "1.0", present),
    ]
    assert tools["ledger"].Ledger(table, tmp_path).has({"x": 2})


def test_a_row_of_another_run_is_refused(tools, table, tmp_path):
    ledger = tools["ledger"].Ledger(table, tmp_path)
    with pytest.raises(ValueError, match=r"the run \('2',\) gave a row of \('3',\)"):
        ledger.put({"x": 2}, [{"x": 3, "y": 1.0}])
    assert not ledger.has({"x": 2})


def test_a_row_that_was_cut_off_is_run_again(tools, table, tmp_path):
    path = tmp_path / "halves.csv"
    path.write_text(stamped_text(tools, "1,0.5") + "2,1")
    ledger = tools["ledger"].Ledger(table, tmp_path)
    assert ledger.has({"x": 1})
    assert not ledger.has({"x": 2})


def test_what_is_missing_is_run_the_rest_is_kept_and_an_error_ends_no_other(
    tools, table, tmp_path, capsys
):
    path = tmp_path / "halves.csv"
    path.write_text(stamped_text(tools, "1,own"))
    ledger = tools["ledger"].Ledger(table, tmp_path)
    failed = tools["pool"].complete([(ledger, [{"x": x} for x in (1, 13, 4)])], jobs=2)
    assert failed == 1
    assert "thirteen" in capsys.readouterr().err
    assert {row["x"]: row["y"] for row in rows_of(path)} == {"1": "own", "4": "2.0"}


def test_nothing_is_begun_that_would_not_end_in_time(tools, table, tmp_path):
    ledger = tools["ledger"].Ledger(table, tmp_path)
    assert tools["pool"].complete([(ledger, [{"x": 1}])], minutes=0.001) == 0
    assert not ledger.has({"x": 1})


def test_a_run_without_its_package_is_named_and_stays_missing(tools, tmp_path):
    table = tools["ledger"].Table(
        "halves", ("x", "y"), ("x",), half, needs=lambda task: ("no_such_package",)
    )
    ledger = tools["ledger"].Ledger(table, tmp_path)
    assert tools["pool"].complete([(ledger, [{"x": 1}])]) == 0
    line = tools["all"].report(ledger, [{"x": 1}], [{"x": 1}])
    assert line == "halves: 1 of 1 missing; 1 need no_such_package, which is not here"


def test_costs_are_those_of_the_last_run_or_of_others_like_it(tools, tmp_path):
    table = tools["ledger"].Table(
        "halves", ("x", "y", "s"), ("x",), half, took="s", like=("y",), guess=9.0
    )
    (tmp_path / "halves.csv").write_text("x,y,s\n1,a,2\n2,a,4\n3,b,50\n4,b,\n")
    ledger = tools["ledger"].Ledger(table, tmp_path)
    assert ledger.seconds({"x": 1, "y": "a"}) == 2
    assert ledger.seconds({"x": 9, "y": "a"}) == 3
    assert ledger.seconds({"x": 4, "y": "b"}) == 50
    assert ledger.seconds({"x": 9, "y": "z"}) == 4
    (tmp_path / "halves.csv").unlink()
    assert tools["ledger"].Ledger(table, tmp_path).seconds({"x": 1, "y": "a"}) == 9


def test_the_page_says_which_rows_another_search_made(tools, table, tmp_path):
    pytest.importorskip("sphinx")
    sys.path.insert(0, str(BENCHMARKS.parents[1] / "docs" / "_ext"))
    try:
        import stamped
    finally:
        sys.path.pop(0)
    present = tools["stamps"].stamp()
    (tmp_path / "new.csv").write_text(stamped_text(tools, "1,0.5"))
    (tmp_path / "old.csv").write_text("x,y\n1,0.5\n")
    (tmp_path / "two.csv").write_text(stamped_text(tools, "1,0.5", "2,1.0") + "3,1.5,search 00\n")
    assert list(stamped.lines(tmp_path)) == [
        ("new.csv", "1", f"{present} (the present one): 1", True),
        ("old.csv", "1", "before there were stamps: 1", False),
        ("two.csv", "3", f"{present} (the present one): 2, search 00: 1", False),
    ]


def test_the_list_tells_what_is_missing(tools, tmp_path, capsys):
    status = tools["all"].main(["--list", "--tables", "shuffled", "--results", str(tmp_path)])
    assert status == 1
    assert "shuffled: 246 of 246 missing" in capsys.readouterr().out


def test_rows_of_a_stamp_as_good_count_until_the_code_changes(tools, table, tmp_path, monkeypatch):
    path, present = tmp_path / "halves.csv", tools["stamps"].stamp()
    path.write_text("x,y,stamp\n1,0.5,search 00\n")
    ledger = tools["ledger"].Ledger(table, path=path)
    for newer, counts in ((present, True), ("search 01", False)):
        monkeypatch.setitem(tools["stamps"].SAME, "search 00", newer)
        assert ledger.has({"x": 1}) is counts
        assert not ledger.has({"x": 1}, exactly=True)
    monkeypatch.setitem(tools["stamps"].SAME, "search 01", present)
    assert ledger.has({"x": 1})


def test_some_rows_are_made_again_and_compared(tools, table, tmp_path, monkeypatch, capsys):
    path = tmp_path / "halves.csv"
    path.write_text("x,y,stamp\n1,0.5,search 00\n4,2.5,search 00\n")
    monkeypatch.setitem(tools["stamps"].SAME, "search 00", tools["stamps"].stamp())
    ledger, tasks = tools["ledger"].Ledger(table, path=path), [{"x": 1}, {"x": 4}]
    monkeypatch.setattr(tools["all"], "work", lambda names: [(ledger, tasks, [])])
    assert tools["all"].again(None, 2) == 1
    said = capsys.readouterr().out
    assert "halves: 1: the same" in said
    assert "halves: 4: y 2.0, was 2.5" in said


def test_tables_that_pages_include_are_as_their_rows_say(tools):
    for path, text in tools["all"].included():
        assert path.read_text() == text, f"{path.name}: tests/benchmarks/all.py --pages"
