# SPDX-License-Identifier: BSD-3-Clause
"""Density estimators: what the loss terms know about marginals and conditionals.

A density has three methods, each given a
:class:`~sklearn_symmetry.core.representation.Representation`:

- ``marginal_entropy(rep)``: (m,) entropies of the columns, in nats;
- ``marginal_shift_divergence(rep, axis=0)``: divergences of columns from their neighbours;
- ``conditional_shift_divergence(rep, axis=0)``: divergences of conditional densities
  from their shifts by one.

Neighbours are those along one axis of the grid of the representation. Divergences have the
directions of the shift on their first axis.

:class:`ClosedFormDensity` needs no training, :class:`SmoothDensity` is its smooth variant for the
solver, :class:`MixtureDensity` is the paper's, :class:`TabulatedDensity` the same, compiled.
"""

from .closed_form import ClosedFormDensity
from .mixture import MixtureDensity
from .smooth import SmoothDensity
from .tabulated import TabulatedDensity

__all__ = ["ClosedFormDensity", "MixtureDensity", "SmoothDensity", "TabulatedDensity"]
