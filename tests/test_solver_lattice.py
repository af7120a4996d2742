# SPDX-License-Identifier: BSD-3-Clause
"""The search on a lattice: assignments, starts of both kinds, mending, ranking, recovery."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ortho_group

from sklearn_symmetry.core.cumulants import fourth_cumulant_modes
from sklearn_symmetry.core.energies import (
    lattice_energy_divergence,
    worst_energy_divergence,
)
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import Group, agreement, similarity
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.core.sines import sine_basis
from sklearn_symmetry.datasets import (
    load_digit_patches,
    load_photo_patches,
    make_symmetric_fields,
)
from sklearn_symmetry.solver.climb import climbed, swapped, turned
from sklearn_symmetry.solver.lattice import (
    LatticeJudge,
    _Attempt,
    _Log,
    factorisations,
    lattice_search,
    lattices,
    packets,
    reflected,
    turned_packets,
    turned_waves,
)
from sklearn_symmetry.solver.manifold import minimise
from sklearn_symmetry.solver.solution import Settings
from sklearn_symmetry.solver.starts.assignment import (
    assigned,
    doubly_stochastic,
    exchanged,
    permutation_matrix,
)
from sklearn_symmetry.solver.starts.layout import (
    laid_out,
    lattice_signs,
    link_signs,
    site_distances,
)
from sklearn_symmetry.solver.starts.standing_waves import (
    Couplings,
    exchange,
    frequency_lattices,
)
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import principal_data

GRIDS = {
    "lattice": Grid((4, 5), (False, False)),
    "square": Grid((4, 4), (False, False)),
    "torus": Grid((4, 6), (True, True)),
    "cylinder": Grid((5, 4), (True, False)),
}
grids = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
seeds = pytest.mark.parametrize("seed", range(3))


def symmetric(rng, size):
    matrix = rng.random((size, size))
    matrix = matrix + matrix.T
    np.fill_diagonal(matrix, 0.0)
    return matrix


def worth(weights, links, order, linear=0.0):
    placed = permutation_matrix(order)
    quadratic = sum(
        np.sum(b * (placed @ w @ placed.T)) for w, b in zip(weights, links, strict=True)
    )
    return quadratic + np.sum(linear * placed)


# Quadratic assignment


@seeds
def test_exchanges_end_where_no_exchange_helps(seed):
    rng = np.random.default_rng(seed)
    weights, links = ([symmetric(rng, 7) for _ in range(2)] for _ in range(2))
    linear = rng.normal(size=(7, 7))
    start = rng.permutation(7)
    order = exchanged(weights, links, start, linear, rounds=100)
    best = worth(weights, links, order, linear)
    assert best >= worth(weights, links, start, linear)
    for one, two in itertools.combinations(range(7), 2):
        other = order.copy()
        other[[one, two]] = other[[two, one]]
        assert worth(weights, links, other, linear) <= best + 1e-9


@seeds
def test_a_relaxed_assignment_recognises_a_shuffled_graph(seed):
    rng = np.random.default_rng(seed)
    links = symmetric(rng, 8) ** 2
    hidden = rng.permutation(8)
    weights = np.empty_like(links)
    weights[np.ix_(hidden, hidden)] = links
    soft = 0.5 * permutation_matrix(hidden) + 0.5 / 8
    order = assigned([weights], [links], soft, steps=40)
    assert_array_equal(order, hidden)
    assert_array_equal(weights[np.ix_(order, order)], links)


def test_scaling_makes_rows_and_columns_sum_to_one():
    matrix = doubly_stochastic(np.random.default_rng(0).random((6, 6)) + 0.1, rounds=200)
    assert_allclose(matrix.sum(0), 1, atol=1e-9)
    assert_allclose(matrix.sum(1), 1, atol=1e-9)


# Components on a lattice


@grids
def test_distances_are_those_of_the_shortest_way(grid):
    places = grid.coordinates().numpy()
    step = np.abs(places[:, None] - places)
    sizes, closed = np.array(grid.shape), np.array(grid.cyclic)
    step = np.where(closed, np.minimum(step, sizes - step), step)
    assert_allclose(site_distances(grid), np.sqrt(np.square(step).sum(-1)))


@grids
@seeds
def test_shuffled_items_return_to_their_places_up_to_the_symmetries(grid, seed):
    rng = np.random.default_rng(seed)
    alike = np.exp(-site_distances(grid)) + 0.02 * symmetric(rng, grid.size)
    np.fill_diagonal(alike, 0.0)
    hidden = rng.permutation(grid.size)
    shuffled = np.empty_like(alike)
    shuffled[np.ix_(hidden, hidden)] = alike
    order = laid_out(shuffled, grid, DEFAULT)
    place = np.argsort(hidden)[order]  # where the items on the sites were
    assert any((place == same).all() for same in grid.symmetries().numpy())


@grids
@seeds
def test_signs_of_a_smooth_covariance_are_found(grid, seed):
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), grid.size)
    covariance = np.exp(-0.5 * site_distances(grid) ** 2) * np.outer(signs, signs)
    found = lattice_signs(covariance, grid, DEFAULT)
    assert abs(found @ signs) == grid.size


@seeds
def test_no_single_change_of_a_sign_helps(seed):
    links = symmetric(np.random.default_rng(seed), 9) - 1
    np.fill_diagonal(links, 0.0)
    signs = link_signs(links)
    assert (signs * (links @ signs) >= 0).all()


# Principal axes as waves


def planted(shape, seed, noise):
    """Couplings of sine waves on a lattice, in shuffled principal axes of random sign."""
    rng, size = np.random.default_rng(seed), shape[0] * shape[1]
    first, second = (np.arange(1, n + 1) / n for n in shape)
    spectrum = np.exp(-3 * (first[:, None] ** 2 + second**2)).ravel()
    spectrum *= np.exp(0.05 * rng.normal(size=size))
    axes = np.argsort(-spectrum)
    waves = Couplings(np.zeros((2, size, size)), spectrum, shape, DEFAULT)
    positions = waves.templates + noise * np.array([symmetric(rng, size) for _ in shape]) / size
    angle = 0.3 * rng.normal()
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    operators = np.tensordot(turn, positions, 1)[:, axes][:, :, axes]
    signs = rng.choice((-1.0, 1.0), size)
    return (
        Couplings(operators * np.outer(signs, signs), spectrum[axes], shape, DEFAULT),
        axes,
        signs,
    )


@pytest.mark.parametrize("shape", [(4, 4), (3, 6)])
@seeds
def test_planted_waves_are_found(shape, seed):
    couplings, axes, signs = planted(shape, seed, noise=0.1)
    couplings.tuning = replace(DEFAULT, kicks=24, waves_loosened=6)
    found = frequency_lattices(couplings, seed)[0]
    assert found.match > 0.95
    truth = np.zeros_like(found.modes)
    truth[axes, np.arange(len(axes))] = signs
    # Up to the ends of the frequency axes, their order, and the sign of every axis of positions.
    folded = np.abs(found.modes @ truth.T)
    size = len(axes)
    grid = Grid(shape, (False, False))
    fits = [np.mean(folded[np.arange(size), order]) for order in grid.reflections().numpy()]
    assert max(fits) > 0.9


def test_positions_couple_neighbouring_frequencies_only():
    couplings = Couplings(np.zeros((2, 12, 12)), np.ones(12), (3, 4), DEFAULT)
    assert_allclose(np.linalg.norm(couplings.templates, axis=(1, 2)), 1)
    near = couplings.links > 0
    assert (couplings.templates[near] > 0).all()
    # A sine of position is not quite a multiplication by the next frequency, but nearly.
    assert (np.square(couplings.templates) * near).sum() / 2 > 0.95


def test_polishing_keeps_waves_and_mixtures_orthonormal():
    couplings, axes, signs = planted((4, 4), 0, noise=0.1)
    start = ortho_group.rvs(16, random_state=0)
    waves = couplings.polished(start, np.eye(2), 5, (1.0, 0.1))
    assert_allclose(waves.modes @ waves.modes.T, np.eye(16), atol=1e-12)
    assert_allclose(waves.mixture @ waves.mixture.T, np.eye(2), atol=1e-12)
    assert 0 < waves.match <= 1


def test_modes_without_a_diagonal_are_those_of_the_restricted_operator():
    samples = torch.as_tensor(np.random.default_rng(0).standard_normal((500, 6)) ** 3)
    strengths, modes = fourth_cumulant_modes(samples, 15, diagonal=False)
    assert_allclose(np.diagonal(modes, axis1=1, axis2=2), 0)
    everything, forms = fourth_cumulant_modes(samples, 21)
    operator = np.einsum("q,qij,qkl->ijkl", everything, forms, forms)
    for strength, mode in zip(strengths, modes, strict=True):
        image = np.einsum("ijkl,kl->ij", operator, mode)
        np.fill_diagonal(image, 0.0)
        assert_allclose(image, strength * mode, atol=1e-9 * np.abs(strengths).max())


# What is known of a basis


@grids
@seeds
def test_agreement_is_the_cosine_of_the_worse_generator(grid, seed):
    rng = np.random.default_rng(seed)
    one = torch.as_tensor(ortho_group.rvs(grid.size, random_state=seed))
    turn = rng.normal(size=(grid.size, grid.size))
    near = one @ torch.linalg.matrix_exp(torch.as_tensor(0.05 * (turn - turn.T)))
    for other in (near, torch.as_tensor(ortho_group.rvs(grid.size, random_state=seed + 9))):
        generators = [[rows.mT @ grid.shift_matrix(axis, torch.float64) @ rows for axis in (0, 1)]
                      for rows in (one, other)]  # fmt: skip
        expected = max(
            min(similarity(generators[0][axis].numpy(), generators[1][to].numpy())
                for axis, to in enumerate(order))
            for order in grid.exchanges()
        )  # fmt: skip
        assert_allclose(agreement(one, other, grid=grid), expected, atol=1e-12)
        spectrum = torch.as_tensor(rng.random(grid.size) + 0.1)
        assert_allclose(
            agreement(one, other, torch.ones_like(spectrum), grid),
            agreement(one, other, grid=grid),
            atol=1e-12,
        )
        assert agreement(one, one, spectrum, grid) == pytest.approx(1)


def test_agreement_does_not_depend_on_how_the_lattice_is_read():
    grid = GRIDS["square"]
    one = torch.as_tensor(ortho_group.rvs(16, random_state=0))
    for order in grid.reflections():
        assert agreement(one, one[order], grid=grid) == pytest.approx(1)


@grids
def test_energies_of_the_worst_axis_are_no_better_than_their_average(grid):
    y = torch.as_tensor(np.random.default_rng(0).standard_normal((500, grid.size)) ** 3)
    y[:, : grid.shape[1]] *= 2  # the first row is louder
    assert lattice_energy_divergence(y, grid) >= worst_energy_divergence(y, grid)
    line = Grid.line(grid.size)
    assert_allclose(lattice_energy_divergence(y, line), worst_energy_divergence(y, line))


def test_powers_and_boundaries_of_a_grid():
    grid = Grid.of((2, 3), ("open", "circulant"))
    assert grid.cyclic == (False, True)
    assert grid.boundary == ("open", "circulant")
    assert Grid.of((2, 3), "circulant").boundary == "circulant"
    assert grid.powers().tolist() == [[-1, -1], [-1, 0], [-1, 1], [0, -1], [0, 0], [0, 1]]
    with pytest.raises(ValueError, match="'closed'"):
        Grid.of((2, 3), ("open", "closed"))


def test_shapes_that_columns_may_have():
    assert factorisations(36) == [(6, 6), (4, 9), (3, 12)]
    assert factorisations(7) == factorisations(10) == []
    assert lattices(36, Settings()) == []
    assert lattices(36, Settings(grid_shape=(4, 9), boundary=("open", "circulant"))) == [
        Grid((4, 9), (False, True))
    ]
    assert [grid.shape for grid in lattices(12, Settings(grid_shape="auto"))] == [(3, 4)]


# The search


@pytest.fixture(scope="module")
def blobs():
    dataset = make_symmetric_fields(6000, (4, 4), symmetry="orthogonal", random_state=1)
    data = principal_data(dataset.data, seed=0)
    return data, torch.as_tensor(dataset.basis.T @ data.axes)


@pytest.fixture(scope="module")
def judge(blobs):
    quick = replace(DEFAULT, fourth_order=0.0)
    return LatticeJudge(blobs[0], dict(PAPER_WEIGHTS), GRIDS["square"], quick)


def test_energies_are_ranked_before_the_loss(blobs, judge):
    truth = judge.candidate("truth", blobs[1], blobs[1])
    wrong = judge.candidate("wrong", blobs[1], blobs[1][torch.randperm(16)])
    assert truth.rank < wrong.rank
    assert judge.is_stationary(truth)
    assert not judge.is_stationary(wrong)
    assert truth.name == "4 x 4: truth"
    assert truth.grid == GRIDS["square"]


def test_signs_of_axes_are_mended(blobs, judge):
    truth = blobs[1]
    wrong = truth.clone()
    wrong[:, [3, 6]] *= -1
    bases = list(reflected(wrong, judge.fine))
    assert len(bases) == judge.tuning.likely_signs
    assert any(torch.equal(basis, truth) for basis in bases)
    no_third = LatticeJudge(*blobs[:1], dict(PAPER_WEIGHTS), judge.grid, replace(
        judge.tuning, third_order=0.0
    ))  # fmt: skip
    assert list(reflected(wrong, no_third.fine)) == []


def test_signs_of_waves_of_all_above_and_of_packets_are_mended(blobs, judge):
    truth, waves = blobs[1], torch.as_tensor(sine_basis(4, 4))
    packet = packets(judge.grid, judge.tuning.packet_width)[[37]].mT
    above = [number for number in range(16) if number // 4 >= 1 and number % 4 >= 2]
    for change, signs in (
        (turned_waves, waves[:, [5]]),
        (turned_waves, waves[:, above]),
        (turned_packets, packet),
    ):
        wrong = truth - 2 * signs @ signs.mT @ truth
        distances = [float((basis - truth).abs().max()) for basis in change(wrong, judge.fine)]
        assert min(distances) < 1e-12
        assert sorted(distances)[1] > 0.1


@grids
def test_a_packet_is_a_short_wave_about_every_position_in_every_direction(grid):
    found = packets(grid, 1.3)
    assert found.shape == ((3**grid.n_axes - 1) // 2 * grid.size, grid.size)
    assert_allclose(found.norm(dim=1), 1.0)
    places = torch.arange(grid.size).repeat(len(found) // grid.size)
    assert_array_equal(found.argmax(1), places)
    # Neighbours are of the other sign; a corner has none in one direction.
    assert ((found < -0.4).sum(1) <= 2).all()
    assert ((found < -0.4).any(1) | (found.amax(1) > 0.999)).all()


@pytest.mark.parametrize("number", [30, 60, 90])
def test_a_packet_of_the_wrong_sign_is_turned_back_though_no_descent_does(number):
    """Of digits; and nothing is turned where that would not lower the loss."""
    digits = load_digit_patches(6000, (5, 5), symmetry="orthogonal", random_state=1)
    data, grid = principal_data(digits.data, seed=0), Grid.of((5, 5), "open")
    quick = replace(DEFAULT, fourth_order=0.0)
    attempt = _Attempt(LatticeJudge(data, PAPER_WEIGHTS, grid, quick), DEFAULT, 0, _Log(None, None))
    judge = attempt.judge
    truth = torch.as_tensor(digits.basis.T @ data.axes)
    truth = minimise(judge.fine, truth, max_iter=60, **judge.done).basis
    packet = packets(grid, quick.packet_width)[number]
    wrong = truth - 2 * torch.outer(packet, packet @ truth)
    descent = minimise(judge.fine, wrong, max_iter=60, **judge.done)
    assert agreement(descent.basis, truth, grid=grid) < 0.95
    found = attempt._arranged(descent, 60, [attempt._turned])
    assert agreement(found, truth, grid=grid) > 0.99
    assert list(attempt._turned(truth, judge.fine)) == []


def test_rows_in_wrong_places_return_to_theirs_though_no_descent_moves_them(blobs, judge):
    truth, order = blobs[1], torch.arange(16)
    order[[3, 7, 11, 12]] = order[[7, 11, 3, 0]]
    order[0] = 12
    attempt = _Attempt(judge, DEFAULT, 0, _Log(None, None))
    descent = minimise(judge.fine, truth[order], max_iter=10, **judge.done)
    assert agreement(descent.basis, truth, grid=judge.grid) < 0.9
    found = attempt._arranged(descent, 10)
    assert agreement(found, truth, grid=judge.grid) > 0.99
    # What is where it belongs stays there.
    known = minimise(judge.fine, truth, max_iter=10, **judge.done)
    assert torch.equal(attempt._arranged(known, 10), known.basis)


@pytest.mark.parametrize("shape", [(3, 4), (4, 4)])
@seeds
def test_an_exchange_of_waves_is_an_order_of_them(shape, seed):
    rng, size = np.random.default_rng(seed), shape[0] * shape[1]
    for _ in range(50):
        order = exchange(shape, rng.normal(size=size), rng, 0.35)
        assert_array_equal(np.sort(order), np.arange(size))


@seeds
def test_a_lattice_is_turned(seed):
    grid, basis = Grid.of((5, 5), "open"), ortho_group.rvs(25, random_state=seed)
    basis = torch.as_tensor(basis)
    at = np.arange(25).reshape(5, 5)
    assert_allclose(turned(basis, grid, 0.0), basis, atol=1e-8)
    # The least of its own that every row keeps is all that is left of where it was.
    assert_allclose(turned(basis, grid, np.pi / 2), basis[np.rot90(at, -1).ravel()], atol=0.01)
    assert_allclose(turned(basis, grid, np.pi), basis.flip(0), atol=0.01)
    found = turned(basis, grid, 0.6, (0.3, -0.2))
    assert_allclose(found @ found.mT, np.eye(25), atol=1e-8)
    # Rows lie about where they should, but at the edges, where there is nothing beyond.
    places = grid.coordinates().numpy() - 2.0
    cosine, sine = np.cos(0.3), np.sin(0.3)
    there = places @ [[cosine, sine], [-sine, cosine]]
    inner = np.abs(places).max(1) <= 1
    seen = (turned(basis, grid, 0.3) @ basis.mT).square().numpy() @ places
    assert_allclose(seen[inner], there[inner], atol=0.15)


def test_an_oblong_lattice_is_turned_in_its_own_proportions():
    """By two right angles it is upside down, by one each axis lies along the other."""
    grid, basis = Grid.of((4, 8), "open"), torch.eye(32, dtype=torch.float64)
    assert_allclose(turned(basis, grid, np.pi), basis.flip(0), atol=0.01)
    places = grid.coordinates().numpy() - [1.5, 3.5]
    seen = (turned(basis, grid, np.pi / 2).square().numpy() @ places).reshape(4, 8, 2)
    assert (np.diff(seen[..., 1].mean(1)) > 0).all()
    assert (np.diff(seen[..., 0].mean(0)) < 0).all()  # none of its eight is beyond the window


@seeds
def test_swapped_axes_have_about_one_variance(seed):
    rng, levels = np.random.default_rng(seed), torch.tensor([0.0, 0.1, 5.0, 5.1, 5.2, 9.0])
    basis, group = torch.as_tensor(ortho_group.rvs(6, random_state=seed)), [0, 0, 1, 1, 1, 2]
    for _ in range(20):
        found = swapped(basis, levels, rng, replace(DEFAULT, kick_alike=0.3))
        moved = np.round((basis.mT @ found).numpy(), 8)
        assert_array_equal(np.abs(moved).sum(0), 1)
        assert_array_equal(np.array(group)[np.abs(moved).argmax(0)], group)


def test_a_climb_turns_a_lattice_that_lies_askew():
    smooth = make_symmetric_fields(
        6000, (5, 5), field="smooth", symmetry="orthogonal", random_state=1
    )
    data = principal_data(smooth.data, seed=0)
    few = replace(DEFAULT, changes_in_vain=12)
    judge = LatticeJudge(data, dict(PAPER_WEIGHTS), Grid.of((5, 5), "open"), few)
    truth = judge.tensor(smooth.basis.T @ np.asarray(data.axes))
    askew = judge.tensor(turned(truth, judge.grid, np.pi / 4))
    start = judge.descents_on(judge.law, [askew])[0].basis
    assert judge.agreement(start, truth) < 0.6
    basis, _ = climbed(judge, start, seed=0)
    assert judge.agreement(basis, truth) > 0.95


def test_a_climb_on_the_law_ends_no_higher_and_at_an_orthogonal_matrix(blobs):
    quick = replace(DEFAULT, changes_in_vain=4, n_modes=12)
    judge = LatticeJudge(blobs[0], dict(PAPER_WEIGHTS), GRIDS["square"], quick)
    start = blobs[1][torch.randperm(16, generator=torch.Generator().manual_seed(0))]
    basis, value = climbed(judge, start, seed=0)
    assert value < judge.law.value(start)
    assert_allclose(judge.law.value(basis), value, rtol=1e-6)
    assert_allclose(basis @ basis.mT, np.eye(16), atol=1e-8)


def test_an_end_stands_out_if_it_is_sharp_stationary_and_far_ahead(judge, blobs):
    attempt = _Attempt(judge, judge.tuning, 0, _Log(None, None))
    leader = judge.candidate("truth", blobs[1], blobs[1])
    elsewhere = torch.as_tensor(ortho_group.rvs(16, random_state=0))
    other = judge.candidate("start", elsewhere, elsewhere)
    ahead = replace(other, rank=(leader.rank[0] + judge.tuning.steps_ahead, other.loss))
    attempt.found = [leader, ahead]
    assert attempt._stands_out()
    attempt.found = [leader, replace(ahead, rank=(leader.rank[0] + 1, other.loss))]
    assert not attempt._stands_out()
    far = replace(leader, divergence=judge.tuning.worth_mending + 1)
    attempt.found = [far, ahead]
    assert not attempt._stands_out()


def test_samples_tell_nothing_where_many_different_solutions_are_stationary(judge):
    attempt = _Attempt(judge, judge.tuning, 0, _Log(None, None))
    bases = [torch.as_tensor(ortho_group.rvs(16, random_state=seed)) for seed in range(4)]
    found = [judge.candidate("start", basis, basis) for basis in bases]
    attempt.found = [replace(one, divergence=1.0) for one in found]
    assert attempt._tell_nothing()
    attempt.found = [replace(found[0], divergence=1.0)] * 4
    assert not attempt._tell_nothing()
    attempt.found = found
    assert not attempt._tell_nothing()


def test_the_search_ends_with_the_first_certain_start(blobs):
    seen = []
    found = lattice_search(
        [blobs[0]], PAPER_WEIGHTS, [GRIDS["square"]], seed=0, tuning=DEFAULT,
        report=lambda candidate, others: seen.append(candidate.name),
    )  # fmt: skip
    assert agreement(found[0].basis, blobs[1], grid=GRIDS["square"]) > 0.995
    assert len(found) == len(seen)


def test_a_search_that_is_never_certain_tries_waves_and_mending_and_climbs(monkeypatch):
    patches = load_photo_patches(1000, (3, 4), symmetry="orthogonal", random_state=0)
    data, grid = principal_data(patches.data, seed=0), Grid((3, 4), (False, False))
    budget = dict.fromkeys(
        ("laid_iterations", "wave_iterations", "settling_iterations", "lattice_probes"), 2
    )
    few = dict.fromkeys(
        ("changes_in_vain", "climbers", "lawful_starts", "settled", "reflection_rounds"), 1
    )
    monkeypatch.setattr(_Attempt, "is_certain", False)
    seen = []
    found = lattice_search(
        [data], PAPER_WEIGHTS, [grid], seed=0, tuning=replace(DEFAULT, n_modes=12, **budget, **few),
        report=lambda candidate, others: seen.append(candidate.name),
    )  # fmt: skip
    ends = ("settled", "climb", "waves")
    kinds = [next((kind for kind in ends if kind in name), name) for name in seen]
    assert set(ends) <= set(kinds)
    # Climbs come last, since they cost most; all are measured anew with fourth order.
    assert kinds.index("climb") > max(at for at, kind in enumerate(kinds) if kind == "waves")
    assert len(found) == len(seen)
    assert {one.tuning.fourth_order for one in found} == {DEFAULT.fourth_order}
    assert [one.rank for one in found] == sorted(one.rank for one in found)


def test_a_caller_can_stop_the_search_and_bound_its_starts(blobs):
    options = {"seed": 0, "tuning": DEFAULT}
    arguments = [blobs[0]], PAPER_WEIGHTS, [GRIDS["square"]]
    stopped = lattice_search(*arguments, report=lambda *_: True, **options)
    assert len(stopped) == 1
    assert len(lattice_search(*arguments, n_init=1, **options)) == 1


@pytest.mark.parametrize(
    ("shape", "boundary", "field"),
    [
        ((3, 5), "open", "blobs"),
        ((4, 4), "circulant", "smooth"),
        ((4, 5), ("circulant", "open"), "blobs"),
    ],
)
def test_lattices_tori_and_cylinders_are_recovered(shape, boundary, field):
    dataset = make_symmetric_fields(
        8000, shape, field=field, boundary=boundary, symmetry="orthogonal", random_state=2
    )
    data, grid = principal_data(dataset.data, seed=0), Grid.of(shape, boundary)
    best = lattice_search([data], PAPER_WEIGHTS, [grid], seed=0, tuning=DEFAULT)[0]
    rows = data.rows(best.basis.numpy())
    for axis, target in enumerate(dataset.generators):
        generator = Group(torch.as_tensor(rows), grid).generator(axis).numpy()
        if not grid.cyclic[axis]:
            generator = rows.T @ grid.shift_matrix(axis, torch.float64).numpy() @ rows
        fits = [similarity(generator, target)]
        if len(set(grid.shape)) == 1:
            other = rows.T @ grid.shift_matrix(1 - axis, torch.float64).numpy() @ rows
            fits.append(similarity(other, target))
        assert max(fits) > 0.99
