# SPDX-License-Identifier: BSD-3-Clause
"""The terms of the loss, equations 12 to 17, one object each.

A :class:`Term` returns a scalar tensor to minimise, given a
:class:`~sklearn_symmetry.core.representation.Representation`. A new one is one such class in a file
of its own, named in ``TERMS``, and a parameter of the estimator for its weight.
"""

from .alignment import Alignment
from .information import Information
from .resolution import Resolution
from .total import PAPER_WEIGHTS, TERMS, SymmetryLoss, Term
from .uniformity import Uniformity

__all__ = [
    "PAPER_WEIGHTS",
    "TERMS",
    "Alignment",
    "Information",
    "Resolution",
    "SymmetryLoss",
    "Term",
    "Uniformity",
]
