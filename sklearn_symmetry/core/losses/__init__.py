# SPDX-License-Identifier: BSD-3-Clause
"""The terms of the loss, equations 12 to 17, one object each.

A term has a ``name`` and, given a :class:`~sklearn_symmetry.core.representation.Representation`,
returns a scalar tensor to minimise. A new term is one such class; pass it to :class:`SymmetryLoss`.
"""

from .alignment import Alignment
from .information import Information
from .resolution import Resolution
from .total import SymmetryLoss
from .uniformity import Uniformity

__all__ = ["Alignment", "Information", "Resolution", "SymmetryLoss", "Uniformity"]
