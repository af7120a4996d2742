# SPDX-License-Identifier: BSD-3-Clause
"""Command line: unmix real digit slices (the main job), or fit the user's own file."""

import argparse
import csv
import importlib.util
import io
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from . import SymmetryLens
from ._images import draw_images
from ._io import BadInput, check_output, read_file, write_atomically
from ._report import draw_report, summary
from .datasets import (
    load_digit_patches,
    load_digit_slices,
    load_photo_patches,
    load_photo_rows,
)
from .inspection._common import matplotlib_module
from .metrics import generator_similarity
from .persistence import save_lens

HIDINGS = {  # the symmetry of the set, what was done to the pixels, what the lens should do
    "permutation": ("permutation", "shuffled", "put them back in order"),
    "frequency": ("frequency", "turned into frequencies", "turned them back"),
    "rotation": ("orthogonal", "blended by a rotation", "unblended them"),
    "none": ("translation", "left as they are", "kept their order"),
}
SETS = {  # loader, pixels of a slice, what they are
    "digits": (load_digit_slices, 11, "handwritten digits"),
    "photos": (load_photo_rows, 33, "photographs"),
}
PATCHES = {  # loader, what they are
    "photos": (load_photo_patches, "photographs"),
    "digits": (load_digit_patches, "handwritten digits"),
}
PICTURES = (".png", ".pdf", ".svg")
RECOVERED, NEARLY = 0.98, 0.9  # cosines


def main(arguments=None):
    """Run the command line.

    Parameters
    ----------
    arguments : list of str or None
        None: those of the process.

    Returns
    -------
    code : int
        0 if all went well, 1 if the fit failed numerically, 2 for input that cannot be used, 130
        after Ctrl-C.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if arguments[:1] == ["fit"]:
            fit_file(_fit_parser().parse_args(arguments[1:]))
        elif arguments[:1] == ["images"]:
            images_job(_images_parser().parse_args(arguments[1:]))
        else:
            main_job(_main_parser().parse_args(arguments))
    except KeyboardInterrupt:
        return _complain("interrupted", 130)
    except FloatingPointError as error:
        return _complain(f"error: {error}", 1)
    except (BadInput, ImportError) as error:
        return _complain(f"error: {error}", 2)
    return 0


def _complain(message, code):
    print(" ".join(message.split()), file=sys.stderr)
    return code


def _main_parser():
    parser = argparse.ArgumentParser(
        prog="python -m sklearn_symmetry",
        description="Hide the pixels of real image slices, find their symmetry without labels, and "
        "compare it with the secret. Writes one picture.",
        epilog="For your own data: python -m sklearn_symmetry fit FILE (see fit --help). In two "
        "dimensions: python -m sklearn_symmetry images.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--hide", choices=HIDINGS, default="permutation", help="how")
    parser.add_argument("--data", choices=SETS, default="digits", help="images to cut from")
    parser.add_argument("--samples", type=int, default=20000, metavar="N", help="slices to cut")
    parser.add_argument(
        "--features", type=int, metavar="N", help="pixels of a slice (digits: 11, photos: 33)"
    )
    parser.add_argument("--output", default="symmetry.png", metavar="PATH", help="the picture")
    _add_common(parser)
    return parser


def _images_parser():
    parser = argparse.ArgumentParser(
        prog="python -m sklearn_symmetry images",
        description="Mix the pixels of real image patches by a secret rotation, find both their "
        "symmetries and the image without labels, and compare it with the secret. Writes one "
        "picture.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--data", choices=PATCHES, default="photos", help="images to cut from")
    parser.add_argument("--samples", type=int, default=20000, metavar="N", help="patches to cut")
    parser.add_argument("--size", type=int, default=5, metavar="N", help="pixels along both axes")
    parser.add_argument("--output", default="images.png", metavar="PATH", help="the picture")
    _add_common(parser)
    return parser


def _fit_parser():
    parser = argparse.ArgumentParser(
        prog="python -m sklearn_symmetry fit",
        description="Find the symmetry of the rows of a file: .npy, .npz, .mat, .parquet, or text "
        "(.csv, .tsv, .txt, .dat, also .gz).",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("file", help="one sample a row")
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line holds names (as its cells say)",
    )
    parser.add_argument(
        "--index",
        metavar="COLUMN",
        help="a column that names the rows, by name or number from 1, to be left out; none: no "
        "column is (the first if it counts, has no name, or is text)",
    )
    parser.add_argument(
        "--delimiter", type=_delimiter, metavar="SIGN", help="between cells: a sign, tab, or blank"
    )
    parser.add_argument("--report", metavar="PATH", help="write a picture here")
    parser.add_argument(
        "--boundary",
        choices=("open", "circulant", "auto"),
        default="open",
        help="whether the symmetry leaves the window or goes around it; auto: the samples decide",
    )
    parser.add_argument(
        "--mixing",
        choices=("rotation", "permutation"),
        default="rotation",
        help="what the columns went through; permutation: they were only shuffled",
    )
    parser.add_argument(
        "--order", metavar="PATH", help="write a table with the columns in order here (.csv)"
    )
    parser.add_argument("--n-powers", type=int, metavar="N", help="columns of the representation")
    _add_common(parser)
    return parser


def _add_common(parser):
    parser.add_argument("--seed", type=_seed, default=0, help="of everything random")
    parser.add_argument(
        "--save",
        metavar="PATH",
        help="write the fitted lens here (joblib; NAME.npz: "
        "plain arrays, read by sklearn_symmetry.persistence.load_lens)",
    )
    parser.add_argument(
        "--no-repeat",
        action="store_true",
        help="skip the verdict (two more fits)",
    )
    parser.add_argument("--verbose", action="store_true", help="list every start and loss term")


def _delimiter(text):
    """One sign, or its name."""
    sign = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " ", "comma": ","}.get(text, text)
    if len(sign) != 1 or sign in '\r\n"':
        raise argparse.ArgumentTypeError(f"expected one sign, tab or blank; got {text!r}")
    return sign


def _seed(text):
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**32:
        raise argparse.ArgumentTypeError(f"expected an integer from 0 to 2**32 - 1; got {text!r}")
    return seed


def main_job(options):
    """Mix real data in secret, fit, print and draw what was found."""
    _check_outputs(options, options.output)
    loader, n_features, source = SETS[options.data]
    n_features = n_features if options.features is None else options.features
    symmetry, mixed, undone = HIDINGS[options.hide]
    with _bad_input():
        data = loader(options.samples, n_features, symmetry=symmetry, random_state=options.seed)
    X, held_out = _split(data.data, options.seed)
    print(f"{'data':<10}{len(data.data)} slices of {source}, {n_features} pixels, {mixed}")
    lens, verdict = _fit(SymmetryLens(random_state=options.seed), X, options)
    print("\n".join(summary(lens, held_out, secret=data, verdict=verdict)))
    cosine = generator_similarity(lens.generator_, data.generator)
    title = f"{n_features} pixels of {source}, {mixed}: {_outcome(cosine, undone)}"
    subtitle = f"Generator found against the hidden one: cosine {cosine:.5f} (1 is perfect)"
    subtitle += "" if verdict is None else f"\n{verdict.headline}"
    figure = draw_report(lens, held_out, title, subtitle=subtitle, secret=data)
    _write_outputs(lens, figure, options.output, options.save)


def images_job(options):
    """Mix patches of real images in secret, fit a lattice of unknown shape, print and draw it."""
    _check_outputs(options, options.output)
    loader, source = PATCHES[options.data]
    shape = (options.size, options.size)
    with _bad_input():
        data = loader(options.samples, shape, symmetry="orthogonal", random_state=options.seed)
    X, held_out = _split(data.data, options.seed)
    size = f"{options.size} x {options.size}"
    print(f"{'data':<10}{len(data.data)} patches of {source}, {size} pixels, blended by a rotation")
    lens, verdict = _fit(SymmetryLens(grid_shape="auto", random_state=options.seed), X, options)
    found = " x ".join(map(str, lens.grid_shape_))
    cosine = 0.0  # of another number of rows and columns
    if sorted(lens.grid_shape_) == sorted(shape):
        cosine = generator_similarity(lens.generators_, data.generators)
    print(f"{'found':<10}a lattice of {found} and two generators that commute")
    print(
        f"{'secret':<10}{cosine:.5f} cosine of the worse generator to the hidden one (1 is perfect)"
    )
    if verdict is not None:
        print("\n".join(f"{'sure':<10}{line}" for line in str(verdict).split("\n")))
    title = (
        f"{size} pixels of {source}, blended by a rotation: {_outcome(cosine, 'unblended them')}"
    )
    subtitle = f"A lattice of {found}; cosine of the worse generator to the hidden one {cosine:.5f}"
    subtitle += "" if verdict is None else f"\n{verdict.headline}"
    figure = draw_images(lens, held_out, data, options.data, title, subtitle)
    _write_outputs(lens, figure, options.output, options.save)


def fit_file(options):
    """Fit the user's file, print a summary, write what was asked for."""
    _check_outputs(options, options.report)
    check_output(options.order, (".csv",))
    read = read_file(
        options.file, header=options.header, index=options.index, delimiter=options.delimiter
    )
    table, names = read.X, read.names
    _protect_input(options)
    X, held_out = _split(table, options.seed)
    lens = SymmetryLens(
        n_powers=options.n_powers,
        boundary=options.boundary,
        mixing=options.mixing,
        random_state=options.seed,
    )
    print(f"{'data':<10}{read.said} ({options.file})")
    lens, verdict = _fit(lens, X, options)
    print("\n".join(summary(lens, held_out, verdict=verdict, names=names)))
    figure = None
    if options.report is not None:
        title = f"{Path(options.file).name}: score {lens.score(held_out):.3f} on held-out samples"
        figure = draw_report(lens, held_out, title, verdict=verdict, names=names)
    if options.order is not None:
        _write_order(lens, table, names, options.order)
    _write_outputs(lens, figure, options.report, options.save)


def _write_order(lens, table, names, path):
    """The table with its columns in the order found."""
    if not hasattr(lens, "column_order_"):
        raise BadInput("the columns were mixed, they have no order; or try --mixing permutation")
    order = lens.column_order_
    header = [str(column if names is None else names[column]) for column in order]

    def write(file):
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(table[:, order].tolist())
        text.flush()
        text.detach()

    try:
        write_atomically(path, write)
    except OSError as error:
        raise BadInput(f"cannot write: {error}") from error
    print(f"{'order':<10}{path}")


def _outcome(cosine, undone):
    if cosine >= RECOVERED:
        return f"the lens {undone}"
    return f"the lens nearly {undone}" if cosine >= NEARLY else "the lens did not find the way back"


def _check_outputs(options, picture):
    """Everything that can go wrong after the fit and can be known before it."""
    check_output(picture, PICTURES)
    check_output(options.save)
    if picture is None:
        return
    matplotlib_module("figure")
    if options.save is not None and Path(options.save).resolve() == Path(picture).resolve():
        raise BadInput(f"picture and lens cannot both be written to {picture}")


def _protect_input(options):
    for path in (options.report, options.save, options.order):
        if path is not None and Path(path).resolve() == Path(options.file).resolve():
            raise BadInput(f"{path} is the data: write to another file")


def _split(X, seed):
    """Nine tenths to fit, one tenth to judge, in random order: a file may be sorted."""
    n_samples, n_features = X.shape
    held_out = max(10, n_samples // 10)
    # Either half of the samples must have more samples than features.
    if n_samples - held_out < 2 * (n_features + 1):
        raise BadInput(
            f"{n_samples} samples of {n_features} features are too few; bring at least "
            f"{int(2.3 * (n_features + 1)) + 10}, better hundreds per feature"
        )
    X = X[np.random.default_rng(seed).permutation(n_samples)]
    return X[:-held_out], X[-held_out:]


def _fit(lens, X, options):
    """Fitted lens and, unless it is skipped, the verdict; warnings become lines."""
    if importlib.util.find_spec("rich") is not None:
        lens.set_params(verbose=1)
    else:
        print("no progress bar: pip install 'sklearn-symmetry[progress]'", file=sys.stderr)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with _bad_input():
            lens.fit(X)
        lens.set_params(verbose=0)
        _print_notes(caught)
        if options.verbose:
            _print_details(lens)
        if options.no_repeat:
            return lens, None
        print(f"{'verdict':<10}fitting two halves of the samples separately ...", flush=True)
        with _bad_input():
            return lens, lens.verdict(X)


def _print_notes(caught):
    for warning in caught:
        # The summary says in its own words that a fit did not converge.
        if issubclass(warning.category, UserWarning) and warning.category != ConvergenceWarning:
            print(f"note: {warning.message}", file=sys.stderr)


def _print_details(lens):
    for candidate in lens.candidates_:
        print(f"{'start':<10}loss {candidate['loss']:8.4f}  {candidate['start']}")
    for name, curve in lens.loss_terms_.items():
        print(f"{'term':<10}{name:<12}{curve[-1]:8.4f}")


@contextmanager
def _bad_input():
    """What the library refuses is the user's to mend; anywhere else it would be a bug of ours."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise BadInput(str(error)) from error


def _write_outputs(lens, figure, picture, model):
    try:
        if figure is not None:
            kind = Path(picture).suffix.lower().lstrip(".")
            write_atomically(picture, lambda file: figure.savefig(file, dpi=120, format=kind))
            print(f"{'picture':<10}{picture}")
        if model is not None:
            _save(lens, model)
            print(f"{'lens':<10}{model}")
    except OSError as error:
        raise BadInput(f"cannot write: {error}") from error


def _save(lens, path):
    if Path(path).suffix.lower() == ".npz":
        save_lens(lens, path)
        return
    import joblib

    write_atomically(path, lambda file: joblib.dump(lens, file))


if __name__ == "__main__":
    sys.exit(main())
