# SPDX-License-Identifier: BSD-3-Clause
"""Closed-form densities whose marginal entropy is smooth enough for a quasi-Newton method."""

from ..entropy import smooth_entropy
from .closed_form import ClosedFormDensity

__all__ = ["SmoothDensity"]


class SmoothDensity(ClosedFormDensity):
    """As :class:`ClosedFormDensity`, with marginal entropies from a smoothed histogram.

    Parameters
    ----------
    scale : float
        Width of the sharpest peak to be resolved, in the unit of the representation; see
        :func:`~sklearn_symmetry.core.entropy.smooth_entropy`.
    floor, bound
        See :class:`ClosedFormDensity`.
    """

    def __init__(self, scale, floor=1e-6, bound=None):
        super().__init__(floor, bound)
        self.scale = scale

    def marginal_entropy(self, rep):
        """Entropy of every column, shape (..., m), in nats. Cost: two passes over the batch."""
        return smooth_entropy(rep.y, scale=self.scale)
