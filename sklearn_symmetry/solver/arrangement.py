# SPDX-License-Identifier: BSD-3-Clause
"""Orders of columns whose correlations depend on displacements alone: the cost, and a descent."""

from functools import cached_property

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["Arrangement"]

MOVES = 8  # products of matrices that all moves take
ROUNDING, FLOOR = 1e-9, 1e-6  # relative; smallest share, against shares of 0


class Arrangement:
    r"""How far matrices of pairs of columns are from stationary, in one order or another.

    For an order o of the columns, with the mean :math:`\rho_k` of the entries of a matrix R at
    every displacement k of the grid,

    .. math:: \mathrm{cost}(o)
              = \frac{\sum_{a<b} (R_{o_a o_b} - \rho_{k(a,b)})^2}{\sum_{a<b} (R_{ab} - \bar R)^2},

    the share of the variance of R that is not explained by displacements; the geometric mean over
    several matrices, of which those count most that an order explains best. Zero where R is a
    Toeplitz matrix in that order, or a circulant one on a ring.

    Parameters
    ----------
    matrices : ndarray of shape (k, d, d)
        Symmetric; their diagonals are ignored.
    has_sign : sequence of bool
        Whether a matrix changes with the signs of the columns.
    grid : Grid
        Of the d positions.

    Notes
    -----
    The minimum over :math:`\rho` of the numerator is at these means, and the logarithm of a share
    lies below its tangents. So a move that gains with means and shares held where they are gains
    at least as much when they follow, and with them held a move needs sums of
    :math:`R_{o_a o_b} \rho_{k(a',b')}` only: all exchanges of two columns and, along one axis, all
    moves of one column elsewhere and all reversals cost :math:`O(d^3)` together, and so does the
    assignment of columns to positions that is best if all the others stay where they are.
    """

    def __init__(self, matrices, has_sign, grid):
        off_diagonal = ~np.eye(grid.size, dtype=bool)
        self.grid, self.numbers = grid, grid.lag_numbers().numpy()
        self.counts = np.bincount(self.numbers[off_diagonal], minlength=self.numbers.max() + 1)
        self.has_sign = np.asarray(has_sign)
        centred = matrices - matrices[:, off_diagonal].mean(1)[:, None, None]
        total = np.square(centred[:, off_diagonal]).sum(1)
        # What has no variance has nothing to explain.
        self.squares = np.square(matrices[:, off_diagonal]).sum(1)
        flat = total <= ROUNDING * self.squares
        self.weights = np.divide(1.0, total, out=np.zeros_like(total), where=~flat)
        self.is_flat = flat
        self.matrices = matrices * off_diagonal

    @cached_property
    def all_plus(self):
        """Signs of columns that are as they are."""
        return np.ones(self.grid.size)

    @property
    def work(self):
        """Multiplications for a look at all moves, about."""
        return MOVES * len(self.matrices) * self.grid.size**3

    def ordered(self, order, signs):
        """The matrices in an order of the columns, some of which change their sign."""
        ordered = self.matrices[:, order[:, None], order]
        return np.where(
            self.has_sign[:, None, None], ordered * np.outer(signs[order], signs[order]), ordered
        )

    def profile(self, ordered):
        """Means of ordered matrices at every displacement, shape (k, n_lags); 0 without any."""
        lags, sums = self.numbers.ravel(), (matrix.ravel() for matrix in ordered)
        sums = np.array([np.bincount(lags, one, minlength=len(self.counts)) for one in sums])
        return sums / np.maximum(self.counts, 1)

    def costs(self, order, signs=None):
        """That of every matrix, shape (k,): 0 to 1 if no sign is changed; 1 without variance."""
        return self._shares(self.ordered(order, self.all_plus if signs is None else signs))

    def _shares(self, ordered):
        explained = (self.counts * np.square(self.profile(ordered))).sum(1)
        shares = np.maximum(self.weights * (self.squares - explained), FLOOR)
        return np.where(self.is_flat, 1.0, shares)

    def cost(self, order, signs=None):
        """Geometric mean over the matrices."""
        return float(np.exp(np.log(self.costs(order, signs)).mean()))

    def descend(self, order, signs=None, max_moves=1000):
        """An order in whose neighbourhood there is no better one.

        Parameters
        ----------
        order : ndarray of int, shape (d,)
        signs : ndarray of shape (d,), default=None
            Of the columns. None: 1.
        max_moves : int, default=1000

        Returns
        -------
        order : ndarray of int, shape (d,)
        """
        signs = self.all_plus if signs is None else signs
        for _ in range(max_moves):
            ordered = self.ordered(order, signs)
            weights = self.weights / self._shares(ordered)
            template = self.profile(ordered)[:, self.numbers] * weights[:, None, None]
            template[:, np.arange(len(order)), np.arange(len(order))] = 0.0
            moved = self._assigned(order, signs, ordered, template)
            if moved is None:
                moved = _best_move(ordered, template, self.grid)
            if moved is None:
                return order
            order = order[moved]
        return order

    def _assigned(self, order, signs, ordered, template):
        """The assignment to positions that is best if all others stay; None if it is no gain."""
        _, item = linear_sum_assignment((ordered @ template).sum(0).T, maximize=True)
        if self.cost(order[item], signs) < self.cost(order, signs) * (1 - ROUNDING):
            return item
        return None

    def flipped(self, order, signs, allowed):
        """Signs of columns with those changed that clearly do not fit the others.

        Parameters
        ----------
        order : ndarray of int, shape (d,)
        signs : ndarray of shape (d,)
        allowed : float
            How far against the others a column is to be, in units of what its entries of the
            matrices give if all of them have the size 1 and a random sign.

        Returns
        -------
        signs : ndarray of shape (d,)
        """
        signs = signs.copy()
        for _ in range(len(order)):
            ordered = self.ordered(order, signs)
            template = self.profile(ordered)[:, self.numbers] * self.has_sign[:, None, None]
            weights = self.weights[:, None]
            fit = (weights * (ordered * template).sum(2)).sum(0)
            scale = np.sqrt((weights**2 * np.square(template).sum(2)).sum(0))
            worst = np.argmin(fit + allowed * scale)
            if not fit[worst] < -allowed * scale[worst]:
                break
            signs[order[worst]] *= -1
        return signs


def _best_move(ordered, template, grid):
    """The move that gains most: which of the present positions comes at every place, or None."""
    gain, move = _best_exchange(ordered, template)
    if grid.n_axes == 1:  # along one axis, a stretch that moves keeps its displacements
        gain, move = max((gain, move), _best_insertion(ordered, template), key=lambda one: one[0])
    if gain <= ROUNDING and grid.n_axes == 1:
        gain, move = _best_reversal(ordered, template)
    return move if gain > ROUNDING else None


def _best_exchange(ordered, template):
    """Of all exchanges of two columns, the best one and its gain."""
    own = (ordered @ template).sum(0)
    diagonal = np.diag(own)
    gain = own + own.T - diagonal[:, None] - diagonal + 2 * (ordered * template).sum(0)
    one, other = np.unravel_index(np.argmax(np.triu(gain, 1)), gain.shape)
    place = np.arange(len(own))
    place[[one, other]] = other, one
    return gain[one, other], place


def _best_insertion(ordered, template):
    """Of all moves of one column elsewhere, forwards or backwards, the best one and its gain."""
    place = np.arange(ordered.shape[1])
    forwards, backwards = (
        _insertion_gains(ordered[:, ::way, ::way], template[:, ::way, ::way]) for way in (1, -1)
    )
    gain = np.maximum(forwards, backwards[::-1, ::-1])
    start, end = np.unravel_index(np.argmax(gain), gain.shape)
    return gain[start, end], np.insert(np.delete(place, start), end, start)


def _insertion_gains(ordered, template):
    """Gains of carrying the column at a to b > a, the ones in between going one back."""
    # Columns between, against those that stay.
    between = np.zeros_like(ordered)
    between[:, 1:] = ordered[:, 1:] * (template[:, :-1] - template[:, 1:])
    between = between.sum(0)
    rows = np.concatenate([[0.0], np.cumsum(between.sum(1))])
    block = _block_sums(between)
    columns = np.cumsum(between, axis=0)  # [b, a]: rows up to b, against column a
    size = len(between)
    a, b = np.arange(size)[:, None], np.arange(size)
    inside = block[b + 1, b + 1] - block[a + 1, b + 1] - block[b + 1, a + 1] + block[a + 1, a + 1]
    gain = rows[b + 1] - rows[a + 1] - (columns.T - np.diag(columns)[:, None]) - inside
    # The column that is carried: it ends at b, and those between are met one further back.
    later, earlier = np.triu(ordered, 1), np.tril(template)
    before = np.zeros_like(template)
    before[:, :, 1:] = template[:, :, :-1]
    own = ordered @ template
    carried = own + later @ (np.tril(before) - earlier).swapaxes(1, 2)
    carried = carried.sum(0)
    gain = gain + carried - np.diag(own.sum(0))[:, None]
    return np.where(b > a, gain, 0.0)


def _best_reversal(ordered, template):
    """Of all reversals of a stretch, the best one and its gain."""
    size = ordered.shape[1]
    best = (0.0, None)
    for centre in range(1, 2 * size - 2):
        first, last = max(0, centre - size + 1), min(centre, size - 1)
        here = np.arange(first, last + 1)
        change = (ordered[:, here] * (template[:, centre - here] - template[:, here])).sum(0)
        block = _block_sums(change[:, here])
        rows = np.concatenate([[0.0], np.cumsum(change.sum(1))])
        start = np.arange(len(here) // 2)
        end = len(here) - start
        inside = block[end, end] - block[start, end] - block[end, start] + block[start, start]
        gain = rows[end] - rows[start] - inside
        if len(gain) and gain.max() > best[0]:
            at = int(gain.argmax())
            place = np.arange(size)
            stretch = slice(first + at, last + 1 - at)
            place[stretch] = place[stretch][::-1]
            best = (gain[at], place)
    return best


def _block_sums(matrix):
    """Sums over all rows and columns before an index, from which those of any block follow."""
    sums = np.zeros(np.array(matrix.shape) + 1)
    sums[1:, 1:] = matrix.cumsum(0).cumsum(1)
    return sums
