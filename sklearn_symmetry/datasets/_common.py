# SPDX-License-Identifier: BSD-3-Clause
"""What every set shares: checks, the hiding basis, and the last steps from signals to samples."""

from numbers import Integral
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, check_array, check_random_state, check_scalar

from .._parameters import check_number
from .._torch_state import usual_torch
from ..core.grid import Grid
from ..core.sines import sine_basis

SYMMETRIES = ("translation", "permutation", "frequency", "orthogonal")
BOUNDARIES = ("open", "circulant")

Symmetry = Literal["translation", "permutation", "frequency", "orthogonal"] | ArrayLike | None
Seed = int | np.random.RandomState | np.random.Generator | None

# Rows handled at once: temporaries stay at a few megabytes however large the set is.
CHUNK = 4096


class SymmetricDataset(Bunch):
    """Samples together with the symmetry that was hidden in them.

    A :class:`sklearn.utils.Bunch` with one more attribute, computed when it is asked for.

    Attributes
    ----------
    data : ndarray of shape (n_samples, n_features)
        The samples, ``signal @ basis.T``.
    generator : ndarray of shape (n_features, n_features)
        One step of the hidden symmetry, ``basis @ J @ basis.T``, where ``J`` moves a natural
        signal by one component: ``np.eye(n_features, k=1)`` for an open boundary, the cyclic
        shift for a circulant one.
    basis : ndarray of shape (n_features, n_features)
        Orthogonal; column ``i`` is how a natural signal ``e_i`` looks in the samples.
    boundary : {"open", "circulant"} or tuple of them
        What happens to a signal that is moved over the edge.
    generators : ndarray of shape (k, n_features, n_features)
        Of sets on a lattice: one step along each axis. `generator` is the first.
    grid_shape : tuple of int
        Of sets on a lattice: positions along each axis; columns of `signal` are row after row.
    signal : ndarray of shape (n_samples, n_features)
        The natural signals, on which the symmetry is a plain shift: ``data @ basis``.
        Not stored, so that a large set is in memory once.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> dataset = make_symmetric_signals(100, 9, symmetry="frequency", random_state=0)
    >>> bool(np.allclose(dataset.data, dataset.signal @ dataset.basis.T))
    True
    """

    data: np.ndarray
    generator: np.ndarray
    basis: np.ndarray
    boundary: str

    @property
    def signal(self) -> np.ndarray:
        """The natural signals, ``data @ basis``."""
        return self.data @ self.basis


def hiding_basis(n_features: int, symmetry: Symmetry, random_state: Seed = None) -> np.ndarray:
    """Orthogonal matrix that hides a translation symmetry.

    Natural signals ``s``, symmetric under translation, become samples ``x = basis @ s``, symmetric
    under ``basis @ translation @ basis.T`` (section 3.2.2 of the paper, eq. 9 and 10).

    Parameters
    ----------
    n_features : int
        Number of components, 2 or more.
    symmetry : {"translation", "permutation", "frequency", "orthogonal"} or array-like of shape \
            (n_features, n_features) or None
        What the translation becomes.

        - ``"translation"`` or ``None``: itself, the basis is the identity.
        - ``"permutation"``: a translation of shuffled components, the basis is a random
          permutation matrix.
        - ``"frequency"``: a shift of frequencies, the basis is the orthonormal discrete sine
          transform of type I.
        - ``"orthogonal"``: the basis is uniform (Haar) on the orthogonal group.
        - an array: the basis itself, which must be orthogonal.
    random_state : int, RandomState instance, Generator or None, default=None
        Seed of ``"permutation"`` and ``"orthogonal"``. The global random state is never used:
        ``None`` takes fresh entropy from the operating system.

    Returns
    -------
    basis : ndarray of shape (n_features, n_features), dtype float64
        Orthogonal; natural signals in rows are hidden by ``signal @ basis.T``.

    Raises
    ------
    ValueError
        If `symmetry` is an unknown name, or an array that is not orthogonal or has another shape.

    References
    ----------
    Efe, O. and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and Density
    Preservation", Symmetry 17(3):425, 2025, section 3.2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_symmetry.datasets import hiding_basis
    >>> basis = hiding_basis(5, "frequency")
    >>> bool(np.allclose(basis @ basis.T, np.eye(5)))
    True
    """
    check_scalar(n_features, "n_features", Integral, min_val=2)
    if symmetry is None:
        symmetry = "translation"
    if not isinstance(symmetry, str):
        return _given_basis(n_features, symmetry)
    check_option(symmetry, "symmetry", SYMMETRIES, " or an orthogonal array")
    if symmetry == "translation":
        return np.eye(n_features)
    if symmetry == "frequency":
        return sine_basis(n_features)
    rng = make_rng(random_state)
    if symmetry == "permutation":
        return np.eye(n_features)[rng.permutation(n_features)]
    return _haar_orthogonal(n_features, rng)


def _given_basis(n_features, symmetry):
    basis = check_array(symmetry, dtype=np.float64, copy=True, input_name="symmetry")
    if basis.shape != (n_features, n_features):
        raise ValueError(
            f"symmetry has shape {basis.shape}, must be (n_features, n_features) = "
            f"{(n_features, n_features)}."
        )
    defect = np.abs(basis.T @ basis - np.eye(n_features)).max()
    if defect > 1e-5:  # loose enough for a basis stored in float32
        raise ValueError(
            "symmetry, when it is an array, must be orthogonal: the largest entry of "
            f"|symmetry.T @ symmetry - I| is {defect:.2g}, must be <= 1e-05."
        )
    return basis


def _haar_orthogonal(n_features, rng):
    q, r = np.linalg.qr(rng.standard_normal((n_features, n_features)))
    # QR fixes the signs of r in its own way; undoing that choice makes q uniform.
    return q * np.sign(np.diag(r))


def make_rng(random_state):
    """Generator of our own; ``None`` means fresh entropy, not numpy's global state."""
    if random_state is None:
        return np.random.default_rng()
    if isinstance(random_state, np.random.Generator):
        return random_state
    seeds = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(seeds)


def check_option(value, name, allowed, also=""):
    """Raise unless `value` is one of the strings in `allowed`."""
    if not isinstance(value, str) or value not in allowed:
        names = ", ".join(repr(option) for option in allowed)
        raise ValueError(f"{name} == {value!r}, must be one of {names}{also}.")


def check_sizes(n_samples, n_features, noise, max_features=None):
    """Check the three parameters that every set has."""
    check_scalar(n_samples, "n_samples", Integral, min_val=1)
    check_scalar(n_features, "n_features", Integral, min_val=2, max_val=max_features)
    check_number(noise, "noise", min_val=0)


def chunks(n_rows):
    """Slices that cover ``range(n_rows)`` in order."""
    return (slice(start, min(start + CHUNK, n_rows)) for start in range(0, n_rows, CHUNK))


@usual_torch()
def finish(signal, basis, *, boundary, noise, rng, grid=None):
    """Scale natural signals by one number, add noise, hide them; `signal` is overwritten.

    `grid`, where there are several axes, adds a generator for each.
    """
    n_features = len(basis)
    hidden = not np.array_equal(basis, np.eye(n_features))
    # One number for all components: a scale per component would break the hidden symmetry.
    signal /= _scalar_std(signal) or 1.0
    for rows in chunks(len(signal)):
        if noise > 0:
            signal[rows] += noise * rng.standard_normal(signal[rows].shape)
        if hidden:
            signal[rows] = signal[rows] @ basis.T
    axes = Grid.of(n_features, boundary) if grid is None else grid
    shifts = (axes.shift_matrix(axis, dtype=torch.float64) for axis in range(axes.n_axes))
    generators = np.array([basis @ shift.numpy() @ basis.T for shift in shifts])
    known = {"data": signal, "generator": generators[0], "basis": basis, "boundary": boundary}
    if grid is not None:
        known |= {"generators": generators, "grid_shape": grid.shape}
    return SymmetricDataset(**known)


def _scalar_std(values):
    # values.std() would make a second copy of the set.
    return np.sqrt(max(np.vdot(values, values) / values.size - values.mean() ** 2, 0.0))
