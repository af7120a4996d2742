# SPDX-License-Identifier: BSD-3-Clause
"""Fields on a lattice or a torus, and patches of real images: two commuting translations."""

from math import prod
from numbers import Integral
from os import PathLike
from typing import Literal

import numpy as np
from sklearn.utils import check_scalar

from .._parameters import check_number
from ..core.grid import Grid
from ..core.sines import sine_basis
from ._common import (
    BOUNDARIES,
    Seed,
    SymmetricDataset,
    Symmetry,
    check_option,
    chunks,
    finish,
    hiding_basis,
    make_rng,
)
from ._real import _fetch_mnist, _grey_photos, _read_idx_images
from ._synthetic import _check_range

FIELDS = ("blobs", "smooth", "ising")
# Steps of the Ising model from random spins, and its inverse temperature, a little above critical:
# domains of a few positions, of either sign.
SWEEPS, COUPLING = 20, 0.4


def make_symmetric_fields(
    n_samples: int = 1000,
    shape: tuple[int, int] = (7, 7),
    *,
    field: Literal["blobs", "smooth", "ising"] = "blobs",
    symmetry: Symmetry = "translation",
    boundary: str | tuple[str, str] = "open",
    scale: float | tuple[float, float] | None = None,
    amplitude: tuple[float, float] = (0.5, 1.5),
    n_slots: int = 20,
    occupancy: float = 0.5,
    noise: float = 0.05,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Make fields on a lattice with two known commuting symmetries.

    The two-dimensional counterpart of :func:`make_symmetric_signals`: the set is symmetric under
    translation along rows and along columns, is divided by one standard deviation, noise is added,
    and an orthogonal matrix hides both.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of samples.
    shape : tuple (h, w), default=(7, 7)
        Rows and columns, 2 or more each; a sample has ``h * w`` components, row after row.
    field : {"blobs", "smooth", "ising"}, default="blobs"
        ``"blobs"``: a sum of a few Gaussian blobs of random place, width and height.
        ``"smooth"``: white noise, smoothed by a Gaussian, with every value z replaced by its cube:
        Gaussian fields themselves hide their symmetry perfectly.
        ``"ising"``: spins of either sign that resemble their neighbours, after 20 sweeps of the
        Ising model from random spins.
    symmetry : {"translation", "permutation", "frequency", "orthogonal"} or array-like of shape \
            (h * w, h * w), default="translation"
        How the translations are hidden, see :func:`hiding_basis`; ``"frequency"``: by the product
        of the sine transforms of both axes.
    boundary : {"open", "circulant"} or tuple of two of them, default="open"
        Of both axes, or of each: on a circulant one the last position is a neighbour of the first.
    scale : tuple (low, high), float or None, default=None
        Of blobs, the range of their standard deviation; None: ``(0.5, 1.5)``. Of smooth fields the
        standard deviation of the Gaussian; None: 1. Not for spins.
    amplitude : tuple (low, high), default=(0.5, 1.5)
        Range of the height of a blob, before the set is scaled.
    n_slots : int, default=20
        Largest number of blobs, over twice the window along an open axis.
    occupancy : float, default=0.5
        Probability that there is a blob in a slot, in (0, 1].
    noise : float, default=0.05
        Standard deviation of the white noise, in units of the standard deviation of the set.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed. The same seed gives the same fields whatever the symmetry. The global random state is
        never used: ``None`` takes fresh entropy from the operating system.

    Returns
    -------
    dataset : SymmetricDataset
        ``data`` (n_samples, d), ``generators`` (2, d, d), ``generator``, the first of them,
        ``basis`` (d, d), ``boundary``, ``grid_shape``, and ``signal``, the fields before they were
        hidden.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range; the message names all three.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import make_symmetric_fields
    >>> dataset = make_symmetric_fields(100, (4, 5), symmetry="orthogonal", random_state=0)
    >>> dataset.data.shape, dataset.generators.shape
    ((100, 20), (2, 20, 20))
    """
    shape = _check_sizes(n_samples, shape, noise)
    check_option(field, "field", FIELDS)
    grid = _grid(shape, boundary)
    check_scalar(n_slots, "n_slots", Integral, min_val=1)
    check_number(occupancy, "occupancy", min_val=0, max_val=1, include_boundaries="right")
    amplitude = _check_range(amplitude, "amplitude", above_zero=False)
    if field == "blobs":
        scale = _check_range((0.5, 1.5) if scale is None else scale, "scale", above_zero=True)
    elif scale is not None:
        if field == "ising":
            raise ValueError(f"scale == {scale!r}, must be None for field='ising', which has none.")
        check_number(scale, "scale", min_val=0, include_boundaries="neither")
    rng = make_rng(random_state)
    # Its own stream: the fields of a seed do not depend on how they are hidden.
    basis = _basis(shape, symmetry, rng.spawn(1)[0])
    natural = np.empty((n_samples, grid.size))
    for rows in chunks(n_samples):
        count = len(natural[rows])
        if field == "blobs":
            active = rng.random((count, n_slots)) < occupancy
            made = _blobs(active, grid, scale, amplitude, rng)
        elif field == "smooth":
            made = _smooth(count, grid, 1.0 if scale is None else float(scale), rng)
        else:
            made = _spins(count, grid, rng)
        natural[rows] = made.reshape(count, -1)
    return finish(natural, basis, boundary=grid.boundary, noise=noise, rng=rng, grid=grid)


def load_digit_patches(
    n_samples: int = 1000,
    shape: tuple[int, int] = (5, 5),
    *,
    symmetry: Symmetry = "translation",
    noise: float = 0.05,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Cut patches from the handwritten digits that ship with scikit-learn.

    A random 8 x 8 image is surrounded by as many blank pixels as the patch is large, and a patch is
    taken at a uniformly random place. Blank ones are dropped, the set is divided by one standard
    deviation, and a little noise is added. Nothing is downloaded.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of patches, drawn with replacement from 1797 images.
    shape : tuple (h, w), default=(5, 5)
        Pixels of a patch, 2 or more along each axis. Beyond (8, 8) the digits move as a whole.
    symmetry : {"translation", "permutation", "frequency", "orthogonal"}, array-like of shape \
            (h * w, h * w) or None, default="translation"
        How the translations are hidden, see :func:`make_symmetric_fields`; not at all by default.
    noise : float, default=0.05
        Standard deviation of the white noise, in units of the standard deviation of the set.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed. The same seed gives the same patches whatever the symmetry.

    Returns
    -------
    dataset : SymmetricDataset
        See :func:`make_symmetric_fields`; the boundary is open.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range; the message names all three.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import load_digit_patches
    >>> load_digit_patches(200, (5, 5), symmetry="permutation", random_state=0).data.shape
    (200, 25)
    """
    from sklearn.datasets import load_digits

    shape = _check_sizes(n_samples, shape, noise)
    images = load_digits().images
    return _patch_set(images, n_samples, shape, shape, symmetry, noise, random_state)


def load_mnist_patches(
    n_samples: int = 1000,
    shape: tuple[int, int] = (7, 7),
    *,
    path: str | PathLike | None = None,
    data_home: str | PathLike | None = None,
    symmetry: Symmetry = "translation",
    noise: float = 0.05,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Cut patches from the MNIST digits, surrounded by as many blank pixels as a patch is large.

    Blank patches are dropped, the set is divided by one standard deviation, and a little noise is
    added.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of patches, drawn with replacement.
    shape : tuple (h, w), default=(7, 7)
        Pixels of a patch, 2 or more along each axis.
    path : str, path-like or None, default=None
        Image file in the IDX format, see :func:`load_mnist_slices`; None downloads the images.
    data_home : str, path-like or None, default=None
        Where :func:`sklearn.datasets.fetch_openml` keeps the download; not used with `path`.
    symmetry : str, array-like or None, default="translation"
        What hides the pixels; see :func:`load_digit_patches`.
    noise : float, default=0.05
        Standard deviation of the noise that is added.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed of patches, noise and hiding.

    Returns
    -------
    dataset : SymmetricDataset
        See :func:`make_symmetric_fields`; the boundary is open.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range, or the file at `path` does not
        hold 28 x 28 images in the IDX format.
    OSError
        If the file at `path` cannot be read, or the download fails.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import load_mnist_patches
    >>> load_mnist_patches(50, (7, 7), random_state=0).data.shape  # doctest: +SKIP
    (50, 49)
    """
    shape = _check_sizes(n_samples, shape, noise)
    images = _fetch_mnist(data_home) if path is None else _read_idx_images(path)
    return _patch_set(images, n_samples, shape, shape, symmetry, noise, random_state)


def load_photo_patches(
    n_samples: int = 1000,
    shape: tuple[int, int] = (5, 5),
    *,
    symmetry: Symmetry = "translation",
    noise: float = 0.02,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Cut patches from the two photographs that ship with scikit-learn.

    The hard case: smooth patches whose contrast varies from one to the next. They are taken at
    uniformly random places of the grey-level images of a temple and a flower. The mean grey level
    is subtracted, one number for the whole set; it is divided by one standard deviation, and a
    little noise is added. Nothing is downloaded.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of patches, drawn with replacement.
    shape : tuple (h, w), default=(5, 5)
        Pixels of a patch, 2 to 427 rows and 2 to 640 columns.
    symmetry : str, array-like or None, default="translation"
        What hides the pixels; see :func:`load_digit_patches`.
    noise : float, default=0.02
        Standard deviation of the noise that is added.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed of patches, noise and hiding.

    Returns
    -------
    dataset : SymmetricDataset
        See :func:`make_symmetric_fields`; the boundary is open.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range; the message names all three.
    ImportError
        If pillow, which decodes the photographs, is not installed.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import load_photo_patches
    >>> load_photo_patches(50, (5, 5), random_state=0).data.shape  # doctest: +SKIP
    (50, 25)
    """
    shape = _check_sizes(n_samples, shape, noise, largest=(427, 640))
    images = _grey_photos("load_photo_patches")
    return _patch_set(images, n_samples, shape, (0, 0), symmetry, noise, random_state)


def _check_sizes(n_samples, shape, noise, largest=(None, None)):
    check_scalar(n_samples, "n_samples", Integral, min_val=1)
    check_number(noise, "noise", min_val=0)
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise ValueError(f"shape == {shape!r}, must be a pair (h, w) of integers.")
    for size, most in zip(shape, largest, strict=True):
        check_scalar(size, "shape", Integral, min_val=2, max_val=most)
    return tuple(int(size) for size in shape)


def _grid(shape, boundary):
    names = (boundary,) * 2 if isinstance(boundary, str) else boundary
    if not isinstance(names, tuple | list) or len(names) != 2:
        raise ValueError(f"boundary == {boundary!r}, must be a name or a pair of names.")
    for name in names:
        check_option(name, "boundary", BOUNDARIES)
    return Grid.of(shape, names)


def _basis(shape, symmetry, rng):
    if isinstance(symmetry, str) and symmetry == "frequency":
        symmetry = sine_basis(*shape)
    return hiding_basis(prod(shape), symmetry, rng)


def _blobs(active, grid, scale, amplitude, rng):
    """Products of two bells, summed over slots, shape (n, h, w)."""
    made = np.zeros((len(active), *grid.shape))
    for slot in active.T:
        rows = np.flatnonzero(slot)
        width = rng.uniform(*scale, (len(rows), 1))
        height = rng.uniform(*amplitude, (len(rows), 1))
        first, second = (_bell(size, closed, width, rng) for size, closed in grid.axes)
        made[rows] += (height * first)[:, :, None] * second[:, None, :]
    return made


def _bell(size, closed, width, rng):
    """Along one axis: centres over twice the window, or around it."""
    span = size / 2 if closed else size
    offset = np.arange(size) - (size - 1) / 2 - rng.uniform(-span, span, width.shape)
    if not closed:
        return np.exp(-0.5 * (offset / width) ** 2)
    nearest = (offset + size / 2) % size - size / 2
    return sum(np.exp(-0.5 * ((nearest + turn * size) / width) ** 2) for turn in (-1, 0, 1))


def _smooth(count, grid, scale, rng):
    """Smoothed noise on a torus, or in a window of one three times as large; cubed."""
    sizes = _around(grid, 3)
    first, second = np.fft.fftfreq(sizes[0])[:, None], np.fft.fftfreq(sizes[1])
    gain = np.exp(-2 * (np.pi * scale) ** 2 * (first**2 + second**2))
    gain = gain / np.sqrt(np.mean(gain**2))
    field = np.fft.ifft2(np.fft.fft2(rng.standard_normal((count, *sizes))) * gain).real
    return field[:, : grid.shape[0], : grid.shape[1]] ** 3


def _spins(count, grid, rng):
    """Spins on a torus, or in a window of one twice as large, after some sweeps.

    In every half of a sweep a random half of the spins takes a new value, as Glauber has it: unlike
    a chequerboard, no place is different from others.
    """
    spins = rng.choice((-1.0, 1.0), (count, *_around(grid, 2)))
    for _ in range(2 * SWEEPS):
        field = sum(np.roll(spins, way, axis) for way in (1, -1) for axis in (1, 2))
        draw = rng.random(spins.shape)
        # The draw decides both: below 1/2 whether a spin is looked at, and what it becomes.
        new = np.where(2 * draw < 1 / (1 + np.exp(-2 * COUPLING * field)), 1.0, -1.0)
        spins = np.where(draw < 0.5, new, spins)
    return spins[:, : grid.shape[0], : grid.shape[1]]


def _around(grid, factor):
    return tuple(size if closed else factor * size for size, closed in grid.axes)


def _patch_set(images, n_samples, shape, padding, symmetry, noise, random_state):
    rng = make_rng(random_state)
    # Its own stream: the patches of a seed do not depend on how they are hidden.
    basis = _basis(shape, symmetry, rng.spawn(1)[0])
    patches = _random_patches(images, n_samples, shape, padding, rng)
    grid = Grid.of(shape, "open")
    return finish(patches, basis, boundary="open", noise=noise, rng=rng, grid=grid)


def _random_patches(images, n_samples, shape, padding, rng):
    """Patches at uniformly random places of random padded images, blank ones left out."""
    images = np.pad(images, ((0, 0), *((size, size) for size in padding)))
    if not images.any():
        raise ValueError("All images are blank: no patch with a pixel other than 0 can be cut.")
    patches = np.empty((n_samples, prod(shape)))
    windows = np.lib.stride_tricks.sliding_window_view(images, shape, axis=(1, 2))
    for chunk in chunks(n_samples):
        filled = chunk.start
        while filled < chunk.stop:
            wanted = chunk.stop - filled
            places = (rng.integers(size, size=wanted) for size in windows.shape[:3])
            candidates = windows[tuple(places)].reshape(wanted, -1)
            kept = candidates[candidates.any(axis=1)]
            patches[filled : filled + len(kept)] = kept
            filled += len(kept)
    return patches
