# SPDX-License-Identifier: BSD-3-Clause
"""``info``: what is in a stored lens, or what is installed here."""

import platform
from importlib.metadata import PackageNotFoundError, version

from .. import __version__
from .._words import found_lines
from .fitting import known_of
from .lenses import read_lens

__all__ = ["HELP", "add_arguments", "run"]

HELP = "say what is in a stored lens; without one, which versions are installed (for bug reports)"
PACKAGES = ("scikit-learn", "torch", "numpy", "scipy", "matplotlib", "pandas")


def add_arguments(parser):
    """Of a lens."""
    parser.add_argument("lens", nargs="?", help="of fit --save")


def run(options, talk):
    """Describe the lens, or the machine."""
    if options.lens is None:
        versions = _versions()
        for name, said in versions.items():
            talk.say("", f"{name:<18}{said}")
        talk.know(versions=versions)
        return
    lens = read_lens(options.lens)
    names = getattr(lens, "feature_names_in_", None)
    talk.say("lens", options.lens)
    talk.say("found", *found_lines(lens, names))
    defaults = type(lens)().get_params()
    changed = {
        name: value for name, value in lens.get_params().items() if not _same(value, defaults[name])
    }
    talk.say(
        "settings", ", ".join(f"{name}={value!r}" for name, value in changed.items()) or "defaults"
    )
    talk.know(
        **known_of(lens, names), settings={name: str(value) for name, value in changed.items()}
    )


def _same(value, default):
    return type(value) is type(default) and value == default


def _versions():
    import torch

    found = {"sklearn-symmetry": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    found["system"] = platform.platform()
    found["device"] = "cuda" if torch.cuda.is_available() else "cpu"
    found["threads of torch"] = torch.get_num_threads()
    return found
