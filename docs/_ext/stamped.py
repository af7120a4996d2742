# SPDX-License-Identifier: BSD-3-Clause
"""Says for every file of results with which search its rows were made.

The directive ``{stamped}`` is a table of all files of ``docs/results``; where a stamp is not that
of the present code, the build says so. It is no warning: words of the pages may be built while
tables are being measured.
"""

import sys
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "benchmarks"))

from ledger import RESULTS, read  # noqa: E402
from stamps import LOOKS_AT, SAME, counts_as, latest, stamp  # noqa: E402

BEFORE = "before there were stamps"
logger = logging.getLogger(__name__)


def stamps_of(path):
    """How many rows of a file have which stamp."""
    return Counter(row.get("stamp") or BEFORE for row in read(path))


def is_present(text):
    """Whether the present code has this stamp, or one that is as good."""
    return any(counts_as(text, stamp(kind)) for kind in LOOKS_AT)


def _present(text):
    if not is_present(text):
        return ""
    return f" (as {latest(text)}, the present one)" if text in SAME else " (the present one)"


def lines(folder=RESULTS):
    """File, rows, and how many of them were made with which search."""
    for path in sorted(folder.glob("*.csv")):
        found = stamps_of(path)
        made = ", ".join(f"{text}{_present(text)}: {count}" for text, count in found.most_common())
        yield path.name, str(found.total()), made, all(map(is_present, found))


class Stamped(SphinxDirective):
    """The table."""

    def run(self):
        """File by file."""
        self.env.note_reread()
        rows = list(lines())
        old = [name for name, _, _, present in rows if not present]
        if old:
            logger.info(
                "results of another search than the present one: %s "
                "(python tests/benchmarks/all.py --list)", ", ".join(old), color="darkgreen",
            )  # fmt: skip
        return [_table(("file", "rows", "made with"), [row[:3] for row in rows])]


def _table(header, rows):
    """A table of plain text, the first column as code."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in header), cols=len(header))
    head = nodes.thead("", nodes.row("", *(_entry(nodes.Text(text)) for text in header)))
    body = nodes.tbody()
    for name, *rest in rows:
        cells = [_entry(nodes.literal(text=name)), *(_entry(nodes.Text(text)) for text in rest)]
        body += nodes.row("", *cells)
    group += [head, body]
    return nodes.table("", group)


def _entry(content):
    return nodes.entry("", nodes.paragraph("", "", content))


def setup(app):
    """Register with Sphinx."""
    app.add_directive("stamped", Stamped)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
