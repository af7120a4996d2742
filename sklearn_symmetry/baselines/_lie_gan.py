# SPDX-License-Identifier: BSD-3-Clause
"""LieGAN: a one-parameter group, or several, found adversarially."""

from numbers import Integral

import numpy as np
from scipy.linalg import expm
from sklearn.utils import check_scalar

from .._parameters import check_number
from ._adversarial import FlowGame
from ._base import AdversarialEstimator, check_parameter, validated

__all__ = ["LieGAN"]


class LieGAN(AdversarialEstimator):
    """Find infinitesimal transformations whose random flows a discriminator cannot see.

    A sample x becomes ``x @ expm(sum_c z_c L_c)`` with standard normal coefficients z. The
    unconstrained matrices L are trained to make that indistinguishable from samples, and not to be
    the identity. The defaults are the published settings.

    Parameters
    ----------
    n_channels : int, default=1
        Number of matrices L: 1 for a one-parameter group.
    cosine_weight : float, default=1e-2
        Weight lambda of ``|mean cos(x, transformed x)|``, which keeps the flow away from the
        identity. 1 in many published runs.
    overlap_weight : float, default=1.0
        Weight eta of ``sum |<L_b, L_c>|`` over pairs of (scaled) channels; nothing to do for one.
    hidden_layer_sizes : sequence of int, default=(512, 512)
        Hidden layers of the discriminator, leaky rectified linear units of slope 0.2.
    learning_rate : float, default=1e-3
        Of Adam with momenta (0.5, 0.999), for the matrices.
    discriminator_learning_rate : float, default=2e-4
        Of Adam, for the discriminator.
    batch_size : int, default=64
    max_iter : int, default=100
        Most epochs.
    steps_per_epoch : int or None, default=None
        Steps between two entries of ``generator_path_``. None: one pass over the samples.
    tol : float or None, default=None
        The fit has converged when the matrices moved by less than this, relative to their norm, in
        each of `n_iter_no_change` consecutive epochs. None: all epochs are run, as published.
    n_iter_no_change : int, default=10
        See `tol`.
    device : str, default="auto"
        Torch device. ``"auto"``: the GPU when there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the coefficients and the minibatches.
    verbose : int, default=0
        1 says what a fit costs and how far it is, on the standard error stream.

    Attributes
    ----------
    lie_algebra_ : ndarray of shape (n_channels, d, d)
        The matrices L after the last epoch.
    lie_algebra_path_ : ndarray of shape (``n_iter_``, n_channels, d, d)
        The same after every epoch.
    generator_ : ndarray of shape (d, d)
        ``expm(lie_algebra_[0])``. The unit of the flow is arbitrary: only its multiples,
        ``expm(a * lie_algebra_[0])`` for some a, can be compared with a known generator.
    generator_path_ : ndarray of shape (``n_iter_``, d, d)
        The same after every epoch.
    loss_curve_ : list of float
        Loss of the transformation, mean of every epoch.
    loss_terms_ : dict of str to list of float
        Losses of both players, ``"generator"`` and ``"discriminator"``, and the unweighted terms of
        the first, ``"fooling"``, ``"cosine"`` and, with several channels, ``"overlap"``.
    n_iter_ : int
        Epochs that were run.
    converged_ : bool or None
        Whether `tol` was met; None when there was none.
    device_ : str
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only when the input has string column names.

    See Also
    --------
    SymmetryGAN : Finds one transformation in the same way.
    sklearn_symmetry.SymmetryLens : Finds the minimal generator and a local representation.

    Notes
    -----
    What it cannot do. Nothing in its loss is local, so no minimal generator is singled out: compare
    with :func:`~sklearn_symmetry.baselines.flow_similarity`, which grants it the best multiple.
    There is no filter, so no ``transform``. A flow of invertible matrices of shape (d, d) is no
    exact symmetry of an open boundary. Nothing keeps L antisymmetric. Adversarial training has no
    loss to tell a good run from a bad one.

    References
    ----------
    Yang, J., Walters, R., Dehmamy, N. and Yu, R. "Generative adversarial symmetry discovery", ICML
    2023.

    Examples
    --------
    >>> from sklearn_symmetry.baselines import LieGAN
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> signals = make_symmetric_signals(500, 7, boundary="circulant", random_state=0)
    >>> gan = LieGAN(max_iter=3, random_state=0).fit(signals.data)
    >>> gan.lie_algebra_.shape, gan.generator_path_.shape
    ((1, 7, 7), (3, 7, 7))
    """

    def __init__(
        self,
        n_channels=1,
        *,
        cosine_weight=1e-2,
        overlap_weight=1.0,
        hidden_layer_sizes=(512, 512),
        learning_rate=1e-3,
        discriminator_learning_rate=2e-4,
        batch_size=64,
        max_iter=100,
        steps_per_epoch=None,
        tol=None,
        n_iter_no_change=10,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        self.n_channels = n_channels
        self.cosine_weight = cosine_weight
        self.overlap_weight = overlap_weight
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate = learning_rate
        self.discriminator_learning_rate = discriminator_learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.steps_per_epoch = steps_per_epoch
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def shift(self, X, steps=1, *, channel=0):
        """Act on samples with the flow of one channel.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        steps : float, default=1
            Any real number.
        channel : int, default=0
            Which matrix L.

        Returns
        -------
        shifted : ndarray of shape (n_samples, n_features)
            ``X @ expm(steps * lie_algebra_[channel])``.
        """
        samples = validated(self, X)
        check_number(steps, "steps")
        check_scalar(channel, "channel", Integral, min_val=0, max_val=len(self.lie_algebra_) - 1)
        flow = expm(steps * np.asarray(self.lie_algebra_[channel], dtype=np.float64))
        return samples @ flow.astype(samples.dtype)

    def _check_own_parameters(self):
        check_parameter(self, "n_channels", Integral, least=1)
        check_parameter(self, "cosine_weight")
        check_parameter(self, "overlap_weight")

    def _make_game(self, X, settings):
        return FlowGame(
            X,
            n_channels=self.n_channels,
            cosine_weight=self.cosine_weight,
            overlap_weight=self.overlap_weight,
            **settings,
        )

    def _matrices(self, history, dtype):
        path = np.array(history.parameters)
        generators = expm(path[:, 0]).astype(dtype)
        return {
            "lie_algebra_": path[-1].astype(dtype),
            "lie_algebra_path_": path.astype(dtype),
            "generator_": generators[-1].copy(),
            "generator_path_": generators,
        }
