# SPDX-License-Identifier: BSD-3-Clause
"""Where a descent begins: orthogonal matrices read off statistics of the samples.

One way of starting a file, each with an object that says for which sets it is (``suits``) and what
it proposes; :mod:`.waves` names them all and says in which order they are tried. Narrow signals:
:mod:`.separated`. Smooth ones: :mod:`.chains`. Few columns: :mod:`.orders`. On a
lattice: :mod:`.layout` and :mod:`.standing_waves`. The first two read
fourth-order cumulant operators, :mod:`.cumulant_operators`. Where none of them is certain,
:mod:`.lawful` brings all to minima of the law, with :mod:`.principal_waves` and
:mod:`.stationary_axes` besides, which search among signs by :mod:`.single_changes`.
"""
