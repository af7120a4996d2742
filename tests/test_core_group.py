# SPDX-License-Identifier: BSD-3-Clause
"""The group of ordered rows: closed forms against exponentials, orbits and conventions."""

import itertools

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import (
    Group,
    above_noise,
    agreement,
    column_order,
    complete_basis,
    cosine,
    orientation,
    similarity,
)
from sklearn_symmetry.core.orbit import group_conv_matrix, symmetric_powers
from sklearn_symmetry.core.rotation import generator, pad

DTYPES = {torch.float32: 2e-5, torch.float64: 1e-13}
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)
GRIDS = {
    "line": Grid.line(7),
    "even line": Grid.line(8),
    "ring": Grid.ring(7),
    "even ring": Grid.ring(6),
    "lattice": Grid((3, 4), (False, False)),
    "torus": Grid((3, 5), (True, True)),
    "cylinder": Grid((3, 4), (True, False)),
    "three axes": Grid((2, 3, 2), (False, True, False)),
}
grids = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)


def random_basis(size, seed, dtype=torch.float64):
    """Orthogonal matrix, with either determinant."""
    random = np.random.default_rng(seed)
    return torch.as_tensor(np.linalg.qr(random.standard_normal((size, size)))[0], dtype=dtype)


def random_group(grid, padding=2, seed=0, dtype=torch.float64):
    return Group(random_basis(grid.size, seed, dtype), grid, padding)


def unit(grid, axis):
    return [float(axis == other) for other in range(grid.n_axes)]


@pytest.mark.parametrize("size", [7, 8, 9, 33])
@pytest.mark.parametrize("padding", [0, 1, 6])
@dtypes
def test_powers_are_the_central_crops_of_exponentials(size, padding, dtype):
    group = random_group(Grid.line(size), padding, size, dtype)
    log = group.lie_algebra().double()
    assert torch.equal(log, -log.mT)
    inside = slice(padding, padding + size)
    for steps in (0, 1, -1, 3, 0.5, -2.7):
        power = group.power(steps)
        assert power.dtype == dtype
        assert_allclose(power, generator(steps * log)[inside, inside], atol=DTYPES[dtype])


@grids
@pytest.mark.parametrize("padding", [0, 2])
def test_generators_of_all_axes_commute_and_their_powers_add_up(grid, padding):
    group = random_group(grid, padding)
    logs = [group.lie_algebra(axis) for axis in range(grid.n_axes)]
    for one, other in itertools.combinations(logs, 2):
        assert_allclose(one @ other, other @ one, atol=1e-12)
    steps = np.random.default_rng(1).uniform(-3, 3, grid.n_axes)
    whole = generator(sum(t * log for t, log in zip(steps, logs, strict=True)))
    inside = grid.inside(padding)
    assert_allclose(group.power(steps), whole[inside][:, inside], atol=1e-13)
    for axis in range(grid.n_axes):
        rotation = generator(logs[axis])
        assert_allclose(group.generator(axis, padded=True), rotation, atol=1e-13)
        assert_allclose(group.generator(axis), rotation[inside][:, inside], atol=1e-13)


@dtypes
@pytest.mark.parametrize(("size", "padding"), [(7, 3), (8, 3), (7, 0), (8, 0), (5, 6)])
def test_generator_moves_every_row_to_the_next(size, padding, dtype):
    group = random_group(Grid.line(size), padding, dtype=dtype)
    rows = pad(group.rows, size + 2 * padding)
    moved = rows[:-1] @ group.generator(padded=True).T
    assert_allclose(moved, rows[1:], atol=DTYPES[dtype])


RINGS = [4, 6, 7, 8, 12, 13, 24, 36]


@pytest.mark.parametrize("size", RINGS)
def test_group_of_a_ring_has_no_padding_and_wraps(size):
    group, spare = random_group(Grid.ring(size), 6), size % 2 == 0
    assert group.lie_algebra().shape == (size + spare,) * 2
    assert_allclose(group.rows @ group.generator().T, group.rows.roll(-1, 0), atol=1e-12)
    assert_allclose(group.power(size), torch.eye(size), atol=1e-12)
    for steps in (2, -1, size // 2, 3 * size + 1):
        moved = group.rows @ group.power(steps).T
        assert_allclose(moved, group.rows.roll(-steps, 0), atol=1e-12)


@pytest.mark.parametrize("size", RINGS)
def test_real_steps_of_a_ring_compose_in_the_padded_space(size):
    """Cropped, they lose of an even ring what half steps carry out of its alternating vector."""
    group = random_group(Grid.ring(size))
    log = group.lie_algebra()
    whole, half = generator(log), generator(0.5 * log)
    assert_allclose(torch.linalg.det(whole), 1.0)
    assert_allclose(half @ half, whole, atol=1e-12)
    assert_allclose(whole[:size, :size], group.generator(), atol=1e-12)
    assert_allclose(half[:size, :size], group.power(0.5), atol=1e-12)
    wave = (-1.0) ** torch.arange(size).double() @ group.rows / size**0.5
    carried = wave @ group.power(0.5) @ wave
    assert_allclose(carried, 0.0 if size % 2 == 0 else wave @ half @ wave, atol=1e-12)
    others = torch.eye(size).double() - torch.outer(wave, wave)
    if size % 2 == 0:
        twice = group.power(0.5) @ group.power(0.5)
        assert_allclose(others @ twice, others @ group.generator(), atol=1e-12)


def test_rows_may_be_an_array():
    basis = random_basis(4, 0)
    one, other = (Group(rows, Grid.line(4), 2) for rows in (basis, basis.numpy()))
    assert_allclose(one.lie_algebra(), other.lie_algebra())


@grids
def test_actions_compose_on_closed_axes_and_move_the_representation(grid):
    group = random_group(grid, 2)
    X = torch.randn(5, grid.size, generator=torch.Generator().manual_seed(0)).double()
    representation = (X @ group.rows.mT).view(-1, *grid.shape)
    for axis in range(grid.n_axes):
        # X @ G moves samples by -1, as rows are samples: y_k(x G) = y_{k+1}(x).
        moved = (group.act(X, unit(grid, axis)) @ group.rows.mT).view(-1, *grid.shape)
        last = grid.shape[axis] - 1
        assert_allclose(
            moved.narrow(axis + 1, 0, last), representation.narrow(axis + 1, 1, last), atol=1e-12
        )
    if all(grid.cyclic) and grid.size % 2:
        there = group.act(X, [0.7] * grid.n_axes)
        assert_allclose(group.act(there, [-0.7] * grid.n_axes), X, atol=1e-12)


@dtypes
def test_actions_keep_the_dtype_of_the_samples(dtype):
    group = random_group(Grid.line(7))
    assert group.act(torch.ones(3, 7, dtype=dtype), 0.5).dtype == dtype
    with pytest.raises(ValueError, match="X has 6"):
        group.act(torch.ones(3, 6), 1)


@dtypes
@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("n_powers", [3, 4, 7, 8, 12, 13, 25])
def test_orbit_is_that_of_the_exponential(n_powers, size, boundary, dtype):
    """Beyond the window, and around the padded space too."""
    group = random_group(Grid.of(size, boundary), 2, dtype=dtype)
    powers = symmetric_powers(n_powers)
    rotation = generator(group.lie_algebra().double())
    expected = group_conv_matrix(rotation, group.filter.double(), powers, size)
    assert group.orbit(powers).dtype == dtype
    assert_allclose(group.orbit(powers), expected, atol=100 * DTYPES[dtype])


@grids
def test_orbit_of_all_positions_is_the_rows(grid):
    group = random_group(grid)
    assert torch.equal(group.orbit(), group.rows)


def test_orbit_on_a_lattice_applies_the_powers_of_both_axes():
    group = random_group(Grid((3, 4), (False, True)), 1)
    powers = torch.tensor([[0, 0], [1, 0], [-1, 2], [2, 1], [0, 5]])
    logs = [group.lie_algebra(axis) for axis in range(2)]
    inside = group.grid.inside(1)
    vector = torch.zeros(len(logs[0]), dtype=torch.float64)
    vector[inside] = group.filter
    expected = [(generator(a * logs[0] + b * logs[1]) @ vector)[inside] for a, b in powers]
    assert_allclose(group.orbit(powers), torch.stack(expected), atol=1e-12)


# Conventions


@pytest.mark.parametrize("n_powers", [3, 4, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("size", [2, 5, 6, 7])
@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("seed", range(3))
def test_canonical_group_is_the_same_group_by_the_rule(seed, boundary, size, n_powers):
    group, powers = random_group(Grid.of(size, boundary), 2, seed), symmetric_powers(n_powers)
    found = group.canonical(powers)
    matrix = found.orbit(powers)
    column = torch.arange(size) - (size - 1) / 2
    assert matrix.sum() >= 0
    if n_powers % 2:  # turned, an even number of powers weighs its rows otherwise
        assert powers.double() @ matrix @ column.double() >= -1e-12
    log = group.lie_algebra()
    errors = [float((found.lie_algebra() - sign * log).abs().max()) for sign in (1, -1)]
    assert min(errors) < 1e-12
    # The generator and the filter make the same matrix as the rows do.
    again = group_conv_matrix(generator(found.lie_algebra()), found.filter, powers, size)
    assert_allclose(again, matrix, atol=1e-11)
    # The rows of the matrix are the given ones, up to order and sign.
    given = group.orbit(powers)
    assert_allclose(matrix.abs().sum(0), given.abs().sum(0), atol=1e-11)


@pytest.mark.parametrize("grid", [Grid.line(5), Grid.ring(5), Grid((3, 5), (False, True))])
def test_canonical_form_of_a_canonical_group_is_itself(grid):
    once = random_group(grid, 1, seed=3).canonical()
    twice = once.canonical()
    assert torch.equal(twice.rows, once.rows)
    assert torch.equal(twice.frame, once.frame)
    assert twice.origin == once.origin


@pytest.mark.parametrize(
    "grid", [Grid.line(5), Grid((3, 5), (False, False)), Grid((3, 3), (False, False))]
)
def test_all_readings_of_a_lattice_have_one_canonical_form(grid):
    """Odd sizes; the origin of an even axis moves when it is turned, which is not undone."""
    basis = random_basis(grid.size, 1)
    expected = Group(basis, grid).canonical().rows
    for permutation in grid.reflections():
        for sign in (1, -1):
            found = Group(sign * basis[permutation], grid).canonical().rows
            assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("grid", [Grid.line(6), Grid((3, 4), (False, False)), Grid.line(1)])
def test_identity_is_the_canonical_solution_of_unmixed_translations(grid):
    identity = torch.eye(grid.size, dtype=torch.float64)
    for permutation in grid.reflections():
        found = Group(-identity[permutation], grid).canonical()
        assert_allclose(found.rows, identity)


def test_orientation_says_what_to_change():
    identity, powers = torch.eye(5), symmetric_powers(5)
    assert orientation(identity, powers, Grid.line(5)) == (1.0, (0,), (False,))
    assert orientation(-identity.flip(0), powers, Grid.line(5)) == (-1.0, (0,), (True,))
    square = Grid((3, 3), (False, False))
    transposed = torch.eye(9).view(3, 3, 9).permute(1, 0, 2).flip(0).reshape(9, 9)
    assert orientation(transposed, None, square) == (1.0, (1, 0), (False, True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": torch.ones(3, 3)}, "rows must be orthogonal.*complete_basis"),
        ({"rows": torch.eye(3)[:2]}, r"square matrix of floats; got .* \(2, 3\)"),
        ({"rows": torch.eye(3, dtype=torch.int64)}, "floats; got torch.int64"),
        ({"rows": torch.eye(4)}, "the grid has 3 positions, 3, but the matrix of rows has 4"),
        ({"padding": -1}, "at least 0; got -1"),
        ({"origin": 3}, "from 0 to 2; got 3"),
    ],
)
def test_bad_groups_are_refused(options, message):
    given = {"rows": torch.eye(3), "grid": Grid.line(3)} | options
    with pytest.raises(ValueError, match=message):
        Group(**given)


def test_bad_powers_and_steps_are_refused():
    group = Group(torch.eye(6), Grid((2, 3), (False, False)))
    for powers in ([0, 1], torch.zeros(3, 3, dtype=torch.int64), torch.zeros(3, 2)):
        with pytest.raises(ValueError, match="powers must be integers of shape"):
            group.orbit(powers)
    with pytest.raises(ValueError, match="one number per axis"):
        group.power(1.0)
    with pytest.raises(ValueError, match="axis must be from 0 to 1; got 2"):
        group.generator(2)


# Comparing


@pytest.mark.parametrize("seed", range(3))
def test_agreement_is_the_similarity_of_the_generators(seed):
    one, other = random_basis(6, seed), random_basis(6, seed + 10)
    expected = similarity(*(Group(b, Grid.line(6), 1).generator().numpy() for b in (one, other)))
    assert_allclose(agreement(one, other), expected, atol=1e-12)


def test_cosine_of_matrices():
    matrix = random_basis(4, 0).numpy()
    assert cosine(matrix, 3 * matrix) == 1.0
    assert cosine(matrix, -matrix) == -1.0
    assert cosine(matrix, 0 * matrix) == 0.0
    assert similarity(matrix, matrix.T) == 1.0


def test_order_of_columns_is_told_only_where_rows_are_columns():
    basis = np.eye(7)[[3, 1, 0, 2, 6, 5, 4]]
    signs = np.where(np.arange(7) % 2, -0.5, 1.0)[:, None]
    assert column_order(signs * basis, 0.95).tolist() == [3, 1, 0, 2, 6, 5, 4]
    assert column_order(basis + 0.05, 0.95).tolist() == [3, 1, 0, 2, 6, 5, 4]
    assert column_order(basis[:4], 0.95).tolist() == [3, 1, 0, 2]
    mixed = random_basis(7, 0).numpy()
    for rows in (mixed, 0 * basis, basis[[0, 0, 1]], np.pad(basis, ((1, 1), (0, 0)))):
        assert column_order(rows, 0.95) is None


# Completing


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


@pytest.mark.parametrize("seed", range(3))
def test_agreement_above_the_noise_is_the_cosine_of_weighted_generators(seed):
    random = np.random.default_rng(seed)
    one, other = (np.linalg.qr(random.standard_normal((6, 6)))[0] for _ in range(2))
    other = one @ other if seed else one[::-1].copy()
    share = above_noise(np.array([5.0, 4.0, 3.0, 1.5, 1.0, 0.5]))
    assert_allclose(share, [0.9, 0.875, 5 / 6, 2 / 3, 0.5, 1e-6])
    shift, loud = np.eye(6, k=1), np.sqrt(share)[:, None]
    first = loud * (one.T @ shift @ one)
    ways = [loud * (other.T @ way @ other) for way in (shift, shift.T)]
    given = [torch.as_tensor(part.copy()) for part in (one, other, share)]
    assert_allclose(agreement(*given), max(cosine(first, way) for way in ways), rtol=1e-12)
    # Of white noise alone, all axes count alike.
    white = torch.as_tensor(above_noise(np.ones(6)))
    assert_allclose(agreement(*given[:2], white), agreement(*given[:2]), atol=1e-12)
