# SPDX-License-Identifier: BSD-3-Clause
"""Windows cut from rows of real images, where translation is an approximate symmetry."""

import gzip
import zlib
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np

from ._common import (
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

# Rows of an image averaged into one: the published code's variant takes the two middle ones.
MNIST_ROWS = {"patches": slice(0, 28), "middle_rows": slice(13, 15)}


def load_digit_slices(
    n_samples: int = 1000,
    n_features: int = 11,
    *,
    symmetry: Symmetry = "translation",
    noise: float = 0.05,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Cut horizontal slices from the handwritten digits that ship with scikit-learn.

    A random row of a random 8 x 8 image is padded with 8 blank pixels left and right, and a window
    of `n_features` pixels is taken at a uniformly random place of this strip of 24. Blank windows
    are dropped, the set is divided by one standard deviation, and a little noise is added. Nothing
    is downloaded.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of slices, drawn with replacement from 1797 images.
    n_features : int, default=11
        Width of a slice in pixels, 2 to 24. Up to 9 every component is equally likely to see each
        part of a digit, and the set is stationary; wider slices are less and less so, because the
        digits sit in the middle of the strip.
    symmetry : {"translation", "permutation", "frequency", "orthogonal"}, array-like of shape \
            (n_features, n_features) or None, default="translation"
        How the translation is hidden, see :func:`hiding_basis`; not at all by default.
    noise : float, default=0.05
        Standard deviation of the white noise, in units of the standard deviation of the set.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed. The same seed gives the same slices whatever the symmetry. The global random state is
        never used: ``None`` takes fresh entropy from the operating system.

    Returns
    -------
    dataset : SymmetricDataset
        ``data`` (n_samples, n_features), ``generator`` and ``basis`` (n_features, n_features),
        ``boundary`` ("open"), and ``signal``, the slices before they were hidden.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range; the message names all three.

    See Also
    --------
    load_mnist_slices : The paper's real set, cut the same way from larger images.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import load_digit_slices
    >>> dataset = load_digit_slices(200, symmetry="permutation", random_state=0)
    >>> dataset.data.shape, dataset.basis.shape
    ((200, 11), (11, 11))
    """
    from sklearn.datasets import load_digits

    check_sizes(n_samples, n_features, noise, max_features=24)
    rows = load_digits().images.reshape(-1, 8)
    return _window_set(rows, n_samples, n_features, 8, symmetry, noise, random_state)


def load_photo_rows(
    n_samples: int = 1000,
    n_features: int = 33,
    *,
    symmetry: Symmetry = "translation",
    noise: float = 0.02,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Cut row segments from the two photographs that ship with scikit-learn.

    The hard case: smooth rows whose contrast varies from one sample to the next. Windows of
    `n_features` pixels are taken at uniformly random places of the grey-level images (the mean of
    the three colours) of a temple and a flower. The mean grey level is subtracted, one number for
    the whole set; it is divided by one standard deviation, and a little noise is added. Nothing is
    downloaded.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of segments, drawn with replacement.
    n_features : int, default=33
        Length of a segment in pixels, 2 to 640.
    symmetry : {"translation", "permutation", "frequency", "orthogonal"}, array-like of shape \
            (n_features, n_features) or None, default="translation"
        How the translation is hidden, see :func:`hiding_basis`; not at all by default.
    noise : float, default=0.02
        Standard deviation of the white noise, in units of the standard deviation of the set.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed. The same seed gives the same segments whatever the symmetry. The global random state
        is never used: ``None`` takes fresh entropy from the operating system.

    Returns
    -------
    dataset : SymmetricDataset
        ``data`` (n_samples, n_features), ``generator`` and ``basis`` (n_features, n_features),
        ``boundary`` ("open"), and ``signal``, the segments before they were hidden.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range; the message names all three.
    ImportError
        If pillow, which decodes the photographs, is not installed.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import load_photo_rows
    >>> load_photo_rows(50, 17, random_state=0).data.shape  # doctest: +SKIP
    (50, 17)
    """
    check_sizes(n_samples, n_features, noise, max_features=640)
    rows = _grey_photo_rows()
    return _window_set(rows, n_samples, n_features, 0, symmetry, noise, random_state)


def load_mnist_slices(
    n_samples: int = 1000,
    n_features: int = 27,
    *,
    path: str | PathLike | None = None,
    variant: Literal["patches", "middle_rows"] = "patches",
    data_home: str | PathLike | None = None,
    symmetry: Symmetry = "translation",
    noise: float = 0.05,
    random_state: Seed = None,
) -> SymmetricDataset:
    """Cut horizontal slices from the MNIST digits, the real set of the paper.

    A random row of a random 28 x 28 image is padded with 28 blank pixels left and right, and a
    window of `n_features` pixels is taken at a uniformly random place of this strip of 84. Blank
    windows are dropped, the set is divided by one standard deviation, and a little noise is added.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of slices, drawn with replacement. The paper has 1,080,000.
    n_features : int, default=27
        Width of a slice in pixels, 2 to 84. The set is stationary up to 29, less and less so
        beyond, because the digits sit in the middle of the strip.
    path : str, path-like or None, default=None
        Image file in the IDX format, plain or compressed with gzip (for example
        ``train-images-idx3-ubyte.gz``). ``None`` downloads the 70,000 images once, with
        :func:`sklearn.datasets.fetch_openml`, which needs pandas.
    variant : {"patches", "middle_rows"}, default="patches"
        ``"patches"`` is the recipe of the paper's text, any row of an image; ``"middle_rows"`` is
        that of its published code, the mean of rows 13 and 14 only.
    data_home : str, path-like or None, default=None
        Where :func:`sklearn.datasets.fetch_openml` keeps the download; not used with `path`.
    symmetry : {"translation", "permutation", "frequency", "orthogonal"}, array-like of shape \
            (n_features, n_features) or None, default="translation"
        How the translation is hidden, see :func:`hiding_basis`; not at all by default.
    noise : float, default=0.05
        Standard deviation of the white noise, in units of the standard deviation of the set.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed. The same seed gives the same slices whatever the symmetry. The global random state is
        never used: ``None`` takes fresh entropy from the operating system.

    Returns
    -------
    dataset : SymmetricDataset
        ``data`` (n_samples, n_features), ``generator`` and ``basis`` (n_features, n_features),
        ``boundary`` ("open"), and ``signal``, the slices before they were hidden.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of the wrong type or out of its range, or the file at `path` does not
        hold 28 x 28 images in the IDX format.
    OSError
        If the file at `path` cannot be read, or the download fails.

    References
    ----------
    Efe, O. and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and Density
    Preservation", Symmetry 17(3):425, 2025, Appendix C.2.

    Examples
    --------
    >>> from sklearn_symmetry.datasets import load_mnist_slices
    >>> load_mnist_slices(50, random_state=0).data.shape  # doctest: +SKIP
    (50, 27)
    """
    check_sizes(n_samples, n_features, noise, max_features=84)
    check_option(variant, "variant", tuple(MNIST_ROWS))
    images = _fetch_mnist(data_home) if path is None else _read_idx_images(path)
    rows = images[:, MNIST_ROWS[variant]]
    rows = rows.mean(axis=1) if variant == "middle_rows" else rows.reshape(-1, 28)
    return _window_set(rows, n_samples, n_features, 28, symmetry, noise, random_state)


def _window_set(rows, n_samples, n_features, padding, symmetry, noise, random_state):
    rng = make_rng(random_state)
    # Its own stream: the windows of a seed do not depend on how they are hidden.
    basis = hiding_basis(n_features, symmetry, rng.spawn(1)[0])
    windows = _random_windows(rows, n_samples, n_features, padding, rng)
    return finish(windows, basis, boundary="open", noise=noise, rng=rng)


def _random_windows(rows, n_samples, n_features, padding, rng):
    """Windows at uniformly random places of random padded rows, blank ones left out."""
    # A blank row gives blank windows only: without those, few draws are wasted.
    rows = rows[rows.any(axis=1)]
    if not len(rows):
        raise ValueError("All images are blank: no window with a pixel other than 0 can be cut.")
    windows = np.empty((n_samples, n_features))
    for chunk in chunks(n_samples):
        filled = chunk.start
        while filled < chunk.stop:
            candidates = _draw_windows(rows, chunk.stop - filled, n_features, padding, rng)
            kept = candidates[candidates.any(axis=1)]
            windows[filled : filled + len(kept)] = kept
            filled += len(kept)
    return windows


def _draw_windows(rows, n_windows, n_features, padding, rng):
    chosen = rows[rng.integers(len(rows), size=n_windows)]
    strips = np.pad(chosen, ((0, 0), (padding, padding)))
    starts = rng.integers(strips.shape[1] - n_features + 1, size=(n_windows, 1))
    return np.take_along_axis(strips, starts + np.arange(n_features), axis=1)


def _grey_photo_rows():
    """Rows of both photographs, shape (854, 640), grey levels of mean zero."""
    return np.concatenate(_grey_photos("load_photo_rows"))


def _grey_photos(caller):
    """Both photographs, shape (2, 427, 640), grey levels of mean zero."""
    from sklearn.datasets import load_sample_images

    try:
        images = load_sample_images().images
    except ImportError as error:
        raise ImportError(
            f"{caller} needs pillow to decode the photographs; "
            "pip install pillow (the extra 'photos' of this package)."
        ) from error
    grey = np.stack([image.mean(axis=2) for image in images])
    return grey - grey.mean()


def _fetch_mnist(data_home):
    from sklearn.datasets import fetch_openml

    mnist = fetch_openml("mnist_784", version=1, as_frame=False, data_home=data_home)
    return np.asarray(mnist.data).astype(np.uint8).reshape(-1, 28, 28)


def _read_idx_images(path):
    """Images of an IDX file, shape (n_images, 28, 28), dtype uint8."""
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(
                f"path == {str(path)!r}, is damaged ({error}); copy it anew."
            ) from error
    # Two zero bytes, 8 for unsigned bytes, 3 for the number of axes; then their sizes, big-endian.
    sizes = np.frombuffer(content[4:16], dtype=">u4") if len(content) >= 16 else ()
    is_images = content[:4] == b"\x00\x00\x08\x03" and tuple(sizes[1:]) == (28, 28)
    if not is_images or len(content) != 16 + int(sizes[0]) * 28 * 28:
        raise ValueError(
            f"path == {str(path)!r}, must be an IDX file of unsigned bytes that holds 28 x 28 "
            "images, plain or compressed with gzip."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=16).reshape(-1, 28, 28)
