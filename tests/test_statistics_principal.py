# SPDX-License-Identifier: BSD-3-Clause
"""Principal coordinates from a summary are those from all samples."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.outliers import bounded, common_unit
from sklearn_symmetry.statistics.principal import views
from sklearn_symmetry.statistics.summary import summarise


def make(n_samples, offset=0.0, wild=0.0):
    """Eigenvalues far apart, so that axes are well defined."""
    random = np.random.default_rng(1)
    turn = np.linalg.qr(random.standard_normal((5, 5)))[0]
    X = random.standard_normal((n_samples, 5)) * [5.0, 4.0, 3.0, 2.0, 1.0] @ turn
    X[random.random(n_samples) < wild] *= 100
    return X + offset


def direct(X):
    """Axes, spectrum, mean and samples by their definitions, from all samples at once."""
    scale = common_unit(X)
    X = bounded(X / scale)
    mean = X.mean(0)
    values, axes = np.linalg.eigh((X - mean).T @ (X - mean) / len(X))
    values, axes = values[::-1], axes[:, ::-1]
    unit = np.sqrt(values.mean())
    return axes, values / unit**2, mean @ axes / unit, X @ axes / unit, mean * scale


@pytest.mark.parametrize("scale", [1.0, 1e300])
@pytest.mark.parametrize("offset", [0.0, 30.0])
@pytest.mark.parametrize(("n_samples", "wild"), [(2000, 0.0), (2000, 0.01), (9000, 0.0)])
def test_views_of_a_summary_of_all_rows_are_those_of_the_rows(n_samples, wild, offset, scale):
    """Beyond 4,000 samples the geometric median, and so the outliers, depend on their order."""
    X = make(n_samples, offset, wild) * scale
    summary = summarise(X, seed=5)
    found = views(summary, offset=DEFAULT.offset)
    axes, spectrum, mean, samples, location = direct(X)
    assert len(found) == 1 + (offset > 0)
    signs = np.sign((axes * found[0].axes).sum(0))
    for view, moved in zip(found, (0.0, mean), strict=False):
        assert_allclose(view.axes, axes * signs, atol=1e-10)
        assert_allclose(view.spectrum, spectrum, rtol=1e-10)
        assert_allclose(view.mean, (mean - moved) * signs, atol=1e-10)
        expected = ((samples - moved) * signs)[summary.row_numbers].T
        assert_allclose(view.samples, expected, rtol=1e-5, atol=1e-5)
        assert view.samples.dtype == torch.float32
        assert view.samples.is_contiguous()
    assert not found[0].location.any()
    if offset:
        assert_allclose(found[1].location, location, rtol=1e-10)


def test_axes_and_spectrum_are_exact_where_samples_are_few():
    X = make(6000, 30.0)
    whole, some = (
        views(summarise(X, capacity=capacity), offset=DEFAULT.offset) for capacity in (None, 500)
    )
    assert some[0].samples.shape == (5, 500)
    for one, two in zip(whole, some, strict=True):
        signs = np.sign((one.axes * two.axes).sum(0))
        assert_allclose(one.axes, two.axes * signs, atol=1e-10)
        assert_allclose(one.spectrum, two.spectrum, rtol=1e-10)
        assert_allclose(one.location, two.location, rtol=1e-10)
        expected = torch.as_tensor(signs)[:, None] * two.samples
        assert_allclose(one.samples[:, :500], expected, rtol=1e-4, atol=1e-4)


def test_cumulants_are_those_of_the_sample():
    X = make(3000) ** 2
    few = views(summarise(X, capacity=100), offset=DEFAULT.offset)[0]
    same = views(summarise(X, capacity=100), offset=DEFAULT.offset)[0]
    assert_allclose(few.cumulants, same.cumulants)
    assert few.cumulants.shape == (5, 5, 5)
    everything = views(summarise(X), offset=DEFAULT.offset)[0]
    assert not np.allclose(few.cumulants, everything.cumulants, atol=1e-2)
