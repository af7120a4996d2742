# SPDX-License-Identifier: BSD-3-Clause
"""The tuned numbers of the solver stand in one place, with unit, reason and command."""

import re
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

import sklearn_symmetry.solver
from sklearn_symmetry.solver.tuning import DEFAULT, Tuning

ROOT = Path(__file__).resolve().parents[1]
SOLVER = Path(sklearn_symmetry.solver.__file__).parent
SOURCES = sorted(set(SOLVER.rglob("*.py")) - {SOLVER / "tuning.py"})


@pytest.mark.parametrize("number", fields(Tuning), ids=lambda number: number.name)
def test_every_number_has_a_unit_a_reason_and_a_command_that_exists(number):
    assert number.metadata["unit"]
    assert re.fullmatch(r"[A-Z`].*[.]", number.metadata["reason"])
    script = number.metadata["command"].removeprefix("python ").split()[0]
    assert (ROOT / script).is_file()


@pytest.mark.parametrize("number", fields(Tuning), ids=lambda number: number.name)
def test_every_number_is_read(number):
    assert any(re.search(rf"\.{number.name}\b", path.read_text()) for path in SOURCES)


def test_numbers_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        DEFAULT.pooled = 1.0
    assert replace(DEFAULT, pooled=1.0) != DEFAULT
