# SPDX-License-Identifier: BSD-3-Clause
"""From data to one good basis: proposals, a coarse and a fine descent for each, and a judge.

Proposals are tried until one passes a test that it was not fitted to, or the two best agree, so
that easy data finish early.
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import torch
from joblib import Parallel, delayed, effective_n_jobs

from ..core.stationarity import contrast_free_divergence, worst_energy_divergence
from .manifold import minimise
from .objective import Objective
from .orders import ordered_starts
from .positions import position_operators, whitened
from .principal import PrincipalData
from .repair import repair, rephased, swapped, windows
from .starts import chain_starts, separated_start, single_starts
from .threads import one_thread
from .tuning import DEFAULT

__all__ = ["Candidate", "agreement", "ranked", "search"]


@dataclass
class Candidate:
    """A refined proposal, its loss and energy divergence on the samples of the judge.

    `rank` orders candidates, the best has the lowest: stationary energies, which the loss does not
    see, before the loss. The divergence of few columns is the mean of few numbers, and may be high
    where they are right: there it is weighed against the loss.
    """

    name: str
    data: PrincipalData
    start: torch.Tensor
    basis: torch.Tensor
    loss: float
    divergence: float
    rank: tuple


class _Judge:
    """The objectives of the search, which share their data."""

    def __init__(self, data, weights, cyclic, tuning):
        self.data, self.cyclic, self.tuning = data, cyclic, tuning
        few = slice(0, tuning.search_samples)
        options = {"cyclic": cyclic, "tuning": tuning}
        self.coarse = self._coarse(weights, few)
        self.fine = Objective(data, weights, few, **options)
        self.scout = Objective(data, weights, slice(0, tuning.scout_samples), **options)
        self.final = Objective(data, weights, slice(-tuning.judge_samples, None), **options)

    def _coarse(self, weights, samples):
        """Uniformity mostly, not bounded: it leads from far away."""
        tuning, cyclic = self.tuning, self.cyclic
        rough = {"uniformity": tuning.coarse_uniformity}
        rough |= dict.fromkeys(("resolution", "information"), tuning.coarse_entropies)
        weights = {name: rough.get(name, 1.0) * weight for name, weight in weights.items()}
        third = self.data.n_features <= tuning.coarse_third_limit
        third = tuning.third_order if third else 0.0
        unbounded = replace(tuning, uniformity_bound=None, third_order=third)
        return Objective(self.data, weights, samples, cyclic=cyclic, tuning=unbounded)

    @property
    def descent(self):
        """When a descent of the search is done."""
        return {"tol": self.tuning.search_tol, "patience": self.tuning.search_patience}

    def refine(self, name, start, best_so_far=np.inf):
        """Coarse descent, on uniformity mostly, then a fine one on the loss itself."""
        tuning, start = self.tuning, _tensor(start, self)
        coarse = minimise(self.coarse, start, max_iter=tuning.coarse_iterations, **self.descent)
        basis = coarse.basis
        if self.fine.value(start) < self.fine.value(basis):
            basis = start  # where stationarity fails, it must not lead

        def hopeless(state):
            early = len(state.losses) == tuning.hopeless_after
            return early and state.losses[-1] > best_so_far + tuning.hopeless

        options = {"max_iter": tuning.fine_iterations, "watch": hopeless} | self.descent
        fine = minimise(self.fine, basis, **options)
        return self._candidate(name, start, fine.basis), fine.losses[-1]

    def _candidate(self, name, start, basis):
        y = (basis.float() @ self.final.samples).mT
        divergence = worst_energy_divergence(y, self.cyclic)
        loss = self.final.value(basis)
        if y.shape[1] <= self.tuning.fewest:
            rank = (loss + contrast_free_divergence(y, self.cyclic), loss)
        else:
            rank = (divergence > 1 + self.tuning.stationary, loss)
        return Candidate(name, self.data, start, basis, loss, divergence, rank)

    def mended(self, candidate, changes, max_rounds):
        """The candidate, repaired if that is worth it."""
        found = repair(self.fine, self.scout, candidate.basis, changes, max_rounds=max_rounds)
        basis, _, rounds = found
        if not rounds:
            return candidate
        repaired = self._candidate(f"{candidate.name}, repaired", candidate.start, basis)
        return ranked([repaired, candidate])[0]

    def stationary(self, candidate):
        """Whether its energies may be stationary, which it was not fitted to."""
        excess = candidate.divergence - 1
        tuning = self.tuning
        return excess * tuning.judge_samples <= tuning.stationary * self.final.samples.shape[1]

    def returns(self, candidate):
        """Whether a descent from far away leads back.

        Where the minimum is flat it does not, and others may be as good.
        """
        tuning = self.tuning
        nudged = candidate.basis @ _random_turn(candidate.basis, tuning.nudge)
        back = minimise(self.fine, nudged, max_iter=tuning.fine_iterations, **self.descent)
        return agreement(back.basis, candidate.basis) > tuning.returned


def search(
    views, weights, *, cyclic=False, n_init=None, n_jobs=None, seed=0, tuning=DEFAULT, report=None
):
    """Refined candidates, best first.

    Parameters
    ----------
    views : list of PrincipalData
        The set about one or several locations, the earlier ones having the benefit of the doubt.
        After the first proposals for each, the search goes on with the one that leads.
    weights : dict of str to float
    cyclic : bool
    n_init : int or None
        Largest number of proposals; None: as many as there are.
    n_jobs : int or None
        Proposals refined at the same time; does not change the result.
    seed : int
    tuning : Tuning
    report : callable, optional
        Called with every new :class:`Candidate` and the list so far; a true result stops.
    """
    everything = []
    attempts = [_Attempt(_Judge(data, weights, cyclic, tuning), seed, everything) for data in views]
    found = _lead(attempts, n_init=n_init, n_jobs=n_jobs, report=report)
    for attempt in attempts:
        if attempt.judge.final.value(found[0].basis) < found[0].loss + tuning.same_loss:
            found[0].data = attempt.judge.data  # the first that explains as much
            break
    return found


def _lead(attempts, **options):
    """Candidates of the attempt that leads, best first."""
    # A mean far off is likely to be an offset: the location that allows for it comes first.
    for attempt in reversed(attempts):
        if attempt.go_on(**options, n_waves=1):
            return ranked(attempt.found)
    leading, *others = (attempt for attempt in attempts if attempt.found)
    for other in others:
        if other.lowest < leading.lowest - leading.judge.tuning.hopeless:
            leading = other
    if leading.go_on(**options):
        return ranked(leading.found)
    return _mended(leading.found, leading.judge)


class _Attempt:
    """Proposals for the set about one location, tried wave by wave."""

    def __init__(self, judge, seed, everything):
        self.judge, self.everything = judge, everything
        self.waves = _waves(judge, seed)
        self.found, self.lowest_fine, self.doubted = [], np.inf, None

    @property
    def lowest(self):
        """Loss of the best candidate."""
        return ranked(self.found)[0].loss

    def go_on(self, *, n_init, n_jobs, report, n_waves=None):
        """Try the next waves; true once a proposal needs no others, or `report` stops."""
        patient = self.judge.data.n_features <= self.judge.tuning.fewest
        for wave in itertools.islice(self.waves, n_waves):
            wave = wave[: None if n_init is None else n_init - len(self.everything)]
            if not wave:
                return False
            losses = []
            for candidate, fine in _refined(wave, self.judge, self.lowest_fine, n_jobs):
                losses.append(fine)
                if self._add(candidate, report) or not patient and self._enough():
                    return True
            self.lowest_fine = min([self.lowest_fine, *losses])
            if patient and self._enough():
                return True
        return False

    def _add(self, candidate, report):
        """Mend a candidate if it leads, and keep it; true if `report` stops."""
        leads = ranked([*self.found, candidate])[0] is candidate
        tuning = self.judge.tuning
        if leads and not (self.found and _same(candidate, ranked(self.found)[0], tuning)):
            changes = {rephased: tuning.signs_tried, swapped: tuning.swaps_tried}
            candidate = self.judge.mended(candidate, changes, tuning.mending_rounds)
        self.found.append(candidate)
        self.everything.append(candidate)
        return report is not None and bool(report(candidate, self.everything))

    def _enough(self):
        """Whether the best candidate needs no others.

        Two must agree, or its energies be stationary and its minimum sharp. With few columns two
        are soon wrong together, and the energies must be stationary in either case.
        """
        leader = ranked(self.found)[0]
        stationary = self.judge.stationary(leader)
        tuning = self.judge.tuning
        few = self.judge.data.n_features <= tuning.few
        if _settled(self.found, tuning) and (stationary or not few):
            return True
        if not stationary or leader is self.doubted:
            return False
        self.doubted = leader
        return self.judge.returns(leader)


def _refined(wave, judge, best_fine, n_jobs):
    """Refined proposals in their order, as many ahead of time as there are jobs."""
    jobs = effective_n_jobs(n_jobs)
    tasks = [delayed(_refine)(judge, name, start, best_fine) for name, start in wave]
    for first in range(0, len(tasks), jobs):
        yield from Parallel(n_jobs, prefer="threads")(tasks[first : first + jobs])


def _refine(judge, name, start, best_fine):
    with one_thread():  # this may be a thread of its own
        return judge.refine(name, start, best_fine)


def agreement(one, other):
    """Cosine of the generators of two bases, the direction being a convention."""
    turn = (one @ other.mT).cpu()
    shifted = turn[:-1, :-1] * turn[1:, 1:]
    crossed = turn[:-1, 1:] * turn[1:, :-1]
    return float(max(shifted.sum(), crossed.sum())) / (len(turn) - 1)


def _settled(found, tuning=DEFAULT):
    """Whether the two lowest losses belong to one solution, found independently.

    Two descents of one start prove nothing, unless they had hardly any way to go.
    """
    if len(found) < 2:
        return False
    best, second = ranked(found)[:2]
    if not _same(best, second, tuning):
        return False
    near = min(agreement(one.start, one.basis) for one in (best, second)) > tuning.near
    return near or agreement(best.start, second.start) < tuning.different


def _same(one, other, tuning):
    """Whether two candidates are one solution, as far as their descents can tell."""
    alike, gap = agreement(one.basis, other.basis), abs(one.loss - other.loss)
    return any(alike > enough and gap < little for enough, little in tuning.same)


def ranked(found):
    """Best first."""
    return sorted(found, key=lambda one: one.rank)


def _mended(found, judge):
    """Candidates, best first, after an attempt to repair the best of them."""
    found = ranked(found)
    tuning = judge.tuning
    changes = {windows: tuning.windows_tried}
    leaders = found[: tuning.repaired]
    mended = [judge.mended(one, changes, tuning.window_rounds) for one in leaders]
    return ranked(mended + found)


def _waves(judge, seed):
    """Proposals in the order in which they are tried, named after how they were made."""
    data, tuning, later = judge.data, judge.tuning, []
    for recipe in tuning.recipes:
        exponent, contrast, centred = recipe
        label = f"(whitening {exponent:g}, contrast {contrast:g}{', centred' if centred else ''})"
        frame = whitened(data, *recipe, tuning.contrast_floor)
        found = position_operators(frame.samples, tuning.n_operators, seed, tuning)
        first, *rest = chain_starts(frame, *found, tuning)
        best, second = _best(first, judge, 2)
        wave = []
        if "separated" in tuning.ways:
            separated = separated_start(data, frame.axes, *found, tuning)
            wave.append((f"separated {label}", separated))
        if "chain" in tuning.ways:
            wave.append((f"chain {label}", best))
        if "orders" in tuning.ways and recipe is tuning.recipes[0]:
            wave += [("order", basis) for basis in ordered_starts(judge.fine)]
        yield sorted(wave, key=lambda proposal: judge.coarse.value(_tensor(proposal[1], judge)))
        if "plain" in tuning.later_ways:
            later += [(f"plain chain {label}", _best(group, judge, 1)[0]) for group in rest]
        if "second" in tuning.later_ways:
            later.append((f"second chain {label}", second))
        if "single" in tuning.later_ways and data.n_features <= tuning.few:
            single = _best(single_starts(frame, found[1], tuning), judge, 2)
            later += [(f"single chain {label}", one) for one in single]
    yield later


def _best(bases, judge, count):
    return sorted(bases, key=lambda basis: judge.coarse.value(_tensor(basis, judge)))[:count]


def _random_turn(basis, angle):
    """Rotation that turns every axis by about `angle` radians; always the same one."""
    generator = torch.Generator().manual_seed(0)
    turn = torch.randn(basis.shape, generator=generator, dtype=basis.dtype).triu(1).to(basis.device)
    return torch.linalg.matrix_exp((turn - turn.mT) * (angle / len(basis) ** 0.5))


def _tensor(basis, judge):
    return torch.as_tensor(basis, dtype=torch.float64).to(judge.fine.spectrum)
