# SPDX-License-Identifier: BSD-3-Clause
"""Every warning points at the line of the caller, however the library was reached."""

import inspect
import pickle
import warnings
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning
from sklearn.pipeline import FunctionTransformer, make_pipeline

import sklearn_symmetry
from sklearn_symmetry import SymmetryLens, baselines
from sklearn_symmetry.persistence import load_lens, save_lens

# Quick, and without the time to converge.
CHEAP = {
    "SymmetryGAN": {"max_iter": 1, "steps_per_epoch": 1, "tol": 0.0},
    "LieGAN": {"max_iter": 1, "steps_per_epoch": 1, "tol": 0.0},
    "ICASeriation": {"max_iter": 1, "tol": 1e-12},
}
CLASSES = [SymmetryLens, *filter(inspect.isclass, map(vars(baselines).get, baselines.__all__))]


@pytest.fixture
def X():
    X = np.random.default_rng(0).laplace(size=(80, 6))
    X[:, 1] = 7.0
    X[:, 5] = X[:, 0]
    return X


@pytest.fixture(params=CLASSES, ids=lambda kind: kind.__name__)
def estimator(request, quick_solver):
    quick_solver.converged = False
    return request.param(**CHEAP.get(request.param.__name__, {}))


def here():
    """Line of the caller."""
    return inspect.currentframe().f_back.f_lineno


@contextmanager
def caught_at_one_line():
    """Gives a list for the line that all warnings should point at; then it holds their kinds."""
    lines = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield lines
    assert caught
    assert {(warning.filename, warning.lineno) for warning in caught} == {(__file__, *lines)}
    lines[:] = [warning.category for warning in caught]


def test_warnings_of_a_fit_point_at_it(estimator, X):
    with caught_at_one_line() as lines:
        lines.append(here()), estimator.fit(X)
    not_converged = [ConvergenceWarning] * hasattr(estimator, "max_iter")
    assert lines == [UserWarning, UserWarning, *not_converged]


@pytest.mark.parametrize("last", [True, False], ids=["last", "first"])
def test_warnings_in_a_pipeline_point_at_the_fit_of_the_pipeline(last, estimator, X):
    if not last and not hasattr(estimator, "transform"):
        pytest.skip("no transformer")
    steps = [FunctionTransformer(), estimator][:: 1 if last else -1]
    pipeline = make_pipeline(*steps)
    with caught_at_one_line() as lines:
        lines.append(here()), pipeline.fit(X)


def test_warnings_of_fit_transform_point_at_it(X, quick_solver):
    with caught_at_one_line() as lines:
        lines.append(here()), SymmetryLens().fit_transform(X)


@pytest.mark.parametrize("way", ["pickle", "joblib", "arrays"])
def test_a_warning_of_loading_points_at_it(way, quick_solver, tmp_path, monkeypatch):
    lens = SymmetryLens().fit(np.random.default_rng(0).laplace(size=(80, 5)))
    path = tmp_path / "lens"
    with monkeypatch.context() as past:
        for module in (sklearn_symmetry._lens, sklearn_symmetry.persistence):
            past.setattr(module, "__version__", "0.0.9")
        {"pickle": save_pickle, "joblib": joblib.dump, "arrays": save_lens}[way](lens, path)
    load = {"pickle": pickle.load, "joblib": joblib.load, "arrays": load_lens}[way]
    with path.open("rb") as file, caught_at_one_line() as lines:
        lines.append(here()), load(file if way == "pickle" else path)
    assert lines == [InconsistentVersionWarning]


def save_pickle(lens, path):
    path.write_bytes(pickle.dumps(lens))
