# SPDX-License-Identifier: BSD-3-Clause
"""Samples that are no array in memory: chunks, files, dask and summaries are read as arrays are."""

import tracemalloc
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict import halves
from sklearn_symmetry._verdict.split import split_samples
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.statistics import summarise
from sklearn_symmetry.statistics.chunks import n_samples_of
from sklearn_symmetry.statistics.outliers import Bounds
from sklearn_symmetry.statistics.summary import draw

pd = pytest.importorskip("pandas")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
dask = pytest.importorskip("dask")
Delayed = pytest.importorskip("dask.delayed").Delayed

pytestmark = [
    pytest.mark.usefixtures("little_search"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

X = make_symmetric_signals(1500, 6, symmetry="orthogonal", random_state=0).data
X[7] *= 50  # drawn in
NAMES = list("abcdef")
CHEAP = {"n_init": 1, "max_iter": 2, "random_state": 0}


class Anew:
    """An iterable that gives its arrays each time it is asked."""

    def __init__(self, *arrays):
        self.arrays = arrays

    def __iter__(self):
        return iter(self.arrays)


def table(X=X, names=NAMES):
    return pd.DataFrame(X, columns=names)


SOURCES = {
    "dask array": lambda X: da.from_array(X, chunks=(400, 4)),
    "dask table": lambda X: dd.from_pandas(table(X), npartitions=3),
    "chunks": lambda X: Anew(*np.array_split(X, 4)),
    "list of tables": lambda X: [table(part) for part in np.array_split(X, 3)],
    "file": None,  # made by the fixture
}


@pytest.fixture(params=SOURCES)
def source(request, tmp_path):
    if SOURCES[request.param] is None:
        np.save(tmp_path / "X.npy", X)
        return np.load(tmp_path / "X.npy", mmap_mode="r")
    return SOURCES[request.param](X)


def assert_same_summary(one, two):
    assert one.n_samples == two.n_samples
    assert one.bounds.agrees(two.bounds)
    for name in ("mean", "covariance"):
        assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-12, atol=1e-14)
    for name in ("sample", "row_numbers", "lowest", "highest"):
        assert_array_equal(getattr(one, name), getattr(two, name))


# Summaries of dask


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("side", [None, 1])
@pytest.mark.parametrize("capacity", [100, None])
def test_blocks_make_the_summary_of_the_array(n_channels, side, capacity):
    blocks = da.from_array(X, chunks=((700, 0, 1, 799), (6,)))
    options = {"n_channels": n_channels, "capacity": capacity, "seed": 5, "half": side}
    whole = summarise(X, **options)
    assert_same_summary(summarise(blocks, **options), whole)
    known = options | {"bounds": whole.bounds, "first_row": 6}
    assert_same_summary(summarise(blocks, **known), summarise(X, **known))
    chosen = np.random.default_rng(0).random(len(X)) < 0.3
    some = options | {"chosen": chosen}
    assert_same_summary(summarise(blocks, **some), summarise(X, **some))
    assert Bounds.of(draw(blocks, **options).rows).agrees(whole.bounds)


def test_a_summary_with_known_bounds_reads_a_generator():
    whole = summarise(X, capacity=50)
    parts = (part for part in np.array_split(X, 5))
    assert_same_summary(summarise(parts, capacity=50, bounds=whole.bounds), whole)
    with pytest.raises(TypeError, match="read only once, and it is read twice"):
        summarise(part for part in np.array_split(X, 5))


def test_no_row_of_a_block_travels_but_those_of_the_sample(monkeypatch):
    """What the workers return is counted: two readings, of blocks of 500 rows."""
    returned = []

    def compute(self, **options):
        found = dask.base.compute(self, scheduler="sync")[0]
        returned.append(len(getattr(found, "drawn", found).numbers))
        return found

    monkeypatch.setattr(Delayed, "compute", compute)
    summary = summarise(da.from_array(X, chunks=(500, 6)), capacity=40)
    assert returned == [40, 40]
    assert_same_summary(summary, summarise(X, capacity=40))


def test_chunks_are_let_go_one_after_another(quick_solver):
    """Of however many chunks, one is alive when the next is made."""
    alive = weakref.WeakSet()
    most = []

    class Chunk(np.ndarray):
        pass

    class Source:
        def __iter__(self):
            for number in range(12):
                rows = np.random.default_rng(number).standard_normal((300, 4)).view(Chunk)
                alive.add(Held(rows))
                most.append(len(alive))
                yield rows
                del rows

    class Held:
        """A thing that lives as long as the chunk."""

        def __init__(self, chunk):
            chunk.held = self

    SymmetryLens(**CHEAP).fit(Source())
    assert len(most) == 2 + 2 * 12  # for the width, the names, the sample, the moments
    assert max(most) <= 2


def test_a_fit_of_many_chunks_needs_little_more_memory_than_of_few():
    class Made:
        def __init__(self, count):
            self.count = count

        def __iter__(self):
            for number in range(self.count):
                yield np.random.default_rng(number).standard_normal((2000, 5), dtype=np.float32)

    def peak(source):
        tracemalloc.start()
        summarise(source, capacity=500)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(Made(200)) < 1.2 * peak(Made(4))


# The lens


def test_fit_score_and_verdict_of_any_source_are_those_of_the_array(
    source, quick_solver, monkeypatch
):
    lens = SymmetryLens(**CHEAP).fit(source)
    expected = SymmetryLens(**CHEAP).fit(X)
    assert_allclose(lens.generator_, expected.generator_, atol=1e-9)
    assert lens.n_features_in_ == 6
    named = hasattr(source, "columns") or isinstance(source, list)
    assert list(getattr(lens, "feature_names_in_", [])) == (NAMES if named else [])
    assert_allclose(lens.score(source), expected.score(X), rtol=1e-9)
    for name, value in {"DRAWS": 3, "ORDERS": 3}.items():
        monkeypatch.setattr(halves, name, value)
    one, two = lens.verdict(source), expected.verdict(X)
    assert_allclose(one.uncertainty, two.uncertainty, atol=1e-8)
    assert (one.found, one.n_samples) == (two.found, two.n_samples)
    assert one.p_value == pytest.approx(two.p_value)


def test_a_summary_is_fitted_scored_and_judged(quick_solver):
    summary = summarise(X)
    lens = SymmetryLens(**CHEAP).fit(summary)
    assert_allclose(lens.score(summary), lens.score(X), rtol=1e-9)
    assert lens.verdict(summary).n_samples == len(X)
    with pytest.raises(ValueError, match="groups needs the samples themselves"):
        lens.verdict(summary, groups="blocks")


def test_channels_of_a_sample_in_a_summary_stay_in_one_half(quick_solver):
    lens = SymmetryLens(n_channels=2, **CHEAP)
    both = np.concatenate([X[:, :5], X[:, :5] + 0.1 * X[::-1, :5]], axis=1)
    lens.fit(both)
    verdict = lens.verdict(summarise(both, n_channels=2))
    assert verdict.n_samples == 2 * len(X)
    assert_allclose(lens.verdict(both).repeatability, verdict.repeatability, atol=0.1)


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("groups", [None, "labels", "blocks"])
def test_halves_of_any_source_are_those_of_the_array(source, groups, n_channels):
    groups = np.arange(len(X)) // 10 if groups == "labels" else groups
    one, two = (split_samples(rows, n_channels, 3, groups) for rows in (source, X))
    assert one.notes == two.notes
    assert (one.tested is None) == (two.tested is None)
    for part, expected in zip(
        one.parts + (one.tested or []), two.parts + (two.tested or []), strict=True
    ):
        assert_same_summary(part, expected)


@pytest.mark.parametrize("kind", ["dask array", "dask table"])
def test_what_is_asked_of_dask_is_dask_and_lazy(kind, quick_solver):
    lens = SymmetryLens(**CHEAP).fit(X)
    computed = []

    def seen(block):
        computed.append(len(block))
        return block

    source = SOURCES[kind](X)
    if hasattr(source, "columns"):
        lens.fit(table())
        source = source.map_partitions(seen, meta=table()[:0])
    else:
        source = source.rechunk({1: -1}).map_blocks(seen, meta=np.empty((0, 6)))
    Y, shifted = lens.transform(source), lens.shift(source, 0.5)
    back = lens.inverse_transform(Y)
    assert computed == []
    plain = SymmetryLens(**CHEAP).fit(X)
    for lazy, expected in (
        (Y, plain.transform(X)),
        (shifted, plain.shift(X, 0.5)),
        (back, plain.inverse_transform(plain.transform(X))),
    ):
        assert isinstance(lazy, da.Array)
        assert lazy.dtype == expected.dtype
        assert lazy.shape[1] == expected.shape[1]
        assert_allclose(lazy.compute(), expected, atol=1e-12)
    assert computed


def test_single_precision_stays_single(quick_solver):
    single = X.astype(np.float32)
    lens = SymmetryLens(**CHEAP).fit(da.from_array(single, chunks=(500, 6)))
    assert lens.generator_.dtype == np.float32
    assert lens.transform(da.from_array(single, chunks=(500, 6))).dtype == np.float32
    assert lens.transform(da.from_array(X, chunks=(500, 6))).dtype == np.float64


def test_the_number_of_samples_is_known_or_counted(source):
    assert n_samples_of(source) == len(X)


# What is refused


def with_nan():
    bad = X.copy()
    bad[1230, 4] = np.nan
    return bad


UNKNOWN = da.from_array(X, chunks=(400, 6))
UNKNOWN = UNKNOWN[UNKNOWN[:, 0] > -99]
MIXED = table().assign(city="Rome", kind="x")


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: UNKNOWN, ValueError, r"blocks of unknown size: call X.compute_chunk_sizes\(\)"),
    (lambda: dd.from_pandas(MIXED, npartitions=2), TypeError, "no numbers: 'city' .*'kind'.*drop"),
    (lambda: [MIXED], TypeError, "chunk 0 of the source is a table .* 'city'"),
    (lambda: [X[:5], MIXED], (TypeError, ValueError), "chunk 1 of the source"),
    (lambda: da.from_array(with_nan(), chunks=(400, 6)), ValueError,
     "block 3 of the source has the entry nan in row 30, column 4"),
    (lambda: np.split(with_nan(), 3), ValueError, "chunk 2 of the source .* row 230, column 4"),
    (lambda: dd.from_pandas(table(with_nan()), npartitions=3), ValueError, "block 2 .* column 4"),
    (lambda: da.from_array(X[:, 0], chunks=10), ValueError, "two dimensions"),
    (lambda: da.from_array(X[:0]), ValueError, "empty"),
    (lambda: da.from_array(X[:5], chunks=(2, 6)), ValueError, "samples than features, 7 at least"),
    (lambda: X[:6], ValueError, "7 at least .* only if it keeps the variance that moves"),
    (lambda: (part for part in [X]), TypeError, "read only once"),
    (lambda: [X, X[:, 1:]], ValueError, "5 columns; those before it have 6"),
    (lambda: dask.delayed(3), TypeError, "dask Delayed.*; pass a dask array or table"),
])  # fmt: skip
def test_sources_that_cannot_be_fitted_are_refused_with_a_remedy(make, error, message):
    lens = SymmetryLens(**CHEAP)
    before = dict(vars(lens))
    with pytest.raises(error, match=message):
        lens.fit(make())
    assert vars(lens) == before


@pytest.mark.parametrize("method", ["transform", "shift", "inverse_transform", "score", "verdict"])
@pytest.mark.parametrize("kind", ["dask array", "chunks"])
def test_other_columns_than_those_of_the_fit_are_refused(method, kind, quick_solver):
    lens = SymmetryLens(**CHEAP).fit(X)
    other = SOURCES[kind](X[:, :4])
    if method in ("score", "verdict") or isinstance(other, da.Array):
        with pytest.raises(ValueError, match=r"4 features.*6|6 columns.*4"):
            getattr(lens, method)(other)


@pytest.mark.parametrize("kind", ["dask table", "list of tables"])
def test_other_names_than_those_of_the_fit_are_refused(kind, quick_solver):
    lens = SymmetryLens(**CHEAP).fit(SOURCES[kind](X))
    renamed = table(names=list("abcdeg"))
    with pytest.raises(ValueError, match="feature names"):
        lens.transform(dd.from_pandas(renamed, npartitions=2))
    with pytest.raises(ValueError, match="feature names"):
        lens.score([renamed, renamed])
    with pytest.raises(ValueError, match="no chunks"):
        lens.score(Anew())


def test_a_verbose_fit_says_how_large_a_source_is(source, quick_solver, capsys):
    lens = SymmetryLens(verbose=1, **CHEAP).fit(source)
    assert f"fit: {len(X):,} samples of 6 columns" in capsys.readouterr().err
    lens.verdict(source)
    assert f"verdict: {len(X) // 2:,} samples of 6 columns" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options, message",
    [
        ({"n_powers": 99}, "n_powers == 99"),
        ({"init": np.eye(5)}, "init has shape"),
        ({"n_channels": 4}, "n_channels=4 does not divide the 6 columns of X"),
    ],
)
def test_parameters_are_checked_before_a_source_is_read(options, message):
    read = []

    class Chunks:
        def __iter__(self):
            for chunk in np.array_split(X, 10):
                read.append(len(chunk))
                yield chunk

    with pytest.raises(ValueError, match=message):
        SymmetryLens(**options).fit(Chunks())
    assert sum(read) < len(X)
