# SPDX-License-Identifier: BSD-3-Clause
"""Densities: closed forms against Monte Carlo, mixtures against laws they must learn."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.densities import ClosedFormDensity, MixtureDensity, TabulatedDensity
from sklearn_symmetry.core.densities.mixture import ConditionalMixture, MarginalMixture
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.representation import Representation

GAUSSIAN = 0.5 * (math.log(2 * math.pi) + 1)
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
boundaries = pytest.mark.parametrize("boundary", ["open", "circulant"])


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def gaussian_law(size, seed):
    """Mean and covariance of a Gaussian without any symmetry."""
    random = np.random.default_rng(seed)
    factor = random.standard_normal((size, size)) / math.sqrt(size)
    return random.standard_normal(size), factor @ factor.T + 0.5 * np.eye(size)


def gaussian_representation(mean, covariance, density=None, dtype=torch.float64, grid=None):
    mean = torch.as_tensor(mean, dtype=dtype)
    covariance = torch.as_tensor(covariance, dtype=dtype)
    samples = torch.zeros(0, len(mean), dtype=dtype)
    return Representation(samples, density, grid=grid, mean=mean, covariance=covariance)


def log_normal_density(values, mean, variance):
    return -0.5 * (np.log(2 * np.pi * variance) + (values - mean) ** 2 / variance)


def shifted_pairs(size, step, boundary):
    """Pairs (j, i) in the order of the results, for the direction `step`."""
    last = size if boundary == "circulant" else size - 1
    pairs = [(j, i) for j in range(last) for i in range(last) if i != j]
    if step == 1:
        return [((j, i), ((j + 1) % size, (i + 1) % size)) for j, i in pairs]
    return [(((j + 1) % size, (i + 1) % size), (j, i)) for j, i in pairs]


# Closed form


@dtypes
@boundaries
def test_marginal_divergence_is_that_of_gaussians(boundary, dtype):
    mean, covariance = gaussian_law(5, 0)
    random = np.random.default_rng(1)
    rep = gaussian_representation(mean, covariance, dtype=dtype, grid=Grid.of(5, boundary))
    result = ClosedFormDensity().marginal_shift_divergence(rep)
    assert result.shape == (2, 5 if boundary == "circulant" else 4)
    variance = np.diag(covariance)
    for k in range(result.shape[1]):
        for row, (here, there) in enumerate([(k, (k + 1) % 5), ((k + 1) % 5, k)]):
            y = mean[here] + math.sqrt(variance[here]) * random.standard_normal(400_000)
            ratio = log_normal_density(y, mean[here], variance[here])
            ratio -= log_normal_density(y, mean[there], variance[there])
            error = ratio.std() / math.sqrt(len(y))
            assert abs(float(result[row, k]) - ratio.mean()) < 5 * error + 1e-5


@dtypes
@boundaries
@pytest.mark.parametrize("seed", range(2))
def test_conditional_divergence_is_the_expectation_over_the_condition(seed, boundary, dtype):
    mean, covariance = gaussian_law(4, seed)
    random = np.random.default_rng(seed)
    y = random.multivariate_normal(mean, covariance, 200_000)
    rep = gaussian_representation(mean, covariance, dtype=dtype, grid=Grid.of(4, boundary))
    result = ClosedFormDensity().conditional_shift_divergence(rep)

    def log_conditional(j, i, target, given):
        slope = covariance[j, i] / covariance[i, i]
        spread = covariance[j, j] - slope * covariance[i, j]
        return log_normal_density(target, mean[j] + slope * (given - mean[i]), spread)

    for row, step in enumerate((1, -1)):
        pairs = shifted_pairs(4, step, boundary)
        assert result.shape == (2, len(pairs))
        for value, ((j, i), (j_, i_)) in zip(result[row], pairs, strict=True):
            ratio = log_conditional(j, i, y[:, j], y[:, i])
            ratio = ratio - log_conditional(j_, i_, y[:, j], y[:, i])
            error = ratio.std() / math.sqrt(len(y))
            assert abs(float(value) - ratio.mean()) < 5 * error + 1e-5


@boundaries
def test_closed_form_divergences_have_the_right_gradients(boundary):
    density = ClosedFormDensity()
    mean, covariance = gaussian_law(4, 3)
    mean = torch.as_tensor(mean).requires_grad_()
    factor = torch.linalg.cholesky(torch.as_tensor(covariance)).requires_grad_()
    for divergence in (density.marginal_shift_divergence, density.conditional_shift_divergence):

        def of_parameters(mean, factor, divergence=divergence):
            samples = torch.zeros(0, 4, dtype=mean.dtype)
            known = {"mean": mean, "covariance": factor @ factor.T}
            return divergence(Representation(samples, density, grid=Grid.of(4, boundary), **known))

        assert torch.autograd.gradcheck(of_parameters, (mean, factor))


@dtypes
def test_divergences_vanish_exactly_for_stationary_second_moments(dtype):
    lags = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    rep = gaussian_representation(np.full(9, 0.7), 0.8**lags, dtype=dtype)
    density = ClosedFormDensity()
    assert_allclose(density.marginal_shift_divergence(rep), 0.0, atol=1e-6)
    assert_allclose(density.conditional_shift_divergence(rep), 0.0, atol=1e-6)
    # The same process is none of a ring, and the divergences on one say so; a circulant one is.
    ring = {"dtype": dtype, "grid": Grid.ring(9)}
    rep = gaussian_representation(np.full(9, 0.7), 0.8**lags, **ring)
    assert density.conditional_shift_divergence(rep).mean() > 0.01
    rep = gaussian_representation(np.full(9, 0.7), 0.8 ** np.minimum(lags, 9 - lags), **ring)
    assert_allclose(density.conditional_shift_divergence(rep), 0.0, atol=1e-6)


def test_divergences_are_invariant_to_one_common_scale_and_offset():
    mean, covariance = gaussian_law(6, 5)
    density = ClosedFormDensity()
    rep = gaussian_representation(mean, covariance)
    other = gaussian_representation(3.0 * mean + 1.0, 9.0 * covariance)
    for name in ("marginal_shift_divergence", "conditional_shift_divergence"):
        assert_allclose(getattr(density, name)(other), getattr(density, name)(rep), rtol=1e-9)


def test_perfectly_dependent_columns_have_finite_divergences():
    column = torch.randn(200, 1, generator=seeded(0))
    rep = Representation(torch.cat([column, 2 * column, -column, column], 1), None)
    density = ClosedFormDensity()
    assert torch.isfinite(density.conditional_shift_divergence(rep)).all()


@boundaries
def test_two_columns_have_no_open_conditional_divergence(boundary):
    y = torch.randn(50, 2, generator=seeded(0))
    rep = Representation(y, None, grid=Grid.of(2, boundary))
    expected = 4 if boundary == "circulant" else 0
    assert ClosedFormDensity().conditional_shift_divergence(rep).numel() == expected


# Mixtures


def train_density(density, draw, steps=400, rate=0.02):
    """Minimise the estimators' own loss on fresh batches."""
    optimizer = torch.optim.Adam(density.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        density.training_loss(Representation(draw(), density)).backward()
        optimizer.step()


@dtypes
@pytest.mark.parametrize("seed", range(2))
def test_mixture_densities_integrate_to_one(seed, dtype):
    marginal = MarginalMixture(3, generator=seeded(seed)).to(dtype)
    conditional = ConditionalMixture(3, hidden_factor=4, generator=seeded(seed)).to(dtype)
    with torch.no_grad():
        for parameter in [*marginal.parameters(), *conditional.parameters()]:
            parameter += 0.5 * torch.randn(parameter.shape, generator=seeded(seed), dtype=dtype)
        # The smallest standard deviation is exp(-4.5 / 2), the largest exp(4.5 / 2).
        grid = torch.linspace(-80, 80, 16001, dtype=dtype)
        values = grid[:, None].expand(-1, 3)
        total = torch.exp(marginal.log_density(values)).sum(0) * 0.01
        assert_allclose(total, 1.0, rtol=1e-4)
        for slot in range(3):
            given = torch.full_like(grid, 0.4 * slot)
            slots = torch.full((len(grid),), slot)
            total = torch.exp(conditional.log_density(values, given, slots)).sum(0) * 0.01
            assert_allclose(total, 1.0, rtol=1e-4)


def test_mixture_parameters_are_bounded_as_in_the_paper():
    marginal = MarginalMixture(2, generator=seeded(0))
    with torch.no_grad():
        marginal.logits[0] = 1e3
        marginal.log_variances.fill_(-1e3)
        peak = marginal.log_density(marginal.means[0][None])
    weight = math.exp(4.5) / (math.exp(4.5) + 3)
    assert_allclose(peak, math.log(weight) - 0.5 * (math.log(2 * math.pi) - 4.5), atol=1e-3)
    conditional = ConditionalMixture(2, generator=seeded(0))
    with torch.no_grad():
        conditional.biases_out.fill_(1e3)
        log_weights, means, log_variances = conditional(torch.zeros(1), torch.tensor([1]))
    assert_allclose(log_weights, math.log(0.25), rtol=1e-5)
    assert_allclose(means, 1e3, rtol=1e-5)
    assert_allclose(log_variances, 3.5)


def test_conditional_networks_see_one_column_and_which_one_it_is():
    conditional = ConditionalMixture(3, generator=seeded(0))
    values = torch.randn(5, 3, generator=seeded(1))
    given = values[:, 0]
    with torch.no_grad():
        one = conditional.log_density(values, given, torch.zeros(5, dtype=torch.int64))
        two = conditional.log_density(values, given, torch.ones(5, dtype=torch.int64))
        assert (one != two).all()
        # Equal to the network on the masked sample.
        masked = torch.zeros(5, 3)
        masked[:, 1] = given
        hidden = masked @ conditional.weights_in[1] + conditional.biases_in[1]
        hidden = torch.where(hidden > 0, hidden, 0.2 * hidden)
        means = hidden @ conditional.weights_out[1] + conditional.biases_out[1]
        expected = conditional(given, torch.ones(5, dtype=torch.int64))[1]
    assert_allclose(means.view(5, 4, 3), expected, rtol=1e-5, atol=1e-6)


def test_conditional_networks_have_the_size_of_the_paper():
    conditional = ConditionalMixture(7, generator=seeded(0))
    assert conditional.weights_in.shape == (3, 7, 16 * 7)
    assert conditional.weights_out.shape == (3, 16 * 7, 4 * 7)
    bound = math.sqrt(6 / (7 + 16 * 7))
    assert 0.9 * bound < conditional.weights_in.abs().max() <= bound
    with torch.no_grad():
        matrices = [*conditional.weights_in, *conditional.weights_out]
        expected = sum(np.linalg.norm(matrix) for matrix in matrices)
        assert_allclose(conditional.weight_norm(), expected, rtol=1e-6)


def test_trained_marginals_match_a_gaussian_and_a_mixture():
    random = seeded(2)

    def draw():
        noise = torch.randn(512, 2, generator=random)
        side = torch.randint(0, 2, (512,), generator=random) * 4.0 - 2.0
        return torch.stack([1.0 + 2.0 * noise[:, 0], side + 0.5 * noise[:, 1]], 1)

    density = MixtureDensity(2, hidden_factor=4, generator=seeded(0))
    train_density(density, draw)
    grid = torch.linspace(-9, 9, 1801)[:, None].expand(-1, 2)
    with torch.no_grad():
        learned = torch.exp(density.marginal.log_density(grid)).numpy()
    x = grid[:, 0].numpy()
    gaussian = np.exp(log_normal_density(x, 1.0, 4.0))
    mixture = 0.5 * np.exp(log_normal_density(x, -2.0, 0.25))
    mixture += 0.5 * np.exp(log_normal_density(x, 2.0, 0.25))
    assert np.abs(learned[:, 0] - gaussian).sum() * 0.01 < 0.1
    assert np.abs(learned[:, 1] - mixture).sum() * 0.01 < 0.1


def test_trained_conditionals_match_a_correlated_pair():
    random = seeded(3)

    def draw(size=512):
        one = torch.randn(size, generator=random)
        two = 0.8 * one + 0.6 * torch.randn(size, generator=random)
        return torch.stack([one, two], 1)

    density = MixtureDensity(2, generator=seeded(1))
    train_density(density, draw, rate=0.01)
    grid = torch.linspace(-4, 4, 801)
    with torch.no_grad():
        for slot, given in [(0, -1.0), (0, 0.5), (1, 0.0), (1, 1.0)]:
            slots = torch.full((801,), slot)
            condition = torch.full((801,), given)
            values = grid[:, None].expand(-1, 2)
            learned = density.conditional.log_density(values, condition, slots)[:, 1 - slot]
            expected = np.exp(log_normal_density(grid.numpy(), 0.8 * given, 0.36))
            assert np.abs(learned.exp().numpy() - expected).sum() * 0.01 < 0.15
        batch = draw(20000)
        rep = Representation(batch, density)
        assert_allclose(density.marginal_entropy(rep), GAUSSIAN, atol=0.03)
        entropies = 2 * GAUSSIAN + math.log(0.6)
        assert_allclose(density.training_loss(rep, penalty=0.0), entropies, atol=0.05)


@boundaries
@pytest.mark.parametrize("n_samples", [30, 31, 34])
def test_mixture_divergences_are_the_batch_means_of_the_paper(n_samples, boundary):
    """Equations 28 and 29 written as loops."""
    size = 5
    density = MixtureDensity(size, hidden_factor=2, generator=seeded(n_samples))
    y = torch.randn(n_samples, size, generator=seeded(1))
    rep = Representation(y, density, grid=Grid.of(size, boundary))
    slots = torch.arange(n_samples) % size

    def marginal(k, values):
        return density.marginal.log_density(values[:, None].expand(-1, size))[:, k]

    def conditional(j, i, target, given):
        everywhere = torch.full((len(given),), i)
        values = target[:, None].expand(-1, size)
        return density.conditional.log_density(values, given, everywhere)[:, j]

    with torch.no_grad():
        result = density.marginal_shift_divergence(rep)
        for k in range(result.shape[1]):
            for row, (here, there) in enumerate([(k, (k + 1) % size), ((k + 1) % size, k)]):
                ratio = marginal(here, y[:, here]) - marginal(there, y[:, here])
                assert_allclose(result[row, k], max(0.0, float(ratio.mean())), atol=1e-6)
        result = density.conditional_shift_divergence(rep)
        for row, step in enumerate((1, -1)):
            pairs = shifted_pairs(size, step, boundary)
            for value, ((j, i), (j_, i_)) in zip(result[row], pairs, strict=True):
                batch = y[slots == i]
                ratio = conditional(j, i, batch[:, j], batch[:, i])
                ratio = ratio - conditional(j_, i_, batch[:, j], batch[:, i])
                assert_allclose(value, max(0.0, float(ratio.mean())), atol=1e-5)


def exact_mixture(deviations, correlation):
    """Estimators that hold a Gaussian law of equal correlations exactly.

    The difference of two leaky rectifiers is linear, so a network can have any linear mean; with
    equal correlations the conditional variance is that of the target alone.
    """
    size = len(deviations)
    density = MixtureDensity(size, hidden_factor=2, generator=seeded(0)).double()
    slopes = correlation * deviations[:, None] / deviations  # [j, i]
    spread = deviations**2 * (1 - correlation**2)
    with torch.no_grad():
        for parameter in density.parameters():
            parameter.zero_()
        density.marginal.log_variances[:] = torch.as_tensor(2 * np.log(deviations))
        networks = density.conditional
        for i in range(size):
            networks.weights_in[1, i, 2 * i : 2 * i + 2] = torch.tensor([1.0, -1.0])
            slope = torch.as_tensor(slopes[:, i] / (1 + networks.slope)).repeat(4)
            networks.weights_out[1, 2 * i] = slope
            networks.weights_out[1, 2 * i + 1] = -slope
        logs = np.arctanh(np.log(spread) / networks.scale)
        networks.biases_out[2, 0] = torch.as_tensor(logs).repeat(4)
    return density


@boundaries
@pytest.mark.parametrize("correlation", [0.0, 0.6, -0.3])
def test_mixture_divergences_match_the_closed_form(correlation, boundary):
    """Batch means of log ratios against the divergences of the Gaussian law itself."""
    deviations = np.array([1.0, 0.6, 1.5, 1.1])
    covariance = correlation * np.outer(deviations, deviations)
    np.fill_diagonal(covariance, deviations**2)
    density = exact_mixture(deviations, correlation)
    y = np.random.default_rng(0).multivariate_normal(np.zeros(4), covariance, 200_000)
    grid = Grid.of(4, boundary)
    rep = Representation(torch.as_tensor(y), density, grid=grid)
    law = gaussian_representation(np.zeros(4), covariance, grid=grid)
    with torch.no_grad():
        assert_allclose(density.marginal_entropy(rep), GAUSSIAN + np.log(deviations), atol=0.01)
        for name in ("marginal_shift_divergence", "conditional_shift_divergence"):
            estimate = getattr(density, name)(rep)
            expected = getattr(ClosedFormDensity(), name)(law)
            assert expected.max() > 0.3
            assert_allclose(estimate, expected, rtol=0.05, atol=0.01)


def test_mixture_computes_its_log_densities_once_per_representation():
    density = MixtureDensity(4, hidden_factor=2, generator=seeded(0))
    calls = []
    density.conditional.register_forward_hook(lambda *_: calls.append(1))
    rep = Representation(torch.randn(40, 4, generator=seeded(1)), density)
    density.conditional_shift_divergence(rep)
    density.training_loss(rep)
    density.marginal_entropy(rep)
    assert len(calls) == 3


def test_mixture_is_the_same_for_the_same_seed_and_leaves_the_global_one_alone():
    state = torch.random.get_rng_state()
    one, two = (MixtureDensity(3, generator=seeded(7)) for _ in range(2))
    other = MixtureDensity(3, generator=seeded(8))
    for first, second in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(first, second)
    assert not torch.equal(one.marginal.means, other.marginal.means)
    assert torch.equal(torch.random.get_rng_state(), state)


@boundaries
def test_no_constant_of_a_density_stays_on_the_cpu(boundary):
    """Tensors of the meta device, like those of a GPU, do not mix with others."""
    y = torch.empty(40, 5, device="meta", requires_grad=True)
    mixture = MixtureDensity(5, generator=seeded(0)).to("meta")
    for density in (ClosedFormDensity(), mixture):
        rep = Representation(y, density, grid=Grid.of(5, boundary))
        value = density.marginal_shift_divergence(rep).sum()
        value = value + density.conditional_shift_divergence(rep).sum()
        assert torch.autograd.grad(value, y, retain_graph=True)[0].device.type == "meta"
    assert mixture.training_loss(rep).device.type == "meta"


# Tables of the networks


def spread_out(density, seed):
    """Move every parameter away from its start, some beyond the clips, one unit to no input."""
    random = seeded(seed)
    with torch.no_grad():
        for parameter in density.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=random).to(parameter)
        density.marginal.logits[0, 0] = 6.0
        density.marginal.log_variances[1, 0] = -6.0
        density.conditional.weights_in[:, :, 1] = 0.0
    return density


@dtypes
@boundaries
@pytest.mark.parametrize("size, n_samples", [(7, 300), (7, 601), (4, 61), (2, 30)])
def test_tables_give_values_and_gradients_of_the_plain_evaluation(size, n_samples, boundary, dtype):
    pytest.importorskip("numba")
    random = seeded(size)
    mixture = MixtureDensity(size, hidden_factor=3, generator=random)
    mixture = spread_out(mixture, 1).to(dtype)
    data = 2.0 * torch.randn(size, n_samples, generator=random).to(dtype)
    found = []
    for density in (mixture, TabulatedDensity(mixture)):
        factor = torch.eye(size, dtype=dtype).add(0.2).requires_grad_()
        rep = Representation((factor @ data).mT, density, grid=Grid.of(size, boundary))
        values = [density.marginal_entropy(rep), density.marginal_shift_divergence(rep)]
        values.append(density.conditional_shift_divergence(rep))
        loss = density.training_loss(rep, 0.01)
        # Every value with a weight of its own.
        total = sum((torch.linspace(1, 2, part.numel()).to(part) * part.flatten()).sum()
                    for part in values)  # fmt: skip
        gradients = torch.autograd.grad(total, [factor], retain_graph=True)
        gradients += torch.autograd.grad(loss, list(density.parameters()))
        found.append([part.detach() for part in (*values, loss, *gradients)])
    tolerance = 1e-5 if dtype == torch.float32 else 1e-7
    for plain, table in zip(*found, strict=True):
        assert table.dtype == dtype
        assert plain.shape == table.shape
        if plain.numel():
            scale = float(plain.abs().max()) + 1e-3
            assert_allclose(table / scale, plain / scale, atol=tolerance)


def test_tables_keep_a_nan():
    pytest.importorskip("numba")
    density = TabulatedDensity(MixtureDensity(3, generator=seeded(0)))
    y = torch.randn(30, 3, generator=seeded(1))
    y[4, 1] = torch.nan
    entropy = density.marginal_entropy(Representation(y, density))
    assert torch.isnan(entropy).tolist() == [False, True, False]


def test_tables_are_for_one_axis():
    pytest.importorskip("numba")
    density = TabulatedDensity(MixtureDensity(4, generator=seeded(0)))
    rep = Representation(torch.randn(20, 4), density, grid=Grid((2, 2), (False, False)))
    with pytest.raises(ValueError, match="for one axis; the grid has 2"):
        density.marginal_entropy(rep)
