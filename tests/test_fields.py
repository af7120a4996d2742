# SPDX-License-Identifier: BSD-3-Clause
"""Fields and patches with two hidden translations."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import (
    load_digit_patches,
    load_mnist_patches,
    load_photo_patches,
    make_symmetric_fields,
)

FIELDS = ("blobs", "smooth", "ising")
fields = pytest.mark.parametrize("field", FIELDS)
boundaries = pytest.mark.parametrize("boundary", ["open", "circulant", ("circulant", "open")])


@fields
@boundaries
def test_fields_are_stationary_on_their_grid(field, boundary):
    shape = (4, 5)
    dataset = make_symmetric_fields(20000, shape, field=field, boundary=boundary, random_state=0)
    grid = Grid.of(shape, boundary)
    assert dataset.grid_shape == shape
    assert dataset.boundary == boundary
    for columns in (np.tanh(dataset.data), np.log(0.1 + np.square(dataset.data))):
        covariance = torch.as_tensor(np.cov(columns.T))
        scale = float(covariance.diagonal().mean())
        for axis in (0, 1):
            here, there = grid.successors(covariance, axis, n_indices=2)
            assert float((here - there).abs().max()) < 0.15 * scale


@fields
def test_neighbours_on_the_lattice_are_alike_and_not_those_of_a_line(field):
    dataset = make_symmetric_fields(5000, (5, 5), field=field, random_state=0)
    correlation = np.corrcoef(dataset.data.T)
    along = [correlation[7, 8], correlation[7, 12]]
    assert min(along) > 0.15
    assert correlation[4, 5] < 0.5 * min(along)  # ends of two rows


@pytest.mark.parametrize("symmetry", ["translation", "permutation", "frequency", "orthogonal"])
def test_hidings_hide_the_same_fields(symmetry):
    plain = make_symmetric_fields(50, (3, 4), random_state=3)
    hidden = make_symmetric_fields(50, (3, 4), symmetry=symmetry, random_state=3)
    assert_allclose(hidden.signal, plain.data, atol=1e-12)
    assert_allclose(hidden.basis @ hidden.basis.T, np.eye(12), atol=1e-12)
    for axis, generator in enumerate(hidden.generators):
        shift = Grid.of((3, 4), "open").shift_matrix(axis, torch.float64).numpy()
        assert_allclose(hidden.basis.T @ generator @ hidden.basis, shift, atol=1e-12)
    assert_array_equal(hidden.generator, hidden.generators[0])


@fields
def test_a_seed_gives_the_same_fields_and_leaves_the_global_one_alone(field):
    state = np.random.get_state()[1].copy()
    one, two = (make_symmetric_fields(20, (3, 3), field=field, random_state=5) for _ in range(2))
    assert_array_equal(one.data, two.data)
    assert_array_equal(np.random.get_state()[1], state)
    assert not np.array_equal(one.data, make_symmetric_fields(20, (3, 3), field=field).data)


@pytest.mark.parametrize("load", [load_digit_patches, load_photo_patches])
def test_patches_are_windows_of_real_images(load):
    if load is load_photo_patches:
        pytest.importorskip("PIL")
    dataset = load(3000, (4, 5), symmetry="orthogonal", noise=0.0, random_state=0)
    assert dataset.data.shape == (3000, 20)
    assert dataset.generators.shape == (2, 20, 20)
    patches = dataset.signal.reshape(-1, 4, 5)
    assert_allclose(patches.std(), 1, rtol=0.05)
    near = np.corrcoef(patches[:, 1, 1], patches[:, 1, 2])[0, 1]
    far = np.corrcoef(patches[:, 0, 0], patches[:, 3, 4])[0, 1]
    assert near > far + 0.03
    assert (np.abs(dataset.signal) > 1e-9).any(axis=1).all()


def test_a_file_of_digits_is_cut_in_patches(tmp_path):
    images = np.zeros((3, 28, 28), dtype=np.uint8)
    images[:, 10:15, 12:16] = np.arange(1, 4)[:, None, None] * 50
    header = np.array([0x803, 3, 28, 28], dtype=">u4").tobytes()
    path = tmp_path / "images"
    path.write_bytes(header + images.tobytes())
    dataset = load_mnist_patches(100, (3, 3), path=path, noise=0.0, random_state=0)
    levels = np.unique(np.round(dataset.data / dataset.data.max() * 150))
    assert_array_equal(levels, [0, 50, 100, 150])
    (tmp_path / "blank").write_bytes(header + bytes(3 * 784))
    with pytest.raises(ValueError, match="All images are blank"):
        load_mnist_patches(10, (3, 3), path=tmp_path / "blank")


BAD = {
    "shape": ({"shape": 7}, r"shape == 7, must be a pair"),
    "axis": ({"shape": (1, 7)}, "shape == 1, must be >= 2"),
    "field": ({"field": "waves"}, "field == 'waves', must be one of"),
    "boundary": ({"boundary": "closed"}, "boundary == 'closed', must be one of"),
    "boundaries": ({"boundary": ("open",)}, "must be a name or a pair"),
    "slots": ({"n_slots": 0}, "n_slots == 0, must be >= 1"),
    "occupancy": ({"occupancy": 0.0}, "occupancy == 0.0, must be > 0"),
    "scale": ({"scale": (2, 1)}, "scale == .*0 < low <= high"),
    "spins": ({"field": "ising", "scale": 1.0}, "must be None for field='ising'"),
    "smooth": ({"field": "smooth", "scale": -1.0}, "scale == -1.0, must be > 0"),
    "symmetry": ({"symmetry": "wavelet"}, "symmetry == 'wavelet'"),
    "noise": ({"noise": -1.0}, "noise == -1.0"),
}


@pytest.mark.parametrize(("options", "message"), BAD.values(), ids=BAD)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_symmetric_fields(10, **options)
