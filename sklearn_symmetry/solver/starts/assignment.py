# SPDX-License-Identifier: BSD-3-Clause
"""Items onto sites, so that what depends on each other lies side by side: quadratic assignment."""

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["assigned", "doubly_stochastic", "exchanged", "permutation_matrix"]

ROUNDING = 1e-9


def assigned(weights, links, start, linear=0.0, *, steps):
    r"""Items on sites by the relaxed problem, with Frank-Wolfe steps.

    Maximises :math:`\sum_m \langle B_m, P W_m P^T\rangle + \langle L, P\rangle` over doubly
    stochastic P, and rounds the end to a permutation (Vogelstein et al., "Fast approximate
    quadratic programming for graph matching", PLoS ONE 10, 2015).

    Parameters
    ----------
    weights : ndarray of shape (k, d, d)
        W, symmetric: affinities of the items, of k kinds.
    links : ndarray of shape (k, d, d)
        B, symmetric: how much each kind counts between two sites.
    start : ndarray of shape (d, d)
        Doubly stochastic, sites along the rows.
    linear : ndarray of shape (d, d) or float
        L: what an item is worth on a site.
    steps : int

    Returns
    -------
    order : ndarray of int, shape (d,)
        Item on each site.
    """
    found = start
    for _ in range(steps):
        slope = 2 * sum(b @ found @ w for w, b in zip(weights, links, strict=True)) + linear
        change = permutation_matrix(linear_sum_assignment(-slope)[1]) - found
        gain = (slope * change).sum()
        if gain < ROUNDING:
            break
        bend = sum((change * (b @ change @ w)).sum() for w, b in zip(weights, links, strict=True))
        found = found + (1.0 if bend >= 0 else min(1.0, -gain / (2 * bend))) * change
    return linear_sum_assignment(-found)[1]


def exchanged(weights, links, order, linear=0.0, *, rounds):
    """An order improved by the best exchange of two items, again and again.

    Parameters
    ----------
    weights, links, linear
        See :func:`assigned`; without a diagonal.
    order : ndarray of int, shape (d,)
    rounds : int
        Most exchanges.

    Returns
    -------
    order : ndarray of int, shape (d,)
    """
    order, size = np.array(order), len(order)
    linear = np.broadcast_to(linear, (size, size))
    for _ in range(rounds):
        worth = linear[:, order]
        gain = worth + worth.T - np.diag(worth)[:, None] - np.diag(worth)
        for weight, link in zip(weights, links, strict=True):
            here = weight[np.ix_(order, order)]
            moved = link @ here
            own = np.diag(moved)
            gain = gain + 2 * (moved + moved.T - own[:, None] - own + 2 * link * here)
        one, other = np.unravel_index(gain.argmax(), gain.shape)
        if gain[one, other] < ROUNDING:
            break
        order[[one, other]] = order[[other, one]]
    return order


def doubly_stochastic(matrix, rounds=30):
    """A positive matrix scaled to rows and columns that sum to 1 (Sinkhorn)."""
    for _ in range(rounds):
        matrix = matrix / matrix.sum(1, keepdims=True)
        matrix = matrix / matrix.sum(0)
    return matrix


def permutation_matrix(order):
    """Sites along the rows, items along the columns."""
    return np.eye(len(order))[order]
