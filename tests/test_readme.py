# SPDX-License-Identifier: BSD-3-Clause
"""The examples of README.md run as they stand, and print what is shown below them."""

import re
from pathlib import Path

import pytest
import torch

import sklearn_symmetry

README = Path(sklearn_symmetry.__file__).parents[1] / "README.md"
EXAMPLE = re.compile(r"<!-- test: (\w+) -->\n```python\n(.*?)```\n\n```text\n(.*?)```", re.S)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NEEDS = {"pipeline": "skorch"}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(not README.exists(), reason="README.md is not part of an installed package"),
]


def text():
    return README.read_text(encoding="utf-8") if README.exists() else ""


def examples():
    return [pytest.param(*found, id=found[0]) for found in EXAMPLE.findall(text())]


@pytest.fixture(autouse=True)
def kept_rng():
    """A network draws its weights from torch's global randomness, which is put back."""
    with torch.random.fork_rng(devices=[]):
        yield


def test_every_example_shows_its_output_and_is_a_test():
    assert len(EXAMPLE.findall(text())) == text().count("```python") >= 6


@pytest.mark.parametrize(("name", "code", "shown"), examples())
def test_example_prints_what_is_shown(name, code, shown, capsys):
    """Words are the same; numbers are as close as machines are to each other."""
    pytest.importorskip(NEEDS.get(name, "torch"))
    exec(compile(code, f"README.md, {name}", "exec"), {})
    printed = capsys.readouterr().out.rstrip()
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", shown.rstrip())
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(shown), strict=True)
    assert all(abs(float(one) - float(two)) <= 0.05 + 0.1 * abs(float(two)) for one, two in pairs)


def test_tables_are_those_of_the_results(monkeypatch):
    """README.md is written by tests/benchmarks/result_tables.py, from the files of results."""
    monkeypatch.syspath_prepend(README.parent / "tests" / "benchmarks")
    import result_tables

    for name, made in (
        ("results", result_tables.readme_results()),
        ("seconds", result_tables.readme_seconds()),
    ):
        (found,) = re.findall(rf"<!-- {name} -->\n\n(.*)\n<!-- /{name} -->", text(), re.S)
        assert found == made
