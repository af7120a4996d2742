# SPDX-License-Identifier: BSD-3-Clause
"""Find the hidden one-parameter symmetry of raw vectors, as a scikit-learn transformer."""

__version__ = "0.2.0"

from ._lens import SymmetryLens, paper_settings
from ._verdict import Verdict

__all__ = ["SymmetryLens", "Verdict", "__version__", "paper_settings"]
