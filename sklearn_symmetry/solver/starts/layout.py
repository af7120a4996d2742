# SPDX-License-Identifier: BSD-3-Clause
"""Starts on a lattice for narrow signals: separated components, laid out by their affinities."""

import itertools

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from .assignment import assigned, exchanged, permutation_matrix
from .separated import affinity, separated_rows

__all__ = ["LaidOut", "laid_out", "lattice_signs", "site_distances"]

TINY = np.finfo(float).tiny


class LaidOut:
    """Rows by joint diagonalisation, each on a position of the grid."""

    name = "laid out"

    def suits(self, frame):
        """For grids of several axes."""
        return frame.judge.grid.n_axes > 1

    def propose(self, frame):
        """The one basis there is, named."""
        grid, tuning = frame.judge.grid, frame.tuning
        rows, fields = separated_rows(frame)
        alike = affinity(frame.data, rows, fields, tuning.affinity_samples)
        rows = rows[laid_out(alike, grid, tuning)]
        covariance = (rows * frame.data.spectrum.cpu().numpy()) @ rows.T
        rows = rows * lattice_signs(covariance, grid, tuning)[:, None]
        return [(f"{self.name} {frame.label}", rows)]


def site_distances(grid):
    """Euclidean distance of every two positions, around closed axes, shape (size, size)."""
    steps = torch.tensor([lag.steps for lag in grid.lags()], dtype=torch.float64)
    return steps.norm(dim=1)[grid.lag_numbers()].numpy()


def laid_out(affinities, grid, tuning):
    """Item on every position of a grid, such that near ones are alike.

    Maximises the sum of the affinities of two items times the closeness
    :math:`exp(-r^2 / 2 s^2)` of their positions, from spectral embeddings, read in several
    directions, and, around closed axes, from orders that grow from one item.

    Parameters
    ----------
    affinities : ndarray of shape (d, d)
        Symmetric, nonnegative.
    grid : Grid
        Of two axes.
    tuning : Tuning

    Returns
    -------
    order : ndarray of int, shape (d,)
    """
    weights = affinities / max(affinities.mean(), TINY)
    near = _closeness(grid, tuning)
    orders = _embedded(weights, grid, tuning)
    if any(closed for _, closed in grid.axes):
        orders += [_grown(weights, near, grid, item) for item in range(min(len(weights), 16))]
    orders = sorted(orders, key=lambda order: -_value(weights, near, order))

    def improved(order):
        soft = 0.5 * permutation_matrix(order) + 0.5 / len(order)
        relaxed = assigned([weights], [near], soft, steps=tuning.assignment_steps)
        ends = [
            exchanged([weights], [near], one, rounds=tuning.exchanges) for one in (relaxed, order)
        ]
        return max(ends, key=lambda end: _value(weights, near, end))

    ends = [improved(order) for order in orders[: tuning.layouts]]
    return max(ends, key=lambda end: _value(weights, near, end))


def _closeness(grid, tuning):
    near = np.exp(-0.5 * (site_distances(grid) / tuning.closeness) ** 2)
    np.fill_diagonal(near, 0.0)
    return near


def _value(weights, near, order):
    return float((weights[np.ix_(order, order)] * near).sum())


def _embedded(weights, grid, tuning):
    """Orders from two vectors of the graph Laplacian, turned, against a grid spread like them."""
    root = np.sqrt(np.maximum(weights.sum(1), TINY))
    laplacian = np.eye(len(weights)) - weights / root[:, None] / root
    vectors = np.linalg.eigh(laplacian)[1][:, 1 : 1 + tuning.embeddings] / root[:, None]
    vectors = vectors / np.maximum(vectors.std(0), TINY)
    sizes = np.array(grid.shape)
    sites = np.sin(np.pi * ((grid.coordinates().numpy() + 0.5) / sizes - 0.5))
    sites = sites / sites.std(0)
    orders = []
    for pair in itertools.combinations(range(vectors.shape[1]), 2):
        for angle in np.radians(np.arange(0, 180, 15)):
            cosine, sine = np.cos(angle), np.sin(angle)
            turned = vectors[:, pair] @ np.array([[cosine, -sine], [sine, cosine]])
            cost = np.square(sites[:, None] - turned).sum(-1)
            orders.append(linear_sum_assignment(cost)[1])
    return orders


def _grown(weights, near, grid, centre):
    """Site by site outwards from one item and its neighbours: embeddings wind around closed axes.

    Of the four items nearest to the first, those that are least alike lie on opposite sides.
    """
    distances = site_distances(grid)
    sides = np.flatnonzero(np.isclose(distances[0], 1.0))
    beside = np.argsort(-weights[centre], kind="stable")
    beside = beside[beside != centre][: len(sides)]
    order = np.full(len(weights), -1)
    order[0] = centre
    first = sides[0]
    across = max(sides[1:], key=lambda site: distances[first, site], default=None)
    rest = [site for site in sides[1:] if site != across]
    items = list(beside)
    order[first] = items.pop(0)
    if across is not None and items:
        order[across] = items.pop(int(np.argmin(weights[order[first], items])))
    for site, item in zip(rest, items, strict=False):
        order[site] = item
    left = np.setdiff1d(np.arange(len(weights)), order)
    while len(left):
        placed = np.flatnonzero(order >= 0)
        free = np.flatnonzero(order < 0)
        site = free[near[np.ix_(free, placed)].sum(1).argmax()]
        item = left[(weights[np.ix_(left, order[placed])] @ near[site, placed]).argmax()]
        order[site] = item
        left = left[left != item]
    return order


def lattice_signs(covariance, grid, tuning):
    """Signs that make near positions correlate positively.

    Those of the first eigenvector of the correlations, weighted by closeness; then whatever single
    change helps.

    Parameters
    ----------
    covariance : ndarray of shape (d, d)
        In the order of the positions.
    grid : Grid
    tuning : Tuning

    Returns
    -------
    signs : ndarray of shape (d,)
        1 or -1.
    """
    deviation = np.sqrt(np.maximum(np.diag(covariance), TINY))
    return link_signs(covariance / np.outer(deviation, deviation) * _closeness(grid, tuning))


def link_signs(links):
    """Signs s with as large a sum of ``s links s`` as single changes reach."""
    signs = np.where(np.linalg.eigh(links)[1][:, -1] < 0, -1.0, 1.0)
    for _ in range(4 * len(links)):
        pull = signs * (links @ signs)
        worst = pull.argmin()
        if pull[worst] >= 0:
            break
        signs[worst] = -signs[worst]
    return signs
