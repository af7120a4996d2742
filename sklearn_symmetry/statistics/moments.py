# SPDX-License-Identifier: BSD-3-Clause
"""Mean and covariance of rows that come in chunks: exact, whatever the chunks."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Moments"]


@dataclass(frozen=True, eq=False)
class Moments:
    """First and second moments of a set of rows; two of them make those of both sets.

    Chunks are centred before they are squared, and merged by the formula of Chan, Golub and LeVeque
    ("Updating formulae and a pairwise algorithm for computing sample variances", 1979): a mean that
    is a million times the standard deviation costs no digits of the covariance.

    Attributes
    ----------
    n : int
        Number of rows.
    mean : ndarray of shape (d,), float64
    scatter : ndarray of shape (d, d), float64
        Sum of the outer products of the rows about their mean.
    lowest, highest : ndarray of shape (d,), float64
        Smallest and largest value of each column, of the rows as they were before outliers were
        drawn in, where these are different.
    """

    n: int
    mean: np.ndarray
    scatter: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, rows, raw=None):
        """Moments of one chunk.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
            At least one row; finite.
        raw : ndarray of shape (n, d), optional
            The rows of which to take the lowest and highest values.

        Returns
        -------
        moments : Moments

        Raises
        ------
        ValueError
            If there are no rows.
        """
        if not len(rows):
            raise ValueError("moments need at least one row; got none")
        raw = rows if raw is None else raw
        mean = rows.mean(0, dtype=np.float64)
        centred = rows - mean
        # Sums of large numbers have rounding errors, which the sum of what remains shows.
        mean = mean + centred.mean(0)
        return cls(
            len(rows),
            mean,
            centred.T @ centred,
            raw.min(0).astype(np.float64),
            raw.max(0).astype(np.float64),
        )

    def merge(self, other):
        """Moments of the rows of both.

        Parameters
        ----------
        other : Moments

        Returns
        -------
        moments : Moments

        Raises
        ------
        ValueError
            If the widths differ.
        """
        if len(self.mean) != len(other.mean):
            raise ValueError(
                f"moments of {len(self.mean)} columns do not merge with those of {len(other.mean)}"
            )
        n = self.n + other.n
        step = other.mean - self.mean
        return Moments(
            n,
            self.mean + step * (other.n / n),
            self.scatter + other.scatter + np.outer(step, step) * (self.n * (other.n / n)),
            np.minimum(self.lowest, other.lowest),
            np.maximum(self.highest, other.highest),
        )

    @property
    def covariance(self):
        """Scatter per row, shape (d, d)."""
        return self.scatter / self.n
