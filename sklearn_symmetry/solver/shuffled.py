# SPDX-License-Identifier: BSD-3-Clause
"""Columns that were shuffled, not mixed: the order along which they are stationary.

The cost of an order is that of :class:`.arrangement.Arrangement`, of four matrices that the right
order makes functions of the displacement. It starts from paths and spectral orders of affinities.
A ring has orders that the cost cannot tell apart: of these the most local one is the minimal
generator, as in the paper.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from ..core.energies import contrast_free, log_energy
from ..core.grid import Grid
from ..core.group import column_order
from .arrangement import Arrangement
from .starts.layout import laid_out
from .starts.seriation import nearest_path, spectral_order
from .tuning import DEFAULT

__all__ = [
    "Orders",
    "Shuffle",
    "arrangement_of",
    "correlation",
    "line_and_ring",
    "local_order",
    "matrices_of_pairs",
    "order_of",
    "pair_matrices",
    "shuffles",
    "strides",
]


@dataclass(frozen=True)
class Shuffle:
    """An order of columns, and their signs.

    Attributes
    ----------
    name : str
        How its start was made.
    order : ndarray of int, shape (d,)
        Column at each position.
    signs : ndarray of shape (d,)
        1 or -1, of each column.
    cost : float
        See :class:`.arrangement.Arrangement`.
    """

    name: str
    order: np.ndarray
    signs: np.ndarray
    cost: float

    @classmethod
    def of(cls, rows):
        """That of a signed permutation matrix; ValueError where it is none."""
        rows = np.asarray(rows, dtype=np.float64)
        entries = np.abs(rows)
        square = rows.ndim == 2 and rows.shape[0] == rows.shape[1]
        if not (square and (entries.sum(0) == 1).all() and (entries.max(1) == 1).all()):
            raise ValueError(
                "mixing='permutation' needs an init that is a signed permutation of the columns, "
                f"every row and column of it 0 but for one 1 or -1; got one of shape {rows.shape} "
                "that is none (with warm_start=True, the previous solution). Use init='auto'."
            )
        return cls("init", entries.argmax(1), rows.sum(0), np.nan)

    @classmethod
    def nearest(cls, rows):
        """The signed permutation that is closest to a square matrix."""
        _, order = linear_sum_assignment(np.abs(rows), maximize=True)
        signs = np.ones(len(rows))
        signs[order] = np.where(rows[np.arange(len(rows)), order] < 0, -1.0, 1.0)
        return cls("nearest", order, signs, np.nan)

    @property
    def n_changed(self):
        """Columns that have another sign than most."""
        return int(min((self.signs < 0).sum(), (self.signs > 0).sum()))

    @property
    def rows(self):
        """Signed permutation matrix, positions along the rows, shape (d, d)."""
        return self.signs[self.order, None] * np.eye(len(self.order))[self.order]


def order_of(rows, tuning=DEFAULT):
    """:func:`~sklearn_symmetry.core.group.column_order` with the share of the tuning."""
    return column_order(rows, tuning.one_column)


def pair_matrices(summary, tuning):
    """What the right order makes functions of the displacement, by name.

    Correlations of the values; of their log energies, with and without the contrast of a sample;
    and partial correlations, given all other columns.

    Parameters
    ----------
    summary : Summary
    tuning : Tuning

    Returns
    -------
    matrices : dict of str to ndarray of shape (d, d)
        All but those of the energies change with the signs of columns. 0 with a constant column.
    """
    sample = torch.as_tensor(summary.bounds.apply(summary.sample)[: tuning.batch_size])
    # A background, if there is one, has no energy: it is where the median is.
    values = sample.double() - sample.double().median(0).values
    return matrices_of_pairs(values, summary.covariance, summary.n_samples, tuning)


def matrices_of_pairs(values, covariance, n_samples, tuning):
    """:func:`pair_matrices` of values about their origin, a tensor, and of all of them."""
    size = len(covariance)
    found = {"values": correlation(covariance)}
    for name, rows in (("energies", values), ("contrast-free energies", contrast_free(values))):
        spread = rows.std(0, correction=0)
        scaled = rows / torch.where(spread > 0, spread, 1.0)
        found[name] = correlation(torch.cov(log_energy(scaled).mT, correction=0).numpy())
    ridge = max(tuning.ridge, size / n_samples)
    precision = np.linalg.inv(found["values"] + ridge * np.eye(size))
    found["partial"] = -correlation(precision)
    return found


def arrangement_of(matrices, grid):
    """The :class:`.arrangement.Arrangement` of :func:`pair_matrices`."""
    has_sign = ["energies" not in name for name in matrices]
    return Arrangement(np.array(list(matrices.values())), has_sign, grid)


def correlation(covariance):
    """Correlation matrix of a covariance; 0 with what does not vary."""
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    return covariance * np.outer(scale, scale)


def shuffles(summary, grid, tuning, start=None):
    """Orders of the columns that are as stationary as any near them, the best one first.

    Parameters
    ----------
    summary : Summary
    grid : Grid
    tuning : Tuning
    start : Shuffle or None
        Where to start. None: from affinities.

    Returns
    -------
    found : list of Shuffle
    """
    return Orders(pair_matrices(summary, tuning), grid, summary.n_samples, tuning, start).finished()


class Orders:
    """Descents to orders along one grid, from the starts of the lowest cost on.

    Parameters
    ----------
    matrices : dict of str to ndarray of shape (d, d)
        See :func:`pair_matrices`.
    grid : Grid
    n_samples : int
    tuning : Tuning
    start : Shuffle or None
        Where to start. None: from affinities.
    """

    def __init__(self, matrices, grid, n_samples, tuning, start=None):
        self.grid, self.n_samples, self.tuning = grid, n_samples, tuning
        self.matrices, self.unsorted = matrices, []
        self.arrangement = arrangement_of(matrices, grid)
        starts = _starts(matrices, grid, tuning)
        if start is not None:
            starts = [(start.name, start.order, start.signs)]
        starts = sorted(starts, key=lambda one: self.arrangement.cost(*one[1:]))
        affordable = tuning.shuffled_work * tuning.budget // self.arrangement.work
        self.left = starts[: max(2, min(tuning.shuffled_starts, affordable))]
        self.half = -(-len(self.left) // 2)

    @property
    def found(self):
        """Orders so far, the best one first."""
        # On even rings, and on lines, every second sign may change where all correlations do.
        return sorted(self.unsorted, key=lambda one: (round(one.cost, 9), one.n_changed))

    def descend(self, name, order, signs):
        """Add the order at the end of a descent."""
        order, signs = _settled(self.arrangement, order, signs, self.tuning, self.n_samples)
        order = local_order(self.arrangement, order, signs)
        self.unsorted.append(Shuffle(name, order, signs, self.arrangement.cost(order, signs)))

    def begun(self):
        """The best order of half of the starts, or of fewer if two end in it."""
        while self.left and len(self.unsorted) < self.half and not self._agree():
            self.descend(*self.left.pop(0))
        return self.found[0]

    def finished(self, others=0):
        """Orders of all starts, but for as many as others made; the best one first."""
        for start in self.left[: max(0, len(self.left) - others)]:
            self.descend(*start)
        self.left = []
        return self.found

    def _agree(self):
        costs = [round(one.cost, 9) for one in self.found]
        return len(costs) > 1 and costs[0] == costs[1]


def line_and_ring(summary, tuning, start=None):
    """Orders along a line, and around a ring, each tried with the other's.

    Some rings are not found as a line that is cut, since half of the moves of a ring are missing
    there.

    Parameters
    ----------
    summary : Summary
    tuning : Tuning
    start : Shuffle or None
        Where to start. None: from affinities.

    Returns
    -------
    line, ring : Orders
    """
    matrices = pair_matrices(summary, tuning)
    line, ring = (
        Orders(matrices, grid(summary.n_features), summary.n_samples, tuning, start)
        for grid in (Grid.line, Grid.ring)
    )
    order, signs = ring.begun().order, ring.found[0].signs
    weakest = int(np.abs(matrices["values"][order, np.roll(order, -1)]).argmin())
    line.begun()
    line.descend("ring, cut", np.roll(order, -weakest - 1), signs)
    ring.descend("line, closed", line.found[0].order, line.found[0].signs)
    return line, ring


def _settled(arrangement, order, signs, tuning, n_samples):
    """Order and signs, improved in turn."""
    allowed = tuning.polarity / np.sqrt(n_samples)
    for _ in range(tuning.polarity_rounds):
        order = arrangement.descend(order, signs)
        changed = arrangement.flipped(order, signs, allowed)
        if (changed == signs).all():
            break
        signs = changed
    return order, signs


def _starts(matrices, grid, tuning):
    """Orders from affinities, named, with signs: all plus, or as correlations of neighbours are."""
    for name, order in _orders(matrices, grid, tuning):
        yield name, order, np.ones(grid.size)
        if "energies" in name:
            along = matrices["values"][order[:-1], order[1:]]
            signs = np.ones(grid.size)
            signs[order[1:]] = np.cumprod(np.where(along < 0, -1.0, 1.0))
            yield f"{name}, signed", order, signs


def _orders(matrices, grid, tuning):
    """Orders from affinities, named."""
    for name, matrix in matrices.items():
        matrix = matrix - np.diag(np.diag(matrix))
        affinities = {
            "absolute": np.abs(matrix),
            "positive": np.maximum(matrix, 0.0),
            "cubic": np.abs(matrix) ** 3,
        }
        if grid.n_axes > 1:
            for kind, affinity in affinities.items():
                yield f"laid out, {kind} {name}", laid_out(affinity, grid, tuning)
            continue
        for kind, affinity in affinities.items():
            order = spectral_order(affinity, normalised=False, closed=not grid.is_line)
            yield f"spectral, {kind} {name}", order
        step = max(tuning.path_step, grid.size // tuning.most_paths)
        for first in range(0, grid.size, step):
            yield f"path, {name}", nearest_path(matrix, first)


def strides(grid):
    """Steps around a ring that make a function of the displacement of what was one.

    Parameters
    ----------
    grid : Grid

    Returns
    -------
    steps : ndarray of int
        Up to half of the d positions, without a common factor with d, from 1; 1 alone on lines and
        lattices.
    """
    if grid.is_line or grid.n_axes > 1:
        return np.array([1])
    return np.array([g for g in range(1, grid.size // 2 + 1) if gcd(g, grid.size) == 1])


def local_order(arrangement, order, signs):
    r"""Of the orders around a ring that the cost cannot tell apart, the most local one.

    Every g-th column, for g without a common factor with d, makes a function of the displacement of
    what was one. Neighbours are those that resemble each other most. Where the strongest
    correlation of values is negative, nobody resembles anybody, and the order has the smallest
    :math:`\sum_k k\,n_k (\rho_k - \bar\rho)^2`: what depends on each other is close.
    """
    size, steps = len(order), strides(arrangement.grid)
    if len(steps) == 1:
        return order
    profile = arrangement.profile(arrangement.ordered(order, signs))
    strongest = 1 + np.abs(profile[0, 1:]).argmax()
    if profile[0, strongest] > 0 and strongest in steps:
        return order[np.arange(size) * strongest % size]
    counts = arrangement.counts
    level = profile @ counts / counts.sum()
    weights = arrangement.weights @ np.square(profile - level[:, None]) * counts
    away = np.arange(size)[:, None] * steps % size  # where every g-th column is, lag by stride
    nearest = np.minimum(away, size - away)
    lag = np.arange(len(counts))
    spread = [(weights[nearest[lag, at]] * lag).sum() for at in range(len(steps))]
    return order[away[:, int(np.argmin(spread))]]
