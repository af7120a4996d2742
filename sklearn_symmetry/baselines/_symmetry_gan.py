# SPDX-License-Identifier: BSD-3-Clause
"""SymmetryGAN with a QR parametrisation."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from ._adversarial import RotationGame
from ._base import AdversarialEstimator, validated

__all__ = ["SymmetryGAN"]


class SymmetryGAN(AdversarialEstimator):
    """Find one orthogonal transformation that a discriminator cannot see.

    The transformation is the orthogonal factor of a free matrix, the "SymmetryGAN-QR" that section
    5.2 of the SymmetryLens paper compares with. The defaults are the published settings.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(25, 25)
        Hidden layers of the discriminator, rectified linear units.
    learning_rate : float, default=1e-3
        Of Adam, for the transformation.
    discriminator_learning_rate : float, default=1e-3
        Of Adam, for the discriminator.
    batch_size : int, default=128
        The discriminator sees half of a batch as it is and the other half transformed; then the
        transformation is trained on another batch.
    max_iter : int, default=100
        Most epochs.
    steps_per_epoch : int or None, default=None
        Steps between two entries of ``generator_path_``. None: one pass over the samples.
    tol : float or None, default=None
        The fit has converged when the generator moved by less than this, relative to its norm, in
        each of `n_iter_no_change` consecutive epochs. None: all epochs are run, as published.
    n_iter_no_change : int, default=10
        See `tol`.
    device : str, default="auto"
        Torch device. ``"auto"``: the GPU when there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights and of the minibatches.
    verbose : int, default=0
        1 says what a fit costs and how far it is, on the standard error stream.

    Attributes
    ----------
    generator_ : ndarray of shape (d, d)
        The orthogonal matrix after the last epoch.
    generator_path_ : ndarray of shape (``n_iter_``, d, d)
        The same after every epoch.
    loss_curve_ : list of float
        Loss of the transformation, mean of every epoch.
    loss_terms_ : dict of str to list of float
        Losses of both players, ``"generator"`` and ``"discriminator"``.
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
    LieGAN : Finds a one-parameter group in the same way.
    sklearn_symmetry.SymmetryLens : Finds the minimal generator and a local representation.

    Notes
    -----
    What it cannot do. It finds some element of the symmetry group: the identity, a high power or a
    reflection are as good to it as the minimal generator; compare with :func:`~sklearn_symmetry.\
baselines.group_similarity`. There is no filter, so no ``transform``. An open boundary has no exact
    symmetry among the matrices of shape (d, d), and the determinant of the QR factor is that of
    Householder's reflections, ``(-1)**(d - 1)``. Adversarial training has no loss to tell a good
    run from a bad one.

    References
    ----------
    Desai, K., Nachman, B. and Thaler, J. "Symmetry discovery with deep learning", Physical Review
    D 105, 096031, 2022.

    Examples
    --------
    >>> from sklearn_symmetry.baselines import SymmetryGAN
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> signals = make_symmetric_signals(500, 7, boundary="circulant", random_state=0)
    >>> gan = SymmetryGAN(max_iter=3, random_state=0).fit(signals.data)
    >>> gan.generator_path_.shape
    (3, 7, 7)
    """

    def __init__(
        self,
        *,
        hidden_layer_sizes=(25, 25),
        learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
        batch_size=128,
        max_iter=100,
        steps_per_epoch=None,
        tol=None,
        n_iter_no_change=10,
        device="auto",
        random_state=None,
        verbose=0,
    ):
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

    def shift(self, X, steps=1):
        """Act on samples with a power of the learned transformation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        steps : int, default=1
            An orthogonal matrix has no unique real powers: integers only.

        Returns
        -------
        shifted : ndarray of shape (n_samples, n_features)
            ``X @ generator_**steps``.
        """
        samples = validated(self, X)
        check_scalar(steps, "steps", Integral)
        matrix = self.generator_ if steps >= 0 else self.generator_.T
        return samples @ np.linalg.matrix_power(matrix, abs(steps)).astype(samples.dtype)

    def _make_game(self, X, settings):
        return RotationGame(X, **settings)

    def _matrices(self, history, dtype):
        path = np.array(history.parameters, dtype=dtype)
        return {"generator_": path[-1].copy(), "generator_path_": path}
