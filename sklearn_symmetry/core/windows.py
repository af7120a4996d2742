# SPDX-License-Identifier: BSD-3-Clause
"""Two windows of a representation, one the shift of the other, made comparable.

A stationary line that is whitened as a whole is stationary no more: whitening uses all rows, and
those near an end have neighbours on one side only. A window and its shift do have one law, and
still have it when each is whitened by itself. The root is the symmetric one, which depends on a
covariance smoothly: of two that differ by sampling alone, it leaves the same axes.
"""

import torch

__all__ = ["Windows", "inverse_root"]

FLOOR = 1e-9  # smallest eigenvalue, as a fraction of the mean one


class _InverseRoot(torch.autograd.Function):
    r"""Symmetric :math:`C^{-1/2} = V S^{-1} V^T` with :math:`C = V S^2 V^T`.

    Its derivative is that of Daleckii and Krein, without a difference of eigenvalues, which may be
    equal: :math:`d(C^{-1/2}) = V [\Phi \circ (V^T dC\, V)] V^T` with
    :math:`\Phi_{ij} = -1 / (s_i s_j (s_i + s_j))`.
    """

    @staticmethod
    def forward(ctx, covariance):
        # The solvers of LAPACK fail on what is not finite; the result shall say so instead.
        values, axes = torch.linalg.eigh(torch.nan_to_num(covariance, 0.0, 0.0, 0.0))
        deviations = values.clamp_min(FLOOR * values.mean(-1, keepdim=True)).sqrt()
        ctx.save_for_backward(deviations, axes)
        root = (axes / deviations[..., None, :]) @ axes.mT
        return root + 0.0 * covariance.sum((-2, -1), keepdim=True)

    @staticmethod
    def backward(ctx, gradient):
        deviations, axes = ctx.saved_tensors
        one, other = deviations[..., :, None], deviations[..., None, :]
        inner = axes.mT @ ((gradient + gradient.mT) / 2) @ axes
        return -axes @ (inner / (one * other * (one + other))) @ axes.mT


def inverse_root(covariance):
    """Symmetric inverse root of covariances, differentiable where eigenvalues are equal.

    Parameters
    ----------
    covariance : Tensor of shape (..., p, p)
        Symmetric, positive semidefinite.

    Returns
    -------
    root : Tensor of shape (..., p, p)
        Eigenvalues are floored at 1e-9 of the mean one; not finite where `covariance` is not.
        Cost: O(p^3).
    """
    return _InverseRoot.apply(covariance)


class Windows:
    r"""Two windows of a representation a step apart, each whitened by itself.

    Of a representation y = X z with white z: :math:`X_1` are the rows that have a predecessor along
    the axis, :math:`X_0` their predecessors.

    Parameters
    ----------
    loadings : Tensor of shape (..., m, k)
        X, one or several.
    grid : Grid
        Of the m rows.
    axis : int, default=0

    Attributes
    ----------
    rows : Tensor of shape (2, ..., p, k)
        :math:`X_1` and :math:`X_0`, for the p rows that have a predecessor.
    roots : Tensor of shape (2, ..., p, p)
        :math:`(X_1 X_1^T)^{-1/2}` and :math:`(X_0 X_0^T)^{-1/2}`. Cost: O(m^3).
    """

    def __init__(self, loadings, grid, axis=0):
        self.rows = torch.stack(grid.predecessors(loadings.mT, axis)).mT
        self.roots = inverse_root(self.rows @ self.rows.mT)

    @property
    def whitened(self):
        r""":math:`(X_1 X_1^T)^{-1/2} X_1` and :math:`(X_0 X_0^T)^{-1/2} X_0`, of orthonormal rows.

        Cumulants of the whitened windows are those of z, rotated by these. Shape (2, ..., p, k).
        """
        return self.roots @ self.rows

    @property
    def second_order_divergence(self):
        r"""Divergence of the Gaussians of the two windows, in nats, of shape (...).

        With their covariances C and C', half of Jeffreys' divergence:
        :math:`\frac14 [\mathrm{tr}(C C'^{-1}) + \mathrm{tr}(C' C^{-1}) - 2p]`. Nonnegative up to
        rounding.
        """
        traces = (self.roots.flip(0) @ self.rows).square().sum((0, -2, -1))
        return (traces - 2 * self.rows.shape[-2]) / 4
