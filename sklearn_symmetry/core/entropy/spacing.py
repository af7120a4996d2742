# SPDX-License-Identifier: BSD-3-Clause
"""Differential entropy from the spacings of sorted samples, in nats."""

import math
from functools import lru_cache

import numpy as np
import torch

__all__ = ["spacing_entropy"]


def spacing_entropy(y, *, spacing=None, floor=1e-6):
    r"""Entropy of every column from the spacings of its sorted samples.

    Around the sample of rank i the density is about the number of samples in a window of 2k + 1
    ranks over the width of that window; the entropy is the mean of the logarithm of the inverse,

    .. math:: H = \frac1n\sum_i \left[\log(y_{(b_i)} - y_{(a_i)})
              + \psi(n+1) - \psi(b_i-a_i)\right], \quad a_i = \max(i-k, 1),\ b_i = \min(i+k, n),

    Vasicek's estimator with digamma terms :math:`\psi` that make it unbiased for a uniform law, up
    to the ends of the sample.

    Parameters
    ----------
    y : Tensor of shape (n, m)
        At least 3 samples. Fastest as the transpose of a contiguous (m, n) tensor.
    spacing : int or None, default=None
        Half width k of the window, from 1 to ``(n - 1) // 2``. None: about ``sqrt(n) / 2``.
    floor : float, default=1e-6
        Smallest width of a window, as a fraction of the range of its column. Repeated values would
        otherwise have entropy minus infinity. A column with one single value gets the logarithm of
        the smallest normal number instead, and no gradient.

    Returns
    -------
    entropy : Tensor of shape (m,)
        In nats. Equivariant to scale, ``H(c y) = H(y) + log |c|``, and invariant to translation.

    Notes
    -----
    The gradient is written in closed form: the window widths' inverses, added where a window ends
    and subtracted where it starts, carried back through the sorting permutation. On a CPU the
    sorting is numpy's, which is several times faster than :func:`torch.sort`.

    References
    ----------
    Vasicek, O. "A test for normality based on sample entropy", J. R. Stat. Soc. B 38, 1976.

    Examples
    --------
    >>> y = torch.linspace(0, 2, 1001)[:, None]
    >>> bool((spacing_entropy(y) - math.log(2.0)).abs() < 0.02)
    True
    """
    n_samples = y.shape[0]
    if n_samples < 3:
        raise ValueError(f"spacing_entropy needs at least 3 samples; got {n_samples}")
    if spacing is None:
        spacing = max(1, round(math.sqrt(n_samples) / 2))
    if not 1 <= spacing <= (n_samples - 1) // 2:
        raise ValueError(
            f"spacing must be between 1 and {(n_samples - 1) // 2} for {n_samples} samples; "
            f"got {spacing}"
        )
    needs_grad = torch.is_grad_enabled() and y.requires_grad
    return _SpacingEntropy.apply(y, spacing, floor, needs_grad)


class _SpacingEntropy(torch.autograd.Function):
    """:func:`spacing_entropy` with its closed-form gradient; first derivatives only."""

    @staticmethod
    def forward(ctx, y, spacing, floor, needs_grad):
        ordered, order = _sort_columns(y.mT, with_order=needs_grad)
        n_samples = ordered.shape[1]
        last = ordered[:, -1:]
        first = ordered[:, :1]
        width = torch.empty_like(ordered)
        k = spacing
        width[:, k : n_samples - k] = ordered[:, 2 * k :] - ordered[:, : n_samples - 2 * k]
        width[:, :k] = ordered[:, k : 2 * k] - first
        width[:, n_samples - k :] = last - ordered[:, n_samples - 2 * k : n_samples - k]
        tiny = torch.finfo(y.dtype).tiny
        smallest = (floor * (last - first)).clamp_min(tiny)
        if needs_grad:
            gradient = _ordered_gradient(width, smallest, last - first, k)
            ctx.save_for_backward(torch.empty_like(gradient).scatter_(1, order, gradient))
        log_width = width.clamp_(min=smallest).log_()
        return log_width.mean(1) + _spacing_correction(n_samples, k)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        (gradient,) = ctx.saved_tensors
        return (grad[:, None] * gradient).mT, None, None, None


def _sort_columns(rows, with_order):
    """Sort along the last axis; the sorting permutation only where a gradient needs it."""
    if rows.device.type != "cpu":
        return torch.sort(rows.detach().contiguous(), dim=1)
    values = np.ascontiguousarray(rows.detach().numpy())
    if not with_order:
        return torch.from_numpy(np.sort(values, axis=1)), None
    order = torch.from_numpy(np.argsort(values, axis=1))
    return torch.gather(torch.from_numpy(values), 1, order), order


def _ordered_gradient(width, smallest, extent, k):
    """Gradient of the entropies in the sorted samples, shape (m, n)."""
    n_samples = width.shape[1]
    inverse = torch.reciprocal(width * n_samples)
    fixed = torch.zeros_like(extent[:, 0])
    if (width.amin(1, keepdim=True) <= smallest).any():
        # A floored window has a fraction of the range as its width: it moves with the extremes.
        floored = width <= smallest
        inverse.masked_fill_(floored, 0.0)
        fixed = floored.sum(1) / (n_samples * extent[:, 0])
        fixed = torch.where(extent[:, 0] > 0, fixed, 0.0)
    gradient = torch.empty_like(width)
    gradient[:, k:] = inverse[:, : n_samples - k]
    gradient[:, :k] = 0.0
    gradient[:, : n_samples - k] -= inverse[:, k:]
    # Windows cut at an end of the sample all lean on its extreme.
    gradient[:, -1] += inverse[:, n_samples - k :].sum(1) + fixed
    gradient[:, 0] -= inverse[:, :k].sum(1) + fixed
    return gradient


@lru_cache(maxsize=64)
def _spacing_correction(n_samples, k):
    """Mean of ``psi(n + 1) - psi(ranks of the window)``, a constant of the estimator."""
    ranks = torch.full((n_samples,), 2.0 * k, dtype=torch.float64)
    ramp = torch.arange(k, 2 * k, dtype=torch.float64)
    ranks[:k] = ramp
    ranks[n_samples - k :] = ramp.flip(0)
    total = torch.digamma(torch.tensor(n_samples + 1.0, dtype=torch.float64))
    return float(total - torch.digamma(ranks).mean())
