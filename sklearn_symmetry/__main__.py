# SPDX-License-Identifier: BSD-3-Clause
"""``python -m sklearn_symmetry``: the command line, as the program ``sklearn-symmetry``."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
