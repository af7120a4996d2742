# SPDX-License-Identifier: BSD-3-Clause
"""Whether a set has the symmetry that a lens found, and whether the lens can be trusted.

=============== ==================================================================
`criteria.py`   what is asked: every limit, and the one table of conditions
`evidence.py`   statistics of samples that a lens was not fitted on
`split.py`      which samples are in which half
`columns.py`    single columns that do not go with the others
`halves.py`     the procedure: split the samples, fit the halves, judge
`report.py`     :class:`~sklearn_symmetry.Verdict`, and what it says to a person
=============== ==================================================================
"""

from .criteria import LEVEL, REPEATS, Criterion
from .halves import (
    SEARCH,
    boundary_of,
    fit_halves,
    fitted_setting,
    fresh_settings,
    judge,
    representation_grid,
    split_in_halves,
    verdict,
)
from .report import Verdict

__all__ = [
    "LEVEL",
    "REPEATS",
    "SEARCH",
    "Criterion",
    "Verdict",
    "boundary_of",
    "fit_halves",
    "fitted_setting",
    "fresh_settings",
    "judge",
    "representation_grid",
    "split_in_halves",
    "verdict",
]
