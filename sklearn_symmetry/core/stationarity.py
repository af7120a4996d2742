# SPDX-License-Identifier: BSD-3-Clause
"""A test of a representation by fourth-order statistics, which no term of the loss uses."""

import torch

__all__ = ["energy_divergence"]


def energy_divergence(y, cyclic=False):
    r"""How far the covariance of the log energies of `y` is from invariance under a shift.

    With :math:`e_k = \log(0.1 + y_k^2 / v)`, v the mean square of all entries, C the covariance of
    e, C' that of its shift by one and p its size, the value is

    .. math:: \frac{2 n}{p (p + 1)} \, \tfrac12
              \left[\mathrm{KL}(C \| C') + \mathrm{KL}(C' \| C)\right],

    the Gaussian divergence in units of its expectation for two independent sets of n samples of
    one covariance. A right representation of stationary signals has 1 to 3 (energies are not
    Gaussian), one with wrong signs or a wrong order of frequencies, to which second moments are
    blind, several times that as soon as there are samples enough to tell.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        n > m.
    cyclic : bool, default=False

    Returns
    -------
    divergence : float
        Nonnegative; infinite where the energies are linearly dependent. Unchanged when `y` is
        scaled. Cost: one pass and O(m^3).
    """
    energy = torch.log(0.1 + y.square() / y.square().mean()).double()
    energy = energy - energy.mean(0)
    covariance = energy.mT @ energy / len(energy)
    if cyclic:
        here, there = covariance, covariance.roll((1, 1), (0, 1))
    else:
        here, there = covariance[:-1, :-1], covariance[1:, 1:]
    size = len(here)
    if torch.linalg.matrix_rank(covariance, hermitian=True) < len(covariance):
        return float("inf")
    across = torch.linalg.solve(here, there).trace() + torch.linalg.solve(there, here).trace()
    return float(0.25 * (across - 2 * size) * 2 * len(y) / (size * (size + 1)))
