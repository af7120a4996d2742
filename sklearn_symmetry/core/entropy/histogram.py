# SPDX-License-Identifier: BSD-3-Clause
"""Differential entropy from a smoothed histogram: cheap, and smooth enough for a quasi-Newton."""

import math
from functools import lru_cache

import torch

from ..blocks import at_once

__all__ = ["smooth_entropy"]

BLOCK = 2**16  # entries looked at together, on a CPU


def smooth_entropy(y, *, scale, width=0.12, step=0.06, reach=12.0):
    r"""Entropy of every column by a kernel density estimate on a grid.

    Samples are compressed, :math:`u = \operatorname{asinh}(y / s)`, so that one bandwidth serves a
    sharp peak at 0 and long tails alike, shared linearly between the two nearest grid points, and
    smoothed by a Gaussian kernel. With c the fraction of samples at a grid point and p the smoothed
    fraction,

    .. math:: H = -\sum_b c_b \log\frac{p_b}{h} - \frac1n\sum_i \log\frac{du}{dy}(y_i).

    The bias of smoothing is a constant to first order; unlike an estimate from spacings the value
    has no kinks on the scale of single samples, so that a quasi-Newton method converges in tens of
    iterations where it would otherwise stall.

    Parameters
    ----------
    y : Tensor of shape (..., n, m)
        Fastest as the transpose of a contiguous (m, n) tensor. Peaks are resolved best near 0.
    scale : float
        s, where the compression sets in, in the unit of `y`: about the width of the sharpest peak.
    width : float, default=0.12
        Standard deviation of the kernel, in the unit of u.
    step : float, default=0.06
        Grid step h, in the unit of u.
    reach : float, default=12.0
        The grid ends at ``|y| = 80 * reach * scale``; samples beyond count as at its end, with the
        compression's own share of the entropy and no gradient of the density.

    Returns
    -------
    entropy : Tensor of shape (..., m)
        In nats, in the dtype of `y`.

    Notes
    -----
    O(n m) and no sorting. The gradient is in closed form: the slope of
    :math:`-\log p - K * (c/p)` at every sample.

    Examples
    --------
    >>> normal = torch.distributions.Normal(0.0, 1.0)
    >>> y = normal.icdf(torch.linspace(0.0005, 0.9995, 1000, dtype=torch.float64))[:, None]
    >>> bool((smooth_entropy(y, scale=0.15) - normal.entropy()).abs() < 0.02)
    True
    """
    return _SmoothEntropy.apply(y, scale, width, step, reach)


class _SmoothEntropy(torch.autograd.Function):
    """:func:`smooth_entropy` with its closed-form gradient; first derivatives only."""

    @staticmethod
    def forward(ctx, y, scale, width, step, reach):
        every = y.detach().mT.contiguous()
        rows = every.flatten(0, -2)
        gradient = torch.empty_like(rows) if ctx.needs_input_grad[0] else None
        entropy = torch.empty_like(rows[:, 0])
        # In blocks that stay in the cache: memory fresh from the system costs more than the work.
        several = at_once(BLOCK, rows.shape[1], rows.device)
        for first in range(0, len(rows), several):
            block = slice(first, first + several)
            slope = None if gradient is None else gradient[block]
            entropy[block] = _entropy(rows[block], scale, width, step, reach, slope)
        ctx.save_for_backward(None if gradient is None else gradient.view_as(every))
        return entropy.view(every.shape[:-1])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        (gradient,) = ctx.saved_tensors
        return (grad[..., None] * gradient).mT, None, None, None, None


def _entropy(rows, scale, width, step, reach, gradient):
    """Entropy of every row; its gradient is written into `gradient` unless that is None."""
    n_rows, n_samples = rows.shape
    limit = math.asinh(80.0 * reach)
    size = 2 * math.ceil(limit / step) + 3
    stretch = (scale**2 + rows * rows).sqrt_()  # dy/du
    position = _compressed(rows, stretch, scale).add_(limit).div_(step)
    position.clamp_(0.0, size - 2.001)
    cell = position.floor()
    share = position.sub_(cell)
    offset = torch.arange(0, n_rows * size, size, device=rows.device)
    index = cell.to(torch.int64).add_(offset[:, None]).flatten()
    count = _linear_histogram(index, share, n_rows * size).view(n_rows, size) / n_samples
    kernel = _kernel_matrix(size, width / step, count.dtype, str(count.device))
    density = (count @ kernel).clamp_min(1e-9)
    entropy = -(count * torch.log(density / step)).sum(1) + stretch.log().mean(1)
    if gradient is not None:
        value = -torch.log(density) - (count / density) @ kernel
        slope = value.diff(dim=1, append=value[:, -1:]).to(rows.dtype) / step
        inside = slope.flatten().index_select(0, index).view_as(rows)
        torch.div(rows, stretch, out=gradient)
        gradient.add_(inside).div_(stretch.mul_(n_samples))
    return entropy


def _compressed(rows, stretch, scale):
    """``asinh(rows / scale)``, several times faster than that function of torch."""
    size = rows.abs()
    grown = (rows * rows).div_(stretch + scale).add_(size).div_(scale)
    return grown.log1p_().copysign_(rows)


def _linear_histogram(index, share, size):
    """Weights of samples shared between cell `index` and the next, shape (size,), double."""
    share = share.flatten().double()
    # Unlike bincount, this does not look for the largest index, which a GPU would wait for.
    count = share.new_zeros(size).scatter_add_(0, index, 1.0 - share)
    return count.scatter_add_(0, index + 1, share)


@lru_cache(maxsize=16)
def _kernel_matrix(size, deviation, dtype, device):
    """Symmetric banded matrix that convolves a grid of `size` points with a Gaussian."""
    distance = torch.arange(size, dtype=dtype, device=device)
    kernel = torch.exp(-0.5 * ((distance[:, None] - distance) / deviation) ** 2)
    kernel[(distance[:, None] - distance).abs() > 4 * deviation + 1] = 0.0
    reach = torch.arange(-math.ceil(4 * deviation), math.ceil(4 * deviation) + 1, dtype=dtype)
    return kernel / torch.exp(-0.5 * (reach / deviation) ** 2).sum().to(device)
