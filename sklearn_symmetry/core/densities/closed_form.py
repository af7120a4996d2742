# SPDX-License-Identifier: BSD-3-Clause
"""Densities without training: spacings for the marginals, Gaussian formulas for the divergences."""

import torch

from ..cumulants import (
    fourth_order_divergence,
    rotated,
    rotated_modes,
    third_order_divergence,
)
from ..entropy import spacing_entropy

__all__ = ["ClosedFormDensity"]


class ClosedFormDensity:
    """Spacing entropies and second-order divergences; nothing to train.

    Divergences are those of the Gaussian with the mean and covariance of the representation. They
    need no pass over the data, and they vanish when mean, variance and covariance are stationary:
    they cannot see a departure from symmetry in higher orders alone.

    Parameters
    ----------
    floor : float, default=1e-6
        Smallest window of :func:`~sklearn_symmetry.core.entropy.spacing_entropy`, and smallest
        conditional variance as a fraction of the marginal one.
    bound : float or None, default=None
        Largest value b a single divergence can take, in nats: KL becomes ``b (1 - exp(-KL / b))``.
        Real data are stationary in most places and not at all in a few (a digit ends somewhere);
        unbounded, the few would outweigh the many. None: the plain divergence of the paper.
    """

    def __init__(self, floor=1e-6, bound=None):
        self.floor = floor
        self.bound = bound

    def marginal_entropy(self, rep):
        """Entropy of every column by spacings, shape (m,), in nats. Cost: one sort of the batch."""
        return spacing_entropy(rep.y, floor=self.floor)

    def marginal_shift_divergence(self, rep, axis=0):
        """KL divergences of neighbouring columns along an axis, both directions, (2, n_pairs).

        Nonnegative up to rounding, zero for equal means and variances. Cost: O(m).
        """
        mean, variance = (
            _both_directions(part, rep.grid, axis) for part in (rep.mean, rep.variance)
        )
        return self._divergence((mean - mean.flip(0)) ** 2, variance, variance.flip(0))

    def conditional_shift_divergence(self, rep, axis=0):
        r"""Expected KL divergence of p(j|i) from p(j+s|i+s), for all i != j and s = +1, -1.

        Both are Gaussian with a linear mean, so the expectation over :math:`y_i` is exact:
        :math:`\frac12[\log(v'/v) + (v + E[\Delta^2])/v' - 1]` with slopes :math:`b`, conditional
        variances :math:`v` and :math:`E[\Delta^2] = (\mu_j - \mu'_j - b'(\mu_i - \mu'_i))^2 +
        (b - b')^2 C_{ii}`; primes mark the shifted pair.

        Parameters
        ----------
        rep : Representation
        axis : int, default=0
            Along which pairs are shifted; only those count that stay on the grid.

        Returns
        -------
        divergence : Tensor of shape (2, k (k - 1)), k = rep.grid.n_pairs(axis)
            Nonnegative up to rounding. Cost: O(m^2).
        """
        covariance, variance = rep.covariance, rep.variance
        slope = covariance / variance[..., None, :]  # [j, i]
        # The diagonal, where i = j, is dropped in the end and only has to stay finite.
        own = variance[..., None]
        spread = torch.maximum(own - covariance * slope, self.floor * own)
        mean, variance = (_both_directions(part, rep.grid, axis) for part in (rep.mean, variance))
        slope, spread = (_both_directions(part, rep.grid, axis, 2) for part in (slope, spread))
        step = mean - mean.flip(0)
        offset = step[..., None] - slope.flip(0) * step[..., None, :]
        squared_offset = offset**2 + (slope - slope.flip(0)) ** 2 * variance[..., None, :]
        return off_diagonal(self._divergence(squared_offset, spread, spread.flip(0)))

    def full_conditional_shift_divergence(self, rep, axis=0):
        r"""Expected KL divergence of p(j | all others) from its shift, for all j and both shifts.

        The same closed form with every other component as the condition: with precision
        :math:`\Omega = C^{-1}` of a window and :math:`\Omega'` of the shifted one, the conditional
        variance is :math:`v_j = 1/\Omega_{jj}`, the slopes are :math:`-\Omega_{ji} v_j`, and
        :math:`E[\Delta_j^2] = (B - B')_j C (B - B')_j^T + (B' (\mu - \mu'))_j^2` with
        :math:`B_{ji} = \Omega_{ji} v_j`. Pairs barely notice directions of little variance; these
        do, which fixes the fine structure of smooth signals.

        Components that depend on others to rounding get `floor` times the mean variance as white
        noise, which keeps their divergences finite.

        Returns
        -------
        divergence : Tensor of shape (2, n_pairs)
            Nonnegative up to rounding. Cost: two inverses, O(m^3).
        """
        mean = _both_directions(rep.mean, rep.grid, axis)
        covariance = _both_directions(rep.covariance, rep.grid, axis, 2)
        covariance, precision = _invertible(covariance, self.floor)
        spread = 1.0 / precision.diagonal(dim1=-2, dim2=-1)
        slope = precision * spread[..., None]
        change = slope - slope.flip(0)
        step = (mean - mean.flip(0))[..., None]
        offset = (slope.flip(0) @ step)[..., 0]
        squared_offset = ((change @ covariance) * change).sum(-1) + offset**2
        return self._divergence(squared_offset, spread, spread.flip(0))

    def pooled_divergence(self, rep):
        r"""KL divergence of every marginal from the Gaussian of the average moments.

        Mean and variance of that Gaussian are the averages over the components of mean and
        variance: 0 for a stationary representation, and unlike shift divergences it adds up along
        a slow drift. Not bounded.

        Returns
        -------
        divergence : Tensor of shape (m,)
            Nonnegative up to rounding.
        """
        mean, variance = (part.mean(-1, keepdim=True) for part in (rep.mean, rep.variance))
        return _gaussian_kl((rep.mean - mean) ** 2, rep.variance, variance)

    def third_order_shift_divergence(self, rep, axis=0):
        """What third-order cumulants add to the KL divergence of a window from its shift.

        They see the phases of weak frequencies, which no second moment knows, through those of the
        strong ones they go with. Not bounded. Zero for columns of symmetric distribution. See
        :func:`~sklearn_symmetry.core.cumulants.third_order_divergence`.

        Parameters
        ----------
        rep : Representation
        axis : int, default=0

        Returns
        -------
        divergence : Tensor, scalar
            The mean share of a component, nonnegative. Cost: O(m^4), no pass over the data but
            for the cumulants.
        """
        known = rep.whitened_cumulants
        windows = rotated(known, rep.windows(axis).to(known.dtype))
        return third_order_divergence(*windows) / rep.grid.n_pairs(axis)

    def fourth_order_shift_divergence(self, rep, axis=0):
        """What fourth-order cumulants add to the KL divergence of a window from its shift.

        Smooth and symmetric signals differ from a wrong representation in nothing of lower order.
        See :func:`~sklearn_symmetry.core.cumulants.fourth_order_divergence`.

        Parameters
        ----------
        rep : Representation
            With its `whitened_modes`.
        axis : int, default=0

        Returns
        -------
        divergence : Tensor, scalar
            The mean share of a component, nonnegative up to rounding. Not bounded. Cost: that of
            :func:`~sklearn_symmetry.core.cumulants.rotated_modes`, twice, and of the divergence;
            no pass over the data.
        """
        if rep.whitened_modes is None:
            raise ValueError("fourth order needs a Representation with its whitened_modes")
        strengths, modes = rep.whitened_modes
        windows = rotated_modes(modes, rep.windows(axis).to(modes.dtype))
        return fourth_order_divergence(strengths, *windows) / rep.grid.n_pairs(axis)

    def _divergence(self, squared_offset, variance, other_variance):
        divergence = _gaussian_kl(squared_offset, variance, other_variance)
        if self.bound is None:
            return divergence
        return -self.bound * torch.expm1(-divergence / self.bound)


def _invertible(covariance, floor):
    """The matrices and their inverses; with a trace of white noise where one is singular."""
    precision, failed = torch.linalg.inv_ex(covariance)
    variance = covariance.diagonal(dim1=-2, dim2=-1)
    rounding = covariance.shape[-1] * torch.finfo(covariance.dtype).eps
    conditional = 1.0 / precision.diagonal(dim1=-2, dim2=-1)
    regular = (failed == 0).all() & (conditional > rounding * variance).all()
    if regular:  # one look: each waits for a GPU
        return covariance, precision
    level = variance.mean((0, -1))[..., None, None]
    noise = floor * level * torch.eye(covariance.shape[-1]).to(covariance)
    return covariance + noise, torch.linalg.inv(covariance + noise)


def _both_directions(part, grid, axis, n_indices=1):
    """Stack a vector or matrix with itself shifted by one along an axis in its last indices.

    The flip of the first axis of the result pairs every entry with its shift: by +1 in the first
    half, by -1 in the second.
    """
    return torch.stack(grid.successors(part, axis, n_indices))


def _gaussian_kl(squared_offset, variance, other_variance):
    ratio = variance / other_variance
    return 0.5 * (squared_offset / other_variance + ratio - 1.0 - torch.log(ratio))


def off_diagonal(matrices):
    """Entries off the diagonal of (..., k, k) matrices, shape (..., k (k - 1)): a view of the
    rest of every row, which is cheaper than indexing.
    """
    size = matrices.shape[-1]
    if size < 2:
        return matrices.flatten(-2)[..., :0]
    rest = matrices.flatten(-2)[..., 1:].unflatten(-1, (size - 1, size + 1))
    return rest[..., :-1].flatten(-2)
