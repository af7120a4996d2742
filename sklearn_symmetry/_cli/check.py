# SPDX-License-Identifier: BSD-3-Clause
"""``verdict``: whether a stored lens can be trusted, by a file."""

from pathlib import Path

from .._report import draw_report
from .._validation import plain_lens
from .arguments import add_reading_options, add_verdict_options
from .fitting import NOT_FOUND, about, check_outputs, judged, known_of, verdict_facts, write_picture
from .lenses import read_lens
from .tables import read_input

__all__ = ["HELP", "add_arguments", "run"]

HELP = "tell from samples whether there is a symmetry, and whether a stored lens is it"


def add_arguments(parser):
    """Of a verdict."""
    parser.add_argument("lens", help="of fit --save (.joblib: only from people you trust)")
    parser.add_argument("file", help="samples, those of the fit or new ones; -: a pipe")
    parser.add_argument("--report", metavar="PATH", help="write a picture here")
    add_reading_options(parser)
    add_verdict_options(parser)


def run(options, talk):
    """Judge the lens on the file."""
    check_outputs(options.report, None)
    lens = read_lens(options.lens)
    table = read_input(options).as_fitted(lens)
    plain = plain_lens(lens)
    talk.say("data", table.said)
    with about(options.file):
        verdict = judged(plain, table.X, talk, level=options.level, blocks=options.blocks)
    talk.say("verdict", *str(verdict).split("\n"))
    names = getattr(lens, "feature_names_in_", None)
    talk.know(file=options.file, **known_of(lens, names), verdict=verdict_facts(verdict))
    if options.report is not None:
        title = f"{Path(options.lens).name} on {Path(options.file).name}"
        figure = draw_report(plain, table.X, title, verdict=verdict, names=names)
        write_picture(figure, options.report, talk)
    return NOT_FOUND if options.exit_code and not verdict else 0
