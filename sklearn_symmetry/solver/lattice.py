# SPDX-License-Identifier: BSD-3-Clause
"""The search on a lattice: starts of two kinds, descents, mending, until one is certain.

Of a grid of several axes. Energies come first in every ranking: on photographs the loss prefers
wrong solutions, and energies, which it does not see, the right one.
"""

import itertools
import math
from dataclasses import replace

import torch

from ..core.energies import contrast_free, lattice_energy_divergence
from ..core.group import agreement
from .judge import Candidate, Judge, ranked
from .manifold import minimise
from .repairs import repair
from .search import Outcome
from .signs import likeliest, signs_of
from .starts.layout import LaidOut
from .starts.standing_waves import StandingWaves
from .starts.waves import Frame

__all__ = ["LatticeJudge", "lattice_search", "reflected"]


class LatticeJudge(Judge):
    """As :class:`.judge.Judge`; candidates are ranked by their energies first."""

    def candidate(self, name, start, basis):
        """A basis with its scores."""
        y = (basis.float() @ self.final.samples).mT
        divergence = lattice_energy_divergence(contrast_free(y), self.grid)
        loss, limit = self.final.value(basis), self.tuning.lattice_stationary
        steps = round(math.log(max(divergence, limit) / limit) / math.log(self.tuning.energy_step))
        rank = (steps, loss)
        return Candidate(name, self.data, start, basis, loss, divergence, self.tuning, rank)

    def is_stationary(self, candidate):
        """Whether its energies may be stationary."""
        excess = (candidate.divergence - 1) * self.tuning.judge_samples
        allowed = (self.tuning.lattice_stationary - 1) * self.final.samples.shape[1]
        return excess <= allowed

    def agreement(self, one, other):
        """Of two bases, above the noise: of the worse axis."""
        return agreement(one, other, self.data.share, self.grid)

    @property
    def returned(self):
        """Agreement from which a descent has led back."""
        return self.tuning.lattice_returned


def lattice_search(data, weights, grid, *, seed, tuning, n_init=None, report=None):
    """Refined candidates, best first; as :func:`.search.search`, on one view of the set.

    Parameters
    ----------
    data : PrincipalData
    weights : dict of str to float
    grid : Grid
        Of two axes.
    seed : int
    tuning : Tuning
    n_init : int or None
        Largest number of starts; None: as many as there are.
    report : callable, optional
        See :func:`.search.search`.

    Returns
    -------
    candidates : list of Candidate
    """
    attempt = _Attempt(LatticeJudge(data, weights, grid, tuning), seed, n_init, report)
    attempt.run()
    return ranked(attempt.found)


class _Attempt:
    """Starts for the set about one location, tried one by one."""

    def __init__(self, judge, seed, n_init, report):
        self.judge, self.tuning, self.seed = judge, judge.tuning, seed
        self.n_init, self.report = n_init, report
        self.found, self.n_starts, self.known = [], 0, {}

    def run(self):
        """Starts, until one is certain; then the best of them, settled."""
        for end in self._ends():
            if self._add(end) is Outcome.STOPPED:
                return
            if self._is_certain():
                return
        for one in self._hopeful():
            for end in self._settled(one):
                if self._add(end) is Outcome.STOPPED:
                    return
            if self._is_certain():
                return

    def _ends(self):
        """Candidates of short descents from all starts."""
        tuning, judge = self.tuning, self.judge
        budget = {"probes": tuning.lattice_probes, **judge.done}
        for recipe in tuning.lattice_recipes:
            frame = Frame(judge, recipe, self.seed, tuning.lattice_operators)
            for name, start in LaidOut().propose(frame):
                # The coarse descent, which leads smooth signals, misleads narrow ones.
                start = judge.tensor(start)
                descent = minimise(judge.fine, start, max_iter=tuning.laid_iterations, **budget)
                yield judge.candidate(name, start, descent.basis)
        frame = Frame(judge, tuning.wave_recipe, self.seed)
        for name, start in StandingWaves().propose(frame):
            start = judge.tensor(start)
            descent = minimise(judge.coarse, start, max_iter=tuning.wave_iterations, **budget)
            yield judge.candidate(name, start, descent.basis)

    def _hopeful(self):
        """The ends of the first descents that are worth more, by energies and loss in turn."""
        orders = [
            sorted(self.found, key=lambda one: one.divergence),
            sorted(self.found, key=lambda one: one.loss),
        ]
        if orders[0][0].divergence > self.tuning.telling:
            orders.reverse()  # energies do not tell yet
        chosen = dict.fromkeys(id(one) for pair in zip(*orders, strict=True) for one in pair)
        by_id = {id(one): one for one in self.found}
        return [by_id[key] for key in chosen][: self.tuning.settled]

    def _settled(self, candidate):
        """The end of a long descent, and it mended."""
        tuning, judge, basis = self.tuning, self.judge, candidate.basis
        budget = {"probes": tuning.lattice_probes, **judge.done}
        if StandingWaves.name in candidate.name:
            basis = self._mended(judge.coarse, basis)
        descent = minimise(judge.fine, basis, max_iter=tuning.settling_iterations, **budget)
        end = judge.candidate(f"{candidate.name}, settled", candidate.start, descent.basis)
        yield end
        if end.divergence < tuning.worth_mending:
            basis = self._mended(judge.fine, end.basis)
            if basis is not end.basis:
                yield judge.candidate(f"{candidate.name}, repaired", candidate.start, basis)

    def _mended(self, objective, basis):
        changes = {reflected: self.tuning.reflections_tried}
        rounds = self.tuning.reflection_rounds
        return repair(objective, self.judge.scout, basis, changes, max_rounds=rounds)[0]

    def _add(self, candidate):
        self.found.append(candidate)
        if self.report is not None and self.report(candidate, self.found):
            return Outcome.STOPPED
        return None

    def _is_certain(self):
        """Whether the best candidate has stationary energies and a sharp minimum."""
        leader = ranked(self.found)[0]
        if not self.judge.is_stationary(leader):
            return False
        if id(leader) not in self.known:
            self.known[id(leader)] = self.judge.leads_back(leader)
        return self.known[id(leader)]


def reflected(basis, objective):
    """The basis with other signs of one or two principal axes, as third order likes best.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
        None without third-order cumulants.
    """
    if objective.cumulants is None:
        return
    tuning, axes = objective.tuning, torch.arange(len(basis))
    single = signs_of(axes, [(axis,) for axis in axes.tolist()])
    values = objective.higher_order(basis * single[:, None, :].to(basis))
    close = values.argsort()[: tuning.reflection_pairs].sort().values.tolist()
    double = signs_of(axes, list(itertools.combinations(close, 2)))
    signs = torch.cat([single, double]).to(basis)
    yield from likeliest(basis, signs, objective)[: tuning.likely_signs]
