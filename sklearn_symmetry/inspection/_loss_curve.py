# SPDX-License-Identifier: BSD-3-Clause
"""Picture of a fit's progress."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from sklearn.utils.validation import check_is_fitted

from ._common import axes_or_new, whole_number_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._lens import SymmetryLens

__all__ = ["LossCurveDisplay"]


class LossCurveDisplay:
    """Loss and its terms over the iterations of the refinement.

    It is recommended to use :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    loss_curve : sequence of float
        Loss at every iteration (eq. 17 of the paper).
    loss_terms : dict of str to sequence of float
        Its terms, before weighting: alignment is a correlation, the others are in nats.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : dict of str to matplotlib Line2D
        By the name of the term; the loss itself is ``"total"``.

    Examples
    --------
    >>> from sklearn_symmetry.inspection import LossCurveDisplay
    >>> display = LossCurveDisplay([1.0, 0.5], {"alignment": [-0.2, -0.3]}).plot()
    >>> list(display.lines_)
    ['total', 'alignment']
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(self, loss_curve: Sequence[float], loss_terms: dict[str, Sequence[float]]) -> None:
        self.loss_curve = loss_curve
        self.loss_terms = loss_terms

    @classmethod
    def from_estimator(cls, estimator: "SymmetryLens", *, ax: "Axes | None" = None) -> Self:
        """Draw the curves of a fitted lens.

        Parameters
        ----------
        estimator : SymmetryLens
            Fitted.
        ax : matplotlib Axes or None, default=None
            None makes a new figure.

        Returns
        -------
        display : LossCurveDisplay

        Raises
        ------
        NotFittedError
            If the lens is not fitted.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        return cls(estimator.loss_curve_, estimator.loss_terms_).plot(ax=ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            None makes a new figure.

        Returns
        -------
        self : LossCurveDisplay
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = {}
        self._draw("total", self.loss_curve, color="black", linewidth=2.5)
        for name, curve in self.loss_terms.items():
            self._draw(name, curve, linewidth=1.5)
        self.ax_.set(xlabel="iteration", ylabel="nats", title="loss and its terms")
        whole_number_ticks(self.ax_.xaxis)
        # The curves are flat wherever the search has done the work: beside them, nothing is hidden.
        self.ax_.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
        return self

    def _draw(self, name, curve, **style):
        # A single iteration would be an invisible line.
        marker = "o" if len(curve) == 1 else None
        (self.lines_[name],) = self.ax_.plot(curve, label=name, marker=marker, **style)
