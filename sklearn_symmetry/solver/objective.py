# SPDX-License-Identifier: BSD-3-Clause
"""The loss as a function of an orthogonal matrix W, on a fixed set of samples."""

import math

import torch

from ..core.blocks import at_once
from ..core.cumulants import (
    fourth_order_divergence,
    rotated,
    rotated_modes,
    rotation_cost,
    third_order_divergence,
)
from ..core.densities import SmoothDensity
from ..core.grid import Grid
from ..core.losses import TERMS, SymmetryLoss, Uniformity
from ..core.representation import Representation
from .tuning import DEFAULT

__all__ = [
    "Objective",
    "affordable_modes",
    "bases_at_once",
    "closed_form_loss",
    "differentiated",
    "in_parts",
    "lowest",
    "scaled_down",
    "turning_gradient",
]

TOGETHER = 2**19  # entries of cumulants, or of rows of samples, held at once: in the cache


def closed_form_loss(weights, tuning=DEFAULT, third=0.0, fourth=0.0):
    """All terms of the loss; uniformity with what the solver adds to that of the paper.

    Parameters
    ----------
    weights : dict of str to float
    tuning : Tuning
    third : float, default=0.0
        Weight of third-order cumulants within uniformity.
    fourth : float, default=0.0
        The same of fourth-order ones.
    """
    more = {"full": tuning.full_conditionals, "pooled": tuning.pooled}
    more |= {"third": third, "fourth": fourth}
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
        self.n_samples = data.n_samples  # all, of which the moments are
        affordable = tuning.affords(tuning.fine_iterations * rotation_cost(data.n_features))
        third = tuning.third_order if affordable else 0.0
        self.grid = Grid.fitting(grid, data.n_features, "the set")
        self.tuning = tuning
        self.cumulants = third_order_cumulants(data, tuning) if third else None
        self.root = data.root if third else None  # a pass over the samples
        self.modes = fourth_order_modes(data, tuning)
        fourth = tuning.fourth_order if self.modes else 0.0
        self.weights = dict(weights)
        if fourth:
            self.weights["uniformity"] *= _emphasis(data, tuning)
        self.density = SmoothDensity(tuning.peak_width, bound=tuning.uniformity_bound)
        self.loss = closed_form_loss(self.weights, tuning, third, fourth)
        self.of_moments = self.loss.restricted("samples")

    @property
    def n_features(self):
        """Number of columns d."""
        return len(self.spectrum)

    def __call__(self, basis):
        """Total loss and its terms at `basis`, a (..., d, d) double tensor."""
        return self.loss(self._representation(basis, basis.float() @ self.samples))

    def values_and_gradients(self, bases):
        """Losses, terms and gradients with respect to turning the principal axes.

        A gradient is the antisymmetric matrix g with ``loss(W expm(T)) = loss + <g, T>/2``.

        Parameters
        ----------
        bases : Tensor of shape (k, d, d)

        Returns
        -------
        values : Tensor of shape (k,)
        terms : dict of str to Tensor of shape (k,)
        gradients : Tensor of shape (k, d, d)
        """
        return differentiated(self, bases, self.samples.numel())

    def value(self, basis):
        """Loss at `basis`."""
        with torch.no_grad():
            return float(self(basis)[0])

    def values(self, bases):
        """Losses at several bases, a Tensor of shape (k,) from one of shape (k, d, d)."""
        return in_parts(lambda some: self(some)[0], bases, self.samples.numel())

    @property
    def at_once(self):
        """How many bases it looks at together."""
        return bases_at_once(self.spectrum[None], self.samples.numel())

    @property
    def look_cost(self):
        """Multiplications of :meth:`higher_order` for one basis."""
        size = self.n_features
        count = 0 if self.modes is None else min(len(self.modes[0]), self.tuning.loud_modes)
        return rotation_cost(size) + 2 * count * size**3 + 3 * count**2 * size**2

    def higher_order(self, bases):
        """Shift divergences of third and fourth order, summed over components.

        Parameters
        ----------
        bases : Tensor of shape (k, d, d)

        Returns
        -------
        divergences : Tensor of shape (k,)
        """

        def of_some(bases):
            return self.grid.average(self.higher_order_along(bases))

        return in_parts(of_some, bases.to(self.cumulants.dtype))

    def higher_order_along(self, bases):
        """As :meth:`higher_order`, a function of the axis; in the dtype of the cumulants."""
        cumulants = rotated(self.cumulants, bases)
        strengths, modes = self.loud_modes or (None, None)
        turned = None if modes is None else rotated_modes(modes, bases)

        def along(axis):
            windows = self.grid.predecessors(cumulants, axis, n_indices=3)
            total = third_order_divergence(*windows)
            if turned is None:
                return total
            windows = self.grid.predecessors(turned, axis, n_indices=2)
            return total + fourth_order_divergence(strengths, *windows)

        return along

    @property
    def loud_modes(self):
        """Strengths and modes of the strongest fourth-order cumulants; None without any."""
        return self.modes and tuple(part[: self.tuning.loud_modes] for part in self.modes)

    def moment_gradients(self, bases):
        """Gradients of the terms that need no samples, at several bases, shape (k, d, d)."""
        bases = bases.detach().requires_grad_(True)
        nothing = bases.float() @ self.samples[:, :0]
        totals, _ = self.of_moments(self._representation(bases, nothing))
        return turning_gradient(bases, totals.sum())

    def _representation(self, basis, rows):
        return Representation(
            rows.mT,
            self.density,
            grid=self.grid,
            mean=basis @ self.mean,
            covariance=basis @ self.covariance @ basis.mT,
            eigenvalues=self.spectrum.expand(basis.shape[:-1]),
            loadings=None if self.root is None else basis @ self.root,
            whitened_cumulants=self.cumulants,
            whitened_modes=self.modes,
        )


def _emphasis(data, tuning):
    """Factor of uniformity: more of many samples, most where noise lets it decide alone."""
    per_entry = data.n_samples / data.n_features**2
    spectrum = data.spectrum
    flatness = float(torch.exp(torch.log(spectrum / spectrum.mean()).mean()))
    enough = per_entry / tuning.emphasis_from
    steep = 1 + (tuning.steep_emphasis - 1) * min(enough, 1.0)
    return steep + max(min(enough, tuning.emphasis) - steep, 0.0) * flatness


def affordable_modes(size, tuning):
    """Number of modes of fourth-order cumulants whose cost in a descent is within the budget.

    0 where that is few, where the weight is, and without third order, which signs go by as well.
    """
    third = tuning.third_order and tuning.affords(tuning.fine_iterations * rotation_cost(size))
    if not third or not tuning.fourth_order:
        return 0
    per_pair, per_mode = (tuning.fine_iterations * cost for cost in (3 * size**2, 2 * size**3))
    affordable = math.sqrt(per_mode**2 + 4 * per_pair * tuning.budget) - per_mode
    count = min(tuning.n_modes, int(affordable / (2 * per_pair)))
    return count if count >= tuning.n_operators else 0


def third_order_cumulants(data, tuning):
    """Third-order cumulants of a size that an expansion bears."""
    return scaled_down(data.cumulants, 12 * data.n_features, tuning)


def fourth_order_modes(data, tuning):
    """Strengths and modes of fourth-order cumulants; None where they are not affordable."""
    count = affordable_modes(data.n_features, tuning)
    if not count:
        return None
    strengths, modes = data.modes(count, tuning.judge_samples, tuning.lanczos_tol)
    return scaled_down(strengths, 48 * data.n_features, tuning), modes


def scaled_down(cumulants, per_nat, tuning):
    """Cumulants, or their strengths, of a size at most that an expansion about a Gaussian bears.

    Parameters
    ----------
    cumulants : Tensor
    per_nat : float
        Sum of their squares that is one nat a column.
    tuning : Tuning
    """
    nats = float(cumulants.square().sum()) / per_nat
    return cumulants * min(1.0, tuning.largest_size / max(nats, 1e-9)) ** 0.5


def bases_at_once(bases, entries=0):
    """Of how many bases the cumulants, and so many entries of samples, fit into the cache."""
    return at_once(TOGETHER, max(bases.shape[-1] ** 3, entries), bases.device)


def in_parts(function, bases, entries=0):
    """Values at several bases, of as many together as the cache holds.

    Parameters
    ----------
    function : callable
        Of a Tensor of shape (k, d, d) to one of shape (k,); evaluated without a gradient.
    bases : Tensor of shape (k, d, d)
    entries : int, default=0
        Of the samples of one basis, if it looks at them.

    Returns
    -------
    values : Tensor of shape (k,)
    """
    several = bases_at_once(bases, entries)
    with torch.no_grad():
        return torch.cat([function(some) for some in bases.split(several)])


def differentiated(function, bases, entries=0):
    """Values, terms and turning gradients at several bases, as many together as by
    :func:`in_parts`.

    Parameters
    ----------
    function : callable
        Of a Tensor of shape (k, d, d) to one of shape (k,) and a dict of such.
    bases : Tensor of shape (k, d, d)
    entries : int, default=0

    Returns
    -------
    values : Tensor of shape (k,)
    terms : dict of str to Tensor of shape (k,)
    gradients : Tensor of shape (k, d, d)
    """
    several = bases_at_once(bases, entries)
    if len(bases) == 1:  # an axis of one would cost a tenth
        totals, terms, gradients = _differentiated(function, bases[0])
        return totals[None], {name: value[None] for name, value in terms.items()}, gradients[None]
    parts = [_differentiated(function, some) for some in bases.split(several)]
    totals, terms, gradients = zip(*parts, strict=True)
    terms = {name: torch.cat([part[name] for part in terms]) for name in terms[0]}
    return torch.cat(totals), terms, torch.cat(gradients)


def _differentiated(function, bases):
    bases = bases.detach().requires_grad_(True)
    totals, terms = function(bases)
    gradients = turning_gradient(bases, totals.sum())
    return totals.detach(), {name: value.detach() for name, value in terms.items()}, gradients


def lowest(objective, bases, count):
    """So many of a list of bases, those of lowest value, the lowest first."""
    if not bases:
        return []
    best = objective.values(torch.stack(bases)).argsort(stable=True)[:count]
    return [bases[place] for place in best.tolist()]


def turning_gradient(basis, total):
    """Gradient of `total` with respect to turning the axes; zero where all weights are."""
    if not total.requires_grad:
        return torch.zeros_like(basis)
    (gradient,) = torch.autograd.grad(total, basis)
    product = basis.detach().mT @ gradient
    return product - product.mT
