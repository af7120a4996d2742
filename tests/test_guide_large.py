# SPDX-License-Identifier: BSD-3-Clause
"""The examples of docs/guide/large.md for Spark and Ray run as they stand, where they install.

Neither is a dependency of the tests: ``pip install pyspark`` (and Java) or ``pip install ray``.
"""

import functools
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import sklearn_symmetry
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.statistics import Summary, summarise
from sklearn_symmetry.statistics.outliers import Bounds
from sklearn_symmetry.statistics.sample import Sample
from sklearn_symmetry.statistics.summary import draw

GUIDE = Path(sklearn_symmetry.__file__).parents[1] / "docs" / "guide" / "large.md"
X = np.random.default_rng(0).laplace(size=(1000, 5))
GIVEN = (functools, SymmetryLens, Summary, summarise, Bounds, Sample, draw)

pytestmark = [
    pytest.mark.skipif(not GUIDE.exists(), reason="docs are not part of an installed package"),
    pytest.mark.filterwarnings("ignore"),  # of the engines
]


def run(name, **given):
    (code,) = re.findall(rf"<!-- run: {name} -->\n```python\n(.*?)```", GUIDE.read_text(), re.S)
    given |= {one.__name__: one for one in GIVEN} | {"numpy": np}
    exec(compile(code, f"large.md, {name}", "exec"), given)
    return given


def assert_is_that_of_one_process(given):
    whole = summarise(X)
    assert_array_equal(given["summary"].sample, whole.sample)
    assert_allclose(given["summary"].covariance, whole.covariance, rtol=1e-12)
    assert given["lens"].n_features_in_ == 5


def test_the_example_for_ray_gives_the_summary_of_all_rows(quick_solver):
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        assert_is_that_of_one_process(run("ray", ray=ray, arrays=np.array_split(X, 5)))
    finally:
        ray.shutdown()


def test_the_example_for_spark_gives_the_summary_of_all_rows(quick_solver):
    spark = pytest.importorskip("pyspark").SparkContext("local[2]")
    try:
        assert_is_that_of_one_process(run("spark", spark_rows=spark.parallelize(X.tolist(), 5)))
    finally:
        spark.stop()
