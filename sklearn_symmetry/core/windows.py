# SPDX-License-Identifier: BSD-3-Clause
"""A window of a representation and the one a step before, made comparable.

A stationary line that is whitened as a whole is stationary no more: whitening uses all rows, and
those near an end have neighbours on one side only. Two windows, of which one is the shift of the
other, do have one law, and still have it when both are whitened by the covariance they share.
"""

import torch

__all__ = ["whitened_windows"]

FLOOR = 1e-6  # of the mean variance, as white noise, where a covariance is singular


def whitened_windows(loadings, grid, axis=0):
    r"""Loadings of two windows a step apart, whitened by their mean covariance.

    Of a representation y = X z with white z: with :math:`X_1` the rows that have a predecessor
    along the axis and :math:`X_0` their predecessors, :math:`S^{-1/2} X_1` and
    :math:`S^{-1/2} X_0`, where :math:`S = \frac12 (X_1 X_1^T + X_0 X_0^T)`. Cumulants of the
    windows are those of z, rotated by them; any root of S leaves their divergences the same.

    Parameters
    ----------
    loadings : Tensor of shape (..., m, k)
        X, one or several.
    grid : Grid
        Of the m rows.
    axis : int, default=0

    Returns
    -------
    here, before : Tensor of shape (..., p, k)
        For the p rows that have a predecessor; the sum of their Gram matrices is twice the
        identity. Cost: O(m^2 k).
    """
    here, before = (part.mT for part in grid.predecessors(loadings.mT, axis))
    covariance = (here @ here.mT + before @ before.mT) / 2
    root, failed = torch.linalg.cholesky_ex(covariance)
    if bool((failed > 0).any()):
        level = FLOOR * covariance.diagonal(dim1=-2, dim2=-1).mean(-1)
        noise = level[..., None, None] * torch.eye(covariance.shape[-1]).to(covariance)
        root = torch.linalg.cholesky(covariance + noise)
    both = torch.cat([here, before], -1)
    return torch.linalg.solve_triangular(root, both, upper=False).chunk(2, -1)
