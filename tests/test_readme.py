# SPDX-License-Identifier: BSD-3-Clause
"""The examples of README.md that are marked ``<!-- test: NAME -->`` run as they stand."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

import sklearn_symmetry
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals

README = Path(sklearn_symmetry.__file__).parents[1] / "README.md"

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(not README.exists(), reason="README.md is not part of an installed package"),
]


@pytest.fixture(autouse=True)
def kept_rng():
    """A network draws its weights from torch's global randomness, which is put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def run(name, **given):
    """Run an example with the names it takes for given; all its names after that."""
    (code,) = re.findall(rf"<!-- test: {name} -->\n```python\n(.*?)```", README.read_text(), re.S)
    exec(compile(code, f"README.md, {name}", "exec"), given)
    return given


def mixed_bumps(n_samples, seed):
    """Hidden signals with one bump more, up or down by class, anywhere inside."""
    rng = np.random.default_rng(seed)
    signals = make_symmetric_signals(n_samples, 9, symmetry="orthogonal", random_state=3)
    y = rng.integers(2, size=n_samples)
    X = 0.1 * signals.data @ signals.basis
    X[np.arange(n_samples), rng.integers(9, size=n_samples)] += np.where(y, 2.0, -2.0)
    return X @ signals.basis.T, y


def test_pipeline_of_a_lens_and_a_network_learns():
    pytest.importorskip("skorch")
    (X_train, y_train), (X_test, y_test) = mixed_bumps(400, 0), mixed_bumps(200, 1)
    data = {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}
    pipeline = run("pipeline", **data)["pipeline"]
    assert pipeline.score(X_test, y_test) > 0.9


def test_pipeline_of_a_lens_and_a_network_is_searched(quick_solver):
    pytest.importorskip("skorch")
    X, y = mixed_bumps(60, 0)
    data = {"X_train": X, "y_train": y}
    given = run("pipeline", **data, X_test=X, y_test=y)
    search = run("search", **data, pipeline=given["pipeline"])["search"]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(quick_solver.calls) == 1 + 2 * 2 + 1


def test_lens_is_a_layer_that_is_exported(quick_solver):
    lens = SymmetryLens().fit(np.random.default_rng(0).laplace(size=(50, 7)))
    model = run("torch", torch=torch, lens=lens)["model"]
    assert model(torch.zeros(4, 7)).shape == (4, 16, 3)


def test_rows_of_images_share_one_lens(quick_solver):
    images = np.random.default_rng(0).laplace(size=(20, 4, 5))
    given = run("images", SymmetryLens=SymmetryLens, images=images, height=4)
    lens = SymmetryLens().fit(images.reshape(80, 5))
    expected = [lens.transform(image) for image in images]
    assert_allclose(given["Y"].reshape(20, 4, 5), expected, atol=1e-12)


def test_a_file_is_fitted_and_judged_without_being_loaded(quick_solver, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sklearn_symmetry._verdict.halves.DRAWS", 3)
    monkeypatch.setattr("sklearn_symmetry._verdict.halves.ORDERS", 3)
    np.save("samples.npy", np.random.default_rng(0).laplace(size=(60, 6)))
    given = run("file", SymmetryLens=SymmetryLens, numpy=np)
    assert isinstance(given["X"], np.memmap)
    assert given["lens"].n_features_in_ == 6
