# SPDX-License-Identifier: BSD-3-Clause
"""Starts around a ring: pairs of principal axes as waves, their frequencies and senses by the law.

Around a ring the cosine and the sine of a frequency have one variance, so that principal axes come
in pairs, but for the constant and, of even rings, the alternating wave. A step turns every pair by
its frequency times the angle of a step. Phases are free, since what is stationary is so with any;
which pair has which frequency, and the sense in which it turns, are not: a local search exchanges
pairs and reverses senses while that lowers the law.
"""

import itertools

import numpy as np
import torch

from ...core.sines import fourier_basis

__all__ = ["paired", "rearranged_waves", "turning_waves"]

TOGETHER = 32  # bases of which the law is taken at once
LEAST = 1e-6  # nats a column: a gain


def turning_waves(spectrum, seed):
    """A basis of a ring whose waves are pairs of principal axes, at random phases.

    Parameters
    ----------
    spectrum : Tensor of shape (d,)
        Variance along the axes, positive and descending: frequency rises as it falls.
    seed : int

    Returns
    -------
    basis : Tensor of shape (d, d)
        Orthogonal; rows along the ring.
    """
    random = np.random.default_rng(seed)
    modes = torch.eye(len(spectrum)).to(spectrum)[paired(spectrum.cpu().numpy())]
    return torch.as_tensor(fourier_basis(len(spectrum))).to(spectrum) @ _turned(modes, random)


def rearranged_waves(law, basis, seed):
    """The basis after exchanges of two frequencies, and of senses, while that lowers the law.

    Parameters
    ----------
    law : Law
        On a ring.
    basis : Tensor of shape (d, d)
    seed : int
        Of the order in which changes are tried.

    Returns
    -------
    basis : Tensor of shape (d, d)
        No single change would lower its law.
    """
    random, changes = np.random.default_rng(seed), _changes(len(basis))
    waves = torch.as_tensor(fourier_basis(len(basis))).to(basis)
    modes = waves.mT @ basis
    best, in_vain = law.value(basis), 0
    while in_vain < len(changes):
        random.shuffle(changes)
        for first in range(0, len(changes), TOGETHER):
            some = changes[first : first + TOGETHER]
            tried = [modes[order] * signs.to(modes) for order, signs in some]
            with torch.no_grad():
                values = law(waves @ torch.stack(tried))
            lowest, in_vain = int(values.argmin()), in_vain + len(tried)
            if float(values[lowest]) < best - LEAST:
                modes, best, in_vain = tried[lowest], float(values[lowest]), 0
            if in_vain >= len(changes):
                break
    return waves @ modes


def _turned(modes, random):
    """Every pair of modes by an angle of its own."""
    turned = modes.clone()
    for first in range(1, len(modes) - 1, 2):
        angle = random.uniform(0, 2 * np.pi)
        one, other = modes[first], modes[first + 1]
        turned[first] = np.cos(angle) * one + np.sin(angle) * other
        turned[first + 1] = np.cos(angle) * other - np.sin(angle) * one
    return turned


def _changes(size):
    """Orders and signs of modes: a pair reversed, or two exchanged, each in either sense.

    Of an even number also the constant for the alternating wave.
    """
    pairs = range(1, size - 1, 2)
    changes = [_change(size, {}, [first]) for first in pairs]
    if size % 2 == 0:
        order = torch.arange(size)
        order[[0, -1]] = order[[-1, 0]]
        changes.append((order, torch.ones(size, 1, dtype=torch.float64)))
    for one, other in itertools.combinations(pairs, 2):
        for reversed_ones in ([], [one], [other], [one, other]):
            changes.append(_change(size, {one: other, other: one}, reversed_ones))
    return changes


def _change(size, exchanged, reversed_ones):
    order, signs = torch.arange(size), torch.ones(size, 1, dtype=torch.float64)
    for place, first in exchanged.items():
        order[[place, place + 1]] = torch.tensor([first, first + 1])
    for first in reversed_ones:
        signs[first + 1] = -1.0
    return order, signs


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
