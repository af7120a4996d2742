# SPDX-License-Identifier: BSD-3-Clause
"""The entry point: data and settings in, a group and its filter out."""

import dataclasses
from typing import Any, NamedTuple

import torch

from ..core.grid import Grid
from ..core.group import Group, agreement, complete_basis, orientation, similarity
from ..core.orbit import group_conv_matrix, orbit, symmetric_powers
from ..core.rotation import crop_vector, generator, pad
from ..statistics.principal import views
from .boundary import ends, paired
from .judge import ranked
from .lattice import lattice_search, lattices
from .manifold import check_finite, minimise, nearest_orthogonal
from .objective import Objective, affordable_modes
from .paper import train
from .repairs import most_local
from .search import first_look, search
from .shuffled import Shuffle, line_and_ring, shuffles
from .solution import Report, Solution
from .threads import one_thread
from .tuning import DEFAULT, Tuning

__all__ = ["rows_needed", "solve"]


def solve(summary, settings, *, tuning=DEFAULT, monitor=None):
    """Find the minimal generator and the resolving filter of the hidden symmetry of a set.

    Parameters
    ----------
    summary : Summary
        Of the set, of at least two columns; its seed is that of everything random.
    settings : Settings
    tuning : Tuning
    monitor : callable, optional
        Called with a :class:`~sklearn_symmetry.solver.solution.Report` for every candidate of the
        search and every iteration of the refinement; a true result stops the solver, which then
        returns the best state so far.

    Returns
    -------
    solution : Solution
        Sign and direction follow the rule of :func:`~sklearn_symmetry.core.group.orientation`.

    Raises
    ------
    FloatingPointError
        If the loss is not finite; names term and iteration.
    ValueError
        If the paper's procedure is asked for, and the summary does not hold all rows.
    """
    with one_thread():
        if isinstance(settings.init, str) and settings.init == "random":
            return _train(summary, settings, monitor)
        if settings.mixing == "permutation":
            return _arrange(summary, settings, tuning)
        fit = _Fit(summary, settings, tuning, monitor)
        solution = fit.solution()
        if settings.density == "mixture" and not fit.progress.stopped:
            found = {"init": solution.group_conv_matrix, "boundary": solution.boundary}
            start = dataclasses.replace(settings, **found)
            return _train(summary, start, monitor, solution.location)
        return solution


def rows_needed(settings, n_features, tuning=DEFAULT):
    """Rows that the sample of a summary should hold; None for all: the paper trains on them."""
    at_random = isinstance(settings.init, str) and settings.init == "random"
    if at_random or settings.density == "mixture":
        return None
    usual = _rows_seen(n_features, tuning)
    return max(usual, settings.batch_size or 0)


def _rows_seen(n_features, tuning):
    """Rows whose entropies the refinement sees, unless it is told."""
    return max(tuning.batch_size, tuning.rows_a_column * n_features)


def _train(summary, settings, monitor, location=0.0):
    """The paper's procedure about `location`, from a random start or from given rows."""
    held, n_samples = len(summary.sample), summary.n_samples
    if held < n_samples:
        raise ValueError(
            f"the paper's procedure trains on all samples; the summary holds {held:,} of "
            f"{n_samples:,}: make it by summarise(source, capacity=None)"
        )

    def package(solution):
        known = {"location": location, "boundary": settings.boundary}
        known["shape"] = (summary.n_features,)
        return _orient(dataclasses.replace(solution, **known), summary.n_features)

    def watch(report):
        snapshot = report.snapshot
        return monitor(dataclasses.replace(report, snapshot=lambda: package(snapshot())))

    solution = train(
        (summary.sample - location) / summary.bounds.unit,
        settings,
        random_state=summary.seed,
        monitor=None if monitor is None else watch,
    )
    return package(solution)


class _End(NamedTuple):
    """Where a fit ended: the set about a location, the :class:`Descent`, its grid and tuning."""

    data: Any
    descent: Any
    grid: Grid
    tuning: Tuning


class _Fit:
    """A search for a basin and a refinement in it, over orthogonal matrices of all d rows."""

    def __init__(self, summary, settings, tuning, monitor):
        self.summary, self.settings, self.tuning = summary, settings, tuning
        self.views = views(summary, offset=tuning.offset, device=settings.device)
        self.grids = lattices(summary.n_features, settings)
        if self.grids:
            self.grid = self.grids[0]
        else:
            self.grid = _line_or_ring(settings, summary.n_features)
        self.progress = _Progress(settings, monitor, tuning, self.grid)
        self.n_rows = settings.batch_size or _rows_seen(summary.n_features, tuning)

    @property
    def is_given(self):
        """Whether there is a start, and nothing to search."""
        return not isinstance(self.settings.init, str)

    def solution(self):
        """The :class:`Solution`; the samples decide between line and ring where they are to."""
        end = self._line_or_ring() if self.settings.boundary == "auto" else self.along(self.grid)
        self.progress.data, self.progress.grid = end.data, end.grid
        return self.progress.solution(end.descent)

    def along(self, grid):
        """The :class:`_End` of a fit along one axis, or on the best of the lattices."""
        if self.is_given:
            data = self.views[0]
            start = torch.as_tensor(complete_basis(self.settings.init) @ data.axes)
            end = self._refined(data, start.to(data.spectrum), grid, self.tuning)
            return self._less_emphatic(end)
        best = self._searched(grid)
        grid = best.grid if self.grids else grid
        return self._less_emphatic(self._continued(best, grid))

    def _searched(self, grid):
        """The best candidate."""
        settings = self.settings
        options = {"n_init": settings.n_init, "seed": self.summary.seed, "tuning": self.tuning}
        options["report"] = self.progress.candidate
        if self.grids:
            return lattice_search(self.views, settings.weights, self.grids, **options)[0]
        options["n_jobs"] = settings.n_jobs
        return search(self.views, settings.weights, grid=grid, **options)[0]

    def _objective(self, data, grid, tuning):
        """The loss on all rows that a refinement sees."""
        rows = slice(0, self.n_rows)
        return Objective(data, self.settings.weights, rows, grid=grid, tuning=tuning)

    def _refined(self, data, start, grid, tuning, most=None, earlier=None):
        """The :class:`_End` of a descent of at most so many iterations, after an earlier one."""
        progress = self.progress
        progress.data, progress.grid = data, grid
        objective = self._objective(data, grid, tuning)
        options = {"max_iter": progress.max_iter if most is None else most}
        options |= {"probes": tuning.refinement_probes, "tol": self.settings.tol}
        options |= {"watch": progress.refinement, "earlier": earlier}
        if progress.stopped:
            options = {"max_iter": 0, "tol": 0.0}
        start = start[most_local(start, objective)]
        return _End(data, minimise(objective, start, **options), grid, tuning)

    def _continued(self, best, grid):
        """A refinement as the search ended; a long one goes on with fourth order.

        In a valley second and third order say little.
        """
        data, tuning, progress = best.data, self.tuning, self.progress
        most = tuning.soon
        left = progress.max_iter - most
        at_once = grid.n_axes > 1 or best.tuning.fourth_order > 0 or left <= 0
        if at_once or not affordable_modes(self.summary.n_features, tuning):
            return self._refined(data, best.basis, grid, best.tuning)
        end = self._refined(data, best.basis, grid, best.tuning, most)
        descent = end.descent
        if descent.converged or progress.stopped:
            return end
        return self._refined(data, descent.basis, grid, tuning, left, earlier=descent)

    def _is_emphatic(self, end):
        """Whether it is of few columns, which fourth order and emphasis refined to their end."""
        few = end.grid.n_axes == 1 and self.summary.n_features <= self.tuning.few
        return few and end.tuning.fourth_order > 0 and not self.progress.stopped

    def _less_emphatic(self, end):
        """The end, or that of a descent from there without emphasis, if it leads to the same place.

        Emphasis on uniformity keeps few noisy columns at the truth. Where nothing else draws away
        from it, the whole loss knows the place more precisely.
        """
        progress = self.progress
        plain = dataclasses.replace(end.tuning, emphasis=1.0, steep_emphasis=1.0)
        left = progress.max_iter - len(end.descent.losses)
        if left <= 0 or not self._is_emphatic(end):
            return end
        basis = end.descent.basis
        # A descent goes on writing to the lists of an earlier one.
        copies = {"losses": [*end.descent.losses], "terms": [*end.descent.terms]}
        earlier = dataclasses.replace(end.descent, **copies)
        other = self._refined(end.data, basis, end.grid, plain, left, earlier=earlier)
        share, same = end.data.share, end.tuning.returned
        return other if agreement(other.descent.basis, basis, share, end.grid) > same else end

    def _line_or_ring(self):
        """The fit around a ring, the line closed, or the line, as the ends of the line say.

        A ring that its spectrum gives away is searched at once, and must look like one where it is
        cut. All others are fitted as a line. A ring that was searched as a line may be found badly,
        or not at all: it is searched anew, and must look like one by its own ends.
        """
        ring, other = Grid.ring(self.summary.n_features), None
        if not self.is_given and self._is_paired():
            other = self.along(ring)
            cut = self._cut(other)
            if self.progress.stopped or self._is_ring(cut):
                return other
        line = self.along(self.grid)
        if self.progress.stopped:
            return line
        told = self._ends(line)
        if told.certain and told.boundary == "open":
            return line
        closed = []
        if told.boundary == "circulant":
            closed.append(self._refined(line.data, line.descent.basis, ring, line.tuning))
        if not self.is_given and not self.progress.stopped:
            other = self.along(ring) if other is None else other
            if self._is_ring(other):
                closed.append(other)
        return min(closed, key=self._loss, default=line)

    def _is_paired(self):
        """Whether waves come in pairs, as around a ring."""
        spectrum = self.views[0].spectrum.cpu().numpy()
        return paired(spectrum, self.summary.n_samples, self.tuning)

    def _cut(self, ring):
        """A refinement along a line from a ring that is cut between its least alike neighbours."""
        basis = ring.descent.basis
        correlation = torch.corrcoef(basis.float() @ ring.data.samples)
        cut = int(correlation.roll(-1, 1).diagonal().argmin()) + 1
        return self._refined(ring.data, basis.roll(-cut, 0), self.grid, ring.tuning)

    def _loss(self, end):
        """Of the whole loss, whatever part of it the descent had."""
        return self._objective(end.data, end.grid, self.tuning).value(end.descent.basis)

    def _is_ring(self, end):
        """Whether by its ends it is one."""
        return self._ends(end).boundary == "circulant"

    def _ends(self, end):
        """Whether the first row of a basis is a neighbour of the last one."""
        rows = (end.descent.basis.float() @ end.data.samples).mT
        return ends(rows.cpu(), self.summary.n_samples, end.tuning)


def _line_or_ring(settings, size):
    """The grid with which a search along one axis begins."""
    return Grid.of(size, "open" if settings.boundary == "auto" else settings.boundary)


def _orders(summary, settings, tuning):
    """Grid and orders of the columns, best first; a line or a ring by the ends of the line."""
    start = None if isinstance(settings.init, str) else Shuffle.of(settings.init)
    if settings.boundary != "auto":
        grid = Grid.of(settings.grid_shape or summary.n_features, settings.boundary)
        return grid, shuffles(summary, grid, tuning, start)
    line, ring = line_and_ring(summary, tuning, start)
    y = summary.bounds.apply(summary.sample) @ line.found[0].rows.T
    closed = ends(torch.as_tensor(y), summary.n_samples, tuning).boundary == "circulant"
    orders, other = (ring, line) if closed else (line, ring)
    return orders.grid, orders.finished(len(other.found))


def _located(rows, summary, settings, grid, tuning):
    """Loss of an order, its terms, and the first location that explains as much as any other."""
    tuning = first_look(tuning, summary.n_features)
    size = settings.batch_size or _rows_seen(summary.n_features, tuning)
    valued = []
    for data in views(summary, offset=tuning.offset, device=settings.device):
        objective = Objective(data, settings.weights, slice(0, size), grid=grid, tuning=tuning)
        with torch.no_grad():
            loss, terms = objective(torch.as_tensor(rows @ data.axes).to(data.spectrum))
        check_finite(terms, 0)
        terms = {name: [float(value)] for name, value in terms.items()}
        valued.append((float(loss), terms, data.location))
    lowest = min(loss for loss, *_ in valued)
    return next(one for one in valued if one[0] <= lowest + tuning.same_loss)


def _arrange(summary, settings, tuning):
    """Put columns that were shuffled, not mixed, in order."""
    grid, found = _orders(summary, settings, tuning)
    shift = grid.shift_matrix(dtype=torch.float64).numpy()
    steps = [one.rows.T @ shift @ one.rows for one in found]
    loss, terms, location = _located(found[0].rows, summary, settings, grid, tuning)
    return _packaged(
        found[0].rows,
        settings,
        grid,
        location=location,
        loss_curve=[loss],
        loss_terms=terms,
        n_iter=1,  # one look at the loss: orders descend on a cost of their own
        converged=True,
        candidates=[
            {"start": one.name, "loss": one.cost, "agreement": similarity(step, steps[0])}
            for one, step in zip(found, steps, strict=True)
        ],
    )


class _Progress:
    """Translates between the steps of the solver and the monitor of the caller."""

    def __init__(self, settings, monitor, tuning, grid):
        self.data, self.settings, self.monitor, self.grid = None, settings, monitor, grid
        self.max_iter = tuning.max_iter if settings.max_iter is None else settings.max_iter
        self.candidates, self.stopped = [], False

    def candidate(self, candidate, found):
        """Tell the caller of a candidate, new or not ready; true if it wants to stop."""
        if any(one is candidate for one in found):
            self.candidates.append(candidate)
        else:
            found = [*found, candidate]
        best = ranked(found)[0]
        self.data = best.data
        self.grid = best.grid or self.grid

        def snapshot():
            return self._package(best.basis, [best.loss], {}, False)

        self.stopped = self._tell("search", len(found), None, candidate.loss, {}, snapshot)
        return self.stopped

    def refinement(self, state):
        """Tell the caller of a step of the refinement; true if it wants to stop."""
        self.stopped = self._tell(
            "refinement",
            len(state.losses) - 1,
            self.max_iter,
            state.losses[-1],
            state.terms[-1],
            lambda: self.solution(state),
        )
        return self.stopped

    def _tell(self, *news):
        return self.monitor is not None and bool(self.monitor(Report(*news)))

    def solution(self, state):
        """A :class:`Descent` as a :class:`Solution`."""
        terms = {name: [step[name] for step in state.terms] for name in state.terms[0]}
        return self._package(state.basis, state.losses, terms, state.converged)

    def _package(self, basis, losses, terms, converged):
        return _packaged(
            self.data.rows(nearest_orthogonal(basis.detach().cpu().double()).numpy()),
            self.settings,
            self.grid,
            location=self.data.location,
            loss_curve=list(losses),
            n_iter=max(len(losses) - 1, 0),
            loss_terms=terms,
            converged=converged,
            candidates=[_described(one, basis, self.grid) for one in self.candidates],
        )


def _described(candidate, basis, grid):
    """A candidate in plain values, against the solution."""
    said = {"start": candidate.name, "loss": candidate.loss}
    if grid.n_axes == 1:
        return said | {"agreement": agreement(candidate.basis, basis)}
    alike = 0.0
    if candidate.grid == grid:
        alike = agreement(candidate.basis, basis, grid=grid)
    more = {"shape": list(candidate.grid.shape), "divergence": candidate.divergence}
    return said | {"agreement": alike} | more


def _packaged(rows, settings, grid, **found):
    """Ordered rows and how they were found as a :class:`Solution`."""
    lattice = grid.n_axes > 1
    powers = grid.powers() if lattice else symmetric_powers(settings.n_powers or len(rows))
    axes = range(grid.n_axes)
    group = Group(torch.as_tensor(rows), grid, settings.padding).canonical(powers)
    padded = [group.generator(axis, padded=True) for axis in axes]
    return Solution(
        lie_algebras=torch.stack([group.lie_algebra(axis) for axis in axes]).numpy(),
        padded_generators=torch.stack(padded).numpy(),
        filter=(group.filter / group.filter.norm()).numpy(),
        group_conv_matrix=group.orbit(powers).numpy(),
        powers=powers.numpy(),
        boundary=grid.boundary,
        shape=grid.shape,
        **found,
    )


def _orient(solution, size):
    """Fix sign and direction of a free generator and filter, which the data leave open."""
    lie_algebra = torch.as_tensor(solution.lie_algebra)
    resolving = torch.as_tensor(solution.filter)
    powers = torch.as_tensor(solution.powers)
    matrix = group_conv_matrix(generator(lie_algebra), resolving, powers, size)
    sign, _, (backwards,) = orientation(matrix, powers, Grid.line(size))
    resolving, matrix = sign * resolving, sign * matrix
    if backwards:
        if len(powers) % 2 == 0:
            # An even number of powers starts one further down: so does the filter.
            padded = pad(resolving, len(lie_algebra))
            resolving = crop_vector(orbit(generator(lie_algebra), padded, [-1, 0])[0], size)
        lie_algebra = -lie_algebra
        matrix = group_conv_matrix(generator(lie_algebra), resolving, powers, size)
    return dataclasses.replace(
        solution,
        lie_algebras=lie_algebra.numpy()[None],
        padded_generators=generator(lie_algebra).numpy()[None],
        filter=(resolving / resolving.norm()).numpy(),
        group_conv_matrix=matrix.numpy(),
    )
