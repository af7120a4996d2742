# SPDX-License-Identifier: BSD-3-Clause
"""What a fit costs, and how far it is: one line on the standard error stream, in plain words."""

import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["ProgressLine", "cost_of_fit", "cost_of_verdict", "say", "titled"]

WIDTH = 20  # signs of the bar
REFRESH = 0.1  # seconds between two states of the line

# Seconds of one core for every column where the search is soon certain, rather more than measured
# (docs/results/robustness_fits.csv, `python tests/benchmarks/robustness.py --fits`): medians are 2
# and 1.3 seconds with 7 and 33 columns. Other searches take 4 to 8 with 7 columns, 11 to 20 with 33
# and 25 to 42 with 65 (medians, and what nine in ten take at most).
SECONDS_A_COLUMN, TIMES = 0.15, 4
PHASES = {"search": "start", "refinement": "refining, step", "train": "step", "epochs": "epoch"}

_title = ContextVar("title of a fit", default="")


@contextmanager
def titled(title):
    """Fits in here are parts of something larger: their lines begin with `title`."""
    token = _title.set(title)
    try:
        yield
    finally:
        _title.reset(token)


def say(line):
    """Write a line to the standard error stream, which no pipe reads for a result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def cost_of_fit(lens, n_samples, n_features):
    """What a fit will take, in a sentence.

    Parameters
    ----------
    lens : estimator
    n_samples, n_features : int

    Returns
    -------
    sentence : str
    """
    size = f"{n_samples:,} samples of {n_features} columns"
    if getattr(lens, "density", None) is None or _trains(lens):
        return size
    if getattr(lens, "mixing", "rotation") == "permutation":
        return f"{size}, only shuffled: a few seconds"
    quick = SECONDS_A_COLUMN * n_features / getattr(lens, "n_channels", 1)
    return (
        f"{size}: about {duration(quick)} of one core where the answer is clear, "
        f"{duration(TIMES * quick)} and more where it is not"
    )


def cost_of_verdict(lens, n_samples, n_features):
    """What a verdict will take, in a sentence."""
    return (
        f"{cost_of_fit(lens, n_samples // 2, n_features)}; two such fits, and two refinements more "
        f"if they disagree"
    )


def _trains(lens):
    """Whether it takes the paper's procedure, whose steps are counted beforehand."""
    at_random = isinstance(lens.init, str) and lens.init == "random"
    return at_random or lens.density == "mixture"


def duration(seconds):
    """Seconds as people say them."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


class ProgressLine:
    """Callback of scikit-learn: what a fit costs, then a line that is overwritten as it goes on.

    Where nobody watches, in a file or a pipe, a line at the beginning and one at the end.

    Parameters
    ----------
    size : tuple of int
        Samples and columns of the fit.
    """

    def __init__(self, size):
        self.size = size

    def setup(self, estimator, context):
        self.began = self.shown = time.monotonic()
        self.title = _title.get() or "fit"
        self.out = sys.stderr
        self.total, self.done, self.last = None, {}, ""
        self.phase_began = self.began

    def on_fit_task_begin(self, estimator, context, *, X=None, metadata=None):
        if context.parent is None:
            if not _title.get():
                self._write(f"{self.title}: {cost_of_fit(estimator, *self.size)}\n")
            if self._is_watched():
                self._overwrite(f"{self.title}: looking at the samples")
        elif metadata is None:
            self.total, self.phase_began = context.max_subtasks, time.monotonic()

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        if metadata is None:
            return
        self.done[metadata["phase"]] = metadata["iteration"]
        now = time.monotonic()
        if self._is_watched() and now - self.shown >= REFRESH:
            self.shown = now
            self._overwrite(self._state(metadata, now))

    def teardown(self, estimator, context):
        parts = ", ".join(
            f"{count} {PHASES.get(phase, phase).split()[-1]}{'s' if count != 1 else ''}"
            for phase, count in self.done.items()
        )
        took = duration(time.monotonic() - self.began)
        line = f"{self.title}: {took}{f', {parts}' if parts else ''}"
        if self._is_watched():
            self._overwrite(line)
            self._write("\n")
        else:
            self._write(f"{line}\n")

    def _state(self, news, now):
        what = f"{self.title}: {PHASES.get(news['phase'], news['phase'])} {news['iteration']}"
        spent = duration(now - self.began)
        if not self.total:
            return f"{what}, {spent} so far"
        share = min(1.0, news["iteration"] / self.total)
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, "-")
        left = (now - self.phase_began) * (1 / max(share, 1e-9) - 1)
        return f"{what} of {self.total} [{bar}], {spent} so far, at most {duration(left)} left"

    def _is_watched(self):
        """A terminal, or a notebook."""
        in_notebook = type(self.out).__module__.startswith("ipykernel")
        return in_notebook or bool(getattr(self.out, "isatty", lambda: False)())

    def _overwrite(self, line):
        self._write(f"\r{line.ljust(len(self.last))}")
        self.last = line

    def _write(self, text):
        self.out.write(text)
        self.out.flush()
