# SPDX-License-Identifier: BSD-3-Clause
"""Starts for smooth signals: a few position operators order and sign the principal axes along the
frequency axis, and unmix those of them that have nearly the same variance.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from ...core.sines import sine_basis
from ..tuning import DEFAULT
from .seriation import longest_path, spectral_order

__all__ = ["Chain", "chain_starts"]

TINY = np.finfo(float).tiny


class Chain:
    """The principal axes as sine waves in the order of their couplings: the best basis."""

    name = "chain"

    def suits(self, frame):
        """For any set."""
        return True

    def propose(self, frame):
        """One basis, named."""
        found = chain_starts(frame.whitened, *frame.operators, frame.tuning)
        return [(f"{self.name} {frame.label}", found[np.argmin(frame.judge.rough(found))])]


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


def chain_starts(whitened, strengths, operators, tuning=DEFAULT):
    """Sine bases on the principal axes in the order and with the signs of their couplings.

    Position multiplies sine waves into their neighbours in frequency: in the principal axes a
    position operator is a chain, whose order gives frequencies and whose signs give phases. The
    weakest links are tried with both signs, the frequency axis in both directions.

    Parameters
    ----------
    whitened : Whitened
    strengths, operators
        See :func:`~sklearn_symmetry.solver.starts.cumulant_operators.position_operators`.
    tuning : Tuning

    Returns
    -------
    bases : list of ndarray of shape (d, d)
        Of the axes in their order, and of those that continue the clearest link.
    """
    found = []
    for chain in _ordered(strengths, operators, tuning):
        found += _signed_axes(chain, tuning)
        if tuning.continued:
            found += _signed_axes(_continued(chain, whitened.spectrum, tuning), tuning)
    waves = sine_basis(len(whitened.axes))
    return [waves @ axes @ whitened.axes.T for axes in found]


def _signed_axes(chain, tuning):
    """Axes for both signs of the weakest links and both directions of frequency."""
    weak = np.argsort(chain.strength)[: min(tuning.weak_links, chain.n_links)]
    found = []
    for flips in itertools.product((1.0, -1.0), repeat=len(weak)):
        signs = np.ones(len(chain.axes))
        signs[weak + 1] = flips
        axes = chain.axes * np.cumprod(signs)[:, None]
        found += [axes, axes[::-1]]
    return found


def _continued(chain, spectrum, tuning):
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
            image, known = operator @ found[last], np.array([*found.values()])
            found[row] = _next_axis(image, known, spectrum, tuning.alike)
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


def _next_axis(image, known, spectrum, alike):
    """Unit vector nearest to `image` that is orthogonal to `known` and has one variance."""

    def orthogonal(vector):
        return vector - known.T @ (known @ vector)

    image = orthogonal(image)
    axis = image
    for _ in range(4):
        variance = np.exp(axis**2 @ np.log(spectrum) / max(axis @ axis, TINY))
        axis = image / (1 + (spectrum - variance) ** 2 / (spectrum * variance * alike))
    axis = orthogonal(orthogonal(axis))
    return axis / max(np.linalg.norm(axis), TINY)


def _ordered(strengths, operators, tuning):
    """The chains of the order with the strongest links, and of that order unfolded.

    An even function of position links every other frequency: the chain goes up the even ones and
    comes back down the odd ones.
    """
    count, size = operators.shape[:2]
    weight = np.sqrt(np.maximum(strengths, 0) / max(strengths[0], TINY))
    weighted = (weight / np.arange(1, count + 1))[:, None, None] * operators**2
    total = np.sqrt(weighted.sum((0, 2)))
    live = total > tuning.silent * total.max()
    if np.count_nonzero(live) < 2:
        return [_Chain(np.eye(size), np.full(size - 1, np.inf), operators[0])]
    total = np.maximum(total, tuning.silent * total.max())
    affinity = weighted.sum(0) / np.outer(total, total)
    np.fill_diagonal(affinity, 0)
    active, silent = np.flatnonzero(live), np.flatnonzero(~live)
    inner = affinity[np.ix_(active, active)]
    candidates = [longest_path(inner, spectral_order(inner), tuning)]
    candidates.append(longest_path(inner, np.arange(len(active)), tuning))
    order = active[max(candidates, key=lambda path: inner[path[:-1], path[1:]].sum())]
    coupling = np.abs(operators) / np.sqrt(np.outer(total, total))
    return [
        _finished(_detailed(one, coupling, tuning), silent, operators, coupling)
        for one in (order, _unfolded(order))
    ]


def _unfolded(order):
    """From both ends towards the middle, in turns."""
    half = (len(order) + 1) // 2
    unfolded = order.copy()
    unfolded[::2], unfolded[1::2] = order[:half], order[half:][::-1]
    return unfolded


def _leader(order, coupling):
    """The operator that couples neighbours most."""
    return coupling[:, order[:-1], order[1:]].mean(1).argmax()


def _detailed(order, coupling, tuning):
    """The order that one operator likes best, near the one that all do."""
    inner = coupling[_leader(order, coupling)][np.ix_(order, order)]
    return order[longest_path(inner, np.arange(len(order)), tuning)]


def _finished(order, silent, operators, coupling):
    """A chain of all axes: the silent ones, of the least variance, go where variance is least."""
    leader = _leader(order, coupling)
    operator, coupling = operators[leader], coupling[leader]
    half = len(order) // 2
    if len(silent) and order[:half].mean() > order[half:].mean():
        order = order[::-1]
    links = np.where(operator[order[:-1], order[1:]] < 0, -1.0, 1.0)
    signs = np.cumprod(np.concatenate([[1.0], links]))
    axes = np.eye(len(operator))
    axes = np.concatenate([axes[order] * signs[:, None], axes[silent]])
    strength = coupling[order[:-1], order[1:]]
    return _Chain(axes, np.append(strength, np.full(len(silent), np.inf)), operator)
