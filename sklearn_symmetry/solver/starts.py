# SPDX-License-Identifier: BSD-3-Clause
"""Starting points: orthogonal matrices read off the position operators.

Two complementary ways. Narrow signals have a position operator for every component, which a joint
diagonalisation separates (:func:`separated_start`). Smooth ones have a few, which order and sign
the principal axes along the frequency axis (:func:`chain_starts`), and unmix those of them that
have nearly the same variance.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import torch

from .joint_diagonalisation import joint_diagonaliser
from .seriation import banded_order, longest_path, spectral_order

__all__ = ["chain_starts", "separated_start", "sine_basis", "single_starts"]

SILENT = 0.01  # coupling below which an axis is noise, as a fraction of the strongest
WEAK_LINKS = 2
TINY = np.finfo(float).tiny
ALIKE = 0.1  # squared relative difference of variances that samples and edges mix


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
        Frame of the operators, see :class:`~sklearn_symmetry.statistics.principal.Whitened`.
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
    weight = np.sqrt(np.maximum(strengths, 0) / max(strengths[0], TINY))
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


@dataclass(frozen=True)
class _Chain:
    """Axes as rows in the order of their frequency, with signs; the silent ones come last.

    `strength` holds the couplings of neighbours in `operator`, infinite beside silent axes.
    """

    axes: np.ndarray
    strength: np.ndarray
    operator: np.ndarray

    @property
    def n_links(self):
        """Links between axes that are not silent."""
        return np.count_nonzero(np.isfinite(self.strength))


def chain_starts(frame, strengths, operators):
    """Sine bases on the principal axes in the order and with the signs of their couplings.

    Position multiplies sine waves into their neighbours in frequency: in the principal axes a
    position operator is a chain, whose order gives frequencies and whose signs give phases. The
    weakest links are tried with both signs, the frequency axis in both directions.

    Parameters
    ----------
    frame : Whitened
    strengths, operators
        See :func:`~sklearn_symmetry.solver.positions.position_operators`.

    Returns
    -------
    groups : list of list of ndarray of shape (d, d)
        One group for every order of the axes: with second neighbours taken into account and, where
        that differs, without. The first group also has the axes that continue the clearest link.
    """
    plain, chain = _chain_orders(strengths, operators)
    groups = [_signed_axes(chain) + _signed_axes(_continued(chain, frame.spectrum))]
    if not np.array_equal(np.abs(plain.axes), np.abs(chain.axes)):
        groups.append(_signed_axes(plain))
    return [_sine_bases(group, frame) for group in groups]


def single_starts(frame, operators):
    """As :func:`chain_starts`, from the continued chain of every operator alone.

    Parameters
    ----------
    frame : Whitened
    operators
        See :func:`~sklearn_symmetry.solver.positions.position_operators`.

    Returns
    -------
    bases : list of ndarray of shape (d, d)
    """
    found = []
    for operator in operators:
        axes = _continued(_single_chain(operator), frame.spectrum).axes
        found += [axes, axes[::-1]]
    return _sine_bases(found, frame)


def _sine_bases(group, frame):
    """Bases whose frequencies are the given axes of the frame."""
    waves = sine_basis(len(frame.axes))
    return [waves @ axes @ frame.axes.T for axes in group]


def _signed_axes(chain):
    """Axes for both signs of the weakest links and both directions of frequency."""
    weak = np.argsort(chain.strength)[: min(WEAK_LINKS, chain.n_links)]
    found = []
    for flips in itertools.product((1.0, -1.0), repeat=len(weak)):
        signs = np.ones(len(chain.axes))
        signs[weak + 1] = flips
        axes = chain.axes * np.cumprod(signs)[:, None]
        found += [axes, axes[::-1]]
    return found


def _continued(chain, spectrum):
    """Frequency axes as combinations of principal ones.

    In frequency a position operator is tridiagonal: applied to one axis it gives the next. From
    the two neighbours that it isolates best, this Lanczos iteration goes on in both directions.
    It unmixes principal axes of nearly the same variance; since others do not mix, each new axis
    is confined to those of its own variance, which keeps the noise out.
    """
    size = 1 + chain.n_links
    live, silent = chain.axes[:size], chain.axes[size:]
    if size < 3:
        return chain
    operator, spectrum = live @ chain.operator @ live.T, live**2 @ spectrum
    isolated = _tridiagonal(operator) / np.sum(operator**2, axis=1)
    first = int(np.minimum(isolated[:-1], isolated[1:]).argmax())
    found = {row: np.eye(size)[row] for row in (first, first + 1)}
    upward = [(row, row - 1) for row in range(first + 2, size)]
    downward = [(row, row + 1) for row in range(first - 1, -1, -1)]
    for pair in itertools.zip_longest(upward, downward):
        for row, last in filter(None, pair):
            found[row] = _next_axis(operator @ found[last], np.array([*found.values()]), spectrum)
    left, _, right = np.linalg.svd([found[row] for row in range(size)])
    turn = left @ right  # orthogonal even where an image vanished
    operator = turn @ operator @ turn.T
    power = np.maximum(np.linalg.norm(operator, axis=1), TINY)
    strength = np.abs(np.diag(operator, 1)) / np.sqrt(power[:-1] * power[1:])
    strength = np.append(strength, chain.strength[size - 1 :])
    return _Chain(np.concatenate([turn @ live, silent]), strength, chain.operator)


def _tridiagonal(operator):
    """Part of the square of every row that belongs to its two neighbours."""
    links = np.diag(operator, 1) ** 2
    return np.append(links, 0) + np.append(0, links)


def _next_axis(image, known, spectrum):
    """Unit vector nearest to `image` that is orthogonal to `known` and has one variance."""

    def orthogonal(vector):
        return vector - known.T @ (known @ vector)

    image = orthogonal(image)
    axis = image
    for _ in range(4):
        variance = np.exp(axis**2 @ np.log(spectrum) / max(axis @ axis, TINY))
        axis = image / (1 + (spectrum - variance) ** 2 / (spectrum * variance * ALIKE))
    axis = orthogonal(orthogonal(axis))
    return axis / max(np.linalg.norm(axis), TINY)


def _chain_orders(strengths, operators):
    """Two chains: ordered by links alone, and by links and second neighbours."""
    count, size = operators.shape[:2]
    weight = np.sqrt(np.maximum(strengths, 0) / max(strengths[0], TINY))
    weighted = (weight / np.arange(1, count + 1))[:, None, None] * operators**2
    total = np.sqrt(weighted.sum((0, 2)))
    live = total > SILENT * total.max()
    if np.count_nonzero(live) < 2:
        trivial = _Chain(np.eye(size), np.full(size - 1, np.inf), operators[0])
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


def _single_chain(operator):
    """All axes in the order that one operator gives, which may be that of the wrong operator."""
    coupling = np.abs(operator)
    np.fill_diagonal(coupling, 0)
    total = np.maximum(np.linalg.norm(coupling, axis=0), TINY)
    coupling = coupling / np.sqrt(np.outer(total, total))
    order = longest_path(coupling, spectral_order(coupling**2))
    return _finished(order, np.array([], dtype=int), operator, coupling)


def _finished(order, silent, operator, coupling):
    """A chain of all axes: the silent ones, of the least variance, go where variance is least."""
    half = len(order) // 2
    if len(silent) and order[:half].mean() > order[half:].mean():
        order = order[::-1]
    links = np.where(operator[order[:-1], order[1:]] < 0, -1.0, 1.0)
    signs = np.cumprod(np.concatenate([[1.0], links]))
    axes = np.eye(len(operator))
    axes = np.concatenate([axes[order] * signs[:, None], axes[silent]])
    strength = coupling[order[:-1], order[1:]]
    return _Chain(axes, np.append(strength, np.full(len(silent), np.inf)), operator)
