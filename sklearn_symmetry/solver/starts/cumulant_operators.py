# SPDX-License-Identifier: BSD-3-Clause
"""Position operators from fourth-order statistics.

For a local, stationary process the quadratic form with the largest excess variance is the energy
weighted by a smooth function of position. Its matrix is diagonal in the hidden order, and couples
only neighbouring frequencies: it reveals both without knowing either.
"""

from ...core.cumulants import fourth_cumulant_modes
from ..tuning import DEFAULT

__all__ = ["position_operators"]


def position_operators(samples, count, seed, tuning=DEFAULT):
    """Modes of the fourth-order cumulants with the largest eigenvalues.

    Parameters
    ----------
    samples : Tensor of shape (n, d)
    count : int
    seed : int
        Of the Lanczos start.
    tuning : Tuning

    Returns
    -------
    strengths : ndarray of shape (count,)
        Eigenvalues, descending.
    operators : ndarray of shape (count, d, d)
        Symmetric, of unit Frobenius norm.
    """
    tol = tuning.lanczos_tol if samples.shape[1] <= tuning.many else tuning.loose_tol
    return fourth_cumulant_modes(
        samples, count, positive=True, seed=seed, tol=tol, dense=tuning.dense_limit
    )
