# SPDX-License-Identifier: BSD-3-Clause
"""A claimed order of the columns (a channel map), compared with the one that was found."""

import csv
from pathlib import Path

from .._io import BadInput
from .._reading.cells import cells_of
from .._reading.text import lines_of
from ..metrics import compare_orders

__all__ = [
    "NO_ORDER",
    "add_claim_option",
    "check_order_options",
    "compared",
    "order_of_columns",
    "read_claim",
]

NO_ORDER = "the columns were mixed, and have none; or try --mixing permutation"


def order_of_columns(lens):
    """All columns in the order found, channel by channel; None where there is no order."""
    order = getattr(lens, "column_order_", None)
    if order is None:
        return None
    width = len(lens.filter_)
    return [
        channel * width + int(column)
        for channel in range(lens.n_features_in_ // width)
        for column in order
    ]


def add_claim_option(parser):
    """Of commands that find an order."""
    parser.add_argument(
        "--channel-map",
        metavar="PATH",
        help="a text with the names of the columns in the order that they are said to have (one a "
        "line, or between commas, semicolons or tabs; numbers from 0 for a file without names): "
        "says which disagree",
    )


def check_order_options(options):
    """Refuse, before the work, what has no order of all columns, or none that can be compared."""
    if options.n_powers is not None:
        wanted = {"--channel-map": options.channel_map, "--order": options.order}
        for name in (name for name, value in wanted.items() if value is not None):
            raise BadInput(f"{name} is of all columns: leave out --n-powers {options.n_powers}")
    if options.channel_map is not None and (options.grid_shape or options.n_channels > 1):
        raise BadInput(
            "--channel-map is for one line or ring: leave out --grid-shape and --n-channels"
        )


def read_claim(path, names):
    """Numbers of the columns, in the order that is claimed.

    Raises
    ------
    BadInput
        If the file is none, or a name is unknown or there twice.
    """
    try:
        lines = lines_of(path, Path(path).read_bytes())[0]
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        # Names may hold a sign that separates others: the most names that there are.
        readings = [_cells(lines, delimiter) for delimiter in (",", ";", "\t")]
        claimed = max(readings, key=lambda cells: len(set(cells) & set(names)))
        compare_orders(names, claimed, names=names)
    except (ValueError, csv.Error) as error:
        raise BadInput(f"{path}: {error}") from error
    return claimed


def _cells(lines, delimiter):
    return [cell for _, line in lines for cell in cells_of(line, delimiter) if cell]


def compared(lens, claimed, names, talk):
    """Say how far the order found agrees with the claimed one."""
    order = order_of_columns(lens)
    if order is None:
        raise BadInput(f"--channel-map needs an order: {NO_ORDER}")
    found = compare_orders(
        [names[column] for column in order], claimed, names=names, boundary=lens.boundary_
    )
    talk.say("claimed", *str(found).split("\n"))
    talk.know(channel_map={"agreement": found.agreement, "disagreeing": list(found.disagreeing)})
