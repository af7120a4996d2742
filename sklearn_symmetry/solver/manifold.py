# SPDX-License-Identifier: BSD-3-Clause
"""Preconditioned L-BFGS over orthogonal matrices."""

import math
from collections import deque
from dataclasses import dataclass, field, replace

import torch

from .objective import bases_at_once

__all__ = ["Descent", "check_finite", "minimise", "minimise_all", "nearest_orthogonal"]

ARMIJO = 1e-4  # share of the promised fall that a step must keep (Nocedal and Wright, 3.1)
CURVED = 1e-12  # curvature along a step from which it is remembered
STRAIGHT = 20  # iterations after which rounding errors of products are removed


@dataclass
class Descent:
    """A (partial) minimisation: where it is, and how it got there."""

    basis: torch.Tensor
    losses: list = field(default_factory=list)
    terms: list = field(default_factory=list)
    converged: bool = False


def minimise(objective, basis, *, earlier=None, **options):
    """Minimise `objective` over orthogonal matrices from `basis`.

    Parameters
    ----------
    objective : Objective
    basis : Tensor of shape (d, d), float64
        Orthogonal.
    earlier : Descent, optional
        On another objective, that ended at `basis`: its losses and iterations come first.
    **options
        Of :func:`minimise_all`.

    Returns
    -------
    descent : Descent
    """
    begun = None if earlier is None else [replace(earlier, basis=basis)]
    return minimise_all(objective, basis[None], begun=begun, **options)[0]


def minimise_all(
    objective, bases, *, max_iter, tol, patience=8, probes=None, watch=None, begun=None
):
    """Minimise `objective` over orthogonal matrices from each of several bases.

    Every descent goes as it would by itself; with few columns all take little longer than one.
    Steps are ``W <- W expm(T)`` with T antisymmetric: rotations between principal axes, in which
    the curvature of the loss is nearly diagonal.

    Parameters
    ----------
    objective : Objective
        With the tuning of the descents.
    bases : Tensor of shape (k, d, d), float64
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
        Called with a :class:`Descent` after each of its iterations; a true result stops it.
    begun : list of Descent, optional
        On another objective, which ended at `bases`: they go on.

    Returns
    -------
    descents : list of Descent

    Raises
    ------
    FloatingPointError
        If the loss is not finite at one of `bases`; names the term.
    """
    tuning = objective.tuning
    probes = tuning.probes if probes is None else probes
    descents = begun or [Descent(basis) for basis in bases]
    here = _Places.of(objective, bases)
    check_finite(here.terms, 0)
    going = _Going(descents, here, tuning.memory, patience)
    if not begun:
        going.record()
    for iteration in range(1, max_iter + 1):
        if iteration == 1 or iteration % tuning.refresh == 0:
            going.scale = _curvature(objective, going.here.bases, probes)
        going.aim()
        going.end(patience * going.promised < tol)
        going.end(~going.step(objective))
        if iteration % STRAIGHT == 0:
            going.straighten()
        going.record()
        if watch is not None:
            going.leave([bool(watch(descent)) for descent in going.descents])
        going.end(going.late_falls < tol)
        if not going.descents:
            break
    return descents


@dataclass
class _Places:
    """Several bases, and the loss, its terms and its gradient at each."""

    bases: torch.Tensor
    values: torch.Tensor
    terms: dict
    gradients: torch.Tensor

    @classmethod
    def of(cls, objective, bases):
        """What an objective says at bases."""
        return cls(bases, *objective.values_and_gradients(bases))

    def at(self, numbers):
        """Some of them."""
        if len(numbers) == len(self.values):
            return self
        terms = {name: values[numbers] for name, values in self.terms.items()}
        return _Places(self.bases[numbers], self.values[numbers], terms, self.gradients[numbers])

    def replaced(self, numbers, others):
        """All of them, with others in place of some."""
        if len(numbers) == len(self.values):
            return others
        terms = {
            name: values.index_copy(0, numbers, others.terms[name])
            for name, values in self.terms.items()
        }
        return _Places(
            self.bases.index_copy(0, numbers, others.bases),
            self.values.index_copy(0, numbers, others.values),
            terms,
            self.gradients.index_copy(0, numbers, others.gradients),
        )


class _Going:
    """Descents that go on: where they are, what they remember, and where they aim."""

    def __init__(self, descents, here, memory, patience):
        self.descents, self.here = list(descents), here
        self.recent = deque([here.values], maxlen=patience + 1)  # of this objective
        self.memory, self.scale, self.steps = _Memory(deque(maxlen=memory)), None, None

    def aim(self):
        """Choose steps."""
        self.steps = self.memory.directions(self.here.gradients, self.scale)

    @property
    def promised(self):
        """Falls of the loss that quasi-Newton steps promise: half their slopes."""
        return -_inner(self.here.gradients, self.steps)[:, 0, 0] / 4

    @property
    def late_falls(self):
        """Falls of the loss over `patience` iterations; infinite as long as there are fewer."""
        if len(self.recent) < self.recent.maxlen:
            return torch.full_like(self.here.values, torch.inf)
        return self.recent[0] - self.here.values

    def step(self, objective):
        """Go down; where memory has misled, without it. Which ones fell, of shape (k,)."""
        here = self.here
        there, steps, fell = _line_search(objective, here, self.steps)
        misled = (~fell & self.memory.used(here.gradients)).nonzero()[:, 0]
        if len(misled):
            self.memory.forget(misled)
            plain = self.memory.directions(here.gradients, self.scale)[misled]
            others, taken, fell[misled] = _line_search(objective, here.at(misled), plain)
            there = there.replaced(misled, others)
            steps = steps.index_copy(0, misled, taken)
        self.memory.learn(steps, there.gradients - here.gradients)
        self.here = there
        self.recent.append(there.values)
        return fell

    def straighten(self):
        """Remove rounding errors of many products."""
        self.here = replace(self.here, bases=nearest_orthogonal(self.here.bases))

    def record(self):
        """Write into the descents where they are."""
        terms = {name: values.tolist() for name, values in self.here.terms.items()}
        for number, (descent, loss) in enumerate(
            zip(self.descents, self.here.values.tolist(), strict=True)
        ):
            descent.basis = self.here.bases[number]
            descent.losses.append(loss)
            descent.terms.append({name: values[number] for name, values in terms.items()})

    def end(self, converged):
        """Let go of those that have converged, a bool Tensor of shape (k,)."""
        converged = converged.tolist()
        for descent, done in zip(self.descents, converged, strict=True):
            descent.converged |= done
        self.leave(converged)

    def leave(self, done):
        """Let go of some, a list of bool."""
        if not any(done):
            return
        left = [number for number, gone in enumerate(done) if not gone]
        self.descents = [self.descents[number] for number in left]
        self.here, self.memory = self.here.at(left), self.memory.at(left)
        self.scale, self.steps = self.scale[left], self.steps[left]
        recent = [values[left] for values in self.recent]
        self.recent = deque(recent, maxlen=self.recent.maxlen)


class _Memory:
    """Pairs of steps and gradient changes, and the two-loop recursion (Nocedal, 1980).

    Of k descents at once: (k, d, d) tensors, and inverse curvatures (k, 1, 1), 0 where a descent
    has no such pair; its last one is in the last place.
    """

    def __init__(self, pairs):
        self.pairs = pairs

    def at(self, numbers):
        """That of some of the descents."""
        pairs = (tuple(part[numbers] for part in pair) for pair in self.pairs)
        return _Memory(deque(pairs, maxlen=self.pairs.maxlen))

    def used(self, gradients):
        """Whether there are pairs, of shape (k,)."""
        if not self.pairs:
            return torch.zeros(len(gradients), dtype=torch.bool, device=gradients.device)
        return self.pairs[-1][2][:, 0, 0] > 0

    def forget(self, numbers):
        """All pairs of some of the descents."""
        for _, _, inverses in self.pairs:
            inverses[numbers] = 0.0

    def learn(self, steps, changes):
        """Keep steps and changes of the gradient, where the curvature is positive."""
        curvatures = _inner(steps, changes)
        kept = curvatures > CURVED
        last = steps, changes, torch.where(kept, 1.0 / curvatures, 0.0)
        if kept.all():
            self.pairs.append(last)
        elif kept.any():
            none = tuple(torch.zeros_like(part) for part in last)
            earlier, later = [none, *self.pairs], [*self.pairs, last]
            moved = (
                tuple(torch.where(kept, one, other) for one, other in zip(*pairs, strict=True))
                for pairs in zip(later, earlier, strict=True)
            )
            self.pairs = deque(moved, maxlen=self.pairs.maxlen)

    def directions(self, gradients, scale):
        """Inverse Hessians times `gradients`, from the diagonals `scale` and the pairs kept."""
        vectors, weights = gradients, []
        for steps, changes, inverses in reversed(self.pairs):
            weights.append(inverses * _inner(steps, vectors))
            vectors = vectors - weights[-1] * changes
        vectors = vectors / scale
        if self.pairs:
            _, changes, inverses = self.pairs[-1]
            lengths = 1.0 / (inverses * _inner(changes, changes / scale))
            vectors = torch.where(inverses > 0, lengths, 1.0) * vectors
        for (steps, changes, inverses), weight in zip(self.pairs, reversed(weights), strict=True):
            vectors = vectors + (weight - inverses * _inner(changes, vectors)) * steps
        return -vectors


def _inner(one, other):
    """Of matrices, shape (k, 1, 1) from (k, d, d)."""
    return (one * other).sum((-2, -1), keepdim=True)


def _line_search(objective, here, steps):
    """Backtrack until losses fall: where that leads, the steps taken, and which ones fell."""
    tuning = objective.tuning
    turns = steps.norm(dim=(-2, -1), keepdim=True) / steps.shape[-1] ** 0.5
    steps = (tuning.largest_turn / turns).clamp_max(1.0) * steps
    slopes = _inner(here.gradients, steps)[:, 0, 0] / 2
    there, fell = here, torch.zeros_like(slopes, dtype=torch.bool)
    waiting = (slopes < 0).nonzero()[:, 0]
    for _ in range(tuning.backtracks):
        if not len(waiting):
            break
        first = here.at(waiting)
        found = _Places.of(objective, first.bases @ torch.linalg.matrix_exp(steps[waiting]))
        enough = found.values <= first.values + ARMIJO * slopes[waiting]
        arrived = waiting[enough]
        there, fell[arrived] = there.replaced(arrived, found.at(enough.nonzero()[:, 0])), True
        waiting = waiting[~enough]
        steps[waiting] *= tuning.shrink
        slopes[waiting] *= tuning.shrink
    return there, steps, fell


def _curvature(objective, bases, probes):
    """Diagonals of the Hessians in rotations of pairs of principal axes, positive.

    Marginal entropies: Fisher information times the variance that a rotation mixes in. Alignment
    and uniformity: Hutchinson's estimate, from gradients without a pass over the data.
    """
    tuning, size = objective.tuning, bases.shape[-1]
    curvature = torch.zeros_like(bases)
    if weight := objective.weights.get("resolution", 0.0) / size:
        seen, spectrum = objective.samples[:, : tuning.fisher_samples], objective.spectrum
        information = torch.stack([_fisher_information(basis.float() @ seen) for basis in bases])
        curvature = weight * information[:, None, None] * (spectrum[:, None] + spectrum)
    generator = torch.Generator().manual_seed(0)
    width = tuning.probe_angle / size**0.5
    here, total = objective.moment_gradients(bases), torch.zeros_like(curvature)
    several = max(1, bases_at_once(bases) // len(bases))
    for first in range(0, probes, several):
        shape = (min(several, probes - first), size, size)
        signs = torch.randint(0, 2, shape, generator=generator).to(bases) * 2 - 1
        probe = signs.triu(1) - signs.triu(1).mT
        turned = bases[:, None] @ torch.linalg.matrix_exp(width * probe)
        changes = objective.moment_gradients(turned.flatten(0, 1)).view_as(turned) - here[:, None]
        total += (changes * probe).sum(1)
    curvature = curvature + (total / (width * probes)).clamp_min(0.0)
    return curvature + tuning.curvature_floor * curvature.mean((-2, -1), keepdim=True)


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
    basis : Tensor of shape (..., d, d)

    Returns
    -------
    basis : Tensor of shape (..., d, d)
    """
    left, _, right = torch.linalg.svd(basis)
    return left @ right


def check_finite(terms, iteration):
    """FloatingPointError where a term of the loss is not finite; names it."""
    for name, values in terms.items():
        for value in values.flatten().tolist():
            if not math.isfinite(value):
                raise FloatingPointError(f"the {name} term is {value} at iteration {iteration}")
