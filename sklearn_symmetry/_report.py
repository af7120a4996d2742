# SPDX-License-Identifier: BSD-3-Clause
"""Text and picture that tell a person what a fit found."""

import copy

import numpy as np
from sklearn.base import clone

from .inspection import GeneratorDisplay, LossCurveDisplay, RepresentationDisplay
from .inspection._common import label_columns, matrix_image
from .inspection._representation import convention
from .metrics import equivariance_error, generator_similarity

__all__ = ["check_pictures", "column_order", "draw_report", "repeatability", "summary", "verdict"]

# Cosine of the generators of two halves of the samples. Sets with a symmetry reach 0.96 to 1.00,
# sets without one -0.01 to 0.75 (white, Laplace and correlated noise).
REPEATS, ROUGHLY = 0.95, 0.85
SAME_LOSS = 0.02  # nats: starts that close to the best one count as equal
SHOWN = 24
LISTED = 16  # columns of an order that fit on a line
MATRIX = {"vmin": -1, "vmax": 1}
FONTS = {"font.size": 11, "axes.titlesize": 13, "axes.titlepad": 8, "axes.labelsize": 11}


def repeatability(lens, X):
    """Whether two halves of the samples, fitted apart, lead to the same generator.

    Starts that agree on one set of samples may agree on an accident of those samples; separate
    samples share the symmetry only.

    Parameters
    ----------
    lens : SymmetryLens
        Its parameters are used; it is not changed.
    X : ndarray of shape (n, d)
        Samples in no particular order.

    Returns
    -------
    cosine : float
        Between the two generators, in the better direction; 1 when they agree.
    """
    half = len(X) // 2
    first, second = (
        clone(lens).set_params(verbose=0).fit(part).generator_ for part in (X[:half], X[half:])
    )
    return generator_similarity(first, second)


def verdict(repeat):
    """What a value of :func:`repeatability` means, in words."""
    if repeat >= REPEATS:
        return "it repeats"
    if repeat >= ROUGHLY:
        return "it repeats roughly; more samples would help"
    return "it does NOT repeat: no such symmetry here, or too few samples"


def column_order(lens):
    """Columns in the order found, where every position found is one column up to its sign.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.

    Returns
    -------
    order : ndarray of shape (m,) or None
        None when the symmetry mixes columns, and for powers that leave the window.
    """
    weights = np.abs(lens.group_conv_matrix_)
    order = weights.argmax(axis=1)
    share = weights.max(axis=1) / np.maximum(np.linalg.norm(weights, axis=1), 1e-12)
    return order if share.min() > 0.95 and len(set(order)) == len(order) else None


def summary(lens, X, *, secret=None, repeat=None, names=None):
    """Lines of text: what was found, how sure it is, how close to a known truth.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
        Samples the lens was not fitted on.
    secret : Bunch or None
        With ``generator``, the true one.
    repeat : float or None
        From :func:`repeatability`.
    names : sequence of str or None
        Names of the columns.

    Returns
    -------
    lines : list of str
    """
    lines = {"found": _found(lens, names), "sure": _sure(lens, X, repeat)}
    if secret is not None:
        lines["secret"] = _compared(lens, secret)
    return [
        f"{label if number == 0 else '':<10}{line}"
        for label, block in lines.items()
        for number, line in enumerate(block)
    ]


def _found(lens, names):
    state = "converged" if lens.converged_ else "did NOT converge (see max_iter)"
    block = [
        f"a generator on {lens.n_features_in_} columns, seen through {len(lens.powers_)} powers; "
        f"{state} after {lens.n_iter_} iterations"
    ]
    order = column_order(lens)
    if order is not None:
        shown = [str(column if names is None else names[column]) for column in order[:LISTED]]
        rest = ", ..." if len(order) > LISTED else ""
        block.append(f"columns in the order found: {', '.join(shown)}{rest}")
    return block


def _sure(lens, X, repeat):
    block = []
    if repeat is not None:
        block.append(f"{repeat:.4f} cosine between two halves of the samples: {verdict(repeat)}")
    plain = copy.copy(lens)
    plain.group_conv_matrix_ = np.eye(X.shape[1])
    block.append(
        f"score {lens.score(X):.3f} on {len(X)} samples kept aside (the columns as given: "
        f"{plain.score(X):.3f}; greater is better)"
    )
    losses = np.array([candidate["loss"] for candidate in lens.candidates_])
    if len(losses) > 1:
        equal = np.count_nonzero(losses < losses.min() + SAME_LOSS)
        block.append(f"{equal} of {len(losses)} starts ended at the lowest loss")
    block.append(
        "one step moves the representation by one column, relative error "
        f"{equivariance_error(lens, X):.0e} (checks the lens, not the data)"
    )
    return block


def _compared(lens, secret):
    cosine = generator_similarity(lens.generator_, secret.generator)
    size = " x ".join(map(str, secret.generator.shape))
    return [
        f"{cosine:.5f} cosine between the generator found and the hidden one (1 is perfect)",
        f"target: a shift by one pixel, open boundary, hidden like the pixels; crop: {size}",
    ]


def check_pictures():
    """Import what draws, so that a missing package is noticed before the work.

    Raises
    ------
    ImportError
        Naming the extra that brings it.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "a picture needs matplotlib: pip install 'sklearn-symmetry[plot]'"
        ) from error


def draw_report(lens, X, title, *, subtitle="", secret=None, names=None):
    """One figure: samples before and after, generator, group convolution matrix, evidence.

    The evidence is something that is not so by construction: the hidden generator in the order
    found where it is known, else the correlations of the representation.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
        Samples the lens was not fitted on; a few are drawn.
    title, subtitle : str
    secret : Bunch or None
        The truth where it is known: ``generator``, and ``basis``, with which ``X @ basis`` are the
        original samples. Without it, the loss curve is drawn in their place.
    names : sequence of str or None
        Names of the columns.

    Returns
    -------
    figure : matplotlib Figure
    """
    check_pictures()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    samples = telling_samples(lens, X)
    with rc_context(FONTS):
        figure = Figure(figsize=(14, 10.6), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
        figure.suptitle(title, fontsize=18, fontweight="bold")
        figure.supxlabel(_caption(lens, samples, secret), fontsize=12, color="0.3")
        above, below = figure.subfigures(2, 1)
        above.suptitle(subtitle, fontsize=13, color="0.3")
        _draw_samples(above, lens, samples, secret, names)
        axes = below.subplots(1, 3)
        image = _draw_matrices(axes[:2], lens, names)
        _draw_evidence(axes[2], lens, X, secret)
        below.colorbar(image, ax=axes, shrink=0.85, aspect=30, pad=0.01, ticks=[-1, 0, 1])
    return figure


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


def _caption(lens, samples, secret):
    """How to read the figure."""
    lines = [
        "Above: a row is a sample, the same in every picture; sorted by where the lens sees it."
    ]
    if secret is None:
        last = "A symmetry gives every diagonal of the last picture one colour; so may an accident."
    else:
        sign, direction = convention(lens.transform(samples), samples @ secret.basis)
        changes = ["mirrored"] * (direction < 0) + ["with their sign changed"] * (sign < 0)
        shown = f"shown {' and '.join(changes)} to match" if changes else "shown as they are"
        lines.append(
            f"Left or right, plus or minus: samples cannot tell. The originals are {shown}."
        )
        last = "If the lens is right, the last picture is one clean line beside the diagonal."
    lines.append(f"Below: what the lens found, and a test of it. {last}")
    return "\n".join(lines)


def _draw_samples(figure, lens, samples, secret, names):
    axes = figure.subplots(1, 3)
    known = secret is not None
    display = RepresentationDisplay.from_estimator(
        lens, samples, basis=secret.basis if known else None, ax=axes if known else axes[:2]
    )
    label_columns(display.axes_["given"].xaxis, names)
    display.axes_["given"].set(title="Samples as the lens got them", ylabel="one sample a row")
    display.axes_["found"].set_title("The same samples through the lens")
    if known:
        display.axes_["truth"].set_title("The originals, never shown to the lens")
    else:
        LossCurveDisplay.from_estimator(lens, ax=axes[2]).ax_.set_title("Loss and its terms")


def _draw_matrices(axes, lens, names):
    display = GeneratorDisplay(lens.generator_, frame="features", feature_names=names)
    display.plot(ax=axes[0], colorbar=False, **MATRIX)
    axes[0].set_title("Generator found: one step")
    matrix_image(axes[1], lens.group_conv_matrix_, **MATRIX)
    label_columns(axes[1].xaxis, names)
    axes[1].set(title="Group convolution matrix", xlabel="feature", ylabel="position found")
    return display.image_


def _draw_evidence(ax, lens, X, secret):
    if secret is not None:
        GeneratorDisplay.from_estimator(
            lens, generator=secret.generator, frame="powers", ax=ax, colorbar=False, **MATRIX
        )
        ax.set_title("Hidden generator, in the order found")
        return
    matrix_image(ax, _correlations(lens.transform(X)), **MATRIX)
    ax.set(title="Correlations, in the order found", xlabel="position found")
    ax.set_ylabel("position found")


def _correlations(representation):
    centred = representation - representation.mean(axis=0)
    norm = np.linalg.norm(centred, axis=0)
    # Powers that have left the window leave rounding errors: those have no correlation.
    norm = np.maximum(norm, 1e-6 * norm.max(initial=1e-12))
    return centred.T @ centred / np.outer(norm, norm)
