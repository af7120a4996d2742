# SPDX-License-Identifier: BSD-3-Clause
"""Resolution: distant components of the representation should hold distinct information."""

from ..entropy import low_rank_entropy

__all__ = ["Resolution"]


class Resolution:
    """Total correlation per rank (eq. 14, 15): mean marginal entropy minus joint entropy per rank.

    In nats. Nonnegative for Gaussian columns at full rank, 0 when they are independent; the joint
    entropy being a Gaussian one, it can be negative for others. Unchanged when the data are scaled.
    Cost: the marginal entropies (a sort of the batch in closed form) and an eigendecomposition.
    """

    name, weight, needs = "resolution", 1.0, frozenset({"covariance", "samples"})

    def __call__(self, rep):
        joint = low_rank_entropy(rep.eigenvalues, rep.rank_fraction)
        return rep.density.marginal_entropy(rep).mean(-1) - joint
