# SPDX-License-Identifier: BSD-3-Clause
"""Uniformity: the distribution of the representation should not change under a shift."""

__all__ = ["Uniformity"]


class Uniformity:
    """Half the sum of the mean marginal and conditional shift divergences (eq. 12, 28, 29).

    The paper stops there; four more parts, off by default, hold what neighbours and pairs let
    slip. Of a grid of several axes, the average over the axes.

    Range [0, inf), 0 when marginals and pairwise conditionals are stationary as far as the density
    can tell. Cost: the density's, O(m^2) in closed form and no pass over the data.

    Parameters
    ----------
    full : float, default=0.0
        Weight of the mean shift divergence of the full conditionals, of every component given all
        others (closed form only, O(m^3)).
    pooled : float, default=0.0
        Weight of the mean divergence of the marginals from their average (closed form only, O(m)).
        Resolution rewards rows of unequal variance, principal axes most of all; neighbours of
        slowly falling variance hardly differ, first and last do.
    third : float, default=0.0
        Weight of the mean contribution of a column to the divergence of third-order cumulants from
        their shift (closed form only, O(m^4)). Every other part but the next knows second moments
        alone.
    fourth : float, default=0.0
        Weight of the same of fourth-order cumulants, of a representation that has its modes. The
        first thing that sees the order and signs of the axes of a symmetric signal.
    """

    name, weight = "uniformity", 2.0

    def __init__(self, full=0.0, pooled=0.0, third=0.0, fourth=0.0):
        self.full = full
        self.pooled = pooled
        self.third = third
        self.fourth = fourth

    @property
    def needs(self):
        """Second moments; and cumulants for those parts."""
        cumulants = {"third": self.third, "fourth": self.fourth}
        return frozenset({"covariance", *(name for name, weight in cumulants.items() if weight)})

    def __call__(self, rep):
        density, average = rep.density, rep.grid.average
        uniformity = average(lambda axis: _of_pairs(rep, axis))
        if self.full:
            full = average(lambda axis: _mean(density.full_conditional_shift_divergence(rep, axis)))
            uniformity = uniformity + self.full * full
        if self.pooled:
            uniformity = uniformity + self.pooled * density.pooled_divergence(rep).mean(-1)
        if self.third:
            third = average(lambda axis: density.third_order_shift_divergence(rep, axis))
            uniformity = uniformity + self.third * third
        if self.fourth:
            fourth = average(lambda axis: density.fourth_order_shift_divergence(rep, axis))
            uniformity = uniformity + self.fourth * fourth
        return uniformity


def _of_pairs(rep, axis):
    """What the paper looks at, along one axis."""
    marginal = rep.density.marginal_shift_divergence(rep, axis)
    conditional = rep.density.conditional_shift_divergence(rep, axis)
    # Two columns have no pair of pairs to compare.
    return 0.5 * (_mean(marginal) + (_mean(conditional) if conditional.numel() else 0.0))


def _mean(divergences):
    """Over both directions, and all columns or pairs."""
    return divergences.mean((0, -1))
