# SPDX-License-Identifier: BSD-3-Clause
"""Starting points for few columns: second moments order the principal axes, third ones sign them.

With few columns the orders that leave the covariance nearly stationary can be looked at with all
their signs. This finds waves that hardly fit into the window: position operators say little there.
Symmetric signals have no third moments: with very few columns the loss signs them.
"""

import itertools

import numpy as np
import torch
from scipy.fft import dct

from ...core.cumulants import rotation_cost
from ...core.sines import sine_basis
from ..objective import lowest
from ..signs import likeliest

__all__ = ["Ordered", "ordered_starts"]


class Ordered:
    """The principal axes as waves, in the orders and with the signs that moments like best."""

    name = "order"

    def suits(self, frame):
        """In the first wave: the recipe does not matter."""
        return frame.is_first

    def propose(self, frame):
        """Bases, named alike."""
        return [(self.name, basis) for basis in ordered_starts(frame.judge.fine)]


def ordered_starts(objective):
    """The most promising sine and cosine bases with the principal axes as frequencies.

    Parameters
    ----------
    objective : Objective
        Its loss decides; with the tuning.

    Returns
    -------
    bases : list of Tensor of shape (d, d)
        Empty where looking at all signs costs more than the budget, unless on a line, and without
        third-order cumulants.
    """
    tuning, size = objective.tuning, objective.n_features
    # The signs of the two smoothest waves are sign and direction of the symmetry: conventions.
    free = max(size - 2, 0)
    affordable = tuning.affords(2 * tuning.orders * 2**free * rotation_cost(size))
    if not affordable or not objective.grid.is_line or objective.cumulants is None:
        return []
    changes = itertools.product((1.0, -1.0), repeat=free)
    signs = torch.tensor([(1.0, 1.0, *change)[:size] for change in changes])
    every = size <= tuning.fewest
    several = tuning.more_ordered_starts if every else tuning.ordered_starts
    starts = []
    for waves in (sine_basis(size), dct(np.eye(size), axis=0, norm="ortho").T):
        waves = torch.as_tensor(waves.copy()).to(objective.spectrum)
        found = []
        for order in _orders(waves, objective.spectrum, tuning)[: tuning.orders]:
            signed = likeliest(waves[:, order], signs[:, order].to(waves), objective)
            found += signed if every else signed[:several]
        starts += lowest(objective, found, several)
    return starts


def _orders(waves, spectrum, tuning):
    """Which wave every axis is, most stationary log covariance first: a beam search by swaps.

    The departure of that matrix from a Toeplitz one is a quadratic form in the log spectrum.
    """
    size = len(spectrum)
    shares = torch.einsum("if,jf->fij", waves, waves)
    change = (shares[:, 1:, 1:] - shares[:, :-1, :-1]).flatten(1)
    form, level = change @ change.mT, torch.log(spectrum)

    def departure(order):
        """Squared change under a shift of the log covariance, for every order."""
        values = level[order.argsort(-1)]
        return ((values @ form) * values).sum(-1)

    swaps = torch.arange(size).repeat(size * (size - 1) // 2, 1)
    for row, pair in zip(swaps, itertools.combinations(range(size), 2), strict=True):
        row[list(pair)] = row[list(pair)].flip(0)
    orders = torch.arange(size)[None]
    for _ in range(tuning.beam_depth):
        orders = torch.cat([orders, orders[:, swaps].flatten(0, 1)]).unique(dim=0)
        orders = orders[departure(orders.to(spectrum.device)).argsort()[: tuning.beam_width].cpu()]
    return orders
