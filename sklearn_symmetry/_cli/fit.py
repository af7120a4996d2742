# SPDX-License-Identifier: BSD-3-Clause
"""``fit``: the symmetry of the rows of the user's own file."""

from pathlib import Path

from .. import SymmetryLens
from .._io import BadInput
from .._report import draw_report, summary
from .._validation import plain_lens
from .arguments import add_fit_options, add_reading_options, add_verdict_options, grid_shape
from .claims import (
    NO_ORDER,
    add_claim_option,
    check_order_options,
    compared,
    order_of_columns,
    read_claim,
)
from .fitting import (
    NOT_FOUND,
    about,
    check_outputs,
    fitted,
    judged,
    known_of,
    protect,
    split,
    verdict_facts,
    write_model,
    write_picture,
)
from .tables import check_table_output, read_input, write_table

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "find the symmetry of the rows of a file: .npy, .npz, .mat, .parquet, text (.csv, .tsv, .txt, "
    ".dat, also .gz), or - for a pipe"
)


def add_arguments(parser):
    """Of a fit."""
    parser.add_argument("file", help="one sample a row")
    parser.add_argument("--report", metavar="PATH", help="write a picture here")
    parser.add_argument(
        "--order",
        metavar="PATH",
        help="write a table with the columns in order here (.csv, .tsv, .npy, or -)",
    )
    parser.add_argument(
        "--boundary",
        choices=("open", "circulant", "auto"),
        default="open",
        help="open: a line; circulant: a ring, which goes around; auto: the samples decide",
    )
    parser.add_argument(
        "--mixing",
        choices=("rotation", "permutation"),
        default="rotation",
        help="what the columns went through; permutation: they were only shuffled",
    )
    parser.add_argument(
        "--grid-shape",
        type=grid_shape,
        metavar="HxW",
        help="the columns are a lattice of H rows and W columns, such as 5x5, and were mixed; "
        "auto: of a shape that the samples decide",
    )
    parser.add_argument(
        "--n-channels", type=int, default=1, metavar="N", help="blocks of columns that share it"
    )
    parser.add_argument("--n-powers", type=int, metavar="N", help="columns of the representation")
    add_claim_option(parser)
    add_fit_options(parser)
    add_reading_options(parser)
    add_verdict_options(parser)


def run(options, talk):
    """Fit the user's file, print a summary, write what was asked for."""
    check_outputs(options.report, options.save)
    check_table_output(options.order) if options.order is not None else None
    check_order_options(options)
    if options.exit_code and options.no_verdict:
        raise BadInput("--exit-code tells what the verdict is: leave out --no-verdict")
    if options.level is not None and options.no_verdict:
        raise BadInput("--level is of the verdict: leave out --no-verdict")
    table = read_input(options)
    names, claimed = table.column_names(), None
    _protect_input(options)
    if options.channel_map is not None:
        claimed = read_claim(options.channel_map, names)
    with about(options.file):
        X, held_out = split(table.X, options.seed, in_order=options.blocks)
    talk.say("data", table.said)
    talk.know(file=options.file, n_samples=len(table.X))
    verdict, rows = None, table.named(X)
    with about(options.file):
        lens = fitted(_lens_of(options), rows, talk, verbose=options.verbose)
        write_model(lens, options.save, talk)
        if not options.no_verdict:
            verdict = _judged(lens, rows, talk, options)
    plain = plain_lens(lens)
    for label, lines in summary(plain, held_out, verdict=verdict, names=table.names).items():
        talk.say(label, *lines)
    talk.know(**known_of(lens, table.names), verdict=verdict_facts(verdict))
    figure = None
    if options.report is not None:
        title = f"{Path(options.file).name}: {len(table.X):,} samples of {X.shape[1]} columns"
        figure = draw_report(plain, held_out, title, verdict=verdict, names=table.names)
    write_picture(figure, options.report, talk)
    # Last, since both refuse a lens without an order, which may be worth keeping.
    if claimed is not None:
        compared(plain, claimed, names, talk)
    if options.order is not None:
        _write_order(lens, table, options.order, talk)
    return NOT_FOUND if options.exit_code and not verdict else 0


def _lens_of(options):
    return SymmetryLens(
        n_powers=options.n_powers,
        n_channels=options.n_channels,
        boundary=options.boundary,
        grid_shape=options.grid_shape,
        mixing=options.mixing,
        random_state=options.seed,
    )


def _judged(lens, rows, talk, options):
    """The verdict, or a note why there is none: the lens may be worth keeping."""
    try:
        return judged(lens, rows, talk, level=options.level, blocks=options.blocks)
    except BadInput as error:
        talk.note(f"no verdict: {error}")
        return None


def _protect_input(options):
    for path in (options.report, options.save, options.order):
        protect(options.file, path)
        protect(options.channel_map, path, "channel map")


def _write_order(lens, table, path, talk):
    """The table with its columns in the order found."""
    order, names = order_of_columns(lens), table.column_names()
    if order is None or len(order) != table.X.shape[1]:
        raise BadInput(f"--order needs an order: {NO_ORDER}")
    write_table(path, table.X[:, order], [names[column] for column in order], table.index)
    talk.say("order", path)
