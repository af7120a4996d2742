# SPDX-License-Identifier: BSD-3-Clause
"""What the solver does otherwise with many columns leads to where it leads with few."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry.solver.solve import rows_needed
from sklearn_symmetry.solver.starts import waves
from sklearn_symmetry.solver.starts.joint_diagonalisation import _round_robin, joint_diagonaliser
from sklearn_symmetry.solver.starts.seriation import longest_path
from sklearn_symmetry.solver.tuning import DEFAULT, Tuning


def nearly_diagonalisable(size, noise=0.02, seed=0):
    random = np.random.default_rng(seed)
    frame = np.linalg.qr(random.standard_normal((size, size)))[0]
    place = np.arange(size) / size
    values = np.array([np.cos(np.pi * wave * place) for wave in range(1, 7)])
    matrices = np.einsum("ia,qa,ja->qij", frame, values, frame)
    error = noise * random.standard_normal(matrices.shape) / size**0.5
    return matrices + error + error.transpose(0, 2, 1)


@pytest.mark.parametrize("size", [3, 8, 49, 64, 71])
def test_every_two_columns_meet_once(size):
    met = [tuple(sorted(pair)) for pairs in _round_robin(size) for pair in zip(*pairs, strict=True)]
    assert len(met) == len(set(met)) == size * (size - 1) // 2


@pytest.mark.parametrize("size", [20, 70])
def test_joint_diagonalisation_by_blocks_ends_where_that_by_sweeps_does(size):
    matrices = nearly_diagonalisable(size)
    sweeps, expected = joint_diagonaliser(matrices, many=size)
    blocks, found = joint_diagonaliser(matrices, many=size - 1)
    assert_allclose(blocks @ blocks.T, np.eye(size), atol=1e-12)
    assert_allclose(found, np.einsum("ij,qjk,ik->qi", blocks, matrices, blocks), atol=1e-12)
    assert_allclose(np.square(found).sum(), np.square(expected).sum(), rtol=1e-4)
    overlap = np.abs(blocks @ sweeps.T)
    assert_allclose(overlap.max(axis=1), 1, atol=0.02)


def test_a_path_of_many_items_is_as_good_with_the_cheap_moves_first():
    random = np.random.default_rng(0)
    size = 60
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    affinity = np.exp(-distance) + 0.02 * random.random((size, size))
    affinity = affinity + affinity.T
    hidden = random.permutation(size)
    scrambled = affinity[np.ix_(hidden, hidden)]
    lengths = []
    for tuning in (Tuning(many=size - 1), Tuning(many=size)):
        order = longest_path(scrambled, np.arange(size), tuning)
        assert_array_equal(np.sort(order), np.arange(size))
        lengths.append(scrambled[order[:-1], order[1:]].sum())
    assert lengths[0] > 0.98 * lengths[1]


@pytest.mark.parametrize(("size", "cumulants", "kept"), [
    (DEFAULT.many, None, "badc"), (DEFAULT.many + 1, None, "ba"), (60, "known", "badc"),
])  # fmt: skip
def test_of_many_columns_starts_far_above_the_best_are_not_tried(size, cumulants, kept):
    losses = {"a": 0.5, "b": 0.0, "c": 4.0, "d": 1.5}
    judge = SimpleNamespace(
        rough=lambda names: [losses[name] for name in names],
        data=SimpleNamespace(n_features=size),
        fine=SimpleNamespace(cumulants=cumulants),
        tuning=DEFAULT,
    )
    wave = waves._promising([(name, name) for name in "abcd"], judge)
    assert "".join(name for name, _ in wave) == kept


@pytest.mark.parametrize(("size", "options", "rows"), [
    (33, {}, 20_000), (250, {}, 20_000), (1025, {}, 82_000), (33, {"batch_size": 30_000}, 30_000),
    (33, {"init": "random"}, None), (33, {"density": "mixture"}, None),
])  # fmt: skip
def test_a_sample_holds_more_rows_of_more_columns(size, options, rows):
    settings = SimpleNamespace(**({"init": "auto", "density": "", "batch_size": None} | options))
    assert rows_needed(settings, size) == rows
