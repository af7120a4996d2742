# SPDX-License-Identifier: BSD-3-Clause
"""What the estimators of this package share: checks, fit of the adversarial ones, the action."""

from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from .._callbacks import CallbackSupportMixin, FitMonitor, verbose_callbacks, with_callbacks
from .._parameters import check_number, resolve_device, seed_of
from .._torch_state import usual_torch
from .._validation import check_columns, check_data, warn_caller
from ..statistics.summary import summarise
from ._adversarial import play

__all__ = ["AdversarialEstimator", "check_choice", "check_parameter", "validated"]


def check_parameter(estimator, name, kind=Real, *, least=0, boundary=True, optional=False):
    """Check a numeric parameter; the message names it, its value and the range."""
    value = getattr(estimator, name)
    if value is None and optional:
        return
    ends = "left" if boundary else "neither"
    check_number(value, name, kind, min_val=least, include_boundaries=ends)


def check_choice(estimator, name, allowed):
    """Check a parameter that is one of some strings."""
    value = getattr(estimator, name)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} == {value!r}, must be one of {allowed}.")


@usual_torch()
def validated(estimator, X):
    """Samples for a fitted estimator, float32 or float64."""
    check_is_fitted(estimator)
    return validate_data(estimator, X, dtype=[np.float64, np.float32], reset=False)


def checked_samples(estimator, X):
    """Samples as a float array, their columns looked at; see :func:`check_data`."""
    X, checked = check_data(estimator, X)
    check_columns(summarise(X, capacity=None), checked)
    return X, checked


class AdversarialEstimator(CallbackSupportMixin, BaseEstimator):
    """Fit of :class:`SymmetryGAN` and :class:`LieGAN`.

    Subclasses provide ``_check_own_parameters()``, ``_make_game(X, settings)`` and
    ``_matrices(history, dtype)``, the attributes that hold matrices.
    """

    @with_callbacks
    @usual_torch()
    def fit(self, X, y=None):
        """Play the game for `max_iter` epochs.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite; more samples than features, at least two features. Not modified.
        y : None
            Ignored.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            For unusable parameters or data. The estimator is left as it was.
        FloatingPointError
            If a loss is not finite; names term and epoch.

        Warns
        -----
        ConvergenceWarning
            If `tol` is given and was not met in `max_iter` epochs.
        """
        self._check_parameters()
        device = resolve_device(self.device)
        X, checked = checked_samples(self, X)

        def attributes(history):
            return self._fitted_attributes(history, checked, X.dtype, device)

        with verbose_callbacks(self, X.shape):
            monitor = FitMonitor(self, X, attributes)
            try:
                history = self._play(X, device, monitor)
            except KeyboardInterrupt:
                # The epochs that were completed are a usable result.
                if monitor.snapshot is not None:
                    self.__dict__.update(attributes(monitor.snapshot()))
                raise
            except torch.OutOfMemoryError as error:
                error.add_note(
                    f"The samples or a batch did not fit into the memory of {device}. Use "
                    "device='cpu', fewer samples or a smaller batch_size."
                )
                raise
            self.__dict__.pop("feature_names_in_", None)
            self.__dict__.update(attributes(history))
            monitor.finish(history)
        if self.converged_ is False:
            warn_caller(
                f"The generator still moved by more than tol={self.tol} after n_iter_="
                f"{self.n_iter_} epochs. Increase max_iter or tol, or look at generator_path_.",
                ConvergenceWarning,
            )
        return self

    def _play(self, X, device, monitor):
        settings = {
            "batch_size": self.batch_size,
            "steps_per_epoch": self.steps_per_epoch,
            "hidden_layer_sizes": tuple(self.hidden_layer_sizes),
            "rates": (self.learning_rate, self.discriminator_learning_rate),
            "seed": seed_of(self.random_state),
            "device": device,
        }
        return play(
            self._make_game(X, settings),
            max_iter=self.max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            monitor=monitor,
        )

    def _check_parameters(self):
        for name in ("learning_rate", "discriminator_learning_rate"):
            check_parameter(self, name, boundary=False)
        check_parameter(self, "batch_size", Integral, least=2)
        check_parameter(self, "steps_per_epoch", Integral, least=1, optional=True)
        check_parameter(self, "max_iter", Integral, least=1)
        check_parameter(self, "tol", optional=True)
        check_parameter(self, "n_iter_no_change", Integral, least=1)
        check_parameter(self, "verbose", Integral)
        sizes = self.hidden_layer_sizes
        if not np.iterable(sizes) or not all(isinstance(s, Integral) and s > 0 for s in sizes):
            raise ValueError(
                f"hidden_layer_sizes == {sizes!r}, must be a sequence of integers >= 1."
            )
        self._check_own_parameters()

    def _check_own_parameters(self):
        pass

    def _fitted_attributes(self, history, checked, dtype, device):
        """Numpy arrays in the dtype of the input and plain values, by the name of the attribute."""
        losses = {name: list(values) for name, values in history.losses.items()}
        fitted = {
            **self._matrices(history, dtype),
            "loss_curve_": losses["generator"],
            "loss_terms_": losses,
            "n_iter_": len(history.parameters),
            "converged_": history.converged,
            "device_": device,
            "n_features_in_": checked.n_features_in_,
        }
        if hasattr(checked, "feature_names_in_"):
            fitted["feature_names_in_"] = checked.feature_names_in_
        return fitted
