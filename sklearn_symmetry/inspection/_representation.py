# SPDX-License-Identifier: BSD-3-Clause
"""Picture of samples before and after the lens."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._common import axes_or_new

__all__ = ["RepresentationDisplay"]


class RepresentationDisplay:
    """Samples as curves, one above the other.

    Parameters
    ----------
    samples : ndarray of shape (n, k)
    label : str
        What the horizontal axis counts.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D

    Examples
    --------
    >>> from sklearn_symmetry.inspection import RepresentationDisplay
    >>> RepresentationDisplay(np.zeros((2, 5)), label="feature").samples.shape
    (2, 5)
    """

    def __init__(self, samples, *, label):
        self.samples = samples
        self.label = label

    @classmethod
    def from_estimator(cls, estimator, X, *, transformed=True, ax=None):
        """Draw samples as a fitted lens represents them.

        Parameters
        ----------
        estimator : SymmetryLens
            Fitted.
        X : array-like of shape (n, n_features)
            A handful of samples.
        transformed : bool, default=True
            False: draw the samples themselves, for comparison.
        ax : matplotlib Axes or None, default=None

        Returns
        -------
        display : RepresentationDisplay
        """
        check_is_fitted(estimator)
        samples = estimator.transform(X) if transformed else np.asarray(X)
        label = "position found" if transformed else "feature"
        return cls(np.asarray(samples), label=label).plot(ax=ax)

    def plot(self, ax=None, **options):
        """Draw on `ax`, or on a new figure; `options` go to the lines. Returns the display."""
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        extent = np.ptp(self.samples) or 1.0
        levels = -0.8 * extent * np.arange(len(self.samples))
        options = {"linewidth": 1.5, "color": "tab:blue", "marker": ".", "markersize": 4} | options
        self.lines_ = []
        for level, sample in zip(levels, self.samples, strict=True):
            self.ax_.axhline(level, color="0.85", linewidth=0.8, zorder=0)
            self.lines_ += self.ax_.plot(np.arange(len(sample)), sample + level, **options)
        self.ax_.set(xlabel=self.label, yticks=[])
        return self
