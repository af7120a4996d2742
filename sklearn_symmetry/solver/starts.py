# SPDX-License-Identifier: BSD-3-Clause
"""Starting points: orthogonal matrices read off the position operators.

Two complementary ways. Narrow signals have a position operator for every component, which a joint
diagonalisation separates (:func:`separated_start`). Smooth ones have a few, which order and sign
the principal axes along the frequency axis (:func:`chain_starts`).
"""

import itertools

import numpy as np
import torch

from .joint_diagonalisation import joint_diagonaliser
from .seriation import banded_order, longest_path, spectral_order

__all__ = ["chain_starts", "separated_start", "sine_basis"]

SILENT = 0.01  # coupling below which an axis is noise, as a fraction of the strongest
WEAK_LINKS = 2


def sine_basis(size):
    """Orthonormal DST-I matrix, positions along the rows, frequencies along the columns."""
    index = np.arange(1, size + 1)
    return np.sqrt(2 / (size + 1)) * np.sin(np.pi * np.outer(index, index) / (size + 1))


def separated_start(data, axes, strengths, operators):
    """Joint diagonalisation, rows ordered and signed by their mutual affinities.

    Parameters
    ----------
    data : PrincipalData
    axes : ndarray of shape (d, d)
        Frame of the operators, see :class:`~sklearn_symmetry.solver.positions.Whitened`.
    strengths, operators
        See :func:`~sklearn_symmetry.solver.positions.position_operators`.

    Returns
    -------
    basis : ndarray of shape (d, d)
        Orthogonal.
    """
    power = np.einsum("qij,qjk->ik", operators, operators)
    values, vectors = np.linalg.eigh(power)
    root = (vectors * np.maximum(values, 0.02 * values.max()) ** -0.25) @ vectors.T
    weight = np.sqrt(np.maximum(strengths, 0) / max(strengths[0], np.finfo(float).tiny))
    rows, fields = joint_diagonaliser(root @ operators @ root * weight[:, None, None])
    rows = rows @ axes.T
    affinity = _affinity(data, rows, fields)
    rows = rows[longest_path(affinity, spectral_order(affinity))]
    return rows * _neighbour_signs((rows * data.spectrum.cpu().numpy()) @ rows.T)[:, None]


def _affinity(data, rows, fields):
    """Overlap of the position fields of two rows, correlation of their values and energies."""
    fields = fields / np.maximum(np.linalg.norm(fields, axis=0), 1e-12)
    values = torch.as_tensor(rows, dtype=torch.float32).to(data.samples) @ data.samples[:, :4000]
    scale = values.var(1, keepdim=True).clamp_min(1e-12)
    energy = torch.corrcoef(torch.log(0.1 + values**2 / scale)).cpu().double().numpy()
    value = torch.corrcoef(values).cpu().double().numpy()
    affinity = np.maximum(fields.T @ fields, 0) ** 2
    affinity += np.nan_to_num(np.abs(value)) + np.nan_to_num(np.maximum(energy, 0))
    np.fill_diagonal(affinity, 0)
    return affinity


def _neighbour_signs(covariance):
    """Signs that make neighbouring rows correlate positively."""
    return np.cumprod(np.concatenate([[1.0], np.where(np.diag(covariance, 1) < 0, -1.0, 1.0)]))


def chain_starts(axes, strengths, operators):
    """Sine bases on the principal axes in the order and with the signs of their couplings.

    Position multiplies sine waves into their neighbours in frequency: in the principal axes a
    position operator is a chain, whose order gives frequencies and whose signs give phases. The
    weakest links are tried with both signs, the frequency axis in both directions.

    Returns
    -------
    groups : list of list of ndarray of shape (d, d)
        One group for every order of the axes: with second neighbours taken into account and, where
        that differs, without.
    """
    plain, chain = _chain_orders(strengths, operators)
    groups = [_signed_bases(axes, chain)]
    if not np.array_equal(plain[0], chain[0]):
        groups.append(_signed_bases(axes, plain))
    return groups


def _signed_bases(axes, chain):
    order, links, strength = chain
    size = len(order)
    waves = sine_basis(size)
    weak = np.argsort(strength)[: min(WEAK_LINKS, np.count_nonzero(np.isfinite(strength)))]
    bases = []
    for flips in itertools.product((1.0, -1.0), repeat=len(weak)):
        signed = links.copy()
        signed[weak] *= flips
        signs = np.cumprod(np.concatenate([[1.0], signed]))
        for direction in (slice(None), slice(None, None, -1)):
            basis = np.empty((size, size))
            basis[:, order[direction]] = waves * signs[direction]
            bases.append(basis @ axes.T)
    return bases


def _chain_orders(strengths, operators):
    """Order of the axes, the sign of every link and its strength: by links, and by bands."""
    count, size = operators.shape[:2]
    weight = np.sqrt(np.maximum(strengths, 0) / max(strengths[0], np.finfo(float).tiny))
    weighted = (weight / np.arange(1, count + 1))[:, None, None] * operators**2
    total = np.sqrt(weighted.sum((0, 2)))
    live = total > SILENT * total.max()
    if np.count_nonzero(live) < 2:
        trivial = np.arange(size), np.ones(size - 1), np.full(size - 1, np.inf)
        return trivial, trivial
    total = np.maximum(total, SILENT * total.max())
    affinity = weighted.sum(0) / np.outer(total, total)
    np.fill_diagonal(affinity, 0)
    active, silent = np.flatnonzero(live), np.flatnonzero(~live)
    inner = affinity[np.ix_(active, active)]
    candidates = [longest_path(inner, spectral_order(inner))]
    candidates.append(longest_path(inner, np.arange(len(active))))
    order = active[max(candidates, key=lambda path: inner[path[:-1], path[1:]].sum())]
    # The operator that couples neighbours most decides the order in detail, and the signs.
    coupling = np.abs(operators) / np.sqrt(np.outer(total, total))
    leader = coupling[:, order[:-1], order[1:]].mean(1).argmax()
    inner = np.ix_(order, order)
    order = order[longest_path(coupling[leader][inner], np.arange(len(order)))]
    plain = _finished(order, silent, operators[leader], coupling[leader])
    if len(order) < 4:
        return plain, plain
    follower = coupling[:, order[:-2], order[2:]].mean(1).argmax()
    inner = np.ix_(order, order)
    banded = banded_order(coupling[leader][inner], coupling[follower][inner], np.arange(len(order)))
    return plain, _finished(order[banded], silent, operators[leader], coupling[leader])


def _finished(order, silent, operator, coupling):
    """A chain of all axes: the silent ones, of the least variance, go where variance is least."""
    half = len(order) // 2
    if len(silent) and order[:half].mean() > order[half:].mean():
        order = order[::-1]
    links = np.where(operator[order[:-1], order[1:]] < 0, -1.0, 1.0)
    return (
        np.concatenate([order, silent]),
        np.concatenate([links, np.ones(len(silent))]),
        np.concatenate([coupling[order[:-1], order[1:]], np.full(len(silent), np.inf)]),
    )
