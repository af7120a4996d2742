# SPDX-License-Identifier: BSD-3-Clause
"""The bridge between the solver's monitor and scikit-learn's callbacks (only user of them)."""

from contextlib import contextmanager

from sklearn.callback import CallbackSupportMixin, ProgressBar, with_callbacks

__all__ = ["CallbackSupportMixin", "FitMonitor", "verbose_callbacks", "with_callbacks"]


class FitMonitor:
    """Turns the solver's reports into callback tasks, and remembers the latest state.

    The root task has one subtask per phase of the solver, and every phase one per iteration. A
    callback that returns True at the end of an iteration stops the fit.

    Parameters
    ----------
    estimator : SymmetryLens
    X : ndarray
    attributes : callable
        From a solution to the fitted attributes, for callbacks that ask for a fitted estimator.
    """

    def __init__(self, estimator, X, attributes):
        self.estimator, self.X, self.attributes = estimator, X, attributes
        self.snapshot = None
        self.root = estimator._init_callback_context(max_subtasks=None)
        self.root.call_on_fit_task_begin(estimator=estimator, X=X)
        self.phase, self.task = None, None

    def __call__(self, phase, iteration, total, loss, terms, snapshot):
        self.snapshot = snapshot
        if phase != self.phase:
            self._leave_phase()
            self.phase = phase
            self.task = self.root.subcontext(phase, max_subtasks=total)
            self.task.call_on_fit_task_begin(estimator=self.estimator, X=self.X)
        step = self.task.subcontext("iteration")
        news = {"phase": phase, "iteration": iteration, "loss": loss, **terms}
        step.call_on_fit_task_begin(estimator=self.estimator, X=self.X, metadata=news)
        return step.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            metadata=news,
            reconstruction_attributes=lambda: self.attributes(snapshot()),
        )

    def finish(self, solution):
        """Report the end of the fit."""
        self._leave_phase()
        self.root.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            reconstruction_attributes=lambda: self.attributes(solution),
        )

    def _leave_phase(self):
        if self.task is not None:
            self.task.call_on_fit_task_end(estimator=self.estimator, X=self.X)


@contextmanager
def verbose_callbacks(estimator):
    """Attach a progress bar for the time of a fit if the estimator is verbose and has none.

    Inside a meta-estimator the bar belongs to that one, and its callbacks are propagated.
    """
    own = estimator.__dict__.get("_skl_callbacks")
    present = any(isinstance(callback, ProgressBar) for callback in own or ())
    if not estimator.verbose or present or hasattr(estimator, "_parent_callback_ctx"):
        yield
        return
    estimator._skl_callbacks = [*(own or ()), ProgressBar()]
    try:
        yield
    finally:
        if own is None:
            del estimator._skl_callbacks
        else:
            estimator._skl_callbacks = own
