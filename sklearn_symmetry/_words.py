# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted lens is, in the words that people see first."""

from ._lattices import fitted_grid, on_grid
from ._verdict import fitted_setting

__all__ = ["found_lines"]

LISTED = 40  # columns of an order that are printed


def found_lines(lens, names=None):
    """What a lens found, in lines of text.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    names : sequence of str or None
        Names of the columns.

    Returns
    -------
    lines : list of str
    """
    state = "converged" if lens.converged_ else "did NOT converge (see max_iter)"
    steps = f"{lens.n_iter_} iteration{'s' if lens.n_iter_ != 1 else ''}"
    if on_grid(lens):
        return [f"one step along either axis of {_lattice(lens)}; {state} after {steps}"]
    block = [
        f"one step of a symmetry of {lens.n_features_in_} columns, seen at {len(lens.powers_)} "
        f"positions; {state} after {steps}"
    ]
    if fitted_setting(lens, "boundary") == "auto":
        kind = {"open": "a line", "circulant": "a ring"}[lens.boundary_]
        block.append(f"the samples decide: {kind}")
    order = getattr(lens, "column_order_", None)
    if order is not None:
        shown = [str(column if names is None else names[column]) for column in order[:LISTED]]
        rest = ", ..." if len(order) > LISTED else ""
        block.append(f"columns in the order found: {', '.join(shown)}{rest}")
    return block


def _lattice(lens):
    """Its size, and the axes that go around."""
    size = " x ".join(map(str, lens.grid_shape_))
    closed = [axis for axis, (_, around) in enumerate(fitted_grid(lens).axes) if around]
    around = {0: "", 1: f", closed along axis {', '.join(map(str, closed))}", 2: ", a torus"}
    chosen = "; the samples decide its shape" * (fitted_setting(lens, "grid_shape") == "auto")
    return f"a lattice of {size} positions{around[len(closed)]}{chosen}"
