# SPDX-License-Identifier: BSD-3-Clause
"""An order that was found against one that is claimed."""

import numpy as np
import pytest

from sklearn_symmetry.metrics import compare_orders


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_direction_and_the_start_of_a_ring_are_conventions(seed, boundary):
    rng = np.random.default_rng(seed)
    claimed = rng.permutation(9)
    found = claimed[::-1] if boundary == "open" else np.roll(claimed[::-1], rng.integers(9))
    comparison = compare_orders(found, claimed, boundary=boundary)
    assert (comparison.agreement, comparison.disagreeing) == (1.0, ())
    assert comparison.found == comparison.claimed


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_the_one_column_that_was_moved_is_named(seed, boundary):
    rng = np.random.default_rng(seed)
    claimed = list(range(12))
    moved = int(rng.integers(12))
    # Three places at least: with one, either of two columns may have moved.
    place = (moved + int(rng.integers(3, 9))) % 11
    rest = [column for column in claimed if column != moved]
    found = [*rest[:place], moved, *rest[place:]]
    assert compare_orders(found, claimed, boundary=boundary).disagreeing == (str(moved),)


def test_an_order_that_starts_elsewhere_is_another_one_on_a_line():
    turned = [3, 4, 5, 0, 1, 2]
    assert compare_orders(turned, range(6), boundary="circulant").agreement == 1
    assert compare_orders(turned, range(6)).agreement == 0.8
    assert len(compare_orders(turned, range(6)).disagreeing) == 3


def test_columns_that_are_not_claimed_do_not_count():
    comparison = compare_orders("abxcd", "abcd", names="abcdxyz")
    assert (comparison.agreement, comparison.left_out) == (1.0, ("x",))
    assert "not claimed: x" in str(comparison)


@pytest.mark.parametrize(
    "found, claimed, message",
    [
        ("abc", "abd", "claimed names columns that there are not: d"),
        ("abc", "aab", "claimed names columns twice: a"),
        ("abb", "ab", "found names columns twice: b"),
        ("abc", "a", "two columns at least"),
    ],
)
def test_unusable_orders_are_refused_by_name(found, claimed, message):
    with pytest.raises(ValueError, match=message):
        compare_orders(found, claimed)
