# SPDX-License-Identifier: BSD-3-Clause
"""The energy divergence: what it sees, and what it must not see."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.energies import (
    contrast_free_divergence,
    energy_divergence,
    log_energy,
    shift_divergence,
    worst_energy_divergence,
)
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import make_symmetric_signals


def signals(size=9, n_samples=8000, **options):
    return torch.as_tensor(
        make_symmetric_signals(n_samples, size, symmetry="translation", **options).signal
    )


def flipped(y, axis=-3):
    """The same samples with one principal axis reversed, which no second moment notices."""
    centred = y - y.mean(0)
    _, axes = torch.linalg.eigh(centred.mT @ centred)
    axis = axes[:, axis]
    return y - 2 * torch.outer(y @ axis, axis)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("signal", ["gaussian", "legendre"])
def test_natural_signals_are_stationary_in_units_of_the_sampling_error(signal, seed):
    y = signals(signal=signal, random_state=seed)
    assert energy_divergence(y) < 3
    assert energy_divergence(y) <= worst_energy_divergence(y) < 4


@pytest.mark.parametrize("seed", range(5))
def test_reversing_a_principal_axis_shows(seed):
    y = signals(signal="legendre", random_state=seed)
    assert energy_divergence(flipped(y)) > 3 * energy_divergence(y)


@pytest.mark.parametrize("seed", range(5))
def test_differences_show_high_frequencies_better(seed):
    y = flipped(signals(signal="legendre", random_state=seed), axis=2)
    assert worst_energy_divergence(y) > max(3, 1.3 * energy_divergence(y))


def test_two_columns_have_no_differences_to_compare():
    y = signals(2, signal="legendre", random_state=0)
    assert worst_energy_divergence(y) == energy_divergence(y)


@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_circular_signals_need_the_circular_test(boundary):
    y = signals(7, boundary="circulant", random_state=0)
    turned = y.roll(3, 1)
    ring, grid = Grid.ring(7), Grid.of(7, boundary)
    assert_allclose(energy_divergence(turned, ring), energy_divergence(y, ring), rtol=1e-6)
    assert energy_divergence(y, grid) < 3
    damaged = y[:, [0, 2, 1, 3, 4, 5, 6]]
    assert energy_divergence(damaged, grid) > 10


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_scale_signs_and_order_of_the_samples_do_not_matter(dtype):
    y = signals(random_state=1).to(dtype)
    expected = energy_divergence(y)
    tolerance = {"rtol": 1e-4 if dtype == torch.float32 else 1e-9}
    assert_allclose(energy_divergence(1e3 * y), expected, **tolerance)
    assert_allclose(energy_divergence(-y.flip(0)), expected, **tolerance)
    assert_allclose(energy_divergence(y.flip(1)), expected, **tolerance)


def test_two_independent_columns_of_equal_law_have_the_expectation_of_the_formula():
    """With p = 1 the value is n times the squared relative difference of two variances."""
    random = np.random.default_rng(0)
    values = [
        energy_divergence(torch.as_tensor(random.standard_normal((500, 2)))) for _ in range(400)
    ]
    y = torch.as_tensor(random.standard_normal(100_000))
    energy = torch.log(0.1 + y**2)
    kurtosis = float(((energy - energy.mean()) ** 4).mean() / energy.var() ** 2)
    # The relative variance of an estimated variance is (kurtosis - 1) / n, against 2 / n.
    assert_allclose(np.mean(values), (kurtosis - 1) / 2, rtol=0.2)


def test_repeated_columns_are_far_from_stationary():
    y = signals(random_state=2)
    assert energy_divergence(torch.cat([y, y[:, :1]], dim=1)) > 10 * energy_divergence(y)


def test_signs_are_stationary_after_a_small_error_of_the_fit_as_well():
    """Their energies have no variance of their own: the floor keeps the error from being all."""
    random = np.random.default_rng(3)
    y = torch.as_tensor(random.choice([-1.0, 1.0], size=(4000, 6)))
    assert energy_divergence(y) == 0
    turn = torch.as_tensor(random.normal(size=(6, 6)))
    y = y @ torch.linalg.matrix_exp(0.004 * (turn - turn.mT))
    assert energy_divergence(y) < 1
    without = shift_divergence(torch.cov(log_energy(y).mT)) * 2 * len(y) / (5 * 6)
    assert without > 20


@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_contrast_of_samples_is_divided_out(dtype, boundary):
    """Independent contrasts of 1 to 20, on samples that have contrast 1 without them."""
    random = np.random.default_rng(0)
    y = random.standard_normal((4000, 5)) @ np.diag([1, 2, 3, 2, 1.0]) @ random.normal(size=(5, 5))
    white = y @ np.linalg.inv(np.linalg.cholesky(y.T @ y / len(y))).T
    y = y / np.linalg.norm(white, axis=1, keepdims=True)
    grid = Grid.of(5, boundary)
    expected = contrast_free_divergence(torch.as_tensor(y).to(dtype), grid)
    assert expected > 0.01
    loud = y * np.exp(random.uniform(0, 3, (len(y), 1)))
    found = contrast_free_divergence(torch.as_tensor(1e3 * loud).to(dtype), grid)
    assert_allclose(found, expected, rtol=0.03)  # 0.1 if it is not


def test_contrast_free_divergence_is_the_sum_over_columns_and_their_differences():
    y = torch.as_tensor(np.random.default_rng(1).standard_normal((500, 6)))
    floor = 0.0136  # a hundredth of the variance of the log energy of a Gaussian
    values, axes = torch.linalg.eigh(y.mT @ y / len(y))
    radius = (y @ (axes / values.sqrt())).norm(dim=1, keepdim=True)
    even = y / (radius + 0.1 * radius.mean())
    parts = [
        shift_divergence(torch.cov(log_energy(one).mT, correction=0) + floor * torch.eye(width))
        for one, width in ((even, 6), (even.diff(dim=1), 5))
    ]
    assert_allclose(contrast_free_divergence(y), sum(parts), rtol=1e-9)


def test_contrast_free_divergence_of_two_columns_has_no_differences():
    y = signals(2, signal="legendre", random_state=0)
    assert 0 <= contrast_free_divergence(y) < 0.1
