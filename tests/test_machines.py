# SPDX-License-Identifier: BSD-3-Clause
"""More processes than one: only summaries travel, and whoever does the work, results are equal."""

import os
from functools import cache, reduce

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict.halves import fit_halves
from sklearn_symmetry._verdict.split import split_samples
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.statistics import Summary, summarise
from sklearn_symmetry.statistics.outliers import Bounds
from sklearn_symmetry.statistics.sample import Sample
from sklearn_symmetry.statistics.summary import draw

da = pytest.importorskip("dask.array")
pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Of the engine, when it comes and goes.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

X = make_symmetric_signals(1200, 13, symmetry="orthogonal", random_state=0).data
TWO_STARTS = {"n_init": 2, "max_iter": 2, "random_state": 0}
REFINED = {"init": np.eye(13), "max_iter": 3, "random_state": 0}


def partial_summary(part, first_row, bounds):
    return os.getpid(), summarise(part, first_row=first_row, bounds=bounds, capacity=300)


def partial_sample(part, first_row):
    return draw(part, first_row=first_row, capacity=300)


def test_summaries_of_several_processes_merge_to_that_of_one(cluster):
    whole = summarise(X, capacity=300)
    parts, firsts = np.array_split(X, 4), [0, 300, 600, 900]
    drawn = cluster.gather(cluster.map(partial_sample, parts, firsts))
    bounds = Bounds.of(reduce(Sample.merge, drawn).rows)
    found = cluster.gather(cluster.map(partial_summary, parts, firsts, bounds=bounds))
    merged = reduce(Summary.merge, [summary for _, summary in found])
    assert os.getpid() not in {worker for worker, _ in found}
    assert_array_equal(merged.sample, whole.sample)
    assert_allclose(merged.covariance, whole.covariance, rtol=1e-12)
    assert merged.bounds.agrees(whole.bounds)


def test_a_fit_on_a_cluster_is_the_fit_of_the_array(cluster, quick_solver):
    blocks = cluster.persist(da.from_array(X, chunks=(400, 13)))
    lens = SymmetryLens(**REFINED).fit(blocks)
    assert_allclose(lens.generator_, SymmetryLens(**REFINED).fit(X).generator_, atol=1e-9)
    assert_allclose(lens.transform(blocks).compute(), lens.transform(X))


def test_an_entry_that_is_no_number_is_named_by_the_worker(cluster):
    bad = X.copy()
    bad[905, 3] = np.nan
    with pytest.raises(ValueError, match="block 2 of the source .* in row 105, column 3"):
        SymmetryLens().fit(da.from_array(bad, chunks=(400, 13)))


def results():
    """A fit, halves of a verdict, a grid search and cross-validation."""
    lens = SymmetryLens(**TWO_STARTS).fit(X[:400])
    halves = fit_halves(SymmetryLens(**REFINED), split_samples(X, 1, 0).parts)
    search = GridSearchCV(SymmetryLens(**REFINED), {"uniformity": [1.0, 2.0]}, cv=2).fit(X)
    scores = cross_val_score(SymmetryLens(**REFINED), X, cv=2)
    ends = [candidate["loss"] for candidate in lens.candidates_]
    found = [half.generator_ for half in halves]
    return lens.generator_, ends, *found, search.cv_results_["mean_test_score"], scores


results_of_one_process = cache(results)


@pytest.mark.parametrize("backend", ["threading", "loky", "dask"])
def test_every_backend_gives_what_one_process_gives(backend, request, monkeypatch):
    # Halves take the start of the lens, instead of searching.
    monkeypatch.setattr("sklearn_symmetry._verdict.halves.SEARCH", ())
    expected = results_of_one_process()
    if backend == "dask":
        request.getfixturevalue("cluster")
    with parallel_config(backend, n_jobs=2):
        found = results()
    for one, two in zip(found, expected, strict=True):
        assert_array_equal(one, two)
