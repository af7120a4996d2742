# SPDX-License-Identifier: BSD-3-Clause
"""Windows a step apart, each whitened by itself."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.linalg import sqrtm

from sklearn_symmetry.core.cumulants import third_cumulants, third_order_divergence
from sklearn_symmetry.core.densities import ClosedFormDensity
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.representation import Representation
from sklearn_symmetry.core.windows import Windows, inverse_root

grids = pytest.mark.parametrize(
    "grid",
    [Grid.line(6), Grid.ring(6), Grid((2, 3), (False, False)), Grid((2, 3), (False, True))],
    ids=str,
)
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def random(*shape, seed=0, dtype=torch.float64):
    return torch.as_tensor(np.random.default_rng(seed).standard_normal(shape)).to(dtype)


def covariance(size, seed=0):
    factor = random(size, size + 2, seed=seed)
    return factor @ factor.mT


@dtypes
@pytest.mark.parametrize("seed", range(3))
def test_the_root_is_the_symmetric_one(seed, dtype):
    given = torch.stack([covariance(5, seed), covariance(5, seed + 9)])
    expected = np.stack([np.linalg.inv(sqrtm(one.numpy())) for one in given])
    rtol = 1e-3 if dtype == torch.float32 else 1e-9
    assert_allclose(inverse_root(given.to(dtype)), expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("spread", [1.0, 1e-3, 0.0])
def test_the_root_has_the_right_gradient_where_eigenvalues_are_equal(spread):
    """Of a nearly, and of an exactly white covariance."""
    weights = random(4, 4, seed=1)
    loadings = (torch.eye(4, dtype=torch.float64) + spread * random(4, 4)).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda one: (inverse_root(one @ one.mT) * weights).sum(), loadings, eps=1e-6, atol=1e-6
    )


def test_what_is_not_finite_is_said_and_what_is_singular_stays_finite():
    assert torch.isnan(inverse_root(torch.full((3, 3), torch.nan))).all()
    assert torch.isfinite(inverse_root(torch.ones(3, 3, dtype=torch.float64))).all()


@grids
def test_windows_are_white_and_have_the_right_gradient(grid):
    loadings = torch.stack([random(6, 8, seed=seed) for seed in range(2)]).requires_grad_()
    for axis in grid.directions:
        for window in Windows(loadings, grid, axis).whitened:
            size = grid.n_pairs(axis)
            assert_allclose((window @ window.mT).detach(), np.stack([np.eye(size)] * 2), atol=1e-9)
        for name in ("whitened", "second_order_divergence"):
            assert torch.autograd.gradcheck(
                lambda one, name=name, axis=axis: getattr(Windows(one, grid, axis), name),
                loadings,
                atol=1e-4,
            )


@grids
def test_second_order_is_half_of_jeffreys_divergence(grid):
    loadings = random(6, 8)
    for axis in grid.directions:
        here, before = grid.predecessors((loadings @ loadings.mT), axis, n_indices=2)
        trace = float((here @ before.inverse()).trace() + (before @ here.inverse()).trace())
        expected = (trace - 2 * len(here)) / 4
        found = Windows(loadings, grid, axis).second_order_divergence
        assert_allclose(found, expected, rtol=1e-9)
    assert_allclose(Windows(torch.eye(6).double(), grid).second_order_divergence, 0.0, atol=1e-12)


@grids
def test_third_order_is_that_of_the_columns_of_either_window(grid):
    """From the samples, window by window, without the cumulants of the whole."""
    y = random(500, 6).exp() @ random(6, 6, seed=1).mT
    y = y - y.mean(0)
    rep = Representation(y, ClosedFormDensity(), grid=grid)
    for axis in grid.directions:
        parts = []
        for columns in grid.predecessors(y, axis):
            root = np.linalg.inv(sqrtm((columns.mT @ columns / len(y)).numpy()))
            parts.append(third_cumulants(columns @ torch.as_tensor(root)))
        expected = third_order_divergence(*parts) / grid.n_pairs(axis)
        found = rep.density.third_order_shift_divergence(rep, axis)
        assert_allclose(found, expected, rtol=1e-6)


def moving_average(n_samples, size, seed):
    """Windows of a smooth skewed process: stationary, and far from white."""
    noise = np.random.default_rng(seed).exponential(size=(n_samples, size + 8)) - 1
    kernel = np.exp(-0.5 * (np.arange(-4, 5) / 1.5) ** 2)
    return torch.as_tensor(np.apply_along_axis(np.convolve, 1, noise, kernel, "valid"))


@pytest.mark.parametrize("seed", range(2))
def test_windows_of_a_stationary_process_have_one_law_and_the_whole_has_not(seed):
    """With four times the samples, what the windows have left falls; that of the whole does not."""
    grid, left = Grid.line(9), {"whole": [], "windows": []}
    for n_samples in (20_000, 80_000):
        rep = Representation(moving_average(n_samples, 9, seed), ClosedFormDensity(), grid=grid)
        whole = grid.predecessors(rep.whitened_cumulants, n_indices=3)
        left["whole"].append(float(third_order_divergence(*whole)) / 8)
        left["windows"].append(float(rep.density.third_order_shift_divergence(rep)))
    assert left["windows"][1] < 0.5 * left["windows"][0]
    assert left["whole"][1] > 0.7 * left["whole"][0] > 2 * left["windows"][1]
