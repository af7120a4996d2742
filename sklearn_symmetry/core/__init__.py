# SPDX-License-Identifier: BSD-3-Clause
"""The mathematics of the method: torch, differentiable, free of scikit-learn.

============================================  =====================================================
:mod:`~sklearn_symmetry.core.grid`            what a neighbour is, on lines, rings and lattices
:mod:`~sklearn_symmetry.core.group`           the group of ordered rows, in closed form (11)
:mod:`~sklearn_symmetry.core.rotation`        free generators: antisymmetric matrices, exponentials
:mod:`~sklearn_symmetry.core.orbit`           their differentiable orbit, convolution matrix (11)
:mod:`~sklearn_symmetry.core.representation`  what a loss term may look at
:mod:`~sklearn_symmetry.core.entropy`         marginal and joint entropies (26, 27)
:mod:`~sklearn_symmetry.core.cumulants`       third order, beyond the paper
:mod:`~sklearn_symmetry.core.densities`       marginal and conditional densities (23-25, 28, 29)
:mod:`~sklearn_symmetry.core.losses`          the four terms and their sum (12-17)
:mod:`~sklearn_symmetry.core.energies`        fourth order, which no term of the loss sees
:mod:`~sklearn_symmetry.core.score`           quality, whatever the weights of a loss
:mod:`~sklearn_symmetry.core.sines`           the frequencies of a line
:mod:`~sklearn_symmetry.core.blocks`          how much is computed at once
============================================  =====================================================

Numbers in parentheses are equations of Efe and Ozakin, "SymmetryLens: Unsupervised Symmetry
Learning via Locality and Density Preservation", Symmetry 17(3):425, 2025.
"""
