# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a fitted lens. They need matplotlib (the ``plot`` extra)."""

from ._generator import GeneratorDisplay
from ._lattice import LatticeDisplay
from ._loss_curve import LossCurveDisplay
from ._representation import RepresentationDisplay
from ._summary import SummaryDisplay

__all__ = [
    "GeneratorDisplay",
    "LatticeDisplay",
    "LossCurveDisplay",
    "RepresentationDisplay",
    "SummaryDisplay",
]
