# SPDX-License-Identifier: BSD-3-Clause
"""The weighted sum of the terms."""

from typing import Protocol

from .alignment import Alignment
from .information import Information
from .resolution import Resolution
from .uniformity import Uniformity

__all__ = ["PAPER_WEIGHTS", "TERMS", "SymmetryLoss", "Term"]

# The one list of all terms.
TERMS = (Alignment, Uniformity, Resolution, Information)
PAPER_WEIGHTS = {term.name: term.weight for term in TERMS}


class Term(Protocol):
    """What is added up: a scalar to minimise, of a representation.

    Attributes
    ----------
    name : str
        Of its weight, too: a parameter of :class:`sklearn_symmetry.SymmetryLens`.
    weight : float
        By default.
    needs : frozenset of str
        ``"covariance"``: mean and second moments; ``"third"``, ``"fourth"``: cumulants of these
        orders; ``"samples"``: the batch itself. A term without the last is evaluated without a
        pass over the data where the moments are known.
    """

    name: str
    weight: float
    needs: frozenset

    def __call__(self, rep):
        """A scalar Tensor; of several representations one for each: reduce the last axes only."""


class SymmetryLoss:
    """Total loss (eq. 17), the weighted sum of its terms.

    Parameters
    ----------
    weights : dict of str to float, optional
        Weight of every term by name; by default those of the paper, 1, 2, 1 and 1.
    terms : sequence, optional
        Term objects; by default one of each of ``TERMS``.

    Raises
    ------
    ValueError
        If `weights` and the names of the terms do not match.
    """

    def __init__(self, weights=None, terms=None):
        self.weights = dict(PAPER_WEIGHTS if weights is None else weights)
        self.terms = tuple((term() for term in TERMS) if terms is None else terms)
        names = sorted(term.name for term in self.terms)
        if names != sorted(self.weights):
            raise ValueError(f"weights for {sorted(self.weights)} but terms {names}")

    def restricted(self, missing):
        """The loss of those terms alone that do not need what is `missing`."""
        terms = [term for term in self.terms if missing not in term.needs]
        return SymmetryLoss({term.name: self.weights[term.name] for term in terms}, terms)

    def __call__(self, rep):
        """Evaluate all terms.

        Parameters
        ----------
        rep : Representation

        Returns
        -------
        total : Tensor of shape (...)
            A scalar; of several representations one for each.
        values : dict of str to Tensor
            The terms before weighting. Those of weight 0 are reported without a gradient.

        Raises
        ------
        ValueError
            If a term mixes representations.
        """
        several = rep.y.shape[:-2]
        values, total = {}, rep.y.new_zeros(several)
        for term in self.terms:
            weight, value = self.weights[term.name], term(rep)
            if value.shape != several:
                raise ValueError(
                    f"the {term.name} term is of shape {tuple(value.shape)} for representations of "
                    f"shape {tuple(rep.y.shape)}: reduce the last axes only, as in value.mean(-1)"
                )
            values[term.name] = value.detach() if weight == 0.0 else value
            if weight:
                total = total + weight * value
        return total, values
