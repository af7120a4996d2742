# SPDX-License-Identifier: BSD-3-Clause
"""Whether a set has the symmetry that a lens found, and whether the lens can be trusted.

=============== ==================================================================
`criteria.py`   what is asked: every limit, and the one table of conditions
`evidence.py`   statistics of samples that a lens was not fitted on
`halves.py`     the procedure: split the samples, fit the halves, judge
`report.py`     :class:`~sklearn_symmetry.Verdict`, and what it says to a person
=============== ==================================================================
"""

from .criteria import LEVEL, REPEATS, Criterion
from .halves import fit_halves, fresh_settings, judge, split_in_halves, verdict
from .report import Verdict

__all__ = [
    "LEVEL",
    "REPEATS",
    "Criterion",
    "Verdict",
    "fit_halves",
    "fresh_settings",
    "judge",
    "split_in_halves",
    "verdict",
]
