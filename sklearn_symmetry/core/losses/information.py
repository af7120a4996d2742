# SPDX-License-Identifier: BSD-3-Clause
"""Information: the representation should keep what the data say."""

from ..entropy import low_rank_entropy

__all__ = ["Information"]


class Information:
    """Minus the joint entropy per rank of the representation (eq. 16).

    In nats, any real number; scaling the data by c lowers it by ``log(c)``. Cost: an
    eigendecomposition of the (m, m) covariance, shared with the resolution.
    """

    name, weight, needs = "information", 1.0, frozenset({"covariance"})

    def __call__(self, rep):
        return -low_rank_entropy(rep.eigenvalues, rep.rank_fraction)
