# SPDX-License-Identifier: BSD-3-Clause
"""The error of the command line that is the user's to mend."""

__all__ = ["BadInput"]


class BadInput(Exception):
    """Something the user can mend; the message says how."""
