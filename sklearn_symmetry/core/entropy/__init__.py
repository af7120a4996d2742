# SPDX-License-Identifier: BSD-3-Clause
"""Differential entropies, in nats.

Marginal ones from samples: :func:`spacing_entropy` from sorted ones, :func:`smooth_entropy` from a
smoothed histogram, which suits a quasi-Newton method. Joint ones are those of Gaussians:
:func:`gaussian_entropy` and, at an annealed rank, :func:`low_rank_entropy` (26, 27).
"""

from .gaussian import gaussian_entropy, low_rank_entropy
from .histogram import smooth_entropy
from .spacing import spacing_entropy

__all__ = ["gaussian_entropy", "low_rank_entropy", "smooth_entropy", "spacing_entropy"]
