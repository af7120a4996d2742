# SPDX-License-Identifier: BSD-3-Clause
"""The trained density estimators of the paper: mixtures of Gaussians (eq. 23-25, Table 2)."""

import math

import torch
from torch import nn
from torch.nn.functional import leaky_relu, pad

from ..blocks import at_once
from .closed_form import off_diagonal

__all__ = ["ConditionalMixture", "MarginalMixture", "MixtureDensity"]

LOG_2PI = math.log(2.0 * math.pi)
# Samples that pass through the networks at a time on a CPU: hidden units then stay in the cache.
PART = 500


def _log_mixture(values, log_weights, means, log_variances):
    """Log density of a mixture whose kernels are on the axis before the last."""
    squares = (values.unsqueeze(-2) - means) ** 2 * torch.exp(-log_variances)
    return torch.logsumexp(log_weights - 0.5 * (squares + log_variances + LOG_2PI), dim=-2)


class MarginalMixture(nn.Module):
    """One mixture of Gaussians per column (eq. 23).

    Parameters
    ----------
    n_powers : int
        Number of columns m.
    n_kernels : int, default=4
        Gaussians per column.
    clip : float, default=4.5
        Bound on the absolute value of the logits of the weights and of the logarithms of the
        variances.
    generator : torch.Generator
        On the CPU; draws the initial means from N(0, 1). Weights start equal, variances at 1.
    """

    def __init__(self, n_powers, n_kernels=4, *, clip=4.5, generator):
        super().__init__()
        self.clip = clip
        shape = (n_kernels, n_powers)
        self.logits = nn.Parameter(torch.zeros(shape))
        self.means = nn.Parameter(torch.randn(shape, generator=generator))
        self.log_variances = nn.Parameter(torch.zeros(shape))

    def log_density(self, values, slots=slice(None)):
        """Log densities of the columns `slots` at `values`, both of k columns; shape (n, k)."""
        logits = self.logits[:, slots].clamp(-self.clip, self.clip)
        log_variances = self.log_variances[:, slots].clamp(-self.clip, self.clip)
        log_weights = torch.log_softmax(logits, dim=0)
        return _log_mixture(values, log_weights, self.means[:, slots], log_variances)


class ConditionalMixture(nn.Module):
    """All columns given a single one, by three networks that see the others masked (eq. 24, 25).

    Each network has m inputs, one hidden layer and 4 m outputs; the input is 0 but in the slot of
    the conditioning column. Outputs become weights by a softmax of ``s tanh``, means as they are,
    variances by the exponential of ``s tanh`` (Table 2).

    Parameters
    ----------
    n_powers : int
        Number of columns m.
    n_kernels : int, default=4
        Gaussians per column.
    hidden_factor : int, default=16
        Hidden units per column.
    slope : float, default=0.2
        Of the leaky rectifier of the hidden layer.
    scale : float, default=3.5
        s above, the bound on logits and on the logarithms of the variances.
    generator : torch.Generator
        On the CPU; draws the weights by Glorot's uniform rule. Biases start at 0.
    """

    def __init__(self, n_powers, n_kernels=4, *, hidden_factor=16, slope=0.2, scale=3.5, generator):
        super().__init__()
        self.n_powers, self.n_kernels = n_powers, n_kernels
        self.slope, self.scale = slope, scale
        n_hidden, n_outputs = hidden_factor * n_powers, n_kernels * n_powers
        # The three networks, for logits, means and variances, are stacked on the first axis.
        self.weights_in = _glorot((3, n_powers, n_hidden), generator)
        self.biases_in = nn.Parameter(torch.zeros(3, 1, n_hidden))
        self.weights_out = _glorot((3, n_hidden, n_outputs), generator)
        self.biases_out = nn.Parameter(torch.zeros(3, 1, n_outputs))

    def forward(self, given, slots):
        """Log weights, means, log variances, each (n, kernels, m), given ``y[slots] = given``."""
        # Masked inputs times the layer beat picking its rows, whose gradient is a slow scatter.
        masked = given.new_zeros(len(given), self.n_powers)
        masked = masked.scatter(1, slots[:, None], given[:, None])
        hidden = torch.baddbmm(self.biases_in, masked.expand(3, -1, -1), self.weights_in)
        hidden = leaky_relu(hidden, self.slope)
        outputs = torch.baddbmm(self.biases_out, hidden, self.weights_out)
        logits, means, spreads = outputs.unflatten(-1, (self.n_kernels, self.n_powers))
        log_weights = torch.log_softmax(self.scale * torch.tanh(logits), dim=-2)
        return log_weights, means, self.scale * torch.tanh(spreads)

    def log_density(self, values, given, slots):
        """Log densities ``p(column j = values[:, j] | column slots[b] = given[b])``.

        Parameters
        ----------
        values : Tensor of shape (n, m)
        given : Tensor of shape (n,)
        slots : LongTensor of shape (n,)

        Returns
        -------
        log_density : Tensor of shape (n, m)
        """
        width = self.biases_in.numel() + self.biases_out.numel()
        several = at_once(PART * width, width, values.device)
        parts = zip(*(part.split(several) for part in (values, given, slots)), strict=True)
        return torch.cat([_log_mixture(part, *self(*condition)) for part, *condition in parts])

    def weight_norm(self):
        """Sum of the Frobenius norms of the six weight matrices."""
        return sum(
            matrix.norm() for stack in (self.weights_in, self.weights_out) for matrix in stack
        )


def _glorot(shape, generator):
    """Glorot's uniform initialisation of a stack of matrices."""
    bound = math.sqrt(6.0 / (shape[-2] + shape[-1]))
    return nn.Parameter((2.0 * torch.rand(shape, generator=generator) - 1.0) * bound)


class MixtureDensity(nn.Module):
    """The paper's estimators, trained on their own entropy at the same time as the model.

    Sample b conditions on column ``b mod m``, so one batch serves all pairs. The methods use the
    same log densities, computed once per representation. For grids of one axis, as the paper.

    Parameters
    ----------
    n_powers : int
        Number of columns m.
    n_kernels : int, default=4
        Gaussians of every mixture.
    hidden_factor : int, default=16
        Hidden units per column of the conditional networks.
    generator : torch.Generator
        On the CPU; draws the initial parameters.
    """

    def __init__(self, n_powers, *, n_kernels=4, hidden_factor=16, generator):
        super().__init__()
        self.marginal = MarginalMixture(n_powers, n_kernels, generator=generator)
        self.conditional = ConditionalMixture(
            n_powers, n_kernels, hidden_factor=hidden_factor, generator=generator
        )

    def marginal_entropy(self, rep):
        """Mean negative log likelihood of every column, shape (m,), in nats. Cost: O(n m)."""
        return -self._marginal(rep).mean(0)

    def marginal_shift_divergence(self, rep, axis=0):
        """KL divergences of neighbouring columns (eq. 28), shape (2, n_pairs).

        Batch means of the difference of log densities, negative ones set to 0. Cost: O(n m).
        """
        densities = self._marginal(rep)
        columns, successors = neighbours(rep, axis)
        divergences = []
        for here, there in ((columns, successors), (successors, columns)):
            shifted = self.marginal.log_density(rep.y[:, here], there)
            divergences.append((densities[:, here] - shifted).mean(0).clamp_min(0.0))
        return torch.stack(divergences)

    def conditional_shift_divergence(self, rep, axis=0):
        """KL divergences of p(j|i) from p(j+s|i+s) (eq. 29), for all i != j and s = +1, -1.

        Means over the samples that condition on i, negative ones set to 0.

        Returns
        -------
        divergence : Tensor of shape (2, k (k - 1)), k = rep.grid.n_pairs(axis)
            Cost: three passes of the networks over the batch, O(n m^2).
        """
        densities = self._conditional(rep)
        slots, given = _conditions(rep.y)
        divergences = []
        for step, inside in zip((1, -1), neighbours(rep, axis), strict=True):
            # p(j+s|i+s) at (y_j, y_i): value i enters at slot i+s, value j is read at slot j+s.
            moved = (slots + step) % rep.n_powers
            shifted = self.conditional.log_density(rep.y.roll(step, dims=1), given, moved)
            mean = _mean_by_slot(densities - shifted.roll(-step, dims=1)).mT  # [j, i]
            divergences.append(mean[inside][:, inside].clamp_min(0.0))
        return off_diagonal(torch.stack(divergences))

    def training_loss(self, rep, penalty=1e-5):
        """What the estimators minimise: marginal plus conditional entropy, and an L2 penalty.

        Parameters
        ----------
        rep : Representation
        penalty : float, default=1e-5
            Weight of the sum of the Frobenius norms of the networks' weights.

        Returns
        -------
        loss : Tensor, scalar
        """
        slots, _ = _conditions(rep.y)
        columns = torch.arange(rep.n_powers, device=rep.y.device)
        others = slots[:, None] != columns
        conditional = -torch.where(others, self._conditional(rep), 0.0).sum()
        conditional = conditional / (len(rep.y) * (rep.n_powers - 1))
        norms = self.conditional.weight_norm()
        return -self._marginal(rep).mean() + conditional + penalty * norms

    def _marginal(self, rep):
        return rep.remember("log marginal", lambda: self.marginal.log_density(rep.y))

    def _conditional(self, rep):
        slots, given = _conditions(rep.y)
        return rep.remember(
            "log conditional", lambda: self.conditional.log_density(rep.y, given, slots)
        )


def _conditions(y):
    """Slot ``b mod m`` that sample b conditions on, and the value it has there."""
    slots = torch.arange(len(y), device=y.device) % y.shape[1]
    return slots, y.gather(1, slots[:, None])[:, 0]


def neighbours(rep, axis):
    """Columns that have a successor, and their successors."""
    if rep.grid.n_axes > 1:
        raise ValueError(
            f"the mixture density of the paper is for one axis; the grid has {rep.grid.n_axes}, "
            f"of shape {rep.grid.shape}: use the closed form density"
        )
    return rep.grid.pairs(axis, rep.y.device)


def _mean_by_slot(values):
    """Mean over the samples of every slot ``b mod m``, shape (m, m); nan for a slot without one."""
    n_samples, n_slots = values.shape
    missing = -n_samples % n_slots
    totals = pad(values, (0, 0, 0, missing)).view(-1, n_slots, n_slots).sum(0)
    counts = torch.full((n_slots, 1), (n_samples + missing) // n_slots, device=values.device)
    counts[n_slots - missing :] -= 1
    return totals / counts
