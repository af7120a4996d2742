# SPDX-License-Identifier: BSD-3-Clause
"""Checks of parameters and data: every message names the cause and the remedy."""

import warnings
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_scalar
from sklearn.utils.validation import validate_data

__all__ = ["check_data", "check_parameters", "resolve_device"]

CHOICES = {"boundary": ("open", "circulant"), "density": ("closed_form", "mixture")}
COEFFICIENTS = ("alignment", "uniformity", "resolution", "information")
COUNTS = {"max_iter": 1, "batch_size": 8, "n_init": 1}


def check_parameters(lens):
    """Check everything that can be checked without the data."""
    for name in COEFFICIENTS:
        check_scalar(getattr(lens, name), name, Real, min_val=0, include_boundaries="left")
        if not np.isfinite(getattr(lens, name)):
            raise ValueError(f"{name} must be finite; got {getattr(lens, name)}")
    check_scalar(lens.tol, "tol", Real, min_val=0)
    check_scalar(lens.padding, "padding", Integral, min_val=0)
    check_scalar(lens.verbose, "verbose", Integral, min_val=0)
    for name, smallest in COUNTS.items():
        if getattr(lens, name) is not None:
            check_scalar(getattr(lens, name), name, Integral, min_val=smallest)
    if lens.learning_rate is not None:
        check_scalar(
            lens.learning_rate, "learning_rate", Real, min_val=0, include_boundaries="neither"
        )
    if lens.n_jobs is not None:
        check_scalar(lens.n_jobs, "n_jobs", Integral)
    for name, allowed in CHOICES.items():
        if getattr(lens, name) not in allowed:
            raise ValueError(f"{name} must be one of {allowed}; got {getattr(lens, name)!r}")
    if isinstance(lens.init, str) and lens.init not in ("auto", "random"):
        raise ValueError(
            f"init must be 'auto', 'random' or an array of shape (n_powers, n_features); "
            f"got {lens.init!r}"
        )


def check_data(lens, X):
    """Validated copy of `X`; the estimator is not touched.

    Returns
    -------
    X : ndarray of shape (n, d)
        C-contiguous, float32 or float64, a copy.
    checked : estimator
        A shallow copy of `lens` that carries the feature names and the number of features.
    """
    if isinstance(X, torch.Tensor) and X.device.type != "cpu":
        raise TypeError(
            f"X is a torch tensor on {X.device}; pass a numpy array, e.g. X.detach().cpu().numpy()"
        )
    checked = _shallow_copy(lens)
    X = validate_data(
        checked,
        X,
        dtype=[np.float64, np.float32],
        order="C",
        copy=True,
        ensure_min_samples=2,
        ensure_min_features=2,
    )
    n_samples, n_features = X.shape
    if n_samples <= n_features:
        raise ValueError(
            f"X has n_samples={n_samples} and {n_features} features: a covariance needs more "
            f"samples than features. Collect more samples, or keep fewer columns, e.g. with PCA."
        )
    _check_columns(X, getattr(checked, "feature_names_in_", np.arange(n_features)))
    return X, checked


def _shallow_copy(lens):
    checked = lens.__class__.__new__(lens.__class__)
    checked.__dict__.update(lens.__dict__)
    return checked


def _check_columns(X, names):
    spread = X.max(0) > X.min(0)
    if not spread.any():
        raise ValueError("all columns of X are constant: there is nothing to learn from")
    if not spread.all():
        warnings.warn(
            f"constant columns {_listed(names[~spread])}: they carry no information and take part "
            f"in no symmetry; drop them before fitting",
            stacklevel=4,
        )
    first, repeated = {}, []
    for name, column in zip(names[spread], X.T[spread], strict=True):
        twin = first.setdefault(column.tobytes(), name)
        if twin is not name:
            repeated.append(f"{name} repeats {twin}")
    if repeated:
        warnings.warn(
            f"duplicated columns ({'; '.join(repeated[:5])}): the data lie in a subspace; "
            f"keep one of each",
            stacklevel=4,
        )


def _listed(names):
    shown = ", ".join(str(name) for name in names[:5])
    return f"[{shown}{', ...' if len(names) > 5 else ''}]"


def check_shapes(lens, n_features):
    """Check the parameters whose range depends on the data."""
    size = n_features + (2 * lens.padding if lens.boundary == "open" else 0)
    if lens.n_powers is not None:
        check_scalar(lens.n_powers, "n_powers", Integral, min_val=2, max_val=size)
    if isinstance(lens.init, str):
        return
    init = np.asarray(lens.init)
    n_powers = n_features if lens.n_powers is None else lens.n_powers
    if init.shape != (n_powers, n_features):
        raise ValueError(
            f"init has shape {init.shape}; expected (n_powers, n_features) = "
            f"{(n_powers, n_features)}"
        )


def resolve_device(device):
    """Name of a torch device that exists; ``"auto"`` is the GPU when there is one."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"device must be 'auto' or a torch device; got {device!r}") from error
    if resolved.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device={device!r}, but torch finds no GPU here; use 'auto' or 'cpu'")
    return str(resolved)
