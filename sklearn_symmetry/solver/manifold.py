# SPDX-License-Identifier: BSD-3-Clause
"""Preconditioned L-BFGS over orthogonal matrices."""

import math
from collections import deque
from dataclasses import dataclass, field, replace

import torch

from .objective import bases_at_once

__all__ = ["Descent", "check_finite", "minimise", "nearest_orthogonal"]

ARMIJO = 1e-4  # share of the promised fall that a step must keep (Nocedal and Wright, 3.1)


@dataclass
class Descent:
    """A (partial) minimisation: where it is, and how it got there."""

    basis: torch.Tensor
    losses: list = field(default_factory=list)
    terms: list = field(default_factory=list)
    converged: bool = False


def minimise(objective, basis, *, max_iter, tol, patience=8, probes=None, watch=None, earlier=None):
    """Minimise `objective` over orthogonal matrices from `basis`.

    Steps are ``W <- W expm(T)`` with T antisymmetric: rotations between principal axes, in which
    the curvature of the loss is nearly diagonal.

    Parameters
    ----------
    objective : Objective
        With the tuning of the descent.
    basis : Tensor of shape (d, d), float64
        Orthogonal.
    max_iter : int
    tol : float
        Converged when the loss fell by less than this over `patience` iterations, or no step
        promises as much.
    patience : int
    probes : int, optional
        Of the curvature; a descent of hundreds of iterations is worth more of them than the
        `probes` of the tuning.
    watch : callable, optional
        Called with the :class:`Descent` after every iteration; a true result stops.
    earlier : Descent, optional
        On another objective, that ended at `basis`: its losses and iterations come first.

    Returns
    -------
    descent : Descent

    Raises
    ------
    FloatingPointError
        If the loss is not finite at `basis`; names the term.
    """
    tuning = objective.tuning
    probes = tuning.probes if probes is None else probes
    state = Descent(basis) if earlier is None else replace(earlier, basis=basis)
    loss, terms, gradient = objective.value_and_gradient(basis)
    check_finite(terms, 0)
    if earlier is None:
        _record(state, loss, terms)
    recent = deque([loss], maxlen=patience + 1)  # of this objective
    memory = _Memory(tuning.memory)
    scale = _curvature(objective, basis, probes)
    fresh = 0
    for iteration in range(1, max_iter + 1):
        if iteration - fresh >= tuning.refresh:
            scale, fresh = _curvature(objective, state.basis, probes), iteration
        step = memory.direction(gradient, scale)
        if patience * _promised(gradient, step) < tol:
            state.converged = True
            break
        found = _line_search(objective, state.basis, loss, gradient, step)
        if found is None and memory.pairs:
            memory = _Memory(tuning.memory)
            step = memory.direction(gradient, scale)
            found = _line_search(objective, state.basis, loss, gradient, step)
        if found is None:
            state.converged = True
            break
        taken, basis, loss, terms, new_gradient = found
        memory.learn(taken, new_gradient - gradient)
        gradient = new_gradient
        state.basis = nearest_orthogonal(basis) if iteration % 20 == 0 else basis
        _record(state, loss, terms)
        if watch is not None and watch(state):
            break
        recent.append(loss)
        if len(recent) > patience and recent[0] - loss < tol:
            state.converged = True
            break
    return state


class _Memory:
    """Pairs of steps and gradient changes, and the two-loop recursion (Nocedal, 1980)."""

    def __init__(self, size):
        self.pairs = deque(maxlen=size)

    def learn(self, step, change):
        """Keep a step and its change of the gradient, where the curvature is positive."""
        curvature = (step * change).sum()
        if curvature > 1e-12:
            self.pairs.append((step, change, curvature))

    def direction(self, gradient, scale):
        """Inverse Hessian times `gradient`, from the diagonal `scale` and the pairs kept."""
        vector, weights = gradient, []
        for step, change, curvature in reversed(self.pairs):
            weights.append((step * vector).sum() / curvature)
            vector = vector - weights[-1] * change
        vector = vector / scale
        if self.pairs:
            _, change, curvature = self.pairs[-1]
            vector = vector * (curvature / (change * change / scale).sum())
        for (step, change, curvature), weight in zip(self.pairs, reversed(weights), strict=True):
            vector = vector + step * (weight - (change * vector).sum() / curvature)
        return -vector


def _promised(gradient, step):
    """Fall of the loss that a quasi-Newton step promises: half its slope."""
    return -float((gradient * step).sum()) / 4


def _line_search(objective, basis, loss, gradient, step):
    """Backtrack until the loss falls; None if it does not."""
    tuning = objective.tuning
    turn = float(step.norm()) / len(step) ** 0.5
    if turn > tuning.largest_turn:
        step = step * (tuning.largest_turn / turn)
    slope = float((gradient * step).sum()) / 2
    if not slope < 0:
        return None
    for _ in range(tuning.backtracks):
        trial = basis @ torch.linalg.matrix_exp(step)
        value, terms, new_gradient = objective.value_and_gradient(trial)
        if value <= loss + ARMIJO * slope:
            return step, trial, value, terms, new_gradient
        step, slope = tuning.shrink * step, tuning.shrink * slope
    return None


def _curvature(objective, basis, probes):
    """Diagonal of the Hessian in rotations of pairs of principal axes, positive.

    Marginal entropies: Fisher information times the variance that a rotation mixes in. Alignment
    and uniformity: Hutchinson's estimate, from gradients without a pass over the data.
    """
    tuning, size = objective.tuning, len(basis)
    curvature = torch.zeros_like(basis)
    if weight := objective.weights.get("resolution", 0.0) / size:
        rows = basis.float() @ objective.samples[:, : tuning.fisher_samples]
        spectrum = objective.spectrum
        curvature = weight * _fisher_information(rows) * (spectrum[:, None] + spectrum)
    generator = torch.Generator().manual_seed(0)
    width = tuning.probe_angle / size**0.5
    here, total = objective.moment_gradients(basis[None]), torch.zeros_like(curvature)
    several = bases_at_once(basis)
    for first in range(0, probes, several):
        shape = (min(several, probes - first), size, size)
        signs = torch.randint(0, 2, shape, generator=generator).to(basis) * 2 - 1
        probe = signs.triu(1) - signs.triu(1).mT
        turns = torch.linalg.matrix_exp(width * probe)
        total += ((objective.moment_gradients(basis @ turns) - here) * probe).sum(0)
    curvature = curvature + (total / (width * probes)).clamp_min(0.0)
    return curvature + tuning.curvature_floor * curvature.mean()


def _fisher_information(rows):
    """Mean squared score of the pooled entries, from a smoothed histogram."""
    limit = 6 * float(rows.square().mean().sqrt())
    count = torch.histc(rows, 401, -limit, limit).double()
    kernel = torch.exp(-0.5 * (torch.arange(-8.0, 9.0, device=rows.device) / 2.5) ** 2).double()
    smooth = torch.nn.functional.conv1d(count[None, None], kernel[None, None], padding=8)[0, 0]
    width = 2 * limit / 401
    density = smooth / smooth.sum() / width
    slope = (density[2:] - density[:-2]) / (2 * width)
    return (slope**2 / density[1:-1].clamp_min(1e-9 * density.max())).sum() * width


def nearest_orthogonal(basis):
    """Nearest orthogonal matrix: without the rounding errors of many products.

    Parameters
    ----------
    basis : Tensor of shape (d, d)

    Returns
    -------
    basis : Tensor of shape (d, d)
    """
    left, _, right = torch.linalg.svd(basis)
    return left @ right


def _record(state, loss, terms):
    state.losses.append(loss)
    state.terms.append({name: float(value.detach()) for name, value in terms.items()})


def check_finite(terms, iteration):
    """FloatingPointError where a term of the loss is not finite; names it."""
    for name, value in terms.items():
        value = float(value.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"the {name} term is {value} at iteration {iteration}")
