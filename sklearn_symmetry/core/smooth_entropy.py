# SPDX-License-Identifier: BSD-3-Clause
"""Differential entropy from a smoothed histogram: cheap, and smooth enough for a quasi-Newton."""

import math
from functools import lru_cache

import torch

__all__ = ["smooth_entropy"]


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
    y : Tensor of shape (n, m)
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
    entropy : Tensor of shape (m,)
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
        rows = y.detach().mT.contiguous()
        n_rows, n_samples = rows.shape
        limit = math.asinh(80.0 * reach)
        size = 2 * math.ceil(limit / step) + 3
        compressed = torch.asinh(rows / scale)
        position = ((compressed + limit) / step).clamp_(0.0, size - 2.001)
        cell = position.floor()
        share = position - cell
        offset = torch.arange(0, n_rows * size, size, device=rows.device)
        index = cell.to(torch.int64).add_(offset[:, None])
        count = _linear_histogram(index, share, n_rows * size).view(n_rows, size) / n_samples
        kernel = _kernel_matrix(size, width / step, count.dtype, str(count.device))
        density = (count @ kernel).clamp_min(1e-9)
        stretch = (scale**2 + rows * rows).sqrt_()  # dy/du
        entropy = -(count * torch.log(density / step)).sum(1) + stretch.log().mean(1)
        if ctx.needs_input_grad[0]:
            value = -torch.log(density) - (count / density) @ kernel
            slope = value.diff(dim=1, append=value[:, -1:]).to(rows.dtype) / step
            inside = slope.flatten()[index]
            ctx.save_for_backward((inside + rows / stretch) / (stretch * n_samples))
        return entropy.to(y.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        (gradient,) = ctx.saved_tensors
        return (grad[:, None] * gradient).mT, None, None, None, None


def _linear_histogram(index, share, size):
    """Weights of samples shared between cell `index` and the next, shape (size,), double."""
    index, share = index.flatten(), share.flatten().double()
    ones = torch.bincount(index, minlength=size)
    upper = torch.bincount(index, weights=share, minlength=size)
    count = ones - upper
    count[1:] += upper[:-1]
    return count


@lru_cache(maxsize=16)
def _kernel_matrix(size, deviation, dtype, device):
    """Symmetric banded matrix that convolves a grid of `size` points with a Gaussian."""
    distance = torch.arange(size, dtype=dtype, device=device)
    kernel = torch.exp(-0.5 * ((distance[:, None] - distance) / deviation) ** 2)
    kernel[(distance[:, None] - distance).abs() > 4 * deviation + 1] = 0.0
    reach = torch.arange(-math.ceil(4 * deviation), math.ceil(4 * deviation) + 1, dtype=dtype)
    return kernel / torch.exp(-0.5 * (reach / deviation) ** 2).sum().to(device)
