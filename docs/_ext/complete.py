# SPDX-License-Identifier: BSD-3-Clause
"""Warn of public names that the API reference leaves out."""

from importlib import import_module

from sphinx.util import logging

PUBLIC = ("", ".baselines", ".datasets", ".inspection", ".metrics", ".nn", ".persistence")

logger = logging.getLogger(__name__)


def check(app, env):
    """Compare ``__all__`` of the public modules with the objects that have a page."""
    documented = env.domains["py"].objects
    for suffix in PUBLIC:
        module = import_module("sklearn_symmetry" + suffix)
        for name in module.__all__:
            full = f"{module.__name__}.{name}"
            if not name.startswith("__") and full not in documented:
                logger.warning("public, but not in docs/api/index.md: %s", full)


def setup(app):
    """Register with Sphinx."""
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
