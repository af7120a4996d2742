# SPDX-License-Identifier: BSD-3-Clause
"""The training procedure of the paper (section 4.3, appendix E.1): Adam on everything at once.

Its defaults, and where they come from, are the attributes of ``_Schedule``. It is slow and
its outcome depends on the start; :mod:`.search` finds solutions in seconds. Budget and batches are
those of the authors' published code; ``docs/paper.md`` has a table of what differs.
"""

import math
import warnings
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec

import numpy as np
import torch

from ..core.densities import ClosedFormDensity, MixtureDensity, TabulatedDensity
from ..core.entropy import low_rank_entropy
from ..core.grid import Grid
from ..core.group import Group, complete_basis
from ..core.losses import SymmetryLoss
from ..core.orbit import group_conv_matrix, normalise, symmetric_powers
from ..core.representation import Representation
from ..core.rotation import antisymmetric, generator, spectral_generator
from .solution import Report, Solution
from .tuning import DEFAULT

__all__ = ["published_batch", "published_steps", "train"]

# 4,000 epochs of 100 batches with 7 features, 1,000 with 27 and 33, in the published code.
STEPS_PER_EPOCH = 100
LONG_EPOCHS, EPOCHS = {7: 4000}, 1000
# Samples of the published sets; others had 50,000 a feature.
PUBLISHED_SAMPLES = {7: 252_000, 27: 1_080_000, 33: 1_650_000}
SAMPLES_PER_FEATURE = 50_000
SMALLEST_BATCH = 8
INITIAL_SCALE = 1e-3
# Of TensorFlow's Adam, that the paper leaves at its default; it stands outside the correction of
# the bias there.
EPSILON, SECOND_MOMENT = 1e-7, 0.999


def published_steps(n_features):
    """Steps of the published runs."""
    return STEPS_PER_EPOCH * LONG_EPOCHS.get(n_features, EPOCHS)


def published_batch(n_features, n_samples=None):
    """Samples of a batch: an epoch of the published runs is 100 batches and one pass over the set.

    Parameters
    ----------
    n_features : int
    n_samples : int or None, default=None
        None: as many as the published set with so many features has.
    """
    if n_samples is None:
        n_samples = PUBLISHED_SAMPLES.get(n_features, SAMPLES_PER_FEATURE * n_features)
    return max(n_samples // STEPS_PER_EPOCH, n_features, SMALLEST_BATCH)


def train(X, settings, *, random_state, monitor=None):
    """Learn generator and filter by the procedure of the paper.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        float32 or float64, finite, not constant; never modified. Computations use its dtype.
    settings : Settings
        See :class:`sklearn_symmetry.solver.solution.Settings`. Read here: ``n_powers``,
        ``weights``, ``boundary``, ``padding``, ``init`` (an array of rows, anything else is the
        random start of the paper), ``density``, ``max_iter`` (default :func:`published_steps`),
        ``batch_size`` (default 500 per power, or all samples), ``learning_rate`` (default 1e-4),
        ``estimator_learning_rate``, ``learning_rate_decay``, ``filter_noise``,
        ``filter_noise_epochs``, ``rank_schedule``, ``hidden_factor``, ``n_kernels``, ``penalty``,
        ``tol``, ``device`` and ``n_init``: random starts, one run after another, of which that
        with the lowest final loss is returned (default 1).
    random_state : int
        Seed of everything random; global seeds are not touched. The first run has this one.
    monitor : callable, optional
        Called with a :class:`~sklearn_symmetry.solver.solution.Report` after every iteration;
        training stops when it returns True. Iterations of several runs are counted on, and
        snapshots are of the best run that is finished, or else of the present one.

    Returns
    -------
    solution : Solution
        Not canonicalised: sign and direction are as they came out. From random starts, every run
        is in its ``candidates``.

    Raises
    ------
    FloatingPointError
        If a term of the loss is not finite; the message names it and the iteration.
    ValueError
        If a batch cannot serve the estimators, or an initial array does not fit.
    """
    starts_at_random = isinstance(settings.init, str)
    n_runs = settings.n_init or 1 if starts_at_random else 1
    runs = _Runs(n_runs)
    for run in range(n_runs):
        seed = _seed_of(random_state, run)
        trainer = Trainer(X, settings, seed)
        total = trainer.schedule.n_iterations
        stopped = False
        for iteration in range(total):
            trainer.step(iteration)
            if monitor is not None:
                report = trainer.report(iteration + run * total, n_runs * total)
                stopped = monitor(runs.finished_first(report))
                if stopped:
                    break
        if not stopped or not runs.solutions:
            runs.add(trainer, seed)
        if stopped:
            break
    return runs.solution(starts_at_random)


def _seed_of(random_state, run):
    """Seeds of several runs: the given one, then others that do not depend on their number."""
    if run == 0:
        return int(random_state)
    return int(np.random.SeedSequence([int(random_state), run]).generate_state(1)[0])


class _Runs:
    """What several random starts came to."""

    def __init__(self, n_runs):
        self.n_runs, self.solutions, self.losses, self.seeds = n_runs, [], [], []

    def add(self, trainer, seed):
        """A run has come to its end."""
        self.solutions.append(trainer.solution())
        self.losses.append(trainer.final_loss())
        self.seeds.append(seed)

    def best(self):
        """That with the lowest final loss."""
        return self.solutions[int(np.argmin(self.losses))]

    def finished_first(self, report):
        """The report with the best finished run in its snapshot, if there is one."""
        return replace(report, snapshot=self.best) if self.solutions else report

    def solution(self, with_candidates):
        """The best, with all of them as its candidates."""
        best = self.best()
        if not with_candidates:
            return best
        candidates = [
            {
                "start": f"random, seed {seed}",
                "loss": loss,
                "agreement": _agreement(one.padded_generator, best.padded_generator),
            }
            for seed, loss, one in zip(self.seeds, self.losses, self.solutions, strict=True)
        ]
        return replace(best, candidates=candidates)


def _agreement(one, other):
    """Cosine of two rotations, in the better of the two directions."""
    return float(max(np.sum(one * other), np.sum(one * other.T)) / len(one))


@dataclass(frozen=True)
class _Schedule:
    """What changes during training, as a function of the iteration.

    Attributes
    ----------
    n_iterations : int
    learning_rate_decay : float, default=0.1
        Ratio of the last learning rate to the first; log-linear in between (appendix E.1).
    filter_noise : float, default=0.1
        Initial standard deviation of the noise added to the filter (eq. 22).
    filter_noise_epochs : float, default=10
        Time constant of its decay, in epochs of 100 steps whatever the set: as published.
    rank_schedule : {"gradient_flow", "full"}, default="gradient_flow"
        Whether the rank of the joint entropy grows with the gradient flow (eq. 21).
    """

    n_iterations: int
    learning_rate_decay: float = 0.1
    filter_noise: float = 0.1
    filter_noise_epochs: float = 10.0
    rank_schedule: str = "gradient_flow"

    def decay(self, iteration):
        """Learning rate relative to the first iteration."""
        return self.learning_rate_decay ** (iteration / max(self.n_iterations - 1, 1))

    def rank_fraction(self, iteration):
        """Share of the gradient flow that has passed, tau in (0, 1] (eq. 21); None: full rank."""
        if self.rank_schedule == "full":
            return None
        ratio = self.learning_rate_decay ** (1 / max(self.n_iterations - 1, 1))
        if ratio == 1.0:
            return (iteration + 1) / self.n_iterations
        # Sums of a geometric series.
        return math.expm1((iteration + 1) * math.log(ratio)) / math.expm1(
            self.n_iterations * math.log(ratio)
        )

    def noise(self, iteration):
        """Standard deviation of the noise added to the filter (eq. 22)."""
        return self.filter_noise * math.exp(
            -iteration / (STEPS_PER_EPOCH * self.filter_noise_epochs)
        )


class Trainer:
    """State of one run: parameters, optimisers, minibatches and history.

    Parameters
    ----------
    X, settings, random_state
        See :func:`train`.
    compiled : bool or None, default=None
        Whether the mixtures are evaluated by compiled tables of their networks, which is the same
        up to rounding. None: where that is faster, and there is a compiler.
    """

    def __init__(self, X, settings, random_state, compiled=None):
        self.settings = settings
        self.random = torch.Generator().manual_seed(int(random_state))
        self.data = _scaled(X, settings.device)
        n_samples, self.n_features = X.shape
        self.n_powers = settings.n_powers or self.n_features
        self.powers = symmetric_powers(self.n_powers)
        self.batch_size = self._checked_batch(n_samples)
        self.schedule = self._make_schedule()
        self.batches = _minibatches(n_samples, self.batch_size, self.random)
        self.free_matrix, self.filter = self._initial_parameters()
        self.compiled = self._is_compiled() if compiled is None else compiled
        self.density = self._make_density()
        self.grid = Grid.of(self.n_powers, settings.boundary)
        self.loss = SymmetryLoss(settings.weights)
        self.optimizer = self._make_optimizer()
        self.loss_curve, self.loss_terms = [], {name: [] for name in settings.weights}
        self.full_rank_curve = []

    def step(self, iteration):
        """One joint update of the model and, where there are any, of the estimators."""
        decay = self.schedule.decay(iteration)
        # Torch corrects the bias of the second moment before it adds epsilon, Keras after.
        epsilon = EPSILON / math.sqrt(1.0 - SECOND_MOMENT ** (iteration + 1))
        for group in self.optimizer.param_groups:
            group["lr"], group["eps"] = group["initial_lr"] * decay, epsilon
        rep = self._representation(iteration)
        total, terms = self.loss(rep)
        self._record(iteration, rep, total, terms)
        # One graph, two gradients: neither loss moves the parameters of the other.
        model = [self.free_matrix, self.filter]
        estimators = list(self.density.parameters()) if self._is_mixture else []
        gradients = list(torch.autograd.grad(total, model, retain_graph=bool(estimators)))
        if estimators:
            loss = self.density.training_loss(rep, self.settings.penalty)
            gradients += torch.autograd.grad(loss, estimators)
        for parameter, gradient in zip(model + estimators, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()

    def report(self, iteration, total):
        """News of an iteration for the monitor."""
        terms = {name: values[-1] for name, values in self.loss_terms.items()}
        return Report("train", iteration, total, self.loss_curve[-1], terms, self.solution)

    def final_loss(self):
        """Mean over the last hundredth of the steps: a single batch is noisy."""
        return float(np.mean(self.loss_curve[-max(1, len(self.loss_curve) // 100) :]))

    def solution(self):
        """Current parameters and history, as arrays in host memory."""
        with torch.no_grad():
            lie_algebra = antisymmetric(self.free_matrix.double())
            matrix = generator(lie_algebra)
            vector = normalise(self.filter.double())
            rows = group_conv_matrix(matrix, vector, self.powers, self.n_features)
        return Solution(
            lie_algebras=_array(lie_algebra)[None],
            padded_generators=_array(matrix)[None],
            filter=_array(vector),
            group_conv_matrix=_array(rows),
            powers=self.powers.numpy().copy(),
            loss_curve=list(self.loss_curve),
            loss_terms={name: list(values) for name, values in self.loss_terms.items()},
            n_iter=len(self.loss_curve),
            converged=self._has_converged(),
            candidates=[],
        )

    @property
    def _is_mixture(self):
        return self.settings.density == "mixture"

    @property
    def _starts_at_random(self):
        return isinstance(self.settings.init, str)

    def _checked_batch(self, n_samples):
        size = self.settings.batch_size
        if size is None:
            return min(500 * self.n_powers, n_samples)
        if size > n_samples:
            raise ValueError(
                f"batch_size={size} is larger than the set, which has n_samples={n_samples}. Use "
                f"a batch_size up to that, or paper_settings(n_features, n_samples={n_samples})."
            )
        return size

    def _make_schedule(self):
        settings, annealing = self.settings, {}
        if not self._starts_at_random:
            # Annealing is for finding a basin; it would destroy the one that was given.
            annealing.update(filter_noise=0.0, rank_schedule="full")
        for name in ("filter_noise", "rank_schedule"):
            if getattr(settings, name) is not None:
                annealing[name] = getattr(settings, name)
        return _Schedule(
            settings.max_iter or published_steps(self.n_features),
            learning_rate_decay=settings.learning_rate_decay,
            filter_noise_epochs=settings.filter_noise_epochs,
            **annealing,
        )

    def _initial_parameters(self):
        """Free matrix A and filter: near the identity and 0, or the given rows."""
        grid, padding = Grid.of(self.n_features, self.settings.boundary), self.settings.padding
        if self._starts_at_random:
            size = grid.padded_size(padding)
            matrix = INITIAL_SCALE * torch.randn(size, size, generator=self.random)
            vector = torch.zeros(self.n_features)
            if self.schedule.filter_noise == 0.0:
                # Nothing would move a filter of 0, whose representation is 0.
                vector = INITIAL_SCALE * torch.randn(self.n_features, generator=self.random)
        else:
            rows = np.asarray(self.settings.init, dtype=np.float64)
            if rows.shape != (self.n_powers, self.n_features):
                raise ValueError(
                    f"init must have shape ({self.n_powers}, {self.n_features}); got {rows.shape}"
                )
            basis = complete_basis(rows)
            group = Group(torch.as_tensor(basis), grid, padding)
            matrix, vector = group.lie_algebra(), group.filter
        return (
            part.to(self.data.device, self.data.dtype, copy=True).requires_grad_()
            for part in (matrix, vector)
        )

    def _make_density(self):
        if not self._is_mixture:
            return ClosedFormDensity()
        if self.batch_size < self.n_powers:
            raise ValueError(
                f"the mixture density needs at least n_powers={self.n_powers} samples a batch; "
                f"got {self.batch_size}"
            )
        density = MixtureDensity(
            self.n_powers,
            n_kernels=self.settings.n_kernels,
            hidden_factor=self.settings.hidden_factor,
            generator=self.random,
        )
        density = density.to(self.data.device, self.data.dtype)
        return TabulatedDensity(density) if self.compiled else density

    def _is_compiled(self):
        is_long = self.schedule.n_iterations >= DEFAULT.compiled_from
        return is_long and self._is_mixture and self.data.device.type == "cpu" and _has_compiler()

    def _make_optimizer(self):
        groups = [(self.settings.learning_rate or 1e-4, [self.free_matrix, self.filter])]
        if self._is_mixture:
            groups.append((self.settings.estimator_learning_rate, list(self.density.parameters())))
        return torch.optim.Adam(
            [{"params": group, "lr": rate, "initial_lr": rate} for rate, group in groups],
            betas=(0.9, SECOND_MOMENT),
            fused=True,
        )

    def _representation(self, iteration):
        noise = self.schedule.noise(iteration)
        vector = self.filter
        if noise > 0.0:
            draw = torch.randn(self.n_features, generator=self.random)
            vector = vector + noise * draw.to(vector)
        exponential = spectral_generator if self.compiled else generator
        matrix = exponential(antisymmetric(self.free_matrix))
        rows = group_conv_matrix(matrix, vector, self.powers, self.n_features)
        batch = self.data[next(self.batches)]
        y = (rows @ batch.mT).mT
        rank_fraction = self.schedule.rank_fraction(iteration)
        return Representation(y, self.density, rank_fraction, grid=self.grid)

    def _record(self, iteration, rep, total, terms):
        values = {name: float(value.detach()) for name, value in terms.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"the {name} term of the loss is {value} at iteration {iteration}; "
                    "a smaller learning rate may help"
                )
        for name, value in values.items():
            self.loss_terms[name].append(value)
        self.loss_curve.append(float(total.detach()))
        if iteration < 0.75 * self.schedule.n_iterations:
            return  # whether it has converged is seen in the last fifth
        with torch.no_grad():
            annealed = low_rank_entropy(rep.eigenvalues, rep.rank_fraction)
            full = low_rank_entropy(rep.eigenvalues)
        weight = sum(self.settings.weights[name] for name in ("resolution", "information"))
        self.full_rank_curve.append(self.loss_curve[-1] + weight * float(annealed - full))

    def _has_converged(self):
        """Whether the loss at full rank moved by less than `tol` over the last fifth of the run.

        Means of its two halves are compared, relative to 1 + |loss|: single batches are noisy, and
        the annealed loss changes with the rank alone.
        """
        length = len(self.loss_curve)
        if length < self.schedule.n_iterations or length < 20:
            return False
        tenth = length // 10
        last = float(np.mean(self.full_rank_curve[-tenth:]))
        previous = float(np.mean(self.full_rank_curve[-2 * tenth : -tenth]))
        return abs(last - previous) <= self.settings.tol * (1.0 + abs(last))


@cache
def _has_compiler():
    """Whether there is numba; says once that there is none."""
    if find_spec("numba") is not None:
        return True
    warnings.warn(
        "numba is not installed: the paper's procedure runs without compiled tables, about five "
        "times slower. Install it with: pip install numba (the extra 'paper').",
        stacklevel=2,
    )
    return False


def _scaled(X, device):
    """A copy of the data with one mean removed and one scale divided out: both are scalars.

    Scaling every feature by itself would break an orthogonal symmetry.
    """
    X = np.asarray(X)
    mean, deviation = float(X.mean(dtype=np.float64)), float(X.std(dtype=np.float64))
    return torch.as_tensor((X - X.dtype.type(mean)) / X.dtype.type(deviation), device=device)


def _minibatches(n_samples, batch_size, random):
    """Endless index batches, without replacement within an epoch; the remainder is left out."""
    if batch_size == n_samples:
        while True:
            yield slice(None)
    while True:
        order = torch.randperm(n_samples, generator=random)
        for start in range(0, n_samples - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def _array(tensor):
    return tensor.detach().cpu().numpy().astype(np.float64, copy=True)
