# SPDX-License-Identifier: BSD-3-Clause
"""Sets whose hidden symmetry is known, made or cut from real data."""

from ._common import SymmetricDataset, hiding_basis
from ._fields import (
    load_digit_patches,
    load_mnist_patches,
    load_photo_patches,
    make_symmetric_fields,
)
from ._real import load_digit_slices, load_mnist_slices, load_photo_rows
from ._synthetic import make_symmetric_signals

__all__ = [
    "SymmetricDataset",
    "hiding_basis",
    "load_digit_patches",
    "load_digit_slices",
    "load_mnist_patches",
    "load_mnist_slices",
    "load_photo_patches",
    "load_photo_rows",
    "make_symmetric_fields",
    "make_symmetric_signals",
]
