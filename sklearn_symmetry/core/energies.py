# SPDX-License-Identifier: BSD-3-Clause
"""A test of a representation by fourth-order statistics, which no term of the loss uses."""

import torch

from .grid import Grid

__all__ = [
    "contrast_free",
    "contrast_free_divergence",
    "energy_covariance",
    "energy_divergence",
    "lattice_energy_divergence",
    "log_energy",
    "shift_divergence",
    "summed_divergence",
    "worst_energy_divergence",
]

EVEN, SMALLEST = 0.1, 1e-6  # share of the mean contrast that remains; eigenvalue, of the largest

# A hundredth of the variance of the log energy of a Gaussian, 1.359. Energies of plus and minus one
# have none: nothing but the error of a fit would be compared, and found wrong.
LEAST_VARIANCE = 0.0136


def energy_divergence(y, grid=None):
    r"""How far the covariance of the log energies of `y` is from invariance under a shift.

    With :math:`e_k = \log(0.1 + y_k^2 / v)`, v the mean square of all entries, C the
    :func:`energy_covariance` of `y`, C' that of its shift by one along an axis and p its size, the
    value is

    .. math:: \frac{2 n}{p (p + 1)} \, \tfrac12
              \left[\mathrm{KL}(C \| C') + \mathrm{KL}(C' \| C)\right],

    the Gaussian divergence in units of its expectation for two independent sets of n samples of
    one covariance; the average over the axes, if there are several. A right representation of
    stationary signals has 1 to 3 (energies are not Gaussian), one with wrong signs or a wrong order
    of frequencies, to which second moments are blind, several times that as soon as there are
    samples enough to tell.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        n > m.
    grid : Grid or None, default=None
        Of the columns. None: a line.

    Returns
    -------
    divergence : float
        Nonnegative. Unchanged when `y` is scaled. Cost: one pass and O(m^3).
    """
    grid = Grid.fitting(grid, y.shape[1], "y")
    divergences = _by_axis(y, grid)
    return grid.average(divergences.__getitem__)


def _by_axis(y, grid):
    """:func:`energy_divergence` along every axis."""
    covariance, found = energy_covariance(y), {}
    for axis in grid.directions:
        size = grid.n_pairs(axis)
        scale = 2 * len(y) / (size * (size + 1))
        found[axis] = scale * shift_divergence(covariance, grid, axis)
    return found


def lattice_energy_divergence(y, grid):
    """The worst axis of a grid where :func:`worst_energy_divergence` has the average.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        n > m.
    grid : Grid

    Returns
    -------
    divergence : float
    """
    found = [(y, grid), *_differences(y, grid)]
    return max(value for one in found for value in _by_axis(*one).values())


def worst_energy_divergence(y, grid=None):
    """The largest :func:`energy_divergence` of `y` and of the differences of its neighbours.

    The differences weigh high frequencies more: wrong signs of those show there first.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        n > m. An axis of two positions has one difference only, which says nothing.
    grid : Grid or None, default=None
        Of the columns. None: a line.

    Returns
    -------
    divergence : float
        As for :func:`energy_divergence`, 1 to 3 where right.
    """
    grid = Grid.fitting(grid, y.shape[1], "y")
    found = [(y, grid), *_differences(y, grid)]
    return max(energy_divergence(*one) for one in found)


def contrast_free_divergence(y, grid=None):
    """:func:`summed_divergence` of :func:`contrast_free` samples, for one basis."""
    return summed_divergence(contrast_free(y), grid)


def contrast_free(y):
    r"""Every sample of `y` divided by its contrast r, its norm after whitening.

    :math:`r^2 = y^T M^{-1} y`, :math:`M = E[y y^T]`. That is the same in every basis, so it says
    nothing about the order of columns, and makes their energies uncertain where it varies much, as
    in photographs.

    Parameters
    ----------
    y : Tensor of shape (n, m)

    Returns
    -------
    y : Tensor of shape (n, m)
        A tenth of the mean contrast is added to every r: faint samples stay faint.
    """
    values, axes = torch.linalg.eigh((y.mT @ y).double() / len(y))
    white = axes / values.clamp_min(SMALLEST * values[-1]).sqrt()
    radius = (y @ white.to(y)).norm(dim=1, keepdim=True)
    return y / (radius + EVEN * radius.mean())


def summed_divergence(y, grid=None, covariance=None):
    """Divergence of the energies of `y`, plus that of its differences, from their shift, in nats.

    In nats the value can be weighed against a loss. Both are averages over the axes.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        n > m.
    grid : Grid or None, default=None
        Of the columns. None: a line.
    covariance : Tensor of shape (m, m), optional
        :func:`energy_covariance` of `y` where it is known: in another order of columns it is the
        same, reordered.

    Returns
    -------
    divergence : float
        Nonnegative; the first alone for two columns, which have one difference. Unchanged when `y`
        is scaled.
    """
    grid = Grid.fitting(grid, y.shape[1], "y")
    differences = [_divergence(*one) for one in _differences(y, grid)]
    covariance = energy_covariance(y) if covariance is None else covariance
    first = _average_divergence(covariance, grid)
    return first + sum(differences) / len(differences) if differences else first


def _divergence(y, grid):
    """Shift divergence of the covariance of the log energies, in nats."""
    return _average_divergence(energy_covariance(y), grid)


def _average_divergence(covariance, grid):
    return grid.average(lambda axis: shift_divergence(covariance, grid, axis))


def energy_covariance(y):
    """Covariance of the :func:`log_energy` of `y`, in double precision, shape (m, m).

    A hundredth of the variance that Gaussian entries have is added to every variance.
    """
    energy = log_energy(y).double()
    energy = energy - energy.mean(0)
    return energy.mT @ energy / len(energy) + LEAST_VARIANCE * torch.eye(y.shape[1]).to(energy)


def _differences(y, grid):
    """Differences of neighbours and their grid, for every axis that has several."""
    found = []
    for axis, size in enumerate(grid.shape):
        if size > 2:
            here, there = grid.successors(y, axis)
            found.append((there - here, grid.without_last(axis)))
    return found


def log_energy(y):
    """Log energies of the entries of `y`, of the same shape: ``log(0.1 + y**2 / v)``."""
    return torch.log(0.1 + y.square() / y.square().mean())


def shift_divergence(covariance, grid=None, axis=0):
    """Half the symmetric Gaussian divergence of a covariance from its shift by one, in nats.

    Parameters
    ----------
    covariance : Tensor of shape (m, m)
        Positive definite.
    grid : Grid or None, default=None
        Of the m components. None: a line.
    axis : int, default=0
        Along which they are shifted.

    Returns
    -------
    divergence : float
        Nonnegative.
    """
    grid = Grid.fitting(grid, len(covariance), "the covariance")
    here, there = grid.predecessors(covariance, axis, n_indices=2)
    across = torch.linalg.solve(here, there).trace() + torch.linalg.solve(there, here).trace()
    return float(0.25 * (across - 2 * len(here)))
