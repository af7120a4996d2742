# SPDX-License-Identifier: BSD-3-Clause
"""Which search a number came from: a stamp of the source that decides results.

    python tests/benchmarks/stamps.py    # the present ones

A stamp is a hash of the code without comments, docstrings and blank lines, and of the values of the
tuned numbers without their reasons: words may change, results may not. There are three, since a
table should not be measured anew for what it does not look at.
"""

import ast
import hashlib
import io
import tokenize
from functools import lru_cache
from pathlib import Path

import sklearn_symmetry
from sklearn_symmetry.solver.tuning import DEFAULT

PACKAGE = Path(sklearn_symmetry.__file__).parent
# What each kind of table looks at; `solver/tuning.py` counts by its values.
LOOKS_AT = {
    "search": ("core", "solver", "statistics"),
    "verdict": ("core", "solver", "statistics", "_verdict"),
    "paper": ("core", "solver/paper.py"),
}
OWN_VALUES = "solver/tuning.py"


def bare(source):
    """The lines of a module that do something."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [""] * (text.end_lineno - text.lineno + 1)
    return [line.rstrip() for line in lines if line.strip()]


def stamp_of(package, parts, numbers):
    """Of some folders and files of a package, and the numbers that they work with."""
    found = hashlib.sha256(repr(numbers).encode())
    for path in sorted(path for part in parts for path in _modules(package / part)):
        name = path.relative_to(package).as_posix()
        if name != OWN_VALUES:
            found.update("\n".join((name, *bare(path.read_text("utf-8")), "")).encode())
    return found.hexdigest()[:10]


def _modules(path):
    return path.rglob("*.py") if path.is_dir() else [path]


@lru_cache
def stamp(kind="search"):
    """The present stamp of a kind of table, as in its column ``stamp``."""
    # The paper's procedure is tuned in one number alone.
    numbers = DEFAULT.compiled_from if kind == "paper" else DEFAULT
    return f"{kind} {stamp_of(PACKAGE, LOOKS_AT[kind], numbers)}"


if __name__ == "__main__":
    print(*map(stamp, LOOKS_AT), sep="\n")
