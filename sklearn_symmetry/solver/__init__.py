# SPDX-License-Identifier: BSD-3-Clause
"""How a solution is found in seconds: starts from statistics, refinement by gradient.

Read in this order: :mod:`.solve` (the steps), :mod:`sklearn_symmetry.statistics.principal`
(coordinates), :mod:`.positions`, :mod:`.starts` and :mod:`.orders` (where to begin),
:mod:`.objective` and :mod:`.manifold` (refinement).
"""
