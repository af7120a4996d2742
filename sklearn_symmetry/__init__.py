# SPDX-License-Identifier: BSD-3-Clause
"""Find the hidden one-parameter symmetry of raw vectors, as a scikit-learn transformer."""

__version__ = "0.1.0"

from ._lens import SymmetryLens, paper_settings

__all__ = ["SymmetryLens", "__version__", "paper_settings"]
