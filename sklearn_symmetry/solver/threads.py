# SPDX-License-Identifier: BSD-3-Clause
"""One torch thread for the work of a fit, and the user's number of threads everywhere else."""

import threading
from contextlib import contextmanager

import torch

__all__ = ["one_thread"]

_fits = {"lock": threading.Lock(), "running": 0, "before": 1}
_here = threading.local()


@contextmanager
def one_thread():
    """One torch thread inside, as many as before outside, however many fits run at a time.

    The work is in thousands of small operations, which several threads only slow down. Torch
    keeps a number for every thread of Python, and one for threads to come, which every change sets,
    too: a thread born during a fit takes its 1 for the usual number. So all return to the number
    that the first of the fits met, and workers must enter for themselves.
    """
    if getattr(_here, "inside", False):
        yield
        return
    with _fits["lock"]:
        if _fits["running"] == 0:
            _fits["before"] = torch.get_num_threads()
        _fits["running"] += 1
        before = _fits["before"]
        torch.set_num_threads(1)
    _here.inside = True
    try:
        yield
    finally:
        _here.inside = False
        with _fits["lock"]:
            _fits["running"] -= 1
            torch.set_num_threads(before)
