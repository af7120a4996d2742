# SPDX-License-Identifier: BSD-3-Clause
"""Grids: who is whose neighbour, on lines, rings, lattices and tori of any number of axes."""

import itertools

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import sqrtm
from torch.testing import assert_close

from sklearn_symmetry._verdict.criteria import tolerated_divergence
from sklearn_symmetry._verdict.evidence import evidence, locality
from sklearn_symmetry.core.cumulants import rotated
from sklearn_symmetry.core.densities import ClosedFormDensity, MixtureDensity
from sklearn_symmetry.core.energies import (
    LEAST_VARIANCE,
    energy_divergence,
    log_energy,
    shift_divergence,
    summed_divergence,
    worst_energy_divergence,
)
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.losses import Alignment, Uniformity
from sklearn_symmetry.core.representation import Representation

GRIDS = {
    "line": Grid.line(7),
    "ring": Grid.ring(6),
    "lattice": Grid((3, 4), (False, False)),
    "square": Grid((3, 3), (False, False)),
    "torus": Grid((4, 3), (True, True)),
    "cylinder": Grid((3, 4), (True, False)),
    "three axes": Grid((2, 3, 4), (False, True, False)),
    "thin": Grid((1, 4), (False, False)),
}
grids = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
DTYPES = {torch.float32: 2e-6, torch.float64: 1e-13}
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)

TESTS = {"draws": 199, "orders": 99, "n_tested": 5000}


def successor(grid, position, axis):
    """The next position along an axis, or None, from coordinates."""
    place = list(np.unravel_index(position, grid.shape))
    place[axis] += 1
    if grid.cyclic[axis]:
        place[axis] %= grid.shape[axis]
    elif place[axis] == grid.shape[axis]:
        return None
    return int(np.ravel_multi_index(place, grid.shape))


def neighbours(grid, axis):
    """Positions with a successor, and the successors, by a plain loop."""
    found = [(at, successor(grid, at, axis)) for at in range(grid.size)]
    return [list(one) for one in zip(*(pair for pair in found if pair[1] is not None), strict=True)]


def axes_with_neighbours(grid):
    return [axis for axis, size in enumerate(grid.shape) if size > 1]


@grids
def test_pairs_are_positions_and_their_successors(grid):
    positions = torch.arange(grid.size)
    for axis in axes_with_neighbours(grid):
        here, there = (positions[part] for part in grid.pairs(axis))
        assert_array_equal(here, neighbours(grid, axis)[0])
        assert_array_equal(there, neighbours(grid, axis)[1])
        assert grid.n_pairs(axis) == len(here)


def test_pairs_of_a_line_are_views_and_those_of_others_are_made_once():
    assert Grid.line(5).pairs() == (slice(None, -1), slice(1, None))
    matrix = torch.zeros(5, 5)
    for part in (*Grid.line(5).successors(matrix, n_indices=2), Grid.line(5).between(matrix)):
        assert part.untyped_storage().data_ptr() == matrix.untyped_storage().data_ptr()
    assert Grid((3, 4), (False, True)).pairs(1)[0] is Grid((3, 4), (False, True)).pairs(1)[0]


@grids
@pytest.mark.parametrize("n_indices", [1, 2, 3])
def test_tensors_are_restricted_in_all_indices_together(grid, n_indices):
    shape = (2,) + (grid.size,) * n_indices
    tensor = torch.as_tensor(np.random.default_rng(0).standard_normal(shape))
    for axis in axes_with_neighbours(grid):
        here, there = neighbours(grid, axis)
        found = grid.successors(tensor, axis, n_indices)
        for part, kept in zip(found, (here, there), strict=True):
            assert_array_equal(part, tensor[np.ix_(range(2), *[kept] * n_indices)])
        later, before = grid.predecessors(tensor, axis, n_indices)
        order = np.argsort(there)
        there, here = np.array(there)[order], np.array(here)[order]
        assert_array_equal(later, tensor[np.ix_(range(2), *[there] * n_indices)])
        assert_array_equal(before, tensor[np.ix_(range(2), *[here] * n_indices)])


@grids
def test_means_of_a_matrix_at_every_displacement(grid):
    matrix = torch.randn(grid.size, grid.size, generator=torch.Generator().manual_seed(0))
    matrix = matrix + matrix.mT
    expected = [matrix.double()[lag.here, lag.there].mean() for lag in grid.lags()]
    assert_allclose(grid.means_by_lag(matrix), expected, rtol=1e-10, atol=1e-12)


@grids
def test_entries_between_neighbours_and_the_shift_matrix(grid):
    matrix = torch.randn(grid.size, grid.size, generator=torch.Generator().manual_seed(0))
    y = torch.randn(grid.size, generator=torch.Generator().manual_seed(1))
    for axis in axes_with_neighbours(grid):
        here, there = neighbours(grid, axis)
        assert_array_equal(grid.between(matrix, axis), matrix[here, there])
        expected = torch.zeros(grid.size)
        expected[here] = y[there]
        assert_allclose(grid.shift_matrix(axis) @ y, expected)


@grids
def test_lags_relate_all_pairs_once_by_their_displacement(grid):
    lags = grid.lags()
    assert lags[0].steps == (0,) * grid.n_axes
    counted = np.zeros((grid.size, grid.size), dtype=int)
    for lag in lags:
        steps = []
        for here, there in zip(lag.here.tolist(), lag.there.tolist(), strict=True):
            counted[here, there] += 1
            counted[there, here] += 1
            one, other = (np.unravel_index(at, grid.shape) for at in (here, there))
            gap = [
                (b - a - s) % n if closed else b - a - s
                for a, b, s, n, closed in zip(
                    one, other, lag.steps, grid.shape, grid.cyclic, strict=True
                )
            ]
            steps.append(gap)
        assert not np.any(steps)
    assert (counted > 0).all()  # every pair; those half way around a ring from both ends
    assert counted.sum() == 2 * sum(len(lag.here) for lag in lags)
    assert len({lag.steps for lag in lags}) == len(lags)


def test_lags_of_lines_and_rings_grow():
    assert [lag.steps for lag in Grid.line(4).lags()] == [(0,), (1,), (2,), (3,)]
    assert [lag.steps for lag in Grid.ring(6).lags()] == [(0,), (1,), (2,), (3,)]
    assert [lag.steps for lag in Grid.ring(7).lags()] == [(0,), (1,), (2,), (3,)]


@pytest.mark.parametrize("size", range(2, 12))
@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_far_is_over_half_of_a_line_and_half_of_the_way_around_a_ring(size, boundary):
    grid = Grid.of(size, boundary)
    n_lags = len(grid.lags())
    first = n_lags // 2 + (boundary == "open")
    assert [grid.is_far(lag) for lag in grid.lags()] == [at >= first for at in range(n_lags)]
    assert [grid.is_near(lag) for lag in grid.lags()] == [at == 1 for at in range(n_lags)]


@grids
@pytest.mark.parametrize("margin", [0, 1, 3])
def test_padding_surrounds_open_axes_and_stands_behind_even_rings(grid, margin):
    padded = grid.padded_shape(margin)
    assert grid.padded_size(margin) == np.prod(padded)
    inside = np.unravel_index(grid.inside(margin).numpy(), padded)
    places = np.unravel_index(np.arange(grid.size), grid.shape)
    for axis, (size, closed) in enumerate(zip(grid.shape, grid.cyclic, strict=True)):
        spare = 1 - size % 2
        assert padded[axis] == (size + spare if closed else size + 2 * margin)
        assert_array_equal(inside[axis], places[axis] + (0 if closed else margin))


@grids
def test_symmetries_of_the_grid_keep_neighbours(grid):
    """Undirected links along all axes together, so that axes may be exchanged."""
    links = sum(grid.shift_matrix(axis) for axis in axes_with_neighbours(grid))
    links = links + links.mT
    identity = list(range(grid.size))
    for permutations in (grid.reflections(), grid.symmetries()):
        assert permutations[0].tolist() == identity
        assert len({tuple(row) for row in permutations.tolist()}) == len(permutations)
        for permutation in permutations:
            assert_array_equal(links[permutation][:, permutation], links)


@pytest.mark.parametrize(
    ("name", "reflections", "symmetries"),
    [("line", 2, 2), ("ring", 2, 12), ("lattice", 4, 4), ("square", 8, 8), ("torus", 4, 48)],
)
def test_number_of_symmetries(name, reflections, symmetries):
    assert len(GRIDS[name].reflections()) == reflections
    assert len(GRIDS[name].symmetries()) == symmetries


STEPS = [0, 1, -1, 2, 9, 0.5, -2.3, 1e-9, 2.9999999999, 17.25, 1e-320]


SIZES = [1, 2, 3, 4, 6, 7, 8, 9, 12, 20, 24, 33, 36]
boundaries = pytest.mark.parametrize("boundary", ["open", "circulant"])


@pytest.mark.parametrize("size", SIZES)
@boundaries
@dtypes
def test_kernel_is_the_exponential_of_the_logarithm(size, boundary, dtype):
    grid = Grid.of(size, boundary)
    log = grid.shift_log(dtype=torch.float64)
    assert_array_equal(log, -log.mT)
    for steps in STEPS:
        whole = torch.linalg.matrix_exp(steps * log)
        for padded, expected in ((True, whole), (False, whole[:size, :size])):
            kernel = grid.kernel(steps, padded=padded, dtype=dtype)
            assert kernel.dtype == dtype
            assert_allclose(kernel, expected, atol=DTYPES[dtype])


@pytest.mark.parametrize("size", SIZES)
def test_one_step_around_a_ring_is_the_cyclic_shift_and_a_rotation(size):
    shift = Grid.ring(size).kernel(1, dtype=torch.float64)
    assert_array_equal(shift, np.roll(np.eye(size), 1, axis=0))
    padded = Grid.ring(size).kernel(1, padded=True, dtype=torch.float64)
    assert_allclose(torch.linalg.det(padded), 1.0)
    assert_array_equal(padded, torch.block_diag(shift, -torch.eye(1 - size % 2)))


@pytest.mark.parametrize("size", SIZES)
def test_one_step_around_a_padded_line_changes_the_sign_of_an_even_one(size):
    shift = Grid.line(size).kernel(1, padded=True, dtype=torch.float64)
    expected = np.roll(np.eye(size), 1, axis=0)
    expected[0, -1] = -1.0 if size % 2 == 0 else 1.0
    assert_array_equal(shift, expected)
    assert_allclose(torch.linalg.det(shift), 1.0)


@boundaries
def test_logarithm_is_the_principal_one(boundary):
    for size in (7, 8):
        log = Grid.of(size, boundary).shift_log(dtype=torch.float64)
        phases = torch.linalg.eigvals(log).imag.sort().values
        turned = boundary == "circulant" and size % 2 == 0  # two eigenvalues -1
        assert phases.abs().max() < np.pi + 1e-12 * turned
        assert_allclose(np.diff(phases), 2 * np.pi / size)


@pytest.mark.parametrize("size", [2, 4, 6, 8, 12, 24, 36])
@pytest.mark.parametrize("steps", [0.5, -0.25, 1.5, 7.3])
def test_only_the_alternating_vector_of_an_even_ring_leaves_it(size, steps):
    kernel = Grid.ring(size).kernel(steps, dtype=torch.float64)
    wave = torch.as_tensor((-1.0) ** np.arange(size)) / size**0.5
    assert_allclose(kernel @ wave, np.cos(np.pi * steps) * wave, atol=1e-13)
    rest = torch.eye(size) - torch.outer(wave, wave)
    assert_allclose(kernel @ rest @ kernel.mT, rest, atol=1e-13)


@grids
@pytest.mark.parametrize("margin", [None, 0, 2])
def test_a_reading_exchanges_and_turns_axes_and_leaves_the_spare_component(grid, margin):
    order = tuple(reversed(range(grid.n_axes)))
    backwards = tuple(at % 2 == 0 for at in range(grid.n_axes))
    found = grid.reading(order, backwards, margin)
    shape = grid.shape if margin is None else grid.padded_shape(margin)
    folded = torch.arange(int(np.prod(shape))).view(shape).permute(order)
    for at, (axis, turned) in enumerate(zip(order, backwards, strict=True)):
        spare = margin is not None and grid.cyclic[axis] and grid.shape[axis] % 2 == 0
        around = shape[axis] - spare
        if turned:
            parts = folded.split([around, int(spare)], dim=at)
            folded = torch.cat([parts[0].flip(at), parts[1]], dim=at)
    assert_array_equal(found, folded.flatten())


@grids
@pytest.mark.parametrize("margin", [0, 2])
def test_kernel_of_a_grid_is_the_exponential_of_commuting_logarithms(grid, margin):
    logs = [grid.shift_log(axis, margin, dtype=torch.float64) for axis in range(grid.n_axes)]
    for one, other in itertools.combinations(logs, 2):
        assert_allclose(one @ other, other @ one, atol=1e-12)
    inside = grid.inside(margin)
    for seed in range(3):
        steps = np.random.default_rng(seed).uniform(-4, 4, grid.n_axes)
        whole = torch.linalg.matrix_exp(sum(t * log for t, log in zip(steps, logs, strict=True)))
        kernel = grid.kernel(steps, margin, dtype=torch.float64)
        assert_allclose(kernel, whole[inside][:, inside], atol=1e-13)


def test_places_go_around_the_padded_grid():
    places = torch.tensor([[-1], [0], [4], [5], [8], [9], [-4]])
    positions, signs = Grid.line(5).places(places, 2)
    assert signs.tolist() == [0, 1, 1, 0, 0, 1, 0]
    assert positions[signs != 0].tolist() == [0, 4, 0]
    positions, signs = Grid.ring(4).places(torch.tensor([[-1], [4], [9]]))
    assert (positions.tolist(), signs.tolist()) == ([3, 0, 1], [1, 1, 1])
    positions, signs = Grid.line(4).places(torch.tensor([[-1], [4], [9]]))
    assert (positions.tolist(), signs.tolist()) == ([3, 0, 1], [-1, -1, 1])


def test_what_remains_of_a_grid():
    assert Grid.line(5).kept([True, True, False, True, False]) == Grid.line(3)
    lattice = Grid((3, 4), (False, True))
    mask = torch.ones(3, 4, dtype=torch.bool)
    mask[1] = False
    assert lattice.kept(mask.flatten()) == Grid((2, 4), (False, True))
    mask[0, 0] = False
    with pytest.raises(ValueError, match="they are no grid"):
        lattice.kept(mask.flatten())
    assert lattice.without_last(0).shape == (2, 4)
    assert lattice.without_last(1).shape == (3, 4)


@pytest.mark.parametrize(
    ("shape", "closed", "message"),
    [
        ((3, 4), (False,), "one entry for every axis"),
        ((), (), "one axis at least"),
        ((0,), (False,), r"got 0 in shape=\(0,\)"),
        ((2.5,), (False,), "got 2.5"),
        ((True,), (False,), "got True"),
        (None, (False,), "shape must be a sequence"),
    ],
)
def test_bad_grids_are_refused(shape, closed, message):
    with pytest.raises(ValueError, match=message):
        Grid(shape, closed)


@pytest.mark.parametrize("steps", [1.0, [1.0], [1.0, 2.0, 3.0], [1.0, np.nan], ["1", "2"], None])
def test_bad_steps_are_refused(steps):
    with pytest.raises(ValueError, match="steps must be"):
        Grid((3, 4), (False, True)).kernel(steps)


@pytest.mark.parametrize("axis", [2, -1, 0.0, True])
def test_axes_that_do_not_exist_are_refused(axis):
    grid = Grid((3, 4), (False, True))
    for method in (grid.pairs, grid.shift_log, grid.n_pairs, grid.without_last):
        with pytest.raises(ValueError, match="axis must be"):
            method(axis)


def test_other_boundaries_and_paddings_are_refused():
    with pytest.raises(ValueError, match="boundary == 'periodic', must be one of"):
        Grid.of(5, "periodic")
    with pytest.raises(ValueError, match="padding of a Grid"):
        Grid.line(5).padded_size(-1)
    assert Grid.of((3, 4), "circulant") == Grid((3, 4), (True, True))


def test_a_grid_that_does_not_fit_is_refused():
    y, lattice = torch.randn(50, 7), Grid((2, 3), (False, False))
    calls = [
        lambda: Representation(y, None, grid=lattice),
        lambda: energy_divergence(y, lattice),
        lambda: summed_divergence(y, lattice),
        lambda: evidence(y, lattice, **TESTS),
        lambda: shift_divergence(torch.eye(7), lattice),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"the grid has 6 positions, 2 x 3, but .* has 7"):
            call()


# What the terms of the loss and the energies make of several axes

SEVERAL = ("lattice", "square", "torus", "cylinder", "three axes")


def skewed(n_samples, size, seed=0):
    random = np.random.default_rng(seed)
    return random.exponential(size=(n_samples, size)) @ random.standard_normal((size, size)) + 1.0


def representation(name, dtype=torch.float64):
    grid = GRIDS[name]
    y = torch.as_tensor(skewed(400, grid.size), dtype=dtype)
    return Representation(y, ClosedFormDensity(), grid=grid)


@dtypes
@pytest.mark.parametrize("name", SEVERAL)
def test_alignment_is_the_average_over_the_axes(name, dtype):
    rep = representation(name, dtype)
    correlation = np.corrcoef(rep.y.double().numpy().T)
    means = [
        np.mean([correlation[pair] for pair in zip(*neighbours(rep.grid, axis), strict=True)])
        for axis in range(rep.grid.n_axes)
    ]
    found = Alignment()(rep)
    assert found.dtype == dtype
    assert_allclose(found, -np.mean(means), rtol=1e-4)


def gaussian_kl(offset_squared, variance, other):
    return 0.5 * (offset_squared / other + variance / other - 1 - np.log(variance / other))


def loop_uniformity(rep, axis):
    """Marginal and pairwise divergences along one axis, as equations 28 and 29 have them."""
    mean, covariance = rep.mean.numpy(), rep.covariance.numpy()
    pairs = list(zip(*neighbours(rep.grid, axis), strict=True))
    both_ways = pairs + [pair[::-1] for pair in pairs]
    marginal = [
        gaussian_kl((mean[a] - mean[b]) ** 2, covariance[a, a], covariance[b, b])
        for a, b in both_ways
    ]

    def conditional(j, i):
        slope = covariance[j, i] / covariance[i, i]
        return slope, covariance[j, j] - slope * covariance[j, i]

    found = []
    for way in (pairs, [pair[::-1] for pair in pairs]):
        for (j, j_), (i, i_) in itertools.permutations(way, 2):
            (slope, spread), (slope_, spread_) = conditional(j, i), conditional(j_, i_)
            offset = mean[j] - mean[j_] - slope_ * (mean[i] - mean[i_])
            squared = offset**2 + (slope - slope_) ** 2 * covariance[i, i]
            found.append(gaussian_kl(squared, spread, spread_))
    return 0.5 * (np.mean(marginal) + np.mean(found))


@pytest.mark.parametrize("name", SEVERAL)
def test_uniformity_is_the_average_over_the_axes(name):
    rep = representation(name)
    expected = np.mean([loop_uniformity(rep, axis) for axis in range(rep.grid.n_axes)])
    assert_allclose(Uniformity()(rep), expected, rtol=1e-9)


@pytest.mark.parametrize("name", SEVERAL)
def test_full_conditionals_and_third_order_are_averages_over_the_axes(name):
    rep = representation(name)
    mean, covariance, cumulants = rep.mean.numpy(), rep.covariance.numpy(), rep.whitened_cumulants
    full, third = [], []
    for axis in range(rep.grid.n_axes):
        here, there = neighbours(rep.grid, axis)
        divergences = []
        for one, other in ((here, there), (there, here)):
            inner, outer = (covariance[np.ix_(at, at)] for at in (one, other))
            precisions = [np.linalg.inv(part) for part in (inner, outer)]
            slope, slope_ = (part / np.diag(part)[:, None] for part in precisions)
            spread, spread_ = (1 / np.diag(part) for part in precisions)
            change = slope - slope_
            squared = np.diag(change @ inner @ change.T)
            squared = squared + (slope_ @ (mean[one] - mean[other])) ** 2
            divergences.append(gaussian_kl(squared, spread, spread_).mean())
        full.append(np.mean(divergences))
        change = []
        for at in (here, there):
            window = np.linalg.inv(sqrtm(covariance[np.ix_(at, at)])) @ rep.loadings[at].numpy()
            change.append(rotated(cumulants, torch.as_tensor(window)).numpy())
        third.append(np.square(change[1] - change[0]).sum() / 12 / len(here))
    base = Uniformity()(rep)
    assert_allclose(Uniformity(full=1.0)(rep) - base, np.mean(full), rtol=1e-6)
    assert_allclose(Uniformity(third=1.0)(rep) - base, np.mean(third), rtol=1e-6)


@pytest.mark.parametrize("name", ["lattice", "torus"])
def test_terms_on_several_axes_have_the_right_gradient(name):
    grid = GRIDS[name]
    y = torch.as_tensor(skewed(16, grid.size)).requires_grad_()
    uniformity = Uniformity(full=0.5)
    assert torch.autograd.gradcheck(
        lambda y: Alignment()(Representation(y, None, grid=grid)), y, eps=1e-6, atol=1e-5
    )
    weights = torch.linspace(1, 2, grid.size).double()

    def of_factor(factor):
        covariance = factor @ factor.mT + torch.eye(grid.size)
        known = {"mean": weights * factor[0], "covariance": covariance}
        return uniformity(
            Representation(factor[:0], ClosedFormDensity(bound=0.3), grid=grid, **known)
        )

    factor = torch.as_tensor(np.random.default_rng(0).standard_normal((grid.size, grid.size)))
    assert torch.autograd.gradcheck(of_factor, factor.requires_grad_(), eps=1e-6, atol=1e-5)


def stationary_field(n_samples, shape, seed=0):
    """Skewed noise, smoothed over 2 x 2 of its neighbours."""
    h, w = shape
    noise = np.random.default_rng(seed).exponential(size=(n_samples, h + 1, w + 1))
    field = noise[:, 1:, 1:] + 0.7 * noise[:, :-1, 1:] + 0.5 * noise[:, 1:, :-1]
    return torch.as_tensor((field - field.mean()).reshape(n_samples, h * w))


def test_a_stationary_field_is_uniform_on_its_lattice_and_not_on_another():
    y = stationary_field(40_000, (3, 4))
    right, wrong = (
        Uniformity(full=1.0, third=1.0)(
            Representation(y, ClosedFormDensity(), grid=Grid(shape, (False, False)))
        )
        for shape in ((3, 4), (4, 3))
    )
    assert right < 0.02
    assert wrong > 5 * right


@pytest.mark.parametrize("name", ["lattice", "torus", "cylinder"])
def test_energies_on_several_axes_are_averages_over_them(name):
    grid = GRIDS[name]
    y = torch.as_tensor(skewed(500, grid.size))

    def divergences(y, closed):
        energy = log_energy(y)
        covariance = torch.cov(energy.mT, correction=0).numpy()
        covariance += LEAST_VARIANCE * np.eye(len(covariance))
        found = []
        for axis in range(2):
            here, there = neighbours(closed, axis)
            one, other = (covariance[np.ix_(at, at)] for at in (here, there))
            across = np.trace(np.linalg.solve(one, other) + np.linalg.solve(other, one))
            found.append((0.25 * (across - 2 * len(here)), len(here)))
        return found

    own = divergences(y, grid)
    scaled = [2 * len(y) / (size * (size + 1)) * value for value, size in own]
    assert_allclose(energy_divergence(y, grid), np.mean(scaled), rtol=1e-8)
    worst, summed = [np.mean(scaled)], []
    for axis in range(2):
        here, there = neighbours(grid, axis)
        differences, smaller = y[:, there] - y[:, here], grid.without_last(axis)
        found = divergences(differences, smaller)
        summed.append(np.mean([value for value, _ in found]))
        worst.append(np.mean([2 * len(y) / (p * (p + 1)) * value for value, p in found]))
    expected = np.mean([value for value, _ in own]) + np.mean(summed)
    if np.isfinite(expected):
        assert_allclose(summed_divergence(y, grid), expected, rtol=1e-6)
        assert_allclose(worst_energy_divergence(y, grid), max(worst), rtol=1e-6)


def test_evidence_of_a_field_on_its_lattice():
    y, grid = stationary_field(4000, (3, 3)), Grid((3, 3), (False, False))
    found = evidence(y, grid, **TESTS)
    tolerated = tolerated_divergence(found.n_samples, grid)
    assert found.divergence < tolerated
    assert found.order_p_value <= 0.05
    near, far = locality(found.correlations, grid)
    assert near > 0.1 > abs(far)
    damaged = evidence(y[:, [4, 1, 2, 3, 0, 5, 8, 7, 6]], grid, **TESTS)
    assert damaged.divergence > tolerated


def test_the_mixture_density_refuses_several_axes():
    density = MixtureDensity(6, generator=torch.Generator().manual_seed(0))
    rep = Representation(torch.randn(30, 6), density, grid=Grid((2, 3), (False, False)))
    for method in (density.marginal_shift_divergence, density.conditional_shift_divergence):
        with pytest.raises(ValueError, match="for one axis; the grid has 2"):
            method(rep)


def test_a_lattice_of_one_row_is_a_line():
    y = torch.as_tensor(skewed(300, 5))
    for term in (Alignment(), Uniformity(full=1.0, third=1.0)):
        line, row = (
            term(Representation(y, ClosedFormDensity(), grid=grid))
            for grid in (Grid.line(5), Grid((1, 5), (False, False)))
        )
        assert_close(row, line, rtol=1e-12, atol=0)
