# SPDX-License-Identifier: BSD-3-Clause
"""Scores that grant a method the member of the group that suits it best (appendix D)."""

import numpy as np
from scipy.linalg import expm
from scipy.optimize import minimize_scalar
from sklearn.utils import check_array

from ..core.group import cosine

__all__ = ["flow_similarity", "group_similarity"]

# Multiples are tried up to this phase of the fastest mode, in steps of this phase.
LARGEST_PHASE = 4 * np.pi
PHASE_STEP = np.pi / 40
# A flow that grows by more than this exponent is nowhere near a rotation.
LARGEST_GROWTH = 20.0


def group_similarity(generator, target):
    """Cosine similarity to the closest power of a known generator, but the identity.

    For methods that find some element of the group, such as
    :class:`~sklearn_symmetry.baselines.SymmetryGAN`.

    Parameters
    ----------
    generator : array-like of shape (d, d)
    target : array-like of shape (d, d)
        Known minimal generator: the cyclic shift in the basis of the samples, or the open one,
        whose powers move by up to ``d - 1`` components. Its transpose stands for the power -1.

    Returns
    -------
    similarity : float
        Between -1 and 1. An orthogonal `generator` can reach ``sqrt((d - s) / d)`` against the
        open shift by s, which carries s components out of the window.
    power : int
        Which power that is.

    References
    ----------
    Efe, O. and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and Density
    Preservation", Symmetry 17(3):425, 2025, appendix D.

    Examples
    --------
    >>> import numpy as np
    >>> shift = np.roll(np.eye(7), 1, axis=1)
    >>> group_similarity(shift @ shift @ shift, shift)
    (1.0, 3)
    """
    generator, target = _square_pair(generator, target)
    best, power = (-np.inf, 0), np.eye(len(target))
    for exponent in range(1, len(target)):
        power = power @ target
        for matrix, signed in ((power, exponent), (power.T, -exponent)):
            best = max(best, (cosine(generator, matrix), signed), key=lambda found: found[0])
    return best


def flow_similarity(lie_algebra, target):
    """Cosine similarity of the best member of a flow, ``max_a cos(expm(a L), target)``.

    For methods that find an infinitesimal generator without its unit, such as
    :class:`~sklearn_symmetry.baselines.LieGAN`.

    Parameters
    ----------
    lie_algebra : array-like of shape (d, d)
        L, finite.
    target : array-like of shape (d, d)
        Known minimal generator.

    Returns
    -------
    similarity : float
        Between -1 and 1.
    scale : float
        The best a. Multiples are tried up to two turns of the fastest mode of L, both ways.

    Notes
    -----
    The cyclic shift of an even number d of components has determinant -1, and no flow leads there:
    the best rotation scores ``(d - 2) / d``. A `target` and an L with the one component more of
    ``padded_generator_`` of a lens have no such limit.

    References
    ----------
    Efe, O. and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and Density
    Preservation", Symmetry 17(3):425, 2025, appendix D.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.linalg import logm
    >>> shift = np.roll(np.eye(7), 1, axis=1)
    >>> similarity, scale = flow_similarity(logm(shift).real / 3, shift)
    >>> round(similarity, 6), round(scale, 3)
    (1.0, 3.0)
    """
    lie_algebra, target = _square_pair(lie_algebra, target)
    speed = np.linalg.norm(lie_algebra, 2)
    if speed == 0:
        return cosine(np.eye(len(target)), target), 0.0
    scales = _scales(lie_algebra, speed)
    coarse = [_path_cosines(sign * lie_algebra, target, scales) for sign in (1, -1)]
    direction, index = np.unravel_index(np.argmax(coarse), (2, len(scales)))
    signed = (1, -1)[direction] * lie_algebra
    step = scales[1] - scales[0]
    found = minimize_scalar(
        lambda scale: -cosine(expm(scale * signed), target),
        bounds=(max(scales[index] - step, 0.0), scales[index] + step),
        method="bounded",
        options={"xatol": 1e-6 * step},
    )
    return float(-found.fun), float((1, -1)[direction] * found.x)


def _scales(lie_algebra, speed):
    """Multiples to try: two turns of the fastest mode, unless the flow grows too large."""
    eigenvalues = np.linalg.eigvals(lie_algebra)
    # A nilpotent matrix has no turning mode: its norm takes the place of one.
    fastest = max(np.abs(eigenvalues).max(), speed / 20)
    growth = np.abs(eigenvalues.real).max()
    largest = 1 / max(fastest / LARGEST_PHASE, growth / LARGEST_GROWTH)
    return np.linspace(0.0, largest, int(np.ceil(largest * speed / PHASE_STEP)) + 1)


def _path_cosines(lie_algebra, target, scales):
    """Cosines along a flow, by repeated multiplication with one small step."""
    step, flow, cosines = expm(scales[1] * lie_algebra), np.eye(len(target)), []
    for _ in scales:
        cosines.append(cosine(flow, target))
        flow = flow @ step
    return cosines


def _square_pair(matrix, target):
    matrix = check_array(matrix, dtype=np.float64, input_name="generator")
    target = check_array(target, dtype=np.float64, input_name="target")
    if matrix.shape != target.shape or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"Shapes {matrix.shape} and {target.shape} must be square and equal.")
    return matrix, target
