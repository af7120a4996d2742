# SPDX-License-Identifier: BSD-3-Clause
"""What the displays show, on a lens that is known to be right."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.inspection import (
    GeneratorDisplay,
    LossCurveDisplay,
    RepresentationDisplay,
    SummaryDisplay,
)

plt = pytest.importorskip("matplotlib.pyplot")


class KnownLens(BaseEstimator):
    """Lens that has found the truth of a set, in one of its four conventions."""

    def __init__(self, dataset, sign=1, direction=1):
        self.dataset = dataset
        self.sign = sign
        self.direction = direction
        self.group_conv_matrix_ = sign * dataset.basis.T[::direction]
        self.generator_ = dataset.generator if direction == 1 else dataset.generator.T
        self.loss_curve_ = [0.0, -1.0, -1.5]
        self.loss_terms_ = {"alignment": [0.0, -0.5, -0.6], "uniformity": [0.3, 0.1, 0.0]}

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X @ self.group_conv_matrix_.T


@pytest.fixture(params=range(3))
def dataset(request):
    return make_symmetric_signals(30, 9, symmetry="orthogonal", random_state=request.param)


@pytest.fixture
def lens(dataset):
    return KnownLens(dataset)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


# GeneratorDisplay


def test_generator_is_drawn_with_zero_in_the_middle_of_the_colours(lens):
    display = GeneratorDisplay.from_estimator(lens)
    assert_allclose(display.image_.get_array(), lens.generator_)
    low, high = display.image_.get_clim()
    assert_allclose([-low, high], np.abs(lens.generator_).max())


def test_right_generator_is_a_line_beside_the_diagonal_in_the_order_found(lens):
    display = GeneratorDisplay.from_estimator(lens, frame="powers")
    assert_allclose(display.image_.get_array(), np.eye(9, k=1), atol=1e-12)


def test_another_generator_is_seen_through_the_lens(lens, dataset):
    display = GeneratorDisplay.from_estimator(
        lens, generator=dataset.generator @ dataset.generator, frame="powers"
    )
    assert_allclose(display.image_.get_array(), np.eye(9, k=2), atol=1e-12)


def test_names_of_few_features_are_written_along_the_axes(lens):
    lens.feature_names_in_ = np.array([f"sensor {i}" for i in range(9)], dtype=object)
    display = GeneratorDisplay.from_estimator(lens)
    assert [text.get_text() for text in display.ax_.get_xticklabels()] == [*lens.feature_names_in_]
    display = GeneratorDisplay.from_estimator(lens, frame="powers")
    assert "sensor 0" not in [text.get_text() for text in display.ax_.get_xticklabels()]


def test_colours_and_their_scale_can_be_chosen(lens):
    display = GeneratorDisplay.from_estimator(lens, colorbar=False, cmap="PuOr", vmin=-2, vmax=2)
    assert display.colorbar_ is None
    assert display.image_.get_cmap().name == "PuOr"
    assert display.image_.get_clim() == (-2, 2)


def test_unknown_frame_is_refused(lens):
    with pytest.raises(ValueError, match="'features' or 'powers'; got 'columns'"):
        GeneratorDisplay.from_estimator(lens, frame="columns")


# RepresentationDisplay


def test_samples_are_drawn_before_and_after_the_lens(lens, dataset):
    display = RepresentationDisplay.from_estimator(lens, dataset.data)
    assert list(display.axes_) == ["given", "found"]
    assert_allclose(display.artists_["given"].get_array(), dataset.data)
    assert_allclose(display.artists_["found"].get_array(), lens.transform(dataset.data))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("direction", [1, -1])
def test_truth_is_drawn_in_the_convention_of_the_lens(dataset, sign, direction):
    lens = KnownLens(dataset, sign, direction)
    display = RepresentationDisplay.from_estimator(lens, dataset.data, basis=dataset.basis)
    found, truth = (display.artists_[name].get_array() for name in ("found", "truth"))
    assert_allclose(found, truth, atol=1e-12)


@pytest.mark.parametrize("n_powers", [5, 13])
def test_truth_is_aligned_with_a_representation_of_another_width(dataset, n_powers):
    lens = KnownLens(dataset, direction=-1)
    rows = np.pad(lens.group_conv_matrix_, ((2, 2), (0, 0)))
    lens.group_conv_matrix_ = rows[2 + 2 : -2 - 2] if n_powers == 5 else rows
    display = RepresentationDisplay.from_estimator(lens, dataset.data, basis=dataset.basis)
    assert_allclose(display.artists_["truth"].get_array(), dataset.signal[:, ::-1])


def test_panels_can_be_chosen(lens, dataset):
    _, ax = plt.subplots()
    display = RepresentationDisplay.from_estimator(lens, dataset.data, panels=["found"], ax=ax)
    assert display.axes_ == {"found": ax}


@pytest.mark.parametrize("panels", [["truth"], ["given", "mixed"], []])
def test_panels_that_there_are_not_are_refused(lens, dataset, panels):
    with pytest.raises(ValueError, match="panels must be among"):
        RepresentationDisplay.from_estimator(lens, dataset.data, panels=panels)


def test_samples_are_not_modified(lens, dataset):
    before = dataset.data.copy()
    dataset.data.flags.writeable = False
    for kind in ("image", "lines"):
        RepresentationDisplay.from_estimator(lens, dataset.data, basis=dataset.basis, kind=kind)
    assert_allclose(dataset.data, before, rtol=0)


def test_lines_have_the_shape_of_the_samples_and_do_not_cross(lens, dataset):
    display = RepresentationDisplay.from_estimator(lens, dataset.data, kind="lines")
    curves = np.array([line.get_ydata() for line in display.artists_["given"]])
    levels = curves - dataset.data
    assert_allclose(np.ptp(levels, axis=1), 0, atol=1e-10)
    assert (np.diff(curves, axis=0) < 0).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_background_is_light_whatever_the_sign(sign):
    samples = np.zeros((4, 9))
    samples[:, 3] = sign
    display = RepresentationDisplay({"found": samples}).plot()
    image = display.artists_["found"]
    brightness = image.get_cmap()(image.norm(samples))[..., :3].mean(axis=-1)
    assert (brightness[:, 0] > 0.9).all()
    assert (brightness[:, 3] < 0.1).all()


def test_one_axes_is_divided_and_several_are_used_as_they_are(lens, dataset):
    _, ax = plt.subplots()
    display = RepresentationDisplay.from_estimator(lens, dataset.data, ax=ax)
    assert display.figure_ is ax.figure
    assert len(set(display.axes_.values()) - {ax}) == 2
    _, axes = plt.subplots(1, 2)
    display = RepresentationDisplay.from_estimator(lens, dataset.data, ax=axes)
    assert list(display.axes_.values()) == [*axes]


def test_axes_that_do_not_fit_are_refused(lens, dataset):
    _, axes = plt.subplots(1, 3)
    with pytest.raises(ValueError, match="ax has 3 Axes for the 2 panels"):
        RepresentationDisplay.from_estimator(lens, dataset.data, ax=axes)
    by_hand = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match="one Axes a panel"):
        RepresentationDisplay.from_estimator(lens, dataset.data, ax=by_hand)


def test_unknown_kind_is_refused(lens, dataset):
    with pytest.raises(ValueError, match="'image' or 'lines'; got 'bars'"):
        RepresentationDisplay.from_estimator(lens, dataset.data, kind="bars")


# LossCurveDisplay


def test_loss_and_terms_are_drawn_over_the_iterations(lens):
    display = LossCurveDisplay.from_estimator(lens)
    assert_allclose(display.lines_["total"].get_ydata(), lens.loss_curve_)
    for name, curve in lens.loss_terms_.items():
        assert_allclose(display.lines_[name].get_ydata(), curve)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["total", "alignment", "uniformity"]


def test_a_single_iteration_is_visible():
    display = LossCurveDisplay([1.0], {"alignment": [-1.0]}).plot()
    assert {line.get_marker() for line in display.lines_.values()} == {"o"}


# All of them

DRAW = {
    GeneratorDisplay: lambda lens, **options: GeneratorDisplay.from_estimator(lens, **options),
    RepresentationDisplay: lambda lens, **options: RepresentationDisplay.from_estimator(
        lens, np.eye(9), panels=["given"], **options
    ),
    LossCurveDisplay: lambda lens, **options: LossCurveDisplay.from_estimator(lens, **options),
}


@pytest.mark.parametrize("display", DRAW, ids=lambda display: display.__name__)
def test_display_draws_on_the_axes_it_is_given_or_on_a_new_figure(display, lens):
    _, ax = plt.subplots()
    drawn = DRAW[display](lens, ax=ax)
    assert isinstance(drawn, display)
    assert drawn.figure_ is ax.figure
    again = drawn.plot()
    assert again is drawn
    assert drawn.figure_ is not ax.figure


@pytest.mark.parametrize("display", DRAW, ids=lambda display: display.__name__)
def test_display_refuses_a_lens_that_is_not_fitted(display):
    with pytest.raises(NotFittedError):
        DRAW[display](SymmetryLens())


@pytest.mark.parametrize("display", DRAW, ids=lambda display: display.__name__)
def test_display_names_the_extra_that_brings_matplotlib(display, lens, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install matplotlib .*extra 'plot'"):
        DRAW[display](lens)


def test_importing_the_displays_does_not_import_matplotlib():
    program = "import sys, sklearn_symmetry.inspection; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


class KnownVerdict:
    """What a display needs to know of a verdict."""

    symmetric, found, agreement = True, False, 0.3
    headline, reasons = "NOT THIS ONE", ["the fit did not converge"]

    def __init__(self, size):
        self.uncertainty = np.random.default_rng(0).random((size, size))


@pytest.fixture
def finished(lens, dataset):
    lens.n_features_in_ = dataset.data.shape[1]
    lens.powers_ = np.arange(lens.n_features_in_) - lens.n_features_in_ // 2
    lens.candidates_ = [
        {"start": "chain", "loss": -1.5, "agreement": 1.0},
        {"start": "separated", "loss": -1.2, "agreement": -0.4},
    ]
    return lens


def test_summary_shows_generator_filter_samples_and_starts(finished, dataset):
    display = SummaryDisplay.from_estimator(finished, dataset.data)
    axes = display.axes_
    assert_allclose(axes["generator"].images[0].get_array(), finished.generator_)
    middle = finished.group_conv_matrix_[finished.n_features_in_ // 2]
    heights = [bar.get_height() for bar in axes["filter"].patches]
    assert_allclose(heights[: len(middle)], middle)
    assert_allclose(axes["found"].images[0].get_array(), finished.transform(display.samples))
    assert_allclose(axes["starts"].collections[-1].get_offsets(), [[1.0, 0.0], [0.4, 0.3]])
    assert "1 of 2" in axes["starts"].get_title()
    assert_allclose(np.diag(axes["correlations"].images[0].get_array()), 1)


def test_summary_writes_the_verdict_and_draws_the_uncertainty(finished, dataset):
    verdict = KnownVerdict(finished.n_features_in_)
    display = SummaryDisplay.from_estimator(
        finished, dataset.data, verdict=verdict, title="my data"
    )
    assert display.figure_.get_suptitle() == "my data\nNOT THIS ONE"
    assert "the fit did not converge" in display.figure_.get_supxlabel()
    assert_allclose(display.axes_["uncertainty"].images[0].get_array(), verdict.uncertainty)


def test_summary_of_a_given_start_says_that_nothing_was_searched(finished, dataset):
    finished.candidates_ = []
    display = SummaryDisplay.from_estimator(finished, dataset.data)
    assert "no search" in display.axes_["starts"].texts[0].get_text()


def test_summary_keeps_the_names_and_writes_dollars_as_they_are(finished, dataset):
    names = [f"${column}$" for column in range(9)]
    display = SummaryDisplay.from_estimator(
        finished, dataset.data, title="price $_$", feature_names=names
    )
    for axes in (display.axes_, display.plot().axes_):
        labels = [label.get_text() for label in axes["generator"].get_xticklabels()]
        assert labels == [name.replace("$", r"\$") for name in names]
    display.figure_.canvas.draw()


def test_names_of_several_channels_are_not_those_of_one_generator(lens):
    names = [f"c{column}" for column in range(18)]
    display = GeneratorDisplay(lens.generator_, frame="features", feature_names=names).plot()
    assert not any(label.get_text() in names for label in display.ax_.get_xticklabels())


def test_summary_of_columns_in_another_order_is_refused(quick_solver):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(np.random.default_rng(0).laplace(size=(60, 5)), columns=list("abcde"))
    lens = SymmetryLens().fit(table)
    with pytest.raises(ValueError, match="feature names"):
        SummaryDisplay.from_estimator(lens, table[list("edcba")])
