# SPDX-License-Identifier: BSD-3-Clause
"""Signs of principal axes, which second moments do not know."""

import itertools

import torch

__all__ = ["by_frequency", "likeliest", "sign_changes", "signs_of"]


def likeliest(basis, signs, objective):
    """The basis with its columns multiplied by signs, most stationary third and fourth order first.

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
    return list(bases[objective.higher_order(bases).argsort()])


def by_frequency(basis):
    """Principal axes from smooth to rough."""
    return (basis[1:] - basis[:-1]).square().sum(0).argsort()


def sign_changes(axes, looks):
    """Signs of the principal axes: one changed, all above one, any stretch, any two.

    Parameters
    ----------
    axes : LongTensor of shape (d,)
        From smooth to rough.
    looks : int
        Most rows, at least d.

    Returns
    -------
    signs : Tensor of shape (k, d)
    """
    size = len(axes)
    changes = [(first,) for first in range(size)]
    changes += [range(first, size) for first in range(1, size - 1)]
    changes += [range(first, last) for last in range(3, size) for first in range(1, last - 1)]
    changes += itertools.combinations(range(size), 2)
    return signs_of(axes, changes[: max(size, looks)])


def signs_of(axes, changes):
    """A row for every change: -1 for the axes at the places it names, else 1."""
    places = axes.cpu()  # a GPU is slow with so many single entries
    signs = torch.ones(len(changes), len(axes), dtype=torch.float64)
    for row, change in zip(signs, changes, strict=True):
        row[places[list(change)]] = -1.0
    return signs.to(axes.device)
