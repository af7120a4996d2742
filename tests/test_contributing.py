# SPDX-License-Identifier: BSD-3-Clause
"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the package."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Without what costs most and has nothing to do with the terms.
QUICK = """
from dataclasses import replace
from functools import partial
from sklearn_symmetry import _lens
from sklearn_symmetry.solver.tuning import DEFAULT

_lens.solve = partial(_lens.solve, tuning=replace(DEFAULT, mending_rounds=0, few=0, fewest=0))
"""
TRY = """
import numpy as np
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals

X = make_symmetric_signals(400, 5, symmetry="orthogonal", random_state=0).data
options = {"n_init": 1, "max_iter": 5, "random_state": 0}
without, with_it = (SymmetryLens(roughness=w, **options).fit(X) for w in (0.0, 1.0))
assert len(without.loss_terms_["roughness"]) == len(without.loss_curve_)
terms = sum(
    weight * np.array(with_it.loss_terms_[name])
    for name, weight in {"alignment": 1, "uniformity": 2, "resolution": 1, "information": 1,
                         "roughness": 1}.items()
)
np.testing.assert_allclose(with_it.loss_curve_, terms, rtol=1e-6)
np.save(FILE, without.group_conv_matrix_)
paper = SymmetryLens(roughness=1.0, init="random", max_iter=3, random_state=0).fit(X)
assert len(paper.loss_terms_["roughness"]) == 3
try:
    SymmetryLens(roughness=-1.0).fit(X)
except ValueError as error:
    assert "roughness" in str(error)
"""
PLAIN = """
import numpy as np
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals

X = make_symmetric_signals(400, 5, symmetry="orthogonal", random_state=0).data
lens = SymmetryLens(n_init=1, max_iter=5, random_state=0).fit(X)
np.testing.assert_array_equal(lens.group_conv_matrix_, np.load(FILE))
"""


def edit(path, *changes):
    """Replace pieces of a file, each of which stands there once."""
    text = path.read_text()
    for old, new in changes:
        assert text.count(old) == 1, (path, old)
        text = text.replace(old, new)
    path.write_text(text)


def run(code, folder, **names):
    for name, value in names.items():
        code = code.replace(name, repr(str(value)))
    options = {"capture_output": True, "text": True, "cwd": folder}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", QUICK + code], **options)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def package(tmp_path):
    shutil.copytree(ROOT / "sklearn_symmetry", tmp_path / "sklearn_symmetry")
    return tmp_path / "sklearn_symmetry"


def test_a_loss_term_is_one_file_one_name_in_a_list_and_one_parameter(package, tmp_path):
    recipe = (ROOT / "CONTRIBUTING.md").read_text()
    term = re.search(r"<!-- test: term -->\n```python\n(.*?)```", recipe, re.DOTALL)[1]
    (package / "core" / "losses" / "roughness.py").write_text(term)
    edit(
        package / "core" / "losses" / "total.py",
        ("from .uniformity", "from .roughness import Roughness\nfrom .uniformity"),
        ("Resolution, Information)", "Resolution, Information, Roughness)"),
    )
    edit(
        package / "_lens.py",
        ("        information: float = 1.0,\n",
         "        information: float = 1.0,\n        roughness: float = 0.0,\n"),
        ("        self.information = information\n",
         "        self.information = information\n        self.roughness = roughness\n"),
    )  # fmt: skip
    run(TRY, tmp_path, FILE=tmp_path / "matrix.npy")
    # A term of weight 0 changes nothing.
    run(PLAIN, ROOT, FILE=tmp_path / "matrix.npy")
