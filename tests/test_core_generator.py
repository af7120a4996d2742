# SPDX-License-Identifier: BSD-3-Clause
"""Generators: the exponential stays on the group and the logarithms invert it."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.generator import (
    antisymmetric,
    complete_basis,
    crop_matrix,
    crop_vector,
    cyclic_shift,
    cyclic_shift_log,
    generator,
    pad,
    rotation_log,
    shift_generator_log,
)

DTYPES = {torch.float32: 2e-5, torch.float64: 1e-12}
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)
sizes = pytest.mark.parametrize("size", [2, 3, 6, 7, 20, 33])


def random_basis(size, seed, dtype=torch.float64):
    """Orthogonal matrix, with either determinant."""
    random = np.random.default_rng(seed)
    return torch.as_tensor(np.linalg.qr(random.standard_normal((size, size)))[0], dtype=dtype)


@dtypes
@sizes
def test_generator_is_a_rotation(size, dtype):
    random = torch.Generator().manual_seed(size)
    free = torch.randn(size, size, generator=random, dtype=dtype)
    rotation = generator(antisymmetric(free))
    assert_allclose(rotation @ rotation.T, np.eye(size), atol=10 * DTYPES[dtype])
    assert_allclose(torch.linalg.det(rotation), 1.0, atol=20 * DTYPES[dtype])


def test_antisymmetric_is_a_projection():
    free = torch.randn(2, 5, 5, generator=torch.Generator().manual_seed(3))
    part = antisymmetric(free)
    assert_allclose(part, -part.mT)
    assert_allclose(antisymmetric(part), part)


@pytest.mark.parametrize("seed", range(3))
def test_generator_gradient_matches_finite_differences(seed):
    random = torch.Generator().manual_seed(seed)
    free = torch.randn(5, 5, generator=random, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda free: generator(antisymmetric(free)), free)


def test_crop_undoes_pad():
    vector = torch.arange(5.0)
    assert_allclose(crop_vector(pad(vector, 4), 5), vector)
    assert pad(vector, 4).shape == (13,)
    assert pad(vector, 0) is vector
    matrix = torch.arange(49.0).view(7, 7)
    assert_allclose(crop_matrix(matrix, 3), matrix[2:5, 2:5])


@pytest.mark.parametrize("n_features", [8, 4])
def test_crop_refuses_what_is_not_central(n_features):
    with pytest.raises(ValueError, match="cannot crop 7 components to the central"):
        crop_vector(torch.zeros(7), n_features)


@sizes
def test_cyclic_shift_moves_every_component_to_the_next_with_determinant_one(size):
    shift = cyclic_shift(size, dtype=torch.float64)
    unit = torch.eye(size, dtype=torch.float64)
    for column in range(size - 1):
        assert_allclose(shift @ unit[column], unit[column + 1])
    sign = -1.0 if size % 2 == 0 else 1.0
    assert_allclose(shift @ unit[-1], sign * unit[0])
    assert_allclose(torch.linalg.det(shift), 1.0)
    plain = cyclic_shift(size, signed=False)
    assert_allclose(plain, np.roll(np.eye(size), 1, axis=0))


@dtypes
@sizes
def test_closed_form_logarithm_of_the_cyclic_shift_is_exact(size, dtype):
    log = cyclic_shift_log(size, dtype=dtype)
    assert log.dtype == dtype
    assert_allclose(log, -log.T)
    assert_allclose(generator(log), cyclic_shift(size), atol=DTYPES[dtype])


def test_logarithm_of_the_cyclic_shift_is_the_principal_one():
    for size in (7, 8):
        phases = torch.linalg.eigvals(cyclic_shift_log(size, dtype=torch.float64)).imag
        assert phases.abs().max() < np.pi
        assert_allclose(np.diff(np.sort(phases)), 2 * np.pi / size)


@dtypes
@pytest.mark.parametrize(("size", "padding"), [(7, 3), (8, 3), (7, 0), (8, 0), (5, 6)])
def test_shift_generator_moves_every_row_of_the_basis_to_the_next(size, padding, dtype):
    basis = random_basis(size, seed=size + padding, dtype=dtype)
    log = shift_generator_log(basis, padding)
    assert log.dtype == dtype
    assert_allclose(log, -log.T)
    rows = pad(basis, padding)
    assert_allclose(rows[:-1] @ generator(log).T, rows[1:], atol=DTYPES[dtype])


def test_circulant_shift_generator_has_no_padding_and_wraps():
    basis = random_basis(7, seed=1)
    rotation = generator(shift_generator_log(basis, 6, "circulant"))
    assert rotation.shape == (7, 7)
    assert_allclose(basis @ rotation.T, np.roll(basis, -1, axis=0), atol=1e-12)


def test_shift_generator_log_takes_arrays():
    basis = random_basis(4, seed=0)
    assert_allclose(shift_generator_log(basis.numpy(), 2), shift_generator_log(basis, 2))


@dtypes
@sizes
@pytest.mark.parametrize("seed", range(3))
def test_rotation_log_inverts_the_exponential(size, seed, dtype):
    rotation = random_basis(size, seed)
    rotation[0] *= torch.linalg.det(rotation).sign()
    rotation = rotation.to(dtype)
    log = rotation_log(rotation)
    assert log.dtype == dtype
    assert_allclose(log, -log.T)
    assert_allclose(generator(log), rotation, atol=DTYPES[dtype])
    assert torch.linalg.eigvals(log).imag.abs().max() <= np.pi * (1 + DTYPES[dtype])


def test_rotation_log_pairs_reversed_axes_into_half_turns():
    basis = random_basis(6, seed=5)
    rotation = basis @ torch.diag(torch.tensor([-1.0, 1, -1, -1, 1, -1]).double()) @ basis.T
    assert_allclose(generator(rotation_log(rotation)), rotation, atol=1e-12)
    assert_allclose(rotation_log(torch.eye(4)), np.zeros((4, 4)))


def test_rotation_log_refuses_reflections_and_shears():
    with pytest.raises(ValueError, match="determinant -1"):
        rotation_log(cyclic_shift(4, signed=False))
    with pytest.raises(ValueError, match="not orthogonal"):
        rotation_log(torch.tensor([[1.0, 1.0], [0.0, 1.0]]))


@pytest.mark.parametrize("n_rows", [3, 4, 7, 8, 9, 12])
@pytest.mark.parametrize("n_features", [7, 8])
def test_completed_basis_is_orthogonal_and_keeps_the_row_of_power_zero(n_rows, n_features):
    rows = np.eye(max(n_rows, n_features))
    rows = rows[:n_rows, :n_features] if n_rows <= n_features else rows[:, :n_features]
    first = n_rows // 2 - n_features // 2
    if n_rows > n_features:
        # The rows that remain must be a basis: shift the identity to where they are.
        rows = np.eye(n_rows, n_features, k=-first)
    basis = complete_basis(3.0 * rows)
    assert_allclose(basis @ basis.T, np.eye(n_features), atol=1e-12)
    centre = n_features // 2
    assert_allclose(basis[centre], rows[n_rows // 2], atol=1e-12)


def test_completed_basis_is_the_nearest_orthogonal_matrix():
    basis = random_basis(6, seed=2).numpy()
    stretch = basis.T @ np.diag([0.5, 1.0, 1.0, 2.0, 3.0, 1.0]) @ basis
    assert_allclose(complete_basis(basis @ stretch), basis, atol=1e-12)


@pytest.mark.parametrize("rows", [np.ones((3, 3)), np.full((2, 3), np.nan), np.zeros((2, 3))])
def test_completed_basis_refuses_degenerate_rows(rows):
    with pytest.raises(ValueError, match="initial group convolution matrix"):
        complete_basis(rows)
