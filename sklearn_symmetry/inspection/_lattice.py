# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a lens on a lattice: patches before and after, and what its generators do."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from .._lattices import fitted_grid, on_grid
from .._validation import plain_lens
from ._common import matplotlib_module, matrix_image, plain_text

if TYPE_CHECKING:
    from .._lens import SymmetryLens

__all__ = ["LatticeDisplay", "lattice_convention", "telling_patches"]

TITLES = {
    "given": "Samples as the lens got them",
    "found": "The same samples through the lens",
    "truth": "The originals, never shown to the lens",
}
STEPS = (-2, -1, 0, 1, 2)
FONTS = {"font.size": 11, "axes.titlesize": 12}
GAP = 1  # blank pixels between two patches


class LatticeDisplay:
    """Patches before and after a lens on a lattice, moved by its generators, and these.

    It is recommended to use :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    panels : dict of str to ndarray of shape (n, h, w)
        Patches by what they are: any of ``"given"``, ``"found"`` and ``"truth"``.
    moved : sequence of ndarray of shape (k, h, w)
        For every axis one patch, moved by -2, -1, 0, 1 and 2 steps.
    generators : sequence of ndarray of shape (d, d)
        A matrix for every axis, drawn as it is.
    frame : str
        What these matrices are, for their titles.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : dict of str to matplotlib Axes
        By the name of the panel, ``"moved 0"``, ``"moved 1"``, ``"generator 0"``,
        ``"generator 1"``.

    Examples
    --------
    >>> from sklearn_symmetry import SymmetryLens
    >>> from sklearn_symmetry.datasets import make_symmetric_fields
    >>> from sklearn_symmetry.inspection import LatticeDisplay
    >>> X = make_symmetric_fields(4000, (4, 4), symmetry="orthogonal", random_state=0).data
    >>> lens = SymmetryLens(grid_shape=(4, 4), n_init=1, max_iter=5, tol=1, random_state=0).fit(X)
    >>> list(LatticeDisplay.from_estimator(lens, X[:12]).axes_)
    ['given', 'found', 'moved 0', 'moved 1', 'generator 0', 'generator 1']
    """

    def __init__(self, panels, moved, generators, *, frame="Generator,"):
        self.panels = panels
        self.moved = moved
        self.generators = generators
        self.frame = frame

    @classmethod
    def from_estimator(
        cls,
        estimator: "SymmetryLens",
        X: ArrayLike,
        *,
        basis: ArrayLike | None = None,
        generators: ArrayLike | None = None,
        title: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a fitted lens, and what it makes of a few samples.

        Parameters
        ----------
        estimator : SymmetryLens
            Fitted with a `grid_shape`.
        X : array-like of shape (n, d)
            A handful of samples, of one channel.
        basis : array-like of shape (d, d) or None, default=None
            The truth, where it is known: natural patches are ``X @ basis``. They are drawn as a
            third panel, in the order of the axes, their directions and the sign of the lens, which
            are conventions; and the moved patch is drawn in them.
        generators : array-like of shape (k, d, d) or None, default=None
            The true generators, drawn as the lens sees them, ``W T W^T``: one clean line beside
            the diagonal each, if the lens is right. None: the generators of the lens, in the
            columns of the data.
        title : str or None, default=None
        ax : matplotlib Figure, SubFigure or None, default=None
            Where to draw the moved sample and the generators alone. None: all panels, in a new
            figure.

        Returns
        -------
        display : LatticeDisplay

        Raises
        ------
        ValueError
            If the lens has one axis only, or several channels.
        NotFittedError
            If it is not fitted.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        if not on_grid(estimator) or estimator.n_features_in_ != len(estimator.filter_):
            raise ValueError(
                "LatticeDisplay draws lenses with a grid_shape and one channel; use SummaryDisplay"
            )
        found = np.asarray(estimator.transform(X))
        lens, grid, X = plain_lens(estimator), fitted_grid(estimator), np.asarray(X)
        drawn = {"given": X, "found": found}

        def seen(samples):
            return lens.transform(samples)

        if basis is not None:
            basis = np.asarray(basis)
            order, sign = lattice_convention(found, X @ basis, grid)
            drawn["truth"] = sign * (X @ basis)[:, order]

            def seen(samples):
                return sign * (samples @ basis)[:, order]

        one = X[[_central(found, grid)]]
        moved = []
        for axis in range(grid.n_axes):
            steps = np.eye(grid.n_axes)[axis]
            patches = [seen(lens.shift(one, tuple(step * steps))) for step in STEPS]
            moved.append(np.concatenate(patches).reshape(-1, *grid.shape))
        frame = "Generator found,"
        matrices = lens.generators_
        if generators is not None:
            rows = lens.group_conv_matrix_
            frame, matrices = "Hidden, as the lens sees it,", rows @ generators @ rows.T
        panels = {name: part.reshape(-1, *grid.shape) for name, part in drawn.items()}
        return cls(panels, moved, matrices, frame=frame).plot(title=title, ax=ax)

    def plot(self, *, title: str | None = None, ax: Any = None) -> Self:
        """Draw all panels in a new figure, or the two below in a given one.

        Parameters
        ----------
        title : str or None, default=None
        ax : matplotlib Figure, SubFigure or None, default=None
            Where to draw the moved sample and the generators alone. None: all panels, in a new
            figure.

        Returns
        -------
        self : LatticeDisplay
        """
        matplotlib_module("figure")  # says which extra brings it
        from matplotlib import rc_context

        self.axes_ = {}
        with rc_context(FONTS):
            below = self._draw_panels(title) if ax is None else ax
            self.figure_ = below.figure if ax is None else ax
            left, right = below.subfigures(1, 2, width_ratios=(1, 1.15))
            self._draw_moved(left)
            self._draw_generators(right)
        return self

    def _draw_panels(self, title):
        """The patches in a new figure; what remains of it."""
        n_panels = len(self.panels)
        figure = matplotlib_module("pyplot").figure(
            figsize=(12, 4.6 + 1.5 * n_panels), layout="constrained"
        )
        if title is not None:
            figure.suptitle(plain_text(title), fontsize=15, fontweight="bold")
        above, below = figure.subfigures(2, 1, height_ratios=(1.5 * n_panels, 4.2))
        rows = np.atleast_1d(above.subplots(n_panels, 1))
        self.axes_ = dict(zip(self.panels, rows, strict=True))
        for name, patches in self.panels.items():
            _draw_patches(self.axes_[name], patches, TITLES[name])
        return below

    def _draw_moved(self, figure):
        axes = np.atleast_1d(figure.subplots(len(self.moved), 1))
        for axis, (ax, patches) in enumerate(zip(axes, self.moved, strict=True)):
            self.axes_[f"moved {axis}"] = ax
            _draw_patches(ax, patches, f"One sample, moved along axis {axis} by the lens")
            size = patches.shape[2] + GAP
            ax.set_xticks(size * np.arange(len(STEPS)) + (size - 2) / 2, labels=STEPS)
            ax.tick_params(length=0)

    def _draw_generators(self, figure):
        axes = np.atleast_1d(figure.subplots(1, len(self.generators)))
        for axis, (ax, matrix) in enumerate(zip(axes, self.generators, strict=True)):
            self.axes_[f"generator {axis}"] = ax
            matrix_image(ax, matrix, vmin=-1, vmax=1)
            ax.set_title(f"{self.frame}\naxis {axis}", fontsize=11)


def _draw_patches(ax, patches, title):
    """Patches side by side; a few strong pixels must not fade the others."""
    height, width = patches.shape[1:]
    strip = np.full((height, len(patches) * (width + GAP) - GAP), np.nan)
    for place, patch in enumerate(patches):
        strip[:, place * (width + GAP) :][:, :width] = patch
    low, high = np.percentile(patches, [1, 99])
    options = {"vmin": low, "vmax": high} if low < high else {}
    ax.imshow(strip, cmap="gray", interpolation="nearest", **options)
    ax.set(title=title, xticks=[], yticks=[])
    ax.set_frame_on(False)


def _central(found, grid):
    """The sample whose energy is nearest to the middle of the patch, of the livelier half."""
    energy = (found - np.median(found, axis=1, keepdims=True)) ** 2
    total = energy.sum(axis=1)
    places = grid.coordinates().numpy()
    centre = energy @ places / np.maximum(total, 1e-12)[:, None]
    distance = np.square(centre - (np.array(grid.shape) - 1) / 2).sum(axis=1)
    distance[total < np.median(total)] = np.inf
    return int(distance.argmin())


def lattice_convention(found, signals, grid):
    """Order and sign in which natural fields fit the representation found.

    Parameters
    ----------
    found, signals : ndarray of shape (n, d)
    grid : Grid
        Of the representation.

    Returns
    -------
    order : ndarray of int, shape (d,)
        Of the symmetries of the grid, or of the grid read with its axes exchanged.
    sign : int
        1 or -1: ``sign * signals[:, order]`` fits best.
    """
    products = found.T @ signals
    positions = np.arange(grid.size)
    same = grid.symmetries().numpy()
    swapped = positions.reshape(grid.shape[::-1]).T.ravel()
    orders = np.concatenate([same, swapped[same]])
    fits = products[positions, orders].sum(axis=1)
    best = np.abs(fits).argmax()
    return orders[best], 1 if fits[best] >= 0 else -1


def telling_patches(lens, X, count=12):
    """A few samples in which much is going on, chosen without looking at the truth.

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
    lively = np.argsort(-found.std(axis=1), kind="stable")[: max(count, len(X) // 4)]
    return X[lively[np.linspace(0, len(lively) - 1, min(count, len(lively))).astype(int)]]
