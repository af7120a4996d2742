# SPDX-License-Identifier: BSD-3-Clause
"""Nothing is lost or half done when something goes wrong, or many things happen at once."""

import errno
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid

import sklearn_symmetry._io
import sklearn_symmetry._lens
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._cli import main
from sklearn_symmetry._io import write_atomically
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.persistence import load_lens, save_lens
from sklearn_symmetry.solver.objective import Objective

pytestmark = [
    pytest.mark.usefixtures("little_search"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

CHEAP = {"n_init": 1, "max_iter": 3, "random_state": 0}
GUARD = 600  # seconds after which a process counts as hung; nothing is measured


def samples(seed=0, n_samples=80, n_features=5):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features))


def cheap_lens(**params):
    return SymmetryLens(**{**CHEAP, **params})


def state(lens):
    return {name: pickle.dumps(value) for name, value in vars(lens).items()}


def assert_same_fit(one, other):
    assert one.loss_curve_ == other.loss_curve_
    assert_array_equal(one.padded_generator_, other.padded_generator_)
    assert_array_equal(one.group_conv_matrix_, other.group_conv_matrix_)


class Callback:
    """Calls `action` with the phase, the iteration and the estimator of every iteration."""

    def __init__(self, action):
        self.action = action

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context, *, metadata, fitted_estimator):
        if metadata is None:
            return False
        return self.action(metadata["phase"], metadata["iteration"], fitted_estimator)


# Interrupts


@pytest.fixture
def interruptible():
    """A job in the background may have been told to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_signal_in_the_middle_of_a_step_leaves_a_complete_state(n_jobs, interruptible):
    """The signal comes from outside, while the solver computes, not from a callback."""
    X = samples(1, n_samples=2000, n_features=9)

    def knock(phase, iteration, fitted):
        if (phase, iteration) == ("search", 1):
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()

    lens = SymmetryLens(random_state=0, n_jobs=n_jobs)
    threads = torch.get_num_threads()
    with pytest.raises(KeyboardInterrupt):
        lens.set_callbacks(Callback(knock)).fit(X)
    assert torch.get_num_threads() == threads
    assert not lens.converged_
    assert_allclose(expm(lens.lie_algebra_), lens.padded_generator_, atol=1e-10)
    assert_array_equal(lens.transform(X), X @ lens.group_conv_matrix_.T)
    again = lens.set_callbacks().set_params(**CHEAP).fit(X)
    assert_same_fit(again, cheap_lens(n_jobs=n_jobs).fit(X))


# Errors inside the solver


def fail_after(monkeypatch, calls, error):
    """Evaluations of the loss fail from a certain number on."""
    evaluate, done = Objective.values_and_gradients, []

    def evaluate_or_fail(self, bases):
        done.append(bases)
        if len(done) > calls:
            raise error
        return evaluate(self, bases)

    monkeypatch.setattr(Objective, "values_and_gradients", evaluate_or_fail)


@pytest.mark.parametrize("calls", [0, 5, 30])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_lack_of_device_memory_anywhere_keeps_the_previous_fit(calls, n_jobs, monkeypatch):
    X = samples()
    lens = cheap_lens(n_jobs=n_jobs, max_iter=50).fit(X)
    before, threads = state(lens), torch.get_num_threads()
    with monkeypatch.context() as small:
        fail_after(small, calls, torch.OutOfMemoryError("CUDA out of memory."))
        with pytest.raises(torch.OutOfMemoryError) as caught:
            lens.fit(samples(1, n_features=7))
    assert any("device='cpu'" in note for note in caught.value.__notes__)
    assert state(lens) == before
    assert torch.get_num_threads() == threads
    assert_same_fit(clone(lens).fit(X), lens)


@pytest.mark.parametrize("params", [{}, {"init": "random", "density": "mixture"}], ids=str)
def test_callback_that_raises_in_the_real_solver_loses_nothing(params):
    X = samples()
    lens = cheap_lens(**params).fit(X)
    before, threads = state(lens), torch.get_num_threads()

    def broken(phase, iteration, fitted):
        if phase != "search" and iteration == 2:
            raise RuntimeError("this callback is broken")

    lens.set_callbacks(Callback(broken))
    with pytest.raises(RuntimeError, match="this callback is broken"):
        lens.fit(samples(1, n_features=7))
    lens.set_callbacks()
    assert state(lens) == before
    assert torch.get_num_threads() == threads
    assert_same_fit(clone(lens).fit(X), lens)


# Workers of a parallel search: every fit refines one start, whose search is not what is looked at

REFINED = {"init": np.eye(5), "max_iter": 3, "random_state": 0}


class Fatal(SymmetryLens):
    """Kills the process of a worker when its padding is 3."""

    def fit(self, X, y=None):
        if self.padding == 3 and "Loky" in multiprocessing.current_process().name:
            os._exit(1)
        return super().fit(X)


@pytest.fixture(scope="module")
def workers():
    """Processes of joblib, ended afterwards."""
    yield
    get_reusable_executor().shutdown(wait=True)


def test_killed_worker_is_reported_and_the_next_search_works(workers):
    X = samples()
    search = GridSearchCV(Fatal(**REFINED), {"padding": [2, 3]}, cv=2, n_jobs=2)
    with pytest.raises(TerminatedWorkerError):
        search.fit(X)
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search.estimator, "generator_")
    search.set_params(param_grid={"padding": [2, 4]}).fit(X)
    assert search.best_estimator_.transform(X).shape == (80, 5)


def test_search_gives_what_single_fits_give(workers):
    """On one machine, with one thread a fit: arrays equal, scores to 1e-10."""
    X = samples(3, n_samples=200)
    folds, grid = KFold(2), {"uniformity": [1.0, 2.0]}
    lens = SymmetryLens(**REFINED)
    expected = [
        [
            clone(lens).set_params(**params).fit(X[train]).score(X[test])
            for params in ParameterGrid(grid)
        ]
        for train, test in folds.split(X)
    ]
    for n_jobs in (None, 2):
        search = GridSearchCV(lens, grid, cv=folds, n_jobs=n_jobs).fit(X)
        found = [search.cv_results_[f"split{number}_test_score"] for number in range(2)]
        assert_allclose(found, expected, rtol=1e-10)
        best = clone(lens).set_params(**search.best_params_).fit(X)
        assert_same_fit(search.best_estimator_, best)


# Full disks


class FullDisk:
    """A file on a disk with room for a few more bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, content):
        size = len(memoryview(content).cast("B"))
        if size > self.room:
            self.file.write(memoryview(content).cast("B")[: self.room])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= size
        return self.file.write(content)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()


@pytest.fixture
def full_disk(monkeypatch):
    """Makes the disk full after so many bytes."""

    def fill(room):
        monkeypatch.setattr(
            sklearn_symmetry._io,
            "open",
            lambda *args: FullDisk(open(*args), room),  # noqa: SIM115
            raising=False,
        )

    return fill


def by_joblib(lens, path):
    write_atomically(path, lambda file: joblib.dump(lens, file))


@pytest.mark.parametrize("room", [0, 300, 2000])
@pytest.mark.parametrize("save", [save_lens, by_joblib])
@pytest.mark.parametrize("there", [False, True])
def test_full_disk_leaves_the_old_file_or_none(
    save, there, room, full_disk, quick_solver, tmp_path
):
    path = tmp_path / "lens"
    if there:
        save(cheap_lens().fit(samples()), path)
    before = path.read_bytes() if there else None
    full_disk(room)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        save(cheap_lens().fit(samples(1)), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["lens"] * there
    assert not there or path.read_bytes() == before


def test_full_disk_at_the_last_moment_leaves_the_old_file(quick_solver, tmp_path, monkeypatch):
    path = tmp_path / "lens.npz"
    lens = cheap_lens().fit(samples())
    save_lens(lens, path)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            save_lens(cheap_lens().fit(samples(1)), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["lens.npz"]
    assert_array_equal(load_lens(path).generator_, lens.generator_)


@pytest.mark.parametrize("name", ["lens.joblib", "lens.npz"])
def test_command_line_says_that_the_disk_is_full(name, full_disk, quick_solver, tmp_path, capsys):
    data, model = tmp_path / "data.npy", tmp_path / name
    np.save(data, samples(n_samples=400))
    full_disk(500)
    assert main(["fit", str(data), "--save", str(model), "--no-verdict"]) == 2
    assert os.strerror(errno.ENOSPC) in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.npy"]


# Processes and threads

FORK = """
import os, warnings
from dataclasses import replace
from functools import partial
import numpy as np, torch
from sklearn_symmetry import SymmetryLens, _lens
from sklearn_symmetry.solver.tuning import DEFAULT
warnings.simplefilter("ignore")
_lens.solve = partial(_lens.solve, tuning=replace(DEFAULT, mending_rounds=0, few=0, fewest=0))
torch.set_num_threads(2)
(torch.ones(600, 600) @ torch.ones(600, 600)).sum()  # wakes the pool of threads
X = np.random.default_rng(0).laplace(size=(80, 5))
lens = SymmetryLens(n_init=2, max_iter=3, random_state=0, n_jobs=2)
expected = lens.fit(X).group_conv_matrix_
child = os.fork()
if child == 0:
    np.testing.assert_array_equal(lens.transform(X), X @ expected.T)
    # Threads of torch 2.13 in a forked process end in a segmentation fault now and then.
    lens.set_params(n_jobs=None)
    np.testing.assert_array_equal(lens.fit(X).group_conv_matrix_, expected)
    os._exit(0 if torch.get_num_threads() == 2 else 3)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert status == 0, status
np.testing.assert_array_equal(lens.fit(X).group_conv_matrix_, expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_after_a_fit_fits_the_same():
    package = str(Path(sklearn_symmetry.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", FORK],
        env=kept | {"PYTHONPATH": package},
        capture_output=True,
        text=True,
        timeout=GUARD,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_two_threads_fit_at_once_as_if_alone():
    """Also their number of torch threads is theirs again, whoever ends first."""
    before = torch.get_num_threads()
    data = [samples(0, n_samples=3000), samples(1, n_samples=90, n_features=6)]
    alone = [cheap_lens(n_jobs=2).fit(X) for X in data]
    together, numbers = [None, None], [None, None]
    running = threading.Barrier(2, timeout=GUARD)

    def meet(phase, iteration, fitted):
        if (phase, iteration) == ("search", 1):
            running.wait()

    def work(index):
        lens = cheap_lens(n_jobs=2).set_callbacks(Callback(meet)).fit(data[index])
        together[index], numbers[index] = lens, torch.get_num_threads()

    torch.set_num_threads(2)
    try:
        threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert torch.get_num_threads() == 2
        assert numbers == [2, 2]
    finally:
        torch.set_num_threads(before)
    for one, other in zip(alone, together, strict=True):
        assert_same_fit(one, other)


def test_one_lens_fitted_by_two_threads_holds_one_of_the_two_fits(quick_solver):
    lens = cheap_lens()
    data = [samples(0), samples(1, n_features=6)]
    threads = [threading.Thread(target=lens.fit, args=(X,)) for X in data]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = cheap_lens().fit(data[lens.n_features_in_ - 5])
    assert_same_fit(lens, expected)


# Checkpoints


@pytest.mark.whole_search
def test_fit_goes_on_from_the_checkpoint_of_a_callback(tmp_path):
    """The restart has the loss of the checkpoint, and ends where the whole fit ends."""
    signals = make_symmetric_signals(3000, 7, symmetry="orthogonal", random_state=0)
    path = tmp_path / "checkpoint.npz"
    params = {"n_init": 2, "tol": 1e-8, "random_state": 0}
    whole = SymmetryLens(**params).fit(signals.data)

    def save_then_die(phase, iteration, fitted):
        save_lens(fitted, path)
        if (phase, iteration) == ("refinement", 3):
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        SymmetryLens(**params).set_callbacks(Callback(save_then_die)).fit(signals.data)
    saved = load_lens(path)
    by_matrix = SymmetryLens(**params, init=saved.group_conv_matrix_).fit(signals.data)
    for resumed in (by_matrix, saved.set_params(warm_start=True).fit(signals.data)):
        assert_allclose(resumed.loss_curve_[0], whole.loss_curve_[3], rtol=1e-6)
        assert_allclose(resumed.loss_curve_[-1], whole.loss_curve_[-1], atol=1e-4)
        assert_allclose(resumed.generator_, whole.generator_, atol=0.01)
