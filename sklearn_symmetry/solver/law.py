# SPDX-License-Identifier: BSD-3-Clause
"""How far the law of a representation is from its shift, to fourth order and without samples."""

import torch

from ..core.cumulants import fourth_order_divergence, rotated, rotated_modes, third_order_divergence
from ..core.windows import Windows
from .objective import differentiated, in_parts

__all__ = ["Law", "LawOfWindows"]


class Law:
    r"""Shift divergence of the cumulants of an orthogonal W; what a descent needs of an objective.

    .. math:: \frac1p \left[\tfrac14 |\Delta \log C|^2 + \tfrac1{12} |\Delta\kappa_3|^2
              + \tfrac1{48} |\Delta\kappa_4|^2 \right]

    for p pairs of neighbours, :math:`\Delta` being the change under a shift and :math:`\kappa` the
    cumulants of the whitened samples: the KL divergence of the density from its shift, to lowest
    order. A descent on it costs a fraction of one on the loss, and does not follow the marginals
    away from stationarity.

    Parameters
    ----------
    objective : Objective
        With cumulants of both orders; on the same set.
    """

    def __init__(self, objective):
        self.grid, self.tuning = objective.grid, objective.tuning
        self.spectrum, self.weights = objective.spectrum, {}
        self.root = objective.root
        self.look_cost, self.higher_order = objective.look_cost, objective.higher_order
        self.higher_order_along = objective.higher_order_along
        self.cumulants, self.loud_modes = objective.cumulants, objective.loud_modes
        self.log_spectrum = torch.log(self.spectrum)

    def __call__(self, basis):
        """Its value, in nats a column, for a tensor of shape (..., d, d)."""
        logarithm = (basis * self.log_spectrum) @ basis.mT
        higher_order = self.higher_order_along(basis.to(self.cumulants.dtype))

        def along(axis):
            here, before = self.grid.predecessors(logarithm, axis, n_indices=2)
            second = (here - before).square().sum((-2, -1)) / 4
            return (second + higher_order(axis)) / self.grid.n_pairs(axis)

        return self.grid.average(along)

    def value(self, basis):
        """As a number."""
        with torch.no_grad():
            return float(self(basis))

    def values(self, bases):
        """At several bases, a Tensor of shape (k,) from one of shape (k, d, d)."""
        return in_parts(self, bases)

    def values_and_gradients(self, bases):
        """As :meth:`.objective.Objective.values_and_gradients`; the law is the only term."""

        def with_term(bases):
            values = self(bases)
            return values, {"law": values}

        return differentiated(with_term, bases)

    def moment_gradients(self, bases):
        """All of the gradients: nothing needs samples."""
        return self.values_and_gradients(bases)[2]


class LawOfWindows(Law):
    """The same of two windows a step apart, each whitened by itself.

    Whitened as a whole, a line is not stationary at its ends, and smooth signals least of all:
    there :class:`Law` leads somewhere near the truth and is not lowest at it. This one is 0 at the
    truth but for sampling, and leads there from nearby only. See
    :class:`~sklearn_symmetry.core.windows.Windows`.
    """

    def __call__(self, basis):
        loadings, (strengths, modes) = basis @ self.root, self.loud_modes

        def along(axis):
            windows = Windows(loadings, self.grid, axis)
            whitened = windows.whitened.to(self.cumulants.dtype)
            third = third_order_divergence(*rotated(self.cumulants, whitened))
            fourth = fourth_order_divergence(strengths, *rotated_modes(modes, whitened))
            total = windows.second_order_divergence + third + fourth
            return total / self.grid.n_pairs(axis)

        return self.grid.average(along)
