# SPDX-License-Identifier: BSD-3-Clause
"""Tables that people bring: from bytes to lines, cells, tables and arrays of numbers."""
