# SPDX-License-Identifier: BSD-3-Clause
"""The lens among tables, pipelines and networks of other packages."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.nn import ShiftCNN

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NAMES = [f"sensor {letter}" for letter in "abcdef"]
TABLES = ["pandas", "polars"]


def samples(seed=0, n_samples=60, n_features=6, dtype=np.float64):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features)).astype(dtype)


def table(library, X, names=NAMES):
    module = pytest.importorskip(library)
    return module.DataFrame({name: X[:, column] for column, name in enumerate(names)})


def labels(X):
    return (X[:, 0] > 0).astype(np.int64)


# Tables


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("library", TABLES)
def test_table_goes_in_as_its_array_does_and_its_names_are_kept(library, dtype, quick_solver):
    X = samples(dtype=dtype)
    lens, plain = SymmetryLens().fit(table(library, X)), SymmetryLens().fit(X)
    assert_array_equal(lens.feature_names_in_, NAMES)
    assert_array_equal(lens.group_conv_matrix_, plain.group_conv_matrix_)
    assert lens.group_conv_matrix_.dtype == dtype
    # Tables are stored by columns, so that sums may be rounded in another order.
    close = {"rtol": 100 * np.finfo(dtype).eps, "atol": 100 * np.finfo(dtype).eps}
    for method in ("transform", "shift", "inverse_transform"):
        given = getattr(lens, method)(table(library, X))
        assert isinstance(given, np.ndarray)
        assert given.dtype == dtype
        assert_allclose(given, getattr(plain, method)(X), **close)
    assert_allclose(lens.score(table(library, X)), plain.score(X), **close)


@pytest.mark.parametrize("library", TABLES)
@pytest.mark.parametrize("names", [NAMES[::-1], [*NAMES[:-1], "other"]], ids=["order", "name"])
def test_table_with_other_names_is_refused(names, library, quick_solver):
    lens = SymmetryLens().fit(table(library, samples()))
    for method in (lens.transform, lens.shift, lens.score):
        with pytest.raises(ValueError, match="feature names"):
            method(table(library, samples(), names))


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("library", TABLES)
def test_set_output_gives_tables_with_named_columns(library, n_channels, quick_solver):
    X = table(library, samples())
    lens = SymmetryLens(n_powers=3, n_channels=n_channels).fit(X)
    expected = lens.transform(X)
    given = lens.set_output(transform=library).transform(X)
    assert type(given) is type(X)
    names = [f"symmetrylens{column}" for column in range(3 * n_channels)]
    assert list(given.columns) == names == list(lens.get_feature_names_out())
    assert_array_equal(given.to_numpy(), expected)
    again = lens.inverse_transform(given)
    assert_allclose(again, lens.inverse_transform(expected))


@pytest.mark.parametrize("library", TABLES)
def test_pipeline_hands_tables_on(library, quick_solver):
    X = table(library, samples())
    pipeline = make_pipeline(StandardScaler(), SymmetryLens(n_powers=4))
    pipeline.set_output(transform=library).fit(X)
    assert_array_equal(pipeline[-1].feature_names_in_, NAMES)
    assert list(pipeline.transform(X).columns) == list(pipeline.get_feature_names_out())


def test_missing_entry_of_a_polars_table_is_named(quick_solver):
    polars = pytest.importorskip("polars")
    X = table("polars", samples()).with_columns(polars.lit(float("nan")).alias(NAMES[2]))
    with pytest.raises(ValueError, match=r"NaN in columns \[sensor c\].*SimpleImputer"):
        SymmetryLens().fit(X)


# Compositions of scikit-learn


def test_part_of_a_pipeline_is_a_lens_that_works(quick_solver):
    X = samples()
    pipeline = make_pipeline(SymmetryLens(n_powers=4), LogisticRegression()).fit(X, labels(X))
    representation = pipeline[:-1].transform(X)
    assert_array_equal(representation, pipeline[0].transform(X))
    assert_array_equal(pipeline[-1].predict(representation), pipeline.predict(X))
    assert_array_equal(pipeline[:-1].get_feature_names_out(), pipeline[0].get_feature_names_out())


def test_pipeline_of_linear_steps_is_inverted(quick_solver):
    X = samples()
    pipeline = make_pipeline(StandardScaler(), SymmetryLens()).fit(X)
    assert_allclose(pipeline.inverse_transform(pipeline.transform(X)), X, atol=1e-10)


@pytest.mark.parametrize("library", TABLES)
def test_column_transformer_gives_a_lens_its_block(library, quick_solver):
    X = table(library, samples())
    block = NAMES[1:5]
    split = ColumnTransformer(
        [("lens", SymmetryLens(n_powers=3), block)], remainder="passthrough"
    ).set_output(transform=library)
    given = split.fit_transform(X)
    lens = split.named_transformers_["lens"]
    assert_array_equal(lens.feature_names_in_, block)
    assert list(given.columns) == [
        *(f"lens__symmetrylens{column}" for column in range(3)),
        *(f"remainder__{name}" for name in (NAMES[0], NAMES[5])),
    ]
    alone = SymmetryLens(n_powers=3).fit(samples()[:, 1:5]).transform(samples()[:, 1:5])
    assert_allclose(given.to_numpy()[:, :3], alone, atol=1e-12)


def test_feature_union_sets_lenses_side_by_side(quick_solver):
    X = samples()
    union = FeatureUnion(
        [("few", SymmetryLens(2)), ("all", SymmetryLens()), ("raw", "passthrough")]
    )
    given = union.fit_transform(X)
    parts = [SymmetryLens(2).fit(X).transform(X), SymmetryLens().fit(X).transform(X), X]
    assert_array_equal(given, np.hstack(parts))
    names = list(union.get_feature_names_out())
    assert names[:3] == ["few__symmetrylens0", "few__symmetrylens1", "all__symmetrylens0"]
    assert len(names) == len(set(names)) == 14


@pytest.mark.parametrize("fitted", [False, True])
def test_html_shows_the_lens_and_what_was_set(fitted, quick_solver):
    lens = SymmetryLens(n_powers=3, n_channels=2)
    pipeline = Pipeline([("adapter", lens), ("classify", LogisticRegression())])
    if fitted:
        pipeline.fit(samples(), labels(samples()))
    page = estimator_html_repr(pipeline)
    for word in ("adapter", "SymmetryLens", "n_channels", "LogisticRegression"):
        assert word in page
    assert ("Not fitted" in page) != fitted
    assert repr(lens) == "SymmetryLens(n_channels=2, n_powers=3)"


def test_html_of_a_lens_with_a_large_start_stays_readable(quick_solver):
    page = estimator_html_repr(SymmetryLens(init=np.random.default_rng(0).normal(size=(99, 99))))
    assert len(page) < 2 * len(estimator_html_repr(SymmetryLens()))


@pytest.mark.parametrize("n_channels", [1, 2])
def test_pipeline_refuses_data_of_another_width(n_channels, quick_solver):
    X = samples()
    lens = SymmetryLens(n_channels=n_channels)
    pipeline = make_pipeline(lens, LogisticRegression()).fit(X, labels(X))
    with pytest.raises(ValueError, match="X has 8 features, but SymmetryLens is expecting 6"):
        pipeline.predict(samples(n_features=8))


# Networks: a skorch classifier behind the lens


@pytest.fixture
def classifier():
    """Makes pipelines of a lens and a network of skorch; torch's global randomness is kept."""
    skorch = pytest.importorskip("skorch")

    def make(n_powers=None, n_channels=1, **options):
        network = {"widths": (4,), "kernel_size": 3, "n_channels": n_channels, "n_classes": 2}
        network = {f"module__{name}": value for name, value in (network | options).items()}
        cnn = skorch.NeuralNetClassifier(
            ShiftCNN,
            criterion=torch.nn.CrossEntropyLoss,
            max_epochs=2,
            train_split=None,
            verbose=0,
            **network,
        )
        lens = SymmetryLens(n_powers, n_channels=n_channels)
        return Pipeline([("lens", lens), ("cnn", cnn)])

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield make


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_network_behind_a_lens_fits_and_predicts(dtype, n_channels, classifier, quick_solver):
    X = samples(dtype=dtype)
    pipeline = classifier(n_channels=n_channels).fit(X, labels(X))
    assert pipeline.predict(X).shape == (60,)
    assert_allclose(pipeline.predict_proba(X).sum(1), 1, atol=1e-5)


def test_network_learns_what_does_not_depend_on_the_place(classifier, quick_solver):
    rng = np.random.default_rng(0)
    X = 0.1 * rng.normal(size=(300, 12))
    y = rng.integers(2, size=300)
    X[np.arange(300), rng.integers(2, 10, size=300)] += np.where(y, 2.0, -2.0)
    pipeline = classifier().set_params(cnn__max_epochs=30, cnn__lr=0.1)
    # The quick solver is no use here: the identity is the representation.
    pipeline.set_params(lens="passthrough").fit(X[:200], y[:200])
    assert pipeline.score(X[200:], y[200:]) > 0.95


def test_clone_of_the_pipeline_starts_anew(classifier, quick_solver):
    X = samples()
    pipeline = classifier(n_powers=4).fit(X, labels(X))
    copy = clone(pipeline)
    assert copy["lens"].n_powers == 4
    assert copy["cnn"].module__widths == (4,)
    with pytest.raises(NotFittedError):
        copy["lens"].transform(X)
    assert copy.fit(X, labels(X)).predict(X).shape == (60,)


def test_pickled_pipeline_predicts_the_same(classifier, quick_solver):
    X = samples()
    pipeline = classifier().fit(X, labels(X))
    copy = pickle.loads(pickle.dumps(pipeline))
    assert_array_equal(copy.predict_proba(X), pipeline.predict_proba(X))


def test_cross_validation_fits_a_lens_in_every_fold(classifier, quick_solver):
    X = samples()
    scores = cross_val_score(classifier(), X, labels(X), cv=3)
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()
    assert [len(call[0]) for call in quick_solver.calls] == [40, 40, 40]


def test_grid_search_tunes_lens_and_network_together(classifier, quick_solver):
    X = samples()
    grid = {"lens__uniformity": [1.0, 2.0], "lens__n_powers": [4, 6], "cnn__lr": [0.01, 0.1]}
    search = GridSearchCV(classifier(), grid, cv=2, scoring="accuracy").fit(X, labels(X))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_["lens"].n_powers == search.best_params_["lens__n_powers"]
    pickle.loads(pickle.dumps(search.best_estimator_)).predict(X)


def test_network_behind_too_few_powers_says_so(classifier, quick_solver):
    X = samples()
    with pytest.raises(ValueError, match="sees 5 columns.*has 4: raise n_powers of the lens to 5"):
        classifier(n_powers=4, kernel_size=5).fit(X, labels(X))
    grid = {"lens__n_powers": [4, 6]}
    search = GridSearchCV(classifier(kernel_size=5), grid, cv=2)
    with (
        pytest.warns(FitFailedWarning, match="raise n_powers of the lens to 5"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search.fit(X, labels(X))
    assert search.best_params_ == {"lens__n_powers": 6}


def test_network_with_other_channels_than_the_lens_says_so(classifier, quick_solver):
    X = samples(n_features=9)
    pipeline = classifier(n_channels=3).set_params(cnn__module__n_channels=2)
    with pytest.raises(ValueError, match="n_channels=2 of the network does not divide the 9"):
        pipeline.fit(X, labels(X))
