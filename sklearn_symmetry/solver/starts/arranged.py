# SPDX-License-Identifier: BSD-3-Clause
"""Starts for noisy narrow signals: separated rows in the order along which they are stationary.

Noise, and positions that hardly occur, hide who is next to whom, and a path of the closest breaks
into stretches; it takes all rows to tell the order. After a descent it is too late: rows are mixed
where wrong neighbours meet.
"""

from ..repairs import rearranged

__all__ = ["Arranged"]


class Arranged:
    """Separated rows put in order as shuffled columns are."""

    name = "arranged"

    def suits(self, frame):
        """Along one axis, as long as a search can afford several starts."""
        return frame.judge.grid.n_axes == 1 and not frame.judge.is_large

    def propose(self, frame):
        """One basis, named, unless none of the orders that are tried is a gain."""
        judge = frame.judge
        found = rearranged(judge.tensor(frame.separated), judge.fine)
        return [(f"{self.name} {frame.label}", basis) for basis in found]
