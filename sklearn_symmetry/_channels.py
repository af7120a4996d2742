# SPDX-License-Identifier: BSD-3-Clause
"""Samples of several channels: blocks of columns, one after another, that share one symmetry."""

__all__ = ["join_channels", "split_channels"]


def split_channels(X, n_channels):
    """Every channel as a row of its own.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels * d)
    n_channels : int

    Returns
    -------
    rows : ndarray of shape (n * n_channels, d)
        The channels of the first sample, then those of the second; a view where that is possible.
    """
    return X.reshape(X.shape[0] * n_channels, X.shape[1] // n_channels)


def join_channels(rows, n_channels):
    """Inverse of :func:`split_channels`.

    Parameters
    ----------
    rows : ndarray of shape (n * n_channels, d)
    n_channels : int

    Returns
    -------
    X : ndarray of shape (n, n_channels * d)
    """
    return rows.reshape(rows.shape[0] // n_channels, rows.shape[1] * n_channels)
