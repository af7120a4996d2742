# SPDX-License-Identifier: BSD-3-Clause
"""The command line: one file a command.

A command is a module with ``HELP`` (one line), ``add_arguments(parser)``, ``run(options, talk)``;
:data:`COMMANDS` is the one list of them. What they share:

================ =================================================================
`arguments.py`   options that several commands have, and a parser of one-line errors
`talk.py`        what is said to a person, or to a program
`tables.py`      tables in and out, by the names of their columns
`lenses.py`      lenses in and out
`fitting.py`     fit and verdict, with progress and notes
================ =================================================================
"""

import difflib
import os
import sys

from .. import __version__
from .._io import BadInput
from . import act, check, demo, fit, images, info
from .arguments import OneLineParser
from .talk import Talk

__all__ = ["COMMANDS", "main"]

COMMANDS = {  # in the order of --help
    "demo": demo,
    "images": images,
    "fit": fit,
    "verdict": check,
    "transform": act.TRANSFORM,
    "shift": act.SHIFT,
    "info": info,
}
MAIN_JOB = "demo"  # without a command
OWN_OPTIONS = ("-h", "--help", "--version")  # of the program, not of a command


def main(arguments=None, prog="python -m sklearn_symmetry"):
    """Run the command line.

    Parameters
    ----------
    arguments : list of str or None
        None: those of the process.
    prog : str
        How it was called.

    Returns
    -------
    code : int
        0 if all went well, 1 if the fit failed numerically, 2 for input that cannot be used, 3 if
        ``--exit-code`` was given and the lens was not found to be right, 130 after Ctrl-C.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):  # names that a terminal cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in OWN_OPTIONS):
        arguments.insert(0, MAIN_JOB)
    elif arguments[0] not in (*COMMANDS, *OWN_OPTIONS):
        return _complain(f"error: {_unknown(arguments[0], prog)}", 2)
    parser = _parser(prog)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:  # the help of the command tells what there is, not that of the program
        command, rest = options.command, " ".join(unknown)
        parser.exit(2, f"error: {command} takes no {rest} (see {prog} {command} --help)\n")
    talk = Talk.of(options)
    try:
        code = COMMANDS[options.command].run(options, talk) or 0
        talk.finish()
        return code
    except KeyboardInterrupt:
        return _complain("interrupted", 130)
    except BrokenPipeError:
        # The reader has seen enough (head): nothing is left to be flushed into its pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (FloatingPointError, MemoryError) as error:
        return _complain(f"error: {error}", 1)
    except (BadInput, ImportError) as error:
        return _complain(f"error: {error}", 2)


def console_script():
    """The program ``sklearn-symmetry``."""
    return main(prog="sklearn-symmetry")


def _complain(message, code):
    print(" ".join(message.split()), file=sys.stderr)
    return code


def _unknown(command, prog):
    near = difflib.get_close_matches(command, COMMANDS, n=1)
    known = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
    return f"no command {command!r}; {known} (see {prog} --help)"


def _parser(prog):
    parser = OneLineParser(
        prog=prog,
        description="Find the hidden symmetry of raw vectors: put columns that were shuffled or "
        "mixed back in order. Without a command: demo.",
        epilog=f"Options of a command: {prog} COMMAND --help. Files may be -, a pipe.",
    )
    parser.add_argument("--version", action="version", version=f"sklearn-symmetry {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.HELP, description=command.HELP)
        command.add_arguments(sub)
        sub.add_argument(
            "--json", action="store_true", help="print one JSON object instead of text"
        )
    return parser
