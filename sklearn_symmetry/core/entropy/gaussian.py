# SPDX-License-Identifier: BSD-3-Clause
"""Entropies of Gaussians, in nats: joint ones, from a covariance or its spectrum."""

import math

import torch

__all__ = ["LOG_2PI_E", "gaussian_entropy", "low_rank_entropy"]

LOG_2PI_E = math.log(2.0 * math.pi) + 1.0


def gaussian_entropy(covariance):
    """Entropy per component of a Gaussian, ``(log det(2 pi e C)) / (2 m)``.

    Parameters
    ----------
    covariance : Tensor of shape (m, m)
        Positive definite.

    Returns
    -------
    entropy : Tensor, scalar
        In nats; -inf for a singular covariance.

    Examples
    --------
    >>> round(float(gaussian_entropy(torch.eye(3))), 4)
    1.4189
    """
    return 0.5 * (torch.logdet(covariance) / len(covariance) + LOG_2PI_E)


def low_rank_entropy(eigenvalues, rank_fraction=None, *, sharpness=50.0):
    r"""Entropy per rank of the Gaussian with the given spectrum (eq. 26).

    :math:`\sum w_i h_i / \sum w_i` with :math:`h_i = \frac12(\log 2\pi\lambda_i + 1)` and the soft
    threshold :math:`w_i = 1 / (1 + \exp(s\,(i/(m-1) - \tau)))` of eq. 27.

    Parameters
    ----------
    eigenvalues : Tensor of shape (..., m)
        Of a covariance, positive, in descending order.
    rank_fraction : float or None, default=None
        tau in [0, 1]: the fraction of the spectrum that counts. None: all of it, equally.
    sharpness : float, default=50
        s, larger for a sharper threshold.

    Returns
    -------
    entropy : Tensor of shape (...)
        In nats.
    """
    entropies = 0.5 * (torch.log(eigenvalues) + LOG_2PI_E)
    if rank_fraction is None:
        return entropies.mean(-1)
    size = eigenvalues.shape[-1]
    index = torch.linspace(0, 1, size, dtype=entropies.dtype, device=entropies.device)
    weights = torch.sigmoid(sharpness * (rank_fraction - index))
    return (weights * entropies).sum(-1) / weights.sum()
