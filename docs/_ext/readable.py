# SPDX-License-Identifier: BSD-3-Clause
"""What a narrow screen needs: names that break where a reader would, pictures that open.

Without it a browser breaks ``test_generator_is_a_rotation`` anywhere, or pushes columns of a table
out of sight, and the small print of a picture that is as wide as a telephone cannot be read.
"""

import re

NAME = re.compile(r'<span class="pre">([^<]+)</span>')
# Behind an underscore, a dot, a bracket and the like, and where a word of CamelCase ends; never
# within a number, nor before the ending of a file.
BREAK = re.compile(
    r"(?<=[^\W_]{2}_)(?=[^\W_])|(?<=[^\W\d]\.)(?=[A-Za-z_]{4})|(?<=[\w)][/(,=])(?=[\w\"'&])"
    r"|(?<=[a-z]{3})(?=[A-Z][a-z]{2})"
)
SHORT = 12
OPENING = re.compile(r'(<span class="sig-paren">\(</span>)')
COUNT = re.compile(r"(<td[^>]*><p>[\d,]+) of ([\d,]+</p>)")
PICTURE = re.compile(r'(<a [^>]*>\s*)?(<img [^>]*?src="([^"]*_images/[^"]*)"[^>]*>)')


def name(match):
    """A name in the text, with the places where it may break; an option is whole."""
    text = match[1]
    if text.startswith("-") and len(text) < 2 * SHORT:
        return f'<span class="pre whole">{text}</span>'
    if len(text) <= SHORT:
        return match[0]
    return f'<span class="pre">{BREAK.sub("<wbr>", text)}</span>'


def picture(match):
    """A picture that leads to itself, unless it leads somewhere already, as a card does."""
    link, image, source = match.groups()
    if link or source.endswith("_thumb.png"):
        return match[0]
    return f'<a class="reference internal image-reference" href="{source}">{image}</a>'


def body(app, pagename, templatename, context, doctree):
    """Rewrite the text of a page before it is put into its frame."""
    text = context.get("body")
    if doctree is None or not text:
        return
    text = OPENING.sub(r"\1<wbr>", NAME.sub(name, text))
    text = COUNT.sub(r"\1&#160;of&#160;\2", text)
    context["body"] = PICTURE.sub(picture, text)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", body)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
