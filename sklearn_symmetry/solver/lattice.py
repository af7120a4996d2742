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
from ..core.grid import Grid
from ..core.group import agreement
from ..core.sines import sine_basis
from .climb import climbed
from .judge import Candidate, Judge, ranked
from .manifold import minimise
from .objective import affordable_modes, lowest
from .repairs import rearranged, repair
from .signs import likeliest, signs_of
from .starts.layout import LaidOut
from .starts.standing_waves import StandingWaves
from .starts.waves import Frame

__all__ = [
    "SHORTEST",
    "LatticeJudge",
    "factorisations",
    "lattice_search",
    "lattices",
    "packets",
    "reflected",
    "turned_packets",
    "turned_waves",
]

SHORTEST = 3  # positions: along fewer, all are neighbours of all


class LatticeJudge(Judge):
    """As :class:`.judge.Judge`; candidates are ranked by their energies first."""

    def __init__(self, data, weights, grid, tuning):
        super().__init__(data, weights, grid, tuning)
        self.of = data, weights, grid

    def _coarse(self, weights, samples):
        """Waves and components that are laid out are no minima of the law."""
        return self._unbounded(weights, samples)

    def candidate(self, name, start, basis):
        """A basis with its scores."""
        y = (basis.float() @ self.final.samples).mT
        divergence = lattice_energy_divergence(contrast_free(y), self.grid)
        loss, limit = self.final.value(basis), self.limit
        steps = round(math.log(max(divergence, limit) / limit) / math.log(self.tuning.energy_step))
        rank = (steps, loss)
        scores = loss, divergence, self.tuning, rank, self.grid
        return Candidate(self._named(name), self.data, start, basis, *scores)

    def _named(self, name):
        shape = " x ".join(map(str, self.grid.shape))
        return name if name.startswith(shape) else f"{shape}: {name}"

    def is_stationary(self, candidate):
        """Whether its energies may be stationary."""
        return candidate.divergence <= self.limit

    @property
    def limit(self):
        """Energy divergence up to which a candidate counts as stationary."""
        fewest = min(self.grid.n_pairs(axis) for axis in self.grid.directions)
        return self.tuning.lattice_stationary + self.tuning.lattice_spread / fewest

    def agreement(self, one, other):
        """Of two bases, above the noise: of the worse axis."""
        return agreement(one, other, self.data.share, self.grid)

    @property
    def returned(self):
        """Agreement from which a descent has led back."""
        return self.tuning.lattice_returned

    @property
    def nudge(self):
        """Radians an axis, from where a sharp minimum leads back."""
        return self.tuning.lattice_nudge


def lattices(size, settings):
    """The grids of several axes that a fit may end on; none for a line or a ring.

    Parameters
    ----------
    size : int
        Number of columns.
    settings : Settings

    Returns
    -------
    grids : list of Grid
        Of every shape of two axes of three positions at least, the squarest first, if the shape is
        to be found.
    """
    shape = settings.grid_shape
    if shape is None:
        return []
    if shape != "auto":
        return [Grid.of(tuple(shape), settings.boundary)]
    return [Grid.of(found, settings.boundary) for found in factorisations(size)]


def factorisations(size):
    """Shapes of two axes, the shorter one first, with so many positions; the squarest first."""
    shorter = range(math.isqrt(size), SHORTEST - 1, -1)
    return [(first, size // first) for first in shorter if size % first == 0]


def lattice_search(views, weights, grids, *, seed, tuning, n_init=None, report=None):
    """Refined candidates, best first.

    Parameters
    ----------
    views : list of PrincipalData
        See :func:`.search.search`.
    weights : dict of str to float
    grids : list of Grid
        Of two axes; of several, energies and the loss decide.
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
    closer, tuning = tuning, replace(tuning, fourth_order=0.0)
    log = _Log(n_init, report)
    attempts = []
    for data in views:
        judges = [LatticeJudge(data, weights, grid, tuning) for grid in grids]
        here = [_Attempt(judge, closer, seed, log) for judge in judges]
        attempts += here
        for attempt in here:
            attempt.begin()
        # Shapes are compared by what all of them have tried.
        if log.full or any(attempt.is_certain for attempt in here):
            break
    else:
        for attempt in sorted((one for one in attempts if one.found), key=_Attempt.rank):
            attempt.settle()
            if log.full or attempt.is_certain:
                break
    best, *others = ranked(log.found)
    best = _first_location(best, views, weights)
    if StandingWaves.name in best.name:
        # Smooth signals: fourth order sharpens them, and blurs narrow ones a little.
        best = replace(best, tuning=closer)
    return [best, *others]


def _first_location(best, views, weights):
    """The candidate about the first location that explains as much."""
    for data in views:
        judge = LatticeJudge(data, weights, best.grid, best.tuning)
        if judge.final.value(best.basis) < best.loss + best.tuning.same_loss:
            return replace(best, data=data)
    return best


class _Log:
    """All candidates so far, and whether there are to be more."""

    def __init__(self, n_init, report):
        self.found, self.n_starts, self.n_init, self.report = [], 0, n_init, report
        self.stopped = False

    def add(self, candidate):
        """Tell the caller of a candidate."""
        self.found.append(candidate)
        self.stopped = self.report is not None and bool(self.report(candidate, self.found))

    def replace(self, old, new):
        """Candidates that were measured anew."""
        again = {id(one): other for one, other in zip(old, new, strict=True)}
        self.found[:] = [again.get(id(one), one) for one in self.found]

    @property
    def full(self):
        """Whether the caller wants no more starts."""
        return self.stopped or (self.n_init is not None and self.n_starts >= self.n_init)


class _Attempt:
    """Starts for the set about one location, on one grid."""

    def __init__(self, judge, closer, seed, log):
        self.judge, self.tuning, self.seed, self.log = judge, judge.tuning, seed, log
        self.closer = closer  # the tuning with fourth order
        self.found, self.known, self.tried = [], {}, set()

    def rank(self):
        """Of the best candidate."""
        return ranked(self.found)[0].rank

    def begin(self):
        """Short descents from all starts, until one is certain."""
        for end in self._ends():
            self.log.n_starts += 1
            self._add(end)
            if self.log.full or self.is_certain:
                return

    def settle(self):
        """The best of them, descended and mended, until one is certain.

        Smooth and noisy signals take a closer look: fourth order, and, if no end stands out, a
        climb on the law, which costs more than all before.
        """
        for look in (None, self._look_closer):
            if self._tell_nothing():
                return
            if look:
                look()
            self.settle_some()
            if self.is_done or self._stands_out():
                return
        if self._tell_nothing():
            return
        for end in self._climbed():
            self._add(end)
            if self.is_done:
                return
        self.settle_some()

    def _stands_out(self):
        """Whether all from elsewhere are worse than a good and sharp end, by energies and loss."""
        leader, *others = ranked(self.found)
        if leader.divergence > self.tuning.worth_mending:
            return False
        enough = leader.rank[0] + self.tuning.steps_ahead
        for one in others:
            elsewhere = one.start is not leader.start and not self._alike(one, leader)
            if elsewhere and (one.rank[0] < enough or one.loss <= leader.loss):
                return False
        return self._is_sharp(leader)

    def _alike(self, one, other):
        return self.judge.agreement(one.basis, other.basis) >= self.tuning.different

    def _tell_nothing(self):
        """Whether many solutions are stationary that have nothing in common, as of white noise."""
        found = []
        for one in self.found:
            if self.judge.is_stationary(one) and not any(self._alike(one, two) for two in found):
                found.append(one)
        return len(found) >= self.tuning.too_many

    def settle_some(self):
        """Long descents from the most hopeful ends, and these mended."""
        ends = []
        for one in self._hopeful():
            self.tried.add(id(one.start))
            if any(self._alike(one, end) for end in ends):
                continue  # on its way to the same place
            for end in self._settled(one):
                ends.append(end)
                self._add(end)
                if self.log.stopped:
                    return
            if self.is_certain:
                return

    @property
    def is_done(self):
        """Whether there is nothing more to do."""
        return self.log.stopped or self.is_certain

    def _look_closer(self):
        """From now on with fourth order; what was found before is measured anew."""
        self.judge = LatticeJudge(*self.judge.of, self.closer)
        again = [self.judge.candidate(one.name, one.start, one.basis) for one in self.found]
        self.log.replace(self.found, again)
        self.found = again
        self.tried.clear()

    def _climbed(self):
        """Ends of climbs on the law, from the most lawful starts."""
        judge, tuning = self.judge, self.closer
        if judge.law is None or any(closed for _, closed in judge.grid.axes):
            return
        descents = judge.descents_on(judge.law, self._different())
        ends = sorted(((one.losses[-1], one.basis) for one in descents), key=lambda end: end[0])
        for number, (_, basis) in enumerate(ends[: tuning.climbers]):
            basis, value = climbed(judge, self._lawful(basis), seed=self.seed + number)
            basis = self._lawful(basis)
            descent = minimise(judge.fine, basis, max_iter=tuning.settling_iterations, **judge.done)
            name = f"climb {number + 1} to a law of {value:.4f}"
            yield judge.candidate(name, basis, descent.basis)

    def _different(self):
        """Starts and ends so far, no two nearly alike."""
        chosen = []
        for basis in [one.basis for one in ranked(self.found)] + [one.start for one in self.found]:
            if all(self.judge.agreement(basis, other) < self.tuning.near for other in chosen):
                chosen.append(basis)
        return chosen[: self.tuning.lawful_starts]

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
                basis = self._arranged(descent, tuning.laid_iterations)
                yield judge.candidate(name, start, basis)
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
        chosen = {id(one): one for pair in zip(*orders, strict=True) for one in pair}
        new = [one for one in chosen.values() if id(one.start) not in self.tried]
        return new[: self.tuning.settled]

    def _settled(self, candidate):
        """The end of a long descent, and it mended."""
        tuning, judge, basis = self.tuning, self.judge, candidate.basis
        signs = {reflected: tuning.reflections_tried}
        budget = {"probes": tuning.lattice_probes, **judge.done}
        if judge.law is not None:
            basis = self._lawful(basis)
        elif StandingWaves.name in candidate.name:
            basis = self._mended(judge.coarse, judge.scout, basis, signs)
        descent = minimise(judge.fine, basis, max_iter=tuning.settling_iterations, **budget)
        changes = rearranged, self._turned
        basis = self._arranged(descent, tuning.settling_iterations, changes)
        end = judge.candidate(f"{candidate.name}, settled", candidate.start, basis)
        yield end
        if judge.law is None and end.divergence < tuning.worth_mending:
            changes = {**signs, turned_waves: 1}
            basis = self._mended(judge.fine, judge.scout, end.basis, changes)
            if basis is not end.basis:
                yield judge.candidate(f"{candidate.name}, repaired", candidate.start, basis)

    def _arranged(self, descent, iterations, changes=(rearranged,)):
        """The end of a descent, with what no descent changes put right, while that pays.

        Components may be right where their places are not, and no descent moves one past another.
        """
        tuning, judge = self.tuning, self.judge
        budget = {"probes": tuning.lattice_probes, **judge.done}
        for _ in range(tuning.arrangements):
            moves = (moved for change in changes for moved in change(descent.basis, judge.fine))
            moved = next(moves, None)
            if moved is None:
                break
            further = minimise(judge.fine, moved, max_iter=iterations, **budget)
            if further.losses[-1] >= descent.losses[-1]:
                break
            descent = further
        return descent.basis

    def _turned(self, basis, objective):
        """The basis with the packet turned that lowers the loss most; none if none does."""
        scout = self.judge.scout
        (lower,) = lowest(scout, list(turned_packets(basis, objective)), 1)
        if scout.value(lower) < scout.value(basis):
            yield lower

    def _lawful(self, basis):
        """Mended on the law, which costs little."""
        tuning, law = self.tuning, self.judge.law
        changes = {reflected: tuning.reflections_tried, turned_waves: tuning.waves_tried}
        return self._mended(law, law, basis, changes)

    def _mended(self, objective, scout, basis, changes):
        rounds = self.tuning.reflection_rounds
        return repair(objective, scout, basis, changes, max_rounds=rounds)[0]

    def _add(self, candidate):
        self.found.append(candidate)
        self.log.add(candidate)

    @property
    def is_certain(self):
        """Whether the best candidate has stationary energies and a sharp minimum.

        Smooth signals have many of these: with them only after a closer look, where there is one.
        """
        leader = ranked(self.found)[0] if self.found else False
        if not leader or not self.judge.is_stationary(leader):
            return False
        return not self._looks_far(leader) and self._is_sharp(leader)

    def _looks_far(self, candidate):
        """Whether it is of smooth signals, and there is a closer look to come."""
        closer = StandingWaves.name in candidate.name and self.judge.tuning is not self.closer
        return closer and affordable_modes(len(candidate.basis), self.closer) > 0

    def _is_sharp(self, candidate):
        """Whether a descent leads back to it, from a little away."""
        key = id(candidate.basis), self.judge.tuning.fourth_order
        if key not in self.known:
            self.known[key] = self.judge.leads_back(candidate)
        return self.known[key]


def turned_waves(basis, objective):
    """The basis with the other sign of one of its waves, or of all above some, for every one.

    Waves are no principal axes where variance does not separate them. Above some: of a frequency
    as high or higher along every axis, as second moments may hold these and the others together by
    nothing.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
    """
    grid = objective.grid
    waves = torch.as_tensor(sine_basis(*grid.shape)).to(basis)
    spectrum = waves @ basis
    frequencies = grid.coordinates()
    for number, frequency in enumerate(frequencies):
        above = (frequencies >= frequency).all(1)
        for turned in ([number], above.nonzero()[:, 0]) if number else ([number],):
            yield basis - 2 * waves[turned].mT @ spectrum[turned]


def turned_packets(basis, objective):
    """The basis with the other sign of one of its packets, for every one.

    Where signals hardly vary, as next to an edge, nothing tells the sign of a short wave; around it
    rows and their neighbours then are mixed, and no descent leads out of that.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
    """
    for packet in packets(objective.grid, objective.tuning.packet_width).to(basis):
        yield basis - 2 * torch.outer(packet, packet @ basis)


def packets(grid, width):
    r"""The shortest waves of little extent, about every position and in every direction.

    :math:`\sum_k (-1)^k e^{-k^2 / 2 w^2} e_{p + k s}`, of unit norm, with positions p, the steps s
    to the positions around, and a width w in steps.

    Parameters
    ----------
    grid : Grid
    width : float

    Returns
    -------
    packets : Tensor of shape (n, d)
    """
    found, reach = [], round(3 * width)
    steps = [grid.shift_matrix(axis, dtype=torch.float64) for axis in grid.directions]
    for direction in itertools.product((-1, 0, 1), repeat=len(steps)):
        if direction <= (0,) * len(steps):  # of two that are opposite, one
            continue
        step = torch.eye(grid.size, dtype=torch.float64)
        for count, along in zip(direction, steps, strict=True):
            step = step @ torch.matrix_power(along if count > 0 else along.mT, abs(count))
        weights = [(-1) ** k * math.exp(-0.5 * (k / width) ** 2) for k in range(reach + 1)]
        half = sum(weight * torch.matrix_power(step, k) for k, weight in enumerate(weights))
        whole = half + half.mT - torch.eye(grid.size)
        found.append(whole / whole.norm(dim=1, keepdim=True))
    return torch.cat(found)


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
