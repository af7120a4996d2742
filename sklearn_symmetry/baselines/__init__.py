# SPDX-License-Identifier: BSD-3-Clause
"""Other ways to find a hidden symmetry, with the interface of SymmetryLens.

Two adversarial methods of the literature, and three short cuts that a practitioner would try first.
They are here to be compared with: ``examples/paper/comparison.py`` runs them side by side.
"""

from ._lattice import SpectralLattice
from ._lie_gan import LieGAN
from ._scores import flow_similarity, group_similarity
from ._seriation import ICASeriation, SpectralSeriation
from ._symmetry_gan import SymmetryGAN

__all__ = [
    "ICASeriation",
    "LieGAN",
    "SpectralLattice",
    "SpectralSeriation",
    "SymmetryGAN",
    "flow_similarity",
    "group_similarity",
]
