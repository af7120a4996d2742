# SPDX-License-Identifier: BSD-3-Clause
"""Axes of stationary covariances: from a density, the nearest ones, and their signs by the law."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.linalg import toeplitz

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.solver.judge import Judge
from sklearn_symmetry.solver.starts.lawful import _from_stationary_axes, _laws
from sklearn_symmetry.solver.starts.single_changes import change, lowered, sign_changes
from sklearn_symmetry.solver.starts.stationary_axes import (
    nearest_stationary_axes,
    stationary_axes,
    stationary_ends,
)
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import principal_data


def spectrum_and_axes(correlation):
    """Eigenvalues, descending, and axes of a Toeplitz matrix."""
    values, axes = np.linalg.eigh(toeplitz(correlation))
    return torch.as_tensor(values[::-1].copy()), torch.as_tensor(axes[:, ::-1].copy())


def oscillation(size, pitch):
    """Correlation of a smooth signal about a frequency, and a little noise."""
    lags = np.arange(size)
    correlation = np.exp(-((lags / 4.0) ** 2)) * np.cos(np.pi * pitch * lags)
    return correlation + 0.05 * (lags == 0)


@pytest.fixture(scope="module")
def tremor():
    """Packets of oscillation about a quarter of the band in 15 columns, and a rotation."""
    random, size = np.random.default_rng(0), 15
    n_samples = 8000
    offset = np.arange(size) - random.uniform(-6, size + 6, (n_samples, 1))
    pitch, phase = random.uniform(0.6, 0.95, (n_samples, 1)), random.uniform(0, 6.3, (n_samples, 1))
    X = np.exp(-0.5 * (offset / 2.5) ** 2) * np.cos(pitch * offset + phase)
    X = X * random.exponential(1, (n_samples, 1)) + 0.03 * random.standard_normal(X.shape)
    basis = np.linalg.qr(random.standard_normal((size, size)))[0]
    data = principal_data(X @ basis.T, seed=0)
    judge = Judge(data, dict(PAPER_WEIGHTS), Grid.line(size), DEFAULT)
    return judge, torch.as_tensor(basis.T @ data.axes)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [5, 12, 33])
@pytest.mark.parametrize("pitch", [0.0, 0.3, 0.5])
def test_axes_are_orthogonal_and_symmetric_or_antisymmetric(size, pitch, dtype):
    spectrum = torch.linspace(0, -6, size, dtype=dtype).exp()
    axes = stationary_axes(spectrum, pitch)
    tolerance = 1e-4 if dtype == torch.float32 else 1e-7
    assert axes.dtype == dtype
    assert_allclose(axes.mT @ axes, np.eye(size), atol=tolerance)
    parity = torch.einsum("ij,ij->j", axes, axes.flip(0))
    assert_allclose(parity.abs(), np.ones(size), atol=50 * tolerance)


@pytest.mark.parametrize("pitch", [0.0, 0.25, 0.4])
def test_the_strongest_axis_oscillates_with_the_pitch(pitch):
    size = 33
    axes = stationary_axes(torch.linspace(0, -5, size, dtype=torch.float64).exp(), pitch)
    power = np.abs(np.fft.rfft(axes[:, 0].numpy(), 660))
    assert abs(power.argmax() / (len(power) - 1) - pitch) < 0.04


def test_a_density_that_is_right_gives_the_spectrum_and_the_axes():
    # Of a first-order autoregression the density falls with frequency: the rearrangement is exact.
    spectrum, axes = spectrum_and_axes(0.7 ** np.arange(33))
    found = stationary_axes(spectrum, 0.0)
    assert (found * axes).sum(0).abs().min() > 0.99


@pytest.mark.parametrize("size", [9, 20])
def test_axes_of_a_stationary_covariance_are_their_own_nearest_ones(size):
    spectrum, axes = spectrum_and_axes(oscillation(size, 0.3))
    signs = torch.as_tensor(np.random.default_rng(0).choice([-1.0, 1.0], size))
    again = nearest_stationary_axes(axes * signs, spectrum, 5)
    assert_allclose(again, axes * signs, atol=1e-6)


def test_projections_approach_the_spectrum():
    spectrum, axes = spectrum_and_axes(oscillation(16, 0.3))
    turn = torch.randn(16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    basis = axes @ torch.linalg.matrix_exp(0.05 * (turn - turn.mT))

    def departure(basis):
        covariance = (basis * spectrum) @ basis.mT
        means = torch.stack([covariance.diagonal(lag).mean() for lag in range(16)])
        return float((covariance - torch.as_tensor(toeplitz(means.numpy()))).norm())

    departures = [departure(nearest_stationary_axes(basis, spectrum, n)) for n in (0, 1, 5, 20)]
    assert departures == sorted(departures, reverse=True)
    assert departures[-1] < 0.1 * departures[0]
    assert nearest_stationary_axes(basis, spectrum, 20).mul(basis).sum(0).min() >= 0


def test_a_change_reverses_and_exchanges_places():
    order, signs = change(4, [0, 3], {1: 2, 2: 1})
    rows = torch.arange(4.0)[:, None]
    assert (rows[order] * signs).flatten().tolist() == [-0.0, 2.0, 1.0, -3.0]
    assert len(sign_changes(7)) == 7 + 5


def test_signs_that_were_mistaken_are_found(tremor):
    judge, truth = tremor
    law, changes = judge.exact, sign_changes(len(truth))
    mistaken = truth.clone()
    mistaken[:, 2] *= -1
    mistaken[:, 9:] *= -1
    assert law.value(mistaken) > 2 * law.value(truth)
    ends = [lowered(law, mistaken.mT, lambda rows: rows.mT, changes, seed).mT for seed in range(3)]
    for end in ends:
        value = law.value(end)
        assert all(
            law.value(end[:, order] * signs[:, 0]) > value - 1e-5 for order, signs in changes
        )
    assert min(map(law.value, ends)) <= law.value(truth) + 1e-6


def test_oscillations_are_found_from_their_pitch(tremor):
    judge, truth = tremor
    value, name, basis = stationary_ends(judge, [0.25], 0)[0]
    assert judge.agreement(basis, truth) > 0.95
    assert name == "stationary axes about 0.25"
    assert judge.exact.value(basis) == pytest.approx(value)


def test_the_best_guesses_are_made_again(tremor):
    judge, _ = tremor
    found = stationary_ends(judge, [0.1, 0.2, 0.3, 0.4], 0)
    assert len(found) == 4 + DEFAULT.pitches_again
    lowest = sorted(found[:4], key=lambda end: end[0])[: DEFAULT.pitches_again]
    assert [name for _, name, _ in found[4:]] == [f"{name}, again" for _, name, _ in lowest]


@pytest.mark.parametrize(("budget", "count"), [(2**32, 9 + 3), (2**22, 0)])
def test_guesses_are_as_many_as_the_budget_affords(tremor, budget, count):
    judge, _ = tremor
    tuning = replace(DEFAULT, budget=budget)
    cheap = Judge(judge.data, dict(PAPER_WEIGHTS), judge.grid, DEFAULT)
    cheap.tuning = cheap.law.tuning = cheap.exact.tuning = tuning
    assert len(_from_stationary_axes(cheap, 0)) == count


def test_windows_decide_where_there_are_ends_and_the_budget_affords_it(tremor):
    judge, _ = tremor
    assert _laws(judge) == [judge.law, judge.exact]
    ring = Judge(judge.data, dict(PAPER_WEIGHTS), Grid.ring(15), DEFAULT)
    assert _laws(ring) == [ring.law]
