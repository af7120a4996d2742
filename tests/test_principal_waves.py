# SPDX-License-Identifier: BSD-3-Clause
"""Principal axes as waves: their order and signs on a line, pairs and senses around a ring."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import agreement
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.core.sines import fourier_basis, sine_basis
from sklearn_symmetry.solver.judge import Judge
from sklearn_symmetry.solver.law import Law
from sklearn_symmetry.solver.search import search
from sklearn_symmetry.solver.starts.lawful import _as_waves
from sklearn_symmetry.solver.starts.principal_waves import (
    paired,
    principal_waves,
    rearranged_waves,
)
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import principal_data

sizes = pytest.mark.parametrize("size", [13, 14])


def ring_of_waves(size, n_samples, seed):
    """A smooth field around a ring, squared, and a rotation."""
    random = np.random.default_rng(seed)
    places = np.arange(size)
    distance = np.minimum(places, size - places)
    kernel = np.exp(-0.5 * (distance / 1.2) ** 2)
    noise = np.fft.rfft(random.standard_normal((n_samples, size)))
    field = np.fft.irfft(noise * np.fft.rfft(kernel), size)
    field = field + 0.7 * field**2 / field.std() + 0.02 * random.standard_normal(field.shape)
    basis = np.linalg.qr(random.standard_normal((size, size)))[0]
    return field @ basis.T, basis


@pytest.fixture(scope="module", params=[13, 14])
def ring(request):
    X, basis = ring_of_waves(request.param, 8000, 0)
    data = principal_data(X, seed=0)
    return data, torch.as_tensor(basis.T @ data.axes), Grid.ring(request.param)


@pytest.fixture(scope="module")
def line():
    """Windows of a smooth field, squared, and a rotation."""
    random = np.random.default_rng(1)
    kernel = np.exp(-0.5 * (np.arange(-4, 5) / 1.2) ** 2)
    noise = random.standard_normal((8000, 20))
    field = np.apply_along_axis(np.convolve, 1, noise, kernel, "valid")
    field = field + 0.7 * field**2 / field.std() + 0.05 * random.standard_normal(field.shape)
    basis = np.linalg.qr(random.standard_normal((12, 12)))[0]
    data = principal_data(field @ basis.T, seed=0)
    return data, torch.as_tensor(basis.T @ data.axes), Grid.line(12)


@sizes
def test_a_shift_turns_every_pair_of_waves_by_its_frequency(size):
    waves = fourier_basis(size)
    assert_allclose(waves.T @ waves, np.eye(size), atol=1e-12)
    turned = waves.T @ np.roll(waves, 1, axis=0)
    angles = 2 * np.pi * np.arange(1, (size + 1) // 2) / size
    assert_allclose(np.diag(turned)[1::2][: len(angles)], np.cos(angles), atol=1e-12)
    blocks = np.kron(np.eye(size // 2 + 1), np.ones((2, 2)))[1 : size + 1, 1 : size + 1]
    assert_allclose(turned * (1 - blocks), 0, atol=1e-12)


@sizes
def test_axes_of_like_variance_are_paired_and_the_others_left_alone(size):
    planted = np.sort(np.random.default_rng(0).lognormal(size=size))[::-1]
    order = paired(planted)
    assert_array_equal(np.sort(order), np.arange(size))
    pairs = planted[order[1 : 1 + 2 * ((size - 1) // 2)]].reshape(-1, 2)
    gap = np.square(np.log(pairs[:, 0] / pairs[:, 1])).sum()
    for other in range(size):
        for last in range(other + 1, size) if size % 2 == 0 else [None]:
            rest = np.delete(planted, [other] if last is None else [other, last])
            assert gap <= np.square(np.log(rest[::2] / rest[1::2])).sum() + 1e-12


@sizes
def test_waves_of_random_phases_have_their_pairs(size):
    spectrum = torch.linspace(2.0, 1.0, size, dtype=torch.float64)
    ring = Grid.ring(size)
    one, other = (principal_waves(spectrum, ring, seed) for seed in range(2))
    assert_allclose(one @ one.mT, np.eye(size), atol=1e-12)
    assert not torch.allclose(one, other)
    modes = torch.as_tensor(fourier_basis(size)).mT @ one
    order = paired(spectrum.numpy())
    power = np.square(modes.numpy())[:, order]
    assert_allclose(power[1:3, 1:3].sum(), 2.0, atol=1e-12)


def assert_mended(law, truth, mistaken, waves, n_seeds):
    """Every search lowers the law until no single change does, and one reaches the truth."""
    assert law.value(mistaken) > 2 * law.value(truth)
    ends = [rearranged_waves(law, mistaken, seed) for seed in range(n_seeds)]
    for end in ends:
        assert law.value(end) < law.value(mistaken)
        assert_allclose(end @ end.mT, np.eye(len(waves)), atol=1e-8)
        assert torch.equal(rearranged_waves(law, end, 5), waves @ (waves.mT @ end))
    assert min(map(law.value, ends)) <= law.value(truth) + 1e-6


def test_frequencies_and_senses_that_were_mistaken_are_found(ring):
    data, truth, grid = ring
    law = Law(Judge(data, dict(PAPER_WEIGHTS), grid, DEFAULT).fine)
    waves = torch.as_tensor(fourier_basis(grid.size))
    modes = waves.mT @ truth
    mistaken = modes.clone()
    mistaken[[1, 2, 5, 6]] = modes[[5, 6, 1, 2]]
    mistaken[2] *= -1
    mistaken = waves @ mistaken
    assert_mended(law, truth, mistaken, waves, n_seeds=3)


def test_waves_of_a_line_are_principal_axes_with_random_signs():
    spectrum, line = torch.linspace(2.0, 1.0, 7, dtype=torch.float64), Grid.line(7)
    one, other = (principal_waves(spectrum, line, seed) for seed in range(2))
    modes = sine_basis(7).T @ one.numpy()
    assert_allclose(np.abs(modes), np.eye(7), atol=1e-12)
    assert not torch.allclose(one, other)


def test_signs_and_frequencies_of_a_line_that_were_mistaken_are_found(line):
    data, truth, grid = line
    law = Law(Judge(data, dict(PAPER_WEIGHTS), grid, DEFAULT).fine)
    waves = torch.as_tensor(sine_basis(grid.size))
    modes = waves.mT @ truth
    mistaken = modes.clone()
    mistaken[[2, 4]] = modes[[4, 2]]
    mistaken[8:] *= -1
    mistaken = waves @ mistaken
    assert_mended(law, truth, mistaken, waves, n_seeds=4)


@pytest.mark.parametrize("budgets", [0, 8])
def test_guesses_are_as_many_as_the_budget_affords(line, budgets):
    data, _, grid = line
    tuning = replace(DEFAULT, wave_budgets=budgets)
    judge = Judge(data, dict(PAPER_WEIGHTS), grid, tuning)
    found = _as_waves(judge, 0)
    assert len(found) == (tuning.wave_guesses if budgets else 0)
    # Of single precision, whose products are rounded as memory is aligned.
    values = [judge.law.value(basis) for _, _, basis in found]
    assert_allclose(values, [value for value, *_ in found], rtol=1e-5)


def test_smooth_waves_around_a_ring_are_recovered(ring):
    data, truth, grid = ring
    best = search([data], dict(PAPER_WEIGHTS), grid=grid, seed=0)[0]
    assert agreement(best.basis, truth, grid=grid) > 0.98
