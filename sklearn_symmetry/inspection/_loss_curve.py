# SPDX-License-Identifier: BSD-3-Clause
"""Picture of a fit's progress."""

from sklearn.utils.validation import check_is_fitted

from ._common import axes_or_new

__all__ = ["LossCurveDisplay"]


class LossCurveDisplay:
    """Loss and its terms over the iterations of the refinement.

    Parameters
    ----------
    loss_curve : list of float
    loss_terms : dict of str to list of float

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : dict of str to matplotlib Line2D

    Examples
    --------
    >>> from sklearn_symmetry.inspection import LossCurveDisplay
    >>> len(LossCurveDisplay([1.0, 0.5], {}).loss_curve)
    2
    """

    def __init__(self, loss_curve, loss_terms):
        self.loss_curve = loss_curve
        self.loss_terms = loss_terms

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw the curves of a fitted lens; returns a :class:`LossCurveDisplay`."""
        check_is_fitted(estimator)
        return cls(estimator.loss_curve_, estimator.loss_terms_).plot(ax=ax)

    def plot(self, ax=None):
        """Draw on `ax`, or on a new figure; returns the display."""
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        curves = {"total": self.loss_curve, **self.loss_terms}
        self.lines_ = {}
        for name, curve in curves.items():
            width = 2.5 if name == "total" else 1.2
            (self.lines_[name],) = self.ax_.plot(curve, label=name, linewidth=width)
        self.ax_.set(xlabel="iteration", ylabel="nats", title="loss and its terms")
        self.ax_.legend()
        return self
