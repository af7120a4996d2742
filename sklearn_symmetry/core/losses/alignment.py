# SPDX-License-Identifier: BSD-3-Clause
"""Alignment: neighbouring components of the representation should resemble each other."""

__all__ = ["Alignment"]


class Alignment:
    """Minus the mean Pearson correlation of neighbouring columns (eq. 13).

    Of a grid of several axes, the average over the axes. Range [-1, 1], -1 when all columns are
    equal up to scale and offset. Cost: the covariance of the batch, O(n m^2), shared with the other
    terms.
    """

    name, weight, needs = "alignment", 1.0, frozenset({"covariance"})

    def __call__(self, rep):
        correlation, grid = rep.correlation, rep.grid

        def along(axis):
            return -grid.between(correlation, axis).sum(-1) / grid.n_pairs(axis)

        return grid.average(along)
