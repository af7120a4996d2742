# SPDX-License-Identifier: BSD-3-Clause
"""Starts on a lattice for smooth signals: principal axes as products of two sine waves.

Position along an axis multiplies sine waves into their neighbours in frequency along that axis: in
the principal axes, two position operators couple the neighbours of a lattice of frequencies (f, g).
Which axis is which frequency is a quadratic assignment, with the prior that variance falls with
f^2 + g^2; its end is polished by orthogonal iterations that confine every wave to principal axes of
about its variance, loosely at first, and improved by an iterated local search.
"""

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...core.cumulants import fourth_cumulant_modes
from ...core.sines import sine_basis
from .assignment import assigned, doubly_stochastic, exchanged, permutation_matrix
from .layout import link_signs

__all__ = ["Couplings", "StandingWaves", "Waves", "exchange", "frequency_lattices"]

TINY = np.finfo(float).tiny
# Ratios of the two axes that the prior of the variances is tried with, and its weights.
RATIOS, WEIGHTS = (1.5, 1 / 1.5, 1.0), (0.5, 1.0, 2.0)


class StandingWaves:
    """Principal axes on a lattice of frequencies, from operators that couple neighbours there."""

    name = "standing waves"

    def suits(self, frame):
        """For grids of two axes."""
        return frame.judge.grid.n_axes == 2

    def propose(self, frame):
        """The best bases, named, the strongest couplings first."""
        grid, tuning, judge = frame.judge.grid, frame.tuning, frame.judge
        operators = offset_operators(frame)
        couplings = Couplings(operators, frame.whitened.spectrum, grid.shape, tuning)
        basis = sine_basis(*grid.shape)
        found = []
        for waves in frequency_lattices(couplings, frame.seed)[: tuning.wave_starts]:
            # Position does not say which end of a frequency axis is the smooth one.
            folded = waves.modes.reshape(*grid.shape, -1)
            turned = [
                basis @ folded[::one, ::two].reshape(waves.modes.shape) @ frame.whitened.axes.T
                for one, two in itertools.product((1, -1), repeat=2)
            ]
            label = f"{self.name} {frame.label}, match {waves.match:.3f}"
            found.append((label, turned[np.argmin(judge.rough(turned))]))
        return found


def offset_operators(frame):
    """Position operators without a diagonal in the principal axes, where energy has its own.

    Parameters
    ----------
    frame : Frame

    Returns
    -------
    operators : ndarray of shape (count, d, d)
    """
    tuning = frame.tuning
    return fourth_cumulant_modes(
        frame.whitened.samples,
        tuning.n_operators,
        positive=True,
        seed=frame.seed,
        tol=tuning.lanczos_tol,
        diagonal=False,
    )[1]


@dataclass(frozen=True)
class Waves:
    """Principal axes combined to waves, and operators to positions.

    Attributes
    ----------
    modes : ndarray of shape (d, d)
        Waves along the rows, in the order of the frequencies (f, g), last axis first.
    mixture : ndarray of shape (2, q)
        Orthonormal rows: the position along either axis as a combination of operators.
    match : float
        How far the positions are what they would be, from 0 to 1.
    """

    modes: np.ndarray
    mixture: np.ndarray
    match: float


class Couplings:
    """Operators in the principal axes, and what they would be in sine waves on a lattice.

    Parameters
    ----------
    operators : ndarray of shape (q, d, d)
        Symmetric, of unit norm.
    spectrum : ndarray of shape (d,)
        Variance along the axes.
    shape : tuple of int
        Two numbers, of product d.
    tuning : Tuning
    """

    def __init__(self, operators, spectrum, shape, tuning):
        self.operators, self.spectrum, self.shape = operators, spectrum, shape
        self.tuning, self.levels = tuning, np.log(spectrum)

    @cached_property
    def templates(self):
        """Position along either axis in sine waves, of unit norm, shape (2, d, d)."""
        found = [self._along(axis, _position(size)) for axis, size in enumerate(self.shape)]
        return np.array([one / np.linalg.norm(one) for one in found])

    @cached_property
    def links(self):
        """1 where two frequencies are neighbours along an axis, shape (2, d, d)."""
        steps = [np.eye(size, k=1) + np.eye(size, k=-1) for size in self.shape]
        return np.array([self._along(axis, step) for axis, step in enumerate(steps)])

    def _along(self, axis, matrix):
        factors = [np.eye(size) for size in self.shape]
        factors[axis] = matrix
        return np.kron(*factors)

    def only(self, chosen):
        """The same with some of the operators."""
        other = Couplings(self.operators[chosen], self.spectrum, self.shape, self.tuning)
        shared = ("templates", "links", "_polynomials")
        vars(other).update({name: getattr(self, name) for name in shared})
        return other

    def positions(self, mixture):
        """The two operators of a mixture, shape (2, d, d)."""
        return np.tensordot(mixture, self.operators, 1)

    def expected(self, ratio):
        """Log variance of every frequency, if it falls with f^2 + g^2."""
        first, second = (np.arange(1, size + 1) / (size + 1) for size in self.shape)
        rough = (ratio * first[:, None] ** 2 + second**2 / ratio).ravel()
        levels = np.empty(len(rough))
        levels[rough.argsort(kind="stable")] = np.sort(self.levels)[::-1]
        return levels

    def smoothed(self, levels):
        """Log variances by a polynomial of degree four in the frequencies, outliers left out."""
        design, weight = self._polynomials, np.ones(len(levels))
        for _ in range(10):
            # Few equations, of orthonormal columns and bounded weights: no need of more care.
            scaled = (design * weight[:, None]).T
            fitted = design @ np.linalg.solve(scaled @ design, scaled @ levels)
            distance = np.abs(levels - fitted)
            weight = 1 / (distance + 0.1 * distance.mean() + 1e-9)
        return fitted

    @cached_property
    def _polynomials(self):
        """Orthonormal polynomials of degree four in the frequencies, one a column."""
        first, second = (np.linspace(-1, 1, size) for size in self.shape)
        most = [min(5, size) for size in self.shape]
        powers = [(a, b) for a in range(most[0]) for b in range(most[1]) if a + b < 5]
        terms = [np.outer(first**a, second**b).ravel() for a, b in powers]
        return np.linalg.qr(np.stack(terms, axis=1))[0]

    def polished(self, modes, mixture, steps, confinements):
        """Waves whose positions are closer to the templates: ``M <- polar(K o sum_a A_a M P_a)``.

        K confines every wave to principal axes of about its variance. The mixture is fitted anew
        every few steps.

        Parameters
        ----------
        modes : ndarray of shape (d, d)
            Orthogonal.
        mixture : ndarray of shape (2, q)
        steps : int
            For each confinement.
        confinements : sequence of float
            Squared relative differences of variance that are within reach, one after another:
            what is loose at first moves waves that were mistaken for others.

        Returns
        -------
        waves : Waves
        """
        positions = self.positions(mixture)
        for number, reach in enumerate(np.repeat(confinements, steps)):
            pull = sum(a @ modes @ p for a, p in zip(self.templates, positions, strict=True))
            variance = np.exp(modes**2 @ self.levels)[:, None]
            distance = (self.spectrum - variance) ** 2 / (self.spectrum * variance)
            confined = 1 / (1 + distance / reach)
            pull = confined * pull
            pull = pull + 1e-3 * np.linalg.norm(pull) * confined * modes
            left, _, right = np.linalg.svd(pull)
            modes = left @ right
            if number % 5 == 4:
                mixture = self._refitted(modes)
                positions = self.positions(mixture)
        return Waves(modes, mixture, self._match(modes, positions))

    def _refitted(self, modes):
        """The orthonormal pair of combinations of operators that is nearest to the templates."""
        wanted = [modes.T @ template @ modes for template in self.templates]
        products = np.einsum("ajk,qjk->aq", wanted, self.operators)
        left, _, right = np.linalg.svd(products, full_matrices=False)
        return left @ right

    def _match(self, modes, positions):
        pairs = zip(self.templates, positions, strict=True)
        return float(sum(np.sum((modes.T @ a @ modes) * p) for a, p in pairs)) / 2


def _position(size):
    """Sine of the position along an axis, in sine waves: couples neighbouring frequencies."""
    waves = sine_basis(size)
    place = np.sin(np.pi * (np.arange(size) - (size - 1) / 2) / size)
    position = waves.T @ (place[:, None] * waves)
    return -position if position[0, 1] < 0 else position


def frequency_lattices(couplings, seed):
    """Waves from assignments for pairs of operators, improved by an iterated local search.

    Parameters
    ----------
    couplings : Couplings
    seed : int

    Returns
    -------
    found : list of Waves
        The best match first, no two nearly alike.
    """
    rng, tuning = np.random.default_rng(seed), couplings.tuning
    pairs = itertools.combinations(range(min(tuning.wave_operators, len(couplings.operators))), 2)
    # The best match of one prior need not be that of another.
    priors = list(itertools.product(RATIOS, WEIGHTS))
    found = [
        _attempt(couplings, pair, rng, *priors[trial % len(priors)])
        for pair in pairs
        for trial in range(tuning.wave_trials)
    ]
    loosened = [
        couplings.polished(one.modes, one.mixture, 25, tuning.wave_reach)
        for one in _different(found)[: tuning.waves_loosened]
    ]
    return _climbed(couplings, loosened, rng)


def _attempt(couplings, pair, rng, ratio, weight):
    """Waves by assignment of principal axes to frequencies, for two operators.

    First with the strength of both at once, then each on its axis, at the angle in their plane that
    suits the links.
    """
    chosen, tuning = couplings.only(list(pair)), couplings.tuning
    first, second = chosen.operators
    levels = chosen.levels

    def worth(expected):
        return -weight * (expected[:, None] - levels) ** 2

    linear = worth(chosen.expected(ratio))
    start = np.exp(linear - linear.max(1, keepdims=True)) + 1e-3
    start = start * rng.uniform(0.3, 1.7, start.shape)
    start, angle = doubly_stochastic(start), None
    for _ in range(4):
        if angle is None:
            weights = [2 * _strength(np.sqrt(first**2 + second**2))]
            links = [chosen.links.sum(0)]
        else:
            weights = [_strength(one) for one in chosen.positions(_turn(angle))]
            links = chosen.links
        options = weights, links
        order = assigned(*options, start, 0.3 * linear, steps=tuning.assignment_steps)
        order = exchanged(*options, order, 0.3 * linear, rounds=tuning.exchanges)
        linear = worth(chosen.smoothed(levels[order]))
        start = 0.7 * permutation_matrix(order) + 0.3 / len(order)
        angle = _angle(chosen, order)
    mixture = _turn(angle)
    modes = _signed(chosen, chosen.positions(mixture), order) @ np.eye(len(order))
    waves = chosen.polished(modes, mixture, 25, tuning.wave_reach[-1:])
    mixture = np.zeros((2, len(couplings.operators)))
    mixture[:, list(pair)] = waves.mixture
    return replace(waves, mixture=mixture)


def _turn(angle):
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _strength(operator):
    """Squares of the couplings, one on average over the rows."""
    square = operator**2
    np.fill_diagonal(square, 0.0)
    return square * (len(square) / max(square.sum(), TINY))


def _angle(couplings, order):
    """Angle in the plane of two operators at which links lie on that of their axis."""
    placed = couplings.operators[:, order][:, :, order]
    moments = [(values := placed[:, link > 0]) @ values.T for link in couplings.links]

    def value(angle):
        return sum(row @ moment @ row for row, moment in zip(_turn(angle), moments, strict=True))

    return max(np.radians(np.arange(0, 180, 5)), key=value)


def _signed(couplings, positions, order):
    """Signed permutation matrix: axes in an order, with signs that make the links positive."""
    placed = positions[:, order][:, :, order]
    signs = link_signs((placed * couplings.links).sum(0))
    return signs[:, None] * permutation_matrix(order)


def _climbed(couplings, found, rng):
    """Iterated local search: a little for several waves, more for the best two."""
    kicks = couplings.tuning.kicks
    pool = _different(found)[:6]
    pool = [_climb(couplings, one, kicks // 12, rng) for one in pool]
    pool.sort(key=lambda one: -one.match)
    pool[:2] = [_climb(couplings, one, kicks // 4, rng) for one in pool[:2]]
    return _different(pool)


def _climb(couplings, waves, kicks, rng):
    for _ in range(kicks):
        tried = _kicked(couplings, waves, rng)
        if tried.match > waves.match + 1e-5:
            waves = tried
    return waves


def _kicked(couplings, waves, rng):
    """Some waves exchanged, with signs that suit them, and polished, loosely at first."""
    tuning = couplings.tuning
    positions = waves.modes @ couplings.positions(waves.mixture) @ waves.modes.T
    order = exchange(couplings.shape, waves.modes**2 @ couplings.levels, rng, tuning.kick_alike)
    modes = _signed(couplings, positions, order) @ waves.modes
    return couplings.polished(modes, waves.mixture, 15, tuning.kick_reach)


def exchange(shape, levels, rng, alike):
    """An order of waves: some of about one variance exchanged, or the ends of two lines.

    Parameters
    ----------
    shape : tuple of int
        Frequencies along both axes.
    levels : ndarray of shape (d,)
        Log variance of the waves.
    rng : numpy Generator
    alike : float
        Difference of levels within which waves are mistaken for each other.

    Returns
    -------
    order : ndarray of int, shape (d,)
    """
    order, n_changes, kind = np.arange(len(levels)), int(rng.integers(1, 5)), rng.integers(3)
    if kind < 2:
        for _ in range(n_changes):
            one = rng.integers(len(order))
            near = np.exp(-0.5 * ((levels - levels[one]) / alike) ** 2)
            near[one] = 0.0
            if near.sum() > 0:
                other = rng.choice(len(order), p=near / near.sum())
                order[[one, other]] = order[[other, one]]
        return order
    folded = order.reshape(shape)  # a view, and so is its transpose
    folded = folded.T if rng.integers(2) else folded
    one, other = rng.integers(len(folded), size=2)
    first = rng.integers(folded.shape[1])
    folded[[one, other], first:] = folded[[other, one], first:].copy()
    return order


def _different(found):
    """The best match first, no two nearly the same waves."""
    chosen = []
    for one in sorted(found, key=lambda one: -one.match):
        if all(np.abs((one.modes * other.modes).sum(1)).mean() < 0.97 for other in chosen):
            chosen.append(one)
    return chosen
