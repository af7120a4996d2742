# SPDX-License-Identifier: BSD-3-Clause
"""The weighted sum of the terms."""

import torch

from .alignment import Alignment
from .information import Information
from .resolution import Resolution
from .uniformity import Uniformity

__all__ = ["PAPER_WEIGHTS", "SymmetryLoss"]

PAPER_WEIGHTS = {"alignment": 1.0, "uniformity": 2.0, "resolution": 1.0, "information": 1.0}


class SymmetryLoss:
    """Total loss (eq. 17), the weighted sum of its terms.

    Parameters
    ----------
    weights : dict of str to float, optional
        Weight of every term by name; by default those of the paper, 1, 2, 1 and 1.
    terms : sequence, optional
        Term objects; by default the four of the paper.

    Raises
    ------
    ValueError
        If `weights` and the names of the terms do not match.
    """

    def __init__(self, weights=None, terms=None):
        if terms is None:
            terms = (Alignment(), Uniformity(), Resolution(), Information())
        self.weights = dict(PAPER_WEIGHTS if weights is None else weights)
        self.terms = tuple(terms)
        names = sorted(term.name for term in self.terms)
        if names != sorted(self.weights):
            raise ValueError(f"weights for {sorted(self.weights)} but terms {names}")

    def __call__(self, rep):
        """Evaluate all terms.

        Parameters
        ----------
        rep : Representation

        Returns
        -------
        total : Tensor, scalar
        values : dict of str to Tensor
            The terms before weighting. Those of weight 0 are reported without a gradient.
        """
        values, total = {}, 0.0
        for term in self.terms:
            weight = self.weights[term.name]
            if weight == 0.0:
                values[term.name] = term(rep).detach()
                continue
            values[term.name] = value = term(rep)
            total = total + weight * value
        return torch.as_tensor(total), values
