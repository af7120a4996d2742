# SPDX-License-Identifier: BSD-3-Clause
"""Starts from a closed curve: phases, harmonics and rows are what closed forms say."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.solver.judge import Judge
from sklearn_symmetry.solver.starts.closed_orbit import (
    ClosedOrbit,
    harmonics,
    phases,
    rows_and_frequencies,
)
from sklearn_symmetry.solver.starts.waves import Frame
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import principal_data

N_HARMONICS = 20


def turn_of(size, seed):
    """A random rotation."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0]


def curve(at, size, seed, n_orders=4):
    """A closed curve of a few harmonics, of falling size."""
    random = np.random.default_rng(seed)
    orders = np.arange(1, n_orders + 1)
    shape = (n_orders, size)
    coefficients = random.standard_normal(shape) + 1j * random.standard_normal(shape)
    coefficients /= orders[:, None] ** 2
    return np.real(np.exp(2j * np.pi * np.outer(at, orders)) @ coefficients)


def windows(n_samples, size, period, seed, noise=0.0):
    """Windows of one waveform, of all its harmonics, and the rotation that hides them."""
    random = np.random.default_rng(seed)
    turns = random.random((n_samples, 1)) + np.arange(size) / period
    signal = np.exp(10.0 * np.cos(2 * np.pi * turns)) * np.sin(2 * np.pi * turns + 0.5)
    signal = signal / signal.std() + noise * random.standard_normal(signal.shape)
    basis = turn_of(size, seed)
    return signal @ basis.T, basis


def likeness(rows, truth):
    """Mean product of rows of either direction and sign; 1 if they are the same."""
    return max(abs(np.sum(rows * one)) / len(rows) for one in (truth, truth[::-1]))


def test_ranks_along_a_curve_are_its_phases():
    random = np.random.default_rng(0)
    true = random.random(4000)
    samples = curve(true, 6, seed=1)
    found, unexplained = phases(samples - samples.mean(0), 200, DEFAULT)
    assert unexplained < 1e-3
    apart = min(
        np.abs(np.angle(np.exp(2j * np.pi * (found - sense * true - start)))).max()
        for sense in (1, -1)
        for start in [np.angle(np.exp(2j * np.pi * (found - sense * true)).mean()) / (2 * np.pi)]
    )
    assert apart / (2 * np.pi) < 2.0 / np.sqrt(len(true))  # of a Brownian bridge


@pytest.mark.parametrize("kind", ["cloud", "torus", "arc", "pieces"])
def test_what_is_no_curve_is_not_explained_by_one(kind):
    random = np.random.default_rng(0)
    if kind == "cloud":
        samples = random.standard_normal((3200, 6))
    elif kind == "torus":
        samples = np.hstack([curve(random.random(3200), 4, seed) for seed in range(2)])
    elif kind == "pieces":
        samples = np.eye(6)[random.integers(6, size=3200)]
    else:
        samples = curve(0.5 * random.random(3200), 6, 1)
    assert phases(samples - samples.mean(0), 50, DEFAULT)[1] > DEFAULT.orbit_unexplained


def test_errors_of_harmonics_are_those_of_ranks():
    random, n_samples, seen = np.random.default_rng(0), 1000, []
    for _ in range(60):
        true = np.sort(random.random(n_samples))
        samples = curve(true, 6, seed=1)
        ranks = (np.arange(n_samples) + 0.5) / n_samples
        ranks = ranks + (true - ranks).mean()  # where a curve begins says nothing
        coefficients, errors = harmonics(samples, ranks, N_HARMONICS)
        exact = harmonics(curve(ranks, 6, seed=1), ranks, N_HARMONICS)[0]
        power = np.square(np.abs(coefficients)).sum(0)
        seen.append((np.square(np.abs(coefficients - exact)).sum(0), errors * power))
    seen, expected = np.mean(seen, axis=0)
    assert_allclose(seen[:6], expected[:6], rtol=0.4)


@pytest.mark.parametrize("size, period", [(9, 6.3), (12, 17.1), (12, 7.7)])
def test_rows_are_those_that_see_one_waveform(size, period):
    random, orders = np.random.default_rng(size), np.arange(1, N_HARMONICS + 1)
    basis, frequency = turn_of(size, 3), 2 * np.pi / period
    waveform = (random.standard_normal((2, N_HARMONICS)).T @ [1, 1j]) / orders
    places = np.arange(size) - (size - 1) / 2
    seen = np.exp(1j * frequency * np.outer(places, orders)) * waveform
    products = seen.conj().T @ seen
    kernel = np.sin(size * frequency * 1.5) / np.sin(frequency * 1.5)  # of orders 1 and 4
    assert_allclose(products[0, 3], waveform[0].conj() * waveform[3] * kernel)
    rows, found = rows_and_frequencies(basis @ seen, np.full(N_HARMONICS, 1e-3), DEFAULT)[0]
    assert abs(found - frequency) < np.pi / (8 * size * 40)
    assert_allclose(rows @ rows.T, np.eye(size), atol=1e-10)
    assert likeness(rows, basis.T) > 0.999


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_windows_of_one_waveform_start_near_the_truth(noise):
    X, basis = windows(5000, 15, 10.3, 0, noise)
    data = principal_data(X, seed=0)
    line_grid = Grid.line(15)
    line, ring = (
        Frame(Judge(data, dict(PAPER_WEIGHTS), grid, DEFAULT), DEFAULT.recipes[0], 0)
        for grid in (line_grid, Grid.ring(15))
    )
    start = ClosedOrbit()
    assert start.suits(line)
    assert not start.suits(ring)
    assert not start.suits(replace(line, recipe=DEFAULT.recipes[1]))
    few = principal_data(X[:300], seed=0)
    assert not start.suits(replace(line, judge=Judge(few, dict(PAPER_WEIGHTS), line_grid, DEFAULT)))
    found = start.propose(line)
    assert len(found) == DEFAULT.orbits
    truth = basis.T @ data.axes
    assert max(likeness(rows, truth) for _, rows in found) > 0.95
