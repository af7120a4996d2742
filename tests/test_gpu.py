# SPDX-License-Identifier: BSD-3-Clause
"""Fits on a GPU: as those on the CPU, and nothing of them stays there."""

import gc
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.core.entropy import smooth_entropy, spacing_entropy
from sklearn_symmetry.core.group import similarity
from sklearn_symmetry.core.losses import PAPER_WEIGHTS
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.persistence import load_lens, save_lens
from sklearn_symmetry.solver.objective import Objective
from sklearn_symmetry.statistics.principal import principal_data

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA GPU here"),
    # Of torch, once, from the thread that computes gradients.
    pytest.mark.filterwarnings("ignore:Attempting to run cuBLAS:UserWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

PAPER = {"init": "random", "density": "mixture", "max_iter": 5, "batch_size": 500}
SETTINGS = {
    "search": {},
    "refinement": {"init": np.eye(7), "max_iter": 3},
    "circulant": {"boundary": "circulant"},
    "jobs": {"n_jobs": 2, "n_init": 4},
    "random": {"init": "random", "max_iter": 5, "batch_size": 500},
    "mixture": PAPER,
}
LOAD = """
import pickle, sys
import torch

assert not torch.cuda.is_available()
lens, X = pickle.load(sys.stdin.buffer)
assert lens.shift(lens.inverse_transform(lens.transform(X)), 0.5).shape == X.shape
print(lens.device_, lens.set_params(max_iter=2, n_init=1).fit(X).device_)
"""


def signals(size=7, boundary="open", n_samples=3000):
    options = {"boundary": boundary, "symmetry": "orthogonal", "random_state": 0}
    return make_symmetric_signals(n_samples, size, **options)


def held():
    """Bytes of tensors on the device; what cuBLAS keeps to work in is no tensor of a fit."""
    gc.collect()
    torch.cuda.synchronize()
    torch._C._cuda_clearCublasWorkspaces()
    return torch.cuda.memory_allocated()


def fitted(X, device, **options):
    return SymmetryLens(device=device, random_state=0, **options).fit(X)


@pytest.fixture(scope="module")
def X():
    return signals().data


@pytest.fixture(scope="module")
def lens(X):
    return fitted(X, "cuda")


# Fits


@pytest.mark.parametrize("name", SETTINGS)
def test_fit_is_that_of_the_cpu(name):
    options = SETTINGS[name]
    X = signals(boundary=options.get("boundary", "open")).data
    one, other = (fitted(X, device, **options) for device in ("cuda", "cpu"))
    assert similarity(one.generator_, other.generator_) > 1 - 1e-3
    if "init" in options and isinstance(options["init"], str):
        # Adam divides by the size of a gradient: rounding becomes a step where that vanishes.
        assert abs(np.vdot(one.filter_, other.filter_)) > 0.95
        assert_allclose(one.loss_curve_[0], other.loss_curve_[0], rtol=1e-5)
        return
    # Where the padding lies beyond an open window is not determined: its centre is compared alone.
    assert abs(np.vdot(one.filter_, other.filter_)) > 1 - 1e-3
    assert_allclose(one.loss_curve_[-1], other.loss_curve_[-1], atol=1e-2)


@pytest.mark.parametrize("signal, size", [("gaussian", 33), ("legendre", 21)])
def test_hidden_generator_is_found(signal, size):
    options = {"signal": signal, "symmetry": "orthogonal", "random_state": 0}
    data = make_symmetric_signals(10_000, size, **options)
    one, other = (fitted(data.data, device) for device in ("cuda", "cpu"))
    assert similarity(one.generator_, data.generator) > 0.98
    assert similarity(one.generator_, other.generator_) > 1 - 1e-3


def test_verdict_is_that_of_the_cpu(X, lens):
    one, other = lens.verdict(X), fitted(X, "cpu").verdict(X)
    assert (one.symmetric, one.found) == (other.symmetric, other.found) == (True, True)
    assert_allclose(one.repeatability, other.repeatability, atol=1e-2)


@pytest.mark.parametrize("device", ["auto", "cuda", "cuda:0", torch.device("cuda")])
def test_device_of_the_fit_is_named(device, X):
    index = ":0" if str(device) == "cuda:0" else ""
    assert fitted(X, device, **SETTINGS["refinement"]).device_ == f"cuda{index}"


def test_device_that_is_not_there_is_refused(X):
    count = torch.cuda.device_count()
    with pytest.raises(ValueError, match=f"'cuda:{count}'.*{count} GPU"):
        fitted(X, f"cuda:{count}")


# The loss


@pytest.mark.parametrize("size", [7, 33])
@pytest.mark.parametrize("ranking", [False, True])
def test_loss_and_gradient_are_those_of_the_cpu(size, ranking):
    X = signals(size, n_samples=5000).data
    random = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(size, size, dtype=torch.float64, generator=random))[0]
    found = {}
    for device in ("cpu", "cuda"):
        objective = Objective(principal_data(X, seed=0, device=device), PAPER_WEIGHTS)
        if ranking:
            found[device] = [objective.higher_order(basis.to(device)[None])]
        else:
            values, terms, gradients = objective.values_and_gradients(basis.to(device)[None])
            found[device] = [values, *terms.values(), gradients]
        assert all(value.device.type == device for value in found[device])
    for here, there in zip(found["cpu"], found["cuda"], strict=True):
        here, there = here.detach().double(), there.detach().cpu().double()
        # Single precision, and principal axes whose sign is that of the CPU in both.
        assert_allclose(there, here, rtol=1e-3, atol=1e-4 * float(here.abs().max()))


@pytest.mark.parametrize("entropy", [spacing_entropy, lambda y: smooth_entropy(y, scale=0.15)])
def test_entropies_and_their_gradients_are_those_of_the_cpu(entropy):
    y = torch.randn(5000, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = []
    for device in ("cpu", "cuda"):
        here = y.to(device).requires_grad_()
        value = entropy(here)
        (gradient,) = torch.autograd.grad(value.sum(), here)
        found.append((value.detach().cpu(), gradient.cpu()))
    for one, other in zip(*found, strict=True):
        assert_allclose(one, other, rtol=1e-8, atol=1e-10)


# What stays


@pytest.mark.parametrize("name", ["search", "mixture"])
def test_fitted_attributes_are_arrays_and_plain_values(name, X):
    plain = (np.ndarray, str, bool, int, float, list, dict, tuple)
    lens = fitted(X, "cuda", **SETTINGS[name])
    for attribute, value in vars(lens).items():
        if attribute.endswith("_"):
            assert isinstance(value, plain), attribute
    assert b"torch" not in pickle.dumps(lens, protocol=0)


@pytest.mark.parametrize("name", SETTINGS)
def test_no_tensor_stays_on_the_device(name):
    """But for constants, such as the kernel of the histograms, kept from the first fit on."""
    options = SETTINGS[name]
    X = signals(boundary=options.get("boundary", "open")).data
    fitted(X, "cuda", **options)
    before = held()
    lens = fitted(X, "cuda", **options)
    assert held() <= before
    assert lens.device_ == "cuda"


class Interrupter:
    """Raises in the middle of a phase."""

    def __init__(self, phase):
        self.phase = phase

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context, *, metadata):
        if metadata and (metadata["phase"], metadata["iteration"]) == (self.phase, 2):
            raise KeyboardInterrupt


@pytest.mark.parametrize("name, phase", [("search", "refinement"), ("mixture", "train")])
def test_interrupt_leaves_a_complete_state_and_nothing_on_the_device(name, phase, X):
    options = {"tol": 0.0} | SETTINGS[name]
    fitted(X, "cuda", **SETTINGS[name])
    before = held()
    lens = SymmetryLens(device="cuda", random_state=0, **options)
    lens.set_callbacks(Interrupter(phase))
    with pytest.raises(KeyboardInterrupt) as caught:
        lens.fit(X)
    del caught  # its frames hold the state of the solver
    assert held() <= before
    assert lens.device_ == "cuda"
    assert not lens.converged_
    assert 2 <= lens.n_iter_ <= 3
    assert_allclose(expm(lens.lie_algebra_), lens.padded_generator_, atol=1e-6)
    assert_array_equal(lens.transform(X), X @ lens.group_conv_matrix_.T)


# Elsewhere


def test_pickled_and_saved_lenses_are_the_same(X, lens, tmp_path):
    save_lens(lens, tmp_path / "lens.npz")
    for stored in (pickle.loads(pickle.dumps(lens)), load_lens(tmp_path / "lens.npz")):
        assert stored.device_ == "cuda"
        assert_array_equal(stored.generator_, lens.generator_)
        assert_array_equal(stored.transform(X), lens.transform(X))


def test_a_machine_without_a_gpu_can_use_the_lens(X):
    # Kept short: the parameter is "auto", so that a new fit takes what is there.
    lens = fitted(X, "auto", **SETTINGS["refinement"]).set_params(init="auto")
    assert lens.device_ == "cuda"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD],
        input=pickle.dumps((lens, X)),
        capture_output=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split() == ["cuda", "cpu"]


def test_module_moves_to_the_gpu(X, lens):
    module = lens.to_torch().to("cuda")
    found = module(torch.as_tensor(X, dtype=torch.float32, device="cuda"))
    assert_allclose(found[:, 0].cpu(), lens.transform(X), atol=1e-4)
