# SPDX-License-Identifier: BSD-3-Clause
"""Warn of public names, and of modules, that the API reference leaves out."""

import pkgutil
from importlib import import_module

from sphinx.util import logging

PUBLIC = ("", ".baselines", ".datasets", ".inspection", ".metrics", ".nn", ".persistence")

# Documented module by module; those of these packages, on the page of the package.
INSIDE = ("core", "solver", "solver.starts", "statistics")

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
    for package in INSIDE:
        folder = import_module(f"sklearn_symmetry.{package}").__path__
        for module in pkgutil.iter_modules(folder, f"sklearn_symmetry.{package}."):
            if module.name not in documented:
                logger.warning("a module, but not in docs/api/index.md: %s", module.name)


def setup(app):
    """Register with Sphinx."""
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
