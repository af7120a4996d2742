# SPDX-License-Identifier: BSD-3-Clause
"""Options that several commands have."""

import argparse
import math

from .._parameters import check_level

__all__ = [
    "OneLineParser",
    "add_fit_options",
    "add_reading_options",
    "add_verdict_options",
    "grid_shape",
    "steps",
]


class OneLineParser(argparse.ArgumentParser):
    """Says defaults in its help, and complains in one line that names the help."""

    def __init__(self, **options):
        super().__init__(formatter_class=_Formatter, **options)

    def error(self, message):
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Defaults, where there is one."""

    def _get_help_string(self, action):
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)


def add_reading_options(parser):
    """How the file of the user is read."""
    reading = parser.add_argument_group("reading the file")
    reading.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line holds names (as its cells say)",
    )
    reading.add_argument(
        "--index",
        action="append",
        metavar="COLUMN",
        help="a column that names the rows, by name or number from 1: it is no sample, and stays "
        "with the rows in .csv and .tsv that are written; once for each; none: no column does (the "
        "first if it counts, has no name, or is text)",
    )
    reading.add_argument(
        "--delimiter", type=_delimiter, metavar="SIGN", help="between cells: a sign, tab, or blank"
    )


def add_fit_options(parser):
    """Of all commands that fit a lens."""
    parser.add_argument("--seed", type=_seed, default=0, help="of everything random")
    parser.add_argument(
        "--save",
        metavar="PATH",
        help="write the fitted lens here: NAME.npz (plain numbers, can be given to strangers) or "
        "NAME.joblib",
    )
    parser.add_argument("--no-verdict", action="store_true", help="skip it (two more fits)")
    parser.add_argument("--verbose", action="store_true", help="list every start and loss term")


def add_verdict_options(parser):
    """Of all commands that judge a lens on a file."""
    judging = parser.add_argument_group("the verdict")
    judging.add_argument(
        "--level", type=_level, metavar="P", help="probability of a false alarm (0.05)"
    )
    judging.add_argument(
        "--blocks",
        action="store_true",
        help="the rows are in the order of a recording, such as overlapping windows, and depend on "
        "their neighbours",
    )
    judging.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 3 unless the symmetry was found (for scripts)",
    )


def _delimiter(text):
    """One sign, or its name."""
    sign = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " ", "comma": ","}.get(text, text)
    if len(sign) != 1 or sign in '\r\n"':
        raise argparse.ArgumentTypeError(f"expected one sign, tab or blank; got {text!r}")
    return sign


def grid_shape(text):
    """Positions along both axes, 5x5 or 5,5; or auto."""
    if text == "auto":
        return text
    try:
        rows, columns = map(int, text.replace("x", ",").split(","))
    except ValueError:
        message = f"expected rows and columns such as 5x5, or auto; got {text!r}"
        raise argparse.ArgumentTypeError(message) from None
    return rows, columns


def steps(text):
    """A number; on a lattice two of them, 1,-0.5."""
    try:
        numbers = tuple(map(float, text.split(",")))
    except ValueError:
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        message = f"expected finite numbers, one for every axis, such as 0.5 or 1,-2; got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return numbers if len(numbers) > 1 else numbers[0]


def _level(text):
    try:
        level = float(text)
        check_level(level)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return level


def _seed(text):
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**32:
        raise argparse.ArgumentTypeError(f"expected an integer from 0 to 2**32 - 1; got {text!r}")
    return seed
