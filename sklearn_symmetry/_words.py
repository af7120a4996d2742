# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted lens is, in the words that people see first."""

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
    block = [
        f"one step of a symmetry of {lens.n_features_in_} columns, seen at {len(lens.powers_)} "
        f"positions; {state} after {steps}"
    ]
    kind = {"open": "a line", "circulant": "a ring"}[lens.boundary_]
    if fitted_setting(lens, "boundary") == "auto":
        block.append(f"the samples decide: {kind}")
    order = getattr(lens, "column_order_", None)
    if order is not None:
        shown = [str(column if names is None else names[column]) for column in order[:LISTED]]
        rest = ", ..." if len(order) > LISTED else ""
        block.append(f"columns in the order found: {', '.join(shown)}{rest}")
    return block
