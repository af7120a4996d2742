# SPDX-License-Identifier: BSD-3-Clause
"""Roles that link to the source, checked at build time, and the pages they lead to.

``{src}`sklearn_symmetry/core/losses/alignment.py``` links to a file of the repository and
``{src}`tests/test_core_losses.py::test_alignment_is_...``` to the line where a name is defined.
A file or a name that is not there is a warning, and so an error of the build: the links of the
guide cannot go stale.
"""

import re
from functools import lru_cache
from html import escape
from pathlib import Path

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.addnodes import pending_xref
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

ROOT = Path(__file__).resolve().parents[2]
LISTED = ("sklearn_symmetry", "tests", "examples/paper", "docs/figures")
PREFIX = "source"

logger = logging.getLogger(__name__)


class SourceRole(SphinxRole):
    """``{src}`path``` or ``{src}`path::name```, or with a text: ``{src}`text <path::name>```."""

    def run(self):
        """A reference that is resolved when all pages are known."""
        match = re.fullmatch(r"(.*?)\s*<(.+)>", self.text)
        label, target = match.groups() if match else (None, self.text)
        path, _, name = target.partition("::")
        lines = source_lines(path)
        if lines is None or (name and definition(path, name) is None):
            logger.warning("no such source: %s", target, location=self.get_location())
            return [nodes.literal(text=target)], []
        label = label or name or path.removeprefix("sklearn_symmetry/")
        reference = pending_xref(
            "", reftype="src", refdomain="", reftarget=path, refline=definition(path, name)
        )
        reference += nodes.literal(text=label, classes=["src"])
        return [reference], []


@lru_cache
def source_lines(path):
    """Lines of a listed file, None if there is none."""
    file = ROOT / path
    return file.read_text().splitlines() if path in listed_files() else None


@lru_cache
def listed_files():
    """Paths of all files that get a page, relative to the root of the repository."""
    files = (file for folder in LISTED for file in (ROOT / folder).rglob("*.py"))
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


def definition(path, name):
    """Number of the line where a function, class or constant is defined; None if nowhere."""
    pattern = re.compile(rf"\s*(def|class) {re.escape(name)}\b|{re.escape(name)}\b.* = ")
    numbered = enumerate(source_lines(path) or (), start=1)
    return next((number for number, line in numbered if name and pattern.match(line)), None)


def resolve(app, env, node, contnode):
    """Turn the reference of a role into a relative link."""
    if node.get("reftype") != "src":
        return None
    anchor = f"L-{node['refline']}" if node["refline"] else ""
    page = f"{PREFIX}/{node['reftarget']}"
    return make_refnode(app.builder, node["refdoc"], page, anchor, contnode, node["reftarget"])


def pages(app):
    """One highlighted page for every listed file."""
    formatter = HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True)
    for path in listed_files():
        code = highlight((ROOT / path).read_text(), PythonLexer(), formatter)
        title = f"<h1><code>{escape(path)}</code></h1>"
        yield f"{PREFIX}/{path}", {"title": path, "body": title + code, "parents": []}, "page.html"


def setup(app):
    """Register with Sphinx."""
    app.add_role("src", SourceRole())
    app.connect("missing-reference", resolve)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
