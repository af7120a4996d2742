# SPDX-License-Identifier: BSD-3-Clause
"""Picture of samples before and after the lens."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ._common import axes_or_new, label_columns, whole_number_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._lens import SymmetryLens

__all__ = ["RepresentationDisplay", "convention"]

TITLES = {
    "given": ("samples as given", "feature"),
    "found": ("through the lens", "position found"),
    "truth": ("the truth", "true position"),
}
KINDS = ("image", "lines")


class RepresentationDisplay:
    """The same samples as they are given and as a lens represents them, side by side.

    It is recommended to use :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    panels : dict of str to ndarray of shape (n, k)
        Samples, one a row, by what they are: any of ``"given"``, ``"found"`` and ``"truth"``.
    feature_names : sequence of str or None, default=None
        Written below the samples as given, if there are no more than 12.

    Attributes
    ----------
    axes_ : dict of str to matplotlib Axes
        By the name of the panel.
    figure_ : matplotlib Figure
    artists_ : dict of str to matplotlib AxesImage or list of Line2D

    See Also
    --------
    GeneratorDisplay : The symmetry itself.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_symmetry.inspection import RepresentationDisplay
    >>> display = RepresentationDisplay({"given": np.eye(3), "found": np.eye(3)}).plot()
    >>> list(display.axes_)
    ['given', 'found']
    """

    axes_: "dict[str, Axes]"
    figure_: "Figure"

    def __init__(
        self, panels: dict[str, np.ndarray], *, feature_names: Sequence[str] | None = None
    ) -> None:
        self.panels = panels
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: "SymmetryLens",
        X: ArrayLike,
        *,
        basis: ArrayLike | None = None,
        panels: Sequence[str] | None = None,
        kind: Literal["image", "lines"] = "image",
        ax: "Axes | Sequence[Axes] | None" = None,
        **options: Any,
    ) -> Self:
        """Draw samples before and after a fitted lens.

        Parameters
        ----------
        estimator : SymmetryLens
            Fitted.
        X : array-like of shape (n, d)
            A handful of samples.
        basis : array-like of shape (d, d) or None, default=None
            The truth, where it is known: natural signals are ``X @ basis`` (``basis`` of a set of
            :mod:`sklearn_symmetry.datasets`). They are drawn as a third panel, in the sign and
            direction of the lens, which are conventions.
        panels : sequence of {"given", "found", "truth"} or None, default=None
            Which panels to draw, in that order. None: all there are.
        kind : {"image", "lines"}, default="image"
            A sample is a row of an image, or a curve above its own base line.
        ax : matplotlib Axes, sequence of Axes or None, default=None
            One Axes is divided among the panels; None makes a new figure.
        **options
            Passed to ``imshow`` or to the lines.

        Returns
        -------
        display : RepresentationDisplay

        Raises
        ------
        ValueError
            If an option is unknown, or the truth is asked for without `basis`.
        NotFittedError
            If the lens is not fitted.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        known = ("given", "found") if basis is None else tuple(TITLES)
        panels = known if panels is None else tuple(panels)
        if not panels or not set(panels) <= set(known):
            raise ValueError(
                f"panels must be among {known}; got {panels!r}"
                f"{' without basis' if 'truth' in panels and basis is None else ''}"
            )
        found = np.asarray(estimator.transform(X))
        samples = np.asarray(X)
        drawn = {"given": samples, "found": found}
        if basis is not None:
            signals = samples @ np.asarray(basis)
            sign, direction = convention(found, signals)
            drawn["truth"] = sign * signals[:, ::direction]
        names = getattr(estimator, "feature_names_in_", None)
        display = cls({name: drawn[name] for name in panels}, feature_names=names)
        return display.plot(ax=ax, kind=kind, **options)

    def plot(
        self,
        ax: "Axes | Sequence[Axes] | None" = None,
        *,
        kind: Literal["image", "lines"] = "image",
        **options: Any,
    ) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of Axes or None, default=None
            One Axes is divided among the panels; None makes a new figure.
        kind : {"image", "lines"}, default="image"
            A sample is a row of an image, or a curve above its own base line.
        **options
            Passed to ``imshow`` or to the lines. Without ``vmin`` and ``vmax`` the 2 % strongest
            entries of either sign share a colour.

        Returns
        -------
        self : RepresentationDisplay

        Raises
        ------
        ValueError
            If `kind` is unknown, or there are not as many Axes as panels.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be 'image' or 'lines'; got {kind!r}")
        axes = _axes_for(self.panels, ax)
        self.axes_ = dict(zip(self.panels, axes, strict=True))
        self.figure_ = axes[0].figure
        if kind == "image":
            # One choice for all panels: where they agree they should look alike.
            leader = self.panels.get("found", next(iter(self.panels.values())))
            options = {"cmap": _paper(np.asarray(leader))} | options
        draw = _draw_image if kind == "image" else _draw_lines
        self.artists_ = {}
        for name, own in self.axes_.items():
            self.artists_[name] = draw(own, np.asarray(self.panels[name]), options)
            title, label = TITLES[name]
            own.set(title=title, xlabel=label, yticks=[])
            whole_number_ticks(own.xaxis)
            if name == "given":
                label_columns(own.xaxis, self.feature_names)
        return self


def _axes_for(panels, ax):
    """One Axes a panel: those given, or parts of the one given."""
    if ax is not None and np.ndim(ax) > 0:
        axes = list(np.ravel(ax))
        if len(axes) != len(panels):
            raise ValueError(f"ax has {len(axes)} Axes for the {len(panels)} panels {[*panels]}")
        return axes
    ax = axes_or_new(ax)
    if len(panels) == 1:
        return [ax]
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("ax was placed by hand and cannot be divided: give one Axes a panel")
    ax.set_axis_off()
    grid = place.subgridspec(1, len(panels))
    return [ax.figure.add_subplot(part) for part in grid]


def _paper(samples):
    """Colours that leave the background white, whatever the sign of the signals."""
    background = np.median(samples)
    upward = samples.max() - background >= background - samples.min()
    return "Greys" if upward else "Greys_r"


def _draw_image(ax, samples, options):
    # A few strong entries must not fade the others.
    low, high = np.percentile(samples, [2, 98])
    limits = {"vmin": low, "vmax": high} if low < high else {}
    options = {"aspect": "auto", "interpolation": "nearest"} | limits | options
    image = ax.imshow(samples, **options)
    # A thin gap between the rows: every sample stands for itself.
    for border in np.arange(1, len(samples)) - 0.5:
        ax.axhline(border, color="white", linewidth=1.0)
    return image


def _draw_lines(ax, samples, options):
    # Just far enough apart that no curve crosses the next.
    gaps = np.max(samples[1:] - samples[:-1], axis=1, initial=0.0)
    gap = 1.1 * max(gaps.max(initial=0.0), 1e-12)
    options = {"linewidth": 1.5, "color": "tab:blue"} | options
    lines = []
    for level, sample in zip(-gap * np.arange(len(samples)), samples, strict=True):
        ax.axhline(level, color="0.85", linewidth=0.8, zorder=0)
        lines += ax.plot(np.arange(len(sample)), sample + level, **options)
    return lines


def convention(found, signals):
    """Sign and direction in which natural signals fit the representation found.

    Parameters
    ----------
    found : ndarray of shape (n, m)
    signals : ndarray of shape (n, d)

    Returns
    -------
    sign, direction : int
        1 or -1 each: ``sign * signals[:, ::direction]`` fits best.
    """
    width = min(found.shape[1], signals.shape[1])
    seen, true = _centre(found, width), _centre(signals, width)
    products = {
        (sign, way): np.sum(sign * true[:, ::way] * seen) for sign in (1, -1) for way in (1, -1)
    }
    return max(products, key=products.get)


def _centre(samples, width):
    start = (samples.shape[1] - width) // 2
    return samples[:, start : start + width]
