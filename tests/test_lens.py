# SPDX-License-Identifier: BSD-3-Clause
"""The estimator around the solver: attributes, methods, randomness, failures, callbacks."""

import inspect
import io
import os
import pickle
import random
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm
from sklearn.base import clone
from sklearn.callback import CallbackContext
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import sklearn_symmetry
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._progress import ProgressLine
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import equivariance_error, generator_similarity
from sklearn_symmetry.solver.solution import Settings
from sklearn_symmetry.statistics import summarise

pytestmark = [
    pytest.mark.usefixtures("little_search"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

CHEAP = {"n_init": 1, "max_iter": 3, "random_state": 0}
FAST = {"init": "auto"}
PAPER = {"init": "random", "density": "mixture"}
CONFIGURATIONS = [
    {},
    {"boundary": "circulant"},
    {"n_powers": 4},
    {"n_powers": 9, "padding": 3},
    {"init": "random"},
    PAPER,
]


def samples(seed=0, n_samples=80, n_features=5):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features))


def cheap_lens(**params):
    return SymmetryLens(**{**CHEAP, **params})


def fitted_state(lens):
    """Fitted attributes, by name, in a form that can be compared."""
    return {name: pickle.dumps(value) for name, value in vars(lens).items()}


def assert_same_fit(one, other):
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            assert_array_equal(value, getattr(other, name), err_msg=name)
    assert one.loss_curve_ == other.loss_curve_


# Fitted attributes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("params", CONFIGURATIONS, ids=str)
def test_attributes_are_one_group_and_its_filter(params, dtype):
    lens = cheap_lens(**params).fit(samples(1).astype(dtype))
    n_powers = params.get("n_powers", 5)
    size = 5 if params.get("boundary") == "circulant" else 5 + 2 * params.get("padding", 6)
    atol = 20 * np.finfo(dtype).eps * size
    log, group = lens.lie_algebra_, lens.padded_generator_
    margin = (size - 5) // 2
    inside = slice(margin, margin + 5)

    assert log.shape == group.shape == (size, size)
    assert_allclose(log, -log.T, atol=atol)
    assert_allclose(expm(log.astype(float)), group, atol=atol)
    assert_allclose(group @ group.T, np.eye(size), atol=atol)
    assert_allclose(lens.generator_, group[inside, inside], rtol=0, atol=0)
    assert_allclose(np.linalg.norm(lens.filter_), 1, atol=atol)
    assert_array_equal(lens.powers_, np.arange(n_powers) - n_powers // 2)
    padded_filter = np.pad(lens.filter_.astype(float), margin)
    for power, row in zip(lens.powers_, lens.group_conv_matrix_, strict=True):
        assert_allclose(row, (expm(power * log.astype(float)) @ padded_filter)[inside], atol=atol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_have_the_dtype_of_the_input(dtype, quick_solver):
    X = samples().astype(dtype)
    lens = cheap_lens().fit(X)
    arrays = {name: value for name, value in vars(lens).items() if isinstance(value, np.ndarray)}
    powers = arrays.pop("powers_")
    assert np.issubdtype(powers.dtype, np.integer)
    assert {value.dtype for value in arrays.values()} == {np.dtype(dtype)}
    representation = lens.transform(X)
    assert representation.dtype == dtype
    assert lens.inverse_transform(representation).dtype == dtype
    assert lens.shift(X, 0.5).dtype == dtype


@pytest.mark.parametrize("params", [FAST, PAPER], ids=str)
def test_fitted_state_is_numpy_and_plain_python(params):
    lens = cheap_lens(**params).fit(samples())

    def check(value):
        assert isinstance(value, (np.ndarray, str, bool, int, float, list, tuple, dict, type(None)))
        assert not isinstance(value, np.generic)
        if isinstance(value, np.ndarray):
            assert value.base is None or isinstance(value.base, np.ndarray)
        children = value.values() if isinstance(value, dict) else value
        if isinstance(value, (dict, list, tuple)):
            for child in children:
                check(child)

    for value in vars(lens).values():
        check(value)


@pytest.mark.parametrize("params", [FAST, {"init": "random"}, PAPER], ids=str)
def test_history_has_one_entry_per_iteration_and_term(params):
    lens = cheap_lens(**params).fit(samples())
    assert set(lens.loss_terms_) == {"alignment", "uniformity", "resolution", "information"}
    lengths = {len(values) for values in lens.loss_terms_.values()} | {len(lens.loss_curve_)}
    assert len(lengths) == 1
    assert np.isfinite(lens.loss_curve_).all()
    assert lens.n_iter_ <= lengths.pop() <= lens.n_iter_ + 1
    assert lens.n_iter_ <= CHEAP["max_iter"]
    assert lens.converged_ in (True, False)


def test_candidates_say_how_they_were_made_and_what_they_lost():
    lens = cheap_lens().fit(samples())
    assert lens.candidates_
    for candidate in lens.candidates_:
        assert isinstance(candidate["start"], str)
        assert np.isfinite(candidate["loss"])


# Parameters


def test_init_only_assigns():
    names = list(inspect.signature(SymmetryLens.__init__).parameters)[1:]
    values = {name: object() for name in names}
    assert vars(SymmetryLens(**values)) == values


def test_every_setting_of_the_solver_is_a_parameter_with_the_same_default():
    params = SymmetryLens().get_params()
    for setting in fields(Settings):
        if setting.name not in ("device", "weights"):
            assert params[setting.name] == setting.default, setting.name
    assert {name: params[name] for name in PAPER_WEIGHTS} == Settings().weights


def test_parameters_reach_the_solver(quick_solver):
    weights = {"alignment": 0.5, "uniformity": 0.0, "resolution": 2, "information": 3.5}
    params = {
        "n_powers": 3,
        "boundary": "circulant",
        "padding": 2,
        "init": "random",
        "density": "mixture",
        "max_iter": 7,
        "batch_size": 16,
        "learning_rate": 0.1,
        "tol": 0.0,
        "n_init": 2,
        "n_jobs": -1,
        "device": "cpu",
    }
    SymmetryLens(**params, **weights).fit(samples())
    assert quick_solver.calls[0][1] == Settings(weights=weights, **params)


def test_clone_has_the_parameters_and_none_of_the_fit(quick_solver):
    lens = cheap_lens(n_powers=3, init="random").fit(samples())
    copy = clone(lens)
    assert copy.get_params() == lens.get_params()
    assert set(vars(copy)) == set(lens.get_params())
    assert copy.set_params(padding=2).padding == 2
    assert lens.padding == 6


@pytest.mark.parametrize("seed", range(2))
def test_pickled_lens_acts_as_before(seed):
    X = samples(seed)
    lens = cheap_lens().fit(X)
    copy = pickle.loads(pickle.dumps(lens))
    assert_array_equal(copy.transform(X), lens.transform(X))
    assert_array_equal(copy.shift(X, 0.3), lens.shift(X, 0.3))
    assert copy.score(X) == lens.score(X)


# Methods


@pytest.mark.parametrize("n_powers", [2, 5, 8])
def test_transform_is_the_group_convolution_matrix(n_powers, quick_solver):
    X = samples(2) + 3.0
    lens = cheap_lens(n_powers=n_powers).fit(X)
    assert_array_equal(lens.transform(X), X @ lens.group_conv_matrix_.T)
    assert_array_equal(lens.transform(np.zeros((2, 5))), np.zeros((2, n_powers)))


@pytest.mark.parametrize("n_powers", [5, 8])
def test_inverse_transform_undoes_transform(n_powers, quick_solver):
    X = samples(3)
    lens = cheap_lens(n_powers=n_powers).fit(X)
    assert_allclose(lens.inverse_transform(lens.transform(X)), X, atol=1e-10)


def test_inverse_transform_of_few_powers_solves_least_squares(quick_solver):
    lens = cheap_lens(n_powers=3).fit(samples(4))
    target = samples(5, n_features=3)
    expected = np.linalg.lstsq(lens.group_conv_matrix_, target.T, rcond=None)[0].T
    assert_allclose(lens.inverse_transform(target), expected, atol=1e-10)


@pytest.mark.parametrize("steps", [-2, 0, 1, 3])
@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_whole_shifts_are_cropped_powers_of_the_generator(boundary, steps, quick_solver):
    X = samples(6)
    lens = cheap_lens(boundary=boundary).fit(X)
    power = np.linalg.matrix_power(lens.padded_generator_, steps)
    margin = (len(power) - 5) // 2
    inside = slice(margin, margin + 5)
    assert_allclose(lens.shift(X, steps), X @ power[inside, inside], atol=1e-10)


@pytest.mark.parametrize("first, second", [(0.25, 0.75), (1.5, -1.5), (2, 0.5)])
def test_real_shifts_of_a_circulant_lens_add_up(first, second, quick_solver):
    X = samples(7)
    lens = cheap_lens(boundary="circulant").fit(X)
    twice = lens.shift(lens.shift(X, first), second)
    assert_allclose(twice, lens.shift(X, first + second), atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_circulant_shift_of_samples_moves_the_representation_by_one_column(seed):
    X = samples(seed)
    lens = cheap_lens(boundary="circulant").fit(X)
    moved = lens.transform(lens.shift(X, 1))
    assert_allclose(moved[:, :-1], lens.transform(X)[:, 1:], atol=1e-10)
    assert_allclose(moved, np.roll(lens.transform(X), -1, axis=1), atol=1e-10)


# Columns that were only shuffled


def shuffled_signals(boundary="open", n_samples=2000, n_features=12, seed=0):
    return make_symmetric_signals(
        n_samples, n_features, boundary=boundary, symmetry="permutation", random_state=seed
    )


@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shuffled_columns_come_back_exactly(boundary, dtype):
    signals = shuffled_signals(boundary)
    lens = SymmetryLens(boundary=boundary, mixing="permutation", random_state=0)
    lens.fit(signals.data.astype(dtype))
    assert generator_similarity(lens.generator_, signals.generator, boundary=boundary) == 1.0
    W = lens.group_conv_matrix_
    assert W.dtype == dtype
    assert_array_equal(W, np.eye(12)[lens.column_order_])
    assert_array_equal(lens.transform(signals.data), signals.data[:, lens.column_order_])
    assert lens.converged_
    assert lens.n_iter_ == 1
    assert len(lens.loss_curve_) == 1
    assert lens.verdict(signals.data)


def test_a_table_of_shuffled_columns_comes_back_in_order():
    pandas = pytest.importorskip("pandas")
    signals = shuffled_signals(n_features=9)
    position = signals.basis.argmax(axis=1)  # of every column
    X = pandas.DataFrame(signals.data, columns=[f"at {at}" for at in position])
    X["at 4"] *= -1
    lens = SymmetryLens(mixing="permutation", random_state=0).set_output(transform="pandas").fit(X)
    names = [f"at {at}" if at != 4 else "-at 4" for at in range(9)]
    found = list(lens.get_feature_names_out())
    assert found in (names, names[::-1])
    Y = lens.transform(X)
    assert list(Y.columns) == found
    for name in found:
        assert_allclose(Y[name], -X["at 4"] if name == "-at 4" else X[name])


def test_names_of_shuffled_columns_of_several_channels():
    signals = shuffled_signals(n_features=6, n_samples=4000)
    X = signals.data.reshape(2000, 12)
    lens = SymmetryLens(n_channels=2, mixing="permutation", random_state=0).fit(X)
    order = lens.column_order_
    assert list(lens.get_feature_names_out()) == [f"x{6 * c + at}" for c in (0, 1) for at in order]


def test_an_order_that_is_given_is_improved():
    signals = shuffled_signals()
    right = SymmetryLens(mixing="permutation", random_state=0).fit(signals.data)
    init = right.group_conv_matrix_.copy()
    init[[2, 7]] = init[[7, 2]]
    lens = SymmetryLens(mixing="permutation", init=init, random_state=0).fit(signals.data)
    assert_array_equal(lens.group_conv_matrix_, right.group_conv_matrix_)
    assert [candidate["start"] for candidate in lens.candidates_] == ["init"]


def test_fewer_powers_of_shuffled_columns_are_those_of_the_centre():
    signals = shuffled_signals(n_features=11)
    lens = SymmetryLens(5, mixing="permutation", random_state=0).fit(signals.data)
    whole = SymmetryLens(mixing="permutation", random_state=0).fit(signals.data)
    central = whole.column_order_[3:8].tolist()
    assert lens.column_order_.tolist() in (central, central[::-1])
    wide = SymmetryLens(16, mixing="permutation", random_state=0).fit(signals.data)
    assert not hasattr(wide, "column_order_")  # of powers that leave the window
    assert wide.get_feature_names_out()[0] == "symmetrylens0"


@pytest.mark.parametrize("symmetry", ["permutation", "orthogonal"])
def test_the_default_mode_notices_columns_that_were_only_shuffled(symmetry):
    signals = make_symmetric_signals(4000, 13, symmetry=symmetry, random_state=0)
    lens = SymmetryLens(random_state=0).fit(signals.data)
    assert ("the columns were only shuffled" in str(lens.verdict(signals.data))) == (
        symmetry == "permutation"
    )
    assert hasattr(lens, "column_order_") == (symmetry == "permutation")


def test_independent_columns_have_no_order():
    X = np.random.default_rng(0).laplace(size=(2000, 12))
    lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
    assert not lens.verdict(X).symmetric


def test_second_moments_are_evidence_for_an_order_of_columns():
    """A Gaussian set is stationary in some basis anyway, but in no order unless it has one."""
    distance = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    random = np.random.default_rng(1)
    X = random.multivariate_normal(np.zeros(12), 0.6**distance, 3000)[:, random.permutation(12)]
    lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
    verdict = lens.verdict(X)
    assert verdict
    assert "elliptical" not in str(verdict)


EVEN = [4, 6, 8, 12, 24, 36]


@pytest.mark.parametrize("size", EVEN)
def test_an_even_ring_has_one_component_more_and_shifts_as_an_odd_one(size, quick_solver):
    X = samples(8, n_features=size)
    lens = cheap_lens(boundary="circulant").fit(X)
    G, log = lens.padded_generator_, lens.lie_algebra_
    assert G.shape == log.shape == (size + 1, size + 1)
    assert_allclose(log, -log.T)
    assert_allclose(expm(log), G, atol=1e-12)
    assert_allclose(np.linalg.det(G), 1.0)
    assert_allclose(lens.generator_, G[:size, :size])
    assert_allclose(np.linalg.matrix_power(lens.generator_, size), np.eye(size), atol=1e-12)
    W = lens.group_conv_matrix_
    assert_allclose(W @ lens.generator_.T, np.roll(W, -1, axis=0), atol=1e-12)
    for steps in (1, -2, size - 1):
        assert equivariance_error(lens, X, steps) < 1e-12
        moved = lens.transform(lens.shift(X, steps))
        assert_allclose(moved, np.roll(lens.transform(X), -steps, axis=1), atol=1e-10)
    half = expm(0.5 * log)
    assert_allclose(lens.shift(X, 0.5), X @ half[:size, :size], atol=1e-10)
    # Orthogonal to the alternating vector, real steps add up as around an odd ring.
    wave = (-1.0) ** np.arange(size) @ W / size**0.5
    X = X - np.outer(X @ wave, wave)
    assert_allclose(lens.shift(lens.shift(X, 0.3), 1.2), lens.shift(X, 1.5), atol=1e-10)


@pytest.mark.whole_search
@pytest.mark.parametrize("size", [6, 14])
def test_an_even_ring_is_recovered_and_believed(size):
    signals = make_symmetric_signals(
        5000, size, boundary="circulant", symmetry="orthogonal", random_state=size
    )
    lens = SymmetryLens(boundary="circulant", random_state=0).fit(signals.data)
    for found in (lens.generator_, lens.padded_generator_):
        assert generator_similarity(found, signals.generator, boundary="circulant") > 0.999
    assert lens.verdict(signals.data)


@pytest.mark.parametrize("unit", [1e-3, 7.0, 1e200])
def test_score_has_no_unit(unit, quick_solver):
    X = samples(8)
    lens = cheap_lens().fit(X)
    assert_allclose(lens.score(X * unit), lens.score(X), rtol=1e-6)


def test_score_is_free_of_the_coefficients_of_the_loss(quick_solver):
    X = samples(9)
    lens = cheap_lens().fit(X)
    score = lens.score(X)
    assert isinstance(score, float)
    lens.set_params(alignment=5.0, uniformity=0.1, resolution=9.0, information=0.0)
    assert lens.score(X, y=np.ones(len(X))) == score


@pytest.mark.parametrize("method", ["transform", "inverse_transform", "shift", "score"])
def test_methods_need_a_fit(method):
    with pytest.raises(NotFittedError):
        getattr(SymmetryLens(), method)(samples())


# Names and containers


def test_output_columns_are_named_after_the_class(quick_solver):
    lens = cheap_lens(n_powers=3).fit(samples())
    names = ["symmetrylens0", "symmetrylens1", "symmetrylens2"]
    assert_array_equal(lens.get_feature_names_out(), names)


def test_pandas_output_keeps_index_and_values(quick_solver):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(samples(), columns=list("abcde"), index=np.arange(80) + 100)
    lens = cheap_lens().set_output(transform="pandas").fit(table)
    assert_array_equal(lens.feature_names_in_, list("abcde"))
    representation = lens.transform(table)
    assert_array_equal(representation.index, table.index)
    assert_array_equal(representation.columns, lens.get_feature_names_out())
    assert_allclose(lens.inverse_transform(representation), table, atol=1e-10)
    with pytest.raises(ValueError, match="feature names"):
        lens.transform(table[list("edcba")])


def test_refit_without_column_names_forgets_them(quick_solver):
    pandas = pytest.importorskip("pandas")
    lens = cheap_lens().fit(pandas.DataFrame(samples(), columns=list("abcde")))
    assert not hasattr(lens.fit(samples()), "feature_names_in_")


def test_lens_works_in_pipelines_and_searches(quick_solver):
    X = samples()
    pipeline = make_pipeline(FunctionTransformer(), cheap_lens())
    search = GridSearchCV(pipeline, {"symmetrylens__padding": [2, 4]}, cv=2).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.transform(X).shape == (80, 5)


# Memory layouts


def _memory_map(X, folder):
    path = folder / "X.npy"
    np.save(path, X)
    return np.load(path, mmap_mode="r")


def _read_only(X, folder):
    X = X.copy()
    X.flags.writeable = False
    return X


LAYOUTS = {
    "C order": lambda X, folder: X.copy(),
    "F order": lambda X, folder: np.asfortranarray(X),
    "read-only": _read_only,
    "memory map": _memory_map,
    "negative strides": lambda X, folder: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "every second": lambda X, folder: np.repeat(np.repeat(X, 2, 0), 2, 1)[::2, ::2],
    "big-endian": lambda X, folder: X.astype(">f8"),
    "read-only F order": lambda X, folder: _read_only(np.asfortranarray(X), folder),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_solver_gets_its_own_contiguous_copy(layout, tmp_path, quick_solver):
    X = samples(10)
    given = LAYOUTS[layout](X, tmp_path)
    cheap_lens().fit(given)
    ((taken, *_),) = quick_solver.calls
    assert_array_equal(taken, X)
    assert taken.dtype == np.float64
    assert taken.dtype.isnative
    assert taken.flags.c_contiguous
    assert taken.flags.writeable
    assert not np.shares_memory(taken, given)


@pytest.mark.parametrize(
    "layout, params",
    [("read-only F order", FAST), ("negative strides", PAPER), ("memory map", {"init": "random"})],
)
def test_memory_layout_does_not_matter_and_input_is_not_modified(layout, params, tmp_path):
    X = samples(10, n_samples=40, n_features=3)
    given = LAYOUTS[layout](X, tmp_path)
    lens = cheap_lens(**params).fit(given)
    assert_array_equal(given, X)
    assert_same_fit(lens, cheap_lens(**params).fit(X.copy()))
    assert_allclose(lens.transform(given), lens.transform(X), rtol=1e-12)
    assert_allclose(lens.shift(given), lens.shift(X), rtol=1e-12, atol=1e-15)
    assert_allclose(lens.score(given), lens.score(X), rtol=1e-9)
    assert_array_equal(given, X)


def test_fitted_attributes_share_no_memory_with_the_input():
    X = samples()
    init = np.eye(5)
    lens = cheap_lens(init=init).fit(X)
    arrays = [value for name, value in vars(lens).items() if name.endswith("_")]
    for value in arrays:
        if isinstance(value, np.ndarray):
            assert not np.shares_memory(value, X)
            assert not np.shares_memory(value, init)
    assert_array_equal(init, np.eye(5))


# Randomness and global state


def global_state():
    """Everything that a fit might be tempted to set."""
    kind, keys, *position = np.random.get_state()
    return {
        "numpy": (kind, keys.tobytes(), *position),
        "python": random.getstate(),
        "torch": torch.get_rng_state().numpy().tobytes(),
        "threads": (torch.get_num_threads(), torch.get_num_interop_threads()),
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "gradients": torch.is_grad_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "anomalies": torch.is_anomaly_enabled(),
        "cudnn": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
        "floating point": np.geterr(),
        "printing": repr(np.get_printoptions()),
        "environment": dict(os.environ),
    }


@pytest.mark.parametrize("random_state", [0, None])
@pytest.mark.parametrize("params", [FAST, {"init": "random"}, PAPER], ids=str)
def test_fit_leaves_global_seeds_and_settings_alone(params, random_state):
    before = global_state()
    lens = cheap_lens(**{**params, "random_state": random_state}).fit(samples())
    lens.score(samples())
    lens.shift(samples())
    assert global_state() == before


def test_failed_fit_leaves_torch_settings_alone(monkeypatch):
    before = global_state()

    def fail(*args, **kwargs):
        raise FloatingPointError("the alignment term is nan at iteration 3")

    monkeypatch.setattr(sklearn_symmetry._lens, "solve", fail)
    with pytest.raises(FloatingPointError, match="alignment term is nan at iteration 3"):
        cheap_lens().fit(samples())
    assert global_state() == before


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("params", [FAST, {"init": "random"}, PAPER], ids=str)
def test_same_seed_gives_identical_arrays(params, seed):
    X = samples(seed)
    params = {**params, "random_state": seed}
    np.random.seed(seed)
    torch.rand(3)
    one = cheap_lens(**params).fit(X)
    assert_same_fit(one, clone(one).fit(X))


def test_number_of_jobs_does_not_change_the_result():
    X = samples()
    one, two = (cheap_lens(n_init=2, n_jobs=n_jobs).fit(X) for n_jobs in (None, 2))
    assert_same_fit(one, two)


def test_random_state_instance_is_drawn_from_and_none_is_fresh(quick_solver):
    X = samples()
    for random_state in (np.random.RandomState(3), np.random.RandomState(3), 3, 3, None, None):
        SymmetryLens(random_state=random_state).fit(X)
    seeds = [seed for _, _, seed in quick_solver.calls]
    assert len(set(seeds[:4])) == 1
    assert len(set(seeds)) == 3
    assert all(type(seed) is int for seed in seeds)


# Convergence


def test_fit_that_did_not_converge_warns_where_it_was_called(quick_solver):
    quick_solver.converged = False
    lens = cheap_lens()
    with pytest.warns(ConvergenceWarning, match="n_iter_=3.*max_iter") as caught:
        lens.fit(samples())
    assert not lens.converged_
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]


@pytest.mark.filterwarnings("error")
def test_fit_that_converged_is_silent(quick_solver, capfd):
    assert cheap_lens().fit(samples()).converged_
    assert capfd.readouterr() == ("", "")


# Warm start


def test_warm_start_hands_the_previous_solution_to_the_solver(quick_solver):
    X = samples()
    lens = cheap_lens(warm_start=True).fit(X)
    previous = lens.group_conv_matrix_
    lens.fit(X)
    lens.set_params(warm_start=False).fit(X)
    starts = [settings.init for _, settings, _ in quick_solver.calls]
    assert starts[0] == starts[2] == "auto"
    assert_array_equal(starts[1], previous)
    assert lens.init == "auto"


@pytest.mark.whole_search
def test_warm_start_goes_on_where_the_last_fit_stopped():
    X = samples(11, n_samples=300)
    lens = cheap_lens(warm_start=True).fit(X)
    last = lens.loss_curve_[-1]
    lens.fit(X)
    assert_allclose(lens.loss_curve_[0], last, rtol=1e-4)


def test_warm_start_on_other_features_says_so_and_keeps_the_fit(quick_solver):
    lens = cheap_lens(warm_start=True).fit(samples())
    before = fitted_state(lens)
    with pytest.raises(ValueError, match=r"warm_start=True.*5; X has 4.*warm_start=False"):
        lens.fit(samples(n_features=4))
    assert fitted_state(lens) == before


# Failures


class Callback:
    """Records the tasks of a fit; acts when it sees the n-th end of a named task."""

    def __init__(self, task=None, number=1, action=None):
        self.task, self.number, self.action = task, number, action
        self.begun, self.ended, self.fitted = [], [], []

    def setup(self, estimator, context):
        if self.task == "setup":
            self.action()

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(context)

    def on_fit_task_end(self, estimator, context, *, X, metadata, fitted_estimator):
        self.ended.append(context)
        self.fitted.append((X, metadata, fitted_estimator))
        names = [ended.task_name for ended in self.ended]
        if self.task == context.task_name and names.count(self.task) == self.number:
            return self.action()
        return False


def broken():
    raise RuntimeError("this callback is broken")


def interrupt():
    raise KeyboardInterrupt


FAILURES = {
    "parameter": ({"padding": -1}, {}, ValueError),
    "data": ({}, {"bad": True}, ValueError),
    "shapes": ({"n_powers": 1000}, {}, ValueError),
    "device": ({"device": "nowhere"}, {}, ValueError),
    "random state": ({"random_state": "seed"}, {}, ValueError),
    "solver": ({}, {"solver": FloatingPointError}, FloatingPointError),
    "memory": ({}, {"solver": MemoryError}, MemoryError),
    "early interrupt": ({}, {"solver": KeyboardInterrupt}, KeyboardInterrupt),
    "setup": ({}, {"callback": "setup"}, RuntimeError),
    "iteration": ({}, {"callback": "iteration"}, RuntimeError),
    "phase": ({}, {"callback": "search"}, RuntimeError),
    "end of fit": ({}, {"callback": "fit"}, RuntimeError),
}


@pytest.mark.parametrize("was_fitted", [False, True])
@pytest.mark.parametrize("failure", FAILURES)
def test_failed_fit_leaves_the_estimator_as_it_was(failure, was_fitted, quick_solver, monkeypatch):
    params, plan, expected = FAILURES[failure]
    X = samples(1, n_features=4)
    lens = cheap_lens()
    if was_fitted:
        lens.fit(samples(0, n_features=6))
    lens.set_params(**params)
    if "bad" in plan:
        X[2, 1] = np.nan
    if "solver" in plan:

        def fail(*args, **kwargs):
            raise plan["solver"]

        monkeypatch.setattr(sklearn_symmetry._lens, "solve", fail)
    before = fitted_state(lens)
    if "callback" in plan:
        lens.set_callbacks(Callback(plan["callback"], action=broken))
    with pytest.raises(expected):
        lens.fit(X)
    lens.set_callbacks()
    assert fitted_state(lens) == before
    if was_fitted:
        assert lens.transform(samples(0, n_features=6)).shape == (80, 6)


def test_failed_refit_keeps_the_names_of_the_columns(quick_solver):
    pandas = pytest.importorskip("pandas")
    lens = cheap_lens().fit(pandas.DataFrame(samples(), columns=list("abcde")))
    bad = pandas.DataFrame(samples(), columns=list("vwxyz"))
    bad.loc[3, "w"] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        lens.fit(bad)
    assert_array_equal(lens.feature_names_in_, list("abcde"))


@pytest.mark.parametrize("params", [FAST, {"init": "random"}, PAPER], ids=str)
def test_interrupt_keeps_the_best_complete_state_and_is_raised_again(params):
    X = samples(12)
    lens = cheap_lens(**{**params, "max_iter": 20})
    phase = "refinement" if params == FAST else "train"

    class Interrupter(Callback):
        def on_fit_task_end(self, estimator, context, *, metadata):
            if metadata and (metadata["phase"], metadata["iteration"]) == (phase, 2):
                raise KeyboardInterrupt

    lens.set_callbacks(Interrupter())
    with pytest.raises(KeyboardInterrupt):
        lens.fit(X)
    assert not lens.converged_
    assert 2 <= lens.n_iter_ <= 3
    assert len(lens.loss_curve_) - lens.n_iter_ in (0, 1)
    assert lens.n_features_in_ == 5
    assert_allclose(expm(lens.lie_algebra_), lens.padded_generator_, atol=1e-10)
    assert_array_equal(lens.transform(X), X @ lens.group_conv_matrix_.T)
    assert np.isfinite(lens.score(X))


@pytest.mark.parametrize("task, n_iter", [("iteration", 0), ("refinement", 3), ("fit", 3)])
def test_interrupt_in_any_task_leaves_a_complete_fit(task, n_iter, quick_solver):
    pandas = pytest.importorskip("pandas")
    lens = cheap_lens().fit(pandas.DataFrame(samples(), columns=list("abcde")))
    lens.set_callbacks(Callback(task, action=interrupt))
    with pytest.raises(KeyboardInterrupt):
        lens.fit(samples(1, n_features=4))
    assert lens.n_iter_ == n_iter
    assert lens.converged_ == (task == "fit")
    assert lens.n_features_in_ == 4
    assert not hasattr(lens, "feature_names_in_")
    assert lens.transform(samples(1, n_features=4)).shape == (80, 4)


def test_interrupt_without_callbacks_keeps_the_latest_report(monkeypatch, quick_solver):
    def interrupted(summary, settings, *, monitor):
        quick_solver(summary, settings, monitor=monitor)
        raise KeyboardInterrupt

    monkeypatch.setattr(sklearn_symmetry._lens, "solve", interrupted)
    lens = cheap_lens()
    with pytest.raises(KeyboardInterrupt):
        lens.fit(samples())
    assert lens.n_iter_ == 3
    assert not lens.converged_


def test_lack_of_device_memory_is_raised_with_a_remedy(monkeypatch):
    def fail(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB")

    monkeypatch.setattr(sklearn_symmetry._lens, "solve", fail)
    lens = cheap_lens(batch_size=64)
    with pytest.raises(torch.OutOfMemoryError, match="Tried to allocate") as caught:
        lens.fit(samples())
    (note,) = caught.value.__notes__
    assert "device='cpu'" in note
    assert "batch_size" in note
    assert "64" in note
    assert not hasattr(lens, "generator_")


# Callbacks


@pytest.mark.parametrize("params", [FAST, {"init": "random"}, PAPER], ids=str)
def test_tasks_are_a_tree_of_fit_phases_and_iterations(params):
    callback = Callback()
    X = samples()
    lens = cheap_lens(**params).set_callbacks(callback)
    lens.fit(X)
    assert {id(task) for task in callback.begun} == {id(task) for task in callback.ended}
    assert len(callback.begun) == len(callback.ended)
    root = callback.begun[0]
    assert (root.task_name, root.estimator_name) == ("fit", "SymmetryLens")
    assert root is callback.ended[-1]
    for task in callback.begun[1:]:
        leaf = task.task_name == "iteration"
        assert task.parent.parent is root if leaf else task.parent is root
        assert (task.max_subtasks == 0) == leaf
    assert not any("callback" in name for name in set(vars(lens)) - {"_skl_callbacks"})


def test_callbacks_see_loss_and_terms_of_every_iteration():
    callback = Callback()
    lens = cheap_lens().set_callbacks(callback).fit(samples())
    news = [metadata for _, metadata, _ in callback.fitted if metadata is not None]
    refinement = [entry for entry in news if entry["phase"] == "refinement"]
    assert [entry["loss"] for entry in refinement] == lens.loss_curve_[1:]
    assert lens.n_iter_ > 0
    assert [entry["iteration"] for entry in refinement] == list(range(1, lens.n_iter_ + 1))
    for name, values in lens.loss_terms_.items():
        assert [entry[name] for entry in refinement] == values[1:]


@pytest.mark.parametrize("params", [FAST, {"init": "random"}, PAPER], ids=str)
def test_callbacks_get_an_estimator_as_if_the_fit_had_stopped(params):
    callback = Callback()
    X = samples()
    lens = cheap_lens(**params).set_callbacks(callback).fit(X)
    assert callback.fitted
    for data, _, fitted in callback.fitted:
        assert data.shape == X.shape
        assert_array_equal(fitted.transform(X), X @ fitted.group_conv_matrix_.T)
        assert_allclose(expm(fitted.lie_algebra_), fitted.padded_generator_, atol=1e-10)
    last = callback.fitted[-1][2]
    assert last is not lens
    assert_array_equal(last.group_conv_matrix_, lens.group_conv_matrix_)


@pytest.mark.parametrize("number, n_iter", [(1, 0), (3, 0), (4, 1), (5, 2)])
def test_callback_stops_the_fit_in_any_iteration(number, n_iter, quick_solver):
    lens = cheap_lens().set_callbacks(Callback("iteration", number, lambda: True))
    with pytest.warns(ConvergenceWarning, match=f"callback stopped.*n_iter_={n_iter} "):
        lens.fit(samples())
    assert lens.n_iter_ == n_iter
    assert not lens.converged_


def test_callback_stops_the_fit_at_the_end_of_a_phase(quick_solver):
    callback = Callback("search", 1, lambda: True)
    with pytest.warns(ConvergenceWarning, match="callback stopped"):
        lens = cheap_lens().set_callbacks(callback).fit(samples())
    assert lens.n_iter_ == 1


@pytest.mark.parametrize("params", [FAST, {"init": "random"}, PAPER], ids=str)
def test_callback_stops_the_real_solvers(params):
    callback = Callback("iteration", 2, lambda: True)
    lens = cheap_lens(**{**params, "max_iter": 50, "n_init": 3}).set_callbacks(callback)
    lens.fit(samples())
    iterations = [task for task in callback.ended if task.task_name == "iteration"]
    assert len(iterations) == 2
    assert lens.n_iter_ <= 2


def test_stop_in_one_phase_ends_the_later_ones_too():
    callback = Callback("iteration", 1, lambda: True)
    lens = cheap_lens(density="mixture", max_iter=50).set_callbacks(callback)
    lens.fit(samples())
    assert lens.n_iter_ == 0
    assert [task.task_name for task in callback.ended] == ["iteration", "search", "fit"]


def test_stop_in_the_refinement_leaves_out_the_training_of_mixtures():
    def stop_refining():
        names = [task.parent.task_name for task in callback.ended if task.parent]
        return names[-1] == "refinement"

    callback = Callback("iteration", 2, stop_refining)
    lens = cheap_lens(density="mixture", max_iter=50).set_callbacks(callback)
    lens.fit(samples())
    assert lens.n_iter_ == 1
    assert "train" not in [task.task_name for task in callback.ended]


def test_fit_without_callbacks_builds_no_task_tree(quick_solver, monkeypatch):
    monkeypatch.setattr(CallbackContext, "subcontext", None)
    assert cheap_lens().fit(samples()).converged_


@pytest.mark.parametrize("verbose, own, expected", [(0, 0, 0), (1, 0, 1), (2, 0, 1), (1, 1, 1)])
def test_verbose_attaches_one_line_of_progress_for_the_fit(
    verbose, own, expected, quick_solver, monkeypatch, capsys
):
    started = []

    class SilentLine(ProgressLine):
        def setup(self, estimator, context):
            started.append(self)

        def on_fit_task_begin(self, estimator, context):
            pass

        on_fit_task_end = teardown = on_fit_task_begin

    monkeypatch.setattr(sklearn_symmetry._callbacks, "ProgressLine", SilentLine)
    lens = cheap_lens(verbose=verbose)
    lines = [SilentLine((80, 5)) for _ in range(own)]
    lens.set_callbacks(*lines).fit(samples())
    assert len(started) == expected
    assert getattr(lens, "_skl_callbacks", []) == lines
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("params", [FAST, {"init": "random"}], ids=str)
def test_progress_says_what_was_done_and_leaves_the_output_stream_alone(params, capsys):
    cheap_lens(verbose=1, **params).fit(samples())
    captured = capsys.readouterr()
    assert captured.out == ""
    first, last = captured.err.splitlines()
    assert first.startswith(f"fit: {len(samples()):,} samples of 5 columns")
    assert "step" in last


def test_progress_on_a_terminal_is_one_line_with_the_time_left(quick_solver, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sklearn_symmetry._progress, "REFRESH", 0.0)
    cheap_lens(verbose=1).fit(samples())
    _, line, end = sys.stderr.getvalue().split("\n")
    states = line.split("\r")
    assert "start 3" in "".join(states)
    assert "refining, step 2 of 3 [#############-------]" in "".join(states)
    assert "left" in "".join(states)
    assert end == ""


def test_progress_goes_away_after_a_failure(quick_solver):
    lens = cheap_lens(verbose=1, padding=-1)
    with pytest.raises(ValueError, match="padding"):
        lens.fit(samples())
    assert not hasattr(lens, "_skl_callbacks")


# Package


PACKAGE = Path(sklearn_symmetry.__file__).parent

IMPORT = """
import os, threading
import matplotlib, numpy, scipy.linalg, scipy.optimize, joblib, torch
import sklearn.base, sklearn.callback, sklearn.utils.validation, sklearn.datasets
def state():
    tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
    return (tasks, threading.active_count(), dict(os.environ), torch.cuda.is_initialized(),
            torch.get_num_threads(), torch.get_rng_state().tolist(), torch.get_default_dtype(),
            numpy.random.get_state()[1].tolist(), numpy.random.get_state()[2])
before = state()
import sklearn_symmetry, sklearn_symmetry.datasets, sklearn_symmetry.metrics
import sklearn_symmetry.inspection
assert state() == before
assert not torch.cuda.is_initialized()
"""


def test_importing_the_package_starts_nothing():
    pytest.importorskip("matplotlib")
    # Not all of the environment: what the package may have set here would hide in it.
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT", "OMP_NUM_THREADS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"PYTHONPATH": str(PACKAGE.parent), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, env=environment
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def sources(folder="."):
    paths = (PACKAGE / folder).rglob("*.py")
    return {path.relative_to(PACKAGE): path.read_text() for path in paths}


def imports(text):
    """Import statements of a source file."""
    return "\n".join(re.findall(r"^\s*(?:import|from) .*$", text, re.MULTILINE))


def test_one_module_imports_the_callbacks():
    users = [str(path) for path, text in sources().items() if "sklearn.callback" in imports(text)]
    assert users == ["_callbacks.py"]


@pytest.mark.parametrize("folder", ["core", "solver", "statistics"])
def test_mathematics_does_not_import_scikit_learn(folder):
    for path, text in sources(folder).items():
        assert not re.search(r"\bsklearn\b", imports(text)), path


@pytest.mark.parametrize("folder", ["core", "statistics"])
def test_mathematics_and_statistics_do_not_import_the_solver(folder):
    for path, text in sources(folder).items():
        assert not re.search(r"\bsolver\b", imports(text)), path


def test_only_the_grid_and_the_estimator_know_an_edge():
    known = {"core/grid.py"}
    named = {str(path) for path, text in sources().items() if re.search(r"\bcyclic\b[,:=)]", text)}
    assert named == known


@pytest.mark.parametrize("folder, only", [("solver", "tuning.py"), ("_verdict", "criteria.py")])
def test_tuned_numbers_stand_in_one_file(folder, only):
    """Constants elsewhere are guards, marks, sizes of blocks and grids or published, and few."""
    published = {"EPSILON", "INITIAL_SCALE", "SAMPLES_PER_FEATURE", "STEPS_PER_EPOCH"}
    allowed = {"ARMIJO", "MOVES", "OUT", "ROUNDING", "SIGNS_OF_A_SWAP", "SMALLEST_BATCH", "TINY"}
    allowed |= {"BLOCK", "CURVED", "FINE", "LEAST", "SHORTEST", "STRAIGHT", "TOGETHER"} | published
    for path, text in sources(folder).items():
        if path.name != only:
            names = re.findall(r"^([A-Z][A-Z_]+)(?:, [A-Z_]+)* = [-\d.]", text, re.MULTILINE)
            assert set(names) <= allowed, path


# A summary in place of the samples


def test_a_summary_is_fitted_as_the_samples_it_is_of():
    X = samples().astype(np.float32)
    lens = SymmetryLens(n_init=1, max_iter=2, random_state=0).fit(X)
    seed = int(np.random.RandomState(0).randint(2**31 - 1))
    same = SymmetryLens(n_init=1, max_iter=2).fit(summarise(X, seed=seed))
    assert_array_equal(same.group_conv_matrix_, lens.group_conv_matrix_)
    assert same.generator_.dtype == np.float32
    assert same.n_features_in_ == X.shape[1]


@pytest.mark.parametrize("n_channels", [1, 3])
def test_channels_of_a_summary_are_counted_as_of_samples(n_channels, quick_solver):
    X = samples(n_samples=90, n_features=3 * n_channels)
    lens = SymmetryLens(n_channels=n_channels).fit(summarise(X, n_channels=n_channels))
    assert lens.n_features_in_ == 3 * n_channels
    assert lens.transform(X).shape == X.shape


def test_the_paper_refuses_a_summary_that_has_not_all_samples():
    X = samples(n_samples=200)
    with pytest.raises(ValueError, match="holds 50 of 200: make it by summarise.*capacity=None"):
        SymmetryLens(init="random", max_iter=2).fit(summarise(X, capacity=50))


@pytest.mark.parametrize(("shape", "said"), [((9, 1), "needs 2"), ((4, 5), "more samples")])
def test_a_summary_of_too_little_is_refused(shape, said, quick_solver):
    X = np.random.default_rng(0).standard_normal(shape)
    lens = SymmetryLens()
    with pytest.raises(ValueError, match=said):
        lens.fit(summarise(X))
    assert not hasattr(lens, "n_features_in_")


def test_a_memory_mapped_file_is_read_and_left_as_it_was(tmp_path, quick_solver):
    X = samples(n_samples=300)
    np.save(tmp_path / "X.npy", X)
    before = (tmp_path / "X.npy").read_bytes()
    SymmetryLens(random_state=0).fit(np.load(tmp_path / "X.npy", mmap_mode="r"))
    SymmetryLens(random_state=0).fit(X)
    assert_array_equal(quick_solver.calls[0][0], quick_solver.calls[1][0])
    assert (tmp_path / "X.npy").read_bytes() == before


def test_a_memory_mapped_file_with_an_entry_that_is_not_finite_is_refused(tmp_path, quick_solver):
    X = samples(n_samples=300)
    X[17, 3] = np.nan
    np.save(tmp_path / "X.npy", X)
    with pytest.raises(ValueError, match="nan in row 17, column 3.*Drop or impute"):
        SymmetryLens().fit(np.load(tmp_path / "X.npy", mmap_mode="r"))
