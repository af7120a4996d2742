# SPDX-License-Identifier: BSD-3-Clause
"""Joint diagonalisation of symmetric matrices by Jacobi rotations."""

from functools import lru_cache

import numpy as np

from ..tuning import DEFAULT

__all__ = ["joint_diagonaliser"]

BLOCK = 32  # columns of a block; two of them, of all matrices, stay in the cache


def joint_diagonaliser(matrices, max_sweeps=30, tol=1e-3, many=DEFAULT.many):
    """Orthogonal W that makes all ``W M_q W^T`` as diagonal as possible.

    Rotations of disjoint pairs are done together, as in a round robin tournament (Cardoso and
    Souloumiac, "Jacobi angles for simultaneous diagonalization", SIAM J. Matrix Anal. 17, 1996).
    Many columns start from the eigenvectors of a sum of the matrices, with which half of the sweeps
    are done, and meet block by block.

    Parameters
    ----------
    matrices : ndarray of shape (q, d, d)
        Symmetric.
    max_sweeps : int
    tol : float
        Stop when no rotation of a sweep exceeds this angle, in radians.
    many : int
        Columns beyond which blocks are worth it.

    Returns
    -------
    rows : ndarray of shape (d, d)
    diagonals : ndarray of shape (q, d)
    """
    size = matrices.shape[1]
    if size > many:
        return _by_blocks(matrices, max_sweeps, tol)
    work, rows = matrices.copy(), np.eye(size)
    for _ in range(max_sweeps):
        if _sweep(work, rows) < tol:
            break
    return rows, np.einsum("qii->qi", work)


def _by_blocks(matrices, max_sweeps, tol):
    rows = _eigenvectors_of_sum(matrices)
    work = _turned(matrices, rows).astype(np.float32)
    size = len(rows)
    blocks = np.array_split(np.arange(size), max(2, -(-size // BLOCK)))
    for _ in range(max_sweeps):
        largest = 0.0
        for pairs in _round_robin(len(blocks)):
            for one, two in zip(*pairs, strict=True):
                both = np.concatenate([blocks[one], blocks[two]])
                largest = max(largest, _meet(work, rows, both))
        if largest < tol:
            break
    left, _, right = np.linalg.svd(rows)
    rows = left @ right  # without the rounding of many turns
    return rows, np.einsum("qii->qi", _turned(matrices, rows))


def _meet(work, rows, columns):
    """One sweep among some columns; the largest angle."""
    turn = np.eye(len(columns), dtype=work.dtype)
    inner = np.ascontiguousarray(work[:, columns][:, :, columns])
    largest = _sweep(inner, turn)
    work[:, columns] = turn @ work[:, columns]
    work[:, :, columns] = work[:, :, columns] @ turn.T
    rows[columns] = turn @ rows[columns]
    return largest


def _sweep(work, rows):
    """Rotate all pairs once, in place; the largest angle."""
    largest = 0.0
    for one, two in _round_robin(len(rows)):
        angle = _angles(work, one, two)
        largest = max(largest, np.abs(angle).max())
        turn = np.cos(angle)[:, None], np.sin(angle)[:, None]
        for array in (work.transpose(1, 0, 2), work.transpose(2, 0, 1)):
            _rotate(array, one, two, *(part[:, None] for part in turn))
        _rotate(rows, one, two, *turn)
    return largest


def _eigenvectors_of_sum(matrices):
    """Those of a sum with weights that single out no matrix and no sign, as rows."""
    weights = np.cos(1.0 + np.arange(len(matrices)))
    return np.linalg.eigh(np.tensordot(weights, matrices, 1))[1].T


def _turned(matrices, rows):
    return rows @ matrices @ rows.T


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


@lru_cache(maxsize=16)
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
