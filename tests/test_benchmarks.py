# SPDX-License-Identifier: BSD-3-Clause
"""The scripts of tests/benchmarks, which only their own runs would try otherwise."""

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
