# SPDX-License-Identifier: BSD-3-Clause
"""Free generators: the exponential stays on the group."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.rotation import (
    antisymmetric,
    crop_matrix,
    crop_vector,
    generator,
    pad,
    spectral_generator,
)

DTYPES = {torch.float32: 2e-5, torch.float64: 1e-12}
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)
sizes = pytest.mark.parametrize("size", [2, 3, 6, 7, 20, 33])


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
    for size in (5, 6, 12, 13):
        assert_allclose(crop_vector(pad(vector, size), 5), vector)
        assert pad(vector, size).shape == (size,)
    matrix = torch.arange(49.0).view(7, 7)
    assert_allclose(crop_matrix(matrix, 3), matrix[2:5, 2:5])


def test_of_an_odd_number_more_the_odd_one_stands_behind():
    assert pad(torch.ones(2), 5).tolist() == [0, 1, 1, 0, 0]
    assert crop_vector(torch.arange(7), 6).tolist() == [0, 1, 2, 3, 4, 5]
    assert crop_matrix(torch.arange(25).view(5, 5), 2).tolist() == [[6, 7], [11, 12]]


def test_crop_refuses_what_is_larger():
    with pytest.raises(ValueError, match="cannot crop 7 components to the central 8"):
        crop_vector(torch.zeros(7), 8)


@pytest.mark.parametrize("size", [2, 7, 21])
@pytest.mark.parametrize("scale", [1e-3, 1.0])
def test_spectral_generator_is_the_exponential_with_its_gradient(size, scale):
    random = torch.Generator().manual_seed(size)
    free = scale * torch.randn(size, size, generator=random, dtype=torch.float64)
    weight = torch.randn(size, size, generator=random, dtype=torch.float64)
    found = []
    for exponential in (generator, spectral_generator):
        matrix = free.clone().requires_grad_()
        value = exponential(antisymmetric(matrix))
        (gradient,) = torch.autograd.grad((weight * value).sum(), matrix)
        found.append((value.detach(), gradient))
    for plain, spectral in zip(*found, strict=True):
        assert_allclose(spectral, plain, atol=1e-11)
