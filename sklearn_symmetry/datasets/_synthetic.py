# SPDX-License-Identifier: BSD-3-Clause
"""Superpositions of local signals at random places (Appendix C.1 of the paper)."""

from numbers import Integral
from typing import Literal

import numpy as np
from sklearn.utils import check_scalar

from .._parameters import check_number
from ._common import (
    BOUNDARIES,
    Seed,
    SymmetricDataset,
    Symmetry,
    check_option,
    check_sizes,
    chunks,
    finish,
    hiding_basis,
    make_rng,
)


def gaussian(offset, width):
    """Normal density of standard deviation `width`, at distance `offset` from its centre."""
    return np.exp(-0.5 * (offset / width) ** 2) / (np.sqrt(2 * np.pi) * width)


def legendre_2_1(offset, length):
    """Associated Legendre function of degree 2, order 1, squeezed into `length` components."""
    angle = _legendre_angle(offset, length)
    return -3 * np.sin(angle) * np.cos(angle)


def legendre_3_1(offset, length):
    """Associated Legendre function of degree 3, order 1, squeezed into `length` components."""
    angle = _legendre_angle(offset, length)
    return -1.5 * (5 * np.sin(angle) ** 2 - 1) * np.cos(angle)


def _legendre_angle(offset, length):
    # Clipped at the ends, where both functions vanish.
    return np.pi / 2 * np.clip(offset / (length / 2), -1, 1)


# Waveforms of each kind, default range of their scale, and how many scales away they still count.
SIGNALS = {
    "gaussian": ((gaussian,), (0.2, 1.0), 6.0),
    "legendre": ((legendre_2_1, legendre_3_1), (6.0, 15.0), 0.5),
}


def make_symmetric_signals(
    n_samples: int = 1000,
    n_features: int = 33,
    *,
    signal: str = "gaussian",
    symmetry: Symmetry = "translation",
    boundary: Literal["open", "circulant"] = "open",
    scale: tuple[float, float] | None = None,
    amplitude: tuple[float, float] = (0.5, 1.5),
    n_slots: int = 5,
    occupancy: float = 0.5,
    noise: float = 0.05,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Make samples with a known hidden symmetry.

    Each sample is a sum of a few local signals of random place, size and height, so that the set
    is symmetric under translation; it is divided by one standard deviation, noise is added, and
    an orthogonal matrix hides the translation. Sets 1, 2 and 4 to 9 of the paper's Table 3 are
    special cases.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of samples.
    n_features : int, default=33
        Number of components of a sample, 2 or more.
    signal : {"gaussian", "legendre"}, default="gaussian"
        Kind of local signal. ``"gaussian"`` is a normal density of standard deviation `scale`;
        ``"legendre"`` mixes the associated Legendre functions of (degree, order) = (2, 1) and
        (3, 1), of sine of an angle that runs from -pi/2 to pi/2 over `scale` components.
    symmetry : {"translation", "permutation", "frequency", "orthogonal"} or array-like of shape \
            (n_features, n_features), default="translation"
        What the translation is turned into, see :func:`hiding_basis`.
    boundary : {"open", "circulant"}, default="open"
        With ``"open"`` signals enter and leave at the ends; with ``"circulant"`` component
        ``n_features - 1`` is a neighbour of component 0 and signals wrap around.
    scale : tuple (low, high) or None, default=None
        Range of the size of a signal, in components, drawn uniformly. ``None`` means
        ``(0.2, 1.0)`` for Gaussian widths and ``(6, 15)`` for Legendre lengths.
    amplitude : tuple (low, high), default=(0.5, 1.5)
        Range of the height of a signal, drawn uniformly, before the set is scaled.
    n_slots : int, default=5
        Largest number of local signals of one kind in a sample.
    occupancy : float, default=0.5
        Probability that a slot holds a signal, in (0, 1]. The number of signals in a sample is
        Binomial(`n_slots`, `occupancy`); each of the two Legendre functions gets half of it,
        Binomial(`n_slots`, `occupancy` / 2).
    noise : float, default=0.05
        Standard deviation of the white noise, in units of the standard deviation of the set.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed. The same seed gives the same signals and noise whatever the symmetry. The global
        random state is never used: ``None`` takes fresh entropy from the operating system.

    Returns
    -------
    dataset : SymmetricDataset
        ``data`` (n_samples, n_features), ``generator`` and ``basis`` (n_features, n_features),
        ``boundary``, and ``signal``, the samples before they were hidden.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range; the message names all three.

    Notes
    -----
    With an open boundary centres are uniform over twice the window, around its middle. The set is
    stationary up to the edges as long as a signal reaches no further than ``n_features / 2`` from
    its centre; with longer signals (Legendre ones in less than 15 components) `generator` holds
    in the middle of the window only.

    A few samples hold no signal at all, only noise, as in the paper.

    References
    ----------
    Efe, O. and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and Density
    Preservation", Symmetry 17(3):425, 2025, Appendix C.1 and Table 3.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> dataset = make_symmetric_signals(100, 9, symmetry="orthogonal", random_state=0)
    >>> dataset.data.shape, dataset.generator.shape
    ((100, 9), (9, 9))
    """
    check_sizes(n_samples, n_features, noise)
    check_option(signal, "signal", tuple(SIGNALS))
    check_option(boundary, "boundary", BOUNDARIES)
    check_scalar(n_slots, "n_slots", Integral, min_val=1)
    check_number(occupancy, "occupancy", min_val=0, max_val=1, include_boundaries="right")
    waveforms, default_scale, reach = SIGNALS[signal]
    scale = _check_range(default_scale if scale is None else scale, "scale", above_zero=True)
    amplitude = _check_range(amplitude, "amplitude", above_zero=False)

    rng = make_rng(random_state)
    # Its own stream: the signals of a seed do not depend on how they are hidden.
    basis = hiding_basis(n_features, symmetry, rng.spawn(1)[0])
    if boundary == "circulant":
        waveforms = [_wrapped(wave, n_features, reach * scale[1]) for wave in waveforms]
    natural = np.zeros((n_samples, n_features))
    for rows in chunks(n_samples):
        for wave in waveforms:
            active = rng.random((len(natural[rows]), n_slots)) < occupancy / len(waveforms)
            _add_signals(natural[rows], active, wave, boundary, scale, amplitude, rng)
    return finish(natural, basis, boundary=boundary, noise=noise, rng=rng)


def _check_range(value, name, *, above_zero):
    """Return ``(low, high)`` as floats, or raise."""
    rule = "0 < low <= high" if above_zero else "low <= high"
    try:
        low, high = (float(bound) for bound in value)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite(low) and np.isfinite(high) and low <= high and (low > 0 or not above_zero)):
        raise ValueError(f"{name} == {value!r}, must be a pair (low, high) of numbers with {rule}.")
    return low, high


def _wrapped(wave, period, reach):
    """The waveform summed over its periodic images, so that it closes on itself."""
    n_images = int(np.ceil(max(reach / period - 0.5, 0)))

    def periodic(offset, scale):
        nearest = (offset + period / 2) % period - period / 2
        images = range(-n_images, n_images + 1)
        return sum(wave(nearest + image * period, scale) for image in images)

    return periodic


def _add_signals(natural, active, wave, boundary, scale, amplitude, rng):
    """Add one local signal to `natural`, in place, for each True in `active` (row, slot)."""
    n_features = natural.shape[1]
    middle = (n_features - 1) / 2
    # Twice the window when it is open, so that tails of outside signals enter; once when cyclic.
    span = n_features / 2 if boundary == "circulant" else n_features
    position = np.arange(n_features)
    for slot in active.T:
        rows = np.flatnonzero(slot)
        column = (len(rows), 1)
        centre = middle + rng.uniform(-span, span, column)
        height = rng.uniform(*amplitude, column)
        natural[rows] += height * wave(position - centre, rng.uniform(*scale, column))
