# SPDX-License-Identifier: BSD-3-Clause
"""Quality of a representation on given samples, free of the coefficients being tuned."""

import numpy as np
import torch

from .densities import ClosedFormDensity
from .entropy.gaussian import LOG_2PI_E
from .grid import Grid
from .losses import Alignment, Uniformity
from .representation import Representation

__all__ = ["symmetry_score"]

SMALLEST = 1e-6  # eigenvalue, as a fraction of the mean variance of the data
# Scores of one release and of the next must compare: these stay as they are, whatever a solver
# minimises. Parts of the uniformity beside that of the paper, and the bound of single divergences.
FULL_CONDITIONALS, POOLED, BOUND = 2.0, 0.32, 0.15


def symmetry_score(X, group_conv_matrix, grid=None):
    r"""Symmetry and locality of ``Y = X W^T``, greater is better.

    Minus the loss with weights 1, 2, 1, 1 at full rank, made independent of the unit of `X`:

    .. math:: \overline{\mathrm{corr}} - 2\,\mathrm{uniformity} - (\overline{H(y_k)} - h)
              + (h - h_x),

    with h and h_x the Gaussian entropies per component of y and x, over as many components as the
    smaller of the two has. The uniformity is that of the paper, with full conditionals of weight 2
    and the pooled divergence of weight 0.32, single divergences bounded by 0.15 nats.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        At least 3 samples.
    group_conv_matrix : ndarray of shape (m, d)
    grid : Grid or None, default=None
        Of the m columns of Y. None: a line.

    Returns
    -------
    score : float

    Raises
    ------
    ValueError
        If all columns of `X` are constant, or the representation of `X` is; or if `grid` has
        another number of positions than Y has columns, or is none without the constant ones.
    """
    X = np.asarray(X, dtype=np.float64)
    peak = np.abs(X).max()
    X = X / peak if peak > 0 else X
    deviation = np.sqrt(X.var(0).mean())
    X = X / deviation if deviation > 0 else X
    y = torch.as_tensor(X @ np.asarray(group_conv_matrix, dtype=np.float64).T)
    # Components that the window does not see (their row is zero) have nothing to compare.
    seen = y.var(0, correction=0) > SMALLEST**2
    if int(seen.sum()) < 2:
        raise ValueError("X shows fewer than 2 varying components: there is nothing to score")
    grid = Grid.fitting(grid, y.shape[1], "the representation").kept(seen)
    # A trace of white noise: constant or repeated columns leave the second moments singular.
    covariance = _covariance(y[:, seen].numpy())
    covariance = covariance + SMALLEST * torch.eye(len(covariance), dtype=covariance.dtype)
    density = ClosedFormDensity(bound=BOUND)
    rep = Representation(y[:, seen], density, grid=grid, covariance=covariance)
    rank = min(int(seen.sum()), X.shape[1])
    joint, own = (_entropy(values, rank) for values in (rep.covariance, _covariance(X)))
    alignment = Alignment()(rep)
    uniformity = Uniformity(full=FULL_CONDITIONALS, pooled=POOLED)(rep)
    marginal = rep.density.marginal_entropy(rep).mean()
    return float(-alignment - 2 * uniformity - (marginal - joint) + (joint - own))


def _covariance(X):
    return torch.as_tensor(np.atleast_2d(np.cov(X.T, bias=True)))


def _entropy(covariance, rank):
    """Gaussian entropy per component over the `rank` largest eigenvalues."""
    values = torch.linalg.eigvalsh(covariance).flip(0)[:rank].clamp_min(SMALLEST)
    return 0.5 * (torch.log(values).mean() + LOG_2PI_E)
