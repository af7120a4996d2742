# SPDX-License-Identifier: BSD-3-Clause
"""What is asked for a verdict: limits, and the table of conditions."""

import re
from dataclasses import replace

import pytest
from numpy.testing import assert_allclose

from sklearn_symmetry._verdict.criteria import (
    CONDITIONS,
    Criterion,
    Measured,
    criteria,
    required_repeatability,
    tolerated_divergence,
    wanted_deviation,
)
from sklearn_symmetry.core.grid import Grid

NAN = float("nan")

# Passes everything, by a little: five columns, where most limits differ from those of many.
PASSES = Measured(
    level=0.05,
    grid=Grid.line(5),
    p_value=0.05,
    order_p_value=0.05,
    deviation=4.0,
    divergence=8.7,
    n_divergence=1000,
    distance=0.22,
    n_distance=1000,
    repeatability=0.9001,
    agreement=0.9501,
    own_divergence=9.0,
    n_own=2000,
    own_grid=Grid.line(5),
    converged=True,
)

ON_A_LATTICE = replace(
    PASSES, grid=Grid.of((3, 4), "open"), deviation=5.0, divergence=3.0, repeatability=0.99
)

# Of every condition, a change that it does not survive, and what is said then.
FAILS = {
    "beyond second moments": ({"p_value": 0.055}, "no structure.*p = 0.055"),
    "strong": ({"deviation": 3.9}, "beyond second moments: 3.9 standard errors, 4.0 would"),
    "order": ({"order_p_value": 0.06}, "may be arbitrary .p = 0.060 on held-out"),
    "two axes": ({"folded": 0.6}, "turns are 0.60 times as alike .* 0.5 would pass"),
    "stationary energies": ({"divergence": 8.9}, "divergence 8.9 on held-out samples, 8.8 would"),
    "equal marginals": ({"distance": 0.25}, "distributions .distance 0.25; 0.23 would pass"),
    "repeatable": ({"repeatability": 0.899}, "different generators .cosine 0.899; 0.90 would"),
    "agreement": ({"agreement": 0.949}, "differs from what halves.*cosine 0.949; 0.95 would"),
    "its own energies": ({"own_divergence": 9.2}, "its own.*energy divergence 9.2, 9.1 would"),
    "convergence": ({"converged": False}, "did not converge .see max_iter"),
}


def passing(condition):
    return ON_A_LATTICE if condition.lattice else PASSES


def unmet(measured):
    return [criterion for criterion in criteria(measured) if not criterion.met]


@pytest.mark.parametrize(("value", "at_most", "met"), [
    (1.0, True, True), (1.1, True, False), (NAN, True, False), (float("inf"), True, False),
    (1.0, False, True), (0.9, False, False), (NAN, False, False), (float("inf"), False, True),
])  # fmt: skip
def test_a_criterion_is_met_up_to_its_limit_and_never_by_what_is_no_number(value, at_most, met):
    assert Criterion("name", "set", value, 1.0, at_most, "says").met is met
    assert not Criterion("name", "set", value, NAN, at_most, "says").met


def test_all_conditions_can_be_met_at_once():
    assert [criterion.name for criterion in criteria(ON_A_LATTICE)] == list(FAILS)
    assert unmet(PASSES) == unmet(ON_A_LATTICE) == []


def test_a_line_is_not_asked_whether_it_is_folded():
    assert unmet(replace(PASSES, folded=1.0)) == []


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_every_condition_can_fail_alone_and_says_so(condition):
    change, said = FAILS[condition.name]
    (alone,) = unmet(replace(passing(condition), **change))
    assert (alone.name, alone.about) == (condition.name, condition.about)
    assert re.search(said, alone.says)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_what_could_not_be_measured_does_not_pass(condition):
    (name,) = FAILS[condition.name][0]
    (alone,) = unmet(replace(passing(condition), **{name: NAN}))
    assert alone.name == condition.name


def test_a_strength_is_asked_for_only_where_there_is_something():
    """Else one finding would be two reasons."""
    names = [criterion.name for criterion in unmet(replace(PASSES, p_value=0.5, deviation=1.0))]
    assert names == ["beyond second moments"]


def test_conditions_about_the_set_come_before_those_about_the_lens():
    assert [condition.about for condition in CONDITIONS] == ["set"] * 7 + ["lens"] * 3
    names = [condition.name for condition in CONDITIONS]
    assert all(row.after in ("", *names[:index]) for index, row in enumerate(CONDITIONS))


@pytest.mark.parametrize(("size", "wanted"), [(5, 4.0), (6, 4.0), (7, 3.0)])
def test_few_columns_need_a_stronger_deviation(size, wanted):
    assert wanted_deviation(size) == wanted


def test_few_columns_and_many_samples_are_allowed_a_larger_divergence():
    assert_allclose(tolerated_divergence(1000, Grid.line(5)), 2.5 + 6.0 + 0.3)
    nine = Grid.line(9)
    assert_allclose(tolerated_divergence(1000, nine), 2.5 + 1.5 + 0.3)
    assert_allclose(tolerated_divergence(1000, Grid.line(25)), 2.5 + 0.5 + 0.3)
    assert_allclose(tolerated_divergence(1000, Grid.ring(8)), tolerated_divergence(1000, nine))
    assert tolerated_divergence(2000, nine) > tolerated_divergence(1000, nine)


def test_few_columns_need_repeat_less_exactly():
    five, six, eight, many = (required_repeatability(Grid.line(size)) for size in (5, 6, 8, 33))
    assert_allclose(five, 0.9)
    assert_allclose(required_repeatability(Grid.ring(8)), 0.95)
    assert_allclose(many, 0.95)
    assert five < six < eight


MANY = replace(
    PASSES,
    grid=Grid.line(20),
    divergence=3.0,
    distance=0.1,
    repeatability=0.99,
    agreement=0.99,
    own_divergence=3.0,
    own_grid=Grid.line(20),
)


def nearly(measured):
    return all(criterion.nearly for criterion in criteria(measured))


@pytest.mark.parametrize("change", [
    {"repeatability": 0.9}, {"repeatability": 0.9, "agreement": 0.9}, {"divergence": 4.0},
    {"own_divergence": 4.0}, {"distance": 0.4, "repeatability": 0.9},
    {"repeatability": 0.5, "order_repeatability": 1.0, "agreement": 0.5, "order_agreement": 0.9},
])  # fmt: skip
def test_what_falls_short_in_precision_only_is_likely_in_many_columns(change):
    assert unmet(MANY) == []
    assert unmet(replace(MANY, **change))
    assert nearly(replace(MANY, **change))
    few = {"grid": Grid.line(6), "own_grid": Grid.line(6)}
    low = {"divergence": 6.5, "own_divergence": 6.5, "repeatability": 0.8, "agreement": 0.8}
    assert not nearly(replace(PASSES, **few, **low))


@pytest.mark.parametrize("change", [
    {"p_value": 0.06}, {"order_p_value": 0.06}, {"divergence": 9.0}, {"distance": 0.5},
    {"repeatability": 0.7}, {"converged": False}, {"repeatability": NAN}, {"agreement": 0.9},
    {"repeatability": 0.9, "agreement": 0.7}, {"distance": 0.4, "deviation": 2.0},
])  # fmt: skip
def test_no_evidence_and_another_solution_are_not_likely(change):
    assert not nearly(replace(MANY, **change))
