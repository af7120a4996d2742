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

from ..core.sines import sine_basis

__all__ = ["FEW", "FEWEST", "likeliest", "ordered_starts"]

FEW = 12  # features: the chain is short, more operators are worth a try, agreement proves little
FEWEST = 6  # features: wrong optima look stationary as well, and a wave is refined to its end
WIDTH, DEPTH = 60, 4  # of the beam search for orders
ORDERS = 24  # looked at for each kind of waves
# Signs of an order whose loss is looked at, and starts for each kind of waves; with very few
# columns all signs, and more starts.
STARTS, MORE = 4, 10


def ordered_starts(objective):
    """The most promising sine and cosine bases with the principal axes as frequencies.

    Parameters
    ----------
    objective : Objective
        Its loss decides.

    Returns
    -------
    bases : list of Tensor of shape (d, d)
        Empty for more than 12 features, unless on a line, and without third-order cumulants.
    """
    size = objective.n_features
    if size > FEW or not objective.grid.is_line or objective.cumulants is None:
        return []
    # The signs of the two smoothest waves are sign and direction of the symmetry: conventions.
    changes = itertools.product((1.0, -1.0), repeat=max(size - 2, 0))
    signs = torch.tensor([(1.0, 1.0, *change)[:size] for change in changes])
    every = size <= FEWEST
    starts = []
    for waves in (sine_basis(size), dct(np.eye(size), axis=0, norm="ortho").T):
        waves = torch.as_tensor(waves.copy()).to(objective.spectrum)
        found = []
        for order in _orders(waves, objective.spectrum)[:ORDERS]:
            signed = likeliest(waves[:, order], signs[:, order].to(waves), objective)
            found += signed if every else signed[:STARTS]
        starts += sorted(found, key=objective.value)[: MORE if every else STARTS]
    return starts


def likeliest(basis, signs, objective):
    """The basis with its columns multiplied by signs, most stationary third order first.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    signs : Tensor of shape (k, d)
    objective : Objective
        With third-order cumulants.

    Returns
    -------
    bases : list of k Tensors of shape (d, d)
    """
    bases = basis * signs[:, None, :]
    return list(bases[objective.third_order(bases).argsort()])


def _orders(waves, spectrum):
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
    for _ in range(DEPTH):
        orders = torch.cat([orders, orders[:, swaps].flatten(0, 1)]).unique(dim=0)
        orders = orders[departure(orders.to(spectrum.device)).argsort()[:WIDTH].cpu()]
    return orders
