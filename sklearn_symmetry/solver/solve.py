# SPDX-License-Identifier: BSD-3-Clause
"""The entry point: data and settings in, a group and its filter out."""

import dataclasses

import numpy as np
import torch

from ..core.generator import complete_basis, crop_vector, generator, pad, shift_generator_log
from ..core.group_convolution import group_conv_matrix, orbit, symmetric_powers
from ..core.training import train
from ..statistics.outliers import common_unit
from ..statistics.principal import views
from ..statistics.summary import summarise
from .manifold import minimise
from .objective import Objective
from .search import agreement, ranked, search
from .solution import Solution
from .threads import one_thread

__all__ = ["BATCH_SIZE", "solve"]

MAX_ITER, BATCH_SIZE, PROBES = 400, 20000, 32


def solve(X, settings, *, random_state, monitor=None):
    """Find the minimal generator and the resolving filter of the hidden symmetry of `X`.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Finite, d >= 2.
    settings : Settings
    random_state : int
        Seed of everything random.
    monitor : callable, optional
        ``monitor(phase, iteration, total, loss, terms, snapshot)``, called for every candidate of
        the search and every iteration of the refinement; a true result stops the solver, which
        then returns the best state so far. ``snapshot()`` is that state as a
        :class:`~sklearn_symmetry.solver.solution.Solution`.

    Returns
    -------
    solution : Solution
        Sign and direction follow the rule of ``_orient``.

    Raises
    ------
    FloatingPointError
        If the loss is not finite; names term and iteration.
    """
    with one_thread():
        if isinstance(settings.init, str) and settings.init == "random":
            return _train(X, settings, random_state, monitor)
        solution, stopped = _solve(X, settings, random_state, monitor)
        if settings.density == "mixture" and not stopped:
            start = dataclasses.replace(settings, init=solution.group_conv_matrix)
            return _train(X, start, random_state, monitor, solution.location)
        return solution


def _train(X, settings, random_state, monitor, location=0.0):
    """The paper's procedure about `location`, from a random start or from given rows."""

    def package(solution):
        return _orient(dataclasses.replace(solution, location=location), X)

    def watch(phase, iteration, total, loss, terms, snapshot):
        return monitor(phase, iteration, total, loss, terms, lambda: package(snapshot()))

    X = X - location
    solution = train(
        X / common_unit(X),
        settings,
        random_state=random_state,
        monitor=None if monitor is None else watch,
    )
    return package(solution)


def _solve(X, settings, seed, monitor):
    """Search for a basin, then refine in it; both over orthogonal matrices of all d rows.

    Returns the solution, and whether the monitor stopped the work.
    """
    capacity = max(BATCH_SIZE, settings.batch_size or 0)
    seen = views(summarise(X, seed=seed, capacity=capacity), device=settings.device)
    cyclic = settings.boundary == "circulant"
    weights = settings.weights
    progress = _Progress(settings, monitor)
    if isinstance(settings.init, str):
        found = search(
            seen,
            weights,
            cyclic=cyclic,
            n_init=settings.n_init,
            n_jobs=settings.n_jobs,
            seed=seed,
            report=progress.candidate,
        )
        data, start = found[0].data, found[0].basis
    else:
        data = seen[0]
        start = torch.as_tensor(complete_basis(settings.init) @ data.axes).to(data.spectrum)
    size = BATCH_SIZE if settings.batch_size is None else settings.batch_size
    objective = Objective(data, weights, slice(0, size), cyclic=cyclic)
    progress.data = data
    if progress.stopped:
        return progress.solution(minimise(objective, start, max_iter=0, tol=0.0)), True
    refined = minimise(
        objective,
        start,
        max_iter=progress.max_iter,
        tol=settings.tol,
        probes=PROBES,
        watch=progress.refinement,
    )
    return progress.solution(refined), progress.stopped


class _Progress:
    """Translates between the steps of the solver and the monitor of the caller."""

    def __init__(self, settings, monitor):
        self.data, self.settings, self.monitor = None, settings, monitor
        self.max_iter = MAX_ITER if settings.max_iter is None else settings.max_iter
        self.candidates, self.stopped = [], False

    def candidate(self, candidate, found):
        """Tell the caller of a new candidate; true if it wants to stop."""
        self.candidates.append(candidate)
        best = ranked(found)[0]
        self.data = best.data

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
        return self.monitor is not None and bool(self.monitor(*news))

    def solution(self, state):
        """A :class:`Descent` as a :class:`Solution`."""
        terms = {name: [step[name] for step in state.terms] for name in state.terms[0]}
        return self._package(state.basis, state.losses, terms, state.converged)

    def _package(self, basis, losses, terms, converged):
        candidates = [
            {"start": one.name, "loss": one.loss, "agreement": agreement(one.basis, basis)}
            for one in self.candidates
        ]
        basis = self.data.rows(basis.detach().cpu().double().numpy())
        settings = self.settings
        lie_algebra = shift_generator_log(basis, settings.padding, settings.boundary)
        size = len(basis)
        solution = Solution(
            lie_algebra=lie_algebra.numpy(),
            padded_generator=generator(lie_algebra).numpy(),
            filter=basis[size // 2],
            group_conv_matrix=basis,
            powers=symmetric_powers(settings.n_powers or size).numpy(),
            location=self.data.location,
            loss_curve=list(losses),
            loss_terms=terms,
            n_iter=max(len(losses) - 1, 0),
            converged=converged,
            candidates=candidates,
        )
        return _orient(solution, basis)


def _orient(solution, like):
    """Fix sign and direction, which the data leave open, and form the group convolution matrix.

    The entries of the matrix sum to a positive number; and they do so weighted by power times
    (centred) column index, which makes the identity the solution of unmixed translations.
    """
    size = np.shape(like)[1]
    lie_algebra = torch.as_tensor(solution.lie_algebra)
    resolving = torch.as_tensor(solution.filter)
    powers = torch.as_tensor(solution.powers)
    matrix = group_conv_matrix(generator(lie_algebra), resolving, powers, size)
    if matrix.sum() < 0:
        resolving, matrix = -resolving, -matrix
    column = torch.arange(size, dtype=matrix.dtype) - (size - 1) / 2
    if powers.to(matrix.dtype) @ matrix @ column < 0:
        if len(powers) % 2 == 0:
            # An even number of powers starts one further down: so does the filter.
            padded = pad(resolving, (len(lie_algebra) - size) // 2)
            resolving = crop_vector(orbit(generator(lie_algebra), padded, [-1, 0])[0], size)
        lie_algebra = -lie_algebra
        matrix = group_conv_matrix(generator(lie_algebra), resolving, powers, size)
    return dataclasses.replace(
        solution,
        lie_algebra=lie_algebra.numpy(),
        padded_generator=generator(lie_algebra).numpy(),
        filter=(resolving / resolving.norm()).numpy(),
        group_conv_matrix=matrix.numpy(),
    )
