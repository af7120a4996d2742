# SPDX-License-Identifier: BSD-3-Clause
"""What is known of the samples: numpy, mergeable, free of scikit-learn.

A set of any size is read chunk by chunk, by one worker or many, into a value that is as small for a
billion rows as for a thousand:

==============================================  ================================================
:mod:`~sklearn_symmetry.statistics.summary`     :func:`~.summary.summarise`, what the solver reads
:mod:`~sklearn_symmetry.statistics.chunks`      arrays, memory-mapped files and chunks, read alike
:mod:`~sklearn_symmetry.statistics.moments`     exact mean and covariance, that merge
:mod:`~sklearn_symmetry.statistics.sample`      the same random rows whoever reads them; halves
:mod:`~sklearn_symmetry.statistics.outliers`    what is too large, and where it is drawn in to
:mod:`~sklearn_symmetry.statistics.principal`   the coordinates in which the solver works (torch)
==============================================  ================================================
"""

from .summary import Summary, summarise

__all__ = ["Summary", "summarise"]
