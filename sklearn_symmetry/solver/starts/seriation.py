# SPDX-License-Identifier: BSD-3-Clause
"""Ordering items along a line, or around a ring, by their affinities."""

import numpy as np

from ..tuning import DEFAULT

__all__ = ["longest_path", "nearest_path", "spectral_order"]

LEAST = 1e-9  # gain of a move


def spectral_order(affinity, *, normalised=True, closed=False):
    """Order of the Fiedler vector, the second one of the graph Laplacian.

    Parameters
    ----------
    affinity : ndarray of shape (d, d)
        Symmetric, nonnegative; its diagonal is ignored.
    normalised : bool, default=True
        Whether the Laplacian is divided by the degrees of the items.
    closed : bool, default=False
        Whether the items lie on a ring: the second vector and the third, then, are their places on
        a circle.

    Returns
    -------
    order : ndarray of shape (d,)
        Indices; the direction is arbitrary, and so is the first item of a ring.
    """
    # A row without samples has no affinity to any.
    affinity = np.nan_to_num(affinity - np.diag(np.diag(affinity)))
    degree = affinity.sum(1)
    root = np.ones(len(affinity))
    laplacian = np.diag(degree) - affinity
    if normalised:
        root = np.sqrt(degree + 1e-12 * max(affinity.max(), 1.0))
        laplacian = np.eye(len(affinity)) - affinity / root[:, None] / root
    vectors = np.linalg.eigh(laplacian)[1] / root[:, None]
    place = vectors[:, min(1, len(root) - 1)]
    if closed:
        place = np.arctan2(vectors[:, 2], place)
    return np.argsort(place, kind="stable")


def nearest_path(affinity, first):
    """A path from an item, at either end of which the nearest item that is left is put.

    Parameters
    ----------
    affinity : ndarray of shape (d, d)
        Symmetric.
    first : int

    Returns
    -------
    order : ndarray of int, shape (d,)
    """
    left = np.ones(len(affinity), dtype=bool)
    left[first] = False
    front, back = [first], [first]  # both ends, outwards
    for _ in range(len(affinity) - 1):
        open_ends = [np.where(left, affinity[end[-1]], -np.inf) for end in (front, back)]
        nearest = [row.argmax() for row in open_ends]
        ahead = open_ends[0][nearest[0]] >= open_ends[1][nearest[1]]
        chosen = nearest[0] if ahead else nearest[1]
        (front if ahead else back).append(chosen)
        left[chosen] = False
    return np.array(back[:0:-1] + front)


def longest_path(affinity, order, tuning=DEFAULT, *, stretches=False):
    """Improve an order by 2-opt and or-opt moves, the best one first.

    The length of a path is the sum of the affinities of neighbours. A 2-opt move turns a segment
    round; an or-opt move carries a short segment elsewhere, either way round.

    Parameters
    ----------
    affinity : ndarray of shape (d, d)
        Symmetric.
    order : sequence of int
        Where to start.
    tuning : Tuning
    stretches : bool, default=False
        Whether segments of any length between weak links are carried, too, when nothing else gains.

    Returns
    -------
    order : ndarray of int
    """
    order = np.asarray(order)
    if len(order) < 3:
        return order
    # A phantom item without affinities stands for both ends of the path.
    padded = np.zeros((len(affinity) + 1,) * 2)
    padded[:-1, :-1] = affinity
    if stretches:  # rounding alone would carry them round in circles
        padded = (padded + padded.T) / 2
    many = len(order) > tuning.many
    lengths = range(1, min(tuning.longest_segment, len(order) - 1) + 1)
    for _ in range(-(-len(order) // tuning.many) * tuning.path_moves):
        gain, move = _best_reversal(padded, order)
        # With many items, the dear moves wait until the cheap ones gain nothing.
        if gain <= LEAST or not many:
            transfers = [
                _best_transfer(padded, order, *_short(order, length)) for length in lengths
            ]
            gain, move = max([(gain, move), *transfers], key=lambda found: found[0])
        if gain <= LEAST and stretches:
            gain, move = _best_transfer(padded, order, *_stretches(padded, order, tuning.many))
        if gain <= LEAST:
            break
        order = move()
    return order


def _best_reversal(padded, order):
    path = np.concatenate([[-1], order, [-1]])
    links = padded[path[:-1], path[1:]]
    # Turn order[i..j] round: items path[i+1..j+1].
    gain = padded[path[:-2][:, None], path[1:-1]] + padded[path[1:-1][:, None], path[2:]]
    gain = np.triu(gain - links[:-1, None] - links[None, 1:], 1)
    i, j = np.unravel_index(np.argmax(gain), gain.shape)
    return gain[i, j], lambda: np.concatenate([order[:i], order[i : j + 1][::-1], order[j + 1 :]])


def _short(order, length):
    """All segments of a length, and all gaps."""
    first = np.arange(len(order) - length + 1)
    return first, first + length, np.arange(len(order) + 1)


def _stretches(padded, order, count):
    """Segments between two of so many weakest links, and the gaps there."""
    path = np.concatenate([[-1], order, [-1]])
    gaps = np.sort(padded[path[:-1], path[1:]].argsort(kind="stable")[:count])
    first, end = (gaps[places] for places in np.triu_indices(len(gaps), 1))
    return first, end, gaps


def _best_transfer(padded, order, first, end, gap):
    """Best move of one of the segments ``order[first:end]`` to another gap of the path."""
    best = (0.0, None)
    path = np.concatenate([[-1], order, [-1]])
    links = padded[path[:-1], path[1:]]
    head, tail = path[first + 1], path[end]
    before, after = path[first], path[end + 1]
    closing = padded[before, after] - links[first] - links[end]
    left, right = path[gap], path[gap + 1]
    inside = (gap[None] >= first[:, None]) & (gap[None] <= end[:, None])
    for turned, (one, two) in enumerate(((head, tail), (tail, head))):
        opening = padded[left[None], one[:, None]] + padded[two[:, None], right[None]] - links[gap]
        gain = np.where(inside, -np.inf, closing[:, None] + opening)
        i, j = np.unravel_index(np.argmax(gain), gain.shape)
        if gain[i, j] > best[0]:
            best = (gain[i, j], _transfer(order, first[i], end[i], gap[j], bool(turned)))
    return best


def _transfer(order, first, end, gap, turned):
    def move():
        segment = order[first:end]
        rest = np.concatenate([order[:first], order[end:]])
        place = gap if gap < first else gap - (end - first)
        segment = segment[::-1] if turned else segment
        return np.concatenate([rest[:place], segment, rest[place:]])

    return move
