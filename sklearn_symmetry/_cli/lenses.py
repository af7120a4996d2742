# SPDX-License-Identifier: BSD-3-Clause
"""Lenses in and out."""

from pathlib import Path

from .. import SymmetryLens
from .._io import BadInput, check_output, write_atomically
from ..persistence import load_lens, save_lens

__all__ = ["check_lens_output", "read_lens", "write_lens"]

SUFFIXES = (".npz", ".joblib")


def check_lens_output(path):
    """Fail before the work if a lens cannot be written to a path; None: it is not."""
    check_output(path, SUFFIXES)


def write_lens(lens, path):
    """Plain arrays (``.npz``), or by joblib."""
    try:
        if Path(path).suffix.lower() == ".npz":
            save_lens(lens, path)
            return
        import joblib

        write_atomically(path, lambda file: joblib.dump(lens, file))
    except OSError as error:
        raise BadInput(f"cannot write: {error}") from error


def read_lens(path):
    """A fitted lens of a file.

    Raises
    ------
    BadInput
        If the file holds none.
    """
    kind = Path(path).suffix.lower()
    if kind not in SUFFIXES:
        raise BadInput(f"{path}: expected a lens, a file {' or '.join(SUFFIXES)}, as of fit --save")
    if not Path(path).is_file():
        raise BadInput(f"{path}: no such file")
    try:
        lens = load_lens(path) if kind == ".npz" else _unpickled(path)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise BadInput(str(error)) from error
    if type(lens) is not SymmetryLens or not hasattr(lens, "group_conv_matrix_"):
        raise BadInput(f"{path}: holds no fitted SymmetryLens")
    return lens


def _unpickled(path):
    import joblib

    try:
        return joblib.load(path)
    except OSError:
        raise
    except Exception as error:  # damaged bytes can call anything that pickle knows
        raise BadInput(
            f"{path}: cannot be loaded by joblib ({error or type(error).__name__}); it is damaged, "
            f"or something else than a lens: save it anew"
        ) from error
