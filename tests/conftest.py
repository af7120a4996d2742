# SPDX-License-Identifier: BSD-3-Clause
"""Solvers that answer at once, or soon, for tests of everything around the solver."""

import os

# Thousands of small operations: several threads only get in each other's way, here and in programs.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

import sklearn_symmetry._lens
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import Group
from sklearn_symmetry.core.orbit import symmetric_powers
from sklearn_symmetry.solver.lattice import factorisations
from sklearn_symmetry.solver.solution import Report, Solution
from sklearn_symmetry.solver.solve import solve
from sklearn_symmetry.solver.tuning import DEFAULT

TERMS = ("alignment", "uniformity", "resolution", "information")


class QuickSolver:
    """Takes the principal axes for the hidden order: a valid solution, seldom a good one.

    It reports three candidates and three iterations. ``calls`` holds the arguments of every call:
    the rows in the order of the user, the settings, the seed.
    """

    def __init__(self):
        self.calls = []
        self.converged = True

    def __call__(self, summary, settings, *, monitor=None):
        X = summary.sample[np.argsort(summary.row_numbers)]
        self.calls.append((X, settings, summary.seed))
        n_iter = 0
        for phase, total in (("search", None), ("refinement", 3)):
            for iteration in range(1, 4):
                n_iter += phase == "refinement"
                terms = dict.fromkeys(TERMS, 1.0 / iteration)
                state = self._solution(X, settings, n_iter)
                news = (phase, iteration, total, 1.0 / iteration, terms, lambda state=state: state)
                if monitor is not None and monitor(Report(*news)):
                    return self._solution(X, settings, n_iter, converged=False)
        return self._solution(X, settings, n_iter, converged=self.converged)

    @staticmethod
    def _solution(X, settings, n_iter, converged=False):
        covariance = np.cov(np.asarray(X, dtype=np.float64).T)
        basis = np.linalg.eigh(covariance)[1].T
        size = len(basis)
        boundary = "open" if settings.boundary == "auto" else settings.boundary
        shape = settings.grid_shape or size
        grid = Grid.of(factorisations(size)[0] if shape == "auto" else shape, boundary)
        group = Group(basis.copy(), grid, settings.padding)
        axes = range(grid.n_axes)
        padded = [group.generator(axis, padded=True) for axis in axes]
        powers = symmetric_powers(settings.n_powers or size) if len(axes) == 1 else grid.powers()
        curve = [1.0 / (1 + step) for step in range(n_iter)]
        return Solution(
            lie_algebras=torch.stack([group.lie_algebra(axis) for axis in axes]).numpy(),
            padded_generators=torch.stack(padded).numpy(),
            filter=group.filter.numpy(),
            group_conv_matrix=group.orbit(powers).numpy(),
            powers=powers.numpy(),
            loss_curve=curve,
            loss_terms={name: list(curve) for name in TERMS},
            n_iter=n_iter,
            converged=converged,
            candidates=[{"start": "principal axes", "loss": 1.0}],
            boundary=grid.boundary,
            shape=grid.shape,
        )


@pytest.fixture
def quick_solver(monkeypatch):
    """Replaces the solver of the estimator by a :class:`QuickSolver`."""
    solver = QuickSolver()
    monkeypatch.setattr(sklearn_symmetry._lens, "solve", solver)
    return solver


@pytest.fixture
def little_search(request, monkeypatch):
    """The real solver, which takes its first start as it is: a tenth of the time on mere noise.

    Whole files use it; what it is to find is found by ``@pytest.mark.whole_search``.
    """
    if request.node.get_closest_marker("whole_search"):
        return
    tuning = replace(DEFAULT, mending_rounds=0, few=0, fewest=0, returned=-2.0)
    monkeypatch.setattr(sklearn_symmetry._lens, "solve", partial(solve, tuning=tuning))


@pytest.fixture(scope="module")
def cluster():
    """Two processes of dask, of one thread each; they find the package where this process does."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with (
        distributed.LocalCluster(**options, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def array_api(monkeypatch):
    """Scikit-learn may dispatch to the namespace of its input, and checks that."""
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
