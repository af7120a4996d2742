# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the documentation: python -m sphinx -W --keep-going -b html docs docs/_build/html"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]
# One thread a process: small matrices, and the same figures on every machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import sklearn_symmetry  # noqa: E402

project = "sklearn_symmetry"
author = "The sklearn_symmetry developers"
copyright = "the sklearn_symmetry developers, BSD 3-clause license"
version = release = sklearn_symmetry.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "complete",
    "links",
    "listing",
    "mathml",
    "readable",
    "stamped",
]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["style.css"]
exclude_patterns = ["_build", "results/*", "gallery/**/*.ipynb", "gallery/**/*.py"]

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# References inside the project must resolve; those to other projects need the network.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(sklearn|numpy|scipy|torch|matplotlib|joblib|functools|types)\..*"),
]
linkcheck_timeout = 20
linkcheck_retries = 2

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
# The list beside a class names its methods alone.
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
# All checks but: see-also, examples and extended summaries of every method (SA01, EX01, ES01),
# names of returned values (RT02, RT03), descriptions where the type says all (PR07), lines of
# options that start with a literal (PR08), and nouns taken for verbs (SS05).
numpydoc_validation_checks = {"all", "SA01", "EX01", "ES01", "RT02", "RT03", "PR07", "PR08", "SS05"}
# Inside, a docstring may be one line, and equations explain more than lists of types. A set and a
# verdict are not made by hand: they describe their contents, not their parameters.
numpydoc_validation_exclude = {
    r"\.core\.", r"\.solver\.", r"\.statistics\.", r"\.SymmetricDataset$", r"\.Verdict$",
    r"\.OrderComparison$",
}  # fmt: skip

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklearn_symmetry",),
    "reference_url": {"sklearn_symmetry": None},
    "within_subsection_order": "FileNameSortKey",
    "ignore_repr_types": r"matplotlib|sklearn_symmetry\.(?!_verdict)",
    # Times of a machine that may be busy say nothing.
    "min_reported_time": float("inf"),
    "write_computation_times": False,
    "show_memory": False,
    "download_all_examples": False,
    "plot_gallery": True,
    "reset_modules": ("matplotlib", "warned.plain"),
    "parallel": 2,
    "matplotlib_animations": False,
}

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "sklearn_symmetry"
html_favicon = "_static/favicon.svg"
# Pages with nothing to list beside them.
html_sidebars = {"developers": [], "whats_new": []}
html_context = {"default_mode": "auto"}  # light or dark, as the system of the reader
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_align": "left",
}
