# SPDX-License-Identifier: BSD-3-Clause
"""Line or ring: whether waves come in pairs, and whether the ends of a window are neighbours."""

from dataclasses import dataclass

import numpy as np
import torch

from ..core.energies import log_energy
from .shuffled import correlation
from .tuning import DEFAULT

__all__ = ["Ends", "ends", "paired"]


@dataclass(frozen=True)
class Ends:
    """How much the ends of a window resemble neighbours.

    Attributes
    ----------
    share : float
        0 on a line, 1 on a ring; see :func:`ends`.
    error : float
        Its standard error.
    disorder : float
        Share of the variance of the correlations that distances do not explain, beyond that of
        sampling: 0 where all columns are alike.
    boundary : {"open", "circulant"}
    certain : bool
        Whether the samples tell.
    """

    share: float
    error: float
    disorder: float
    boundary: str
    certain: bool

    @property
    def says(self):
        """Plain sentence."""
        measured = (
            f"across the ends of the window, correlations are {self.share:.2f} "
            f"(+- {self.error:.2f}) of those at the same distance inside; a line has 0, a ring 1"
        )
        if not self.certain:
            order = (
                f"; and distances leave {self.disorder:.0%} of the correlations inside unexplained"
                if self.disorder > DEFAULT.ring_disorder
                else ""
            )
            return f"line or ring, these samples cannot tell: {measured}{order}"
        return f"{'a ring' if self.boundary == 'circulant' else 'a line'}: {measured}"


def ends(y, n_samples, tuning=DEFAULT):
    r"""Compare columns across the ends with columns as far from each other inside.

    With the mean correlation :math:`\rho_k` at a lag k, of values and of log energies, and f that
    half of the window apart, a ring that was cut has :math:`\rho_{d-k} = \rho_k`, and a line has
    :math:`\rho_{d-k} = f`, for lags k of up to a quarter of the window. The share is the slope

    .. math:: s = \frac{\sum_k k\,(\rho_{d-k} - f)(\rho_k - f)}{\sum_k k\,(\rho_k - f)^2}

    over these lags, each of which has k pairs of columns across the ends. Where correlations are
    no function of the distance, the fit is wrong or there is none, and its ends tell nothing.

    Parameters
    ----------
    y : Tensor of shape (n, d)
        Representation of samples by a fit with an open boundary, or columns in an open order.
    n_samples : int
        Of the set.
    tuning : Tuning

    Returns
    -------
    ends : Ends
        Open where there are too few columns for a ring, or the samples cannot tell.
    """
    size = y.shape[1]
    if size < tuning.smallest_ring:
        return Ends(0.0, 0.0, 0.0, "open", True)
    y = y.double()
    y = y - y.median(0).values
    spread = y.square().mean(0).sqrt()
    y = y / torch.where(spread > 0, spread, 1.0)
    lag = np.arange(1, size // 4 + 1)
    middle = slice(-(-3 * size // 8), 5 * size // 8 + 1)
    products, squares, unexplained, total = 0.0, 0.0, 0.0, 0.0
    for columns in (y, log_energy(y)):
        matrix = correlation(torch.cov(columns.mT).numpy())
        profile = np.array([np.diagonal(matrix, at).mean() for at in range(size)])
        far = profile[middle].mean()
        near, across = profile[lag] - far, profile[size - lag] - far
        products += (lag * near * across).sum()
        squares += (lag * np.square(near)).sum()
        inside, around = _variances(matrix, profile, n_samples)
        unexplained, total = unexplained + inside, total + around
    if squares == 0 or total == 0:
        return Ends(0.0, np.inf, 0.0, "open", False)
    share, error = products / squares, (2 / (n_samples * squares)) ** 0.5
    disorder, (least, most, closing) = unexplained / total, tuning.ring_share
    ordered = error < tuning.ring_error and disorder <= tuning.ring_disorder
    certain = ordered and (least <= share <= most or share >= closing)
    closed = certain and share >= closing
    boundary = "circulant" if closed else "open"
    return Ends(float(share), float(error), float(disorder), boundary, bool(certain))


def _variances(matrix, profile, n_samples):
    """Sums of squares of correlations about those of their distance, and about their mean.

    Beyond what n independent samples give.
    """
    size = len(matrix)
    lags = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    pairs = lags > 0
    count = pairs.sum() / 2
    inside = np.square(matrix - profile[lags])[pairs].sum() / 2
    around = np.square(matrix - matrix[pairs].mean())[pairs].sum() / 2
    return max(inside - (count - size + 1) / n_samples, 0), max(around - count / n_samples, 0)


def paired(spectrum, n_samples, tuning=DEFAULT):
    r"""Whether the eigenvalues of a covariance are those of a ring.

    Around a ring of d columns cosine and sine of a frequency have the same variance: all of the
    sorted eigenvalues :math:`\lambda_i` but one, or two where d is even, come in equal pairs. A
    sample of n leaves a mean square of :math:`8 / n` between the logarithms of two that are equal.
    With the squared gaps :math:`g_i^2 = (\log\lambda_i - \log\lambda_{i+1})^2`, P being the ones
    within pairs, paired to make their sum least,

    .. math::

        \sum_{i \in P} g_i^2 < a \sum_i g_i^2
        \quad\text{and}\quad
        \frac{1}{|P|} \sum_{i \in P} g_i^2 < \frac{8 b}{n}

    tells a ring before anything is fitted, and whatever the columns went through.

    Parameters
    ----------
    spectrum : ndarray of shape (d,)
        Eigenvalues in descending order, positive.
    n_samples : int
        They were estimated from.
    tuning : Tuning
        Its ``ring_pairs`` are a and b.

    Returns
    -------
    paired : bool
    """
    size = len(spectrum)
    if size < tuning.smallest_ring:
        return False
    squares = np.square(np.diff(np.log(spectrum)))
    # Without the eigenvalues at p and q, p even and q odd and later: even gaps before p and after
    # q, odd ones in between. Of an odd number only p is left out, as if there were one more.
    signed = squares.copy()
    signed[1::2] *= -1
    sums = np.r_[0.0, np.cumsum(signed)]
    if size % 2:
        sums = np.r_[sums, sums[-1]]
    within = squares[::2].sum() + np.minimum.accumulate(sums[::2]) - sums[1::2]
    least = within[-1] if size % 2 else within.min()
    share, sampled = tuning.ring_pairs
    of_sampling = 8 / n_samples * ((size - 1) // 2)
    return bool(least < share * squares.sum() and least < sampled * of_sampling)
