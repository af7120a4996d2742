# SPDX-License-Identifier: BSD-3-Clause
"""What a notebook shows of a lens and of a verdict: the headline, a small picture, the reasons.

The picture is drawn without matplotlib, as an inline SVG that any browser shows.
"""

import html

import numpy as np

from ._words import found_lines

__all__ = ["card", "lens_card", "matrix_svg"]

FAINT = 0.08  # of the largest entry: below, a cell stays white
LARGEST = 65  # rows and columns that are drawn: more cannot be seen, and would be a large page
SIZE = 160  # pixels
RED, BLUE = (178, 24, 43), (33, 102, 172)


def card(headline, lines, *, colour, matrix=None, caption=""):
    """A headline, a picture of a matrix beside it, and a list of sentences.

    Parameters
    ----------
    headline : str
    lines : list of str
    colour : str
        Of the headline and the bar, as CSS knows it.
    matrix : ndarray of shape (d, d) or None, default=None
    caption : str, default=""
        Of the picture.

    Returns
    -------
    html : str
    """
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    picture = ""
    if matrix is not None and np.isfinite(matrix).all() and len(matrix) <= LARGEST:
        picture = (
            '<div style="flex: none; text-align: center; font-size: 0.8em">'
            f"{matrix_svg(matrix, caption)}<br>{html.escape(caption)}</div>"
        )
    return (
        f'<div style="border-left: 4px solid {colour}; padding-left: 0.8em; display: flex; '
        'flex-wrap: wrap; gap: 1.2em; align-items: flex-start">'
        f'<div style="flex: 1 1 20em"><strong style="color: {colour}">{html.escape(headline)}'
        f'</strong><ul style="margin: 0.4em 0 0 0; padding-left: 1.2em">{items}</ul></div>'
        f"{picture}</div>"
    )


def lens_card(lens):
    """What a lens found, and that nobody has judged it yet; nothing before it is fitted.

    Parameters
    ----------
    lens : SymmetryLens

    Returns
    -------
    html : str
    """
    if not hasattr(lens, "generator_"):
        return ""
    first, *lines = found_lines(lens, getattr(lens, "feature_names_in_", None))
    lines.append("whether to believe it: lens.verdict(X)")
    return card(
        f"Fitted: {first}",
        lines,
        colour="#57606a",
        matrix=lens.generator_,
        caption="generator: one step",
    )


def matrix_svg(matrix, label):
    """Red for positive entries, blue for negative ones, on white.

    Parameters
    ----------
    matrix : ndarray of shape (d, d)
    label : str
        For those who cannot see it.

    Returns
    -------
    svg : str
    """
    rows, columns = matrix.shape
    largest = np.abs(matrix).max() or 1.0
    cells = []
    for row, column in np.argwhere(np.abs(matrix) >= FAINT * largest):
        share = matrix[row, column] / largest
        tone = ",".join(
            str(round(255 + (one - 255) * abs(share))) for one in (RED if share > 0 else BLUE)
        )
        cells.append(f'<rect x="{column}" y="{row}" width="1" height="1" fill="rgb({tone})"/>')
    return (
        f'<svg role="img" aria-label="{html.escape(label, quote=True)}" width="{SIZE}" '
        f'height="{SIZE}" viewBox="0 0 {columns} {rows}" shape-rendering="crispEdges" '
        'style="background: #fff; border: 1px solid #999">'
        f"{''.join(cells)}</svg>"
    )
