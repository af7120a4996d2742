# SPDX-License-Identifier: BSD-3-Clause
"""What goes into the solver and what comes out: plain values and numpy arrays."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..core.losses import PAPER_WEIGHTS

__all__ = ["Report", "Settings", "Solution"]


@dataclass(frozen=True)
class Settings:
    """Parameters of a fit; see :class:`sklearn_symmetry.SymmetryLens` for their meaning.

    The weights of the loss terms are one dictionary, by the names of the terms.
    """

    n_powers: int | None = None
    weights: dict = field(default_factory=PAPER_WEIGHTS.copy)
    boundary: str | tuple = "open"
    grid_shape: str | tuple | None = None
    mixing: str = "rotation"
    padding: int = 6
    init: str | np.ndarray = "auto"
    density: str = "closed_form"
    max_iter: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    estimator_learning_rate: float = 2.5e-3
    learning_rate_decay: float = 0.1
    filter_noise: float | None = None
    filter_noise_epochs: float = 10.0
    rank_schedule: str | None = None
    n_kernels: int = 4
    hidden_factor: int = 16
    penalty: float = 1e-5
    tol: float = 1e-5
    n_init: int | None = None
    n_jobs: int | None = None
    device: str = "cpu"


@dataclass
class Solution:
    """A group, its filter, and how they were found; float64, host memory."""

    lie_algebras: np.ndarray  # (k, D, D), one for every axis of the grid
    padded_generators: np.ndarray  # (k, D, D)
    filter: np.ndarray  # (d,)
    group_conv_matrix: np.ndarray  # (m, d)
    powers: np.ndarray  # (m,), or (m, k) on a grid of k axes
    loss_curve: list
    loss_terms: dict
    n_iter: int
    converged: bool
    candidates: list = field(default_factory=list)
    location: np.ndarray | float = 0.0  # (d,), about which the group acts
    boundary: str | tuple = "open"  # what was asked for, or what the samples decided
    shape: tuple = ()  # of the grid of d positions

    @property
    def lie_algebra(self):
        """Of the first axis, shape (D, D)."""
        return self.lie_algebras[0]

    @property
    def padded_generator(self):
        """Of the first axis, shape (D, D)."""
        return self.padded_generators[0]


@dataclass(frozen=True)
class Report:
    """News of a solver at work, for its monitor.

    Attributes
    ----------
    phase : {"search", "refinement", "train", "epochs"}
        Of the default solver, the paper's procedure, and the adversarial baselines.
    iteration : int
    total : int or None
        Iterations of this phase at most; None where that is not known.
    loss : float
    terms : dict of str to float
        Of the loss; empty in the search.
    snapshot : callable
        Gives the latest complete state as a :class:`Solution`.
    """

    phase: str
    iteration: int
    total: int | None
    loss: float
    terms: dict
    snapshot: Callable[[], Solution]
