# SPDX-License-Identifier: BSD-3-Clause
"""What counts as evidence: the nulls it is blind to, and what it sees beyond them."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.stats import wasserstein_distance

from sklearn_symmetry._verdict import evidence as statistics
from sklearn_symmetry._verdict.criteria import tolerated_distance, tolerated_divergence
from sklearn_symmetry._verdict.evidence import (
    elliptical_test,
    energy_correlations,
    folded_line,
    marginal_distance,
    order_test,
)
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import make_symmetric_fields, make_symmetric_signals


def evidence(y):
    return statistics.evidence(y, draws=199, orders=99, n_tested=5000)


def signals(n=2000, d=7, **options):
    return torch.as_tensor(make_symmetric_signals(n, d, symmetry="translation", **options).signal)


def correlated(random, n=500, d=6):
    deviation = np.exp(random.uniform(-2, 0.5, d))
    turn = np.linalg.qr(random.standard_normal((d, d)))[0]
    return random.standard_normal((n, d)) * deviation @ turn


def p_value(y, seed=0, draws=99):
    random = torch.Generator().manual_seed(seed)
    return elliptical_test(torch.as_tensor(y), Grid.line(y.shape[1]), random, draws=draws)[0]


@pytest.mark.parametrize("heavy", [False, True], ids=["Gaussian", "Student t"])
def test_elliptical_sets_are_rejected_no_more_often_than_the_level_says(heavy):
    """60 sets at level 0.1: 6 expected, 14 or more in one run of a thousand."""
    rejected = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        y = correlated(random)
        if heavy:
            y = y * np.sqrt(4 / random.chisquare(4, len(y)))[:, None]
        rejected += p_value(y, seed) <= 0.1
    assert rejected < 14


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("signal", ["gaussian", "legendre"])
def test_local_signals_are_not_elliptical(signal, seed):
    assert p_value(signals(signal=signal, random_state=seed)) == 0.01


def test_nothing_is_claimed_of_a_singular_covariance():
    y = signals(random_state=0)
    assert p_value(torch.cat([y, torch.zeros_like(y[:, :1])], dim=1)) == 1


def order_p_value(y, boundary="open", draws=19, seed=0):
    random = torch.Generator().manual_seed(seed)
    return order_test(torch.as_tensor(y), Grid.of(y.shape[1], boundary), random, draws)


def test_an_arbitrary_order_is_rejected_no_more_often_than_the_level_says():
    """60 sets at level 0.1: 6 expected, 14 or more in one run of a thousand."""
    random = np.random.default_rng(0)
    sets = (random.laplace(size=(300, 6)) for _ in range(60))
    p_values = np.array([order_p_value(y, seed=seed) for seed, y in enumerate(sets)])
    assert (p_values <= 0.1).sum() < 14
    assert 0.35 < p_values.mean() < 0.7


@pytest.mark.parametrize("signal", ["gaussian", "legendre"])
def test_the_order_of_a_symmetry_is_better_than_any_other(signal):
    y = signals(signal=signal, random_state=0)
    assert order_p_value(y, draws=99) == 0.01
    assert order_p_value(y.flip(1), draws=99) == 0.01
    assert order_p_value(y[:, [1, 0, 4, 2, 3, 6, 5]], draws=99) > 0.05


@pytest.mark.parametrize(
    ("size", "boundary", "orders"),
    [(2, "open", 1), (4, "open", 12), (5, "open", 60), (6, "circulant", 60)],
)
def test_few_columns_are_compared_with_every_other_order(size, boundary, orders):
    data = make_symmetric_signals(3000, size, boundary=boundary, random_state=0)
    assert_allclose(order_p_value(data.data @ data.basis, boundary, draws=199), 1 / orders)


def test_the_order_of_columns_of_which_one_never_varies_is_arbitrary():
    y = signals(random_state=0)
    assert order_p_value(torch.cat([y, torch.zeros_like(y[:, :1])], dim=1)) == 1


@pytest.mark.parametrize("shift", [0.5, 2.0])
def test_distance_of_marginals_is_that_of_wasserstein(shift):
    y = np.random.default_rng(0).standard_normal((300, 2)) + [0, shift]
    expected = wasserstein_distance(y[:, 0], y[:, 1]) / 2 / np.std(y, ddof=1)
    assert_allclose(marginal_distance(torch.as_tensor(y)), expected)


@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_correlations_of_energies_are_means_over_pairs_of_equal_distance(boundary):
    y = signals(boundary="circulant", random_state=0)
    energy = np.log(0.1 + y.numpy() ** 2 / (y.numpy() ** 2).mean())
    matrix = np.corrcoef(energy.T)
    found = energy_correlations(y, Grid.of(7, boundary)).numpy()
    pairs = [(i, i + 2) for i in range(5)] + [(5, 0), (6, 1)] * (boundary == "circulant")
    assert_allclose(found[2], np.mean([matrix[pair] for pair in pairs]))
    assert_allclose(found[0], 1)


def stationary(found):
    """Whether energies and marginals are, as far as a person would care."""
    even = found.distance <= tolerated_distance(found.n_samples)
    size = len(found.correlations)
    return even and found.divergence <= tolerated_divergence(found.n_samples, Grid.line(size))


@pytest.mark.parametrize("seed", range(3))
def test_right_representations_are_stationary_and_mixed_ones_are_not(seed):
    y = signals(4000, signal="legendre", random_state=seed)
    right = evidence(y)
    assert stationary(right)
    assert right.p_value <= 0.05
    mixed = y @ torch.as_tensor(np.linalg.qr(np.random.default_rng(seed).normal(size=(7, 7)))[0])
    assert not stationary(evidence(mixed))


def test_columns_of_different_laws_are_not_stationary():
    random = np.random.default_rng(0)
    y = np.hstack([
        draw(size=(2000, 2)) for draw in (random.standard_normal, random.laplace, random.random)
    ])  # fmt: skip
    y = (y - y.mean(0))[:, [0, 2, 4, 1, 3, 5]]
    found = evidence(torch.as_tensor(y / y.std(0)))
    assert not stationary(found)


def test_a_common_offset_and_scale_change_nothing():
    y = signals(random_state=1)
    one, other = evidence(y), evidence(1e3 * (y + 7))
    assert one.p_value == other.p_value
    assert_allclose(other.divergence, one.divergence, rtol=1e-6)
    assert_allclose(other.distance, one.distance)


def test_deviation_counts_standard_errors():
    random = np.random.default_rng(0)

    def deviation(y, draws=99):
        generator = torch.Generator().manual_seed(0)
        return elliptical_test(torch.as_tensor(y), Grid.line(y.shape[1]), generator, draws=draws)[1]

    null = [deviation(correlated(random)) for _ in range(20)]
    assert_allclose(np.mean(np.square(null)), 1, rtol=0.5)
    assert 4 < deviation(signals(2000, 5, random_state=0)) < np.sqrt(99)
    assert deviation(np.ones((50, 5))) == 0


FOLDS = {
    "rows": lambda line: line,
    "columns": lambda line: line.T,
    "from the right": lambda line: line[:, ::-1],
    "columns, from below": lambda line: line.T[::-1],
    "in turns": lambda line: np.array([line[0], line[1, ::-1], line[2]]),
    "columns, in turns": lambda line: np.array([line[0], line[1, ::-1], line[2]])[:, ::-1].T,
}


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("signal", ["gaussian", "legendre"])
def test_the_rows_of_a_folded_line_continue_each_other(signal, fold):
    y = signals(4000, 12, signal=signal, random_state=0)
    rows = FOLDS[fold](np.arange(12).reshape(3, 4))
    assert folded_line(y[:, rows.ravel().copy()], Grid.of(rows.shape, "open")) > 0.9
    assert folded_line(y, Grid.line(12)) == 0.0


@pytest.mark.parametrize("field", ["blobs", "smooth", "ising"])
def test_the_rows_of_a_lattice_do_not(field):
    y = torch.as_tensor(make_symmetric_fields(4000, (3, 4), field=field, random_state=0).signal)
    assert folded_line(y, Grid.of((3, 4), "open")) < 0.1


def test_chance_does_not_continue_rows():
    for seed in range(20):
        y = torch.as_tensor(np.random.default_rng(seed).standard_normal((500, 12)))
        assert folded_line(y, Grid.of((3, 4), "open")) == 0.0
