# SPDX-License-Identifier: BSD-3-Clause
"""Samples that cannot carry the answer: named with cause, column or rank, and remedy."""

import importlib.util
import re
import warnings
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.baselines import SpectralSeriation
from sklearn_symmetry.datasets import load_digit_slices, load_photo_rows, make_symmetric_signals
from sklearn_symmetry.statistics import summarise
from sklearn_symmetry.statistics.faults import faults

N, D = 2000, 6


def laplace(seed=0, n_samples=N, n_features=D):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features))


def changed(columns, make, seed=0):
    X = laplace(seed)
    X[:, columns] = make(X)
    return X


def mixed_rank(rank, seed=0):
    random = np.random.default_rng(seed)
    return laplace(seed, n_features=rank) @ random.standard_normal((rank, D))


def shares(seed=0):
    parts = np.exp(laplace(seed))
    return parts / parts.sum(1, keepdims=True)


def some_rows(share, value):
    X = laplace()
    X[int(share * N) :] = value
    return X[np.random.default_rng(1).permutation(N)]


def dead(first, last, level=0.0, noise=0.0):
    X = laplace()
    X[first:last, 3] = level + noise * X[first:last, 3]
    return X


def waves():
    phase = 6.28 * np.random.default_rng(0).random((N, 1))
    return np.cos(phase + 0.7 * np.arange(D)) + 0.01 * laplace()


FAULTS = {
    "sum of others": (lambda: changed(5, lambda X: X[:, :5].sum(1)), r"rank 5 in 6.*drop them"),
    "sum in single": (lambda: changed(5, lambda X: X[:, :5].sum(1)).astype("f4"), "rank 5 in 6"),
    "difference": (lambda: changed(2, lambda X: 3 * X[:, 0] - X[:, 4]), "rank 5 in 6.*PCA"),
    "rank 3": (lambda: mixed_rank(3), r"rank 3 in 6.*n_components=3"),
    "shares": (shares, "rank 5 in 6.*same sum"),
    "percentages in a file": (lambda: np.round(100 * shares(), 2), "rank 5 in 6.*same sum"),
    "means removed": (lambda: laplace() - laplace().mean(1, keepdims=True), "rank 5.*same sum"),
    "large unit": (lambda: changed(2, lambda X: 1e4 * X[:, 2]), "column 2 holds.*variance.*unit"),
    "small unit": (lambda: changed(2, lambda X: 1e-5 * X[:, 2]), r"columns \[2\] vary so little"),
    "row numbers": (lambda: changed(0, lambda X: np.arange(N)), r"columns \[0\] count the rows"),
    "from 1, backwards": (lambda: changed(4, lambda X: np.arange(N, 0, -1)), r"\[4\] count"),
    "time": (lambda: changed(1, lambda X: 7 + 0.01 * np.arange(N)), r"columns \[1\] count"),
    "time by twos": (lambda: changed(1, lambda X: np.arange(N) // 2 * 0.1), r"\[1\] count"),
    "shuffled index": (
        lambda: changed(1, lambda X: np.random.default_rng(1).permutation(N)),
        r"columns \[1\] count the rows",
    ),
    "index with gaps": (
        lambda: changed(1, lambda X: np.random.default_rng(1).permutation(3 * N)[:N]),
        r"columns \[1\] count the rows",
    ),
    "blank rows": (lambda: some_rows(0.05, 0.0), "95.0% of the rows are blank"),
    "equal rows": (lambda: some_rows(0.05, 3.5), "95.0% of the rows are one and the same"),
    "dead half": (lambda: dead(0, N // 2), "column 3 is dead.*row 0 to row 999.*drop"),
    "dead end": (lambda: dead(N // 2, N, 5.0), "column 3 is dead.*row 1000 to row 1999"),
    "noisy dead half": (lambda: dead(N // 2, N, 5.0, 1e-5), "column 3 is dead.*row 1000 to"),
    "few rows": (lambda: laplace()[np.random.default_rng(1).integers(0, 8, N)], "only 8 different"),
    "one-hot": (lambda: np.eye(D)[np.random.default_rng(1).integers(0, D, N)], "only 6 different"),
    "single frequency": (waves, "two of 6 principal axes.*single frequency"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fit_warns_once_with_cause_place_and_remedy(fault, quick_solver):
    make, message = FAULTS[fault]
    with pytest.warns(UserWarning, match=message) as caught:
        SymmetryLens().fit(make())
    assert len(caught) == 1


@pytest.mark.parametrize("fault", ["rank 3", "large unit", "time", "dead half"])
def test_the_verdict_says_it_too_and_does_not_warn(fault, quick_solver):
    make, message = FAULTS[fault]
    X = make()
    with pytest.warns(UserWarning, match=message):
        lens = SymmetryLens().fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verdict = lens.verdict(X)
    assert re.search(message, verdict.reasons[0])


def test_baselines_warn_as_well():
    with pytest.warns(UserWarning, match="rank 5 in 6"):
        SpectralSeriation().fit(FAULTS["sum of others"][0]())


@pytest.mark.parametrize("X", [
    laplace(), laplace(n_samples=30), np.round(laplace(), 1), laplace().astype("f4"),
    np.random.default_rng(0).poisson(0.3, (N, D)), np.random.default_rng(0).integers(0, 2, (N, D)),
    laplace() * (np.random.default_rng(0).random((N, D)) < 0.2), 1e200 * laplace(),
    np.random.default_rng(0).integers(0, 10**6, (N, D)), 1e6 + laplace(),
])  # fmt: skip
def test_usual_samples_have_no_fault(X):
    assert faults(summarise(X)) == []


@pytest.mark.parametrize("symmetry", ["orthogonal", "frequency", "permutation"])
def test_sets_with_a_symmetry_have_no_fault(symmetry):
    sets = [
        make_symmetric_signals(2000, d, signal=signal, symmetry=symmetry, random_state=d)
        for d in (5, 7, 33)
        for signal in ("gaussian", "legendre")
    ]
    sets += [load_digit_slices(2000, 11, symmetry=symmetry, random_state=0)]
    for one in sets:
        assert faults(summarise(one.data)) == []
    pytest.importorskip("PIL")
    assert (
        faults(summarise(load_photo_rows(2000, 33, symmetry=symmetry, random_state=0).data)) == []
    )


def test_columns_are_named_as_the_user_does(quick_solver):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(FAULTS["time"][0](), columns=list("uvwxyz"))
    with pytest.warns(UserWarning, match=r"columns \[v\] count the rows"):
        SymmetryLens().fit(table)


def test_channels_are_looked_at_one_by_one(quick_solver):
    X = laplace(n_features=12)
    X[: N // 2, 7] = 0
    with pytest.warns(UserWarning, match="column 7 is dead"):
        SymmetryLens(n_channels=2).fit(X)


def pandas_is_there():
    return importlib.util.find_spec("pandas") is not None


def refused():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(laplace(), columns=list("abcdef"))
    masked = np.ma.array(laplace(), mask=False)
    masked[3, 1] = np.ma.masked
    missing = table.astype(object)
    missing.iloc[2, 1] = pandas.NA
    sparse = table.astype(pandas.SparseDtype(float))
    yield "masked", masked, ValueError, r"masked entries in columns \[1\].*filled"
    yield "dates", laplace().astype("M8[s]"), TypeError, "dates or times"
    yield "durations", laplace().astype("m8[s]"), TypeError, "dates or times"
    when = pandas.date_range("2020", periods=N)
    yield "column of dates", table.assign(b=when), TypeError, r"dates or times in columns \[b\]"
    yield "periods", table.assign(b=when.to_period("D")), TypeError, r"times in columns \[b\]"
    yield "missing", missing, TypeError, r"missing values \(NA\) in columns \[b\]"
    yield "sparse table", sparse, TypeError, r"sparse columns.*to_dense"
    yield "stack", laplace().reshape(500, 4, 6), ValueError, "dim 3.*n_channels=4"
    yield "complex", 1j * laplace(), ValueError, r"Complex data not supported.*n_channels=2"
    yield "complex column", table.assign(b=1j), ValueError, r"complex in columns \[b\]"
    records = np.zeros(50, dtype=[("a", "f8"), ("b", "f8")])
    yield "records", records, TypeError, r"fields \[a, b\]; pass .*structured_to_unstructured"
    yield "record array", records.view(np.recarray), TypeError, "structured_to_unstructured"
    yield "text", laplace().astype(str), ValueError, "strings.*astype"
    if hasattr(np.dtypes, "StringDType"):
        text = laplace().astype(str).astype(np.dtypes.StringDType())
        yield "text of numpy 2", text, ValueError, "strings.*astype"
    yield "column of text", table.astype({"b": "string"}), ValueError, r"columns \[b\]; drop labels"
    yield "names twice", table.set_axis([*"aabcde"], axis=1), ValueError, r"one column.*\[a\]; give"
    yield "path", "samples.csv", TypeError, "'samples.csv'; read the file first"
    yield "path of the system", Path("samples.csv"), TypeError, "read the file first"
    yield "open file", StringIO("1,2\n3,4\n"), TypeError, "read the file first"
    yield "columns by name", dict(table), TypeError, r"pass pandas.DataFrame\(X\)"
    yield "rows by name", table[:9].to_dict("records"), TypeError, r"pass pandas.DataFrame\(X\)"
    yield "nothing", None, ValueError, "X is None; pass the samples"
    yield "set", {1.0, 2.0}, TypeError, "no order; pass an array"
    yield "function", len, TypeError, "X is a builtin.*pass the samples"
    yield "module", np, TypeError, "X is a module.*pass the samples"
    yield "class", np.ndarray, TypeError, "X is a type.*pass the samples"
    yield "dates as objects", laplace().astype("M8[s]").astype("O"), TypeError, "datetime"
    clocks = np.array([[np.datetime64("2020")] * 3] * 20, dtype=object)
    yield "clocks as objects", clocks, TypeError, "dates or times"
    yield "intervals", table.assign(b=pandas.interval_range(0, N)), TypeError, r"\[b\].*drop them"
    yield "complex tensor", torch.tensor(laplace()) + 0j, ValueError, "Complex.*n_channels=2$"
    nested = torch.nested.nested_tensor([torch.ones(3)] * 9, layout=torch.jagged)
    yield "nested tensor", nested, TypeError, "nested torch tensor"
    yield "too long", np.longdouble("1e4000") * laplace(), ValueError, r"infinity in columns \[0"
    yield "numbers", range(10), ValueError, "1D array"
    yield "negated view", torch._neg_view(torch.tensor(laplace())), TypeError, "resolve_neg"
    moved = [table, table[[*"bacdef"]]]
    yield "columns in two orders", moved, ValueError, "chunk 1.*columns .'b', 'a'.*one order"
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(laplace(), schema=[*"abcdef"])
    yield "lazy table", frame.lazy(), TypeError, r"LazyFrame.*pass X.collect\(\)"
    yield "text of polars", frame.cast({"b": polars.String}), ValueError, r"strings.*\[b\]"
    hole = frame.with_columns(b=polars.lit(None))
    lists = polars.DataFrame({"a": laplace().tolist(), "b": 1.0})
    yield "lists of polars", lists, TypeError, r"lists in columns \[a\]"
    records = polars.DataFrame({"a": [{"x": 1.0}] * N, "b": 1.0})
    yield "records of polars", records, TypeError, r"lists in columns \[a\]"
    texts = [frame.cast({"b": polars.String})] * 2
    yield "chunks of text of polars", texts, TypeError, "hold no numbers: 'b' .String.; drop"
    yield "nulls of polars", hole, ValueError, r"columns \[b\].*impute"
    pyarrow = pytest.importorskip("pyarrow")
    lists = pandas.array([[1.0]] * N, dtype=pandas.ArrowDtype(pyarrow.list_(pyarrow.float64())))
    yield "lists of arrow", table.assign(b=lists), TypeError, r"lists in columns \[b\]"
    hole = pyarrow.Table.from_pandas(table.mask(table > 5)[["a", "b"]])
    yield "nulls of pyarrow", hole, ValueError, r"NaN in columns \[a, b\]"


REFUSED = {name: rest for name, *rest in refused()} if pandas_is_there() else {}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_numpy_would_convert_wrongly_is_refused(kind, quick_solver):
    X, error, message = REFUSED[kind]
    lens = SymmetryLens()
    with pytest.raises(error, match=message):
        lens.fit(X)
    assert vars(lens) == vars(SymmetryLens())
    assert quick_solver.calls == []


def same_samples():
    """One set in containers of all kinds that hold the same numbers."""
    X = np.round(20 * make_symmetric_signals(N, D, random_state=0).data)
    yield "float", X
    yield "Fortran order", np.asfortranarray(X)
    yield "negative strides", np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1]
    yield "every other", np.repeat(np.repeat(X, 2, 0), 2, 1)[::2, ::2]
    read_only = X.copy()
    read_only.flags.writeable = False
    yield "read only", read_only
    yield "other byte order", X.astype(X.dtype.newbyteorder())
    yield "not aligned", np.frombuffer(b"x" + X.tobytes(), X.dtype, offset=1).reshape(X.shape)
    yield "masked, none", np.ma.array(X, mask=False)
    yield "memory", memoryview(X)
    yield "half", X.astype(np.float16)
    yield "long", X.astype(np.longdouble)
    yield "short integers", X.astype(np.int16)
    yield "objects", X.astype(object)
    yield "lists", X.tolist()
    yield "tensor", torch.tensor(X)
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X)
    yield "table", table
    yield "nullable", table.astype("Float64")
    yield "nullable integers", table.astype("Int64")
    polars = pytest.importorskip("polars")
    yield "polars", polars.DataFrame(X)
    pyarrow = pytest.importorskip("pyarrow")
    yield "arrow", table.astype(pandas.ArrowDtype(pyarrow.float64()))


SAME = dict(same_samples()) if pandas_is_there() else {}


@pytest.mark.parametrize("kind", SAME)
def test_containers_of_the_same_numbers_give_the_same_fit_and_are_left_alone(kind):
    X = SAME[kind]
    whole = np.array(SAME["float"])
    lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
    expected = SymmetryLens(mixing="permutation", random_state=0).fit(whole)
    assert_array_equal(lens.generator_, expected.generator_)
    assert_array_equal(lens.candidates_[0]["loss"], expected.candidates_[0]["loss"])
    assert_array_equal(np.asarray(X, dtype=float), whole)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "bool"])
def test_chunks_of_polars_are_chunks(dtype):
    polars = pytest.importorskip("polars")
    X = np.round(laplace()).astype(dtype)
    read, expected = (
        summarise([kind(X[:700]), kind(X[700:])]) for kind in (polars.DataFrame, np.asarray)
    )
    assert_array_equal(read.covariance, expected.covariance)
    assert_array_equal(read.sample, expected.sample)
    assert read.sample.dtype == expected.sample.dtype


def test_masked_blocks_are_refused(quick_solver):
    array = pytest.importorskip("dask.array")
    blocks = array.ma.masked_greater(array.from_array(laplace(), chunks=(500, D)), 3)
    with pytest.raises(TypeError, match=r"is a masked array; pass .filled"):
        SymmetryLens().fit(blocks)


def fits_and_judges(X):
    lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
    lens.score(X), lens.verdict(X), lens.shift(X, 0.5), lens.inverse_transform(lens.transform(X))


@pytest.mark.parametrize("scale", [1.0, 1e150, 1e-150, 1e-310])
def test_errors_of_numpy_and_warnings_may_be_errors(scale):
    """A caller who raises on overflow, underflow and every warning loses nothing."""
    X = scale * make_symmetric_signals(600, 6, random_state=0).data
    before = np.geterr()
    with np.errstate(over="raise", invalid="raise", divide="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        fits_and_judges(X)
    assert np.geterr() == before


WILD = {
    "a column in another unit": lambda X, wild: X * np.where(np.arange(D) == 1, wild, 1.0),
    "all columns but one": lambda X, wild: X * np.where(np.arange(D) == 1, 1.0, wild),
    "a wild row": lambda X, wild: X * np.where(np.arange(N)[:, None] == 3, wild, 1.0),
    "a wild entry": lambda X, wild: np.where(np.arange(N * D).reshape(N, D) == 9, wild, X),
    "one column varies": lambda X, wild: np.where(np.arange(D) == 1, X, wild),
}


@pytest.mark.parametrize("wild", [1e9, 1e100, 1e200])
@pytest.mark.parametrize("kind", WILD)
@pytest.mark.parametrize("mixing", ["rotation", "permutation"])
def test_wild_values_end_in_a_result_or_in_an_error_of_our_own(mixing, kind, wild, little_search):
    X = WILD[kind](laplace(), wild)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        try:
            lens = SymmetryLens(mixing=mixing, max_iter=50, random_state=0).fit(X)
            assert np.isfinite(lens.group_conv_matrix_).all()
        except FloatingPointError as error:
            said = str(error)
        else:
            said = "a result"
    assert re.search("a result|bring all columns to one unit", said)


KINDS = {
    "one-hot": lambda random, n, d: np.eye(d)[random.integers(0, d, n)],
    "binary": lambda random, n, d: random.integers(0, 2, (n, d)),
    "rare": lambda random, n, d: random.random((n, d)) < 0.05,
    "four levels": lambda random, n, d: random.integers(0, 4, (n, d)),
    "counts": lambda random, n, d: random.poisson(0.05, (n, d)),
    "signs": lambda random, n, d: random.choice([-1, 1], (n, d)),
    "reduced": lambda random, n, d: random.laplace(size=(n, 3)) @ random.laplace(size=(3, d)),
    "copies": lambda random, n, d: random.laplace(size=(d + 2, d))[random.integers(0, d + 2, n)],
    "constant half": lambda random, n, d: (
        random.laplace(size=(n, d)) * (np.arange(n) > n / 2)[:, None]
    ),
    "steps": lambda random, n, d: np.tri(d)[random.integers(0, d, n)],
    "one spike": lambda random, n, d: (np.arange(n) == 3)[:, None] * np.ones(d),
    "permutations": lambda random, n, d: random.permuted(np.tile(np.arange(d), (n, 1)), axis=1),
    "parts": lambda random, n, d: random.dirichlet(np.full(d, 0.05), n),
}  # fmt: skip


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    n_samples=st.integers(8, 120),
    n_features=st.integers(2, 6),
    seed=st.integers(0, 9),
)
def test_degenerate_samples_end_in_a_result_or_in_an_error_of_our_own(
    kind, n_samples, n_features, seed
):
    X = KINDS[kind](np.random.default_rng(seed), n_samples, n_features).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            lens = SymmetryLens(n_init=2, max_iter=5, random_state=0).fit(X)
            assert np.isfinite(lens.group_conv_matrix_).all()
            assert np.isfinite(lens.score(X))
        except (ValueError, FloatingPointError) as error:
            said = str(error)
        else:
            said = "a result"
    assert not re.search("LAPACK|linalg|code:", said)


def test_failures_of_linear_algebra_have_words_of_our_own(monkeypatch):
    def fail(*args, **kwargs):
        raise np.linalg.LinAlgError("Eigenvalues did not converge")

    monkeypatch.setattr("sklearn_symmetry._lens.solve", fail)
    with pytest.raises(FloatingPointError, match="degenerate.*drop constant"):
        SymmetryLens().fit(laplace())
