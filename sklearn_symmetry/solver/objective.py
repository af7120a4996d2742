# SPDX-License-Identifier: BSD-3-Clause
"""The loss as a function of an orthogonal matrix W, on a fixed set of samples."""

import torch

from ..core.blocks import at_once
from ..core.cumulants import rotated, rotation_cost, third_order_divergence
from ..core.densities import SmoothDensity
from ..core.grid import Grid
from ..core.losses import TERMS, SymmetryLoss, Uniformity
from ..core.representation import Representation
from .tuning import DEFAULT

__all__ = ["Objective", "closed_form_loss"]

TOGETHER = 2**19  # entries of cumulants held at once: in the cache


def closed_form_loss(weights, tuning=DEFAULT, third=0.0):
    """All terms of the loss; uniformity with what the solver adds to that of the paper.

    Parameters
    ----------
    weights : dict of str to float
    tuning : Tuning
    third : float, default=0.0
        Weight of third-order cumulants within uniformity.
    """
    more = {"full": tuning.full_conditionals, "pooled": tuning.pooled, "third": third}
    terms = (term(**more) if term is Uniformity else term() for term in TERMS)
    return SymmetryLoss(weights, terms=tuple(terms))


class Objective:
    """Value and gradient of the loss at an orthogonal W; second moments are those of all samples.

    Parameters
    ----------
    data : PrincipalData
    weights : dict of str to float
        Of the loss terms.
    samples : slice
        Which samples the marginal entropies see.
    grid : Grid or None
        Of the rows of W. None: a line.
    tuning : Tuning
        What the loss adds to that of the paper; read by the descents, too.
    """

    def __init__(self, data, weights, samples=slice(None), *, grid=None, tuning=DEFAULT):
        self.samples = data.samples[:, samples].contiguous()
        self.mean, self.covariance, self.spectrum = data.mean, data.covariance, data.spectrum
        affordable = tuning.affords(tuning.fine_iterations * rotation_cost(data.n_features))
        third = tuning.third_order if affordable else 0.0
        self.grid = Grid.fitting(grid, data.n_features, "the set")
        self.tuning = tuning
        self.cumulants = data.cumulants if third else None
        self.weights = dict(weights)
        self.density = SmoothDensity(tuning.peak_width, bound=tuning.uniformity_bound)
        self.loss = closed_form_loss(weights, tuning, third)
        self.of_moments = self.loss.restricted("samples")

    @property
    def n_features(self):
        """Number of columns d."""
        return len(self.spectrum)

    def __call__(self, basis):
        """Total loss and its terms at `basis`, a (d, d) double tensor."""
        return self.loss(self._representation(basis, basis.float() @ self.samples))

    def value_and_gradient(self, basis):
        """Loss, terms and the gradient with respect to turning the principal axes.

        The gradient is the antisymmetric matrix g with ``loss(W expm(T)) = loss + <g, T>/2``.
        """
        basis = basis.detach().requires_grad_(True)
        total, terms = self(basis)
        gradient = _turning(basis, total)  # first: the number below waits for a GPU
        return float(total.detach()), terms, gradient

    def value(self, basis):
        """Loss at `basis`."""
        with torch.no_grad():
            return float(self(basis)[0])

    def third_order(self, bases):
        """Third-order shift divergences, summed over components, of bases of shape (k, d, d)."""
        several = at_once(TOGETHER, self.n_features**3, bases.device)
        parts = bases.to(self.cumulants.dtype).split(several)
        return torch.cat([self._third_order(rotated(self.cumulants, some)) for some in parts])

    def _third_order(self, cumulants):
        def along(axis):
            return third_order_divergence(cumulants, self.grid, axis).sum(-1)

        return self.grid.average(along)

    def moment_gradient(self, basis):
        """As :meth:`value_and_gradient`, of the terms that need no samples."""
        basis = basis.detach().requires_grad_(True)
        total, _ = self.of_moments(self._representation(basis, self.samples[:, :0]))
        return _turning(basis, total)

    def _representation(self, basis, rows):
        known = self.cumulants
        cumulants = None if known is None else rotated(known, basis.to(known.dtype))
        return Representation(
            rows.mT,
            self.density,
            grid=self.grid,
            mean=basis @ self.mean,
            covariance=basis @ self.covariance @ basis.mT,
            eigenvalues=self.spectrum,
            whitened_cumulants=cumulants,
        )


def _turning(basis, total):
    """Gradient of `total` with respect to turning the axes; zero where all weights are."""
    if not total.requires_grad:
        return torch.zeros_like(basis)
    (gradient,) = torch.autograd.grad(total, basis)
    product = basis.detach().mT @ gradient
    return product - product.mT
