# SPDX-License-Identifier: BSD-3-Clause
"""Two orders of the same columns, compared: where one is claimed and the other was found."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["OrderComparison", "compare_orders"]

SHOWN = 12  # names that a sentence lists


@dataclass(frozen=True)
class OrderComparison:
    """How far two orders agree.

    Attributes
    ----------
    agreement : float
        Share of the neighbours in the claimed order that are neighbours in the one found, from 0
        to 1.
    disagreeing : tuple of str
        Fewest columns that would have to move for the orders to be the same, in the claimed order.
    found, claimed : tuple of str
        Both orders, of the columns that were claimed; the one found in the direction of, and on a
        ring from the place where it agrees best with, the claimed one.
    left_out : tuple of str
        Columns that were found, and not claimed.
    """

    agreement: float
    disagreeing: tuple[str, ...]
    found: tuple[str, ...]
    claimed: tuple[str, ...]
    left_out: tuple[str, ...]

    def __str__(self):
        lines = [f"{self.agreement:.0%} of the claimed neighbours were found as neighbours"]
        if self.disagreeing:
            lines.append(
                f"{len(self.disagreeing)} of {len(self.claimed)} columns found elsewhere: "
                f"{_listed(self.disagreeing)}"
            )
        else:
            lines.append(f"all {len(self.claimed)} columns stand where they are claimed to")
        if self.left_out:
            lines.append(f"not claimed: {_listed(self.left_out)}")
        return "\n".join(lines)


def compare_orders(
    found: Sequence,
    claimed: Sequence,
    *,
    names: Sequence | None = None,
    boundary: Literal["open", "circulant"] = "open",
) -> OrderComparison:
    """Compare the order of columns that was found with one that is claimed, such as a channel map.

    Directions are conventions, and so is the column at which a ring begins: the best ones count.

    Parameters
    ----------
    found : sequence
        Columns in the order found, such as ``names[lens.column_order_]``.
    claimed : sequence
        The same columns, or some of them, in the order they are said to have.
    names : sequence or None, default=None
        Columns that there are. None: those of `found`.
    boundary : {"open", "circulant"}, default="open"
        ``"circulant"``: the order goes around.

    Returns
    -------
    comparison : OrderComparison
        Print it for what it says.

    Raises
    ------
    ValueError
        If a name is unknown, or there twice, or fewer than two are claimed.

    Examples
    --------
    >>> from sklearn_symmetry.metrics import compare_orders
    >>> comparison = compare_orders("edcba", "abdce")
    >>> comparison.agreement, comparison.disagreeing
    (0.5, ('c',))
    >>> print(comparison)
    50% of the claimed neighbours were found as neighbours
    1 of 5 columns found elsewhere: c
    """
    if boundary not in ("open", "circulant"):
        raise ValueError(f"boundary must be 'open' or 'circulant'; got {boundary!r}")
    found, claimed = [str(one) for one in found], [str(one) for one in claimed]
    known = set(found) if names is None else {str(name) for name in names}
    _check("found", found, known)
    _check("claimed", claimed, known)
    if len(claimed) < 2:
        raise ValueError(f"an order takes two columns at least; got {len(claimed)}")
    missing = [name for name in claimed if name not in set(found)]
    if missing:
        raise ValueError(f"the order found lacks columns {_listed(missing)}")
    kept = [name for name in found if name in set(claimed)]
    aligned, staying = _aligned(kept, claimed, boundary == "circulant")
    links = [_links(order, boundary) for order in (kept, claimed)]
    return OrderComparison(
        agreement=len(links[0] & links[1]) / len(links[1]),
        disagreeing=tuple(name for name in claimed if name not in staying),
        found=tuple(aligned),
        claimed=tuple(claimed),
        left_out=tuple(name for name in found if name not in set(claimed)),
    )


def _check(which, order, known):
    unknown = [name for name in order if name not in known]
    if unknown:
        raise ValueError(
            f"the order {which} names columns that there are not: {_listed(unknown)}; there are "
            f"{_listed(sorted(known))}"
        )
    repeated = [name for name, count in Counter(order).items() if count > 1]
    if repeated:
        raise ValueError(f"the order {which} names columns twice: {_listed(repeated)}")


def _listed(names):
    shown = ", ".join(map(str, names[:SHOWN]))
    return f"{shown}, ... ({len(names)})" if len(names) > SHOWN else shown


def _links(order, boundary):
    """Pairs of neighbours."""
    ends = [(order[-1], order[0])] if boundary == "circulant" else []
    pairs = [*zip(order[:-1], order[1:], strict=True), *ends]
    return {frozenset(pair) for pair in pairs}


def _aligned(found, claimed, ring):
    """The order found as it agrees best with the claimed one, and the columns that may stay."""
    place = {name: position for position, name in enumerate(claimed)}
    turns = range(len(found) if ring else 1)
    best = None
    for order in (found, found[::-1]):
        for turn in turns:
            turned = order[turn:] + order[:turn]
            staying = _longest_rise([place[name] for name in turned])
            if best is None or len(staying) > len(best[1]):
                best = turned, {claimed[position] for position in staying}
    return best


def _longest_rise(places):
    """A longest increasing subsequence: what need not move."""
    tails, before, ends = [], {}, []
    for place in places:
        at = bisect_left(tails, place)
        before[place] = ends[at - 1] if at else None
        if at == len(tails):
            tails.append(place)
            ends.append(place)
        else:
            tails[at] = ends[at] = place
    chain, place = [], ends[-1]
    while place is not None:
        chain.append(place)
        place = before[place]
    return chain[::-1]
