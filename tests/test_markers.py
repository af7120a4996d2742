# SPDX-License-Identifier: BSD-3-Clause
"""Marks of missing entries and labels are named; counts, codes and clipped values are not."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._cli import main
from sklearn_symmetry._markers import label_columns, marked_entries
from sklearn_symmetry.datasets import load_digit_slices, make_symmetric_signals
from sklearn_symmetry.statistics import summarise

N, D = 2000, 6


def laplace(seed=0):
    return np.random.default_rng(seed).laplace(size=(N, D))


def marked(value, share=0.05, columns=(1, 4), X=None, seed=1):
    X = np.array(laplace() if X is None else X)
    holes = np.random.default_rng(seed).random((N, len(columns))) < share
    X[:, columns] = np.where(holes, value, X[:, columns])
    return X


def said(X):
    return marked_entries(X, range(X.shape[1]))


@pytest.mark.parametrize("value", [-999, 999, -9999.0, 1e20, -99, 32767, -1e30])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.8])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_value_columns_and_remedy_are_named(value, share, dtype):
    (sentence,) = said(marked(value, share).astype(dtype))
    number = f"{float(dtype(value)):.15g}"
    assert sentence.startswith(f"{number} is the extreme of columns [1, 4]")
    assert f"SimpleImputer(missing_values={number})" in sentence


@pytest.mark.parametrize("scale, shift", [(1e-6, 0), (1, 0), (10, 200)])
def test_the_unit_of_the_measurements_does_not_matter(scale, shift):
    X = marked(-9999, X=scale * laplace() + shift)
    assert len(said(X)) == 1


def test_two_markers_in_the_same_columns_are_both_named():
    first, second = said(marked(-999, X=marked(999), seed=2))
    assert {first[:4], second[:4]} == {"-999", "999 "}


def test_wild_values_do_not_hide_a_marker():
    X = marked(-999)
    X[:3] *= 300
    assert len(said(X)) == 1


@pytest.mark.parametrize("value, named", [(-999, True), (99.99, True), (-800, False), (0, False)])
def test_in_one_column_only_nines_are_a_marker(value, named):
    sentences = said(marked(value, columns=(2,)))
    assert [f"{value} is the extreme of column [2]" in one for one in sentences] == [True] * named


def test_the_named_remedy_works():
    from sklearn.impute import SimpleImputer

    X = marked(-999)
    (sentence,) = said(X)
    imputer = eval(
        re.search(r"SimpleImputer\(.*?\)", sentence)[0], {"SimpleImputer": SimpleImputer}
    )
    assert said(imputer.fit_transform(X)) == []


def test_fit_warns_once_and_verdict_says_it(quick_solver):
    X = marked(-999, 0.2, range(D))
    with pytest.warns(UserWarning, match=r"-999 is the extreme of columns \[0, 1, 2") as caught:
        lens = SymmetryLens().fit(X)
    assert len(caught) == 1
    assert "-999 is the extreme" in lens.verdict(X).reasons[0]


@pytest.mark.parametrize("in_parts", [False, True])
def test_channels_and_chunks_are_looked_at_too(in_parts, quick_solver):
    X = marked(-999, columns=(1, 5))
    with pytest.warns(UserWarning, match=r"-999 is the extreme of columns \[1, 5\]"):
        SymmetryLens(n_channels=2).fit([X[:700], X[700:]] if in_parts else X)


def test_names_of_a_table_are_used(quick_solver):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(marked(-999), columns=list("uvwxyz"))
    with pytest.warns(UserWarning, match=r"columns \[v, y\]"):
        SymmetryLens().fit(table)


def test_the_command_line_notes_it(quick_solver, tmp_path, capsys):
    pytest.importorskip("pandas")
    path = tmp_path / "x.csv"
    np.savetxt(path, marked(-999), delimiter=",")
    assert main(["fit", str(path), "--no-verdict"]) == 0
    written = " ".join("".join(capsys.readouterr()).split())
    assert "-999 is the extreme of columns [1, 4]" in written


USUAL = {
    "counts": lambda random, n, d: random.poisson(random.choice([0.02, 0.3, 3, 50]), (n, d)),
    "bursts": lambda random, n, d: random.negative_binomial(0.2, 0.1, (n, d)),
    "binary": lambda random, n, d: random.integers(0, 2, (n, d)),
    "rare": lambda random, n, d: random.random((n, d)) < 0.01,
    "rare, coded": lambda random, n, d: np.where(random.random((n, d)) < 0.01, 999, 1),
    "one-hot": lambda random, n, d: np.eye(d)[random.integers(0, d, n)],
    "signs": lambda random, n, d: random.choice([-1, 1], (n, d)),
    "levels": lambda random, n, d: random.integers(0, random.integers(3, 9), (n, d)),
    "powers": lambda random, n, d: 2.0 ** random.integers(0, 8, (n, d)),
    "events": lambda random, n, d: random.gamma(9, size=(n, d)) * (random.random((n, d)) < 0.1),
    "far from zero": lambda random, n, d: (
        (100 + random.standard_normal((n, d))) * (random.random((n, d)) < 0.9)
    ),
    "clipped": lambda random, n, d: np.clip(random.standard_normal((n, d)), -1, 1),
    "heavy tails": lambda random, n, d: random.standard_cauchy((n, d)),
    "heavy, rounded": lambda random, n, d: np.round(random.standard_t(2, (n, d))),
    "integers": lambda random, n, d: random.integers(0, 10**6, (n, d)),
    "constant": lambda random, n, d: np.full((n, d), -999.0),
    "parts": lambda random, n, d: random.dirichlet(np.full(d, 0.05), n),
    "grey values": lambda random, n, d: random.choice([1, 255, 128, 130], (n, d)),
    "coded": lambda random, n, d: random.choice([0, 1, 99], (n, d)),
}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(sorted(USUAL)),
    n_samples=st.integers(3, 3000),
    n_features=st.integers(2, 12),
    seed=st.integers(0, 99),
)
def test_no_usual_sample_is_called_missing(kind, n_samples, n_features, seed):
    random = np.random.default_rng(seed)
    X = np.asarray(USUAL[kind](random, n_samples, n_features), dtype=float)
    assert said(X) == []
    assert label_columns(X, range(n_features)) == []


@pytest.mark.parametrize("symmetry", ["orthogonal", "frequency", "permutation"])
def test_no_set_with_a_symmetry_is_called_missing(symmetry):
    sets = [make_symmetric_signals(N, 7, signal=signal, symmetry=symmetry, random_state=0)
            for signal in ("gaussian", "legendre")]  # fmt: skip
    for one in (*sets, load_digit_slices(N, 11, symmetry=symmetry, random_state=0)):
        assert said(summarise(one.data).sample) == []


LABELS = {
    "two classes": lambda random: random.integers(0, 2, N),
    "a rare one": lambda random: random.random(N) < 0.05,
    "signs": lambda random: random.choice([-1, 1], N),
    "twenty": lambda random: 1000 + random.integers(0, 20, N),
    "sorted": lambda random: np.arange(N) // (N // 4),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("decimals", [12, 1])
def test_labels_among_measurements_are_named_with_their_number(kind, decimals):
    labels = LABELS[kind](np.random.default_rng(0))
    X = np.insert(np.round(100 * laplace(), decimals), 3, labels, axis=1)
    (sentence,) = label_columns(X, range(7))
    assert sentence.startswith(f"columns [3] hold {len(set(labels))} different whole numbers")
    assert label_columns(np.delete(X, 3, axis=1), range(6)) == []


NO_LABELS = {
    "nearly as many values": lambda random: np.round(3 * random.standard_normal(N)),
    "no whole numbers": lambda random: random.choice([0.5, 1.5], N),
    "edge of images": lambda random: np.where(
        random.random(N) < 0.002, random.integers(0, 256, N), 0
    ),
    "constant": lambda random: np.full(N, 7),
}


@pytest.mark.parametrize("kind", NO_LABELS)
def test_other_columns_of_few_values_are_no_labels(kind):
    X = np.round(10 * laplace())
    X[:, 2] = NO_LABELS[kind](np.random.default_rng(0))
    assert label_columns(X, range(D)) == []


def test_fit_warns_of_labels_by_their_names(quick_solver):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(laplace(), columns=list("uvwxyz")).assign(species=np.arange(N) % 3)
    with pytest.warns(
        UserWarning, match=r"columns \[species\] hold 3 different.*drop it"
    ) as caught:
        SymmetryLens().fit(table)
    assert len(caught) == 1
