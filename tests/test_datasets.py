# SPDX-License-Identifier: BSD-3-Clause
"""The sets have the symmetry they claim, and nothing else leaks in or out."""

import gzip
import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special
from scipy.integrate import trapezoid

from sklearn_symmetry.datasets import (
    hiding_basis,
    load_digit_slices,
    load_mnist_slices,
    load_photo_rows,
    make_symmetric_fields,
    make_symmetric_signals,
)
from sklearn_symmetry.datasets._real import _random_windows
from sklearn_symmetry.datasets._synthetic import _wrapped, gaussian, legendre_2_1, legendre_3_1

SYMMETRIES = ["translation", "permutation", "frequency", "orthogonal"]
MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz"

needs_pillow = pytest.mark.skipif(
    importlib.util.find_spec("PIL") is None, reason="pillow, which decodes photographs, is missing"
)
needs_mnist = pytest.mark.skipif(
    not MNIST.exists(), reason="needs the MNIST test images beside the repository, in ../shared"
)

LOADERS = [
    pytest.param(make_symmetric_signals, id="signals"),
    pytest.param(load_digit_slices, id="digits"),
    pytest.param(load_photo_rows, id="photos", marks=needs_pillow),
    pytest.param(
        lambda *args, **kwargs: load_mnist_slices(*args, path=MNIST, **kwargs),
        id="mnist",
        marks=needs_mnist,
    ),
]


def toeplitz_deviation(covariance, boundary="open"):
    """Relative distance of a matrix from its average along (cyclic) diagonals."""
    n = len(covariance)
    row, column = np.indices((n, n))
    lag = (column - row) % n if boundary == "circulant" else column - row + n - 1
    counts = np.bincount(lag.ravel())
    mean = np.bincount(lag.ravel(), covariance.ravel()) / np.maximum(counts, 1)
    return np.linalg.norm(covariance - mean[lag]) / np.linalg.norm(covariance)


def second_moment(samples):
    return samples.T @ samples / len(samples)


@pytest.fixture
def blank_but_one(tmp_path):
    """IDX file of three images with a single lit row, the last image's row 20."""
    images = np.zeros((3, 28, 28), dtype=np.uint8)
    images[2, 20, 5:20] = 200
    header = np.array([0x803, 3, 28, 28], dtype=">u4").tobytes()
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(header + images.tobytes())
    return path


# The symmetry


@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize(
    "signal, n_features", [("gaussian", 7), ("gaussian", 33), ("legendre", 21)]
)
def test_natural_signals_are_stationary(signal, n_features, boundary):
    dataset = make_symmetric_signals(
        60_000, n_features, signal=signal, boundary=boundary, symmetry="orthogonal", random_state=3
    )
    moment = second_moment(dataset.signal)
    assert toeplitz_deviation(moment, boundary) < 0.05  # the noise of so many samples
    # The generator commutes with the moment wherever nothing leaves the window.
    if boundary == "circulant":
        hidden = second_moment(dataset.data)
        moved = dataset.generator @ hidden @ dataset.generator.T
        assert_allclose(moved, hidden, atol=0.05)


def test_stationarity_holds_up_to_sampling_noise():
    deviations = [
        toeplitz_deviation(second_moment(make_symmetric_signals(n, 15, random_state=n).data))
        for n in (2_000, 200_000)
    ]
    assert deviations[1] < 0.2 * deviations[0]  # 0.1 in expectation


def test_circulant_signals_that_are_longer_than_the_window_wrap_around():
    dataset = make_symmetric_signals(
        60_000, 7, signal="legendre", boundary="circulant", random_state=5
    )
    assert toeplitz_deviation(second_moment(dataset.data), "circulant") < 0.05


@pytest.mark.parametrize("width", [0.5, 4.0])
def test_wrapped_signal_is_the_sum_of_all_its_periodic_images(width):
    offset = np.linspace(-9, 18, 40)
    wave = _wrapped(gaussian, period=9, reach=6 * width)
    images = 9 * np.arange(-20, 21)[:, None]
    assert_allclose(wave(offset, width), gaussian(offset + images, width).sum(axis=0), atol=1e-7)
    assert_allclose(wave(offset + 9, width), wave(offset, width), atol=1e-12)


def test_digit_slices_are_stationary_up_to_the_documented_width():
    narrow, wide = (
        toeplitz_deviation(second_moment(load_digit_slices(40_000, width, random_state=1).data))
        for width in (9, 20)
    )
    assert narrow < 0.03
    assert wide > 0.2


@needs_mnist
def test_mnist_slices_are_stationary_up_to_the_documented_width():
    dataset = load_mnist_slices(40_000, 29, path=MNIST, random_state=1)
    assert toeplitz_deviation(second_moment(dataset.data)) < 0.05


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_samples_are_the_basis_applied_to_natural_signals(load, symmetry):
    plain = load(200, 11, symmetry="translation", random_state=7)
    hidden = load(200, 11, symmetry=symmetry, random_state=7)
    assert_allclose(hidden.data, plain.data @ hidden.basis.T, atol=1e-12)
    assert_allclose(hidden.signal, plain.data, atol=1e-12)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_generator_is_the_hidden_one_component_shift(load, symmetry):
    dataset = load(5, 11, symmetry=symmetry, random_state=2)
    shift = dataset.basis.T @ dataset.generator @ dataset.basis
    assert_allclose(shift, np.eye(11, k=1), atol=1e-12)
    assert dataset.boundary == "open"


@pytest.mark.parametrize("n_features", [2, 7, 8])
def test_circulant_generator_is_the_hidden_cyclic_shift(n_features):
    dataset = make_symmetric_signals(
        5, n_features, boundary="circulant", symmetry="orthogonal", random_state=4
    )
    shift = dataset.basis.T @ dataset.generator @ dataset.basis
    assert_allclose(shift @ np.arange(n_features), np.roll(np.arange(n_features), -1), atol=1e-12)
    assert_allclose(np.linalg.matrix_power(shift, n_features), np.eye(n_features), atol=1e-12)


# The hiding basis


@pytest.mark.parametrize("symmetry", [*SYMMETRIES, None])
@pytest.mark.parametrize("n_features", [2, 5, 32])
def test_hiding_basis_is_orthogonal(symmetry, n_features):
    basis = hiding_basis(n_features, symmetry, random_state=n_features)
    assert_allclose(basis.T @ basis, np.eye(n_features), atol=1e-12)


def test_hiding_basis_is_what_its_name_says():
    assert_array_equal(hiding_basis(6, "translation"), np.eye(6))
    assert_array_equal(hiding_basis(6, None), np.eye(6))
    permutation = hiding_basis(6, "permutation", random_state=0)
    assert_array_equal(np.sort(permutation, axis=1), np.sort(np.eye(6), axis=1))
    sine = hiding_basis(6, "frequency")
    assert_allclose(sine, sine.T, atol=1e-15)  # its own inverse
    assert_allclose(sine[0, 0], np.sqrt(2 / 7) * np.sin(np.pi / 7))


def test_orthogonal_basis_is_uniform():
    # Under the Haar measure every entry has mean 0 and variance 1 / n, and both determinants occur.
    bases = np.stack([hiding_basis(3, "orthogonal", random_state=seed) for seed in range(2000)])
    assert_allclose(bases.mean(axis=0), 0, atol=0.06)
    assert_allclose(bases.var(axis=0), 1 / 3, atol=0.04)
    assert_allclose((np.linalg.det(bases) > 0).mean(), 0.5, atol=0.05)


def test_given_basis_is_used_and_copied():
    given = hiding_basis(6, "orthogonal", random_state=1)
    dataset = make_symmetric_signals(10, 6, symmetry=given, random_state=0)
    assert_array_equal(dataset.basis, given)
    assert not np.shares_memory(dataset.basis, given)


# The signals


@pytest.mark.parametrize("wave, degree", [(legendre_2_1, 2), (legendre_3_1, 3)])
def test_legendre_signals_are_associated_legendre_functions(wave, degree):
    offset = np.linspace(-12, 12, 97)
    sine = np.sin(np.pi / 2 * np.clip(offset / 4.5, -1, 1))
    assert_allclose(wave(offset, 9.0), special.lpmv(1, degree, sine), atol=1e-12)
    assert_allclose(wave(offset[np.abs(offset) >= 4.5], 9.0), 0, atol=1e-12)


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_gaussian_signals_have_unit_area(width):
    offset = np.linspace(-20, 20, 4001)
    assert_allclose(trapezoid(gaussian(offset, width), offset), 1, rtol=1e-8)


def test_number_of_signals_is_binomial():
    # Every signal adds the same area to the sum over a circle, so that the total is a count.
    one_each = {"scale": (1, 1), "amplitude": (1, 1), "boundary": "circulant", "noise": 0.0}
    dataset = make_symmetric_signals(4000, 60, n_slots=4, occupancy=0.3, random_state=0, **one_each)
    totals = dataset.data.sum(axis=1)
    counts = np.rint(totals / totals[totals > 1e-6].min()).astype(int)
    observed = np.bincount(counts, minlength=5)[:5] / len(counts)
    expected = [special.comb(4, k) * 0.3**k * 0.7 ** (4 - k) for k in range(5)]
    assert_allclose(observed, expected, atol=0.03)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_sets_are_scaled_by_one_number_then_noise_is_added(load, noise):
    quiet = load(5000, 11, noise=0.0, random_state=9)
    noisy = load(5000, 11, noise=noise, random_state=9)
    assert_allclose(quiet.data.std(), 1, rtol=1e-10)
    added = noisy.data - quiet.data
    assert_allclose(added.std(), noise, rtol=0.02)
    assert_allclose(second_moment(added), noise**2 * np.eye(11), atol=0.03)


def test_set_without_any_signal_is_noise_only():
    dataset = make_symmetric_signals(1, 5, n_slots=1, occupancy=1e-9, noise=0.0, random_state=0)
    assert_array_equal(dataset.data, np.zeros((1, 5)))


# Windows of real images


def test_windows_lie_anywhere_in_the_padded_strip_and_are_not_blank():
    rows = np.arange(1.0, 9.0).reshape(2, 4)  # 1 2 3 4 and 5 6 7 8
    windows = _random_windows(rows, 2000, 3, 4, np.random.default_rng(0))
    assert windows.any(axis=1).all()
    strips = np.pad(rows, ((0, 0), (4, 4)))
    possible = np.lib.stride_tricks.sliding_window_view(strips, 3, axis=1).reshape(-1, 3)
    possible = np.unique(possible[possible.any(axis=1)], axis=0)
    seen, counts = np.unique(windows, axis=0, return_counts=True)
    assert_array_equal(seen, possible)
    assert counts.min() > 0.7 * counts.mean()  # uniform: every window is equally likely


@pytest.mark.parametrize("compress", [False, True])
def test_mnist_file_may_be_plain_or_compressed(blank_but_one, compress):
    if compress:
        blank_but_one.write_bytes(gzip.compress(blank_but_one.read_bytes()))
    dataset = load_mnist_slices(50, 27, path=blank_but_one, noise=0.0, random_state=0)
    assert (np.unique(dataset.data).size, dataset.data.shape) == (2, (50, 27))
    assert dataset.data.any(axis=1).all()


def test_middle_rows_variant_uses_rows_13_and_14_only(blank_but_one):
    with pytest.raises(ValueError, match="All images are blank"):
        load_mnist_slices(5, path=blank_but_one, variant="middle_rows")


def test_mnist_without_a_path_is_fetched_from_openml(monkeypatch, tmp_path):
    calls = []

    def fetch_openml(name, **kwargs):
        calls.append((name, kwargs["data_home"]))
        return type("Mnist", (), {"data": np.full((4, 784), 255)})

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch_openml)
    dataset = load_mnist_slices(20, data_home=tmp_path, random_state=0)
    assert calls == [("mnist_784", tmp_path)]
    assert dataset.data.shape == (20, 27)


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x08\x01" + bytes(20), b"no images" * 9])
def test_mnist_file_of_another_format_is_refused(tmp_path, content):
    path = tmp_path / "labels"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="labels.*must be an IDX file.*28 x 28"):
        load_mnist_slices(5, path=path)


def test_truncated_mnist_file_is_refused(blank_but_one):
    blank_but_one.write_bytes(blank_but_one.read_bytes()[:-1])
    with pytest.raises(ValueError, match="must be an IDX file"):
        load_mnist_slices(5, path=blank_but_one)


# Randomness and plain behaviour


@pytest.mark.parametrize("load", LOADERS)
def test_same_seed_same_set_other_seed_other_set(load):
    first, again, other = (
        load(300, 11, symmetry="orthogonal", random_state=seed) for seed in (11, 11, 12)
    )
    for key in ("data", "basis", "generator"):
        assert_array_equal(first[key], again[key])
        assert np.abs(first[key] - other[key]).max() > 0.1


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("seed", [None, 0])
def test_global_random_state_is_neither_read_nor_changed(load, seed):
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = load(20, 11, symmetry="permutation", random_state=seed)
    assert_array_equal(np.random.get_state()[1], before)
    assert np.random.get_state()[2] == 624
    np.random.seed(0)
    second = load(20, 11, symmetry="permutation", random_state=seed)
    assert np.array_equal(first.data, second.data) == (seed is not None)


@pytest.mark.parametrize("load", LOADERS)
def test_random_state_instance_is_consumed(load):
    state = np.random.RandomState(5)
    first, second = (load(20, 11, random_state=state) for _ in range(2))
    assert np.abs(first.data - second.data).max() > 0.1


@pytest.mark.parametrize("load", LOADERS)
def test_sets_are_plain_finite_arrays_that_pickle(load):
    dataset = load(5000, 11, symmetry="frequency", random_state=1)  # more than one chunk
    assert dataset.data.shape == (5000, 11)
    assert dataset.data.dtype == np.float64
    assert dataset.data.flags.c_contiguous
    assert np.isfinite(dataset.data).all()
    copy = pickle.loads(pickle.dumps(dataset))
    assert_array_equal(copy.signal, dataset.signal)


# Messages


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"n_samples": 0}, "n_samples == 0, must be >= 1"),
        ({"n_features": 1}, "n_features == 1, must be >= 2"),
        ({"signal": "sine"}, "signal == 'sine', must be one of 'gaussian', 'legendre'"),
        ({"symmetry": "scaling"}, "symmetry == 'scaling', must be one of 'translation'"),
        ({"symmetry": np.ones((3, 3))}, r"symmetry has shape \(3, 3\).*\(33, 33\)"),
        ({"symmetry": 2 * np.eye(33)}, "symmetry, when it is an array, must be orthogonal.* is 3"),
        ({"boundary": "closed"}, "boundary == 'closed', must be one of 'open', 'circulant'"),
        ({"scale": (0, 1)}, r"scale == \(0, 1\), must be a pair.*0 < low <= high"),
        ({"scale": 3}, "scale == 3, must be a pair"),
        ({"amplitude": (2, 1)}, r"amplitude == \(2, 1\), must be a pair.*low <= high"),
        ({"amplitude": (0, np.inf)}, "amplitude == .*inf.*must be a pair"),
        ({"n_slots": 0}, "n_slots == 0, must be >= 1"),
        ({"occupancy": 0.0}, "occupancy == 0.0, must be > 0"),
        ({"occupancy": 1.5}, "occupancy == 1.5, must be <= 1"),
        ({"noise": -0.1}, "noise == -0.1, must be >= 0"),
        ({"random_state": "seed"}, "'seed' cannot be used to seed"),
    ],
)
def test_bad_value_is_named_with_what_is_allowed(parameters, message):
    with pytest.raises(ValueError, match=message):
        make_symmetric_signals(**parameters)


@pytest.mark.parametrize("name", ["n_samples", "n_features", "n_slots", "noise", "occupancy"])
def test_wrong_type_is_a_type_error_that_names_the_parameter(name):
    with pytest.raises(TypeError, match=f"{name} must be an instance of"):
        make_symmetric_signals(**{name: "3"})


@pytest.mark.parametrize(
    "load, widest", [(load_digit_slices, 24), (load_photo_rows, 640), (load_mnist_slices, 84)]
)
def test_slice_wider_than_the_strip_is_refused(load, widest):
    with pytest.raises(ValueError, match=f"n_features == {widest + 1}, must be <= {widest}"):
        load(5, widest + 1)


def test_unknown_mnist_variant_is_refused():
    with pytest.raises(ValueError, match="variant == 'columns', must be one of 'patches'"):
        load_mnist_slices(5, variant="columns")


def test_photographs_without_pillow_say_what_to_install(monkeypatch):
    def load_sample_images():
        raise ImportError("PIL")

    monkeypatch.setattr("sklearn.datasets.load_sample_images", load_sample_images)
    with pytest.raises(ImportError, match="needs pillow.*pip install"):
        load_photo_rows(5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(value):
    for make, options in (
        (make_symmetric_signals, {"noise": value}),
        (make_symmetric_fields, {"noise": value, "shape": (3, 4)}),
        (make_symmetric_fields, {"field": "smooth", "scale": value, "shape": (3, 4)}),
    ):
        with pytest.raises(ValueError, match=f"== {value}, must be finite"):
            make(50, **options)
