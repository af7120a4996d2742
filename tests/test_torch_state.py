# SPDX-License-Identifier: BSD-3-Clause
"""Torch settings of the caller change no result, and no call changes them."""

import os
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from functools import cache
from operator import attrgetter

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn import config_context
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._torch_state import usual_torch
from sklearn_symmetry.baselines import ICASeriation, LieGAN, SpectralSeriation, SymmetryGAN
from sklearn_symmetry.datasets import load_digit_slices, make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:In CPU autocast:UserWarning",
    "ignore:.torch.jit.script. is deprecated",  # torch.func.jvp uses it
)


class LookingMode(TorchDispatchMode):
    """Sees every operation, and does it as it is."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return function(*args, **(kwargs or {}))


@contextmanager
def switched(get, switch, value):
    """A setting of the process or of the thread, until the end of a test."""
    before = get()
    switch(value)
    try:
        yield
    finally:
        switch(before)


def default_device(name):
    return switched(lambda: None, torch.set_default_device, name)


def default_dtype(dtype):
    return switched(torch.get_default_dtype, torch.set_default_dtype, dtype)


@contextmanager
def precisions(*names):
    """Of matrix products, for one backend or all: what torch 2.9 has instead of one for all."""
    if not hasattr(torch.backends, "fp32_precision"):
        pytest.skip("this torch has one precision for all backends")
    owners = [attrgetter(name)(torch) for name in names]
    for owner in owners:
        owner.fp32_precision = "tf32"
    try:
        yield
    finally:
        for owner in owners:
            owner.fp32_precision = "none"


STATES = {
    "gradients off": lambda: switched(torch.is_grad_enabled, torch.set_grad_enabled, False),
    "no_grad": torch.no_grad,
    "inference mode": torch.inference_mode,
    "default device": lambda: default_device("meta"),
    "device context": lambda: torch.device("meta"),
    "double": lambda: default_dtype(torch.float64),
    "half": lambda: default_dtype(torch.float16),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "matmul precision": lambda: switched(
        torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "medium"
    ),
    "deterministic": lambda: switched(
        torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms, True
    ),
    "anomalies": lambda: torch.autograd.set_detect_anomaly(True, check_nan=False),
    "threads": lambda: switched(torch.get_num_threads, torch.set_num_threads, 3),
    "forward derivatives": torch.autograd.forward_ad.dual_level,
    "hooks of saved tensors": torch.autograd.graph.save_on_cpu,
    "precision of a backend": lambda: precisions("backends.mkldnn.matmul"),
    "precision of all backends": lambda: precisions("backends"),
    "precision of both": lambda: precisions("backends", "backends.cuda.matmul"),
    "operations that are looked at": LookingMode,
    "backward in one thread": lambda: torch.autograd.set_multithreading_enabled(False),
}


def precision_of_products():
    if not hasattr(torch.backends, "fp32_precision"):
        return torch.get_float32_matmul_precision()
    parts = (torch.backends, torch.backends.mkldnn.matmul, torch.backends.cuda.matmul)
    return [part.fp32_precision for part in parts]


def torch_state():
    return {
        "gradients": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "device": torch.empty(0).device,
        "dtype": torch.get_default_dtype(),
        "autocast": [torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda")],
        "autocast dtype": torch.get_autocast_dtype("cpu"),
        "precision": precision_of_products(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "anomalies": torch.is_anomaly_enabled(),
        "threads": torch.get_num_threads(),
        "random": torch.get_rng_state().tolist(),
        "environment": dict(os.environ),
    }


def samples(n_samples=400, n_features=7):
    # With a symmetry, of which the search is soon certain.
    return make_symmetric_signals(n_samples, n_features, symmetry="orthogonal", random_state=0).data


def easy_samples():
    # Of so many columns and samples that one start is enough.
    return samples(8000, 13)


def lens_arrays(X=None, **params):
    """Everything that a lens gives, for one solver."""
    X = samples() if X is None else X
    lens = SymmetryLens(**{"n_init": 1, "max_iter": 3, "random_state": 0} | params).fit(X)
    Y = lens.transform(X)
    arrays = {name: value for name, value in vars(lens).items() if isinstance(value, np.ndarray)}
    arrays |= {"curve": lens.loss_curve_, "converged": lens.converged_, "Y": Y}
    return arrays | {
        "back": lens.inverse_transform(Y),
        "shifted": lens.shift(X, 0.5),
        "score": lens.score(X),
        "similarity": generator_similarity(lens.generator_, np.eye(X.shape[1], k=1)),
        "set_output": lens.set_output(transform="default").transform(X),
    }


def verdict_arrays():
    X = easy_samples()
    lens = SymmetryLens(n_init=1, max_iter=5, random_state=0).fit(X)
    verdict = lens.verdict(X)
    return {"reasons": verdict.reasons, "uncertainty": verdict.uncertainty}


def baseline_arrays():
    X, found = samples(), {}
    for baseline in (
        SymmetryGAN(max_iter=2, random_state=0),
        LieGAN(max_iter=2, random_state=0),
        SpectralSeriation(),
        ICASeriation(random_state=0),
    ):
        name = type(baseline).__name__
        found[name] = baseline.fit(X).generator_
        found[f"{name} shift"] = baseline.shift(X)
        if hasattr(baseline, "transform"):
            found[f"{name} transform"] = baseline.transform(X)
    return found


def set_arrays():
    sets = (
        make_symmetric_signals(50, 7, symmetry="frequency", random_state=0),
        load_digit_slices(50, 7, symmetry="orthogonal", random_state=0),
    )
    return {f"{k} {n}": one[n] for k, one in enumerate(sets) for n in ("data", "generator")}


ENTRIES = {
    "search": lambda: lens_arrays(),
    "threads": lambda: lens_arrays(easy_samples(), n_init=2, n_jobs=2),
    "given start": lambda: lens_arrays(init=np.eye(7), n_powers=None),
    "paper": lambda: lens_arrays(init="random", density="mixture"),
    "free parameters": lambda: lens_arrays(init="random"),
    "networks": lambda: lens_arrays(easy_samples(), density="mixture"),
    "shuffled": lambda: lens_arrays(mixing="permutation", boundary="auto"),
    "line or ring": lambda: lens_arrays(easy_samples(), boundary="auto"),
    "verdict": verdict_arrays,
    "baselines": baseline_arrays,
    "sets": set_arrays,
}
CHEAP = "free parameters"
SLOW = {"search", "threads", "networks", "line or ring", "verdict"}
TOGETHER = (
    (
        "inference mode",
        "device context",
        "bfloat16",
        "autocast",
        "matmul precision",
        "deterministic",
    ),
    ("gradients off", "default device", "double", "deterministic"),
)


@cache
def usual(entry):
    """What it gives when nobody has set anything."""
    return ENTRIES[entry]()


def assert_usual(found, entry):
    assert found.keys() == usual(entry).keys()
    for name, value in usual(entry).items():
        assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize(
    ("entry", "states"),
    [(entry, TOGETHER[0]) for entry in ENTRIES]
    + [(entry, TOGETHER[1]) for entry in ENTRIES if entry not in SLOW]
    + [(CHEAP, (state,)) for state in STATES],
)
def test_settings_of_torch_change_no_result_and_are_left_alone(entry, states):
    usual(entry)  # before anything is set
    with ExitStack() as stack:
        for state in states:
            stack.enter_context(STATES[state]())
        before = torch_state()
        found = ENTRIES[entry]()
        assert torch_state() == before
    assert_usual(found, entry)


TRANSFORMS = {
    "vmap": lambda work: torch.func.vmap(work)(torch.ones(2, 3)),
    "grad": lambda work: torch.func.grad(work)(torch.ones(3)),
    "jvp": lambda work: torch.func.jvp(work, (torch.ones(3),), (torch.ones(3),)),
    "grad in vmap": lambda work: torch.func.vmap(torch.func.grad(work))(torch.ones(2, 3)),
    "functionalize": lambda work: torch.func.functionalize(work)(torch.ones(3)),
    "fake tensors": lambda work: faked(work),
}


def faked(work):
    with FakeTensorMode():
        work(torch.ones(3))


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("entry", [CHEAP, "shuffled", "sets"])
def test_calls_inside_of_a_transformed_function_give_what_they_give_outside(entry, transform):
    usual(entry)  # before anything is set
    found = []

    def work(x):
        found.append(ENTRIES[entry]())
        return (x**2).sum()  # the transform goes on

    TRANSFORMS[transform](work)
    assert_usual(found[0], entry)


def test_a_precision_that_is_that_of_all_backends_is_so_afterwards():
    with STATES["precision of all backends"]():
        lens_arrays(mixing="permutation")
    assert torch.backends.mkldnn.matmul.fp32_precision == "none"


def test_settings_return_after_an_error():
    with STATES["double"](), torch.no_grad():
        before = torch_state()
        with pytest.raises(ValueError, match="padding"):
            SymmetryLens(padding=-1).fit(samples())
        assert torch_state() == before


def test_a_setting_made_by_a_callback_of_a_nested_call_is_that_of_the_process():
    """The last of the calls restores what the first one met, however they overlap."""
    with default_dtype(torch.float64):
        entered, leave = threading.Event(), threading.Event()

        def other():
            with usual_torch():
                entered.set()
                leave.wait(10)

        thread = threading.Thread(target=other)
        with usual_torch():
            thread.start()
            assert entered.wait(10)
        assert torch.get_default_dtype() == torch.float32  # the other call still runs
        leave.set()
        thread.join(10)
        assert torch.get_default_dtype() == torch.float64


@pytest.fixture(scope="module")
def lens():
    return SymmetryLens(n_init=1, max_iter=2, random_state=0).fit(samples(80))


@pytest.mark.parametrize("state", STATES)
def test_a_layer_made_under_any_setting_can_be_trained(lens, state):
    with STATES[state]():
        layer = lens.to_torch(trainable=True)
        expected = torch.get_default_dtype()
    assert layer.weight.dtype == expected  # as any new layer
    assert layer.weight.device.type == "cpu"
    layer(torch.ones(3, 7, dtype=expected)).sum().backward()
    assert layer.weight.grad is not None


def test_first_use_of_an_optimiser_leaves_the_environment_alone():
    code = """
import os, numpy as np
from sklearn_symmetry import SymmetryLens
before = dict(os.environ)
X = np.random.default_rng(0).laplace(size=(80, 5))
SymmetryLens(init="random", max_iter=2, random_state=0).fit(X)
assert dict(os.environ) == before, set(os.environ) ^ set(before)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


@pytest.mark.parametrize("entry", ["free parameters", "baselines"])
def test_tensors_under_array_api_dispatch_are_taken_as_arrays(entry, monkeypatch, array_api):
    usual(entry)  # before anything is set
    X = torch.from_numpy(samples())
    monkeypatch.setattr(f"{__name__}.samples", lambda: X)
    with config_context(array_api_dispatch=True):
        found = ENTRIES[entry]()
    assert_usual(found, entry)
