# SPDX-License-Identifier: BSD-3-Clause
"""Torch as it is when nobody has set anything, for the time of a call."""

import os
import threading
from contextlib import ExitStack, contextmanager

import torch

__all__ = ["usual_torch"]

AUTOCAST = ("cpu", "cuda")
# Torch names a folder for compiled code when the optimisers are first used; nothing is compiled.
LEFT_BEHIND = "TORCHINDUCTOR_CACHE_DIR"
_calls = {"lock": threading.Lock(), "running": 0, "before": None}


@contextmanager
def usual_torch():
    """Results inside do not depend on the caller's torch settings, which return afterwards.

    Inside there are gradients, outside of any inference mode, in single precision on the CPU by
    default, without autocast. Also a decorator, ``@usual_torch()``. What a thread owns is set in
    this thread alone. Default dtype and matmul precision belong to the process: they are changed
    only where they differ from torch's own, and the last of the calls that run at the same time
    restores what the first one met.
    """
    environment = LEFT_BEHIND in os.environ
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        for kind in AUTOCAST:
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        stack.enter_context(_of_the_process())
        try:
            yield
        finally:
            if not environment:
                os.environ.pop(LEFT_BEHIND, None)


@contextmanager
def _of_the_process():
    with _calls["lock"]:
        if not _calls["running"]:
            _calls["before"] = _settings()
            _apply(torch.float32, "highest")
        _calls["running"] += 1
    try:
        yield
    finally:
        with _calls["lock"]:
            _calls["running"] -= 1
            if not _calls["running"]:
                _apply(*_calls["before"])


def _settings():
    return torch.get_default_dtype(), torch.get_float32_matmul_precision()


def _apply(dtype, precision):
    if (dtype, precision) != _settings():
        torch.set_default_dtype(dtype)
        torch.set_float32_matmul_precision(precision)
