# SPDX-License-Identifier: BSD-3-Clause
r"""Starts for signals of one period: samples on a closed curve.

A window of such a signal is :math:`x(p) = \sum_k c_k e^{2 \pi i k p}` at the phase p, and every
hidden row :math:`b_t` sees the same waveform, a step of :math:`\omega` later than the last one:

.. math:: c_k = f_k \sum_t e^{i \omega k t} b_t, \qquad
    \langle c_j, c_k \rangle = \bar f_j f_k \, D(\omega (k - j)),

with Dirichlet's kernel :math:`D(a) = \sin(d a / 2) / \sin(a / 2)` for positions t about the middle
of the window. A symmetric distribution is uniform in the phase, which so is the rank of a sample
along the curve, and gives all :math:`c_k`; their products give :math:`\omega` and the waveform, and
these the rows. Nothing is searched but one frequency.
"""

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

FINE = 8  # samples of a corner, corners of a harmonic, steps of a peak, minima for one that is kept
TINY = 1e-100  # a divisor that is none

__all__ = ["ClosedOrbit", "harmonics", "phases", "rows_and_frequencies"]


class ClosedOrbit:
    """Rows from the harmonics of a curve, for the frequencies that explain them best."""

    name = "closed orbit"

    def suits(self, frame):
        """Once, along a line, where samples lie on a closed curve, and are many for its corners."""
        if not frame.is_first or not frame.judge.fine.grid.is_line:
            return False
        tuning = frame.tuning
        if frame.data.n_samples < tuning.orbit_harmonics * FINE:
            return False
        samples = _rows(frame, tuning.orbit_corners * FINE)
        return phases(samples, tuning.orbit_harmonics, tuning)[1] < tuning.orbit_unexplained

    def propose(self, frame):
        """The best bases by the rough loss, named after their frequencies."""
        tuning = frame.tuning
        samples = _rows(frame)
        n_corners = min(tuning.orbit_corners, len(samples) // FINE)
        at, unexplained = phases(samples, n_corners, tuning)
        if unexplained == np.inf:
            return []
        count = min(tuning.orbit_harmonics, n_corners // FINE)
        found = rows_and_frequencies(*harmonics(samples, at, count), tuning)
        rough = frame.judge.rough([rows for rows, _ in found])
        best = [found[place] for place in np.argsort(rough, kind="stable")[: tuning.orbits]]
        return [(f"{self.name} of frequency {frequency:.3f}", rows) for rows, frequency in best]


def _rows(frame, count=None):
    """So many samples, or all, about their mean; shape (n, d)."""
    samples = frame.data.samples[:, :count].double().mT.cpu().numpy()
    return samples - samples.mean(0)


def phases(samples, n_corners, tuning):
    """Ranks of samples along the closed curve that their neighbourhoods make, and how well it fits.

    Parameters
    ----------
    samples : ndarray of shape (n, d)
        About their mean.
    n_corners : int
        Of the curve: samples far from each other (Gonzalez, 1985), in the order of their angles in
        the first two eigenvectors of the Laplacian of nearest neighbours (Belkin and Niyogi, 2003).
    tuning : Tuning

    Returns
    -------
    phases : ndarray of shape (n,)
        From 0 to 1; nan if the corners are no closed curve: in pieces, on each other, or not around
        the middle of the plane of these eigenvectors, which are a cosine and a sine.
    unexplained : float
        Mean square of the distance from the curve, as a share of the variance; then infinite.
    """
    corners = samples[_far_apart(samples, n_corners)]
    order = _around(corners, tuning)
    if order is None:
        return np.full(len(samples), np.nan), np.inf
    corners = corners[order]
    nearest = (np.square(corners).sum(1) - 2.0 * samples @ corners.T).argmin(1)
    along = 0.5 * (np.roll(corners, -1, 0) - np.roll(corners, 1, 0))[nearest]
    away = samples - corners[nearest]
    length = np.maximum(np.square(along).sum(1), TINY)
    part = np.clip((away * along).sum(1) / length, -0.5, 0.5)
    rest = away - part[:, None] * along
    ranks = (nearest + part).argsort(kind="stable").argsort(kind="stable")
    return ranks / len(samples), float(np.square(rest).sum() / np.square(samples).sum())


def _far_apart(samples, count):
    """Places of so many samples, each the farthest from those before it."""
    distances, chosen = np.full(len(samples), np.inf), []
    latest = np.square(samples).sum(1).argmax()
    for _ in range(count):
        chosen.append(latest)
        distances = np.minimum(distances, np.square(samples - samples[latest]).sum(1))
        latest = distances.argmax()
    return chosen


def _around(corners, tuning):
    """Order of the corners of a closed curve; None if they are not around one."""
    distances = cdist(corners, corners)
    near = distances.argsort(1, kind="stable")[:, 1 : 1 + tuning.orbit_neighbours]
    graph = np.zeros(distances.shape)
    np.put_along_axis(graph, near, 0.5, 1)
    graph = graph + graph.T
    in_pieces = connected_components(graph, directed=False)[0] > 1
    if in_pieces or len(np.unique(corners, axis=0)) < len(corners):
        return None
    root = np.sqrt(graph.sum(1))
    plane = np.linalg.eigh(graph / np.outer(root, root))[1][:, [-2, -3]] / root[:, None]
    radius = np.linalg.norm(plane, axis=1)
    if radius.min() < tuning.orbit_roundness * np.median(radius):
        return None
    return np.arctan2(plane[:, 1], plane[:, 0]).argsort(kind="stable")


def harmonics(samples, at, count):
    """Coefficients of so many harmonics of a curve, and their errors.

    Parameters
    ----------
    samples : ndarray of shape (n, d)
        About their mean.
    at : ndarray of shape (n,)
        Phases.
    count : int
        As many as the corners of the curve resolve.

    Returns
    -------
    coefficients : ndarray of complex, shape (d, m)
        Of the orders 1 to m, the count.
    errors : ndarray of shape (m,)
        Mean squares, relative to those of the coefficients. Ranks of n samples are off by a
        Brownian bridge, of whose mean square order l has ``1 / (4 pi^2 l^2 n)``; times the slope of
        the curve, of which order ``k - l`` has ``2 pi (k - l) c``, that is an error of order k.
        Half of the orders tell the noise of the others.
    """
    orders = np.arange(1, 2 * count + 1)
    coefficients = samples.T @ np.exp(-2j * np.pi * np.outer(at, orders)) / len(samples)
    power = np.maximum(np.square(np.abs(coefficients)).sum(0), TINY)
    slope = np.square(orders) * power
    bridge = 1.0 / (np.square(orders) * len(samples))
    slope, bridge = (np.concatenate([part[::-1], [0.0], part]) for part in (slope, bridge))
    errors = np.convolve(slope, bridge, "same")[2 * count + 1 :] + np.median(power[count:])
    return coefficients[:, :count], (errors / power)[:count]


def rows_and_frequencies(coefficients, errors, tuning):
    """Rows for the frequencies that explain the products of the coefficients best.

    Parameters
    ----------
    coefficients, errors
        See :func:`harmonics`.
    tuning : Tuning

    Returns
    -------
    found : list of tuple of ndarray of shape (d, d) and float
        Orthogonal rows, and radians a position; the best first.
    """
    orders = np.arange(1, len(errors) + 1)
    sure = errors <= max(tuning.orbit_error, errors.min())
    known = _Products(orders[sure], coefficients[:, sure], errors[sure])
    everything = _Products(orders, coefficients, errors)
    places = np.arange(len(coefficients)) - (len(coefficients) - 1) / 2
    found = []
    for frequency in known.frequencies(tuning.orbit_frequencies):
        model = np.exp(1j * frequency * np.outer(places, orders)) * everything.waveform(frequency)
        found.append((_rotation(model, coefficients), float(frequency)))
    return found


class _Products:
    """Of all pairs of coefficients, those of negative orders among them, relative to their sizes.

    Parameters
    ----------
    orders : ndarray of int, shape (m,)
    coefficients, errors
        See :func:`harmonics`.
    """

    def __init__(self, orders, coefficients, errors):
        self.size, self.n_orders = coefficients.shape
        orders = np.concatenate([orders, -orders])
        both = np.hstack([coefficients, coefficients.conj()])
        sizes = np.maximum(np.linalg.norm(both, axis=0), TINY)
        self.sizes, self.both_sizes = sizes[: self.n_orders], np.outer(sizes, sizes)
        self.values = both.conj().T @ both / self.both_sizes
        self.lags = np.abs(np.subtract.outer(orders, orders))
        errors = np.concatenate([errors, errors])
        self.weights = 1.0 / np.add.outer(errors, errors)
        np.fill_diagonal(self.weights, 0.0)

    def frequencies(self, count):
        """So many that explain the products best, of more that explain their absolute values."""
        n_steps = FINE * self.size * self.lags.max()
        steps = np.arange(1, n_steps) * np.pi / n_steps
        misfit, squares = np.zeros(len(steps)), np.square(np.abs(self.values))
        for lag in np.unique(self.lags):
            here = self.lags == lag
            model = np.square(_dirichlet(lag * steps, self.size))
            misfit += self.weights[here].sum() * np.square(model)
            misfit -= 2.0 * (self.weights * squares)[here].sum() * model
        lowest = 1 + np.flatnonzero((misfit[1:-1] < misfit[:-2]) & (misfit[1:-1] <= misfit[2:]))
        lowest = lowest[misfit[lowest].argsort()[: FINE * count]]
        return sorted(steps[lowest], key=self._misfit)[:count]

    def waveform(self, frequency):
        """Coefficients of the waveform, shape (m,)."""
        return self.sizes / np.sqrt(self.size) * self._signs(frequency)[: self.n_orders]

    def _misfit(self, frequency):
        """Weighted square of what the best waveform of this frequency does not explain."""
        signs = self._signs(frequency)
        model = np.outer(signs.conj(), signs) * _dirichlet(self.lags * frequency, self.size)
        return (self.weights * np.square(np.abs(self.values - model))).sum()

    def _signs(self, frequency):
        """Complex signs of a waveform: angular synchronisation (Singer, 2011)."""
        kernel = _dirichlet(self.lags * frequency, self.size)
        signs = np.linalg.eigh(self.values * kernel * self.both_sizes)[1][:, -1].conj()
        # Negative orders are conjugate to positive ones.
        of, negative = signs[: self.n_orders], signs[self.n_orders :]
        signs = signs * np.exp(-0.5j * np.angle((of * negative).sum()))
        return signs / np.maximum(np.abs(signs), TINY)


def _dirichlet(angle, size):
    """Mean of exp(i angle t) over as many positions t about their middle."""
    half = np.sin(angle / 2)
    whole = np.abs(half) < 1e-9
    ratio = np.sin(size * angle / 2) / np.where(whole, 1.0, size * half)
    # Whole turns from one position to the next.
    return np.where(whole, np.cos(size * angle / 2) / np.cos(angle / 2), ratio)


def _rotation(model, coefficients):
    """Orthogonal rows that see the coefficients as the model: Procrustes, both whitened."""
    one, other = (_white(np.hstack([part.real, part.imag])) for part in (model, coefficients))
    left, _, right = np.linalg.svd(one @ other.T)
    return left @ right


def _white(columns):
    """With all singular values equal."""
    left, _, right = np.linalg.svd(columns, full_matrices=False)
    return left @ right
