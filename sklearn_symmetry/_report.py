# SPDX-License-Identifier: BSD-3-Clause
"""Text and picture that tell a person what a fit found."""

import copy

import numpy as np

from ._lattices import on_grid
from ._words import found_lines
from .inspection import (
    GeneratorDisplay,
    LatticeDisplay,
    RepresentationDisplay,
    SummaryDisplay,
)
from .inspection._common import label_columns, matrix_image, plain_text
from .inspection._lattice import telling_patches
from .inspection._representation import convention
from .inspection._summary import FONTS, telling_samples
from .metrics import equivariance_error, generator_similarity

__all__ = ["draw_report", "summary"]

MATRIX = {"vmin": -1, "vmax": 1}


def summary(lens, X, *, secret=None, verdict=None, names=None):
    """What was found, how certain it is, how close to a known truth, in lines of text.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
        Samples the lens was not fitted on.
    secret : Bunch or None
        With ``generator``, the true one.
    verdict : Verdict or None
    names : sequence of str or None
        Names of the columns.

    Returns
    -------
    lines : dict of str to list of str
        By label.
    """
    lines = {"found": found_lines(lens, names)}
    if verdict is not None:
        lines["verdict"] = str(verdict).split("\n")
    lines["score"] = _scored(lens, X)
    if secret is not None:
        lines["secret"] = _compared(lens, secret)
    return lines


def _scored(lens, X):
    plain = copy.copy(lens)
    plain.group_conv_matrix_ = np.eye(X.shape[1] // lens._n_channels)
    steps, along = ((1, 1), "along both axes ") if on_grid(lens) else (1, "")
    try:
        score, before = lens.score(X), plain.score(X)
        error = equivariance_error(lens, X, steps=steps)
    except ValueError as error:  # such as of a recording that ends in silence
        return [f"none: of the {len(X)} samples kept aside, {error}"]
    return [
        f"{score:.3f} on {len(X)} samples kept aside (the columns as given: "
        f"{before:.3f}; greater is better)",
        f"one step of the samples {along}moves what the lens sees by one position, relative error "
        f"{error:.0e} (checks the lens, not the data)",
    ]


def _compared(lens, secret):
    cosine = generator_similarity(lens.generator_, secret.generator)
    size = " x ".join(map(str, secret.generator.shape))
    return [
        f"{cosine:.5f} cosine between the generator found and the hidden one (1 is perfect)",
        f"the generator is one step, as a matrix ({size}); the hidden one shifts by one pixel",
    ]


def draw_report(lens, X, title, *, subtitle="", secret=None, verdict=None, names=None):
    """One figure: samples before and after, what the lens found, and how far to trust it.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
        Samples the lens was not fitted on; a few are drawn.
    title, subtitle : str
    secret : Bunch or None
        The truth where it is known: ``generator``, and ``basis``, with which ``X @ basis`` are the
        original samples. Without it, the figure is a
        :class:`~sklearn_symmetry.inspection.SummaryDisplay`; of a lattice of one channel a
        :class:`~sklearn_symmetry.inspection.LatticeDisplay`.
    verdict : Verdict or None
        Drawn where there is no secret.
    names : sequence of str or None
        Names of the columns.

    Returns
    -------
    figure : matplotlib Figure
    """
    if secret is None and on_grid(lens) and lens._n_channels == 1:
        said = "" if verdict is None else f"\n{verdict.headline}"
        display = LatticeDisplay.from_estimator(lens, telling_patches(lens, X), title=title + said)
        return display.figure_
    if secret is None:
        from matplotlib.figure import Figure

        display = SummaryDisplay.from_estimator(
            lens, X, verdict=verdict, title=title, feature_names=names, figure=Figure()
        )
        return display.figure_
    return _draw_revealed(lens, X, title, subtitle, secret, names)


def _draw_revealed(lens, X, title, subtitle, secret, names):
    """With the originals and the hidden generator, in the order found."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    samples = telling_samples(lens, X)
    with rc_context(FONTS):
        figure = Figure(figsize=(14, 10.6), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
        figure.suptitle(plain_text(title), fontsize=18, fontweight="bold")
        figure.supxlabel(_caption(lens, samples, secret), fontsize=12, color="0.3")
        above, below = figure.subfigures(2, 1)
        above.suptitle(plain_text(subtitle), fontsize=13, color="0.3")
        _draw_samples(above, lens, samples, secret, names)
        axes = below.subplots(1, 3)
        image = _draw_matrices(axes[:2], lens, names)
        GeneratorDisplay.from_estimator(
            lens, generator=secret.generator, frame="powers", ax=axes[2], colorbar=False, **MATRIX
        )
        axes[2].set_title("Hidden generator, in the order found")
        below.colorbar(image, ax=axes, shrink=0.85, aspect=30, pad=0.01, ticks=[-1, 0, 1])
    return figure


def _caption(lens, samples, secret):
    """How to read the figure."""
    sign, direction = convention(lens.transform(samples), samples @ secret.basis)
    changes = ["mirrored"] * (direction < 0) + ["with their sign changed"] * (sign < 0)
    shown = f"shown {' and '.join(changes)} to match" if changes else "shown as they are"
    return (
        "Above: a row is a sample, the same in every picture; sorted by where the lens sees it.\n"
        f"Left or right, plus or minus: samples cannot tell. The originals are {shown}.\n"
        "Below: what the lens found, and a test of it. If the lens is right, the last picture is "
        "one clean line beside the diagonal."
    )


def _draw_samples(figure, lens, samples, secret, names):
    axes = figure.subplots(1, 3)
    display = RepresentationDisplay.from_estimator(lens, samples, basis=secret.basis, ax=axes)
    label_columns(display.axes_["given"].xaxis, names)
    display.axes_["given"].set(title="Samples as the lens got them", ylabel="one sample a row")
    display.axes_["found"].set_title("The same samples through the lens")
    display.axes_["truth"].set_title("The originals, never shown to the lens")


def _draw_matrices(axes, lens, names):
    display = GeneratorDisplay(lens.generator_, frame="features", feature_names=names)
    display.plot(ax=axes[0], colorbar=False, **MATRIX)
    axes[0].set_title("Generator found: one step")
    matrix_image(axes[1], lens.group_conv_matrix_, **MATRIX)
    label_columns(axes[1].xaxis, names)
    axes[1].set(title="Group convolution matrix", xlabel="feature", ylabel="position found")
    return display.image_
