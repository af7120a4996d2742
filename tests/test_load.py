# SPDX-License-Identifier: BSD-3-Clause
"""Many fits: one after another, at once, and inside a search that has workers of its own."""

import gc
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config
from joblib.externals.loky import get_reusable_executor
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals

X = make_symmetric_signals(300, 5, symmetry="permutation", random_state=0).data
QUICK = {"init": np.eye(5), "max_iter": 3, "random_state": 0}  # a refinement, without a search
MEGABYTES = 50


def resident():
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def threads():
    """Threads of this process, those of libraries included."""
    return len(os.listdir("/proc/self/task"))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_fits_leave_memory_and_threads_as_they_were():
    lenses = [
        SymmetryLens(**QUICK, n_jobs=2),
        SymmetryLens(mixing="permutation", random_state=0),
    ]
    for _ in range(3):
        for lens in lenses:
            lens.fit(X)
    gc.collect()
    memory, before = resident(), threads()
    for _ in range(int(os.environ.get("FITS", 60)) // 2):
        for lens in lenses:
            lens.fit(X)
    gc.collect()
    assert resident() - memory < MEGABYTES
    assert threads() <= before


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fits_at_once_give_what_fits_one_after_another_give():
    seeds = range(20)
    alone = [SymmetryLens(**{**QUICK, "random_state": seed}).fit(X) for seed in seeds]
    found, start = {}, threading.Barrier(len(seeds))

    def fit(seed):
        start.wait()
        found[seed] = SymmetryLens(**{**QUICK, "random_state": seed}).fit(X)

    workers = [threading.Thread(target=fit, args=(seed,)) for seed in seeds]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for seed, lens in enumerate(alone):
        assert_array_equal(found[seed].generator_, lens.generator_)


class Watched(SymmetryLens):
    """Remembers how many threads torch had while it was fitted."""

    def fit(self, X, y=None):
        import torch

        super().fit(X)
        self.threads_of_torch_ = torch.get_num_threads()
        return self

    def score(self, X, y=None):
        return float(self.threads_of_torch_)


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    # Of dask, when its processes come and go.
    "ignore::ResourceWarning",
    "ignore::DeprecationWarning",
)
@pytest.mark.parametrize("backend", ["loky", "threading", "dask"])
def test_jobs_within_jobs_end_without_more_threads_than_cores(backend, request, monkeypatch):
    # Workers that are new, and not told to take one thread each.
    monkeypatch.delenv("OMP_NUM_THREADS")
    get_reusable_executor().shutdown()
    if backend == "dask":
        request.getfixturevalue("cluster")
    searching = {"n_init": 2, "max_iter": 3, "random_state": 0, "n_jobs": 2}
    search = GridSearchCV(Watched(**searching), {"padding": [2]}, cv=2, n_jobs=2, refit=False)
    wide = make_symmetric_signals(4000, 13, symmetry="permutation", random_state=0).data
    with parallel_config(backend):
        search.fit(wide)
    cores = os.cpu_count()
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    # Two workers at once: each of them has its share of the cores, and no more.
    assert 2 * search.cv_results_["mean_test_score"].max() <= max(2, cores)
