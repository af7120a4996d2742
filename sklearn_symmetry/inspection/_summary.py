# SPDX-License-Identifier: BSD-3-Clause
"""One picture of a fitted lens and of what can be said about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from .._validation import plain_lens
from .._verdict import REPEATS
from ._common import (
    label_columns,
    matplotlib_module,
    matrix_image,
    plain_text,
    whole_number_ticks,
)
from ._generator import GeneratorDisplay
from ._representation import RepresentationDisplay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._lens import SymmetryLens
    from .._verdict import Verdict

__all__ = ["SummaryDisplay", "telling_samples"]

SHOWN = 24
COLOURS = {"found": "#1a7f37", "symmetric": "#9a6700", "neither": "#cf222e"}
FONTS = {"font.size": 11, "axes.titlesize": 13, "axes.titlepad": 8, "axes.labelsize": 11}


class SummaryDisplay:
    """Generator, filter, samples before and after, and how stable all that is, in one picture.

    Create it with :meth:`from_estimator`.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    samples : ndarray of shape (n_shown, d)
        A sample is a row of the picture.
    correlations : ndarray of shape (m, m)
        Of the representation.
    verdict : Verdict or None, default=None
        Of the lens: makes the title, the reasons, and the panel of uncertainty.
    feature_names : sequence of str or None, default=None
        Written along the axes of the columns, if they are few.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : dict of str to matplotlib Axes
        ``given``, ``found``, ``starts``, ``generator``, ``filter`` and ``uncertainty``
        (``correlations`` without a verdict).

    Examples
    --------
    >>> from sklearn_symmetry import SymmetryLens
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> from sklearn_symmetry.inspection import SummaryDisplay
    >>> X = make_symmetric_signals(4000, 13, symmetry="permutation", random_state=0).data
    >>> lens = SymmetryLens(random_state=0).fit(X)
    >>> display = SummaryDisplay.from_estimator(lens, X, verdict=lens.verdict(X))
    >>> list(display.axes_)
    ['given', 'found', 'starts', 'generator', 'filter', 'uncertainty']
    """

    figure_: "Figure"
    axes_: "dict[str, Axes]"

    def __init__(
        self,
        lens: "SymmetryLens",
        samples: np.ndarray,
        correlations: np.ndarray,
        *,
        verdict: "Verdict | None" = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.lens = lens
        self.samples = samples
        self.correlations = correlations
        self.verdict = verdict
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: "SymmetryLens",
        X: ArrayLike,
        *,
        verdict: "Verdict | None" = None,
        title: str | None = None,
        feature_names: Sequence[str] | None = None,
        figure: "Figure | None" = None,
    ) -> Self:
        """Draw a fitted lens, and what it makes of a few samples.

        Parameters
        ----------
        estimator : SymmetryLens
            Fitted.
        X : array-like of shape (n_samples, n_features)
            The 24 samples that show most are drawn.
        verdict : Verdict or None, default=None
            ``estimator.verdict(X)``, which takes two more fits.
        title : str or None, default=None
            First line; the verdict follows.
        feature_names : sequence of str or None, default=None
            None: ``feature_names_in_``, if the lens has it.
        figure : matplotlib Figure or None, default=None
            To draw in. None: a new one of pyplot, which a notebook shows by itself.

        Returns
        -------
        display : SummaryDisplay

        Raises
        ------
        NotFittedError
            If the lens is not fitted.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        related = correlations(np.asarray(estimator.transform(X)))
        names = getattr(estimator, "feature_names_in_", None)
        names = names if feature_names is None else feature_names
        lens, X = plain_lens(estimator), np.asarray(X)
        samples = telling_samples(lens, X)
        display = cls(lens, samples, related, verdict=verdict, feature_names=names)
        return display.plot(title=title, figure=figure)

    def plot(
        self,
        *,
        title: str | None = None,
        feature_names: Sequence[str] | None = None,
        figure: "Figure | None" = None,
    ) -> Self:
        """Draw all panels.

        Parameters
        ----------
        title : str or None, default=None
        feature_names : sequence of str or None, default=None
            None: those of the display.
        figure : matplotlib Figure or None, default=None
            To draw in. None: a new one of pyplot.

        Returns
        -------
        self : SummaryDisplay
        """
        matplotlib_module("figure")  # says which extra brings it
        from matplotlib import rc_context

        names = self.feature_names if feature_names is None else feature_names
        last = "correlations" if self.verdict is None else "uncertainty"
        with rc_context(FONTS):
            self.figure_ = matplotlib_module("pyplot").figure() if figure is None else figure
            self.figure_.set_size_inches(15, 10.5)
            self.figure_.set_layout_engine("constrained")
            self.figure_.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
            panels = [["given", "found", "starts"], ["generator", "filter", last]]
            self.axes_ = self.figure_.subplot_mosaic(panels)
            self._write(title)
            self._draw_samples(names)
            self._draw_starts()
            self._draw_generator(names)
            self._draw_filter(names)
            self._draw_uncertainty() if self.verdict is not None else self._draw_correlations()
        return self

    def _write(self, title):
        """Title and verdict above, reasons below."""
        verdict = self.verdict
        headline = "What the lens found" if verdict is None else verdict.headline
        colour = "black"
        if verdict is not None:
            state = ("neither", "symmetric", "found")[verdict.symmetric + verdict.found]
            colour = COLOURS[state]
            reasons = "\n".join(f"•  {reason}" for reason in verdict.reasons)
            self.figure_.supxlabel(
                plain_text(reasons), fontsize=12, color="0.25", x=0.02, ha="left"
            )
        lines = [headline] if title is None else [title, headline]
        self.figure_.suptitle(
            plain_text("\n".join(lines)), fontsize=16, fontweight="bold", color=colour
        )

    def _draw_samples(self, names):
        axes = [self.axes_[name] for name in ("given", "found")]
        display = RepresentationDisplay.from_estimator(self.lens, self.samples, ax=axes)
        label_columns(display.axes_["given"].xaxis, names)
        axes[0].set(title="Samples as the lens got them", ylabel="one sample a row")
        axes[1].set(title="The same samples through the lens", xlabel="position found")

    def _draw_starts(self):
        """Loss and generator of every start, against the solution."""
        ax = self.axes_["starts"]
        ax.set(title="Starts of the search", xlabel="cosine of generator to the solution")
        ax.set(ylabel="loss above the best start (nats)", xlim=(-0.05, 1.05))
        if self.verdict is not None:
            ax.axvline(
                abs(self.verdict.agreement), color="tab:orange", linestyle="--",
                label="worse half of the samples",
            )  # fmt: skip
            ax.legend(frameon=False, loc="upper left")
        candidates = self.lens.candidates_
        if not candidates:
            ax.text(0.5, 0.5, "no search: one given start", ha="center", transform=ax.transAxes)
            return
        losses = np.array([candidate["loss"] for candidate in candidates])
        cosines = np.abs([candidate["agreement"] for candidate in candidates])
        ax.axvspan(REPEATS, 1.05, color=COLOURS["found"], alpha=0.12, linewidth=0)
        ax.scatter(cosines, losses - losses.min(), s=70, alpha=0.7, edgecolor="white")
        ax.set_ylim(-0.06 * max(np.ptp(losses), 0.1), 1.1 * max(np.ptp(losses), 0.1))
        agreeing = np.count_nonzero(cosines >= REPEATS)
        ax.set_title(f"Starts: {agreeing} of {len(cosines)} ended at the solution")

    def _draw_generator(self, names):
        ax = self.axes_["generator"]
        display = GeneratorDisplay(self.lens.generator_, frame="features", feature_names=names)
        display.plot(ax=ax, vmin=-1, vmax=1, colorbar=False)
        self.figure_.colorbar(display.image_, ax=ax, shrink=0.8, ticks=[-1, 0, 1])
        ax.set_title("Generator: one step")

    def _draw_filter(self, names):
        """The filter and the generator's next step of it."""
        ax = self.axes_["filter"]
        columns = np.arange(self.lens.group_conv_matrix_.shape[1])
        middle = len(self.lens.powers_) // 2
        rows = self.lens.group_conv_matrix_[middle : middle + 2]
        for offset, row, colour, label in zip(
            (-0.2, 0.2), rows, ("tab:blue", "tab:orange"), ("filter", "one step on"), strict=False
        ):
            ax.bar(columns + offset, row, width=0.4, color=colour, label=label)
        ax.axhline(0, color="0.5", linewidth=0.8)
        whole_number_ticks(ax.xaxis)
        if names is not None and len(names) == len(columns):
            label_columns(ax.xaxis, names)
        ax.set(title="Filter, and the same moved by one step", xlabel="feature", ylabel="weight")
        ax.margins(y=0.18)  # room for the legend, above all bars
        ax.legend(frameon=False, loc="upper center", ncols=2)

    def _draw_uncertainty(self):
        ax = self.axes_["uncertainty"]
        error = np.asarray(self.verdict.uncertainty)
        limit = max(error.max(), 1e-3)  # less is white: an order is known exactly, or not at all
        image = matrix_image(ax, error, cmap="Purples", vmin=0, vmax=limit)
        self.figure_.colorbar(image, ax=ax, shrink=0.8)
        rms = np.sqrt(np.mean(error**2))
        ax.set(title=f"Standard error of the generator (rms {rms:.3f})")
        ax.set(xlabel="feature", ylabel="feature")

    def _draw_correlations(self):
        ax = self.axes_["correlations"]
        image = matrix_image(ax, self.correlations, vmin=-1, vmax=1)
        self.figure_.colorbar(image, ax=ax, shrink=0.8, ticks=[-1, 0, 1])
        ax.set(title="Correlations, in the order found", xlabel="position found")
        ax.set_ylabel("position found")


def telling_samples(lens, X, count=SHOWN):
    """A few samples in which something is going on, sorted by where the lens finds it.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
    count : int

    Returns
    -------
    samples : ndarray of shape (min(count, n), d)
    """
    found = lens.transform(X)
    energy = (found - np.median(found, axis=1, keepdims=True)) ** 2
    total = np.maximum(energy.sum(axis=1), 1e-12)
    centre = energy @ np.arange(energy.shape[1]) / total
    # The livelier half; from one end to the other in equal steps of rank.
    lively = np.argsort(-np.std(X, axis=1))[: max(count, len(X) // 2)]
    ranked = lively[np.argsort(centre[lively])]
    return X[ranked[np.linspace(0, len(ranked) - 1, min(count, len(ranked))).astype(int)]]


def correlations(representation):
    """Correlation matrix of the columns; that of a column of zeros is zero."""
    centred = representation - representation.mean(axis=0)
    norm = np.linalg.norm(centred, axis=0)
    # Powers that have left the window leave rounding errors: those have no correlation.
    norm = np.maximum(norm, 1e-6 * norm.max(initial=1e-12))
    return centred.T @ centred / np.outer(norm, norm)
