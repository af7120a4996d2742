# SPDX-License-Identifier: BSD-3-Clause
"""A local search among orders and signs, which descents do not change, by the law."""

import numpy as np
import torch

__all__ = ["change", "lowered", "sign_changes"]

TOGETHER = 32  # bases of which the law is taken at once
LEAST = 1e-6  # nats a column: a gain


def change(size, reversed_ones, exchanged=None):
    """An order of rows, and the signs of their places.

    Parameters
    ----------
    size : int
    reversed_ones : sequence of int
        Places whose sign changes.
    exchanged : dict of int to int, optional
        Places, and the rows that go there.

    Returns
    -------
    order : Tensor of shape (size,)
    signs : Tensor of shape (size, 1)
    """
    order, signs = torch.arange(size), torch.ones(size, 1, dtype=torch.float64)
    for place, row in (exchanged or {}).items():
        order[place] = row
    signs[list(reversed_ones)] = -1.0
    return order, signs


def sign_changes(size):
    """Changes of the sign of one row, and of all from one on."""
    changes = [change(size, [one]) for one in range(size)]
    return changes + [change(size, range(first, size)) for first in range(1, size - 1)]


def lowered(law, rows, basis_of, changes, seed):
    """Rows after single changes, made while they lower the law.

    Parameters
    ----------
    law : Law
    rows : Tensor of shape (d, d)
        What the changes exchange and reverse.
    basis_of : callable
        The basis of such rows, of one or several.
    changes : list of tuple
        See :func:`change`.
    seed : int
        Of the order in which they are tried.

    Returns
    -------
    rows : Tensor of shape (d, d)
        No single change would lower the law of their basis.
    """
    random, changes = np.random.default_rng(seed), list(changes)
    best, in_vain = law.value(basis_of(rows)), 0
    while in_vain < len(changes):
        random.shuffle(changes)
        for first in range(0, len(changes), TOGETHER):
            some = changes[first : first + TOGETHER]
            tried = torch.stack([rows[order] * signs.to(rows) for order, signs in some])
            with torch.no_grad():
                values = law(basis_of(tried))
            lowest, in_vain = int(values.argmin()), in_vain + len(some)
            if float(values[lowest]) < best - LEAST:
                rows, best, in_vain = tried[lowest], float(values[lowest]), 0
            if in_vain >= len(changes):
                break
    return rows
