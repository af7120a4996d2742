# SPDX-License-Identifier: BSD-3-Clause
"""Joint diagonalisation of symmetric matrices by Jacobi rotations."""

import numpy as np

__all__ = ["joint_diagonaliser"]


def joint_diagonaliser(matrices, max_sweeps=30, tol=1e-3):
    """Orthogonal W that makes all ``W M_q W^T`` as diagonal as possible.

    Rotations of disjoint pairs are done together, as in a round robin tournament (Cardoso and
    Souloumiac, "Jacobi angles for simultaneous diagonalization", SIAM J. Matrix Anal. 17, 1996).

    Parameters
    ----------
    matrices : ndarray of shape (q, d, d)
        Symmetric.
    max_sweeps : int
    tol : float
        Stop when no rotation of a sweep exceeds this angle, in radians.

    Returns
    -------
    rows : ndarray of shape (d, d)
    diagonals : ndarray of shape (q, d)
    """
    work = matrices.copy()
    size = work.shape[1]
    rows = np.eye(size)
    rounds = _round_robin(size)
    for _ in range(max_sweeps):
        largest = 0.0
        for one, two in rounds:
            angle = _angles(work, one, two)
            largest = max(largest, np.abs(angle).max())
            turn = np.cos(angle)[:, None], np.sin(angle)[:, None]
            for array in (work.transpose(1, 0, 2), work.transpose(2, 0, 1)):
                _rotate(array, one, two, *(part[:, None] for part in turn))
            _rotate(rows, one, two, *turn)
        if largest < tol:
            break
    return rows, np.einsum("qii->qi", work)


def _angles(work, one, two):
    difference = work[:, one, one] - work[:, two, two]
    coupling = 2 * work[:, one, two]
    along = (difference**2).sum(0) - (coupling**2).sum(0)
    across = 2 * (difference * coupling).sum(0)
    return 0.5 * np.arctan2(across, along + np.hypot(along, across))


def _rotate(array, one, two, cosine, sine):
    """Rotate pairs of slices along the first axis, in place (`array` may be a view)."""
    first, second = array[one], array[two]
    array[one], array[two] = cosine * first + sine * second, cosine * second - sine * first


def _round_robin(size):
    """Rounds of disjoint pairs in which everyone meets everyone once."""
    players = list(range(size + size % 2))
    rounds = []
    for _ in range(len(players) - 1):
        pairs = zip(players[: len(players) // 2], players[::-1], strict=False)
        pairs = [sorted(pair) for pair in pairs if max(pair) < size]
        rounds.append(tuple(np.array(side) for side in zip(*pairs, strict=True)))
        players = [players[0], players[-1], *players[1:-1]]
    return rounds
