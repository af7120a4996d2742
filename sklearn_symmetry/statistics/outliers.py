# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are far too large, drawn in."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Bounds", "bounded", "common_unit", "geometric_median"]

LARGEST_NORM = 3.0  # of a sample, over the 0.95 quantile of all
ITERATIONS, SEEN = 20, 4000  # of the geometric median, and the samples it sees
# Largest exponent of 2 of an entry, in units: squares of a million such columns are still finite,
# and beside it a centre is nothing.
LARGEST_EXPONENT = 500


@dataclass(frozen=True, eq=False)
class Bounds:
    """The size of usual samples, learned from some of them and applied to all.

    Attributes
    ----------
    unit : float
        Power of two of the size of the largest entry, see :func:`common_unit`.
    centre : ndarray of shape (d,)
        Geometric median, in this unit.
    radius : float
        Largest distance from the centre that is left as it is, in this unit; 0 leaves all.
    """

    unit: float
    centre: np.ndarray
    radius: float

    @classmethod
    def of(cls, rows):
        """Bounds of the samples that are like these.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
            Finite, in random order if there are more than 4,000.

        Returns
        -------
        bounds : Bounds
        """
        unit = float(common_unit(rows))
        rows = np.asarray(rows, dtype=np.float64) / unit
        centre = geometric_median(rows)
        return cls(unit, centre, float(_usual_distance(rows, centre)))

    def apply(self, rows):
        """Rows in the common unit, outliers drawn in towards the centre.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
            Finite, of any size.

        Returns
        -------
        rows : ndarray of shape (n, d), float64
            As :func:`bounded` of ``rows / unit``.
        """
        return _drawn_in(_in_units(np.asarray(rows, dtype=np.float64), self.unit), self)

    def agrees(self, other):
        """Whether the other bounds are the same, to the last bit."""
        return (
            self.unit == other.unit
            and self.radius == other.radius
            and np.array_equal(self.centre, other.centre)
        )


def bounded(X):
    """Outliers drawn in towards the centre of the samples, which commutes with rotations.

    Otherwise one sample of a hundred, a hundred times too large, outweighs the others in second and
    fourth moments. A symmetry changes the norm of a sample at the edges of the window only.

    Parameters
    ----------
    X : ndarray of shape (n, d)

    Returns
    -------
    X : ndarray of shape (n, d)
        The samples whose distance from the geometric median is above three times the 0.95 quantile
        of the distances, moved there; all others as they are.
    """
    centre = geometric_median(X)
    return _drawn_in(X, Bounds(1.0, centre, _usual_distance(X, centre)))


def _usual_distance(X, centre):
    return LARGEST_NORM * np.quantile(np.linalg.norm(X - centre, axis=1), 0.95)


def _drawn_in(X, bounds):
    deviation = X - bounds.centre
    distance = np.linalg.norm(deviation, axis=1)
    far = distance > bounds.radius
    if not bounds.radius or not far.any():
        return X
    X = X.copy()
    X[far] = bounds.centre + deviation[far] * (bounds.radius / distance[far, None])
    return X


def _in_units(rows, unit):
    """Rows over the unit; those too large to be squared in it are halved until they are not."""
    largest = np.maximum(rows.max(1), -rows.min(1))
    excess = np.frexp(largest)[1] - np.frexp(unit)[1] - LARGEST_EXPONENT
    if (excess > 0).any():
        rows = np.ldexp(rows, -np.maximum(excess, 0)[:, None])
    return rows / unit


def common_unit(X):
    """Power of two of the size of the largest entry: squares of 1e300 overflow, this is exact."""
    largest = max(float(X.max()), -float(X.min()))
    return np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)


def geometric_median(X):
    """The point of the least sum of distances, by Weiszfeld's iteration from the mean.

    It commutes with rotations and, unlike the mean, stays at the background of sparse signals.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Of more than 4,000 samples, evenly spaced ones are used.

    Returns
    -------
    centre : ndarray of shape (d,)
    """
    X = X[:: -(-len(X) // SEEN)]
    centre = X.mean(0)
    for _ in range(ITERATIONS):
        distance = np.linalg.norm(X - centre, axis=1)
        if not distance.any():
            break
        weight = 1 / np.maximum(distance, 1e-9 * distance.max())
        centre = weight @ X / weight.sum()
    return centre
