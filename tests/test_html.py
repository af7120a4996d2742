# SPDX-License-Identifier: BSD-3-Clause
"""What a notebook shows of a lens."""

import re

import numpy as np

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._html import LARGEST, card, matrix_svg


def test_a_lens_shows_its_parameters_alone_before_a_fit_and_what_it_found_after(quick_solver):
    lens = SymmetryLens(padding=3)
    assert "<svg" not in lens._repr_html_()
    lens.fit(np.random.default_rng(0).laplace(size=(50, 5)))
    html = lens._repr_html_()
    assert html.index("Fitted: one step of a symmetry of 5 columns") < html.index("sk-container")


def test_a_lens_on_a_lattice_says_which(quick_solver):
    X = np.random.default_rng(0).laplace(size=(80, 12))
    lens = SymmetryLens(grid_shape=(3, 4), boundary=("open", "circulant"), n_init=1).fit(X)
    assert "a lattice of 3 x 4 positions, closed along axis 1" in lens._repr_html_()


def test_a_matrix_is_red_where_positive_blue_where_negative_and_white_where_faint():
    svg = matrix_svg(np.array([[2.0, 0.1], [-2.0, 0.0]]), 'a "matrix"')
    assert re.findall(r'x="(\d)" y="(\d)" width="1" height="1" fill="([^"]*)"', svg) == [
        ("0", "0", "rgb(178,24,43)"),
        ("0", "1", "rgb(33,102,172)"),
    ]
    assert 'aria-label="a &quot;matrix&quot;"' in svg


def test_a_large_matrix_is_not_drawn():
    size = LARGEST + 1
    assert "<svg" not in card("headline", [], colour="red", matrix=np.eye(size))
