# SPDX-License-Identifier: BSD-3-Clause
"""How close a learned symmetry is to a known one, and how exactly a lens is equivariant."""

import itertools
from numbers import Integral
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_scalar

from ._channels import split_channels
from ._orders import OrderComparison, compare_orders
from .core.grid import Grid
from .core.group import above_noise, cosine, similarity
from .core.rotation import crop_matrix

if TYPE_CHECKING:
    from ._lens import SymmetryLens

__all__ = [
    "OrderComparison",
    "compare_orders",
    "displacement_share",
    "equivariance_error",
    "generator_similarity",
    "matched",
]


def generator_similarity(
    generator: ArrayLike,
    target: ArrayLike,
    *,
    boundary: Literal["open", "circulant"] = "open",
    X: ArrayLike | None = None,
) -> float:
    """Cosine similarity of a learned generator and a known one.

    ``<A, B> / (|A| |B|)`` with Frobenius products and norms, for `target` or its transpose,
    whichever is closer: the direction of a symmetry is a convention.

    Parameters
    ----------
    generator : array-like of shape (n, n) or (k, n, n)
        Learned generator. With an open boundary a padded one (``padded_generator_`` of a lens)
        is cropped centrally to the shape of `target`. Of several commuting ones, ``generators_``,
        the worst one counts, in the order of the axes that fits best; these are not cropped, and
        `boundary` says nothing.
    target : array-like of shape (n_features, n_features) or (k, n_features, n_features)
        Known generator, ``generator`` of a set of :mod:`sklearn_symmetry.datasets`; or known
        generators, ``generators`` of a set on a lattice.
    boundary : {"open", "circulant"}, default="open"
        Which symmetry `target` stands for. ``"circulant"`` asks for what makes that comparison
        fair: a `target` that is orthogonal, the hidden cyclic shift, and a `generator` of the same
        shape, which is not cropped; or, for an even number of features, with the one component
        more of ``padded_generator_``, which is left out.
    X : array-like of shape (n_samples, n_features), optional
        Samples: the similarity above their noise. Directions in which there is nothing but noise
        say nothing about the symmetry and are determined by nothing; here they do not count.

    Returns
    -------
    similarity : float
        Between -1 and 1, 1 when the two agree up to a positive factor.

    Raises
    ------
    ValueError
        If a matrix is not square, not finite or zero, if the shapes cannot be reconciled, or if
        `boundary` is unknown or contradicts `target`.

    Notes
    -----
    What is compared decides what a perfect score is, so a published number should name its target
    and its crop. For ``d`` components:

    - the open target ``eye(d, k=1)`` has ``d - 1`` ones, the cyclic shift ``d``: a perfect cyclic
      shift scores ``sqrt((d - 1) / d)`` against the open target (0.926 at ``d = 7``);
    - a generator learned with an open boundary is orthogonal in its padded space and only its
      central crop means something, so it is the crop that is compared to the open target;
    - above the noise it is ``D A`` and ``D B`` that are compared, with a row of D for every
      principal axis v of the samples, ``sqrt(1 - floor / variance) v``; the floor is the mean
      variance of the lowest tenth of the axes. Of white noise all axes count alike;
    - a generator learned with a circulant boundary has no padding: score it whole, against the
      cyclic shift. For even ``d`` that shift has determinant -1: the exponential of an
      antisymmetric ``d x d`` matrix is at most ``(d - 2) / d`` close to it, and reaches it with one
      component more, as ``padded_generator_`` of a lens has it.

    References
    ----------
    Efe, O. and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and Density
    Preservation", Symmetry 17(3):425, 2025, section 5.1 and Table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_symmetry.metrics import generator_similarity
    >>> shift = np.eye(7, k=1)
    >>> generator_similarity(2 * shift.T, shift)
    1.0
    >>> round(generator_similarity(np.roll(np.eye(7), 1, axis=1), shift), 3)
    0.926
    """
    _check_boundary(boundary)
    if np.ndim(generator) == 3 or np.ndim(target) == 3:
        return _similarity_of_axes(generator, target, X)
    generator, target = _check_pair(generator, target, boundary)
    if X is None:
        return similarity(generator, target)
    loud = _loud(_check_samples(X, target))
    return max(cosine(loud @ generator, loud @ way) for way in (target, target.T))


def _similarity_of_axes(generators, targets, X):
    """The worst axis, in the best order of the axes; boundaries are open or those of the target."""
    generators, targets = (
        check_array(part, dtype=np.float64, input_name=name, allow_nd=True)
        for part, name in ((generators, "generator"), (targets, "target"))
    )
    if generators.ndim != 3 or generators.shape != targets.shape:
        raise ValueError(
            f"generator has shape {generators.shape} and target {targets.shape}: of several axes "
            "both must be (k, n_features, n_features), one matrix for each."
        )

    def value(one, other):
        return generator_similarity(one, other, X=X)

    return max(
        min(value(generators[axis], target) for axis, target in zip(order, targets, strict=True))
        for order in itertools.permutations(range(len(generators)))
    )


def matched(generators: ArrayLike, targets: ArrayLike) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of generators of one axis, in the order and direction of the axes that fits best.

    Parameters
    ----------
    generators, targets : ndarray of shape (d, d) or (k, d, d)

    Returns
    -------
    pairs : list of tuple of two ndarray of shape (d, d)
        A generator, and the target it goes with, in its direction.

    Raises
    ------
    ValueError
        If there are not as many of one size.
    """
    generators, targets = (
        np.reshape(part, (-1, *np.shape(part)[-2:])) for part in (generators, targets)
    )
    if generators.shape != targets.shape:
        raise ValueError(
            f"generators has shape {generators.shape} and targets {targets.shape}, must be alike."
        )

    def pairs(order):
        found = []
        for one, axis in zip(generators, order, strict=True):
            other = targets[axis]
            forwards = np.vdot(one, other) >= np.vdot(one, other.T)
            found.append((one, other if forwards else other.T))
        return found

    orders = itertools.permutations(range(len(targets)))
    return max(map(pairs, orders), key=lambda found: min(cosine(*pair) for pair in found))


def displacement_share(
    generator: ArrayLike,
    target: ArrayLike,
    X: ArrayLike,
    *,
    boundary: Literal["open", "circulant"] = "open",
) -> float:
    """Share of what one step displaces in samples that a learned generator predicts.

    ``1 - E|x G - x T|**2 / E|x T - x|**2`` over the components that a step moves within the
    window: 1 where the learned step is the true one for such samples, 0 where to leave the
    samples as they are would be as good. A cosine weighs all directions alike, this one by what
    is there.

    Parameters
    ----------
    generator : array-like of shape (n, n)
        Learned generator, cropped as in :func:`generator_similarity`.
    target : array-like of shape (n_features, n_features)
        Known generator, which moves some orthonormal vectors to others: `generator` of a set of
        :mod:`sklearn_symmetry.datasets`. Of it and its transpose the closer one counts.
    X : array-like of shape (n_samples, n_features)
        Samples.
    boundary : {"open", "circulant"}, default="open"
        See :func:`generator_similarity`.

    Returns
    -------
    share : float
        At most 1.

    Raises
    ------
    ValueError
        As :func:`generator_similarity`, and if `X` does not fit or does not move at all.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_symmetry.metrics import displacement_share
    >>> X = np.random.default_rng(0).normal(size=(10, 7))
    >>> shift = np.eye(7, k=1)
    >>> displacement_share(shift, shift, X), displacement_share(np.eye(7), shift, X)
    (1.0, 0.0)
    """
    generator, target = _check_pair(generator, target, boundary)
    X = _check_samples(X, target)
    target = max((target, target.T), key=lambda way: cosine(generator, way))
    within = target.T @ target  # projects on what a step moves to
    moved = np.square((X @ target - X) @ within).sum()
    if moved == 0:
        raise ValueError("X does not change under target: the share of nothing is undefined.")
    return float(1 - np.square((X @ generator - X @ target) @ within).sum() / moved)


def _check_samples(X, target):
    X = check_array(X, dtype=np.float64, input_name="X")
    if X.shape[1] != len(target):
        raise ValueError(f"X has {X.shape[1]} columns, must have {len(target)}, as target has.")
    return X


def _loud(X):
    """Principal axes as rows, times the root of the share of their variance above the noise."""
    centred = X - X.mean(0)
    variance, axes = np.linalg.eigh(centred.T @ centred / len(X))
    tiny = np.finfo(float).tiny
    share = above_noise(np.maximum(variance[::-1], max(tiny, 1e-12 * variance[-1])))
    return np.sqrt(share)[:, None] * axes.T[::-1]


def _check_pair(generator, target, boundary):
    """Both as square matrices of one shape, neither of them zero."""
    _check_boundary(boundary)
    generator = _check_square(generator, "generator")
    target = _check_square(target, "target")
    if boundary == "open":
        generator = _central_crop(generator, len(target))
    else:
        generator = _circulant_crop(generator, target)
    if np.linalg.norm(generator) * np.linalg.norm(target) == 0:
        raise ValueError("generator and target must not be zero: the angle to zero is undefined.")
    return generator, target


def _check_boundary(boundary):
    if boundary not in ("open", "circulant"):
        raise ValueError(f"boundary == {boundary!r}, must be one of 'open', 'circulant'.")


def _check_square(matrix, name):
    matrix = check_array(matrix, dtype=np.float64, input_name=name)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} has shape {matrix.shape}, must be square.")
    return matrix


def _central_crop(generator, n_features):
    if len(generator) < n_features or (len(generator) - n_features) % 2:
        raise ValueError(
            f"generator has shape {generator.shape}, must be the shape of target, "
            f"{(n_features, n_features)}, or larger by the same padding on each side."
        )
    return crop_matrix(generator, n_features)


def _circulant_crop(generator, target):
    """The generator without what an even ring has more, of a target that is checked."""
    n_features = len(target)
    if len(generator) not in (n_features, Grid.ring(n_features).padded_size(0)):
        raise ValueError(
            f"generator has shape {generator.shape}, must be that of target, {target.shape}, when "
            "boundary == 'circulant': there is no padding to crop."
        )
    defect = np.abs(target @ target.T - np.eye(len(target))).max()
    if defect > 1e-5:
        raise ValueError(
            "target must be orthogonal when boundary == 'circulant' (the cyclic shift, hidden or "
            f"not): the largest entry of |target @ target.T - I| is {defect:.2g}, must be "
            "<= 1e-05."
        )
    return crop_matrix(generator, n_features)


def equivariance_error(
    estimator: "SymmetryLens", X: ArrayLike, steps: int = 1, *, margin: int = 0
) -> float:
    """Relative error of "shift, then transform" against "transform, then move the columns".

    A lens turns its symmetry into a plain shift: ``transform(shift(X, steps))`` has the columns of
    ``transform(X)``, moved by `steps` (Appendix B of the paper). Columns that would come from
    outside the window are left out, and the direction, which is a convention of the lens, is the
    better of the two.

    Parameters
    ----------
    estimator : object
        Fitted :class:`~sklearn_symmetry.SymmetryLens`, or anything with ``transform(X)`` and
        ``shift(X, steps)``.
    X : array-like of shape (n_samples, n_features)
        Samples.
    steps : int or tuple of int, default=1
        How far to shift; not 0, and less in absolute value than the number of columns that are
        compared. Of a lens on a lattice one number for each axis, not all of them 0.
    margin : int, default=0
        Number of columns left out at each end, in addition: rows of the group convolution matrix
        near the edge of an open window are cut off, over the width of the filter.

    Returns
    -------
    error : float
        ``|A - B| / |B|`` with Frobenius norms, 0 when the lens is exactly equivariant.

    Raises
    ------
    TypeError, ValueError
        If `steps` or `margin` is of the wrong type or leaves no column to compare, or the
        representation is zero.

    References
    ----------
    Efe, O. and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and Density
    Preservation", Symmetry 17(3):425, 2025, Appendix B, eq. 32.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_symmetry.metrics import equivariance_error
    >>> class Identity:
    ...     def transform(self, X):
    ...         return X
    ...     def shift(self, X, steps=1):
    ...         return X @ np.linalg.matrix_power(np.eye(X.shape[1], k=1), steps)
    >>> equivariance_error(Identity(), np.random.default_rng(0).normal(size=(10, 7)), steps=2)
    0.0
    """
    shape = tuple(getattr(estimator, "grid_shape_", ())) or (None,)
    each = tuple(steps) if isinstance(steps, tuple | list) else (steps,)
    for step in each:
        check_scalar(step, "steps", Integral)
    check_scalar(margin, "margin", Integral, min_val=0)
    if len(each) != len(shape):
        raise ValueError(f"steps == {steps}, must be one number for each of {len(shape)} axes.")
    n_channels = getattr(estimator, "_n_channels", 1)
    before, after = (
        split_channels(np.asarray(estimator.transform(samples), dtype=np.float64), n_channels)
        for samples in (X, estimator.shift(X, steps))
    )
    folded = before.shape[1:] if len(shape) == 1 else shape
    before, after = (part.reshape(-1, *folded) for part in (before, after))
    sizes = [size - 2 * margin for size in folded]
    if min(sizes) < 2:
        raise ValueError(
            f"margin == {margin}, must leave at least 2 of {min(folded)} columns of the "
            f"representation."
        )
    if not any(each) or any(abs(step) >= size for step, size in zip(each, sizes, strict=True)):
        raise ValueError(
            f"steps == {steps}, must not be 0 and must be < {min(sizes)} in absolute value, the "
            f"number of columns of the representation less {margin} (margin) at each end."
        )
    inside = (slice(None), *(slice(margin, margin + size) for size in sizes))
    before, after = before[inside], after[inside]

    def error(directions):
        moves = [int(step) * way for step, way in zip(each, directions, strict=True)]
        ahead = tuple(slice(max(step, 0), min(step, 0) or None) for step in moves)
        behind = tuple(slice(max(-step, 0), min(-step, 0) or None) for step in moves)
        return _relative_error(after[:, *ahead], before[:, *behind])

    return min(map(error, itertools.product((1, -1), repeat=len(each))))


def _relative_error(actual, expected):
    unit = np.abs(expected).max(initial=0.0)  # squares of 1e-200 are zero, of 1e200 infinite
    if unit == 0:
        raise ValueError("The representation of X is zero: its relative error is undefined.")
    actual, expected = actual / unit, expected / unit
    return float(np.linalg.norm(actual - expected) / np.linalg.norm(expected))
