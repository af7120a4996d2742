# SPDX-License-Identifier: BSD-3-Clause
"""The main job in two dimensions: images in tiles, mixed and recovered, in one picture."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._cli import main
from sklearn_symmetry._images import assembled, draw_images, sheet, tiles_of
from sklearn_symmetry.datasets import load_digit_patches


@pytest.mark.parametrize("shape", [(2, 3), (4, 4), (3, 5)])
def test_tiles_make_the_image_again_but_for_what_is_left_over(shape):
    image = np.random.default_rng(0).normal(size=(13, 17))
    tiles, counts = tiles_of(image, shape)
    assert tiles.shape == (counts[0] * counts[1], shape[0] * shape[1])
    whole = assembled(tiles, shape, counts)
    assert_array_equal(whole, image[: counts[0] * shape[0], : counts[1] * shape[1]])
    assert_array_equal(tiles[1], image[: shape[0], shape[1] : 2 * shape[1]].ravel())


def test_a_sheet_of_digits_holds_them_in_order():
    from sklearn.datasets import load_digits

    image = sheet("digits")
    assert_array_equal(image[1:9, 11:19], load_digits().images[1])


def test_a_right_lens_restores_the_image(quick_solver):
    pytest.importorskip("matplotlib")
    data = load_digit_patches(300, (3, 3), symmetry="orthogonal", random_state=0)
    lens = SymmetryLens(grid_shape=(3, 3)).fit(data.data)
    lens.group_conv_matrix_ = data.basis.T[::-1]  # the truth, read backwards
    figure = draw_images(lens, data.data[:50], data, "digits", "title", "subtitle")
    mixed, found, truth = (ax.images[0].get_array() for ax in figure.axes[:3])
    np.testing.assert_allclose(found, truth, atol=1e-9)
    assert np.abs(mixed - truth).max() > 1


@pytest.mark.parametrize("source", ["digits", "photos"])
def test_the_command_writes_a_picture_and_says_what_it_found(
    quick_solver, source, tmp_path, capsys
):
    pytest.importorskip("matplotlib")
    pytest.importorskip("PIL")
    path = tmp_path / "images.png"
    options = ["--data", source, "--size", "3", "--samples", "400", "--no-verdict"]
    assert main(["images", *options, "--output", str(path)]) == 0
    said = capsys.readouterr().out
    assert "a lattice of 3 x 3 and two generators that commute" in said
    assert "cosine of the worse generator" in said
    assert path.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--size", "1"], "shape == 1"), (["--samples", "5"], "are too few"),
     (["--output", "a.txt"], ".png")],
)  # fmt: skip
def test_bad_input_is_refused_in_one_line(options, message, capsys):
    pytest.importorskip("matplotlib")
    assert main(["images", "--data", "digits", *options]) == 2
    said = capsys.readouterr().err.strip()
    assert message in said
    assert "\n" not in said
