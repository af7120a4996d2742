# SPDX-License-Identifier: BSD-3-Clause
"""What examples warn of: in lines that fit the page, without a path of the machine."""

import textwrap
import warnings

WIDTH = 95


def plain(gallery_conf, fname):
    """Sphinx-Gallery calls it before each example, in the process that runs it."""
    warnings.formatwarning = _line


def _line(message, category, *_):
    return textwrap.fill(f"{category.__name__}: {message}", WIDTH) + "\n"
