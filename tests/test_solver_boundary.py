# SPDX-License-Identifier: BSD-3-Clause
"""Line or ring: found, not asked."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver import solve
from sklearn_symmetry.solver.boundary import ends, paired
from sklearn_symmetry.solver.tuning import DEFAULT

boundaries = pytest.mark.parametrize("boundary", ["open", "circulant"])


def signals(boundary, size=12, n_samples=4000, seed=0, **options):
    return make_symmetric_signals(n_samples, size, boundary=boundary, random_state=seed, **options)


@boundaries
@pytest.mark.parametrize("size", [6, 7, 12, 25])
@pytest.mark.parametrize("signal", ["gaussian", "legendre"])
def test_ends_of_a_ring_are_neighbours_wherever_it_is_cut(size, signal, boundary):
    y = torch.as_tensor(signals(boundary, size, signal=signal).data)
    for cut in (0, 1, size // 2) if boundary == "circulant" else (0,):
        for rows in (y.roll(cut, 1), y.roll(cut, 1).flip(1)):
            found = ends(rows, len(y))
            assert found.boundary == boundary
            assert found.certain
            assert abs(found.share - (boundary == "circulant")) < 0.3


def test_independent_columns_do_not_tell():
    y = torch.as_tensor(np.random.default_rng(0).standard_normal((2000, 12)))
    found = ends(y, 2000)
    assert not found.certain
    assert found.boundary == "open"
    assert "cannot tell" in found.says


def test_ends_that_are_opposites_are_no_line():
    """Around a ring on which signals come back upside down: a share of -1, and a line has 0."""
    waves = np.arange(1, 8, 2) * np.pi * np.arange(12)[:, None] / 12
    basis = np.concatenate([np.cos(waves), np.sin(waves)], axis=1)
    y = torch.as_tensor(np.random.default_rng(0).standard_normal((4000, 8)) @ basis.T)
    found = ends(y, 4000)
    assert found.share < -0.5
    assert found.disorder < 0.02
    assert found.boundary == "open"
    assert not found.certain


def test_a_wrong_rotation_does_not_tell():
    for boundary in ("open", "circulant"):
        data = signals(boundary, symmetry="orthogonal")
        found = ends(torch.as_tensor(data.data), 4000)
        assert found.disorder > 0.4
        assert not found.certain
        assert "unexplained" in found.says


@boundaries
def test_disorder_is_what_sampling_does_not_give(boundary):
    for n_samples in (500, 4000):
        y = torch.as_tensor(signals(boundary, n_samples=n_samples).data)
        assert ends(y, n_samples).disorder < 0.02


@pytest.mark.parametrize("size", [2, 3])
def test_too_few_columns_for_a_ring_are_a_line(size):
    assert ends(torch.randn(50, size), 50).boundary == "open"


def test_constant_columns_do_no_harm():
    y = torch.as_tensor(signals("circulant").data)
    y[:, 3] = 1.0
    assert np.isfinite(ends(y, len(y)).share)
    assert not ends(torch.ones(50, 8), 50).certain


def gap_within_pairs(logs):
    """Least sum of squared gaps within pairs of neighbours, one left out, or two."""
    size = len(logs)
    sums = []
    for left in itertools.combinations(range(size), 2 - size % 2):
        rest = np.delete(np.arange(size), left).reshape(-1, 2)
        if np.all(np.diff(rest) == 1):
            sums.append(np.square(np.diff(logs[rest])).sum())
    return min(sums)


@pytest.mark.parametrize("size", [4, 5, 6, 7, 10, 11])
def test_eigenvalues_are_paired_to_make_gaps_within_pairs_least(size):
    random = np.random.default_rng(size)
    for _ in range(10):
        logs = np.sort(random.standard_normal(size))[::-1]
        within, n_samples = gap_within_pairs(logs), 100
        share = within / np.square(np.diff(logs)).sum()
        sampled = within / ((size - 1) // 2) * n_samples / 8
        for factor in (0.999, 1.001):
            for pairs in ((share * factor, np.inf), (2.0, sampled * factor)):
                tuning = replace(DEFAULT, ring_pairs=pairs)
                assert paired(np.exp(logs), n_samples, tuning) == (factor > 1)


@pytest.mark.parametrize("size", [6, 7, 12, 25])
def test_waves_of_a_ring_come_in_pairs_and_those_of_a_line_do_not(size):
    lags = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    line = np.linalg.eigvalsh(np.exp(-lags / 2))[::-1]
    ring = np.linalg.eigvalsh(np.exp(-np.minimum(lags, size - lags) / 2))[::-1]
    assert paired(ring, 10_000)
    assert not paired(line, 10_000)
    assert not paired(np.ones(size), 10_000)
    # White noise that is added, and units, change nothing.
    assert paired(7 * (ring + 0.2), 10_000)
    assert not paired(7 * (line + 0.2), 10_000)


def test_sampling_splits_two_equal_eigenvalues_as_said():
    random, n_samples = np.random.default_rng(0), 400
    gaps = []
    for _ in range(400):
        variances = np.linalg.eigvalsh(np.cov(random.standard_normal((2, n_samples))))
        gaps.append(np.diff(np.log(variances))[0] ** 2)
    assert_allclose(np.mean(gaps) * n_samples / 8, 1, atol=0.15)  # three standard errors


def test_three_columns_are_no_pairs():
    assert not paired(np.array([2.0, 1.0, 1.0]), 1000)


def test_a_ring_whose_waves_are_pairs_costs_no_more_than_one_that_is_told():
    X = signals("circulant", 14, symmetry="orthogonal", seed=3).data
    lens = SymmetryLens(boundary="auto", random_state=0).fit(X)
    told = SymmetryLens(boundary="circulant", random_state=0).fit(X)
    assert lens.candidates_ == told.candidates_
    assert_allclose(lens.group_conv_matrix_, told.group_conv_matrix_, rtol=0, atol=0)


def test_a_line_that_is_searched_as_a_ring_first_is_found_a_line(monkeypatch):
    data = signals("open", 14, symmetry="orthogonal", seed=3)
    monkeypatch.setattr(solve, "paired", lambda *_: True)
    lens = SymmetryLens(boundary="auto", random_state=0).fit(data.data)
    assert lens.boundary_ == "open"
    assert generator_similarity(lens.generator_, data.generator, boundary="open") > 0.999


def test_no_ring_is_searched_twice(monkeypatch, little_search):
    searched, along = [], solve._Fit.along
    monkeypatch.setattr(solve, "paired", lambda *_: True)
    monkeypatch.setattr(
        solve._Fit, "along", lambda fit, grid: searched.append(grid.cyclic) or along(fit, grid)
    )
    X = np.random.default_rng(0).standard_normal((200, 5))  # neither line nor ring
    SymmetryLens(boundary="auto", n_init=1, random_state=0).fit(X)
    assert searched == [(True,), (False,)]


@boundaries
@pytest.mark.parametrize("mixing", ["rotation", "permutation"])
def test_samples_decide_between_line_and_ring(mixing, boundary):
    symmetry = {"rotation": "orthogonal", "permutation": "permutation"}[mixing]
    data = signals(boundary, 14, symmetry=symmetry, seed=3)
    lens = SymmetryLens(boundary="auto", mixing=mixing, random_state=0).fit(data.data)
    assert lens.boundary_ == boundary
    found = generator_similarity(lens.generator_, data.generator, boundary=boundary)
    assert found > (0.999 if mixing == "rotation" else 1 - 1e-12)
    told = SymmetryLens(boundary=boundary, mixing=mixing, random_state=0).fit(data.data)
    assert told.boundary_ == boundary
    assert lens.padded_generator_.shape == told.padded_generator_.shape
    assert_allclose(lens.score(data.data), told.score(data.data), atol=1e-2)
    verdict = lens.verdict(data.data)
    assert verdict
    kind = "a ring: " if boundary == "circulant" else "a line: "
    assert verdict.remarks[0].startswith(kind)


@boundaries
def test_a_verdict_does_not_answer_what_was_not_asked(boundary):
    X = signals(boundary, symmetry="permutation", seed=3).data
    told = SymmetryLens(boundary=boundary, mixing="permutation", random_state=0).fit(X)
    assert "a ring" not in str(told.verdict(X))


def test_the_procedure_of_the_paper_is_told():
    X = signals("open", n_samples=100).data
    with pytest.raises(ValueError, match="boundary='auto' needs a search.*'open' or 'circulant'"):
        SymmetryLens(boundary="auto", init="random").fit(X)
