# SPDX-License-Identifier: BSD-3-Clause
"""Third-order cumulants: closed forms, how they turn, and what their divergence sees."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core import cumulants as module
from sklearn_symmetry.core.cumulants import (
    fourth_cumulant_modes,
    fourth_order_divergence,
    rotated,
    rotated_modes,
    third_cumulants,
    third_order_divergence,
)
from sklearn_symmetry.core.densities import ClosedFormDensity
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.losses import Uniformity
from sklearn_symmetry.core.representation import Representation
from sklearn_symmetry.datasets import make_symmetric_signals

dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
boundaries = pytest.mark.parametrize("boundary", ["open", "circulant"])


def skewed(n_samples, size, seed=0, dtype=torch.float64):
    random = np.random.default_rng(seed)
    mix = random.standard_normal((size, size))
    return torch.as_tensor(random.exponential(size=(n_samples, size)) @ mix, dtype=dtype)


def orthogonal(size, seed=0):
    return torch.as_tensor(np.linalg.qr(np.random.default_rng(seed).standard_normal([size] * 2))[0])


@pytest.mark.parametrize("seed", range(3))
def test_independent_exponential_columns_have_cumulants_of_two_on_the_diagonal(seed):
    samples = torch.as_tensor(np.random.default_rng(seed).exponential(size=(200_000, 3)))
    expected = torch.zeros(3, 3, 3)
    expected[range(3), range(3), range(3)] = 2.0
    assert_allclose(third_cumulants(samples), expected, atol=0.15)


def test_gaussian_samples_have_none():
    samples = torch.as_tensor(np.random.default_rng(0).standard_normal((200_000, 4)))
    assert_allclose(third_cumulants(samples @ orthogonal(4) + 5.0), np.zeros((4, 4, 4)), atol=0.02)


@dtypes
def test_cumulants_are_symmetric_and_ignore_an_offset(dtype):
    samples = skewed(500, 4, dtype=dtype)
    found = third_cumulants(samples)
    assert found.dtype == dtype
    tolerance = {"rtol": 1e-3, "atol": 1e-3 * float(found.abs().max())}
    for order in [(1, 0, 2), (2, 1, 0), (0, 2, 1)]:
        assert_allclose(found.permute(order), found, **tolerance)
    assert_allclose(third_cumulants(samples + 3.0), found, **tolerance)


def test_chunks_of_samples_do_not_change_the_result(monkeypatch):
    samples = skewed(101, 3)
    whole = third_cumulants(samples)
    monkeypatch.setattr(module, "CHUNK", 90)
    assert_allclose(third_cumulants(samples), whole, rtol=1e-12)


@dtypes
@pytest.mark.parametrize("rows", [2, 4, 6])
def test_cumulants_of_a_representation_follow_from_those_of_the_samples(rows, dtype):
    samples = skewed(300, 4, dtype=dtype)
    matrix = torch.as_tensor(np.random.default_rng(1).standard_normal((rows, 4)), dtype=dtype)
    expected = third_cumulants(samples @ matrix.mT)
    scale = float(expected.abs().max())
    found = rotated(third_cumulants(samples), matrix)
    assert_allclose(found / scale, expected / scale, atol=1e-4 if dtype == torch.float32 else 1e-12)


def test_several_matrices_are_applied_at_once():
    given = third_cumulants(skewed(300, 4))
    matrices = torch.stack([orthogonal(4, seed) for seed in range(3)])
    expected = torch.stack([rotated(given, matrix) for matrix in matrices])
    assert_allclose(rotated(given, matrices), expected, rtol=1e-12)
    divergences = torch.stack([third_order_divergence(one, given) for one in expected])
    assert_allclose(third_order_divergence(expected, given), divergences)


@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_modes_are_rotated_as_every_one_of_them(leading, dtype, rtol):
    random = np.random.default_rng(4)
    modes = torch.as_tensor(random.normal(size=(5, 4, 4))).to(dtype)
    modes = modes + modes.mT
    matrices = torch.as_tensor(random.normal(size=(*leading, 3, 4))).to(dtype)
    expected = np.einsum("...ia,qab,...jb->...qij", matrices, modes, matrices)
    assert_allclose(rotated_modes(modes, matrices), expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 1e-4), (torch.float64, 1e-10)])
@pytest.mark.parametrize("order", ["third", "fourth"])
def test_gradients_are_those_of_the_plain_sums(order, leading, dtype, rtol):
    """In the matrices, and in the cumulants where these come from the samples themselves."""
    random = np.random.default_rng(5)

    def tensor(*shape):
        return torch.as_tensor(random.normal(size=shape)).to(dtype)

    matrices = [tensor(*leading, 3, 4).requires_grad_() for _ in range(2)]
    if order == "third":
        given = third_cumulants(skewed(50, 4, dtype=dtype)).requires_grad_()
        found = third_order_divergence(*(rotated(given, matrix) for matrix in matrices))
        here, before = (
            torch.einsum("...ia,...jb,...kc,abc->...ijk", matrix, matrix, matrix, given)
            for matrix in matrices
        )
        expected, known = (here - before).square().sum((-3, -2, -1)) / 12, [given]
    else:
        modes, strengths, known = tensor(5, 4, 4), tensor(5), []
        modes = modes + modes.mT
        found = fourth_order_divergence(strengths, *(rotated_modes(modes, m) for m in matrices))
        here, before = (
            torch.einsum("q,...ia,...jb,qab,...kc,...ld,qcd->...ijkl",
                         strengths, matrix, matrix, modes, matrix, matrix, modes)
            for matrix in matrices
        )  # fmt: skip
        expected = (here - before).square().sum((-4, -3, -2, -1)) / 48
    assert found.dtype == dtype
    assert_allclose(found.detach(), expected.detach(), rtol=rtol)
    weights = 1.0 + torch.arange(found.numel()).view(found.shape)
    every = [
        torch.autograd.grad((weights * value).sum(), [*matrices, *known])
        for value in (found, expected)
    ]
    for one, other in zip(*every, strict=True):
        assert_allclose(one, other, rtol=rtol, atol=rtol * float(other.abs().max()))


@boundaries
def test_divergence_is_the_sum_over_all_shifted_entries(boundary):
    given = third_cumulants(skewed(300, 4)).numpy()
    size, expected = (4 if boundary == "circulant" else 3), 0.0
    for i, j, k in np.ndindex(size, size, size):
        shifted = given[(i + 1) % 4, (j + 1) % 4, (k + 1) % 4]
        expected += (shifted - given[i, j, k]) ** 2 / 12
    windows = Grid.of(4, boundary).predecessors(torch.as_tensor(given), n_indices=3)
    assert_allclose(third_order_divergence(*windows), expected)


def test_edgeworth_divergence_of_gamma_laws_matches_the_exact_one():
    """Two standardised gamma laws of large shape: KL to lowest order in their skewness."""
    from scipy.integrate import quad
    from scipy.stats import gamma

    shapes = (400.0, 900.0)
    laws = [gamma(shape, loc=-np.sqrt(shape), scale=1 / np.sqrt(shape)) for shape in shapes]
    exact = quad(
        lambda x: laws[0].pdf(x) * (laws[0].logpdf(x) - laws[1].logpdf(x)), -8, 8, limit=200
    )[0]
    one, other = (torch.full((1, 1, 1), 2 / np.sqrt(shape)) for shape in shapes)
    assert_allclose(third_order_divergence(one, other), exact, rtol=0.2)


@boundaries
def test_stationary_cumulants_have_no_divergence_and_reversed_ones_the_same(boundary):
    random = np.random.default_rng(0)
    kernel = random.standard_normal((7, 7))
    i, j, k = np.indices((5, 5, 5))
    modulus, grid = 5 if boundary == "circulant" else 7, Grid.of(5, boundary)
    stationary = torch.as_tensor(kernel[(j - i) % modulus, (k - i) % modulus])

    def divergence(given):
        return third_order_divergence(*grid.predecessors(given, n_indices=3))

    assert_allclose(divergence(stationary), 0, atol=1e-20)
    given = third_cumulants(skewed(300, 5))
    assert_allclose(divergence(given.flip(0, 1, 2)), divergence(given))


@pytest.mark.parametrize("seed", range(3))
def test_a_representation_whitens_its_cumulants_and_takes_known_ones(seed):
    samples = skewed(400, 5, seed)
    samples = samples - samples.mean(0)
    values, axes = torch.linalg.eigh(samples.mT @ samples / 400)
    principal = samples @ axes
    turn = orthogonal(5, seed)
    rep = Representation(principal @ turn.mT, ClosedFormDensity())
    expected = rotated(third_cumulants(principal / values.sqrt()), turn)
    assert_allclose(rep.whitened_cumulants, expected, rtol=1e-6, atol=1e-9)
    known = Representation(rep.y, ClosedFormDensity(), whitened_cumulants=2 * expected)
    one, two = (r.density.third_order_shift_divergence(r) for r in (rep, known))
    assert_allclose(two, 4 * one, rtol=1e-5)
    with_third, without = Uniformity(third=0.5)(rep), Uniformity()(rep)
    assert_allclose(with_third - without, 0.5 * one, rtol=1e-6)


@boundaries
def test_third_order_uniformity_has_the_right_gradient(boundary):
    y = skewed(30, 3).requires_grad_()
    density, grid = ClosedFormDensity(), Grid.of(3, boundary)
    assert torch.autograd.gradcheck(
        lambda y: Uniformity(third=1.0)(Representation(y, density, grid=grid)),
        y,
        eps=1e-6,
        atol=1e-4,
    )


@pytest.mark.parametrize("seed", range(5))
def test_reversing_a_principal_axis_shows_in_third_order_alone(seed):
    signal = make_symmetric_signals(8000, 9, symmetry="translation", random_state=seed).signal
    y = torch.as_tensor(signal)
    y = y - y.mean(0)
    _, axes = torch.linalg.eigh(y.mT @ y)
    turned = y - 2 * torch.outer(y @ axes[:, 4], axes[:, 4])
    right, wrong = (Representation(one, ClosedFormDensity()) for one in (y, turned))
    assert_allclose(Uniformity()(wrong), Uniformity()(right), rtol=1e-6)
    divergences = [rep.density.third_order_shift_divergence(rep) for rep in (right, wrong)]
    assert divergences[1] > 5 * divergences[0]


# Fourth order

grids = pytest.mark.parametrize(
    "grid",
    [Grid.line(6), Grid.ring(6), Grid((2, 3), (False, False)), Grid((2, 3), (False, True))],
    ids=str,
)


def fourth_cumulants(z):
    """The full tensor."""
    z = (z - z.mean(0)).double()
    second = z.mT @ z / len(z)
    fourth = torch.einsum("ni,nj,nk,nl->ijkl", z, z, z, z) / len(z)
    for pair in ("ij,kl->ijkl", "ik,jl->ijkl", "il,jk->ijkl"):
        fourth = fourth - torch.einsum(pair, second, second)
    return fourth


def modes_of(z, count, **options):
    z = z - z.mean(0)
    return tuple(torch.as_tensor(part) for part in fourth_cumulant_modes(z, count, **options))


@dtypes
def test_all_modes_are_the_full_tensor_and_few_its_largest_part(dtype):
    z = skewed(400, 5, dtype=dtype)
    expected = fourth_cumulants(z)
    strengths, modes = modes_of(z, 15)
    tolerance = 1e-4 if dtype == torch.float32 else 1e-10
    found = torch.einsum("q,qij,qkl->ijkl", strengths, modes, modes)
    assert_allclose(found / expected.norm(), expected / expected.norm(), atol=tolerance)
    assert_allclose(modes.flatten(1) @ modes.flatten(1).mT, np.eye(15), atol=1e-12)
    few, kept = modes_of(z, 3)
    assert_allclose(few, strengths[:3], rtol=1e-3)
    assert_allclose((kept.flatten(1) @ modes[:3].flatten(1).mT).abs(), np.eye(3), atol=1e-3)
    positive, _ = modes_of(z, 3, positive=True)
    assert_allclose(positive, strengths.sort(descending=True).values[:3], rtol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_samples_have_no_fourth_order(seed):
    z = torch.as_tensor(np.random.default_rng(seed).standard_normal((100_000, 4)))
    assert_allclose(modes_of(z, 10)[0], np.zeros(10), atol=0.15)


@grids
def test_fourth_order_divergence_is_the_change_of_the_full_tensor(grid):
    z = skewed(400, 6)
    strengths, modes = modes_of(z, 21)
    tensor = fourth_cumulants(z)
    for axis in grid.directions:
        here, before = grid.predecessors(tensor, axis, n_indices=4)
        expected = (here - before).square().sum() / 48
        windows = grid.predecessors(modes, axis, n_indices=2)
        assert_allclose(fourth_order_divergence(strengths, *windows), expected, rtol=1e-8)


@grids
def test_fourth_order_uniformity_has_the_right_gradient(grid):
    known = modes_of(skewed(200, 6), 8)
    y, density = skewed(30, 6), ClosedFormDensity()

    def value(basis):
        rep = Representation(y, density, grid=grid, loadings=basis, whitened_modes=known)
        return Uniformity(fourth=1.0)(rep)

    assert torch.autograd.gradcheck(value, orthogonal(6).requires_grad_(), eps=1e-6, atol=1e-4)


@grids
def test_a_stationary_process_has_no_fourth_order_divergence(grid):
    """Independent columns of one law, moved along every axis; several bases at once."""
    eye = torch.eye(6, dtype=torch.float64)
    modes = torch.stack([torch.diag(row) for row in eye])
    strengths = torch.full((6,), 3.0, dtype=torch.float64)
    both = torch.stack([modes, orthogonal(6) @ modes @ orthogonal(6).mT])
    for axis in grid.directions:
        windows = grid.predecessors(both, axis, n_indices=2)
        right, wrong = fourth_order_divergence(strengths, *windows)
        assert abs(right) < 1e-12
        assert wrong > 0.01


def test_fourth_order_needs_the_modes():
    with pytest.raises(ValueError, match="whitened_modes"):
        Uniformity(fourth=1.0)(Representation(skewed(30, 3), ClosedFormDensity()))
