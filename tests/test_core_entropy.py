# SPDX-License-Identifier: BSD-3-Clause
"""Entropies: known laws, symmetries of the entropy, gradients."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.entropy import gaussian_entropy, low_rank_entropy, spacing_entropy

dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
GAUSSIAN = 0.5 * (math.log(2 * math.pi) + 1)

KNOWN_LAWS = {
    "gaussian": (lambda random, size: random.standard_normal(size), GAUSSIAN),
    "uniform": (lambda random, size: random.uniform(-1, 2, size), math.log(3)),
    "laplace": (lambda random, size: random.laplace(size=size), 1 + math.log(2)),
    "exponential": (lambda random, size: random.exponential(size=size), 1.0),
    "logistic": (lambda random, size: random.logistic(size=size), 2.0),
}


def samples(shape, seed, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@dtypes
@pytest.mark.parametrize("law", KNOWN_LAWS)
@pytest.mark.parametrize(("n_samples", "tolerance"), [(200, 0.1), (5000, 0.02), (50000, 0.006)])
def test_spacing_entropy_of_known_laws(law, n_samples, tolerance, dtype):
    draw, entropy = KNOWN_LAWS[law]
    columns = draw(np.random.default_rng(n_samples), (n_samples, 12))
    estimate = spacing_entropy(torch.as_tensor(columns, dtype=dtype))
    assert_allclose(estimate.mean(), entropy, atol=tolerance)
    assert_allclose(estimate, entropy, atol=5 * tolerance)


@pytest.mark.parametrize("spacing", [1, 2, 5, 30])
def test_spacing_entropy_is_unbiased_for_the_uniform_law(spacing):
    columns = np.random.default_rng(spacing).random((61, 20000))
    estimate = spacing_entropy(torch.as_tensor(columns), spacing=spacing)
    error = float(estimate.std()) / math.sqrt(len(estimate))
    assert abs(float(estimate.mean())) < 4 * error


def test_spacing_entropy_is_the_vasicek_sum():
    columns = samples((25, 3), 4)
    estimate = spacing_entropy(columns, spacing=3)
    ordered = np.sort(columns.numpy(), axis=0)
    total = 0.0
    for rank in range(25):
        low, high = max(rank - 3, 0), min(rank + 3, 24)
        # psi(26) - psi(r) is a partial sum of the harmonic series.
        correction = sum(1 / k for k in range(high - low, 26))
        total = total + np.log(ordered[high] - ordered[low]) + correction
    assert_allclose(estimate, total / 25)


@dtypes
@pytest.mark.parametrize("scale", [1e-6, 0.3, -7.0, 1e6])
def test_spacing_entropy_is_equivariant_to_scale_and_invariant_to_shift(scale, dtype):
    columns = samples((500, 4), 1, dtype)
    columns[:50] = columns[50:100]
    entropy = spacing_entropy(columns)
    scaled = spacing_entropy(scale * columns)
    assert_allclose(scaled, entropy + math.log(abs(scale)), rtol=0, atol=2e-5)
    assert_allclose(spacing_entropy(columns + 2.0), entropy, rtol=0, atol=2e-3)


def test_spacing_entropy_ignores_order_and_layout():
    columns = samples((100, 5), 2)
    entropy = spacing_entropy(columns)
    shuffled = columns[torch.randperm(100, generator=torch.Generator().manual_seed(0))]
    assert_allclose(spacing_entropy(shuffled), entropy)
    assert_allclose(spacing_entropy(columns.T.contiguous().T), entropy)
    assert_allclose(spacing_entropy(columns[:, 2:3]), entropy[2:3])


@pytest.mark.parametrize(("n_samples", "spacing"), [(3, 1), (8, 3), (9, 4), (40, 1), (40, None)])
def test_spacing_entropy_gradient_matches_finite_differences(n_samples, spacing):
    columns = samples((n_samples, 3), n_samples).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda y: spacing_entropy(y, spacing=spacing), columns, eps=1e-7, atol=1e-5
    )


def test_spacing_entropy_gradient_with_floored_windows_matches_finite_differences():
    columns = samples((30, 2), 0)
    # Windows of nearly equal values, narrower than the floor, at the ends and inside.
    columns[:12, 0] = 0.3 + 1e-4 * columns[:12, 0]
    columns[:12, 1] = 5.0 + 1e-4 * columns[:12, 1]
    columns.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda y: spacing_entropy(y, spacing=2, floor=0.01), columns, eps=1e-7, atol=1e-5
    )


@dtypes
def test_spacing_entropy_gradient_along_scale_is_one_and_along_shift_zero(dtype):
    columns = samples((1000, 6), 3, dtype)
    columns[:200] = 0.0
    columns.requires_grad_()
    (gradient,) = torch.autograd.grad(spacing_entropy(columns).sum(), columns)
    assert_allclose((gradient * columns).sum(0).detach(), 1.0, rtol=1e-3)
    assert_allclose(gradient.sum(0), 0.0, atol=1e-3)


@dtypes
def test_repeated_values_keep_the_spacing_entropy_finite(dtype):
    mostly_zero = samples((400, 3), 0, dtype)
    mostly_zero[:300] = 0.0
    constant = torch.full((400, 1), 2.0, dtype=dtype)
    quantised = samples((400, 1), 1, dtype).mul(2).round()
    columns = torch.cat([mostly_zero, constant, quantised], 1).requires_grad_()
    entropy = spacing_entropy(columns)
    (gradient,) = torch.autograd.grad(entropy.sum(), columns)
    assert torch.isfinite(entropy).all()
    assert torch.isfinite(gradient).all()
    assert (gradient[:, 3] == 0).all()
    assert (entropy[:3] > math.log(1e-6)).all()


def test_spacing_entropy_takes_the_gradient_only_when_it_is_asked_for():
    columns = samples((50, 2), 0).requires_grad_()
    with torch.no_grad():
        entropy = spacing_entropy(columns)
    assert not entropy.requires_grad
    assert_allclose(entropy, spacing_entropy(columns).detach())


def test_spacing_entropy_does_not_change_its_input():
    columns = samples((50, 2), 0)
    before = columns.clone()
    spacing_entropy(columns.requires_grad_()).sum().backward()
    assert torch.equal(columns, before)


def test_spacing_entropy_refuses_bad_windows():
    with pytest.raises(ValueError, match="at least 3 samples; got 2"):
        spacing_entropy(torch.zeros(2, 1))
    for spacing in (0, 5):
        with pytest.raises(ValueError, match=f"between 1 and 4 for 10 samples; got {spacing}"):
            spacing_entropy(torch.zeros(10, 1), spacing=spacing)


@dtypes
@pytest.mark.parametrize("size", [1, 2, 7])
def test_gaussian_entropy_is_the_entropy_of_independent_components(size, dtype):
    deviations = torch.linspace(0.5, 3.0, size, dtype=dtype)
    rotation = torch.linalg.qr(samples((size, size), size, dtype))[0]
    covariance = rotation @ torch.diag(deviations**2) @ rotation.T
    expected = float(torch.log(deviations).mean()) + GAUSSIAN
    assert_allclose(gaussian_entropy(covariance), expected, rtol=1e-5)
    values = torch.linalg.eigvalsh(covariance).flip(0)
    assert_allclose(low_rank_entropy(values), expected, rtol=1e-5)


def test_low_rank_entropy_is_the_weighted_mean_of_equation_26():
    values = torch.linspace(5.0, 0.1, 9, dtype=torch.float64)
    for rank_fraction in (0.0, 0.3, 1.0):
        weights = 1 / (1 + np.exp(50 * (np.arange(9) / 8 - rank_fraction)))
        entropies = 0.5 * (np.log(2 * np.pi * values.numpy()) + 1)
        expected = (weights * entropies).sum() / weights.sum()
        assert_allclose(low_rank_entropy(values, rank_fraction), expected)


def test_low_rank_entropy_goes_from_the_leading_component_to_all():
    values = torch.linspace(5.0, 0.1, 33, dtype=torch.float64)
    fractions = np.linspace(0, 1, 11)
    entropies = np.array([float(low_rank_entropy(values, tau)) for tau in fractions])
    assert (np.diff(entropies) < 0).all()
    leading = 0.5 * math.log(2 * math.pi * math.e * 5.0)
    assert_allclose(low_rank_entropy(values, 0.0, sharpness=1e4), leading)
    assert_allclose(low_rank_entropy(values, 1.01, sharpness=1e4), low_rank_entropy(values))


def test_joint_entropy_gradients_match_finite_differences():
    values = torch.linspace(5.0, 0.1, 6, dtype=torch.float64).requires_grad_()
    for rank_fraction in (None, 0.4):
        assert torch.autograd.gradcheck(lambda v, t=rank_fraction: low_rank_entropy(v, t), values)
    factor = samples((4, 4), 0).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: gaussian_entropy(f @ f.T + torch.eye(4)), factor)
