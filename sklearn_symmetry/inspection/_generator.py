# SPDX-License-Identifier: BSD-3-Clause
"""Picture of a generator."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._common import axes_or_new, matrix_image

__all__ = ["GeneratorDisplay"]


class GeneratorDisplay:
    """Heat map of a generator, in the columns of the data or in the order that was found.

    Parameters
    ----------
    generator : ndarray of shape (k, k)
    frame : {"features", "powers"}
        What rows and columns are: features of the data, or powers of the generator.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage

    Examples
    --------
    >>> from sklearn_symmetry.inspection import GeneratorDisplay
    >>> GeneratorDisplay(np.eye(3, k=1), frame="features").generator.shape
    (3, 3)
    """

    def __init__(self, generator, *, frame):
        self.generator = generator
        self.frame = frame

    @classmethod
    def from_estimator(cls, estimator, *, frame="features", ax=None):
        """Draw the generator of a fitted lens.

        Parameters
        ----------
        estimator : SymmetryLens
            Fitted.
        frame : {"features", "powers"}, default="features"
            ``"features"``: ``generator_`` as it is. ``"powers"``: ``W G W^T`` with the group
            convolution matrix W, in which a good generator is one clean line beside the diagonal.
        ax : matplotlib Axes or None, default=None

        Returns
        -------
        display : GeneratorDisplay

        Raises
        ------
        ValueError
            If `frame` is neither.
        """
        check_is_fitted(estimator)
        if frame not in ("features", "powers"):
            raise ValueError(f"frame must be 'features' or 'powers'; got {frame!r}")
        matrix = estimator.generator_
        if frame == "powers":
            rows = estimator.group_conv_matrix_
            matrix = rows @ matrix @ rows.T
        return cls(matrix, frame=frame).plot(ax=ax)

    def plot(self, ax=None):
        """Draw on `ax`, or on a new figure; returns the display."""
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self.image_ = matrix_image(self.ax_, self.generator)
        name = "feature" if self.frame == "features" else "position found"
        self.ax_.set(xlabel=name, ylabel=name, title="generator")
        return self
