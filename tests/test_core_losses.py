# SPDX-License-Identifier: BSD-3-Clause
"""Loss terms: their ranges, their optima, their gradients, their sum."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.densities import ClosedFormDensity, MixtureDensity, SmoothDensity
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.losses import (
    PAPER_WEIGHTS,
    Alignment,
    Information,
    Resolution,
    SymmetryLoss,
    Uniformity,
)
from sklearn_symmetry.core.representation import Representation

dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
boundaries = pytest.mark.parametrize("boundary", ["open", "circulant"])
DENSITY = ClosedFormDensity()


def represent(y, rank_fraction=None, dtype=torch.float64, boundary="open"):
    y = torch.as_tensor(y, dtype=dtype)
    return Representation(y, DENSITY, rank_fraction, grid=Grid.of(y.shape[1], boundary))


def stationary_samples(n_samples, size, seed, boundary="open"):
    """Skewed, correlated and stationary: a moving average of exponential noise."""
    random = np.random.default_rng(seed)
    taps = np.array([0.5, 1.0, 0.7, 0.2])
    noise = random.exponential(size=(n_samples, size if boundary == "circulant" else size + 3))
    if boundary == "circulant":
        return sum(tap * np.roll(noise, k, axis=1) for k, tap in enumerate(taps))
    return sum(tap * noise[:, k : k + size] for k, tap in enumerate(taps))


# Representation


@dtypes
def test_representation_statistics_are_those_of_numpy(dtype):
    y = 3.0 + np.random.default_rng(0).standard_normal((200, 6)) @ np.diag(np.arange(1, 7))
    rep = represent(y, dtype=dtype)
    tolerance = 1e-4 if dtype == torch.float32 else 1e-10
    covariance = np.cov(y.T, bias=True)
    assert rep.n_powers == 6
    assert_allclose(rep.mean, y.mean(0), rtol=tolerance)
    assert_allclose(rep.covariance, covariance, rtol=tolerance, atol=tolerance)
    assert_allclose(rep.variance, y.var(0), rtol=tolerance)
    assert_allclose(rep.correlation, np.corrcoef(y.T), rtol=tolerance, atol=tolerance)
    assert_allclose(rep.eigenvalues, np.linalg.eigvalsh(covariance)[::-1], rtol=tolerance)


def test_representation_statistics_are_computed_once():
    rep = represent(np.random.default_rng(0).standard_normal((20, 3)))
    assert rep.covariance is rep.covariance
    assert rep.eigenvalues is rep.eigenvalues
    known = Representation(rep.y, DENSITY, mean=rep.mean, covariance=2 * rep.covariance)
    assert_allclose(known.eigenvalues, 2 * rep.eigenvalues)


def test_eigenvalues_of_a_singular_covariance_stay_positive():
    y = np.random.default_rng(0).standard_normal((50, 2))
    rep = represent(np.column_stack([y, y]), dtype=torch.float32)
    assert (rep.eigenvalues > 0).all()
    assert torch.isfinite(Information()(rep))


def test_non_finite_representation_gives_non_finite_terms_instead_of_an_error():
    y = np.random.default_rng(0).standard_normal((50, 3))
    y[3, 1] = np.nan
    _, values = SymmetryLoss()(represent(y))
    assert not any(math.isfinite(float(value)) for value in values.values())


# Terms


@dtypes
@boundaries
def test_alignment_is_minus_the_mean_neighbour_correlation(boundary, dtype):
    y = np.random.default_rng(1).standard_normal((300, 5)).cumsum(1)
    pairs = [(k, k + 1) for k in range(4)] + ([(4, 0)] if boundary == "circulant" else [])
    expected = -np.mean([np.corrcoef(y[:, j], y[:, k])[0, 1] for j, k in pairs])
    rep = represent(y, dtype=dtype, boundary=boundary)
    assert_allclose(Alignment()(rep), expected, rtol=1e-4)


@boundaries
def test_alignment_is_minus_one_for_equal_columns_up_to_scale_and_offset(boundary):
    column = np.random.default_rng(0).standard_normal((40, 1))
    y = column * [1.0, 2.0, 0.1, 5.0] + [0, 1, 2, 3]
    assert_allclose(Alignment()(represent(y, boundary=boundary)), -1.0)


@dtypes
@boundaries
@pytest.mark.parametrize("seed", range(3))
def test_uniformity_vanishes_for_the_truth_and_not_for_damaged_solutions(seed, boundary, dtype):
    size, n_samples = 9, 40_000
    y = stationary_samples(n_samples, size, seed, boundary)
    uniformity, options = Uniformity(), {"dtype": dtype, "boundary": boundary}
    truth = float(uniformity(represent(y, **options)))
    assert 0.0 <= truth < 2e-3
    random = np.random.default_rng(seed)
    basis = np.linalg.qr(random.standard_normal((size, size)))[0]
    swapped = np.arange(size)
    swapped[[2, 5]] = swapped[[5, 2]]
    flipped = np.where(np.arange(size) < 4, -1.0, 1.0)
    damaged = {
        "rotated": y @ basis,
        "two rows swapped": y[:, swapped],
        "permuted": y[:, random.permutation(size)],
        "some signs flipped": y * flipped,
        "one row louder": y * np.where(np.arange(size) == 3, 1.3, 1.0),
    }
    for name, representation in damaged.items():
        assert float(uniformity(represent(representation, **options))) > 10 * truth, name


def test_uniformity_does_not_see_reversal_or_a_common_scale():
    y = stationary_samples(500, 6, 0)
    uniformity = Uniformity()
    value = uniformity(represent(y))
    assert_allclose(uniformity(represent(y[:, ::-1].copy())), value)
    assert_allclose(uniformity(represent(-2.0 * y)), value)


def test_uniformity_of_two_columns_is_half_the_marginal_part():
    y = stationary_samples(500, 2, 0) * [1.0, 2.0]
    rep = represent(y)
    marginal = DENSITY.marginal_shift_divergence(rep).mean()
    assert_allclose(Uniformity()(rep), 0.5 * marginal)


@dtypes
def test_resolution_vanishes_for_independent_gaussians_and_grows_with_dependence(dtype):
    random = np.random.default_rng(0)
    noise = random.standard_normal((20_000, 5))
    resolution = Resolution()
    independent = float(resolution(represent(noise, dtype=dtype)))
    assert abs(independent) < 0.01
    previous = independent
    for coupling in (0.3, 0.6, 0.9):
        y = noise + coupling * np.roll(noise, 1, axis=1)
        value = float(resolution(represent(y, dtype=dtype)))
        assert value > previous
        previous = value
    assert_allclose(resolution(represent(7.0 * noise, dtype=dtype)), independent, atol=1e-4)


def test_resolution_of_a_gaussian_pair_is_half_its_mutual_information():
    random = np.random.default_rng(2)
    y = random.multivariate_normal(np.zeros(2), [[1.0, 0.8], [0.8, 1.0]], 50_000)
    assert_allclose(Resolution()(represent(y)), -0.25 * math.log(1 - 0.64), atol=0.01)


@dtypes
@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_information_falls_with_the_logarithm_of_the_scale(scale, dtype):
    y = stationary_samples(1000, 5, 0)
    for rank_fraction in (None, 0.5):
        value = Information()(represent(y, rank_fraction, dtype))
        scaled = Information()(represent(scale * y, rank_fraction, dtype))
        assert_allclose(scaled, value - math.log(scale), atol=1e-4)


@pytest.mark.parametrize("rank_fraction", [None, 0.5])
@boundaries
def test_every_term_has_the_right_gradient(boundary, rank_fraction):
    y = torch.as_tensor(stationary_samples(40, 4, 1)).requires_grad_()
    for term in (Alignment(), Uniformity(), Resolution(), Information()):
        assert torch.autograd.gradcheck(
            lambda y, term=term: term(represent(y, rank_fraction, boundary=boundary)),
            y,
            eps=1e-7,
            atol=1e-5,
        )


# Total


def test_total_is_the_weighted_sum_with_the_weights_of_the_paper():
    rep = represent(stationary_samples(200, 5, 0), 0.7)
    total, values = SymmetryLoss()(rep)
    assert list(values) == ["alignment", "uniformity", "resolution", "information"]
    expected = values["alignment"] + 2 * values["uniformity"]
    assert_allclose(total, expected + values["resolution"] + values["information"])
    weights = {"alignment": 0.5, "uniformity": 0.0, "resolution": 3.0, "information": -1.0}
    total, values = SymmetryLoss(weights)(rep)
    assert_allclose(total, sum(weights[name] * float(values[name]) for name in weights))


def test_dropped_term_is_reported_but_has_no_gradient():
    y = torch.as_tensor(stationary_samples(50, 4, 0)).requires_grad_()
    weights = {**PAPER_WEIGHTS, "resolution": 0.0}
    total, values = SymmetryLoss(weights)(Representation(y, DENSITY))
    assert total.requires_grad
    assert not values["resolution"].requires_grad
    assert values["resolution"] != 0.0


def test_a_new_term_is_one_class():
    class Smoothness:
        name = "smoothness"

        def __call__(self, rep):
            return ((rep.y[:, 1:] - rep.y[:, :-1]) ** 2).mean()

    loss = SymmetryLoss(
        {"information": 1.0, "smoothness": 2.0}, terms=(Information(), Smoothness())
    )
    total, values = loss(represent(stationary_samples(50, 4, 0)))
    assert_allclose(total, values["information"] + 2 * values["smoothness"])


@pytest.mark.parametrize("rank_fraction", [None, 0.5])
def test_terms_of_several_representations_are_those_of_each(rank_fraction):
    parts = [represent(stationary_samples(50, 5, seed), rank_fraction) for seed in range(3)]
    names = ("y", "mean", "covariance", "eigenvalues", "loadings")
    known = {name: torch.stack([getattr(part, name) for part in parts]) for name in names}
    smooth, y = SmoothDensity(0.15, bound=0.3), known.pop("y")
    terms = (Alignment(), Uniformity(full=1.0, pooled=1.0), Resolution(), Information())
    total, values = SymmetryLoss(terms=terms)(Representation(y, smooth, rank_fraction, **known))
    for number, part in enumerate(parts):
        part.density = smooth
        alone, expected = SymmetryLoss(terms=terms)(part)
        assert_allclose(total[number], alone, rtol=1e-9)
        for name, value in expected.items():
            assert_allclose(values[name][number], value, rtol=1e-9)


def test_a_term_that_mixes_representations_is_named():
    class Mixed(Alignment):
        def __call__(self, rep):
            return super().__call__(rep).mean()

    part = represent(stationary_samples(50, 4, 0))
    several = {name: getattr(part, name).expand(2, 4) for name in ("mean", "eigenvalues")}
    several["covariance"] = part.covariance.expand(2, 4, 4)
    rep = Representation(part.y.expand(2, 50, 4), DENSITY, **several)
    loss = SymmetryLoss({"alignment": 1.0}, terms=(Mixed(),))
    assert loss(part)[0].ndim == 0
    with pytest.raises(ValueError, match=r"alignment term is of shape \(\).*the last axes only"):
        loss(rep)


def test_weights_and_terms_must_match():
    with pytest.raises(ValueError, match="weights for"):
        SymmetryLoss({"alignment": 1.0})


def test_the_grid_of_the_representation_reaches_the_terms():
    y = stationary_samples(5000, 7, 0, "circulant")
    y = np.roll(y, 3, axis=1)
    loss = SymmetryLoss()
    _, closed = loss(represent(y, boundary="circulant"))
    _, rolled = loss(represent(np.roll(y, 2, axis=1), boundary="circulant"))
    assert_allclose(closed["uniformity"], rolled["uniformity"])
    assert_allclose(closed["alignment"], rolled["alignment"])
    _, opened = loss(represent(y))
    assert abs(float(opened["uniformity"] - closed["uniformity"])) > 0


def test_all_terms_work_with_the_mixture_density():
    density = MixtureDensity(4, hidden_factor=2, generator=torch.Generator().manual_seed(0))
    y = torch.as_tensor(stationary_samples(60, 4, 0), dtype=torch.float32).requires_grad_()
    total, values = SymmetryLoss()(Representation(y, density, 0.5))
    (gradient,) = torch.autograd.grad(total, y)
    assert torch.isfinite(gradient).all()
    assert (values["uniformity"] >= 0).all()
