# SPDX-License-Identifier: BSD-3-Clause
"""Alignment: neighbouring components of the representation should resemble each other."""

__all__ = ["Alignment"]


class Alignment:
    """Minus the mean Pearson correlation of neighbouring columns (eq. 13).

    Range [-1, 1], -1 when all columns are equal up to scale and offset. Cost: the covariance of
    the batch, O(n m^2), shared with the other terms.

    Parameters
    ----------
    cyclic : bool, default=False
        Whether the last column and the first are neighbours too.
    """

    name = "alignment"

    def __init__(self, cyclic=False):
        self.cyclic = cyclic

    def __call__(self, rep):
        correlation = rep.correlation
        total = correlation.diagonal(1).sum()
        if self.cyclic:
            return -(total + correlation[-1, 0]) / rep.n_powers
        return -total / (rep.n_powers - 1)
