# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of a lens ahead of a network compares what it says it compares."""

import importlib
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def script(monkeypatch):
    """The script on 650 synthetic samples, 40 of them labelled, and a moment of training."""
    monkeypatch.syspath_prepend(EXAMPLES)
    script = importlib.import_module("adapter_benchmark")
    few = partial(script.events, n_samples=650)
    monkeypatch.setitem(script.SETS, "events", (few, 0.0, "few events"))
    monkeypatch.setattr(script, "LABELS", (40,))
    monkeypatch.setattr(script, "STEPS", 20)
    return script


def accuracies(script, hiding, seed=0):
    return {row[0]: row[2] for row in script.run_block("events", hiding, seed, None)}


@pytest.mark.parametrize("hiding", ["permutation", "frequency", "orthogonal"])
def test_the_true_lens_closes_the_gap_exactly(script, hiding, monkeypatch):
    basis = script.hiding_basis(33, hiding, 0)
    truth = SimpleNamespace(
        group_conv_matrix_=basis.T, generator_=basis @ np.eye(33, k=1) @ basis.T
    )
    monkeypatch.setattr(script, "find_lens", lambda *arguments: truth)
    found = accuracies(script, hiding)
    original = accuracies(script, "none")["CNN, original"]
    # Rounding may turn one of the 250 test samples.
    assert_allclose(found["lens + CNN"], original, atol=1.01 / 250)
    assert ("RBF SVM, mixed" in found) == (hiding == "orthogonal")


def test_lens_sees_mixed_training_samples_only(script, monkeypatch):
    samples, _, training = script.SETS["events"][0](None, np.random.default_rng(3))
    basis, seen = script.hiding_basis(33, "permutation", 3), []

    def find_lens(unlabelled, noise, seed):
        seen.append(unlabelled)
        return SimpleNamespace(group_conv_matrix_=np.eye(33), generator_=np.eye(33, k=1))

    monkeypatch.setattr(script, "find_lens", find_lens)
    accuracies(script, "permutation", seed=3)
    natural = seen[0] @ basis
    order = np.argsort(natural[:, 0, 0])
    expected = samples[training]
    assert_allclose(natural[order], expected[np.argsort(expected[:, 0, 0])], atol=1e-12)


def test_second_call_adds_nothing_and_writes_the_same_page(script, tmp_path, quick_solver, capsys):
    pytest.importorskip("matplotlib")
    options = ["--sets", "events", "--seeds", "1", "--docs", str(tmp_path)]
    script.main(options)
    first = [(tmp_path / name).read_text() for name in ("results/adapter.csv", "adapter.md")]
    script.main(options)
    again = [(tmp_path / name).read_text() for name in ("results/adapter.csv", "adapter.md")]
    assert again == first
    # One row a method: the original; three of every hiding; two classifiers, once.
    assert len(first[0].splitlines()) == 1 + 1 + 3 * 3 + 2
    assert len(quick_solver.calls) == 3
    assert (tmp_path / "figures" / "adapter.png").exists()


def test_sets_that_are_not_there_are_named(script, tmp_path, capsys):
    with pytest.raises(SystemExit):
        script.main(["--sets", "mnist", "--docs", str(tmp_path)])
    assert "mnist needs --mnist PATH" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_recovered_is_the_share_of_the_gap(script, share):
    groups = {
        ("events", 40, "CNN, original"): [0.9, 0.7],
        ("events", 40, "CNN, mixed"): [0.5, 0.3],
        ("events", 40, "lens + CNN"): [0.4 + 0.4 * share],
    }
    assert_allclose(script.recovered(groups, "events", 40), share, atol=1e-12)
