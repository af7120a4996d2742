# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the parameters of a lens: a message names the parameter, its value and the remedy."""

from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_random_state, check_scalar

from ._lattices import check_grid, check_grid_columns
from ._verdict.criteria import ORDERS
from .core.losses import PAPER_WEIGHTS
from .solver.tuning import DEFAULT

__all__ = [
    "check_jobs",
    "check_level",
    "check_number",
    "check_parameters",
    "check_shapes",
    "resolve_device",
    "seed_of",
]

CHOICES = {
    "boundary": ("open", "circulant", "auto"),
    "mixing": ("rotation", "permutation"),
    "density": ("closed_form", "mixture"),
    "rank_schedule": ("gradient_flow", "full", None),
}
TRAINED = {"init": "random", "density": "mixture"}  # the paper's procedure
COEFFICIENTS = tuple(PAPER_WEIGHTS)
LARGEST = 20_000  # rows of a padded generator, of which there are several: 3 GB each
COUNTS = {"max_iter": 1, "batch_size": 8, "n_init": 1, "n_kernels": 1, "hidden_factor": 1}
OPTIONAL = ("max_iter", "batch_size", "n_init", "learning_rate", "filter_noise")
# Numbers that may be 0, and those that may not.
NONNEGATIVE = (*COEFFICIENTS, "tol", "filter_noise", "penalty")
POSITIVE = (
    "learning_rate", "estimator_learning_rate", "learning_rate_decay", "filter_noise_epochs",
)  # fmt: skip


def check_parameters(lens):
    """Check everything that can be checked without the data."""
    _check_ranges(lens)
    check_grid(lens)
    _check_choices(lens)
    _check_agreement(lens)


def _check_ranges(lens):
    """Every parameter that is a number, by itself."""
    for name in NONNEGATIVE:
        _check_number(lens, name)
    for name in POSITIVE:
        _check_number(lens, name, include_boundaries="neither")
    if lens.learning_rate_decay > 1:
        raise ValueError(f"learning_rate_decay == {lens.learning_rate_decay}, must be <= 1.")
    if not any(getattr(lens, name) for name in COEFFICIENTS):
        raise ValueError(
            f"at least one of {', '.join(COEFFICIENTS)} must be positive; got 0 for all"
        )
    _check_scalar(lens, "n_channels", Integral, min_val=1)
    for name in ("padding", "verbose"):
        _check_scalar(lens, name, Integral, min_val=0)
    for name, smallest in COUNTS.items():
        if not _is_left_out(lens, name):
            _check_scalar(lens, name, Integral, min_val=smallest)
    check_jobs(lens)
    _check_scalar(lens, "warm_start", (bool, np.bool_))


def _check_choices(lens):
    """Every parameter that is one of several words."""
    for name, allowed in CHOICES.items():
        if name == "boundary" and lens.grid_shape is not None:
            continue  # one for every axis
        value = getattr(lens, name)
        if not (value is None or isinstance(value, str)) or value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}; got {value!r}")
    if isinstance(lens.init, str) and lens.init not in ("auto", "random"):
        raise ValueError(
            f"init must be 'auto', 'random' or an array of shape (n_powers, n_features); "
            f"got {lens.init!r}"
        )


def _check_agreement(lens):
    """Words that exclude each other."""
    if lens.boundary == "auto" and _is(lens.init, "random"):
        raise ValueError(
            "boundary='auto' needs a search: it excludes init='random', the paper's procedure; "
            "use boundary='open' or 'circulant'"
        )
    trained = [name for name, value in TRAINED.items() if _is(getattr(lens, name), value)]
    if lens.mixing == "permutation" and trained:
        raise ValueError(
            f"mixing='permutation' puts columns in order, there is nothing to train: it excludes "
            f"{trained[0]}={TRAINED[trained[0]]!r}; use the default"
        )


def check_number(value, name, kind=Real, **limits):
    """Refuse what is no finite number within limits, those of scikit-learn's ``check_scalar``."""
    check_scalar(value, name, kind, **limits)
    if not np.isfinite(value):
        raise ValueError(f"{name} == {value}, must be finite.")


def check_jobs(lens):
    """Refuse a number of jobs that is none; it may be changed after a fit."""
    if lens.n_jobs is not None:
        _check_scalar(lens, "n_jobs", Integral)
        if lens.n_jobs == 0:
            raise ValueError("n_jobs == 0, must be positive, negative (cores left free) or None")


def check_level(level):
    """Refuse a level of tests that is none."""
    if not isinstance(level, Real):
        raise TypeError(f"level must be a number, such as 0.05; got {level!r}")
    least = 1 / (ORDERS + 1)
    if not least <= level <= 0.5:
        raise ValueError(
            f"level must be from {least:g}, below which no p-value of these tests can be, to 0.5; "
            f"got {level}"
        )


def _is(value, name):
    return isinstance(value, str) and value == name


def _is_left_out(lens, name):
    return name in OPTIONAL and getattr(lens, name) is None


def _check_number(lens, name, include_boundaries="left"):
    """A finite number, not negative, or None where that has a meaning."""
    value = getattr(lens, name)
    if _is_left_out(lens, name):
        return
    if isinstance(value, Real) and not np.isfinite(value):
        raise ValueError(f"{name} must be finite; got {value}")
    _check_scalar(lens, name, Real, min_val=0, include_boundaries=include_boundaries)


def _check_scalar(lens, name, kind, **limits):
    """As :func:`sklearn.utils.check_scalar`, with the value in every message."""
    value = getattr(lens, name)
    if kind is Integral and isinstance(value, bool) and name != "verbose":
        raise TypeError(f"{name} must be an integer; got {value!r}")
    try:
        check_scalar(value, name, kind, **limits)
    except TypeError as error:
        raise TypeError(f"{error} Got {value!r}.") from error


def check_shapes(lens, n_samples, n_features):
    """Check the parameters whose range depends on the data; `n_samples` may not be known yet."""
    check_grid_columns(lens, n_features)
    if lens.boundary == "circulant" and n_features < DEFAULT.smallest_ring:
        raise ValueError(
            f"boundary='circulant' needs at least {DEFAULT.smallest_ring} features; got "
            f"{n_features}. On so small a ring all are neighbours of all: use boundary='open'."
        )
    size = n_features + (0 if lens.boundary == "circulant" else 2 * lens.padding)
    largest = max(LARGEST, 3 * n_features)
    if size > largest:
        raise ValueError(
            f"padding == {lens.padding}, must be <= {(largest - n_features) // 2}: matrices "
            f"have n_features + 2 * padding rows; the default is enough"
        )
    if lens.n_powers is not None:
        most = size if lens.boundary == "open" else n_features  # it may be a ring
        _check_scalar(lens, "n_powers", Integral, min_val=2, max_val=most)
    if lens.density == "mixture" and n_samples is not None:
        _check_batch(lens, n_samples, lens.n_powers or n_features)
    if not isinstance(lens.init, str):
        _check_init(lens, n_features)


def _check_init(lens, n_features):
    """A given start: real, finite, of the shape of the group convolution matrix and full rank."""
    try:
        init = np.asarray(lens.init)
    except ValueError as error:
        raise ValueError(
            f"init must be an array of shape (n_powers, n_features): {error}"
        ) from error
    n_powers = n_features if lens.n_powers is None else lens.n_powers
    if init.shape != (n_powers, n_features):
        raise ValueError(
            f"init has shape {init.shape}; expected (n_powers, n_features) = "
            f"{(n_powers, n_features)}"
        )
    if init.dtype.kind == "c":
        raise ValueError("init is complex; expected a real array")
    if init.dtype.kind not in "fiub":
        raise ValueError(f"init has dtype {init.dtype}; expected numbers")
    if not np.isfinite(init).all():
        raise ValueError("init has non-finite entries")
    rank = np.linalg.matrix_rank(init)
    if rank < min(init.shape):
        raise ValueError(f"init has rank {rank}; expected full rank, {min(init.shape)}")


def _check_batch(lens, n_samples, n_powers):
    """Every component of the representation conditions on samples of its own."""
    size = n_samples if lens.batch_size is None else min(lens.batch_size, n_samples)
    if size < n_powers:
        name = "batch_size" if size == lens.batch_size else "the number of samples"
        raise ValueError(
            f"{name} == {size}, must be at least n_powers={n_powers} when density='mixture': the "
            f"conditional networks need a sample for every power. "
            f"Increase batch_size, add samples, or use density='closed_form'."
        )


def resolve_device(device):
    """Name of a torch device that exists; ``"auto"`` is the GPU when there is one."""
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"device must be 'auto' or a torch device; got {device!r}") from error
    if resolved.type == "meta":
        raise ValueError(f"device must be 'auto', 'cpu' or a GPU; got {device!r}")
    if resolved.type == "cuda":
        if not torch.cuda.is_available():
            raise ValueError(f"device={device!r}, but torch finds no GPU here; use 'auto' or 'cpu'")
        if (resolved.index or 0) >= torch.cuda.device_count():
            raise ValueError(f"device={device!r}, but there are {torch.cuda.device_count()} GPUs")
    elif resolved.type != "cpu":
        _check_backend(device, resolved)
    return str(resolved)


def seed_of(random_state):
    """Seed of the solver; fresh entropy for None, which leaves numpy's global state alone."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31 - 1))
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise ValueError(
            f"random_state must be None, a RandomState or an int from 0 to 2**32 - 1; got "
            f"random_state={random_state!r}"
        ) from error


def _check_backend(device, resolved):
    """Refuse a device that is missing here, or has no double precision, such as Apple's GPUs."""
    try:
        torch.empty(1, dtype=torch.float64, device=resolved)
    except (RuntimeError, AssertionError, TypeError, ImportError) as error:
        raise ValueError(
            f"device={device!r} is not there, or cannot compute in double precision, which the "
            f"solver needs; use 'auto' or 'cpu'"
        ) from error
