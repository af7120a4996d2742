# SPDX-License-Identifier: BSD-3-Clause
"""Entropy from a smoothed histogram, and the closed forms that go with it."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.densities import ClosedFormDensity, SmoothDensity
from sklearn_symmetry.core.entropy.histogram import _compressed, _linear_histogram, smooth_entropy
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.losses import Uniformity
from sklearn_symmetry.core.representation import Representation

DTYPES = [torch.float32, torch.float64]


def random_samples(law, n_samples, seed=0):
    random = np.random.default_rng(seed)
    draw = {
        "gaussian": lambda: random.standard_normal(n_samples),
        "uniform": lambda: random.uniform(-1, 1, n_samples),
        "laplace": lambda: random.laplace(size=n_samples),
    }
    return torch.as_tensor(draw[law]())


ENTROPIES = {
    "gaussian": 0.5 * math.log(2 * math.pi * math.e),
    "uniform": math.log(2.0),
    "laplace": 1 + math.log(2.0),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("law", list(ENTROPIES))
def test_entropies_of_known_laws(law, dtype):
    y = random_samples(law, 40_000).to(dtype)[:, None]
    found = smooth_entropy(y, scale=0.15, width=0.04, step=0.02)
    assert_allclose(float(found[0]), ENTROPIES[law], atol=0.025)


def test_bias_at_the_edges_of_a_uniform_law_is_that_of_the_kernel():
    """Smoothing an edge with deviation s adds about ``s * integral of H(edge)`` to the entropy."""
    y = random_samples("uniform", 200_000)[:, None]
    wide, narrow = (
        float(smooth_entropy(y, scale=0.15, width=width, step=width / 4)[0]) - ENTROPIES["uniform"]
        for width in (0.12, 0.06)
    )
    assert_allclose(wide / narrow, 2.0, rtol=0.1)


def test_entropy_is_equivariant_to_scale():
    y = random_samples("laplace", 5000)[:, None]
    there = smooth_entropy(7.0 * y, scale=7.0 * 0.15)
    assert_allclose(there, smooth_entropy(y, scale=0.15) + math.log(7.0), atol=1e-10)


def test_repeated_values_have_finite_entropy():
    y = torch.zeros(1000, 2, dtype=torch.float64)
    assert torch.isfinite(smooth_entropy(y, scale=0.15)).all()


@pytest.mark.parametrize("seed", range(3))
def test_gradient_against_finite_differences(seed):
    y = torch.as_tensor(np.random.default_rng(seed).standard_normal((400, 3)), dtype=torch.float64)
    direction = torch.as_tensor(np.random.default_rng(seed + 9).standard_normal((400, 3)))
    y.requires_grad_(True)
    (gradient,) = torch.autograd.grad(smooth_entropy(y, scale=0.15).sum(), y)
    step = 1e-7 * direction
    ahead, behind = (smooth_entropy(y.detach() + s, scale=0.15).sum() for s in (step, -step))
    assert_allclose(float((gradient * direction).sum()), float(ahead - behind) / 2e-7, rtol=1e-4)


@pytest.mark.parametrize("block", [1, 1500, 2**20])
def test_blocks_of_columns_make_no_difference(block, monkeypatch):
    y = torch.as_tensor(np.random.default_rng(0).standard_normal((500, 7)) * np.logspace(-3, 9, 7))
    alone = [smooth_entropy(column[:, None], scale=0.15) for column in y.mT]
    monkeypatch.setattr("sklearn_symmetry.core.entropy.histogram.BLOCK", block)
    assert_allclose(smooth_entropy(y, scale=0.15), torch.cat(alone), rtol=1e-12)


def test_entropy_follows_its_device():
    """Tensors of the meta device, like those of a GPU, do not mix with others."""
    y = torch.empty(500, 7, device="meta", requires_grad=True)
    entropy = smooth_entropy(y, scale=0.15)
    assert entropy.device.type == "meta"
    assert torch.autograd.grad(entropy.sum(), y)[0].device.type == "meta"


def test_histogram_shares_every_sample_between_the_two_nearest_points():
    random = np.random.default_rng(0)
    index, share = random.integers(0, 5, 99), random.random(99)
    expected = np.bincount(index, 1 - share, 7) + np.bincount(index + 1, share, 7)
    found = _linear_histogram(torch.as_tensor(index), torch.as_tensor(share), 7)
    assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_compression_is_the_inverse_hyperbolic_sine(dtype):
    rows = torch.cat([torch.zeros(1), torch.logspace(-12, 12, 49)]).to(dtype)
    rows = torch.stack([rows, -rows])
    stretch = (0.15**2 + rows**2).sqrt()
    precise = torch.asinh(rows.double() / 0.15)
    found = _compressed(rows, stretch, 0.15)
    assert_allclose(found, precise, rtol=4 * torch.finfo(dtype).eps)


def gaussian_rep(covariance, mean=None, bound=None, grid=None):
    size = len(covariance)
    mean = torch.zeros(size, dtype=torch.float64) if mean is None else mean
    density = ClosedFormDensity(bound=bound)
    return Representation(
        torch.zeros(0, size), density, grid=grid, mean=mean, covariance=covariance
    )


def random_covariance(size, seed):
    factor = np.random.default_rng(seed).standard_normal((size, 2 * size))
    return torch.as_tensor(factor @ factor.T / size)


@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_full_conditional_divergence_vanishes_for_stationary_moments(boundary):
    lag = (torch.arange(7)[:, None] - torch.arange(7)).abs().double()
    lag = torch.minimum(lag, 7 - lag) if boundary == "circulant" else lag
    mean = torch.full((7,), 0.3, dtype=torch.float64)
    rep = gaussian_rep(torch.exp(-lag), mean, grid=Grid.of(7, boundary))
    divergence = rep.density.full_conditional_shift_divergence(rep)
    assert divergence.shape == (2, 7 if boundary == "circulant" else 6)
    assert_allclose(divergence, 0, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_full_conditional_divergence_is_the_chain_rule_of_the_gaussian_one(seed):
    """KL of joints minus KL of the others is the expected KL of the conditional."""
    covariance = random_covariance(5, seed)
    mean = torch.as_tensor(np.random.default_rng(seed).standard_normal(5))
    rep = gaussian_rep(covariance, mean)
    found = rep.density.full_conditional_shift_divergence(rep)[0]

    def kl(index):
        one, two = np.array(index), np.array(index) + 1
        a, b = covariance[np.ix_(one, one)], covariance[np.ix_(two, two)]
        step, inverse = mean[one] - mean[two], torch.linalg.inv(b)
        trace = torch.trace(inverse @ a) - len(one) + step @ inverse @ step
        return float(0.5 * (trace + torch.logdet(b) - torch.logdet(a)))

    everyone = list(range(4))
    expected = [kl(everyone) - kl([i for i in everyone if i != j]) for j in everyone]
    assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


DEPENDENT = {
    "repeated": np.eye(5)[[0, 1, 2, 3, 0]],
    "sum of the others": np.vstack([np.eye(5)[:4], [1, 1, 1, 1, 0]]),
    "constant": np.diag([1.0, 1.0, 1.0, 1.0, 0.0]),
    "one direction": np.ones((5, 5)),
}


@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("dependence", DEPENDENT)
def test_full_conditional_divergence_of_dependent_components_is_finite(dependence, boundary):
    mixing = torch.as_tensor(DEPENDENT[dependence])
    covariance = mixing @ random_covariance(5, 0) @ mixing.mT
    rep = gaussian_rep(covariance, bound=0.2, grid=Grid.of(5, boundary))
    divergence = rep.density.full_conditional_shift_divergence(rep)
    assert torch.isfinite(divergence).all()
    assert divergence.min() > -1e-6
    # Where one component is the others' and its neighbour is not, the two differ all they can.
    if dependence == "sum of the others" and boundary == "circulant":
        assert divergence.max() > 0.199


def test_bound_caps_divergences_and_leaves_small_ones():
    covariance = random_covariance(6, 0)
    plain, capped = gaussian_rep(covariance), gaussian_rep(covariance, bound=0.2)
    free = plain.density.conditional_shift_divergence(plain)
    bounded = capped.density.conditional_shift_divergence(capped)
    assert_allclose(bounded, 0.2 * (1 - torch.exp(-free / 0.2)))
    assert bounded.max() < 0.2
    small = gaussian_rep(torch.eye(6, dtype=torch.float64) * torch.linspace(1, 1.001, 6), bound=0.2)
    assert_allclose(
        small.density.marginal_shift_divergence(small),
        gaussian_rep(small.covariance).density.marginal_shift_divergence(small),
        rtol=1e-3,
        atol=1e-12,
    )


def test_uniformity_adds_the_full_conditionals_with_their_weight():
    rep = gaussian_rep(random_covariance(5, 3))
    full = rep.density.full_conditional_shift_divergence(rep).mean()
    assert_allclose(Uniformity(full=2.0)(rep) - Uniformity()(rep), 2 * full)


def test_pooled_divergence_is_the_gap_between_two_means_of_the_variances():
    """Arithmetic against geometric mean: zero for equal variances, and a slow drift adds up."""
    variance = torch.linspace(0.5, 3.0, 9, dtype=torch.float64)
    rep = gaussian_rep(torch.diag(variance))
    gap = 0.5 * (variance.mean().log() - variance.log().mean())
    assert_allclose(rep.density.pooled_divergence(rep).mean(), gap)
    assert_allclose(Uniformity(pooled=3.0)(rep) - Uniformity()(rep), 3 * gap)
    even = gaussian_rep(torch.eye(9, dtype=torch.float64))
    assert_allclose(even.density.pooled_divergence(even), 0, atol=1e-15)


def test_smooth_density_differs_from_the_closed_form_in_the_marginals_only():
    y = random_samples("gaussian", 4000).view(1000, 4)
    smooth, closed = SmoothDensity(0.15), ClosedFormDensity()
    rep = Representation(y, smooth)
    assert_allclose(
        smooth.conditional_shift_divergence(rep), closed.conditional_shift_divergence(rep)
    )
    assert_allclose(smooth.marginal_entropy(rep), smooth_entropy(y, scale=0.15))
