# SPDX-License-Identifier: BSD-3-Clause
"""Unusable parameters and data: the message names the cause, and nothing is solved."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_symmetry import SymmetryLens, paper_settings
from sklearn_symmetry._parameters import resolve_device

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def samples(seed=0, n_samples=80, n_features=5):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features))


def assert_refused(X, expected, message, solver, **params):
    """The fit raises, with the message, without solving and without touching the estimator."""
    lens = SymmetryLens(**params)
    before = dict(vars(lens))
    with pytest.raises(expected, match=message):
        lens.fit(X)
    assert vars(lens) == before
    assert solver.calls == []


# Parameters: name, value, what the message says besides the name

NAN, INF = float("nan"), float("inf")

BAD_PARAMETERS = [
    ("n_powers", 1, ValueError, "1, must be >= 2"),
    ("n_powers", 18, ValueError, "18, must be <= 17"),
    ("n_powers", 5.0, TypeError, "int.*5.0"),
    ("alignment", -1, ValueError, "-1, must be >= 0"),
    ("uniformity", NAN, ValueError, "finite; got nan"),
    ("resolution", INF, ValueError, "finite; got inf"),
    ("information", "1", TypeError, "float.*'1'"),
    ("boundary", "closed", ValueError, "'open', 'circulant'.*'closed'"),
    ("boundary", None, ValueError, "'open', 'circulant'.*None"),
    ("mixing", "shuffle", ValueError, "'rotation', 'permutation'.*'shuffle'"),
    ("padding", -1, ValueError, "-1, must be >= 0"),
    ("padding", 1.5, TypeError, "int.*1.5"),
    ("padding", None, TypeError, "int.*None"),
    ("init", "paper", ValueError, r"'auto', 'random'.*\(n_powers, n_features\).*'paper'"),
    ("init", 3, ValueError, r"shape \(\).*\(5, 5\)"),
    ("init", None, ValueError, r"shape \(\).*\(5, 5\)"),
    ("init", np.eye(4), ValueError, r"shape \(4, 4\).*\(5, 5\)"),
    ("init", np.eye(5)[:3], ValueError, r"shape \(3, 5\).*\(5, 5\)"),
    ("init", np.diag([1, 1, 1, 1, NAN]), ValueError, "non-finite"),
    ("init", np.ones((5, 5)), ValueError, "rank 1.*full rank, 5"),
    ("init", np.eye(5) * 1j, ValueError, "complex.*real"),
    ("init", np.full((5, 5), "a"), ValueError, "dtype <U1"),
    ("density", "gaussian", ValueError, "'closed_form', 'mixture'.*'gaussian'"),
    ("max_iter", 0, ValueError, "0, must be >= 1"),
    ("max_iter", 1e3, TypeError, "int.*1000.0"),
    ("batch_size", 4, ValueError, "4, must be >= 8"),
    ("learning_rate", 0, ValueError, "0, must be > 0"),
    ("learning_rate", NAN, ValueError, "finite; got nan"),
    ("estimator_learning_rate", 0, ValueError, "0, must be > 0"),
    ("estimator_learning_rate", None, TypeError, "float.*None"),
    ("learning_rate_decay", 0, ValueError, "0, must be > 0"),
    ("learning_rate_decay", 1.5, ValueError, "1.5, must be <= 1"),
    ("learning_rate_decay", "0.1", TypeError, "float.*'0.1'"),
    ("filter_noise", -0.1, ValueError, "-0.1, must be >= 0"),
    ("filter_noise", INF, ValueError, "finite; got inf"),
    ("filter_noise_epochs", 0, ValueError, "0, must be > 0"),
    ("rank_schedule", "cosine", ValueError, "'gradient_flow', 'full', None.*'cosine'"),
    ("boundary", np.array(["open"]), ValueError, "'open', 'circulant'.*array"),
    ("mixing", ["permutation"], ValueError, "'rotation', 'permutation'.*'permutation'"),
    ("density", np.array([1, 2]), ValueError, "'closed_form', 'mixture'.*array"),
    ("grid_shape", np.array([3, 3]), TypeError, "tuple of ints; got array"),
    ("grid_shape", {3, 4}, TypeError, "tuple of ints; got {3, 4}"),
    ("padding", 10**9, ValueError, "1000000000, must be <= 9997"),
    ("rank_schedule", True, ValueError, "'gradient_flow', 'full', None.*True"),
    ("n_kernels", 0, ValueError, "0, must be >= 1"),
    ("hidden_factor", 0, ValueError, "0, must be >= 1"),
    ("hidden_factor", 1.5, TypeError, "int.*1.5"),
    ("hidden_factor", None, TypeError, "int.*None"),
    ("penalty", -1e-5, ValueError, "-1e-05, must be >= 0"),
    ("tol", -1e-3, ValueError, "-0.001, must be >= 0"),
    ("tol", NAN, ValueError, "finite; got nan"),
    ("tol", None, TypeError, "float.*None"),
    ("n_init", 0, ValueError, "0, must be >= 1"),
    ("n_jobs", 0, ValueError, "0, must be positive, negative"),
    ("n_jobs", 1.5, TypeError, "int.*1.5"),
    ("device", "gpu", ValueError, "'auto'.*'gpu'"),
    ("device", "meta", ValueError, "'auto', 'cpu'.*'meta'"),
    ("device", None, ValueError, "'auto'.*None"),
    ("warm_start", "yes", TypeError, "bool.*'yes'"),
    ("random_state", "seed", ValueError, "None, a RandomState or an int.*'seed'"),
    ("random_state", -1, ValueError, r"int from 0 to 2\*\*32 - 1.*-1"),
    ("verbose", -1, ValueError, "-1, must be >= 0"),
    ("verbose", "yes", TypeError, "int.*'yes'"),
]


@pytest.mark.parametrize("name, value, expected, message", BAD_PARAMETERS)
def test_message_names_parameter_value_and_range(name, value, expected, message, quick_solver):
    message = rf"(?s)\b{name}\b.*{message}"
    assert_refused(samples(), expected, message, quick_solver, **{name: value})


def test_loss_without_terms_is_refused(quick_solver):
    weights = dict.fromkeys(("alignment", "uniformity", "resolution", "information"), 0)
    message = "alignment, uniformity, resolution, information must be positive"
    assert_refused(samples(), ValueError, message, quick_solver, **weights)


def test_largest_number_of_powers_is_the_padded_dimension(quick_solver):
    for boundary, largest in (("open", 5 + 2 * 3), ("circulant", 5)):
        params = {"boundary": boundary, "padding": 3}
        lens = SymmetryLens(largest, **params).fit(samples())
        assert lens.transform(samples()).shape == (80, largest)
        with pytest.raises(ValueError, match=f"n_powers == {largest + 1}, must be <= {largest}"):
            SymmetryLens(largest + 1, **params).fit(samples())


@pytest.mark.parametrize("name, value", [("init", "random"), ("density", "mixture")])
def test_there_is_nothing_to_train_in_an_order_of_columns(name, value, quick_solver):
    message = f"mixing='permutation' .* excludes {name}='{value}'"
    options = {"mixing": "permutation", name: value}
    assert_refused(samples(), ValueError, message, quick_solver, **options)


@pytest.mark.parametrize("init", [np.linalg.qr(np.ones((5, 5)) + np.eye(5))[0], 2 * np.eye(5)])
def test_an_init_that_is_no_permutation_is_refused_for_one(init):
    lens = SymmetryLens(mixing="permutation", init=init)
    with pytest.raises(ValueError, match="an init that is a signed permutation"):
        lens.fit(samples())
    assert not hasattr(lens, "generator_")


def test_a_warm_start_from_a_rotation_is_refused_for_a_permutation(quick_solver, monkeypatch):
    lens = SymmetryLens(warm_start=True, mixing="permutation").fit(samples())
    monkeypatch.undo()
    lens.group_conv_matrix_ = np.linalg.qr(samples()[:5])[0]
    with pytest.raises(ValueError, match="with warm_start=True, the previous solution"):
        lens.fit(samples())


@pytest.mark.parametrize("n_features", [2, 3])
def test_a_ring_on_which_all_are_neighbours_is_refused(n_features, quick_solver):
    message = f"boundary='circulant' needs at least 4 features; got {n_features}.*'open'"
    X = samples(n_features=n_features)
    assert_refused(X, ValueError, message, quick_solver, boundary="circulant")


@pytest.mark.parametrize("params, message", [
    ({"batch_size": 8, "n_powers": 9}, "batch_size == 8, must be at least n_powers=9"),
    ({"n_powers": 17}, "number of samples == 12, must be at least n_powers=17"),
])  # fmt: skip
def test_batch_too_small_for_the_conditional_networks_is_refused(params, message, quick_solver):
    X = samples(n_samples=12)
    assert_refused(X, ValueError, message, quick_solver, density="mixture", **params)
    SymmetryLens(**params).fit(X)  # the closed form has no such need


@pytest.mark.parametrize("n_features, expected", [(1, ValueError), (7.0, TypeError)])
def test_paper_settings_need_a_number_of_features(n_features, expected):
    with pytest.raises(expected, match="n_features"):
        paper_settings(n_features)


@pytest.mark.parametrize("n_samples, expected, message", [
    (99, ValueError, "n_samples == 99, must be >= 100.*SymmetryLens.*batch_size"),
    (1e5, TypeError, "n_samples"),
])  # fmt: skip
def test_paper_settings_need_a_hundred_samples(n_samples, expected, message):
    with pytest.raises(expected, match=message):
        paper_settings(7, n_samples)


def test_batch_of_the_paper_larger_than_the_set_names_both():
    lens = SymmetryLens(**paper_settings(5))
    with pytest.raises(ValueError, match="batch_size=2500 is larger than the set.*n_samples=12"):
        lens.fit(samples(n_samples=12))


@pytest.mark.parametrize("init", [np.eye(5), np.eye(5, dtype=int), np.eye(5).tolist()])
def test_any_real_full_rank_array_can_start(init, quick_solver):
    SymmetryLens(init=init).fit(samples())
    assert_array_equal(quick_solver.calls[0][1].init, init)


# Devices


def test_automatic_device_is_the_gpu_where_there_is_one(monkeypatch):
    for available, device in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        assert resolve_device("auto") == device


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")])
def test_fitted_device_is_a_string(device, quick_solver):
    assert SymmetryLens(device=device).fit(samples()).device_ == "cpu"


def test_missing_gpu_is_named(monkeypatch, quick_solver):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert_refused(
        samples(), ValueError, "'cuda:0'.*no GPU.*'auto' or 'cpu'", quick_solver, device="cuda:0"
    )


def test_missing_number_of_a_gpu_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda") == "cuda"
    assert resolve_device("cuda:1") == "cuda:1"
    with pytest.raises(ValueError, match=r"'cuda:2'.*2 GPU"):
        resolve_device("cuda:2")


@pytest.mark.parametrize("device", ["mps", "xpu", "vulkan"])
def test_devices_that_are_missing_are_named(device, quick_solver, monkeypatch):
    empty = torch.empty

    def missing(*args, device=None, **kwargs):
        if device is None:
            return empty(*args, **kwargs)
        raise NotImplementedError(f"Could not run 'aten::empty' with arguments from {device}")

    monkeypatch.setattr(torch, "empty", missing)
    assert_refused(
        samples(), ValueError, f"'{device}' is not there.*'auto' or 'cpu'", quick_solver,
        device=device,
    )  # fmt: skip


def test_device_without_double_precision_is_refused(quick_solver, monkeypatch):
    empty = torch.empty

    def single_only(*args, dtype=None, device="cpu", **kwargs):
        if torch.device(device).type == "mps" and dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        return empty(*args, dtype=dtype, **kwargs)

    monkeypatch.setattr(torch, "empty", single_only)
    assert_refused(samples(), ValueError, "'mps'.*double precision", quick_solver, device="mps")


# Data that cannot be used


def _with(entry, row=7, column=2, dtype=object):
    X = samples().astype(dtype)
    X[row, column] = entry
    return X


BAD_DATA = {
    "NaN": (lambda: _with(NAN, dtype=float), ValueError, r"NaN in columns \[2\]"),
    "infinity": (lambda: _with(INF, dtype=float), ValueError, r"infinity in columns \[2\]"),
    "minus infinity": (lambda: _with(-INF, dtype="f4"), ValueError, r"infinity in columns \[2\]"),
    "None": (lambda: _with(None), ValueError, r"NaN in columns \[2\]"),
    "text object": (lambda: _with("x"), ValueError, r"'x'.*columns \[2\]"),
    "dict object": (lambda: _with({}), TypeError, r"dict.*columns \[2\]"),
    "text": (lambda: np.full((80, 5), "a"), ValueError, "strings"),
    "numbers as text": (lambda: samples().astype(str), ValueError, r"strings.*astype\(float\)"),
    "bytes": (lambda: samples().astype(bytes), ValueError, "strings"),
    "complex": (lambda: samples() + 1j, ValueError, "Complex"),
    "sparse": (lambda: sparse.csr_matrix(samples()), TypeError, r"Sparse.*\.toarray\(\)"),
    "sparse array": (lambda: sparse.coo_array(samples()), TypeError, r"Sparse.*\.toarray\(\)"),
    "vector": (lambda: samples()[0], ValueError, "2D array"),
    "stack": (lambda: samples()[None], ValueError, "dim 3"),
    "uneven rows": (
        lambda: [[1.0, 2.0], [3.0, 4.0], [5.0]],
        ValueError,
        "row 2 of X has length 1, row 0 .* 2:",
    ),
    "nested": (lambda: [[1.0, [2.0, 3.0]]] * 9, ValueError, "sequences, not numbers"),
    "vector of arrays": (
        lambda: np.array([*samples(), None], dtype=object)[:-1],
        ValueError,
        r"numpy\.stack\(X\)",
    ),
    "no samples": (lambda: samples()[:0], ValueError, r"0 sample\(s\)"),
    "one sample": (lambda: samples()[:1], ValueError, "1 sample"),
    "one column": (lambda: samples()[:, :1], ValueError, r"1 feature\(s\)"),
    "square": (lambda: samples()[:5], ValueError, "n_samples=5.*5 features.*more samples.*PCA"),
    "wide": (lambda: samples()[:3], ValueError, "n_samples=3.*5 features.*more samples.*PCA"),
    "constant": (lambda: np.ones((80, 5)), ValueError, "all columns of X are constant"),
    "zero": (lambda: np.zeros((80, 5)), ValueError, "all columns of X are constant"),
    # A tensor without memory stands for one on a GPU.
    "tensor on a device": (
        lambda: torch.empty(80, 5, device="meta"),
        TypeError,
        r"tensor on meta.*\.cpu\(\)\.numpy\(\)",
    ),
    "tensor with gradient": (
        lambda: torch.tensor(samples(), requires_grad=True),
        TypeError,
        r"requires grad.*\.detach\(\)",
    ),
    "tensor numpy lacks": (
        lambda: torch.ones(80, 5, dtype=torch.bfloat16),
        TypeError,
        r"torch.bfloat16.*X\.float\(\)",
    ),
    "sparse tensor": (
        lambda: torch.tensor(samples()).to_sparse(),
        TypeError,
        r"sparse_coo.*\.to_dense\(\)",
    ),
}


@pytest.mark.parametrize("data", BAD_DATA)
def test_message_names_what_is_wrong_with_the_data(data, quick_solver):
    make, expected, message = BAD_DATA[data]
    assert_refused(make(), expected, message, quick_solver)


@pytest.mark.parametrize("entry, message", [(NAN, "NaN"), (INF, "infinity"), ("x", "float: 'x'")])
def test_message_names_columns_as_the_user_does(entry, message, quick_solver):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(samples(), columns=["left", "mid", "right", "up", "down"])
    for name in ("mid", "down"):
        table[name] = table[name].astype(object)
        table.loc[3, name] = entry
    assert_refused(table, ValueError, rf"{message}.*columns \[mid, down\]", quick_solver)


def test_long_lists_of_columns_are_cut(quick_solver):
    X = samples(n_features=20)
    X[1] = np.nan
    assert_refused(X, ValueError, r"\[0, 1, 2, 3, 4, \.\.\.\]", quick_solver)


# Data that can be used, with a warning


def _warnings(X):
    with pytest.warns(UserWarning, match="columns") as caught:
        SymmetryLens(n_init=1, max_iter=2, random_state=0).fit(X)
    caught = [warning for warning in caught if warning.category is UserWarning]
    assert {Path(warning.filename).name for warning in caught} == {Path(__file__).name}
    return [str(warning.message) for warning in caught]


def test_constant_columns_are_named(quick_solver):
    X = samples()
    X[:, [1, 3]] = 7.0
    (message,) = _warnings(X)
    assert re.match(r"constant columns \[1, 3\].*drop", message)


def test_first_duplicated_columns_are_named(quick_solver):
    X = samples(n_features=4)
    (message,) = _warnings(np.hstack([X, X, X]))
    assert "4 repeats 0; 5 repeats 1; 6 repeats 2; 7 repeats 3; 8 repeats 0)" in message


def test_named_columns_are_named_in_warnings(quick_solver):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(samples(), columns=list("abcde"))
    table["c"] = 1.0
    table["e"] = table["a"]
    constant, duplicated = _warnings(table)
    assert "[c]" in constant
    assert "e repeats a" in duplicated


def test_solver_survives_constant_and_duplicated_columns():
    X = samples(n_features=4)
    X[:, 1] = 2.0
    X[:, 3] = X[:, 0]
    with pytest.warns(UserWarning, match="columns"):
        lens = SymmetryLens(n_init=1, max_iter=3, random_state=0).fit(X)
    assert np.isfinite(lens.group_conv_matrix_).all()
    assert np.isfinite(lens.score(X))


# Data that can be used


@pytest.mark.parametrize(
    "convert",
    [
        np.ndarray.tolist,
        lambda X: X.astype(object),
        torch.tensor,
        lambda X: pytest.importorskip("pandas").DataFrame(X),
    ],
    ids=["list", "objects", "CPU tensor", "table"],
)
def test_container_of_the_same_numbers_does_not_matter(convert, quick_solver):
    SymmetryLens().fit(convert(samples()))
    assert_array_equal(quick_solver.calls[0][0], samples())


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16, bool, np.float16, np.longdouble])
def test_other_numbers_are_taken_as_double_precision(dtype, quick_solver):
    X = np.random.default_rng(0).integers(0, 9, size=(80, 5)).astype(dtype)
    lens = SymmetryLens().fit(X)
    assert_array_equal(quick_solver.calls[0][0], X.astype(float))
    assert lens.generator_.dtype == np.float64


@pytest.mark.parametrize("n_features", [2, 3, 6])
def test_one_sample_more_than_features_is_enough(n_features, little_search):
    X = samples(n_samples=n_features + 1, n_features=n_features)
    lens = SymmetryLens(n_init=1, max_iter=2, random_state=0).fit(X)
    assert np.isfinite(lens.transform(X)).all()


SCALES = [(np.float64, 2.0**exponent) for exponent in (997, 400, -400, -997)]
SCALES += [(np.float32, 2.0**100), (np.float32, 2.0**-100)]


@pytest.mark.filterwarnings("error:(overflow|underflow|invalid|divide):RuntimeWarning")
@pytest.mark.parametrize("params", [{}, {"init": "random"}, {"density": "mixture"}], ids=str)
@pytest.mark.parametrize("dtype, scale", SCALES)
def test_extreme_units_give_the_usual_result(dtype, scale, params, little_search):
    X = samples(1, n_samples=40, n_features=3).astype(dtype)
    cheap = {"n_init": 1, "max_iter": 3, "random_state": 0, **params}
    usual, extreme = (SymmetryLens(**cheap).fit(X * unit) for unit in (dtype(1), dtype(scale)))
    assert_allclose(extreme.group_conv_matrix_, usual.group_conv_matrix_, rtol=1e-3, atol=1e-4)
    representation = extreme.transform(X * dtype(scale))
    assert np.isfinite(representation).all()
    assert_allclose(extreme.score(X * dtype(scale)), usual.score(X), rtol=1e-3)


# Methods


@pytest.mark.parametrize(
    "steps", [NAN, INF, "1", None, np.ones(2), 1e18, -1e300, 10**400, [1, 2], 1j]
)
def test_steps_must_be_one_finite_number(steps, quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises((TypeError, ValueError), match="steps"):
        lens.shift(samples(), steps)


@pytest.mark.parametrize("method", ["transform", "shift", "score"])
def test_methods_refuse_another_number_of_features(method, quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises(ValueError, match=r"4 features.*expecting 5 features"):
        getattr(lens, method)(samples(n_features=4))


UNUSABLE = {
    "strings": lambda X: X.astype(str),
    "dates or times": lambda X: X.astype("M8[s]"),
    "masked entries": lambda X: np.ma.masked_greater(X, 0),
    "Complex": lambda X: 1j * X,
    "X is None": lambda X: None,
    "read the file first": lambda X: "x.npy",
}


@pytest.mark.parametrize("message", UNUSABLE)
@pytest.mark.parametrize("method", ["transform", "inverse_transform", "shift", "score", "verdict"])
def test_methods_refuse_what_fit_refuses(method, message, quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises((TypeError, ValueError), match=message):
        getattr(lens, method)(UNUSABLE[message](samples()))


@pytest.mark.parametrize("level", [NAN, 0, -0.1, 0.6, 0.009, "0.05", None, np.array(0.05)])
def test_level_of_a_verdict_is_a_probability(level, quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises((TypeError, ValueError), match="level must be .*0.*5.*; got"):
        lens.verdict(samples(), level=level)


@pytest.mark.parametrize("jobs", [0, "2", 1.5])
def test_jobs_that_are_changed_after_the_fit_are_checked_by_the_verdict(jobs, quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises((TypeError, ValueError), match="n_jobs"):
        lens.set_params(n_jobs=jobs).verdict(samples())


def test_lack_of_main_memory_names_the_parameters_that_ask_for_it(monkeypatch):
    def solve(*args, **kwargs):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ...")

    monkeypatch.setattr("sklearn_symmetry._lens.solve", solve)
    with pytest.raises(MemoryError, match="smaller ones of padding=6, or fewer columns"):
        SymmetryLens().fit(samples())
    networks = {"density": "mixture", "init": "random", "batch_size": 40}
    with pytest.raises(MemoryError, match="padding=6, batch_size=40, n_kernels=.*hidden_factor="):
        SymmetryLens(**networks).fit(samples())


def test_inverse_transform_refuses_another_number_of_powers(quick_solver):
    lens = SymmetryLens(n_powers=3).fit(samples())
    with pytest.raises(ValueError, match="3 columns, one per power; got 5"):
        lens.inverse_transform(samples())


def test_score_of_too_few_samples_says_so(quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises(ValueError, match="n_samples=2; a score needs at least 3"):
        lens.score(samples()[:2])


@pytest.mark.parametrize("value", [0.0, 0.1, 1e300])
def test_score_of_constant_samples_says_so(value, quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises(ValueError, match="nothing to score"):
        lens.score(np.full((80, 5), value))


@pytest.mark.parametrize("method", ["transform", "shift", "score"])
def test_methods_refuse_tensors_that_numpy_lacks(method, quick_solver):
    lens = SymmetryLens().fit(samples())
    with pytest.raises(TypeError, match=r"torch.bfloat16.*X\.float\(\)"):
        getattr(lens, method)(torch.ones(80, 5, dtype=torch.bfloat16))


def test_a_loss_that_is_no_number_leaves_the_lens_as_it_was():
    lens = SymmetryLens(init=np.eye(6), max_iter=2, alignment=1e308, uniformity=1e308)
    noise = samples(n_samples=300, n_features=10)
    smooth = sum(noise[:, lag : lag + 6] for lag in range(4))
    with pytest.raises(FloatingPointError, match="the loss is inf; use smaller coefficients"):
        lens.fit(smooth)
    assert not hasattr(lens, "generator_")


@pytest.mark.parametrize("name", ["padding", "n_channels", "n_init", "max_iter"])
def test_truth_values_are_no_numbers(name):
    with pytest.raises(TypeError, match=f"{name} must be an integer; got True"):
        SymmetryLens(**{name: True}).fit(samples())


def test_a_ring_that_may_be_found_has_as_many_powers_as_columns():
    with pytest.raises(ValueError, match="n_powers == 9, must be <= 5"):
        SymmetryLens(n_powers=9, boundary="auto").fit(samples())


def test_a_warm_start_has_the_powers_of_the_fit_before(quick_solver):
    lens = SymmetryLens(n_powers=7, warm_start=True).fit(samples())
    with pytest.raises(ValueError, match="previous fit, 7; got n_powers=None, which asks for 5"):
        lens.set_params(n_powers=None).fit(samples())


def test_a_representation_in_another_order_is_refused(quick_solver):
    pandas = pytest.importorskip("pandas")
    lens = SymmetryLens().set_output(transform="pandas").fit(samples())
    seen = lens.transform(samples())
    assert isinstance(seen, pandas.DataFrame)
    with pytest.raises(ValueError, match="in another order; select them as"):
        lens.inverse_transform(seen[seen.columns[::-1]])
    assert_allclose(lens.inverse_transform(seen), samples(), atol=1e-8)
