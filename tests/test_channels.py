# SPDX-License-Identifier: BSD-3-Clause
"""Samples of several channels: one generator from all of them, applied to each."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.inspection import SummaryDisplay
from sklearn_symmetry.metrics import equivariance_error, generator_similarity

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def samples(seed=0, n_samples=60, n_features=15):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features))


def blocks(X, n_channels=3):
    return np.split(X, n_channels, axis=1)


# What is learned


@pytest.mark.parametrize("seed", range(2))
def test_channels_learn_what_their_rows_do_as_samples(seed, little_search):
    X = samples(seed)
    params = {"n_init": 1, "max_iter": 3, "random_state": seed}
    channels = SymmetryLens(n_channels=3, **params).fit(X)
    rows = SymmetryLens(**params).fit(X.reshape(180, 5))
    for name in ("generator_", "padded_generator_", "filter_", "group_conv_matrix_"):
        assert_array_equal(getattr(channels, name), getattr(rows, name), err_msg=name)
    assert channels.generator_.shape == (5, 5)
    assert channels.n_features_in_ == 15


def test_channels_together_find_what_no_channel_has_the_samples_for():
    signals = make_symmetric_signals(2000, 7, symmetry="orthogonal", random_state=0)
    X = signals.data.reshape(4, 500, 7).transpose(1, 0, 2).reshape(500, 28)
    lens = SymmetryLens(n_channels=4, random_state=0).fit(X)
    assert generator_similarity(lens.generator_, signals.generator) > 0.99


@pytest.mark.parametrize("n_samples", [2, 6])
def test_samples_of_all_channels_count(n_samples, quick_solver):
    lens = SymmetryLens(n_channels=3).fit(samples(n_samples=n_samples))
    assert quick_solver.calls[0][0].shape == (3 * n_samples, 5)
    assert lens.generator_.shape == (5, 5)


# Methods


@pytest.mark.parametrize("n_powers", [3, 5, 8])
def test_every_channel_is_transformed_as_by_itself(n_powers, quick_solver):
    X = samples(1)
    lens = SymmetryLens(n_powers, n_channels=3).fit(X)
    one = SymmetryLens(n_powers).fit(X.reshape(180, 5))
    for method in (one.transform, lambda x: one.shift(x, 0.7)):
        name = "transform" if method == one.transform else "shift"
        whole = lens.transform(X) if name == "transform" else lens.shift(X, 0.7)
        assert_allclose(whole, np.hstack([method(x) for x in blocks(X)]), atol=1e-12)
    back = lens.inverse_transform(lens.transform(X))
    expected = [one.inverse_transform(one.transform(x)) for x in blocks(X)]
    assert_allclose(back, np.hstack(expected), atol=1e-10)
    assert_allclose(lens.score(X), one.score(X.reshape(180, 5)), rtol=1e-12)


@pytest.mark.parametrize("n_powers", [2, 6])
def test_names_of_the_output_count_channels_times_powers(n_powers, quick_solver):
    lens = SymmetryLens(n_powers, n_channels=3).fit(samples())
    names = lens.get_feature_names_out()
    assert_array_equal(names, [f"symmetrylens{column}" for column in range(3 * n_powers)])
    assert lens.transform(samples()).shape == (60, 3 * n_powers)


def test_error_of_equivariance_does_not_mix_channels(quick_solver):
    X = samples(2)
    lens = SymmetryLens(n_channels=3).fit(X)
    one = SymmetryLens().fit(X.reshape(180, 5))
    expected = equivariance_error(one, X.reshape(180, 5))
    assert_allclose(equivariance_error(lens, X), expected, rtol=1e-10)


def test_fitted_lens_keeps_its_channels_when_the_parameter_changes(quick_solver):
    X = samples(3)
    lens = SymmetryLens(n_channels=3).fit(X)
    expected = lens.transform(X)
    assert_array_equal(lens.set_params(n_channels=5).transform(X), expected)
    assert lens.fit(X).generator_.shape == (3, 3)


def test_callbacks_see_the_samples_with_their_channels(quick_solver):
    seen = []

    class Watcher:
        def setup(self, estimator, context):
            pass

        teardown = on_fit_task_begin = setup

        def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
            seen.append((X, fitted_estimator.transform(X).shape))

    X = samples(4)
    SymmetryLens(n_powers=4, n_channels=3).set_callbacks(Watcher()).fit(X)
    assert seen
    for data, shape in seen:
        assert_array_equal(data, X)
        assert shape == (60, 12)


def test_warm_start_goes_on_from_one_channel_to_several(quick_solver):
    lens = SymmetryLens(warm_start=True).fit(samples(5, n_features=5))
    first = lens.group_conv_matrix_
    lens.set_params(n_channels=3).fit(samples(6))
    assert_array_equal(quick_solver.calls[1][1].init, first)
    with pytest.raises(ValueError, match=r"previous fit, 5 in each channel; X has 3\."):
        lens.set_params(n_channels=5).fit(samples(6))


# Bad input


@pytest.mark.parametrize(
    "n_channels, error, message",
    [
        (4, ValueError, "n_channels=4 does not divide the 15 columns of X.*blocks"),
        (30, ValueError, "n_channels=30 does not divide the 15 columns"),
        (15, ValueError, "n_channels=15 leaves one column.*at least 2"),
        (0, ValueError, "n_channels == 0, must be >= 1"),
        (-3, ValueError, "n_channels == -3, must be >= 1"),
        (3.0, TypeError, "n_channels must be.*int.*3.0"),
        (None, TypeError, "n_channels must be.*int.*None"),
    ],
)
def test_unusable_count_of_channels_is_named(n_channels, error, message, quick_solver):
    lens = SymmetryLens(n_channels=n_channels)
    before = dict(vars(lens))
    with pytest.raises(error, match=message):
        lens.fit(samples())
    assert vars(lens) == before
    assert quick_solver.calls == []


def test_width_changed_after_the_fit_is_refused_by_every_method(quick_solver):
    lens = SymmetryLens(n_powers=4, n_channels=3).fit(samples())
    for method in (lens.transform, lens.shift, lens.score):
        with pytest.raises(ValueError, match=r"X has 10 features.*expecting 15 features"):
            method(samples(n_features=10))
    with pytest.raises(ValueError, match="expects 12 columns, one per power and channel; got 8"):
        lens.inverse_transform(samples(n_features=8))


def test_too_few_samples_count_all_channels(quick_solver):
    with pytest.raises(ValueError, match="n_samples=2 and 7 features in each of 2 channels"):
        SymmetryLens(n_channels=2).fit(samples(n_samples=2, n_features=14))


def test_powers_and_start_are_bounded_by_one_channel(quick_solver):
    with pytest.raises(ValueError, match="n_powers == 6, must be <= 5"):
        SymmetryLens(6, n_channels=3, padding=0).fit(samples())
    with pytest.raises(ValueError, match=r"init has shape \(15, 15\).*\(5, 5\)"):
        SymmetryLens(n_channels=3, init=np.eye(15)).fit(samples())


def test_column_constant_in_all_channels_is_named(quick_solver):
    X = samples()
    X[:, 2] = 1.0
    SymmetryLens(n_channels=3).fit(X)
    X[:, [7, 12]] = 1.0
    with pytest.warns(UserWarning, match=r"constant columns \[2 of each channel\]"):
        SymmetryLens(n_channels=3).fit(X)


# What is said about it


def test_verdict_and_summary_judge_channels_as_rows(little_search):
    pytest.importorskip("matplotlib")
    signals = make_symmetric_signals(4000, 7, symmetry="orthogonal", random_state=0)
    X = signals.data.reshape(2000, 14)
    lens = SymmetryLens(n_channels=2, random_state=0).fit(X)
    verdict = lens.set_params(n_channels=1).verdict(X)
    assert verdict.found, str(verdict)
    assert verdict.uncertainty.shape == (7, 7)
    display = SummaryDisplay.from_estimator(lens, X, verdict=verdict)
    assert len(display.axes_["filter"].patches) == 14  # the filter, and the same one step on
