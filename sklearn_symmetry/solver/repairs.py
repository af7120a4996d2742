# SPDX-License-Identifier: BSD-3-Clause
"""Mending a basis that is right except for some frequencies, or for the order of its rows.

Descents get stuck most of all where the signs of some principal axes are wrong, or two axes of
close frequency are swapped, to which second moments are blind: then turning them back is enough.
Or stretches of rows stand in the wrong place or the wrong way round, which no turn mends.
"""

import itertools

import numpy as np
import torch

from ..core.sines import sine_basis
from .manifold import minimise_all
from .objective import lowest
from .shuffled import Orders, arrangement_of, local_order, matrices_of_pairs, strides
from .signs import by_frequency, likeliest, sign_changes, signs_of

__all__ = [
    "most_local", "rearranged", "repair", "rephased", "rolled", "signs_and_swaps", "swapped",
]  # fmt: skip

SIGNS_OF_A_SWAP = 8  # of either axis, and of all above
LEAST = 1e-9  # a gain


def repair(objective, scout, basis, changes, *, max_rounds):
    """Refine the most promising changes, keep the best; repeat.

    Parameters
    ----------
    objective : Objective
        Refines and decides; with the tuning.
    scout : Objective
        Ranks the changes; may be cheap.
    basis : Tensor of shape (d, d)
    changes : dict
        Of :func:`rephased`, :func:`rolled` and :func:`swapped`, which give all bases to choose
        from, to the number of them that are refined.
    max_rounds : int

    Returns
    -------
    basis : Tensor of shape (d, d)
    loss : float
        Of `objective`; not above that of the given basis.
    rounds : int
        How many repairs were worth it.
    """
    tuning, best = objective.tuning, objective.value(basis)
    budget = {"max_iter": tuning.mending_iterations, "tol": tuning.mending_tol}
    for rounds in range(max_rounds):
        ranked = []
        for change, tried in changes.items():
            ranked += lowest(scout, list(change(basis, objective)), tried)
        if not ranked:
            return basis, best, rounds
        descents = minimise_all(objective, torch.stack(ranked), **budget)
        winner = min(descents, key=lambda descent: descent.losses[-1])
        if winner.losses[-1] > best - tuning.mending_gain:
            return basis, best, rounds
        basis, best = winner.basis, winner.losses[-1]
    return basis, best, max_rounds


def signs_and_swaps(tuning):
    """Changes of signs and of order, for :func:`repair`: what moments are most blind to."""
    return {rephased: tuning.signs_tried, swapped: tuning.swaps_tried}


def _in_frequency(basis):
    """Sine waves, and the principal axes in them, one frequency a row."""
    waves = torch.as_tensor(sine_basis(len(basis))).to(basis)
    return waves, waves.mT @ basis


def rephased(basis, objective):
    """The basis with other signs of its frequencies, which second moments do not notice.

    Those of all sine waves above some; of all principal axes of less variance than some, which are
    no sine waves where signals recur; and of axes as third-order cumulants like best.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
        Of many columns as many as can be ranked within the budget.
    """
    tuning, size = objective.tuning, len(basis)
    waves, spectrum = _in_frequency(basis)
    look = tuning.scout_samples * size**2 + size**3  # multiplications of a scout
    for first in range(1, size, -(-2 * size * look // tuning.budget)):
        yield basis - 2 * waves[:, first:] @ spectrum[first:]
        yield torch.cat([basis[:, :first], -basis[:, first:]], 1)
    if objective.cumulants is not None:
        signs = sign_changes(by_frequency(basis), tuning.budget // objective.look_cost)
        yield from likeliest(basis, signs, objective)[: tuning.likely_signs]


def swapped(basis, objective):
    """The basis with two principal axes of close frequency swapped, for every two.

    Signs of either, and of all axes above them, are as third-order cumulants like best.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
        None where looking at all costs more than the budget, and without third-order cumulants.
    """
    tuning, axes = objective.tuning, by_frequency(basis)
    pairs = itertools.combinations(range(len(axes)), 2)
    pairs = [(first, last) for first, last in pairs if last - first <= tuning.swap_distance]
    looks = SIGNS_OF_A_SWAP * len(pairs) * objective.look_cost
    if objective.cumulants is None or not tuning.affords(looks):
        return
    for first, last in pairs:
        changed = basis.clone()
        changed[:, axes[[first, last]]] = basis[:, axes[[last, first]]]
        above = list(range(last + 1, len(axes)))
        own = ([], [first], [last], [first, last])
        signs = signs_of(axes, [one + more for one in own for more in ([], above)])
        yield likeliest(changed, signs, objective)[0]


def rolled(basis, objective):
    """The basis with all frequencies a step or two higher or lower.

    Where the lowest and the highest frequencies hold noise alone, cumulants of no order notice
    where the frequency axis begins; resolution does.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
    """
    waves, spectrum = _in_frequency(basis)
    for step in range(1, objective.tuning.swap_distance + 1):
        for direction in (-step, step):
            yield waves @ spectrum.roll(direction, dims=0)


def rearranged(basis, objective):
    """The basis with its rows in the order along which they are stationary, as shuffled columns.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Yields
    ------
    basis : Tensor of shape (d, d)
        None where none of the orders that are tried is a gain.
    """
    values = _values(basis, objective)
    covariance = ((basis * objective.spectrum) @ basis.mT).cpu().numpy()
    matrices = matrices_of_pairs(values, covariance, objective.n_samples, objective.tuning)
    orders = Orders(matrices, objective.grid, objective.n_samples, objective.tuning)
    rows, signs = np.arange(len(basis)), orders.arrangement.all_plus
    known = orders.arrangement.cost(rows, signs)
    orders.descend("as they are", rows, signs)
    best = orders.begun()
    if best.cost < known - LEAST:
        yield torch.as_tensor(best.rows).to(basis) @ basis


def most_local(basis, objective):
    """The most local of the orders of rows around a ring that are as stationary.

    A power of a cyclic shift leaves the same distribution invariant. The minimal generator is the
    one under which what depends on each other is close, as among shuffled columns; alignment asks
    for neighbours that resemble each other, and those of some chaotic rings do not.

    Parameters
    ----------
    basis : Tensor of shape (d, d)
    objective : Objective

    Returns
    -------
    order : ndarray of int of shape (d,)
        As they are on lines and lattices.
    """
    grid, rows = objective.grid, np.arange(len(basis))
    if len(strides(grid)) == 1:
        return rows
    values = _values(basis, objective)
    # As of columns: what all have in common hides what is close.
    values = values - values.median(0).values
    covariance = torch.cov(values.mT).numpy()
    matrices = matrices_of_pairs(values, covariance, objective.n_samples, objective.tuning)
    # Energies depend on the phases of the waves, which are free until the filter is local.
    linear = {name: matrices[name] for name in ("values", "partial")}
    arrangement = arrangement_of(linear, grid)
    return local_order(arrangement, rows, arrangement.all_plus)


def _values(basis, objective):
    """Samples in a basis, of shape (n, d)."""
    return (basis.float() @ objective.samples).mT.double().cpu()
