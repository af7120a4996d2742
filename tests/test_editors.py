# SPDX-License-Identifier: BSD-3-Clause
"""What editors and type checkers know: annotations, and the fitted attributes."""

import inspect
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import sklearn_symmetry
from sklearn_symmetry import SymmetryLens

PACKAGE = Path(sklearn_symmetry.__file__).parent
MODULES = ("", ".datasets", ".inspection", ".metrics", ".nn", ".persistence")


def public():
    """Functions, and methods of classes, that are offered to everybody."""
    for suffix in MODULES:
        module = import_module("sklearn_symmetry" + suffix)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isfunction(thing):
                yield thing
            elif inspect.isclass(thing):
                for method in vars(thing).values():
                    method = getattr(method, "__func__", method)
                    method = inspect.unwrap(method)
                    named = inspect.isfunction(method) and method.__module__.startswith(
                        "sklearn_symmetry"
                    )
                    if named and not method.__name__.startswith("_"):
                        yield method


def test_the_package_says_that_it_is_annotated():
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize("function", [pytest.param(one, id=one.__qualname__) for one in public()])
def test_public_signatures_are_annotated(function):
    signature = inspect.signature(function)
    bare = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.annotation is inspect.Parameter.empty and name not in ("self", "cls")
    ]
    assert bare == []
    if function.__name__ != "extra_repr":
        assert signature.return_annotation is not inspect.Signature.empty


def test_fitted_attributes_are_declared(quick_solver):
    lens = SymmetryLens().fit(np.random.default_rng(0).laplace(size=(50, 5)))
    fitted = {name for name in vars(lens) if name.endswith("_") and not name.startswith("_")}
    assert fitted <= set(inspect.get_annotations(SymmetryLens))


@pytest.mark.parametrize(
    "line, expected",
    [
        ("lens.", ["generator_", "column_order_", "converged_", "verdict"]),
        ("lens.verdict(X).", ["grade", "headline", "repeatability"]),
        ("lens.generator_.", ["shape", "argmax"]),
        ("data.", ["basis", "signal", "generator"]),
    ],
)
def test_an_editor_completes_what_a_fit_gives(line, expected):
    jedi = pytest.importorskip("jedi")
    code = (
        "from sklearn_symmetry import SymmetryLens\n"
        "from sklearn_symmetry.datasets import load_digit_slices\n"
        "data = load_digit_slices(100, 7)\nX = data.data\nlens = SymmetryLens().fit(X)\n"
    )
    # As an editor does it: the sources are read, nothing is imported.
    project = jedi.Project(PACKAGE.parent, added_sys_path=[str(PACKAGE.parent)])
    script = jedi.Script(code + line, project=project)
    names = {found.name for found in script.complete(6, len(line))}
    assert set(expected) <= names


def test_a_type_checker_knows_a_fit_and_its_misspellings(tmp_path):
    """Pyright, away from the repository, with the package as the README installs it."""
    pytest.importorskip("basedpyright")
    (tmp_path / "own.py").write_text(
        "from sklearn_symmetry import SymmetryLens\n"
        "from sklearn_symmetry.datasets import load_digit_slices\n"
        "X = load_digit_slices(100, 7).data\nlens = SymmetryLens(n_init=3).fit(X)\n"
        "reveal_type(lens)\nreveal_type(lens.generator_)\nreveal_type(lens.verdict(X).grade)\n"
        'lens.fitt(X)\nSymmetryLens(bondary="open")\n'
    )
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "own.py"]
    command += ["--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
    found = json.loads(run.stdout)["generalDiagnostics"]
    said = {one["range"]["start"]["line"] + 1: (one["severity"], one["message"]) for one in found}
    expected = {
        5: ("information", 'Type of "lens" is "SymmetryLens"'),
        6: ("information", "ndarray"),
        7: ("information", "'found', 'likely'"),
        8: ("error", '"fitt"'),
        9: ("error", '"bondary"'),
    }
    for line, (severity, words) in expected.items():
        assert said[line][0] == severity
        assert words in said[line][1]
