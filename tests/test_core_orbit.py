# SPDX-License-Identifier: BSD-3-Clause
"""Group convolution: the representation is equivariant, and its gradient is the closed form."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import Group
from sklearn_symmetry.core.orbit import (
    group_conv_matrix,
    normalise,
    orbit,
    symmetric_powers,
)
from sklearn_symmetry.core.rotation import (
    antisymmetric,
    generator,
    pad,
)

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-11}
dtypes = pytest.mark.parametrize("dtype", TOLERANCE, ids=str)


def random_rotation(size, seed, dtype=torch.float64):
    random = torch.Generator().manual_seed(seed)
    return generator(antisymmetric(torch.randn(size, size, generator=random, dtype=dtype)))


def random_vector(size, seed, dtype=torch.float64):
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("n_powers", [1, 2, 3, 7, 8, 33])
def test_powers_are_consecutive_and_zero_is_in_the_middle(n_powers):
    powers = symmetric_powers(n_powers)
    assert powers.dtype == torch.int64
    assert len(powers) == n_powers
    assert powers[n_powers // 2] == 0
    assert_allclose(np.diff(powers), 1)
    if n_powers % 2:
        assert powers.sum() == 0


@dtypes
@pytest.mark.parametrize("n_powers", [1, 2, 3, 4, 5, 8, 9, 16, 17, 33])
def test_orbit_is_the_powers_of_the_generator(n_powers, dtype):
    rotation, vector = random_rotation(9, n_powers, dtype), random_vector(9, 1, dtype)
    powers = symmetric_powers(n_powers)
    expected = [torch.linalg.matrix_power(rotation, int(k)) @ vector for k in powers]
    assert_allclose(orbit(rotation, vector, powers), torch.stack(expected), atol=TOLERANCE[dtype])


@pytest.mark.parametrize("powers", [[0], [0, 1, 2], [-3, -2, -1, 0], [-1, 0, 1, 2, 3, 4]])
def test_orbit_takes_lopsided_powers(powers):
    rotation, vector = random_rotation(5, 0), random_vector(5, 0)
    expected = [torch.linalg.matrix_power(rotation, k) @ vector for k in powers]
    assert_allclose(orbit(rotation, vector, powers), torch.stack(expected), atol=1e-12)


@pytest.mark.parametrize("powers", [[1, 2], [-2, -1], [-1, 1], [1, 0, -1], [0, 0]])
def test_orbit_refuses_other_powers(powers):
    with pytest.raises(ValueError, match="consecutive integers around 0"):
        orbit(torch.eye(3), torch.ones(3), powers)


@pytest.mark.parametrize("powers", [[0, 1], [-3, -2, -1, 0], list(range(-4, 4)), range(-2, 6)])
def test_orbit_gradient_matches_finite_differences(powers):
    free = torch.randn(5, 5, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    free.requires_grad_()
    vector = random_vector(5, 3).requires_grad_()

    def rows(free, vector):
        return orbit(generator(antisymmetric(free)), vector, list(powers))

    assert torch.autograd.gradcheck(rows, (free, vector))


def test_group_conv_matrix_gradient_matches_finite_differences():
    free = torch.randn(8, 8, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    free.requires_grad_()
    vector = random_vector(4, 3).requires_grad_()

    def rows(free, vector):
        matrix = generator(antisymmetric(free))
        return group_conv_matrix(matrix, vector, symmetric_powers(6), 4)

    assert torch.autograd.gradcheck(rows, (free, vector))


@dtypes
@pytest.mark.parametrize("n_features", [7, 8])
def test_filter_is_used_normalised(n_features, dtype):
    rotation = random_rotation(n_features + 4, 2, dtype)
    vector = random_vector(n_features, 4, dtype)
    powers = symmetric_powers(n_features)
    rows = group_conv_matrix(rotation, vector, powers, n_features)
    again = group_conv_matrix(rotation, 100 * vector, powers, n_features)
    assert_allclose(rows, again, rtol=1e-4, atol=1e-6)
    assert_allclose(rows[n_features // 2], vector / vector.norm(), rtol=1e-4)
    assert (rows.norm(dim=1) <= 1 + TOLERANCE[dtype]).all()
    assert_allclose(normalise(torch.zeros(3)), np.zeros(3))


@dtypes
@pytest.mark.parametrize("n_features", [7, 8])
@pytest.mark.parametrize("padding", [0, 3, 6])
def test_group_conv_matrix_of_a_shift_generator_is_its_basis(n_features, padding, dtype):
    random = np.random.default_rng(padding)
    basis = np.linalg.qr(random.standard_normal((n_features, n_features)))[0]
    basis = torch.as_tensor(basis, dtype=dtype)
    rotation = generator(Group(basis, Grid.line(n_features), padding).lie_algebra())
    powers = symmetric_powers(n_features)
    rows = group_conv_matrix(rotation, basis[n_features // 2], powers, n_features)
    assert_allclose(rows, basis, atol=TOLERANCE[dtype])


@dtypes
@pytest.mark.parametrize(("n_features", "n_powers"), [(7, 7), (8, 8), (7, 5), (8, 11), (7, 12)])
@pytest.mark.parametrize("seed", range(2))
def test_representation_is_equivariant(n_features, n_powers, seed, dtype):
    """``y_k(G x) = y_{k-1}(x)`` (appendix B), for any rotation when nothing is cropped."""
    rotation = random_rotation(n_features, seed, dtype)
    vector = random_vector(n_features, seed + 10, dtype)
    rows = group_conv_matrix(rotation, vector, symmetric_powers(n_powers), n_features)
    sample = random_vector(n_features, seed + 20, dtype)
    moved = rows @ (rotation @ sample)
    assert_allclose(moved[1:], (rows @ sample)[:-1], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("n_features", [7, 8])
def test_padded_representation_is_equivariant_inside_the_window(n_features):
    padding = 3
    basis = np.linalg.qr(np.random.default_rng(4).standard_normal((n_features, n_features)))[0]
    rotation = generator(Group(basis, Grid.line(n_features), padding).lie_algebra())
    vector = torch.as_tensor(basis[n_features // 2])
    rows = group_conv_matrix(rotation, vector, symmetric_powers(n_features), n_features)
    sample = random_vector(n_features, 5)
    moved = (rotation @ pad(sample, len(rotation)))[padding:-padding]
    assert_allclose((rows @ moved)[1:], (rows @ sample)[:-1], atol=1e-12)


def test_circulant_generator_of_full_order_is_equivariant_everywhere():
    rotation = Grid.ring(7).kernel(1, dtype=torch.float64)
    rows = group_conv_matrix(rotation, random_vector(7, 1), symmetric_powers(7), 7)
    sample = random_vector(7, 2)
    assert_allclose(rows @ rotation @ sample, torch.roll(rows @ sample, 1), atol=1e-12)


def test_no_constant_stays_on_the_cpu():
    """Tensors of the meta device, like those of a GPU, do not mix with others."""
    free = torch.empty(11, 11, device="meta", requires_grad=True)
    vector = torch.empty(7, device="meta", requires_grad=True)
    rows = group_conv_matrix(generator(antisymmetric(free)), vector, symmetric_powers(5), 7)
    assert torch.autograd.grad(rows.sum(), free)[0].device.type == "meta"
    group = Group(torch.empty(7, 7, device="meta"), Grid.line(7), 2)
    for tensor in (group.lie_algebra(), group.generator(), group.power(0.5), group.orbit()):
        assert tensor.device.type == "meta"
