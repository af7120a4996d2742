# SPDX-License-Identifier: BSD-3-Clause
"""Columns that do not go with the others are named by the verdict."""

import numpy as np
import pytest

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict.columns import turned_columns
from sklearn_symmetry.statistics.summary import summarise

N_COLUMNS = 16


def bumps(n_samples, seed):
    """Bumps of either sign and any place, on a line of 16 columns."""
    rng = np.random.default_rng(seed)
    X, at = 0.05 * rng.normal(size=(n_samples, N_COLUMNS)), np.arange(N_COLUMNS)
    for _ in range(3):
        places = rng.uniform(-3, N_COLUMNS + 3, size=(n_samples, 1))
        X += rng.normal(size=(n_samples, 1)) * np.exp(-0.5 * ((at - places) / 1.5) ** 2)
    return X


def said(X, bad, **settings):
    """Sentences of a verdict about shuffled columns that name the column that went bad."""
    order = np.random.default_rng(7).permutation(N_COLUMNS)
    lens = SymmetryLens(mixing="permutation", random_state=0, **settings).fit(X[:, order])
    verdict = lens.verdict(X[:, order])
    place = order.tolist().index(bad)
    return [reason for reason in verdict.reasons if f"columns [{place}]" in reason]


@pytest.mark.parametrize("bad", [0, 5])
def test_a_channel_of_noise_is_named(bad):
    X = bumps(3000, 0)
    X[:, bad] = np.random.default_rng(1).normal(size=len(X))
    (sentence,) = said(X, bad)
    assert "nothing to do with their neighbours" in sentence


def test_a_channel_of_the_other_polarity_is_named():
    X = bumps(3000, 0)
    X[:, 5] *= -1
    (sentence,) = said(X, 5)
    assert "upside down" in sentence


def test_no_column_of_noise_is_upside_down():
    turned = []
    for seed in range(3):
        X = np.random.default_rng(seed).normal(size=(1000, 7))
        lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
        turned += turned_columns(lens, summarise(X))
        assert not any("upside down" in reason for reason in lens.verdict(X).reasons)
    assert turned  # it would have been said of some of them


def test_a_dead_channel_is_named():
    X = bumps(3000, 0)
    X[:, 5] = 0.0
    order = np.random.default_rng(7).permutation(N_COLUMNS)
    lens = SymmetryLens(mixing="permutation", random_state=0)
    with pytest.warns(UserWarning, match="constant columns"):
        lens.fit(X[:, order])
    reasons = lens.verdict(X[:, order]).reasons
    assert any(f"constant columns [{order.tolist().index(5)}]" in reason for reason in reasons)


def test_good_columns_are_not_named():
    X = bumps(3000, 0)
    order = np.random.default_rng(7).permutation(N_COLUMNS)
    lens = SymmetryLens(mixing="permutation", random_state=0).fit(X[:, order])
    assert not any("columns [" in reason for reason in lens.verdict(X[:, order]).reasons)


def test_few_samples_are_said_to_be_few():
    X = bumps(400, 0)
    lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
    assert any("400 samples are few for 16 columns" in one for one in lens.verdict(X).reasons)
