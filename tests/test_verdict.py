# SPDX-License-Identifier: BSD-3-Clause
"""The verdict: right fits pass, wrong ones and sets without a symmetry do not."""

import copy
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict import fit_halves, fresh_settings, judge, split_in_halves
from sklearn_symmetry._verdict.halves import _better, _quality, _started_from
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import load_photo_rows, make_symmetric_signals
from sklearn_symmetry.inspection import SummaryDisplay
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.tuning import DEFAULT


@pytest.fixture(scope="module")
def signals():
    return make_symmetric_signals(8000, 13, symmetry="orthogonal", random_state=5)


@pytest.fixture(scope="module")
def halves(signals):
    parts = split_in_halves(signals.data, random_state=0)
    return parts, fit_halves(SymmetryLens(random_state=0), parts)


@pytest.fixture(scope="module")
def lens(signals):
    return SymmetryLens(random_state=0).fit(signals.data)


@pytest.fixture(scope="module")
def verdict(lens, signals, halves):
    return judge(lens, *halves)


def test_a_right_fit_is_found_right(verdict):
    assert verdict
    assert verdict.symmetric
    assert verdict.p_value <= 0.05
    assert str(verdict).startswith("SYMMETRY FOUND")


def test_the_method_fits_and_judges_halves_and_leaves_the_lens_alone(lens, signals, verdict):
    before = copy.deepcopy(lens.__dict__)
    again = lens.verdict(signals.data)
    assert again.reasons == verdict.reasons
    assert_array_equal(again.uncertainty, verdict.uncertainty)
    assert before.keys() == lens.__dict__.keys()
    assert_array_equal(before["generator_"], lens.generator_)


def test_the_uncertainty_is_that_of_the_generator(lens, signals, verdict):
    """Half the difference of two halves estimates the error of the whole within a factor of 3."""
    truth = signals.generator
    if np.vdot(lens.generator_, truth) < np.vdot(lens.generator_, truth.T):
        truth = truth.T
    assert verdict.uncertainty.shape == truth.shape
    error = np.sqrt(np.mean((lens.generator_ - truth) ** 2))
    said = np.sqrt(np.mean(verdict.uncertainty**2))
    assert error / 3 < said < 3 * error


def wrong_fits():
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((13, 13)))[0]
    yield "converged elsewhere", {"init": turn}
    yield "too few steps", {"init": turn, "max_iter": 3}
    yield "from near the identity", {"init": "random", "max_iter": 20}


@pytest.mark.parametrize("settings", [pytest.param(fit, id=name) for name, fit in wrong_fits()])
def test_a_wrong_optimum_is_told_from_a_set_without_symmetry(settings, signals, halves):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lens = SymmetryLens(random_state=0, **settings).fit(signals.data)
    assert generator_similarity(lens.generator_, signals.generator) < 0.9
    verdict = judge(lens, *halves)
    assert verdict.symmetric
    assert not verdict.found
    assert not verdict
    assert str(verdict).startswith("NOT THIS ONE")
    assert verdict.agreement < 0.9


def test_a_fit_that_was_cut_short_is_not_trusted(signals, halves):
    with pytest.warns(match="did not converge"):
        lens = SymmetryLens(n_init=1, max_iter=1, random_state=0).fit(signals.data)
    assert any("did not converge" in reason for reason in judge(lens, *halves).against)


def nulls():
    random = np.random.default_rng(0)
    white = random.standard_normal((600, 5))
    yield "white noise", white
    yield "correlated Gaussian", white @ random.standard_normal((5, 5))
    yield "elliptical", white @ random.standard_normal((5, 5)) * random.gamma(1, size=(600, 1))
    laws = [random.laplace(size=600), random.uniform(-1, 1, 600), random.standard_exponential(600),
            random.standard_normal(600), random.choice([-1.0, 1.0], 600)]  # fmt: skip
    laws = np.stack(laws, axis=1) - np.mean(laws, axis=1)
    yield "independent columns", laws / laws.std(0)


@pytest.mark.parametrize("X", [pytest.param(X, id=name) for name, X in nulls()])
def test_no_symmetry_is_claimed_where_there_is_none(X, little_search):
    parts = split_in_halves(X, random_state=0)
    # Two starts a half, for speed; docs/trust.md has the full search and many more sets.
    halves = [SymmetryLens(n_init=2, random_state=0).fit(part) for part in parts]
    verdict = judge(halves[0], parts, halves)
    assert not verdict.symmetric
    assert not verdict
    assert str(verdict).startswith("NO EVIDENCE")


def test_four_columns_are_too_few_to_tell(little_search):
    X = make_symmetric_signals(3000, 4, symmetry="permutation", random_state=0).data
    parts = split_in_halves(X, random_state=0)
    halves = [SymmetryLens(n_init=2, random_state=0).fit(part) for part in parts]
    verdict = judge(halves[0], parts, halves)
    assert not verdict
    assert any("order of the columns may be arbitrary" in reason for reason in verdict.against)


@pytest.mark.parametrize("n_powers", [5, 17])
def test_any_number_of_powers_can_be_judged(n_powers, signals, halves):
    lens = SymmetryLens(n_powers=n_powers, random_state=0).fit(signals.data)
    assert judge(lens, *halves)


def test_halves_are_all_samples_in_random_order():
    X = np.arange(220.0).reshape(110, 2)
    parts = split_in_halves(X, random_state=3)
    assert min(part.n_samples for part in parts) > 35
    together = np.concatenate([part.sample for part in parts])
    assert_allclose(np.sort(together, axis=0), X)
    assert not np.array_equal(together, X)
    assert_array_equal(split_in_halves(X, random_state=3)[0].sample, parts[0].sample)


def test_what_cannot_be_judged_is_refused(lens, signals):
    with pytest.raises(NotFittedError):
        SymmetryLens().verdict(signals.data)
    with pytest.raises(ValueError, match="more than 27 samples for 13 features.*got 15"):
        lens.verdict(signals.data[:15])
    for level in (0, 0.6):
        with pytest.raises(ValueError, match="level"):
            lens.verdict(signals.data, level=level)


@pytest.mark.parametrize("verbose", [0, 1])
def test_a_verbose_verdict_says_its_cost_and_shows_its_fits(verbose, signals, quick_solver, capsys):
    lens = SymmetryLens(random_state=0, verbose=verbose).fit(signals.data)
    capsys.readouterr()
    quick_solver.calls.clear()
    lens.verdict(signals.data)
    assert len(quick_solver.calls) >= 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == verbose * (1 + len(quick_solver.calls))
    if verbose:
        assert "two such fits" in said[0]
        assert [line.split(":")[0] for line in said[1:3]] == [
            "verdict, half 1 of 2", "verdict, half 2 of 2"
        ]  # fmt: skip


def test_halves_search_by_default_whatever_the_lens_did():
    lens = SymmetryLens(9, init="random", tol=1, n_init=1, max_iter=3, padding=4, information=2)
    fresh = SymmetryLens().set_params(padding=4, information=2)
    assert lens.set_params(**fresh_settings(lens)).get_params() == fresh.get_params()


def test_html_escapes_and_says_the_same(verdict):
    html = verdict._repr_html_()
    assert verdict.headline in html
    assert html.count("<li>") == len(verdict.reasons)
    hostile = replace(verdict, against=["<script>alert(1)</script>"], likely=True)
    assert "<script" not in hostile._repr_html_()


def test_html_draws_the_generator_and_nothing_that_is_no_number(verdict):
    generator = np.eye(7, k=1)
    picture = replace(verdict, generator=generator)._repr_html_()
    assert re.findall(r'<rect x="(\d)" y="(\d)"', picture) == [
        (str(at + 1), str(at)) for at in range(6)
    ]
    unknown = replace(verdict, generator=np.full((7, 7), np.nan))._repr_html_()
    assert "<svg" not in unknown
    assert verdict.headline in unknown


def test_verdicts_are_told_apart_and_can_be_kept_in_sets(verdict):
    assert verdict == verdict  # noqa: PLR0124
    assert verdict != copy.deepcopy(verdict)
    assert len({verdict, verdict}) == 1


def test_at_a_prompt_the_headline_comes_first(verdict):
    assert repr(verdict).splitlines()[0] == verdict.headline
    assert repr(verdict) == str(verdict)


def test_tables_are_judged_like_arrays(lens, signals, verdict):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(signals.data, columns=list("abcdefghijklm"))
    named = copy.deepcopy(lens)
    named.feature_names_in_ = np.array(table.columns, dtype=object)
    judged = named.set_output(transform="pandas").verdict(table)
    assert judged.reasons == verdict.reasons


class Shuffled(SymmetryLens):
    """Of the parameters only one is left to choose."""

    def __init__(self, random_state=None):
        super().__init__(mixing="permutation", random_state=random_state)


def test_a_class_with_fewer_parameters_is_judged_by_all_of_them(signals):
    X = signals.data[:400, :7]
    lens = Shuffled(random_state=0).fit(X)
    expected = SymmetryLens(mixing="permutation", random_state=0).fit(X)
    assert lens.settings_ == expected.settings_
    assert lens.verdict(X).reasons == expected.verdict(X).reasons
    assert type(lens) is Shuffled


def test_tables_are_drawn_with_the_names_of_their_columns(signals, verdict):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(signals.data[:90, :7], columns=list("abcdefg"))
    lens = SymmetryLens(random_state=0).fit(table)
    display = SummaryDisplay.from_estimator(lens, table, verdict=verdict)
    labels = [text.get_text() for text in display.axes_["given"].get_xticklabels()]
    assert labels == list(table.columns)


def test_few_columns_that_are_nearly_elliptical_say_little(
    lens, signals, halves, verdict, monkeypatch
):
    monkeypatch.setattr("sklearn_symmetry._verdict.criteria.FEWEST", 13)
    assert judge(lens, *halves).symmetric
    monkeypatch.setattr("sklearn_symmetry._verdict.criteria.STRONG", verdict.deviation + 1)
    found = judge(lens, *halves)
    assert not found.symmetric
    assert found.p_value <= found.level
    assert "little structure beyond second moments" in found.reasons[0]


def test_a_half_starts_from_what_the_other_found_about_the_same_location(signals, halves):
    parts, (first, _) = halves
    offset = 10 * np.arange(13.0)
    moved = copy.copy(first)
    moved.location_ = first.location_ + offset
    other = _started_from(moved, parts[1].about(-offset))
    assert_allclose(other.location_, moved.location_)
    assert generator_similarity(other.generator_, signals.generator) > 0.98
    plain = _started_from(first, parts[1])
    assert_allclose(_quality(other, parts[1].about(-offset)), _quality(plain, parts[1]), atol=1e-3)
    turned = copy.copy(other)
    turned.group_conv_matrix_ = other.group_conv_matrix_[[1, 0, *range(2, 7)]]
    assert _quality(turned, parts[1].about(-offset)) < _quality(other, parts[1].about(-offset))


def test_a_half_takes_what_is_clearly_better_and_keeps_what_is_as_good(halves, monkeypatch):
    (part, _), (first, _) = halves
    as_good, turned = copy.copy(first), copy.copy(first)
    as_good.group_conv_matrix_ = first.group_conv_matrix_[::-1]
    turned.group_conv_matrix_ = first.group_conv_matrix_[[1, 0, *range(2, 7)]]
    assert _better(first, as_good, part) is first
    assert _better(as_good, first, part) is as_good
    assert _better(turned, first, part) is first
    assert _better(first, turned, part) is first
    gain = _quality(first, part) - _quality(turned, part)
    tuning = replace(DEFAULT, same_loss=1.01 * gain)
    monkeypatch.setattr("sklearn_symmetry._verdict.halves.DEFAULT", tuning)
    assert _better(turned, first, part) is turned


def test_an_imprecise_half_does_not_hide_what_the_other_confirms(lens, signals, halves, verdict):
    parts, (precise, other) = halves
    imprecise = copy.copy(other)
    imprecise.group_conv_matrix_ = other.group_conv_matrix_.copy()
    turn = np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2)
    imprecise.group_conv_matrix_[2:4] = turn @ other.group_conv_matrix_[2:4]
    found = judge(lens, parts, [precise, imprecise])
    assert found.statistic <= found.tolerated
    neither = judge(lens, parts, [imprecise, imprecise])
    assert neither.statistic > neither.tolerated
    assert not neither.symmetric


@pytest.mark.parametrize(("seed", "half"), [(6100, 1), (6104, 0)])
def test_rows_of_photographs_in_five_columns_are_found(seed, half):
    """Where the loss prefers a wrong order, or energies have a high divergence by chance."""
    pytest.importorskip("PIL")
    rows = load_photo_rows(6000, 5, symmetry="orthogonal", random_state=seed)
    lens = SymmetryLens(random_state=seed).fit(split_in_halves(rows.data, random_state=seed)[half])
    assert generator_similarity(lens.generator_, rows.generator) > 0.95


def test_few_columns_are_said_at_once(quick_solver):
    X = make_symmetric_signals(300, 4, random_state=0).data
    lens = SymmetryLens(random_state=0).fit(X)
    quick_solver.calls.clear()
    verdict = lens.verdict(X)
    assert quick_solver.calls == []
    assert not verdict
    assert verdict.grade == "none"
    assert "4 columns have too few orders" in verdict.against[0]
    assert "order of the columns may be arbitrary" in verdict.against[0]


def test_a_parameter_changed_after_the_fit_changes_nothing(signals, quick_solver):
    X = signals.data[:500]
    lens = SymmetryLens(random_state=0).fit(X)
    before = lens.score(X), lens.verdict(X).reasons, lens.transform(X)
    lens.set_params(
        boundary="circulant", padding=2, uniformity=7.0, random_state=9, n_powers=3, n_channels=7
    )
    after = lens.score(X), lens.verdict(X).reasons, lens.transform(X)
    assert after[:2] == before[:2]
    assert_array_equal(after[2], before[2])


def test_what_the_samples_decided_and_the_mixing_are_those_of_the_fit():
    """Of a ring that the samples decided on, and of names of the output, too."""
    X = make_symmetric_signals(
        2000, 8, boundary="circulant", symmetry="permutation", random_state=0
    ).data
    lens = SymmetryLens(mixing="permutation", boundary="auto", random_state=0).fit(X)
    assert lens.boundary_ == "circulant"
    assert lens.settings_["mixing"] == "permutation"
    assert lens.settings_["boundary"] == "auto"
    before = lens.score(X), lens.verdict(X).reasons, lens.get_feature_names_out().tolist()
    assert any(reason.startswith("a ring: across the ends") for reason in before[1])
    assert not any("only shuffled" in reason for reason in before[1])
    lens.set_params(mixing="rotation", boundary="open")
    after = lens.score(X), lens.verdict(X).reasons, lens.get_feature_names_out().tolist()
    assert after == before


@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_a_shuffle_that_is_likely_names_the_order_of_the_lens(boundary, monkeypatch):
    X = make_symmetric_signals(
        2000, 9, boundary=boundary, symmetry="permutation", random_state=0
    ).data
    lens = SymmetryLens(mixing="permutation", boundary=boundary, random_state=0).fit(X)
    parts = split_in_halves(X, random_state=0)
    judged = judge(lens, parts, fit_halves(lens, parts))
    assert judged.grade == "found"
    monkeypatch.setattr("sklearn_symmetry._verdict.criteria.MEAN", 0.8 * judged.statistic)
    monkeypatch.setattr("sklearn_symmetry._verdict.criteria.TAIL", 0.0)
    monkeypatch.setattr("sklearn_symmetry._verdict.criteria.NEARLY_STATIONARY", 100.0)
    monkeypatch.setattr("sklearn_symmetry._verdict.criteria.DEFECT", 0.0)
    judged = judge(lens, parts, fit_halves(lens, parts))
    assert judged.grade == "likely"
    order = ", ".join(map(str, lens.column_order_))
    assert f"certain: the order of all 9 columns, {order}" in judged.remarks


def test_a_likely_verdict_says_what_is_certain(signals, halves, verdict, monkeypatch):
    monkeypatch.setattr("sklearn_symmetry._verdict.criteria.REPEATS", 0.99999)
    parts, (first, second) = halves
    found = judge(first, parts, (first, second))
    assert found.grade == "likely"
    assert not found
    assert found.headline.startswith("LIKELY, NOT PRECISE")
    assert any("certain: one step of the samples" in remark for remark in found.remarks)
    assert any("samples like these" in remark for remark in found.remarks)


@pytest.mark.parametrize("n_loud", [6, 7, 9, 12])
def test_axes_in_which_halves_agree_are_named_where_there_are_more_than_six(n_loud):
    from types import SimpleNamespace

    from sklearn_symmetry._verdict.halves import _determined

    # A step of one half differs from that of the other in what it brings to the faint axes alone.
    axes = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 12)))[0]
    variance = np.where(np.arange(12) < n_loud, 2.0 - np.arange(12) / 12, 1e-3 / 12)
    whole = SimpleNamespace(covariance=(axes * variance) @ axes.T)
    step = np.eye(12, k=1)
    turned = axes @ np.diag(np.where(np.arange(12) < n_loud, 1.0, -1.0)) @ axes.T @ step
    halves = [SymmetryLens(), SymmetryLens()]
    for half, matrix in zip(halves, (step, turned), strict=True):
        half.generator_ = matrix
    values = {"p_value": 0.01, "level": 0.05, "required": 0.95}
    found = _determined(values, halves, whole)
    if n_loud in (6, 12):
        assert found == []
        return
    share = 100 * variance[n_loud:].sum() / variance.sum()
    assert found == [
        f"the {n_loud} axes of the largest variance are determined: the halves agree on a step in "
        f"them to a cosine of 1.000; the other {12 - n_loud} carry {share:.2g} % of the variance "
        "and are not"
    ]
    assert _determined(values | {"p_value": 0.06}, halves, whole) == []


def test_the_order_of_a_shuffle_is_certain(monkeypatch):
    from sklearn_symmetry._verdict.halves import _shared_neighbours, column_order

    lens = SymmetryLens()
    lens.filter_, lens.group_conv_matrix_ = np.eye(5)[2], 0.9 * np.eye(5)[[3, 1, 0, 4, 2]] + 0.05
    assert column_order(lens) == [3, 1, 0, 4, 2]
    line, ring = Grid.line(5), Grid.ring(5)
    assert _shared_neighbours([3, 1, 0, 4, 2], [2, 4, 0, 1, 3], line) == 1
    assert _shared_neighbours([3, 1, 0, 4, 2], [3, 1, 0, 2, 4], line) == 0.75
    assert _shared_neighbours([3, 1, 0, 4, 2], [0, 4, 2, 3, 1], ring) == 1
    lens.group_conv_matrix_ = np.full((5, 5), 0.2)
    assert column_order(lens) is None
    assert _shared_neighbours(None, [0, 1], line) == 0
