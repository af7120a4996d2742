# SPDX-License-Identifier: BSD-3-Clause
"""What is said to a person, or, with ``--json``, to a program."""

import json
import math
import sys
from dataclasses import dataclass, field

import numpy as np

from .._io import BadInput
from .tables import in_utf8

__all__ = ["Talk"]


@dataclass
class Talk:
    """Lines on a stream as they come, or one JSON object at the end.

    Attributes
    ----------
    as_json : bool
        Only the object, on the standard output.
    aside : bool
        The standard output is taken by a table: lines go to the standard error stream.
    facts : dict
        What the object holds.
    """

    as_json: bool = False
    aside: bool = False
    facts: dict = field(default_factory=dict)

    @classmethod
    def of(cls, options):
        """For the options of a command."""
        taken = "-" in (getattr(options, "output", None), getattr(options, "order", None))
        return cls(options.json, taken, {"command": options.command})

    def say(self, label, *lines):
        """Lines under a label."""
        if self.as_json:
            return
        for number, line in enumerate(lines):
            self._print(f"{label if number == 0 else '':<10}{line}")

    def note(self, message):
        """Something to look at, beside the result."""
        self.facts.setdefault("notes", []).append(str(message))
        print(f"note: {message}", file=sys.stderr)

    def know(self, **facts):
        """For the object; nothing is said."""
        self.facts.update(facts)

    def finish(self):
        """Print the object, if it was asked for."""
        if self.as_json:
            in_utf8(sys.stderr if self.aside else sys.stdout)
            self._print(json.dumps(_plain(self.facts), ensure_ascii=False))

    def _print(self, line):
        try:
            print(line, file=sys.stderr if self.aside else sys.stdout, flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:  # a full disk
            raise BadInput(f"cannot write the output ({error.strerror or error})") from error


def _plain(value):
    """Arrays as lists; what is not a number as null, which is all that JSON has for it."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
