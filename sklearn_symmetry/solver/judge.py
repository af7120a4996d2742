# SPDX-License-Identifier: BSD-3-Clause
"""The judge of a search: refines proposals, and says what their ends are worth."""

import math
from dataclasses import dataclass, replace

import torch

from ..core.cumulants import rotation_cost
from ..core.energies import contrast_free_divergence, worst_energy_divergence
from ..core.grid import Grid
from ..core.group import agreement
from ..statistics.principal import PrincipalData
from .law import Law, LawOfWindows
from .manifold import minimise, minimise_all
from .objective import Objective
from .repairs import most_local, repair
from .tuning import Tuning

__all__ = ["Candidate", "Judge", "ranked", "same", "settled"]

LEAST = 1e-9  # nats: a law that is exact


@dataclass(frozen=True)
class Candidate:
    """A refined proposal with its scores, on the samples of the judge.

    Attributes
    ----------
    name : str
        How the proposal was made.
    data : PrincipalData
    start, basis : Tensor of shape (d, d)
        Where the descent began and ended.
    loss : float
    divergence : float
        Of the energies, see :func:`~sklearn_symmetry.core.energies.worst_energy_divergence`.
    tuning : Tuning
        Of the judge: what the loss adds to that of the paper.
    rank : tuple
        Orders candidates, the best has the lowest: of the loss and the logarithm of the law of
        windows; with very few columns of the divergence of the energies, too, the mean of few
        numbers, which may be high where they are right. Without a law stationary energies come
        before the loss, which does not see them.
    grid : Grid or None
        Of the rows of the basis. None: a line.
    """

    name: str
    data: PrincipalData
    start: torch.Tensor
    basis: torch.Tensor
    loss: float
    divergence: float
    tuning: Tuning
    rank: tuple
    grid: Grid | None = None

    def agreement(self, other):
        """With another candidate, above the noise."""
        return agreement(self.basis, other.basis, self.data.share)


class Judge:
    """The objectives of a search, which share their data.

    Parameters
    ----------
    data : PrincipalData
    weights : dict of str to float
        Of the loss terms.
    grid : Grid or None
        Of the rows of a basis. None: a line.
    tuning : Tuning
    """

    def __init__(self, data, weights, grid, tuning):
        self.data, self.weights, self.tuning = data, weights, tuning
        few = slice(0, tuning.search_samples)
        options = {"grid": grid, "tuning": tuning}
        self.fine = Objective(data, weights, few, **options)
        self.grid = self.fine.grid  # a line, if there is none
        able = self.fine.modes is not None
        self.law = Law(self.fine) if able else None
        self.exact = LawOfWindows(self.fine) if able else None
        self.coarse = self._coarse(weights, few)
        self.scout = Objective(data, weights, slice(0, tuning.scout_samples), **options)
        self.final = Objective(data, weights, slice(-tuning.judge_samples, None), **options)

    def _coarse(self, weights, samples):
        """Uniformity mostly: it leads from far away."""
        if self.law is None:
            return self._unbounded(weights, samples)
        return self._lawful(weights, samples)

    def _lawful(self, weights, samples):
        """From a minimum of the law to a local filter, within the valley of what is stationary."""
        more = {"uniformity": self.tuning.coarse_uniformity * weights["uniformity"]}
        return Objective(self.data, weights | more, samples, grid=self.grid, tuning=self.tuning)

    def _unbounded(self, weights, samples):
        """Without fourth order, and with little of the entropies."""
        tuning = self.tuning
        rough = {"uniformity": tuning.coarse_uniformity}
        rough |= dict.fromkeys(("resolution", "information"), tuning.coarse_entropies)
        weights = {name: rough.get(name, 1.0) * weight for name, weight in weights.items()}
        affordable = tuning.affords(tuning.coarse_iterations * rotation_cost(self.data.n_features))
        third = tuning.third_order if affordable else 0.0
        unbounded = replace(tuning, uniformity_bound=None, third_order=third, emphasis=1.0)
        return Objective(self.data, weights, samples, grid=self.grid, tuning=unbounded)

    @property
    def done(self):
        """When a descent of the search is done."""
        return {"tol": self.tuning.search_tol, "patience": self.tuning.search_patience}

    def descents_on(self, law, bases):
        """A :class:`.manifold.Descent` on a law from every one of a list of (d, d) tensors."""
        if not bases:
            return []
        tuning = self.tuning
        budget = {"max_iter": tuning.law_iterations, "probes": tuning.law_probes}
        return minimise_all(law, torch.stack(bases), **budget, **self.done)

    def tensor(self, basis):
        """A basis as the objectives take it, in memory of its own.

        What another process sent may lie anywhere, and products are rounded as memory is aligned.
        """
        return torch.as_tensor(basis, dtype=torch.float64).to(self.fine.spectrum, copy=True)

    @property
    def has_many_rows(self):
        """Whether columns are many, along one axis: more than a window of rows has."""
        return self.fine.grid.n_axes == 1 and self.data.n_features > self.tuning.many

    @property
    def is_large(self):
        """Whether rows are many, and cumulants cost too much to tell one start from another.

        Along one axis, where starts are near their ends: those of lattices are not.
        """
        return self.has_many_rows and self.fine.cumulants is None

    def rough(self, bases):
        """Losses by which proposals are ranked before any descent.

        Few rows in the wrong place, of many, rule a divergence that has no bound.
        """
        objective = self.fine if self.is_large else self.coarse
        return objective.values(torch.stack([self.tensor(basis) for basis in bases])).tolist()

    def refine(self, proposals):
        """Candidates of coarse descents, on uniformity mostly, and fine ones on the loss itself.

        Starts of many columns are near their ends, or not worth it: they have fine ones only.

        Parameters
        ----------
        proposals : list of tuple of str and (d, d) Tensor or ndarray

        Returns
        -------
        candidates : list of Candidate
        """
        names = [name for name, _ in proposals]
        starts = torch.stack([self.tensor(start) for _, start in proposals])
        bases = starts if self.is_large else self._led(starts)
        fine = minimise_all(self.fine, bases, max_iter=self.tuning.fine_iterations, **self.done)
        ends = [descent.basis for descent in fine]
        return list(map(self.candidate, names, starts, ends))

    def _led(self, starts):
        """Where coarse descents end, if the loss is not higher there."""
        budget = {"max_iter": self.tuning.coarse_iterations} | self.done
        descents = minimise_all(self.coarse, starts, **budget)
        bases = torch.stack([descent.basis for descent in descents])
        # Where stationarity fails, it must not lead.
        led = self.fine.values(bases) <= self.fine.values(starts)
        return torch.where(led[:, None, None], bases, starts)

    def candidate(self, name, start, basis):
        """A basis with its scores, in the most local of its orders around a ring."""
        order = most_local(basis, self.fine)
        start, basis = start[order], basis[order]
        y = (basis.float() @ self.final.samples).mT
        divergence = worst_energy_divergence(y, self.grid)
        loss = self.final.value(basis)
        if self.law is None:
            rank = (divergence > 1 + self.tuning.stationary, loss)
        else:
            law = max(self.exact.value(basis), 0.0)  # rounding
            value = loss + self.tuning.lawful_weight * math.log(law + LEAST)
            if y.shape[1] <= self.tuning.fewest:
                value += contrast_free_divergence(y, self.grid)
            rank = (False, value)
        scores = loss, divergence, self.tuning, rank, self.grid
        return Candidate(name, self.data, start, basis, *scores)

    def mended(self, candidate, changes, max_rounds):
        """The candidate, repaired if that is worth it; see :func:`.repairs.repair`."""
        found = repair(self.fine, self.scout, candidate.basis, changes, max_rounds=max_rounds)
        basis, _, rounds = found
        return self.repaired(candidate, basis) if rounds else candidate

    def repaired(self, candidate, basis):
        """The better one of a candidate and what came of its repair."""
        repaired = self.candidate(f"{candidate.name}, repaired", candidate.start, basis)
        return ranked([repaired, candidate])[0]

    def is_stationary(self, candidate, limit=None):
        """Whether its energies may be stationary, which it was not fitted to.

        `limit` is that of the tuning, or a stricter one.
        """
        excess = candidate.divergence - 1
        limit = self.tuning.stationary if limit is None else limit
        return excess * self.tuning.judge_samples <= limit * self.final.samples.shape[1]

    def agreement(self, one, other):
        """Of two bases, above the noise."""
        return agreement(one, other, self.data.share)

    @property
    def returned(self):
        """Agreement from which a descent has led back."""
        return self.tuning.returned

    @property
    def nudge(self):
        """Radians an axis, from where a sharp minimum leads back."""
        return self.tuning.nudge

    def leads_back(self, candidate):
        """Whether a descent from far away leads back to a candidate.

        Where the minimum is flat it does not, and others may be as good.
        """
        tuning = self.tuning
        nudged = candidate.basis @ _random_turn(candidate.basis, self.nudge)

        def is_back(state):
            return self.agreement(state.basis, candidate.basis) > self.returned

        options = {"max_iter": tuning.fine_iterations, "watch": is_back} | self.done
        return is_back(minimise(self.fine, nudged, **options))


def ranked(found):
    """Candidates, best first."""
    return sorted(found, key=lambda one: one.rank)


def same(one, other):
    """Whether two candidates are one solution, as far as their descents can tell."""
    alike, gap = one.agreement(other), abs(one.loss - other.loss)
    return any(alike > enough and gap < little for enough, little in one.tuning.same)


def settled(found):
    """Whether the two lowest losses belong to one solution, found independently.

    Two descents of one start prove nothing, unless they had hardly any way to go.
    """
    if len(found) < 2:
        return False
    best, second = ranked(found)[:2]
    if not same(best, second):
        return False
    tuning, share = best.tuning, best.data.share
    near = min(agreement(one.start, one.basis, share) for one in (best, second)) > tuning.near
    return near or agreement(best.start, second.start, share) < tuning.different


def _random_turn(basis, angle):
    """Rotation that turns every axis by about `angle` radians; always the same one."""
    generator = torch.Generator().manual_seed(0)
    turn = torch.randn(basis.shape, generator=generator, dtype=basis.dtype).triu(1).to(basis.device)
    return torch.linalg.matrix_exp((turn - turn.mT) * (angle / len(basis) ** 0.5))
