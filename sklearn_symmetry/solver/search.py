# SPDX-License-Identifier: BSD-3-Clause
"""The search: proposals, wave after wave, until one is certain or two agree."""

import itertools
from dataclasses import replace
from enum import Enum

from joblib import Parallel, delayed, effective_n_jobs

from .judge import Judge, ranked, same, settled
from .mixed_rows import mixed_places, unmixed
from .objective import affordable_modes
from .repairs import rearranged, rolled, signs_and_swaps
from .starts.lawful import lawful
from .starts.waves import waves
from .threads import one_thread
from .tuning import DEFAULT

__all__ = ["first_look", "search"]


class Outcome(Enum):
    """Why no more proposals are tried."""

    CERTAIN = "the best candidate needs no others"
    STOPPED = "the caller asked for the end"
    EXHAUSTED = "there are no others, or not in this call"


def search(
    views, weights, *, grid=None, n_init=None, n_jobs=None, seed=0, tuning=DEFAULT, report=None
):
    """Refined candidates, best first.

    Parameters
    ----------
    views : list of PrincipalData
        The set about one or several locations, the earlier ones having the benefit of the doubt.
        After the first proposals for each, the search goes on with the one that leads.
    weights : dict of str to float
    grid : Grid or None
        Of the rows of a basis. None: a line.
    n_init : int or None
        Largest number of proposals; None: as many as there are.
    n_jobs : int or None
        Groups of proposals refined at the same time; does not change the result.
    seed : int
    tuning : Tuning
    report : callable, optional
        Called with every new :class:`~sklearn_symmetry.solver.judge.Candidate` and the list so far,
        and while one of many columns is being mended, with a list that lacks it; a true result
        stops.

    Returns
    -------
    candidates : list of Candidate
    """
    everything = []
    attempts = [_Attempt(data, weights, grid, tuning, seed, everything) for data in views]
    best, *others = _lead(attempts, n_init=n_init, n_jobs=n_jobs, report=report)
    for attempt in attempts:
        judge = Judge(attempt.data, weights, grid, best.tuning)  # losses of one kind are compared
        if judge.final.value(best.basis) < best.loss + tuning.same_loss:
            # The first location that explains as much.
            return [replace(best, data=attempt.data), *others]
    return [best, *others]


def first_look(tuning, n_features):
    """The tuning with which a search begins: fourth order from the start with few columns only."""
    return tuning if n_features <= tuning.few else replace(tuning, fourth_order=0.0)


def _lead(attempts, **options):
    """Candidates of the attempt that leads, best first."""
    # A mean far off is likely to be an offset: the location that allows for it comes first.
    for attempt in reversed(attempts):
        if attempt.go_on(**options, n_waves=1) is not Outcome.EXHAUSTED:
            return ranked(attempt.found)
    leading, *others = (attempt for attempt in attempts if attempt.found)
    for other in others:
        if other.best.loss < leading.best.loss - leading.tuning.hopeless:
            leading = other
    leading.go_on(**options)
    return ranked(leading.found)


class _Attempt:
    """Proposals for the set about one location, tried wave by wave."""

    def __init__(self, data, weights, grid, tuning, seed, everything):
        self.data, self.tuning, self.seed, self.everything = data, tuning, seed, everything

        def look(tuning):
            return Judge(data, weights, grid, tuning)

        self.judge, self.look = look(first_look(tuning, data.n_features)), look
        size = data.n_features
        self.few = size <= tuning.few
        # With very few columns all looks certain: a wave is refined to its end.
        self.patient = size <= tuning.fewest
        # Of few samples as well, neither loss nor law tells one candidate from another.
        self.undecided = self.few and data.n_samples < tuning.deciding
        # Where it can, the law mends, which costs less and sees more.
        able = tuning.lawful_starts > 0 and affordable_modes(size, tuning) > 0
        self.lawful = able and not self.undecided
        self.waves = self._planned()
        self.found, self.n_earlier, self.n_proposed = [], None, 0
        self.looked_at = self.is_sharp = self.report = None

    @property
    def best(self):
        """The best candidate."""
        return ranked(self.found)[0]

    @property
    def closer(self):
        """Whether it has taken a closer look."""
        return self.n_earlier is not None

    def _planned(self):
        """Waves of proposals: the clearest, then those of the law, then all others.

        With few columns a first look misleads, and the law is cheap: all goes through it. With many
        it is dear, and there are two kinds of clear ones.
        """
        recipes = waves(self.judge, self.seed)
        first = next(recipes)
        if not self.lawful:
            yield from itertools.chain([first], recipes)
            return
        if not self.few:
            yield first
            if self.judge.has_many_rows:
                yield next(recipes)
            first = list(itertools.chain(first, *recipes))
        self._look_closer()
        yield lawful(self.judge, self.seed, first)
        if rest := list(itertools.chain(*recipes)):
            yield lawful(self.judge, self.seed + 1, rest)

    def _look_closer(self):
        """From now on with fourth order; what was found before is measured anew.

        The best of it descends anew, too: its end is no minimum of this loss, and the others will
        be. That the loss is lower tells little if energies are not stationary then.
        """
        if self.judge.tuning != self.tuning:
            self.judge = self.look(self.tuning)
        found = [self.judge.candidate(one.name, one.start, one.basis) for one in self.found]
        if found:
            best, *others = ranked(found)
            (again,) = self.judge.refine([(best.name, best.basis)])
            better = again.rank < best.rank and self.judge.is_stationary(again)
            found = [again if better else best, *others]
        self.found = found
        self.n_earlier, self.n_proposed = len(self.found), 0

    def go_on(self, *, n_init, n_jobs, report, n_waves=None):
        """Try the next waves; the :class:`Outcome`."""
        self.report = report
        waves = itertools.islice(self.waves, n_waves)
        while n_init is None or len(self.everything) < n_init:
            wave = next(waves, None)
            if wave is None:
                break
            wave = wave[: None if n_init is None else n_init - len(self.everything)]
            self.n_proposed += len(wave)
            for candidate in _refined(self._groups(wave), self.judge, n_jobs):
                self._add(candidate)
                if report is not None and report(self.found[-1], self.everything):
                    return Outcome.STOPPED
                if (self.undecided or not self.patient) and self._enough():
                    return Outcome.CERTAIN
            if self.patient and self._enough():
                return Outcome.CERTAIN
        return Outcome.EXHAUSTED

    def _groups(self, wave):
        """Parts of a wave whose descents go together, as many as are needed or came before."""
        if self.patient:
            return [wave]
        least = self.tuning.lawful_least if self.closer else 1
        groups, seen = [], len(self.found) - (self.n_earlier or 0)
        while wave:
            size = min(max(least, seen), self.judge.fine.at_once)
            groups.append(wave[:size])
            wave, seen = wave[size:], seen + size
        return groups

    def _add(self, candidate):
        """Keep a candidate, mended if it leads without being certain."""
        if not self.found or self._leads(candidate):
            candidate = self._mended(candidate)
        self.found.append(candidate)
        self.everything.append(candidate)

    def _leads(self, candidate):
        """Whether it is better than the best one, and another."""
        return candidate.rank < self.best.rank and not same(candidate, self.best)

    def _mended(self, candidate):
        """Its rows put in order; and mended in frequency, where that can be judged by the law.

        Among many rows the mixed ones, too, where no closer look would do that.
        """
        tuning = self.tuning
        if self.undecided:
            return candidate
        candidate = self.judge.mended(candidate, {rearranged: 1}, tuning.mending_rounds)
        sees = self.closer or not self.lawful
        if sees and (self.patient or not self._is_sharp(candidate)):
            changes = signs_and_swaps(tuning)
            if self.closer:
                changes[rolled] = tuning.rolls_tried
            candidate = self.judge.mended(candidate, changes, tuning.mending_rounds)
        if self.judge.is_large or (self.judge.has_many_rows and self._is_sharp(candidate)):
            candidate = self._unmixed(candidate)
        return candidate

    def _unmixed(self, candidate):
        """The candidate with windows of mixed rows searched as sets of their own."""
        weights, options = self.judge.weights, {"seed": self.seed, "tuning": self.tuning}

        def solve(data):
            return search([data], weights, **options)[0].basis

        def watch():
            return self.report is not None and self.report(candidate, self.everything)

        basis, rounds = unmixed(self.judge, candidate.basis, solve, watch)
        return self.judge.repaired(candidate, basis) if rounds else candidate

    def _enough(self):
        """Whether the best candidate needs no others.

        Two must agree, or its energies be stationary and its minimum sharp, with none of many rows
        mixed. With few columns, and after a closer look, two are soon wrong together, and the
        energies must be stationary in either case. Where all descents on the law end in one place,
        there is no second to wait for.
        """
        leader, tuning = self.best, self.tuning
        least = min(tuning.lawful_least, self.n_proposed)
        if self.closer and len(self.found) - self.n_earlier < least:
            return False
        doubtful = self.closer or self.few
        stationary = self._is_stationary(leader)
        if settled(self.found) and (stationary or not doubtful):
            return True
        if self.undecided or (stationary and self._in_vain(leader) >= tuning.vain):
            return True
        return self._is_certain(leader)

    def _in_vain(self, leader):
        """How many candidates came after a leader found on the law, the most lawful one first."""
        places = [place for place, one in enumerate(self.found) if one is leader]
        if not self.closer or places[0] < self.n_earlier:
            return 0
        return len(self.found) - 1 - places[0]

    def _is_stationary(self, candidate):
        """Whether its energies may be; a first look is to be surer than a closer one."""
        limit = self.tuning.stationary if self.closer else self.tuning.stationary_at_once
        return self.judge.is_stationary(candidate, limit)

    def _is_certain(self, candidate):
        """Whether it is sharp, and of many rows none is mixed."""
        judge = self.judge
        if not judge.has_many_rows or not self._is_sharp(candidate):
            return self._is_sharp(candidate)
        return not mixed_places(candidate.basis, judge.data.samples, judge.fine)

    def _is_sharp(self, candidate):
        """Whether its energies are stationary and its minimum is sharp; looked at once."""
        if candidate is not self.looked_at:
            self.looked_at = candidate
            stationary = self._is_stationary(candidate)
            self.is_sharp = stationary and self.judge.leads_back(candidate)
        return self.is_sharp


def _refined(groups, judge, n_jobs):
    """Refined proposals in their order, as many groups ahead of time as there are jobs."""
    jobs = effective_n_jobs(n_jobs)
    tasks = [delayed(_refine)(judge, group) for group in groups]
    for first in range(0, len(tasks), jobs):
        parts = Parallel(n_jobs, prefer="threads")(tasks[first : first + jobs])
        yield from itertools.chain.from_iterable(parts)


def _refine(judge, group):
    with one_thread():  # this may be a thread of its own
        return judge.refine(group)
