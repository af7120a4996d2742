# SPDX-License-Identifier: BSD-3-Clause
"""``transform`` and ``shift``: a stored lens, at work on a file."""

from dataclasses import dataclass

from .._reading.frames import sized
from .._validation import plain_lens
from .arguments import add_reading_options, steps
from .fitting import noted, protect
from .lenses import read_lens
from .tables import check_table_output, read_input, write_table

__all__ = ["SHIFT", "TRANSFORM"]


@dataclass(frozen=True)
class _Action:
    """A command that reads a lens and a table, and writes a table."""

    HELP: str
    add_own: object
    act: object  # from lens, rows and options to rows and names

    def add_arguments(self, parser):
        """Of the command."""
        parser.add_argument("lens", help="of fit --save (.joblib: only from people you trust)")
        parser.add_argument("file", help="one sample a row; -: a pipe")
        parser.add_argument(
            "-o",
            "--output",
            default="-",
            metavar="PATH",
            help=".csv, .tsv, .npy, or - to print it",
        )
        self.add_own(parser)
        add_reading_options(parser)

    def run(self, options, talk):
        """Read, act, write."""
        check_table_output(options.output)
        protect(options.file, options.output)
        lens, table = read_lens(options.lens), read_input(options)
        with noted(talk):
            rows, names, said = self.act(lens, table, options)
        talk.say("data", said)
        write_table(options.output, rows, names, table.index)
        talk.say("written", f"{sized(rows)} ({options.output})")
        talk.know(n_samples=rows.shape[0], n_columns=rows.shape[1], output=options.output)


def _transform(lens, table, options):
    plain = plain_lens(lens)
    if options.inverse:
        names = getattr(lens, "feature_names_in_", None)
        table = table.with_columns(lens.get_feature_names_out(), "that the lens gives")
        return plain.inverse_transform(table.X), names, table.said
    table = table.as_fitted(lens)
    return plain.transform(table.X), lens.get_feature_names_out(), table.said


def _shift(lens, table, options):
    table = table.as_fitted(lens)
    return plain_lens(lens).shift(table.X, options.steps), table.names, table.said


def _add_inverse(parser):
    parser.add_argument("--inverse", action="store_true", help="from positions back to columns")


def _add_steps(parser):
    parser.add_argument(
        "--steps",
        type=steps,
        default=1.0,
        metavar="T",
        help="any number, also 0.5 or -2; on a lattice two, 1,0 or --steps=-1,0",
    )


TRANSFORM = _Action(
    "write what a lens sees: the rows of a file with their columns in order, or unmixed",
    _add_inverse,
    _transform,
)
SHIFT = _Action(
    "move the rows of a file along the symmetry that a lens has found", _add_steps, _shift
)
