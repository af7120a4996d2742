# SPDX-License-Identifier: BSD-3-Clause
"""Warn of links inside the built site that lead nowhere: files and anchors, text and pictures.

Sphinx checks the references it resolves itself. Plain links, those of included files and those of
other extensions are looked up here, in what a browser will see. Links to other sites need the
network: ``python -m sphinx -b linkcheck docs docs/_build/linkcheck``.
"""

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.util import logging

LINK = re.compile(r'<(?:a|img|link|script|source)\b[^>]*?\b(?:href|src)="([^"]+)"')
ANCHOR = re.compile(r'\b(?:id|name)="([^"]+)"')

logger = logging.getLogger(__name__)


def check(app, exception):
    """Look up every relative link of every page."""
    if exception is not None or app.builder.format != "html":
        return
    for name in sorted(app.env.found_docs):
        page = Path(app.outdir, app.builder.get_outfilename(name))
        for link in set(LINK.findall(page.read_text())):
            if not leads_somewhere(page, link):
                logger.warning("no such target: %s", link, location=name)


def leads_somewhere(page, link):
    """Whether the file, and the anchor if there is one, of a relative link are there."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
    if not target.is_file():
        return False
    return target.suffix != ".html" or not parts.fragment or unquote(parts.fragment) in ids(target)


@lru_cache
def ids(page):
    """All anchors of a page."""
    return frozenset(ANCHOR.findall(page.read_text()))


def setup(app):
    """Register with Sphinx, behind the extensions that still write pages when a build ends."""
    app.connect("build-finished", check, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
