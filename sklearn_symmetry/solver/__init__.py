# SPDX-License-Identifier: BSD-3-Clause
"""How a solution is found in seconds: starts from statistics, refinement by gradient.

==========================================  ====================================================
:mod:`~sklearn_symmetry.solver.solve`       the steps, from a summary to a solution
:mod:`~sklearn_symmetry.solver.tuning`      every number that was decided by measurement
:mod:`~sklearn_symmetry.solver.starts`      where to begin, one way a file
:mod:`~sklearn_symmetry.solver.objective`   the loss as a function of an orthogonal matrix
:mod:`~sklearn_symmetry.solver.manifold`    descent over orthogonal matrices
:mod:`~sklearn_symmetry.solver.search`      proposals, until one is certain or two agree
:mod:`~sklearn_symmetry.solver.lattice`     the same on a grid of several axes
:mod:`~sklearn_symmetry.solver.climb`       there, from one minimum of the law to a lower one
:mod:`~sklearn_symmetry.solver.judge`       what the end of a descent is worth
:mod:`~sklearn_symmetry.solver.repairs`     mending a basis that is wrong in part
:mod:`~sklearn_symmetry.solver.signs`       signs of principal axes
:mod:`~sklearn_symmetry.solver.shuffled`    columns in order that were shuffled, not mixed
:mod:`~sklearn_symmetry.solver.arrangement` what an order of columns costs, and descent over orders
:mod:`~sklearn_symmetry.solver.boundary`    line or ring: what the samples say
:mod:`~sklearn_symmetry.solver.paper`       the published training procedure (21, 22)
:mod:`~sklearn_symmetry.solver.solution`    what goes in and what comes out
:mod:`~sklearn_symmetry.solver.threads`     one torch thread inside
==========================================  ====================================================

Coordinates are those of :mod:`sklearn_symmetry.statistics.principal`.
"""
