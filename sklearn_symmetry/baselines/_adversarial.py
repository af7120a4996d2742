# SPDX-License-Identifier: BSD-3-Clause
"""The two adversarial games: torch, never scikit-learn.

A discriminator tells samples from transformed samples; a transformation that it cannot tell is a
symmetry of their distribution. Samples are rows, and transformations act from the right.
"""

import math

import numpy as np
import torch
from torch.nn import functional

from ..solver.solution import Report

__all__ = ["FlowGame", "History", "RotationGame", "channel_overlap", "expm_action", "play"]

# Products z L of larger norm are applied in several pieces; the degree makes the remainder of each
# piece, norm**(degree + 1) / (degree + 1)!, less than the precision of float32.
PIECE_NORM = 3.0
DEGREE = 17
MAX_PIECES = 8


class History:
    """What is kept of a run: one entry per completed epoch.

    Attributes
    ----------
    parameters : list of ndarray
        What the transformation was made of at the end of each epoch.
    losses : dict of str to list of float
        Means over the epoch.
    converged : bool or None
        Whether `tol` was met; None: there was none to meet.
    """

    def __init__(self):
        self.parameters, self.losses, self.converged = [], {}, None

    def append(self, parameter, losses):
        """Add a completed epoch."""
        self.parameters.append(parameter)
        for name, value in losses.items():
            self.losses.setdefault(name, []).append(value)

    def settled(self, tol, n_epochs):
        """Whether each of the last `n_epochs` moved the parameter by `tol` at most, relatively."""
        last = self.parameters[-n_epochs - 1 :]
        if len(last) <= n_epochs:
            return False
        moves = np.linalg.norm(np.diff(last, axis=0).reshape(n_epochs, -1), axis=1)
        return bool(np.all(moves <= tol * np.linalg.norm(last[-1])))


def play(game, *, max_iter, tol, n_iter_no_change, monitor):
    """Let the two players alternate for some epochs.

    Parameters
    ----------
    game : RotationGame or FlowGame
    max_iter : int
        Most epochs.
    tol : float or None
        Stop when the parameter moved by less than this, relatively, in `n_iter_no_change`
        consecutive epochs. None: never.
    n_iter_no_change : int
    monitor : callable
        Called with a :class:`~sklearn_symmetry.solver.solution.Report` after every epoch; the game
        stops when it returns True. Its snapshot is the history.

    Returns
    -------
    history : History
    """
    history = History()
    for epoch in range(max_iter):
        losses = game.epoch(epoch)
        history.append(game.parameter_array(), losses)
        if tol is not None:
            history.converged = history.settled(tol, n_iter_no_change)
        loss = losses["generator"]
        stop = monitor(Report("epochs", epoch, max_iter, loss, losses, lambda: history))
        if stop or history.converged:
            break
    return history


class _Game:
    """Data, discriminator, optimisers and minibatches; subclasses say what a step is.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Divided here by one number, its root mean square. A linear symmetry does not notice, and
        published settings expect values around 1.
    batch_size, steps_per_epoch : int, int or None
    hidden_layer_sizes : sequence of int
    rates : (float, float)
        Learning rates of transformation and discriminator.
    seed : int
    device : str
    """

    def __init__(self, X, *, batch_size, steps_per_epoch, hidden_layer_sizes, rates, seed, device):
        self.random = torch.Generator().manual_seed(int(seed))
        scale = math.sqrt(np.mean(np.square(X), dtype=np.float64))
        self.data = torch.tensor(X / scale, dtype=torch.float32, device=device)
        self.n_features = X.shape[1]
        self.batch_size = min(batch_size, len(X))
        self.steps_per_epoch = steps_per_epoch or len(X) // self.batch_size
        self.parameter = self.initial_parameter().to(device).requires_grad_()
        sizes = (self.n_features, *hidden_layer_sizes, 1)
        self.discriminator = self.make_discriminator(sizes).to(device)
        self.weights = list(self.discriminator.parameters())
        rate, discriminator_rate = rates
        self.optimizer = self.make_optimizer([self.parameter], rate)
        self.opponent = torch.optim.Adam(self.weights, discriminator_rate, fused=True)

    def epoch(self, number):
        """Take the steps of an epoch; returns the mean of every loss."""
        totals = {}
        for _ in range(self.steps_per_epoch):
            for name, value in self.step().items():
                value = float(value.detach())
                if not math.isfinite(value):
                    raise FloatingPointError(
                        f"the {name} term of the loss is {value} at iteration {number}; "
                        "a smaller learning rate may help"
                    )
                totals[name] = totals.get(name, 0.0) + value
        return {name: total / self.steps_per_epoch for name, total in totals.items()}

    def parameter_array(self):
        """Current parameter of the transformation, as an array in host memory."""
        return self.parameter.detach().cpu().double().numpy()

    def stream(self):
        """Endless minibatches, without replacement within a pass; the remainder is left out."""
        n_samples, size = len(self.data), self.batch_size
        while True:
            order = torch.randperm(n_samples, generator=self.random).to(self.data.device)
            for start in range(0, n_samples - size + 1, size):
                yield self.data[order[start : start + size]]

    def move(self, loss):
        """One step of the transformation down its loss."""
        (self.parameter.grad,) = torch.autograd.grad(loss, [self.parameter])
        self.optimizer.step()

    def oppose(self, real, transformed):
        """One step of the discriminator; returns its cross-entropy."""
        verdict = self.discriminator(torch.cat([real, transformed]))
        labels = torch.zeros_like(verdict)
        labels[: len(real)] = 1.0
        loss = functional.binary_cross_entropy_with_logits(verdict, labels)
        for weight, gradient in zip(
            self.weights, torch.autograd.grad(loss, self.weights), strict=True
        ):
            weight.grad = gradient
        self.opponent.step()
        return loss

    def fooling_loss(self, transformed):
        """Cross-entropy of the verdict "real", minus log of the probability given to it."""
        return functional.softplus(-self.discriminator(transformed)).mean()


class RotationGame(_Game):
    """SymmetryGAN with the orthogonal factor of a free matrix as the transformation."""

    def __init__(self, X, **settings):
        super().__init__(X, **settings)
        # Independent draws for the two players, as in the published code.
        self.discriminator_batches, self.generator_batches = self.stream(), self.stream()

    def initial_parameter(self):
        """Entries uniform on (-1, 1)."""
        return 2 * torch.rand(self.n_features, self.n_features, generator=self.random) - 1

    def make_discriminator(self, sizes):
        """Rectified linear units, Glorot's initial weights, no initial biases."""
        network = _network(sizes, torch.nn.ReLU)
        for layer in network[::2]:
            torch.nn.init.xavier_uniform_(layer.weight, generator=self.random)
            torch.nn.init.zeros_(layer.bias)
        return network

    def make_optimizer(self, parameters, rate):
        """Adam with its usual momenta."""
        return torch.optim.Adam(parameters, rate, fused=True)

    def transform(self, samples):
        """``x Q``, with ``Q R`` the QR decomposition of the free matrix."""
        return samples @ torch.linalg.qr(self.parameter)[0]

    def step(self):
        """Discriminator on half a batch of each kind, then transformation on a whole one."""
        batch = next(self.discriminator_batches)
        half = len(batch) // 2
        with torch.no_grad():
            transformed = self.transform(batch[half:])
        opposition = self.oppose(batch[:half], transformed)
        loss = self.fooling_loss(self.transform(next(self.generator_batches)))
        self.move(loss)
        return {"generator": loss, "discriminator": opposition}

    def parameter_array(self):
        """The orthogonal matrix itself: the free one has no meaning of its own."""
        return np.linalg.qr(super().parameter_array())[0]


class FlowGame(_Game):
    """LieGAN: transformations ``expm(sum_c z_c L_c)`` with random coefficients.

    Parameters
    ----------
    n_channels : int
    cosine_weight, overlap_weight : float
        Weights lambda and eta of the two penalties.
    """

    def __init__(self, X, *, n_channels, cosine_weight, overlap_weight, **settings):
        self.n_channels = n_channels
        self.cosine_weight, self.overlap_weight = cosine_weight, overlap_weight
        super().__init__(X, **settings)
        self.batches = self.stream()

    def initial_parameter(self):
        """Kaiming's normal entries; the fan-in of a (c, d, d) array is d * d."""
        matrices = torch.empty(self.n_channels, self.n_features, self.n_features)
        return torch.nn.init.kaiming_normal_(matrices, generator=self.random)

    def make_discriminator(self, sizes):
        """Leaky rectified linear units, torch's usual initial weights."""
        network = _network(sizes, lambda: torch.nn.LeakyReLU(0.2))
        for layer in network[::2]:
            bound = 1 / math.sqrt(layer.in_features)
            torch.nn.init.uniform_(layer.weight, -bound, bound, generator=self.random)
            torch.nn.init.uniform_(layer.bias, -bound, bound, generator=self.random)
        return network

    def make_optimizer(self, parameters, rate):
        """Adam with less momentum."""
        return torch.optim.Adam(parameters, rate, betas=(0.5, 0.999), fused=True)

    def step(self):
        """Transformation on a batch, then discriminator on the same batch."""
        batch = next(self.batches)
        coefficients = torch.randn(len(batch), self.n_channels, generator=self.random)
        transformed = expm_action(batch, self.parameter, coefficients.to(batch.device))
        fooling = self.fooling_loss(transformed)
        cosine = functional.cosine_similarity(transformed, batch, dim=1).mean().abs()
        total = fooling + self.cosine_weight * cosine
        terms = {"fooling": fooling, "cosine": cosine}
        if self.n_channels > 1:
            terms["overlap"] = channel_overlap(self.parameter)
            total = total + self.overlap_weight * terms["overlap"]
        self.move(total)
        opposition = self.oppose(batch, transformed.detach())
        return {"generator": total, "discriminator": opposition, **terms}


def expm_action(samples, lie_algebra, coefficients):
    """Rows ``x_b expm(sum_c z_bc L_c)``, without forming a matrix exponential per sample.

    Parameters
    ----------
    samples : Tensor of shape (n, d)
    lie_algebra : Tensor of shape (c, d, d)
    coefficients : Tensor of shape (n, c)

    Returns
    -------
    moved : Tensor of shape (n, d)

    Notes
    -----
    Taylor's series of the product in pieces of limited norm: at d = 33 and float32, 12 times
    faster than :func:`torch.linalg.matrix_exp` with its gradient, to the same precision. Rare large
    norms are left to the latter.
    """
    norms = torch.linalg.matrix_norm(lie_algebra.detach())
    norm = float((coefficients.abs() @ norms).max())
    n_pieces = max(1, math.ceil(norm / PIECE_NORM)) if math.isfinite(norm) else MAX_PIECES + 1
    if n_pieces > MAX_PIECES:
        flows = torch.einsum("bc,cij->bij", coefficients, lie_algebra)
        return (samples[:, None] @ torch.linalg.matrix_exp(flows))[:, 0]
    n_channels, n_features, _ = lie_algebra.shape
    stacked = lie_algebra.movedim(0, 1).reshape(n_features, -1)
    for _ in range(n_pieces):
        term = samples
        for order in range(1, DEGREE + 1):
            moved = (term @ stacked).reshape(-1, n_channels, n_features)
            term = (moved * (coefficients / (n_pieces * order))[..., None]).sum(1)
            samples = samples + term
    return samples


def channel_overlap(lie_algebra):
    """Sum over pairs of channels of ``|<L_b, L_c>|``, each of them scaled to norm ``sqrt(d)``."""
    n_features = lie_algebra.shape[-1]
    norms = torch.linalg.matrix_norm(lie_algebra, keepdim=True)
    scaled = lie_algebra / (norms / math.sqrt(n_features) + 1e-6)
    return torch.einsum("bij,cij->bc", scaled, scaled).triu(1).abs().sum()


def _network(sizes, activation):
    """Fully connected layers with activations in between; weights are not initialised."""
    layers = []
    for n_inputs, n_outputs in zip(sizes[:-1], sizes[1:], strict=True):
        # skip_init: the usual constructor would draw from the global random state.
        layers += [torch.nn.utils.skip_init(torch.nn.Linear, n_inputs, n_outputs), activation()]
    return torch.nn.Sequential(*layers[:-1])
