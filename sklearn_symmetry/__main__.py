# SPDX-License-Identifier: BSD-3-Clause
"""Command line: unmix real digit slices (the main job), or fit the user's own file."""

import argparse
import importlib.util
import os
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from . import SymmetryLens
from ._report import draw_report, summary, write_atomically
from .datasets import load_digit_slices, load_photo_rows

HIDINGS = {
    "permutation": "permutation",
    "frequency": "frequency",
    "rotation": "orthogonal",
    "none": "translation",
}
LOADERS = {"digits": (load_digit_slices, 11), "photos": (load_photo_rows, 33)}
SHOWN = 7


class BadInput(Exception):
    """Something the user can mend; the message says how."""


def build_parser():
    """The argument parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sklearn_symmetry",
        description="Find the hidden symmetry of raw vectors. Without a command: mix the pixels of "
        "real digit slices in secret, fit, and compare with the secret.",
    )
    parser.add_argument("--data", choices=LOADERS, default="digits")
    parser.add_argument("--hide", choices=HIDINGS, default="permutation")
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--features", type=int, default=None, help="pixels of a slice")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="symmetry.png", help="picture to write")
    parser.add_argument("--save", default=None, help="write the fitted lens here (joblib)")
    commands = parser.add_subparsers(dest="command")
    fit = commands.add_parser("fit", help="fit your own .npy or .csv file")
    fit.add_argument("file")
    fit.add_argument("--save", default=None, help="write the fitted lens here (joblib)")
    fit.add_argument("--report", default=None, help="write a picture here")
    fit.add_argument("--seed", type=int, default=0)
    fit.add_argument("--boundary", choices=("open", "circulant"), default="open")
    fit.add_argument("--n-powers", type=int, default=None)
    return parser


def main(arguments=None):
    """Run the command line; returns the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        if options.command == "fit":
            fit_file(options)
        else:
            main_job(options)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    except (BadInput, ValueError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def main_job(options):
    """Mix real data in secret, fit, print and draw what was found."""
    for path in (options.output, options.save):
        _check_writable(path)
    loader, features = LOADERS[options.data]
    features = options.features or features
    data = loader(
        options.samples, features, symmetry=HIDINGS[options.hide], random_state=options.seed
    )
    X, held_out = _split(data.data)
    print(f"{len(data.data)} real slices ({options.data}, {features} pixels), mixed: {options.hide}")
    lens = _fit(SymmetryLens(random_state=options.seed), X)
    print("\n".join(summary(lens, held_out, secret=data)))
    shown = _telling(held_out)
    title = f"{options.data}: {features} pixels mixed by a secret {options.hide}"
    figure = draw_report(lens, shown, title, original=shown @ data.basis)
    _write_outputs(lens, figure, options.output, options.save)


def fit_file(options):
    """Fit the user's file, print a summary, write what was asked for."""
    for path in (options.report, options.save):
        _check_writable(path)
    X, held_out = _split(read_table(options.file))
    lens = SymmetryLens(
        n_powers=options.n_powers, boundary=options.boundary, random_state=options.seed
    )
    lens = _fit(lens, X)
    print("\n".join(summary(lens, held_out)))
    figure = None
    if options.report is not None:
        name = Path(options.file).name
        figure = draw_report(lens, _telling(held_out), f"{name}: the symmetry found")
    _write_outputs(lens, figure, options.report, options.save)


def read_table(path):
    """Numbers of a .npy or .csv file (with or without a header line), shape (n, d)."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"no such file: {path}")
    if path.suffix == ".npy":
        try:
            X = np.load(path, allow_pickle=False)
        except ValueError as error:
            raise BadInput(f"{path} is not an array of numbers: {error}") from error
        if X.ndim != 2:
            raise BadInput(f"{path} has shape {X.shape}; expected (n_samples, n_features)")
        return X
    if path.suffix == ".csv":
        return _read_csv(path)
    raise BadInput(f"{path}: expected a .npy or .csv file")


def _read_csv(path):
    lines = [line.split(",") for line in path.read_text().splitlines() if line.strip()]
    if not lines:
        raise BadInput(f"{path} is empty")
    header = None if all(_is_number(cell) for cell in lines[0]) else lines.pop(0)
    width = len(header or lines[0]) if lines or header else 0
    rows = []
    for number, cells in enumerate(lines, start=2 if header else 1):
        if len(cells) != width:
            raise BadInput(f"{path}, line {number}: {len(cells)} columns; expected {width}")
        for column, cell in enumerate(cells):
            if not _is_number(cell):
                name = header[column].strip() if header else column
                raise BadInput(f"{path}, line {number}, column {name}: {cell!r} is not a number")
        rows.append([float(cell) for cell in cells])
    if not rows:
        raise BadInput(f"{path} has a header but no rows")
    return np.array(rows)


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _split(X):
    """Nine tenths to fit, one tenth to judge."""
    held_out = max(10, len(X) // 10)
    if len(X) < 2 * held_out:
        raise BadInput(f"{len(X)} samples are too few; bring at least {2 * held_out}")
    return X[:-held_out], X[-held_out:]


def _telling(samples):
    """A few samples in which something is going on."""
    spread = samples.std(1)
    return samples[np.argsort(-spread)[: len(samples) // 2 : max(1, len(samples) // (2 * SHOWN))]][
        :SHOWN
    ]


def _fit(lens, X):
    if importlib.util.find_spec("rich") is not None:
        lens.set_params(verbose=1)
    else:
        print("(install rich for a progress bar)", file=sys.stderr)
    with warnings.catch_warnings():
        # The summary says so in its own words.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return lens.fit(X)


def _check_writable(path):
    """Fail before the work, not after it."""
    if path is None:
        return
    folder = Path(path).resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise BadInput(f"cannot write {path}: {folder} is not a writable folder")


def _write_outputs(lens, figure, picture, model):
    if figure is not None:
        suffix = Path(picture).suffix.lstrip(".") or "png"
        write_atomically(picture, lambda path: figure.savefig(path, dpi=110, format=suffix))
        print(f"picture    {picture}")
    if model is not None:
        import joblib

        write_atomically(model, lambda path: joblib.dump(lens, path))
        print(f"lens       {model}")


if __name__ == "__main__":
    sys.exit(main())
