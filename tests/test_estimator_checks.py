# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's own checks of an estimator, with nothing on the list of expected failures."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_symmetry import SymmetryLens

# Some checks fit constant, duplicated or dependent columns, and all of them allow few iterations.
pytestmark = [
    pytest.mark.usefixtures("array_api"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:(constant|duplicated) columns:UserWarning"),
    pytest.mark.filterwarnings("ignore:the samples have rank:UserWarning"),
]


def no_failures(estimator):
    return {}


STRICT = {"expected_failed_checks": no_failures, "xfail_strict": True}


# Not with a circulant boundary: most checks have two or three columns, too few for a ring.
@parametrize_with_checks(
    [
        SymmetryLens(),
        SymmetryLens(n_powers=2, padding=0),
        SymmetryLens(3, padding=9, warm_start=True),
    ],
    **STRICT,
)
def test_estimator_follows_the_conventions_whatever_the_solver(estimator, check, quick_solver):
    check(estimator)


@parametrize_with_checks([SymmetryLens(n_init=1, max_iter=2)], **STRICT)
def test_estimator_follows_the_conventions_with_the_fast_solver(estimator, check, little_search):
    check(estimator)


@parametrize_with_checks(
    [SymmetryLens(mixing="permutation"), SymmetryLens(mixing="permutation", warm_start=True)],
    **STRICT,
)
def test_estimator_follows_the_conventions_with_shuffled_columns(estimator, check):
    check(estimator)


@parametrize_with_checks([SymmetryLens(init="random", density="mixture", max_iter=2)], **STRICT)
def test_estimator_follows_the_conventions_with_the_procedure_of_the_paper(estimator, check):
    check(estimator)
