# SPDX-License-Identifier: BSD-3-Clause
"""The scripts of tests/benchmarks, which only their own runs would try otherwise."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import sklearn_symmetry

FOLDER = Path(__file__).parent / "benchmarks"
GUARD = 300  # seconds


def test_every_benchmark_can_be_imported():
    """Without the packages that some sets need, which are read when they are asked for."""
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    assert "accuracy" in names
    package = str(Path(sklearn_symmetry.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", "".join(f"import {name}\n" for name in names)],
        cwd=FOLDER,
        env=os.environ | {"PYTHONPATH": package},
        capture_output=True,
        text=True,
        timeout=GUARD,
    )
    assert done.returncode == 0, done.stderr


def test_growth_compares_the_same_samples_and_nothing_else(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    growth = importlib.import_module("scale_page")._growth
    times = {65: (1, 2), 130: (4, 8), 257: (9,)}  # of 257 columns one seed is missing
    rows = [
        {"method": "lens", "signal": "narrow", "columns": str(size), "seed": str(seed),
         "cpu_seconds": str(seconds)}
        for size, some in times.items() for seed, seconds in enumerate(some)
    ]  # fmt: skip
    said = growth(rows)
    assert "- to 130 columns: 4.0, 4.0 times, as the power 2.0 of" in said
    assert "257" not in said
    assert growth(rows[2:]) == ""
