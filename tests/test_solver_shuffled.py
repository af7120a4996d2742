# SPDX-License-Identifier: BSD-3-Clause
"""Columns that were only shuffled: cost and moves of an order, and the orders that are found."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import load_photo_rows, make_symmetric_signals
from sklearn_symmetry.solver import arrangement
from sklearn_symmetry.solver.arrangement import Arrangement
from sklearn_symmetry.solver.shuffled import (
    Shuffle,
    line_and_ring,
    pair_matrices,
    shuffles,
    strides,
)
from sklearn_symmetry.solver.starts.seriation import nearest_path
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics import summarise

GRIDS = {"line": Grid.line(8), "even ring": Grid.ring(8), "odd ring": Grid.ring(7)}
grids = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
LATTICES = {"lattice": Grid.of((3, 4), "open"), "torus": Grid.of((4, 5), "circulant")}
all_grids = pytest.mark.parametrize(
    "grid", (GRIDS | LATTICES).values(), ids=(GRIDS | LATTICES).keys()
)


def symmetric(size, seed=0, count=2):
    matrices = np.random.default_rng(seed).standard_normal((count, size, size))
    return matrices + matrices.swapaxes(1, 2)


def stationary(grid, seed=0):
    """A matrix that is a function of the displacement."""
    profile = np.random.default_rng(seed).standard_normal(grid.size)
    return profile[grid.lag_numbers().numpy()]


# The cost


@grids
def test_lag_numbers_are_those_of_the_lags(grid):
    numbers = grid.lag_numbers()
    assert_array_equal(numbers, numbers.mT)
    for number, lag in enumerate(grid.lags()):
        assert (numbers[lag.here, lag.there] == number).all()


@all_grids
@pytest.mark.parametrize("seed", range(3))
def test_cost_is_the_variance_that_displacements_do_not_explain(grid, seed):
    matrices, random = symmetric(grid.size, seed), np.random.default_rng(seed)
    order, signs = random.permutation(grid.size), random.choice([-1.0, 1.0], grid.size)
    pairs = np.triu_indices(grid.size, 1)
    shares = []
    for matrix, has_sign in zip(matrices, (True, False), strict=True):
        if has_sign:
            matrix = matrix * np.outer(signs, signs)
        values, lags = matrix[np.ix_(order, order)][pairs], grid.lag_numbers().numpy()[pairs]
        within = sum(values[lags == lag].var() * (lags == lag).sum() for lag in np.unique(lags))
        total = matrices[len(shares)][pairs].var() * len(values)
        shares.append(within / total)
    found = Arrangement(matrices, (True, False), grid).costs(order, signs)
    assert_allclose(found, np.maximum(shares, arrangement.FLOOR))
    assert_allclose(
        Arrangement(matrices, (True, False), grid).cost(order, signs), np.prod(found) ** 0.5
    )


@grids
def test_cost_of_the_right_order_is_nothing_and_that_of_a_constant_is_one(grid):
    order = np.random.default_rng(0).permutation(grid.size)
    matrix = stationary(grid)[np.ix_(order, order)]
    arranged = Arrangement(np.array([matrix, np.ones_like(matrix)]), (True, True), grid)
    assert_allclose(arranged.costs(np.argsort(order)), [arrangement.FLOOR, 1.0])


def moves(size):
    """All exchanges, insertions and reversals, as places."""
    place = np.arange(size)
    for one in range(size):
        for other in range(size):
            if one != other:
                yield "insertion", np.insert(np.delete(place, one), other, one)
            if one < other:
                exchanged = place.copy()
                exchanged[[one, other]] = other, one
                yield "exchange", exchanged
                stretch = place[one : other + 1][::-1]
                yield "reversal", np.r_[place[:one], stretch, place[other + 1 :]]


@grids
@pytest.mark.parametrize("seed", range(3))
def test_gains_of_moves_are_those_of_trying_them(grid, seed):
    ordered, template = symmetric(grid.size, seed), symmetric(grid.size, seed + 10)
    template = symmetric(grid.size, seed + 10)[:, :1, 0][..., None] * stationary(grid, seed)
    for matrices in (ordered, template):
        matrices[:, np.arange(grid.size), np.arange(grid.size)] = 0.0
    gains = {}
    for kind, place in moves(grid.size):
        gain = ((ordered[:, place][:, :, place] - ordered) * template).sum() / 2
        gains.setdefault(kind, []).append(gain)
    for kind, best in (
        ("exchange", arrangement._best_exchange),
        ("insertion", arrangement._best_insertion),
        ("reversal", arrangement._best_reversal),
    ):
        gain, place = best(ordered, template)
        assert_allclose(gain, max(*gains[kind], 0.0), atol=1e-12)
        if gain > 0:
            tried = ((ordered[:, place][:, :, place] - ordered) * template).sum() / 2
            assert_allclose(tried, gain, atol=1e-12)


@all_grids
@pytest.mark.parametrize("seed", range(3))
def test_descents_fall_and_end_where_no_move_helps(grid, seed):
    arranged = Arrangement(symmetric(grid.size, seed), (True, False), grid)
    start = np.random.default_rng(seed).permutation(grid.size)
    costs = [arranged.cost(arranged.descend(start, max_moves=count)) for count in range(6)]
    assert (np.diff(costs) <= 1e-12).all()
    order = arranged.descend(start)
    assert sorted(order) == list(range(grid.size))
    assert_array_equal(arranged.descend(order), order)


def test_a_path_grows_at_both_ends():
    place = np.array([3, 0, 4, 1, 2])
    affinity = -np.abs(place[:, None] - place).astype(float)
    for first in range(5):
        path = place[nearest_path(affinity, first)]
        assert set(np.diff(path)) <= {1} or set(np.diff(path)) <= {-1}


# What is found


def agrees(order, truth, grid):
    """Whether the orders are one, up to direction and the first column of a ring."""
    place = np.argsort(truth)[order]
    return any(tuple(place) == tuple(one) for one in grid.symmetries().tolist())


def shuffled(X, seed, flipped=0, noise=0.0):
    random = np.random.default_rng(seed)
    truth = random.permutation(X.shape[1])
    X = X[:, np.argsort(truth)] + noise * X.std() * random.standard_normal(X.shape)
    signs = np.ones(X.shape[1])
    signs[random.choice(X.shape[1], flipped, replace=False)] = -1
    return X * signs, truth, signs


def lorenz(n_samples, size, seed=0):
    """The chaotic ring of Lorenz (1996), F = 8: neighbours hardly correlate."""
    random = np.random.default_rng(seed)
    state, step, found = 8 + random.standard_normal((50, size)), 0.02, []

    def speed(x):
        return (np.roll(x, -1, 1) - np.roll(x, 2, 1)) * np.roll(x, 1, 1) - x + 8

    for time in range(500 + 25 * (n_samples // 50)):
        middle = state + step / 2 * speed(state)
        state = state + step * speed(middle)
        if time >= 500 and time % 25 == 0:
            found.append(state)
    return np.concatenate(found)


SETS = {
    "narrow line": (lambda: make_symmetric_signals(2000, 15, random_state=0).data, Grid.line(15)),
    "waves": (
        lambda: make_symmetric_signals(2000, 20, signal="legendre", random_state=1).data,
        Grid.line(20),
    ),
    "even ring": (
        lambda: make_symmetric_signals(2000, 12, boundary="circulant", random_state=2).data,
        Grid.ring(12),
    ),
    "odd ring of waves": (
        lambda: (
            make_symmetric_signals(
                2000, 25, signal="legendre", boundary="circulant", random_state=3
            ).data
        ),
        Grid.ring(25),
    ),
    "chaos": (lambda: lorenz(4000, 36), Grid.ring(36)),
    "photographs": (lambda: load_photo_rows(2000, 33, random_state=0).data, Grid.line(33)),
}


@pytest.mark.parametrize("flipped", [0, 1, 3])
@pytest.mark.parametrize("name", SETS)
def test_order_and_signs_are_exact(name, flipped):
    load, grid = SETS[name]
    X, truth, signs = shuffled(load(), 5, flipped)
    best = shuffles(summarise(X, seed=0), grid, DEFAULT)[0]
    assert agrees(best.order, truth, grid)
    assert best.n_changed == flipped
    assert abs(signs @ best.signs) == grid.size


@pytest.mark.parametrize("name", ["waves", "even ring", "odd ring of waves"])
def test_few_samples_and_noise_are_enough(name):
    load, grid = SETS[name]
    X, truth, _ = shuffled(load()[:500], 6, noise=0.5)
    assert agrees(shuffles(summarise(X, seed=0), grid, DEFAULT)[0].order, truth, grid)


def test_of_the_orders_of_a_ring_the_most_local_one_is_taken():
    """Every fifth column is as stationary as every one."""
    load, grid = SETS["even ring"]
    summary = summarise(load(), seed=0)
    matrices = pair_matrices(summary, DEFAULT)
    arranged = Arrangement(np.array(list(matrices.values())), (True, False, False, True), grid)
    order = np.arange(12)
    fifth = order * 5 % 12
    assert_allclose(arranged.cost(fifth), arranged.cost(order))
    start = Shuffle("given", fifth, np.ones(12), np.nan)
    assert agrees(shuffles(summary, grid, DEFAULT, start)[0].order, order, grid)


def test_a_ring_that_is_not_found_as_a_line_lends_its_order_to_the_line():
    X, random = lorenz(2000, 22), np.random.default_rng(0)
    X, truth, _ = shuffled(X + 0.3 * X.std() * random.standard_normal(X.shape), 5, 0)
    summary, ring = summarise(X, seed=0), Grid.ring(22)
    assert not agrees(shuffles(summary, Grid.line(22), DEFAULT)[0].order, truth, ring)
    for orders in line_and_ring(summary, DEFAULT):
        assert agrees(orders.found[0].order, truth, ring)


def test_a_search_that_another_one_helped_tries_no_more_than_it_would_alone():
    summary = summarise(make_symmetric_signals(1000, 12, random_state=0).data, seed=0)
    alone = shuffles(summary, Grid.line(12), DEFAULT)
    line, ring = line_and_ring(summary, DEFAULT)
    found = line.finished(len(ring.found))
    assert len(found) + len(ring.found) <= len(alone) + 1  # the ring, cut
    assert_array_equal(found[0].order, alone[0].order)


def test_rows_are_a_signed_permutation_and_back():
    shuffle = Shuffle("some", np.array([2, 0, 1]), np.array([1.0, -1.0, 1.0]), 0.0)
    assert_array_equal(shuffle.rows, [[0, 0, 1], [1, 0, 0], [0, -1, 0]])
    again = Shuffle.of(shuffle.rows)
    assert_array_equal(again.order, shuffle.order)
    assert_array_equal(again.signs, shuffle.signs)


@pytest.mark.parametrize(
    "rows", [np.ones((2, 2)), np.eye(3)[:2], 2 * np.eye(3), np.eye(3)[[0, 0, 1]]], ids=str
)
def test_what_is_no_permutation_is_refused(rows):
    with pytest.raises(ValueError, match="signed permutation"):
        Shuffle.of(rows)


def test_strides_keep_what_depends_on_displacements():
    for size in (5, 8, 9):
        ring, known = Grid.ring(size), np.random.default_rng(size).standard_normal(size)
        circulant = known[(np.arange(size) - np.arange(size)[:, None]) % size]
        orders = np.arange(size) * strides(ring)[:, None] % size
        assert_array_equal(orders[0], np.arange(size))
        for order in orders:
            again = circulant[np.ix_(order, order)]
            assert_array_equal(again, np.roll(again, (1, 1), (0, 1)))
        assert len(orders) == {5: 2, 8: 2, 9: 3}[size]
    for grid in (Grid.line(6), Grid.of((2, 3), "circulant")):
        assert_array_equal(strides(grid), [1])
