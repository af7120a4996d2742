# SPDX-License-Identifier: BSD-3-Clause
"""A lens on a lattice: its attributes, what it does to samples, and what it refuses."""

import io
import itertools
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._lattices import fitted_grid
from sklearn_symmetry._verdict.halves import judge, shapes_told, split_in_halves
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import make_symmetric_fields, make_symmetric_signals
from sklearn_symmetry.inspection import GeneratorDisplay, LatticeDisplay, SummaryDisplay
from sklearn_symmetry.inspection._lattice import lattice_convention
from sklearn_symmetry.metrics import equivariance_error, generator_similarity, matched
from sklearn_symmetry.persistence import load_lens, save_lens

SHAPES = {"lattice": ((3, 4), "open"), "torus": ((4, 4), "circulant"),
          "cylinder": ((4, 3), ("circulant", "open"))}  # fmt: skip
shapes = pytest.mark.parametrize(("shape", "boundary"), SHAPES.values(), ids=SHAPES)
DTYPES = {np.float32: 2e-3, np.float64: 1e-9}
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def samples(shape, n_samples=200, n_channels=1, dtype=np.float64):
    size = n_channels * int(np.prod(shape))
    return np.random.default_rng(0).normal(size=(n_samples, size)).astype(dtype)


@shapes
@dtypes
def test_attributes_have_an_entry_for_every_axis(quick_solver, shape, boundary, dtype):
    lens = SymmetryLens(grid_shape=shape, boundary=boundary).fit(samples(shape, dtype=dtype))
    size = int(np.prod(shape))
    grid = Grid.of(shape, boundary)
    padded = grid.padded_size(6)
    assert lens.grid_shape_ == shape
    assert lens.boundary_ == boundary
    assert lens.generators_.shape == (2, size, size)
    assert lens.lie_algebras_.shape == (2, padded, padded)
    assert_array_equal(lens.generator_, lens.generators_[0])
    assert_array_equal(lens.lie_algebra_, lens.lie_algebras_[0])
    assert lens.powers_.tolist() == grid.powers().tolist()
    assert {part.dtype for part in (lens.generators_, lens.lie_algebras_)} == {np.dtype(dtype)}
    one, two = lens.lie_algebras_.astype(float)
    assert_allclose(one @ two, two @ one, atol=100 * DTYPES[dtype])
    assert_allclose(one, -one.T)
    rows = lens.group_conv_matrix_.astype(float)
    for axis, generator in enumerate(lens.generators_):
        here, there = grid.pairs(axis)
        assert_allclose(rows[here] @ generator.T, rows[there], atol=10 * DTYPES[dtype])


def test_a_line_has_the_same_attributes(quick_solver):
    lens = SymmetryLens().fit(samples((7,)))
    assert lens.grid_shape_ == (7,)
    assert_array_equal(lens.generators_, lens.generator_[None])
    assert_array_equal(lens.lie_algebras_, lens.lie_algebra_[None])
    assert fitted_grid(lens) == Grid.line(7)
    X = samples((7,))
    assert_array_equal(lens.shift(X, 0.5), lens.shift(X, (0.5,)))


@shapes
@dtypes
def test_a_shift_moves_the_representation_along_its_axis(quick_solver, shape, boundary, dtype):
    X = samples(shape, dtype=dtype)
    lens = SymmetryLens(grid_shape=shape, boundary=boundary).fit(X)
    before = lens.transform(X).reshape(-1, *shape)
    grid = Grid.of(shape, boundary)
    for steps in ((1, 0), (0, 1), (1, -1), (-2, 1)):
        after = lens.shift(X, steps)
        assert after.dtype == dtype
        moved = np.roll(before, steps, (1, 2)), np.roll(before, [-step for step in steps], (1, 2))
        inside = (slice(None), *(
            slice(None) if closed else slice(abs(step), size - abs(step))
            for step, size, closed in zip(steps, shape, grid.cyclic, strict=True)
        ))  # fmt: skip
        found = lens.transform(after).reshape(-1, *shape)[inside]
        errors = [np.abs(found - one[inside]).max() for one in moved if found.size]
        assert not errors or min(errors) < 10 * DTYPES[dtype]
    assert_allclose(lens.shift(X, (0, 0)), X, atol=DTYPES[dtype])
    half = lens.shift(lens.shift(X, (0.5, 0)), (-0.5, 0))
    assert half.shape == X.shape


@shapes
def test_the_error_of_equivariance_is_that_of_rounding(quick_solver, shape, boundary):
    X = samples(shape)
    lens = SymmetryLens(grid_shape=shape, boundary=boundary).fit(X)
    for steps in ((1, 0), (0, -1), (1, 1)):
        assert equivariance_error(lens, X, steps) < 1e-10
    for steps in ((0, 0), (1, 5), 1, (1,)):
        with pytest.raises(ValueError, match="steps == "):
            equivariance_error(lens, X, steps)


@shapes
def test_the_way_back_is_exact(quick_solver, shape, boundary):
    X = samples(shape)
    lens = SymmetryLens(grid_shape=shape, boundary=boundary).fit(X)
    assert_allclose(lens.inverse_transform(lens.transform(X)), X, atol=1e-12)


def test_a_torch_module_gives_images(quick_solver):
    X = samples((3, 4), n_channels=2)
    lens = SymmetryLens(grid_shape=(3, 4), n_channels=2).fit(X)
    module = lens.to_torch(dtype=torch.float64)
    found = torch.nn.Conv2d(2, 5, 3, dtype=torch.float64)(module(torch.as_tensor(X)))
    assert found.shape == (200, 5, 1, 2)
    images = lens.transform(X).reshape(-1, 2, 3, 4)
    assert_allclose(module(torch.as_tensor(X)).numpy(), images)


def test_columns_are_named_after_pixels(quick_solver):
    pandas = pytest.importorskip("pandas")
    lens = SymmetryLens(grid_shape=(3, 4)).set_output(transform="pandas").fit(samples((3, 4)))
    table = lens.transform(samples((3, 4)))
    assert isinstance(table, pandas.DataFrame)
    assert table.columns[:5].tolist() == [
        "pixel 0,0", "pixel 0,1", "pixel 0,2", "pixel 0,3", "pixel 1,0"
    ]  # fmt: skip
    two = SymmetryLens(grid_shape=(3, 4), n_channels=2).fit(samples((3, 4), n_channels=2))
    names = two.get_feature_names_out()
    assert names[-1] == "channel 1 pixel 2,3"
    assert len(set(names)) == 24


@shapes
def test_a_stored_lens_is_the_same(quick_solver, shape, boundary):
    X = samples(shape)
    lens = SymmetryLens(grid_shape=shape, boundary=boundary, random_state=0).fit(X)
    file = io.BytesIO()
    save_lens(lens, file)
    file.seek(0)
    for copy in (load_lens(file), pickle.loads(pickle.dumps(lens))):
        assert_array_equal(copy.shift(X, (1, 0)), lens.shift(X, (1, 0)))
        assert_array_equal(copy.transform(X), lens.transform(X))
        assert copy.score(X) == lens.score(X)
        assert copy.grid_shape_ == lens.grid_shape_
        assert copy.boundary_ == lens.boundary_
        assert copy.get_feature_names_out().tolist() == lens.get_feature_names_out().tolist()
        clone(copy).fit(X)


def test_parameters_survive_a_clone_and_a_summary():
    lens = clone(SymmetryLens(grid_shape=(3, 4), boundary=("open", "circulant")))
    assert lens.grid_shape == (3, 4)
    assert lens.boundary == ("open", "circulant")


BAD = {
    "one axis": ({"grid_shape": (12,)}, ValueError, r"\(12,\) has 1 axes, must have 2.*None"),
    "three axes": ({"grid_shape": (3, 2, 2)}, ValueError, "has 3 axes.*no starts for more"),
    "axis of two": ({"grid_shape": (2, 6)}, ValueError, r"\(2, 6\) has an axis of fewer than 3"),
    "axis of one": ({"grid_shape": (1, 12)}, ValueError, "fewer than 3 positions"),
    "other product": ({"grid_shape": (3, 5)}, ValueError, r"15 positions, but X has 12.*\(3, 4\)"),
    "no number": ({"grid_shape": (3.0, 4)}, TypeError, "must hold ints"),
    "a number": ({"grid_shape": 12}, TypeError, "None, 'auto' or a tuple"),
    "another word": ({"grid_shape": "square"}, ValueError, "None, 'auto' or a tuple"),
    "shuffled": (
        {"grid_shape": "auto", "mixing": "permutation"}, ValueError, r"pass grid_shape=\(h, w\)",
    ),
    "powers": ({"grid_shape": (3, 4), "n_powers": 7}, ValueError, "use n_powers=None"),
    "mixture": ({"grid_shape": (3, 4), "density": "mixture"}, ValueError, "use density='closed"),
    "random": ({"grid_shape": (3, 4), "init": "random"}, ValueError, "for one axis.*init='auto'"),
    "auto boundary": ({"grid_shape": (3, 4), "boundary": "auto"}, ValueError, "on a lattice it"),
    "three boundaries": (
        {"grid_shape": (3, 4), "boundary": ("open",) * 3}, ValueError, "for each of 2 axes",
    ),
    "small ring": (
        {"grid_shape": (3, 4), "boundary": "circulant"}, ValueError, "closes an axis of 3.*4 are",
    ),
    "pair on a line": ({"boundary": ("open", "open")}, ValueError, "grid_shape=None is a line"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "error", "message"), BAD.values(), ids=BAD)
def test_what_is_no_lattice_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        SymmetryLens(**options).fit(samples((3, 4)))


@pytest.mark.parametrize("size", [7, 10, 13])
def test_columns_that_are_no_lattice_have_no_automatic_shape(size):
    with pytest.raises(ValueError, match=f"'auto' with {size} columns.*use grid_shape=None"):
        SymmetryLens(grid_shape="auto").fit(samples((size,)))


@pytest.mark.parametrize("steps", [1, (1,), (1, 2, 3), "ab", (1, float("nan")), (1, None)])
def test_steps_are_one_number_for_every_axis(quick_solver, steps):
    lens = SymmetryLens(grid_shape=(3, 4)).fit(samples((3, 4)))
    with pytest.raises((ValueError, TypeError), match="steps"):
        lens.shift(samples((3, 4)), steps)


# Scores of several generators


def test_similarity_is_that_of_the_worst_axis_in_the_best_order():
    dataset = make_symmetric_fields(10, (3, 3), symmetry="orthogonal", random_state=0)
    first, second = dataset.generators
    assert generator_similarity(dataset.generators, dataset.generators) == pytest.approx(1)
    turned = np.array([second.T, first])
    assert generator_similarity(turned, dataset.generators) == pytest.approx(1)
    worse = np.array([first, 0.5 * second + 0.5 * first])
    expected = generator_similarity(worse[1], second)
    assert generator_similarity(worse, dataset.generators) == pytest.approx(expected)
    with pytest.raises(ValueError, match="of several axes"):
        generator_similarity(first, dataset.generators)
    for one, other in matched(turned, dataset.generators):
        assert_array_equal(one, other)


@shapes
def test_the_truth_is_drawn_in_the_convention_of_the_lens(shape, boundary):
    grid = Grid.of(shape, boundary)
    signals = samples(shape)
    for sign, order in itertools.product((1, -1), grid.symmetries().numpy()[::3]):
        found, way = lattice_convention(sign * signals[:, order], signals, grid)
        assert_array_equal(found, order)
        assert way == sign
    exchanged = signals.reshape(-1, *shape).transpose(0, 2, 1).reshape(len(signals), -1)
    order, sign = lattice_convention(exchanged, signals, Grid.of(shape[::-1], "open"))
    assert_array_equal(sign * signals[:, order], exchanged)


# Fits


@pytest.fixture(scope="module")
def fitted():
    # Of those whose first start is certain.
    dataset = make_symmetric_fields(8000, (4, 4), symmetry="orthogonal", random_state=6)
    lens = SymmetryLens(grid_shape="auto", random_state=0).fit(dataset.data)
    return dataset, lens


def test_the_shape_is_found_and_the_image_comes_back(fitted):
    dataset, lens = fitted
    assert lens.grid_shape_ == (4, 4)
    assert generator_similarity(lens.generators_, dataset.generators) > 0.998
    order, sign = lattice_convention(
        lens.transform(dataset.data), dataset.signal, fitted_grid(lens)
    )
    correlation = np.corrcoef(
        lens.transform(dataset.data).ravel(), (sign * dataset.signal[:, order]).ravel()
    )
    assert correlation[0, 1] > 0.99
    assert {tuple(one["shape"]) for one in lens.candidates_} == {(4, 4)}


def test_the_samples_decide_between_shapes_and_shuffled_pixels_are_seen_as_such():
    dataset = make_symmetric_fields(3000, (4, 6), symmetry="permutation", random_state=0)
    lens = SymmetryLens(grid_shape="auto", random_state=0).fit(dataset.data)
    assert lens.grid_shape_ == (4, 6)
    assert generator_similarity(lens.generators_, dataset.generators) > 0.995
    assert {tuple(one["shape"]) for one in lens.candidates_} == {(4, 6), (3, 8)}
    (told,) = shapes_told(lens)
    assert told.startswith("the samples decide: a lattice of 4 x 6")
    # Column at every position, up to a reflection of the lattice.
    truth = dataset.basis.argmax(axis=0)
    same = [truth[order] for order in fitted_grid(lens).reflections().numpy()]
    assert any(np.array_equal(lens.column_order_, order) for order in same)


@pytest.mark.parametrize(("other", "says"), [(2.9, "cannot tell"), (3.1, "the samples decide")])
def test_shapes_of_like_energies_are_named(other, says):
    found = {(4, 6): (2.0, -0.5), (3, 8): (other, -0.9)}
    candidates = [
        {"shape": list(shape), "divergence": energy, "loss": loss}
        for shape, (energy, loss) in found.items()
    ]
    lens = SimpleNamespace(
        grid_shape="auto", grid_shape_=(4, 6), candidates_=candidates, settings_={}
    )
    (told,) = shapes_told(lens)
    assert says in told
    assert "3 x 8" in told


def test_a_warm_start_stays(fitted):
    dataset, lens = fitted
    again = clone(lens).set_params(grid_shape=(4, 4), init=lens.group_conv_matrix_)
    again.fit(dataset.data)
    assert generator_similarity(again.generators_, lens.generators_) > 0.9999


def test_the_verdict_believes_a_field_and_not_noise(fitted):
    dataset, lens = fitted
    verdict = lens.verdict(dataset.data)
    assert verdict, str(verdict)
    assert verdict.uncertainty.shape == (2, 16, 16)
    assert "only lattice" in str(verdict)


def test_the_verdict_tells_a_line_that_was_folded_from_a_lattice():
    line = make_symmetric_signals(4000, 12, signal="legendre", random_state=0)
    parts = split_in_halves(line.data)
    folded = SymmetryLens(grid_shape=(3, 4), init=line.basis.T)
    halves = [clone(folded).fit(part) for part in parts]
    verdict = judge(clone(folded).fit(line.data), parts, halves)
    assert verdict.grade == "none"
    (against,) = verdict.against
    assert "a line, not a lattice: fit without grid_shape" in against


@pytest.mark.parametrize("seed", range(3))
def test_a_shuffled_line_that_turns_at_the_ends_of_rows_is_no_lattice(seed):
    X = make_symmetric_signals(3000, 12, random_state=seed).signal
    X = X[:, np.random.default_rng(seed).permutation(12)]
    lens = SymmetryLens(grid_shape=(3, 4), mixing="permutation", random_state=0).fit(X)
    verdict = lens.verdict(X)
    assert verdict.grade == "none"
    assert "a line, not a lattice" in verdict.against[0]


def test_the_verdict_does_not_believe_white_noise_and_the_search_is_short():
    noise = np.random.default_rng(0).standard_normal((200, 9))
    lens = SymmetryLens(grid_shape=(3, 3), random_state=0).fit(noise)
    assert len(lens.candidates_) == 6
    assert not lens.verdict(noise)


def test_displays_show_patches_and_generators(fitted):
    matplotlib_pyplot = pytest.importorskip("matplotlib.pyplot")
    dataset, lens = fitted
    display = LatticeDisplay.from_estimator(
        lens, dataset.data[:8], basis=dataset.basis, generators=dataset.generators, title="blobs"
    )
    assert list(display.axes_) == [
        "given", "found", "truth", "moved 0", "moved 1", "generator 0", "generator 1"
    ]  # fmt: skip
    assert_allclose(display.panels["found"], display.panels["truth"], atol=0.5)
    # A notebook shows what pyplot knows.
    assert matplotlib_pyplot.fignum_exists(display.figure_.number)
    # No step leaves the patch where it is.
    middle = display.moved[0][2]
    assert_allclose(middle, display.moved[1][2], atol=1e-9)
    assert any(np.allclose(middle, patch, atol=1e-9) for patch in display.panels["truth"])
    GeneratorDisplay.from_estimator(lens)
    SummaryDisplay.from_estimator(lens, dataset.data[:200])
    line = SymmetryLens(n_init=1, max_iter=1, tol=1.0).fit(samples((5,)))
    with pytest.raises(ValueError, match="grid_shape and one channel"):
        LatticeDisplay.from_estimator(line, samples((5,)))


# Pixels that were only shuffled


@pytest.mark.parametrize("boundary", ["open", "circulant", ("open", "circulant")])
def test_shuffled_pixels_are_put_back_exactly(boundary):
    shape, random = (4, 5), np.random.default_rng(0)
    data = make_symmetric_fields(2000, shape, boundary=boundary, random_state=0).data
    place, signs = random.permutation(20), np.ones(20)
    signs[random.choice(20, 2, replace=False)] = -1
    options = {"grid_shape": shape, "boundary": boundary, "mixing": "permutation"}
    lens = SymmetryLens(random_state=0, **options).fit((data * signs)[:, place])
    found = place[lens.column_order_]
    assert any((found == one.numpy()).all() for one in Grid.of(shape, boundary).symmetries())
    changed = {str(name) for name in lens.get_feature_names_out() if name[0] == "-"}
    assert len(changed) == 2
    assert changed == {f"-x{column}" for column in np.flatnonzero(signs[place] < 0)}


def test_shuffled_pixels_of_a_frame_come_out_in_order():
    pandas = pytest.importorskip("pandas")
    shape, place = (4, 4), np.random.default_rng(1).permutation(16)
    data = make_symmetric_fields(1500, shape, random_state=1).data[:, place]
    frame = pandas.DataFrame(data, columns=[f"p{column}" for column in place])
    lens = SymmetryLens(grid_shape=shape, mixing="permutation", random_state=0).fit(frame)
    ordered = lens.set_output(transform="pandas").transform(frame)
    assert list(ordered) == list(frame.columns[lens.column_order_])
    assert_allclose(ordered, frame[list(ordered)] - lens.location_[0], atol=1e-12)
    assert lens.shift(frame, (0, 1)).shape == data.shape
    positions = [int(name[1:]) for name in ordered]
    assert any((positions == one.numpy()).all() for one in Grid.of(shape, "open").symmetries())
