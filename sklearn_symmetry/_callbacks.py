# SPDX-License-Identifier: BSD-3-Clause
"""The bridge between the solver's monitor and scikit-learn's callbacks (only user of them)."""

from contextlib import contextmanager

from sklearn.callback import CallbackSupportMixin, ProgressBar, with_callbacks

from ._progress import ProgressLine

__all__ = ["CallbackSupportMixin", "FitMonitor", "verbose_callbacks", "with_callbacks"]


class FitMonitor:
    """Turns the solver's reports into callback tasks, and remembers the latest state.

    The root task has one subtask per phase of the solver, and every phase one per iteration. A
    callback that returns True at the end of an iteration or of a phase stops the fit, whatever
    phases were still to come.

    Parameters
    ----------
    estimator : SymmetryLens
    X : ndarray
    attributes : callable
        From a solution to the fitted attributes, for callbacks that ask for a fitted estimator.

    Attributes
    ----------
    snapshot : callable or None
        Gives the latest complete state as a solution; None before the first report.
    stopped : bool
        Whether a callback asked for the end of the fit.
    """

    def __init__(self, estimator, X, attributes):
        self.estimator, self.X, self.attributes = estimator, X, attributes
        self.snapshot, self.stopped = None, False
        self.root = estimator._init_callback_context(max_subtasks=None)
        self.root.call_on_fit_task_begin(estimator=estimator, X=X)
        self.phase, self.task = None, None
        # A tree of 100,000 iterations is kept only where somebody looks at it.
        self.watched = bool(getattr(estimator, "_skl_callbacks", ()))

    def __call__(self, report):
        if self.watched and report.phase != self.phase:
            self._leave_phase()
            self._enter_phase(report.phase, report.total)
        self.snapshot = report.snapshot
        if self.watched:
            self.stopped |= self._tell(report)
        return self.stopped

    def finish(self, solution):
        """Report the end of the fit."""
        self._leave_phase()
        self.snapshot = lambda: solution
        self.root.call_on_fit_task_end(
            estimator=self.estimator, X=self.X, reconstruction_attributes=self._state
        )

    def _tell(self, report):
        step = self.task.subcontext("iteration")
        news = {"phase": report.phase, "iteration": report.iteration, "loss": report.loss}
        news |= report.terms
        step.call_on_fit_task_begin(estimator=self.estimator, X=self.X, metadata=news)
        return step.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            metadata=news,
            reconstruction_attributes=self._state,
        )

    def _enter_phase(self, phase, total):
        self.phase = phase
        self.task = self.root.subcontext(phase, max_subtasks=total)
        self.task.call_on_fit_task_begin(estimator=self.estimator, X=self.X)

    def _leave_phase(self):
        if self.task is not None:
            self.stopped |= self.task.call_on_fit_task_end(
                estimator=self.estimator, X=self.X, reconstruction_attributes=self._state
            )

    def _state(self):
        return self.attributes(self.snapshot())


@contextmanager
def verbose_callbacks(estimator, size):
    """Attach a line of progress for the time of a fit if the estimator is verbose and has none.

    `size` is that of the set, samples and columns. Inside a meta-estimator the bar belongs to that
    one, and its callbacks are propagated.
    """
    own = estimator.__dict__.get("_skl_callbacks")
    present = any(isinstance(callback, ProgressBar | ProgressLine) for callback in own or ())
    if not estimator.verbose or present or hasattr(estimator, "_parent_callback_ctx"):
        yield
        return
    estimator._skl_callbacks = [*(own or ()), ProgressLine(size)]
    try:
        yield
    finally:
        if own is None:
            del estimator._skl_callbacks
        else:
            estimator._skl_callbacks = own
