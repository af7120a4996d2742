# SPDX-License-Identifier: BSD-3-Clause
"""Starts from principal axes as waves: their frequencies, signs and senses by the law.

Along a line every principal axis is about a sine wave, and variance falls, on the whole, with
frequency; second moments know neither the signs nor, where variances are alike or have peaks, the
order. Around a ring the cosine and the sine of a frequency have one variance, so that axes come in
pairs, but for the constant and, of even rings, the alternating wave. A step turns every pair by its
frequency times the angle of a step: phases are free, since what is stationary is so with any; which
pair has which frequency, and the sense in which it turns, are not. A local search makes single
changes of all this while they lower the law.
"""

import itertools

import numpy as np
import torch

from ...core.sines import fourier_basis, sine_basis
from .single_changes import change, lowered, sign_changes

__all__ = ["n_changes", "paired", "principal_waves", "rearranged_waves"]


def principal_waves(spectrum, grid, seed):
    """A basis whose waves are the principal axes, the frequency rising as the variance falls.

    Parameters
    ----------
    spectrum : Tensor of shape (d,)
        Variance along the axes, positive and descending.
    grid : Grid
        A line or a ring.
    seed : int
        Of the signs along a line, and of the phases around a ring.

    Returns
    -------
    basis : Tensor of shape (d, d)
        Orthogonal; rows along the grid.
    """
    random, waves = np.random.default_rng(seed), _waves(grid).to(spectrum)
    axes = torch.eye(len(spectrum)).to(spectrum)
    if grid.is_line:
        signs = random.choice([-1.0, 1.0], len(spectrum))
        return waves @ (torch.as_tensor(signs).to(spectrum)[:, None] * axes)
    return waves @ _turned(axes[paired(spectrum.cpu().numpy())], random)


def rearranged_waves(law, basis, seed):
    """The basis after exchanges of waves, and of signs or senses, while that lowers the law.

    Parameters
    ----------
    law : Law
        On a line or a ring.
    basis : Tensor of shape (d, d)
    seed : int
        Of the order in which changes are tried.

    Returns
    -------
    basis : Tensor of shape (d, d)
        No single change would lower its law.
    """
    waves = _waves(law.grid).to(basis)
    return waves @ lowered(law, waves.mT @ basis, waves.matmul, _changes(law), seed)


def n_changes(law):
    """How many single changes :func:`rearranged_waves` looks at, at least."""
    return len(_changes(law))


def _changes(law):
    """Orders of modes, and signs of their places."""
    size = law.grid.size
    return _along_line(size, law.tuning.wave_distance) if law.grid.is_line else _around_ring(size)


def _waves(grid):
    """Positions along the rows, waves along the columns."""
    basis = sine_basis if grid.is_line else fourier_basis
    return torch.as_tensor(basis(grid.size))


def _turned(modes, random):
    """Every pair of modes by an angle of its own."""
    turned = modes.clone()
    for first in range(1, len(modes) - 1, 2):
        angle = random.uniform(0, 2 * np.pi)
        one, other = modes[first], modes[first + 1]
        turned[first] = np.cos(angle) * one + np.sin(angle) * other
        turned[first + 1] = np.cos(angle) * other - np.sin(angle) * one
    return turned


def _along_line(size, distance):
    """Orders and signs of modes: one or all above reversed, or two exchanged with any signs."""
    changes = sign_changes(size)
    for one, other in itertools.combinations(range(size), 2):
        if other - one <= distance:
            for reversed_ones in ([], [one], [other], [one, other]):
                changes.append(change(size, reversed_ones, {one: other, other: one}))
    return changes


def _around_ring(size):
    """Orders and signs of modes: a pair reversed, or two exchanged, each in either sense.

    Of an even number also the constant for the alternating wave.
    """
    pairs = range(1, size - 1, 2)
    changes = [change(size, [first + 1]) for first in pairs]
    if size % 2 == 0:
        changes.append(change(size, [], {0: size - 1, size - 1: 0}))
    for one, other in itertools.combinations(pairs, 2):
        places = {one: other, one + 1: other + 1, other: one, other + 1: one + 1}
        for reversed_ones in ([], [one + 1], [other + 1], [one + 1, other + 1]):
            changes.append(change(size, reversed_ones, places))
    return changes


def paired(spectrum):
    """Axes in the order of :func:`~sklearn_symmetry.core.sines.fourier_basis`.

    Those without a partner come first and, of an even number, last: such that all others are as
    nearly alike as they can be, next to each other.

    Parameters
    ----------
    spectrum : ndarray of shape (d,)
        Positive, descending.

    Returns
    -------
    order : ndarray of int, shape (d,)
    """
    size, levels = len(spectrum), np.log(spectrum)
    chosen = []
    for alone in itertools.combinations(range(size), 2 - size % 2):
        others = np.setdiff1d(np.arange(size), alone)
        gap = np.square(levels[others[::2]] - levels[others[1::2]]).sum()
        chosen.append((gap, alone, others))
    _, (first, *last), others = min(chosen, key=lambda one: one[0])
    return np.array([first, *others, *last])
