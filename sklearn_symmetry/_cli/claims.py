# SPDX-License-Identifier: BSD-3-Clause
"""A claimed order of the columns (a channel map), compared with the one that was found."""

import csv
from pathlib import Path

from .._io import BadInput
from ..metrics import compare_orders

__all__ = ["add_claim_option", "compared", "read_claim"]


def add_claim_option(parser):
    """Of commands that find an order."""
    parser.add_argument(
        "--channel-map",
        metavar="PATH",
        help="a text with the names of the columns in the order that they are said to have (one a "
        "line, or between commas; numbers from 0 for a file without names): says which disagree",
    )


def read_claim(path, names):
    """Numbers of the columns, in the order that is claimed.

    Raises
    ------
    BadInput
        If the file is none, or a name is unknown or there twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({error})") from error
    claimed = [cell.strip() for row in csv.reader(text.splitlines()) for cell in row]
    claimed = [name for name in claimed if name]
    try:
        compare_orders(claimed, claimed, names=names)
    except ValueError as error:
        raise BadInput(f"{path}: {error}") from error
    return claimed


def compared(lens, claimed, names, talk):
    """Say how far the order found agrees with the claimed one."""
    order = getattr(lens, "column_order_", None)
    if order is None or len(order) != len(names):
        raise BadInput(
            "--channel-map needs an order: the columns were mixed; or try --mixing permutation"
        )
    found = compare_orders(
        [names[column] for column in order], claimed, names=names, boundary=lens.boundary_
    )
    talk.say("claimed", *str(found).split("\n"))
    talk.know(channel_map={"agreement": found.agreement, "disagreeing": list(found.disagreeing)})
