# SPDX-License-Identifier: BSD-3-Clause
"""Quality of a representation on given samples, free of the coefficients being tuned."""

import numpy as np
import torch

from .densities import ClosedFormDensity
from .entropy import LOG_2PI_E
from .losses import Alignment, Uniformity
from .representation import Representation

__all__ = ["symmetry_score"]

SMALLEST = 1e-6  # eigenvalue, as a fraction of the mean variance of the data


def symmetry_score(X, group_conv_matrix, *, cyclic=False, uniformity=None, bound=None):
    r"""Symmetry and locality of ``Y = X W^T``, greater is better.

    Minus the loss with weights 1, 2, 1, 1 at full rank, made independent of the unit of `X`:

    .. math:: \overline{\mathrm{corr}} - 2\,\mathrm{uniformity} - (\overline{H(y_k)} - h)
              + (h - h_x),

    with h and h_x the Gaussian entropies per component of y and x, over as many components as the
    smaller of the two has.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        At least 3 samples.
    group_conv_matrix : ndarray of shape (m, d)
    cyclic : bool, default=False
        Whether the columns of Y form a circle.
    uniformity : Uniformity or None, default=None
        The term to use. None: that of the paper.
    bound : float or None, default=None
        See :class:`~sklearn_symmetry.core.densities.ClosedFormDensity`.

    Returns
    -------
    score : float

    Raises
    ------
    ValueError
        If all columns of `X` are constant, or the representation of `X` is.
    """
    X = np.asarray(X, dtype=np.float64)
    peak = np.abs(X).max()
    X = X / peak if peak > 0 else X
    deviation = np.sqrt(X.var(0).mean())
    X = X / deviation if deviation > 0 else X
    y = torch.as_tensor(X @ np.asarray(group_conv_matrix, dtype=np.float64).T)
    # Components that the window does not see (their row is zero) have nothing to compare.
    seen = y.var(0) > SMALLEST**2
    if int(seen.sum()) < 2:
        raise ValueError("X shows fewer than 2 varying components: there is nothing to score")
    # A trace of white noise: constant or repeated columns leave the second moments singular.
    covariance = _covariance(y[:, seen].numpy())
    covariance = covariance + SMALLEST * torch.eye(len(covariance), dtype=covariance.dtype)
    rep = Representation(y[:, seen], ClosedFormDensity(bound=bound), covariance=covariance)
    rank = min(int(seen.sum()), X.shape[1])
    joint, own = (_entropy(values, rank) for values in (rep.covariance, _covariance(X)))
    alignment = Alignment(cyclic)(rep)
    uniformity = (uniformity or Uniformity(cyclic))(rep)
    marginal = rep.density.marginal_entropy(rep).mean()
    return float(-alignment - 2 * uniformity - (marginal - joint) + (joint - own))


def _covariance(X):
    return torch.as_tensor(np.atleast_2d(np.cov(X.T, bias=True)))


def _entropy(covariance, rank):
    """Gaussian entropy per component over the `rank` largest eigenvalues."""
    values = torch.linalg.eigvalsh(covariance).flip(0)[:rank].clamp_min(SMALLEST)
    return 0.5 * (torch.log(values).mean() + LOG_2PI_E)
