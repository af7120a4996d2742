# SPDX-License-Identifier: BSD-3-Clause
"""A fast slice of tests/benchmarks/robustness.py: troubled data crash nothing."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.fixture
def robustness(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield importlib.import_module("robustness")
    for name in ("robustness", "result_tables", "ledger", "pool", "stamps"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("hiding", "noise"),
    [("frequency", 0.5), ("permutation", 0.0), ("orthogonal", 0.0), ("orthogonal", 0.5)],
)
def test_calm_sets_are_solved(hiding, noise, robustness):
    case = robustness.Case("test", 1, features=13, samples=8000, noise=noise, hiding=hiding)
    row = robustness.run(case)
    assert row["error"] == ""
    assert float(row["cosine"]) > robustness.RIGHT
    assert row["found"]


def test_a_descent_from_the_truth_stays_there(robustness):
    case = robustness.Case("test", 2, signal="legendre", features=9, samples=3000, direction="any")
    row = robustness.truth_task(**robustness.asdict(case))
    assert float(row["above_noise"]) > robustness.RIGHT
    assert row["starts"] == 0


def test_a_search_that_failed_on_one_half_is_made_up_for(robustness):
    """One half alone led to a cosine of 0.92, and the verdict did not believe a right fit."""
    row = robustness.run(robustness.random_case(55))
    assert float(row["cosine"]) > robustness.RIGHT
    assert row["found"]


def test_all_troubles_at_once_crash_nothing(robustness):
    case = robustness.Case(
        "test", 2, signal="legendre", features=5, samples=180, noise=1.0, outliers=0.01,
        missing=0.4, offset=10.0, direction="any",
    )  # fmt: skip
    row = robustness.run(case)
    assert row["error"] == ""
    for name in ("cosine", "score"):
        assert np.isfinite(float(row[name])), name


def test_outliers_and_offsets_are_those_that_the_table_names(robustness):
    calm = {"features": 5, "samples": 500}
    plain, truth = robustness.make(robustness.Case("test", 3, **calm))
    wild, same = robustness.make(robustness.Case("test", 3, outliers=0.01, **calm))
    ratio = np.linalg.norm(wild, axis=1) / np.linalg.norm(plain, axis=1)
    assert sorted(set(ratio.round(6))) == [1, 100]
    assert (ratio > 50).sum() == 5
    assert (truth == same).all()
    moved, _ = robustness.make(robustness.Case("test", 3, offset=2.0, **calm))
    step = moved - plain
    np.testing.assert_allclose(step - step[0], 0, atol=1e-12)
    size = np.sqrt((plain**2).sum(1).mean())
    np.testing.assert_allclose(np.linalg.norm(step[0]), 2 * size)


def test_random_trials_do_not_depend_on_their_number(robustness):
    cases = [case for case in robustness.cases() if case.part == "random"]
    trials = [*robustness.SEEN, *robustness.FRESH]
    assert cases == [robustness.random_case(trial) for trial in trials]


def test_objections_are_counted_without_their_numbers(robustness):
    against = [
        "not stationary: energy divergence 8 (1; 2 would pass)",
        "halves differ (cosine 0.1; 0.9 would pass) | not stationary: energy divergence 9",
        "",
    ]
    rows = [
        {"cosine": cosine, "against": one}
        for cosine, one in zip(("0.999", "0.1", "0.999"), against, strict=True)
    ]
    assert robustness.objections(rows) == [("not stationary", 1, 1), ("halves differ", 0, 1)]
