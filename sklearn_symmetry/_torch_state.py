# SPDX-License-Identifier: BSD-3-Clause
"""Torch as it is when nobody has set anything, for the time of a call."""

import os
import threading
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from sklearn import config_context
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack
from torch.utils._python_dispatch import _disable_current_modes, _len_torch_dispatch_stack

__all__ = ["usual_torch"]

AUTOCAST = ("cpu", "cuda")
# Torch names a folder for compiled code when the optimisers are first used; nothing is compiled.
LEFT_BEHIND = "TORCHINDUCTOR_CACHE_DIR"
EXACT = ("none", "ieee")  # precisions of products
_calls = {"lock": threading.Lock(), "running": 0, "before": None}


@contextmanager
def usual_torch():
    """Results inside do not depend on the caller's torch settings, which return afterwards.

    Inside there are gradients, outside of any inference mode, in single precision on the CPU by
    default, without autocast, fake tensors and transforms of functions (``torch.func``). Also a
    decorator, ``@usual_torch()``. What a thread owns is set in this thread alone. Default dtype and
    matmul precision belong to the process: they are changed only where they differ from torch's
    own, and the last of the calls that run at the same time restores what the first one met.
    scikit-learn's array API dispatch is off as well: with it, tensors would stay tensors, of which
    the checks of arrays know nothing.
    """
    environment = LEFT_BEHIND in os.environ
    with ExitStack() as stack:
        if torch._C._functorch.peek_interpreter_stack() is not None:
            stack.enter_context(temporarily_clear_interpreter_stack())
        if _len_torch_dispatch_stack():
            stack.enter_context(_disable_current_modes())
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        if torch.empty(0).device.type != "cpu":  # torch 2.8 cannot tell once it was reset
            stack.enter_context(torch.device("cpu"))
        for kind in AUTOCAST:
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        stack.enter_context(config_context(array_api_dispatch=False))
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
            _calls["before"] = _made_usual()
        _calls["running"] += 1
    try:
        yield
    finally:
        with _calls["lock"]:
            _calls["running"] -= 1
            if not _calls["running"]:
                for read, write, met, written in _calls["before"]:
                    if read() != met:
                        write(written)


def _made_usual():
    """Change settings of the process; how each is read and written, what it was, how to undo it."""
    dtype = torch.get_default_dtype()
    before = [(torch.get_default_dtype, torch.set_default_dtype, dtype, dtype)]
    if dtype != torch.float32:
        torch.set_default_dtype(torch.float32)
    if not hasattr(torch.backends, "fp32_precision"):  # before 2.9 there was one for all backends
        get, put = torch.get_float32_matmul_precision, torch.set_float32_matmul_precision
        before.append((get, put, get(), get()))
        if get() != "highest":
            put("highest")
        return before
    # The older functions for it fail for whoever has used these.
    for products in (torch.backends.mkldnn.matmul, torch.backends.cuda.matmul):
        met = products.fp32_precision
        # One that has none of its own tells that of all backends.
        written = "none" if met == torch.backends.fp32_precision else met
        read = partial(getattr, products, "fp32_precision")
        before.append((read, partial(setattr, products, "fp32_precision"), met, written))
        if met not in EXACT:
            products.fp32_precision = "ieee"
    return before
