# SPDX-License-Identifier: BSD-3-Clause
"""Text and picture that tell a person what a fit found."""

import os
import tempfile
from pathlib import Path

import numpy as np

from .inspection import GeneratorDisplay, LossCurveDisplay, RepresentationDisplay
from .metrics import equivariance_error, generator_similarity

__all__ = ["draw_report", "summary", "write_atomically"]


def summary(lens, X, secret=None):
    """Lines of text: what was found, how sure it is, how close to a known truth.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
        Samples the lens was not fitted on.
    secret : Bunch or None
        With ``generator``, the true one.

    Returns
    -------
    lines : list of str
    """
    losses = sorted(candidate["loss"] for candidate in lens.candidates_)
    agreeing = sum(loss - losses[0] < 0.02 for loss in losses)
    state = "converged" if lens.converged_ else "did NOT converge"
    lines = [
        f"found      one generator on {lens.n_features_in_} features, "
        f"{len(lens.powers_)} powers; {state} after {lens.n_iter_} iterations",
        f"sure       {agreeing} of {len(losses)} starts reached the best loss (within 0.02 nats)",
        f"           score on held-out samples {lens.score(X):.4f}",
        f"           shifting a sample moves its representation by one column up to "
        f"{equivariance_error(lens, X):.1e} (relative, away from the edges)",
    ]
    if secret is not None:
        cosine = generator_similarity(lens.generator_, secret.generator)
        lines.append(
            f"secret     cosine {cosine:.5f} between the generator found and the hidden one "
            f"(open boundary, {lens.n_features_in_} x {lens.n_features_in_} crop)"
        )
    return lines


def draw_report(lens, X, title, original=None):
    """One figure: samples before and after, generator, group convolution matrix, loss.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
        A few samples.
    title : str
    original : ndarray of shape (n, d) or None
        The same samples before they were mixed, where that is known.

    Returns
    -------
    figure : matplotlib Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 8), layout="constrained")
    figure.suptitle(title, fontsize=15)
    above, below = figure.subfigures(2, 1)
    known = original is not None
    axes = above.subplots(1, 3 if known else 2)
    RepresentationDisplay(X, label="column, as given").plot(axes[0], color="tab:red")
    axes[0].set_title("samples as given: no visible structure")
    recovered = lens.transform(X)
    RepresentationDisplay(recovered, label="position found").plot(axes[1])
    axes[1].set_title("the same samples through the lens")
    if known:
        flipped = _aligned(original, recovered)
        RepresentationDisplay(flipped, label="true position").plot(axes[2], color="0.35")
        axes[2].set_title("the originals, never shown to the lens")
    axes = below.subplots(1, 4)
    GeneratorDisplay.from_estimator(lens, ax=axes[0])
    axes[0].set_title("generator, in the columns given")
    display = GeneratorDisplay.from_estimator(lens, frame="powers", ax=axes[1])
    axes[1].set_title("generator, in the order found")
    figure.colorbar(display.image_, ax=axes[1], shrink=0.7)
    image = GeneratorDisplay(lens.group_conv_matrix_, frame="features").plot(axes[2])
    image.ax_.set(title="group convolution matrix", ylabel="position found")
    LossCurveDisplay.from_estimator(lens, ax=axes[3])
    axes[3].set_title("refinement")
    return figure


def _aligned(original, recovered):
    """Originals in the direction and sign that fit the recovered samples (both conventions)."""
    if original.shape != recovered.shape:
        return original
    versions = [sign * original[:, ::way] for sign in (1, -1) for way in (1, -1)]
    return max(versions, key=lambda version: np.sum(version * recovered))


def write_atomically(path, write):
    """Call ``write(temporary path)`` and move the result into place: never half a file."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(handle)
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
