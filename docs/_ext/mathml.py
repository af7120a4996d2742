# SPDX-License-Identifier: BSD-3-Clause
"""Formulas as MathML, made when the site is built: browsers draw them, offline, too."""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util.math import get_node_equation_number


def inline(translator, node):
    """A formula in a line of text."""
    translator.body.append(f'<span class="math">{_mathml(node.astext())}</span>')
    raise nodes.SkipNode


def block(translator, node):
    """A formula of its own, with its number if it has one."""
    translator.body.append('<div class="math">')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(_mathml(node.astext(), "block"))
    translator.body.append("</div>")
    raise nodes.SkipNode


def _mathml(latex, display="inline"):
    """A bar above several letters is as long as these."""
    bar, long_bar = '<mo accent="true">&#x02015;</mo>', '<mo stretchy="true">&#x0203E;</mo>'
    return convert(latex.strip(), display=display).replace(bar, long_bar)


def setup(app):
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
