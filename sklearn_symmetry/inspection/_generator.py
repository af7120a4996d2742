# SPDX-License-Identifier: BSD-3-Clause
"""Picture of a generator."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ._common import axes_or_new, label_columns, matrix_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from .._lens import SymmetryLens

__all__ = ["GeneratorDisplay"]

AXIS_LABELS = {"features": "feature", "powers": "position found"}


class GeneratorDisplay:
    """Heat map of a generator, in the columns of the data or in the order that was found.

    It is recommended to use :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    generator : ndarray of shape (k, k)
        The matrix to draw.
    frame : {"features", "powers"}
        What rows and columns are: features of the data, or powers of the generator.
    feature_names : sequence of str or None, default=None
        Written along the axes in the frame of the features, if there are no more than 12.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage
    colorbar_ : matplotlib Colorbar or None

    See Also
    --------
    RepresentationDisplay : Samples before and after the lens.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_symmetry.inspection import GeneratorDisplay
    >>> display = GeneratorDisplay(np.eye(3, k=1), frame="features").plot()
    >>> display.image_.get_clim()
    (-1.0, 1.0)
    """

    ax_: "Axes"
    figure_: "Figure"
    image_: "AxesImage"

    def __init__(
        self,
        generator: np.ndarray,
        *,
        frame: Literal["features", "powers"],
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.generator = generator
        self.frame = frame
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: "SymmetryLens",
        *,
        generator: ArrayLike | None = None,
        frame: Literal["features", "powers"] = "features",
        ax: "Axes | None" = None,
        colorbar: bool = True,
        **options: Any,
    ) -> Self:
        """Draw the generator of a fitted lens, or another one as the lens sees it.

        Parameters
        ----------
        estimator : SymmetryLens
            Fitted.
        generator : array-like of shape (d, d) or None, default=None
            Another generator to draw, for example the true one. None: ``generator_`` of the lens.
        frame : {"features", "powers"}, default="features"
            ``"features"``: the matrix G as it is, of shape (d, d). ``"powers"``: ``W G W^T``, of
            shape (m, m), with the group convolution matrix W. See the notes.
        ax : matplotlib Axes or None, default=None
            None makes a new figure.
        colorbar : bool, default=True
            Whether to add a scale of colours.
        **options
            Passed to ``imshow``, for example ``cmap``, ``vmin``, ``vmax``.

        Returns
        -------
        display : GeneratorDisplay

        Raises
        ------
        ValueError
            If `frame` is neither.
        NotFittedError
            If the lens is not fitted.
        ImportError
            If matplotlib is not installed.

        Notes
        -----
        In the frame of the powers the generator of the lens is one clean line beside the diagonal,
        and nearly by construction, whatever the data. The *true* generator is such a line only if
        the lens has found the truth.
        """
        check_is_fitted(estimator)
        if frame not in AXIS_LABELS:
            raise ValueError(f"frame must be 'features' or 'powers'; got {frame!r}")
        matrix = estimator.generator_ if generator is None else np.asarray(generator)
        if frame == "powers":
            rows = estimator.group_conv_matrix_
            matrix = rows @ matrix @ rows.T
        names = getattr(estimator, "feature_names_in_", None)
        display = cls(matrix, frame=frame, feature_names=names)
        return display.plot(ax=ax, colorbar=colorbar, **options)

    def plot(self, ax: "Axes | None" = None, *, colorbar: bool = True, **options: Any) -> Self:
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            None makes a new figure.
        colorbar : bool, default=True
            Whether to add a scale of colours.
        **options
            Passed to ``imshow``. Without ``vmin`` and ``vmax`` the limits are symmetric, so that
            zero is white.

        Returns
        -------
        self : GeneratorDisplay
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self.image_ = matrix_image(self.ax_, self.generator, **options)
        self.colorbar_ = self.figure_.colorbar(self.image_, ax=self.ax_) if colorbar else None
        label = AXIS_LABELS[self.frame]
        self.ax_.set(xlabel=label, ylabel=label, title="generator")
        names = self.feature_names
        # More names are those of several channels, which share the generator.
        if self.frame == "features" and names is not None and len(names) == len(self.generator):
            label_columns(self.ax_.xaxis, names)
            label_columns(self.ax_.yaxis, names)
        return self
