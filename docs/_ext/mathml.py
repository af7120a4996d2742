# SPDX-License-Identifier: BSD-3-Clause
"""Formulas as MathML, made when the site is built: browsers draw them by themselves, offline, too."""

from latex2mathml.converter import convert
from sphinx.util.math import get_node_equation_number


def inline(translator, node):
    """A formula in a line of text."""
    translator.body.append(f'<span class="math">{convert(node.astext())}</span>')
    _done()


def block(translator, node):
    """A formula of its own, with its number if it has one."""
    translator.body.append('<div class="math">')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(convert(_plain(node.astext()), display="block"))
    translator.body.append("</div>")
    _done()


def _plain(latex):
    """Without what only a typesetter needs."""
    return latex.strip().removeprefix("$$").removesuffix("$$")


def _done():
    from docutils import nodes

    raise nodes.SkipNode


def setup(app):
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
