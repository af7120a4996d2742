# SPDX-License-Identifier: BSD-3-Clause
"""The other methods keep the estimator contract and solve the problems they are made for."""

import csv
import pickle
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm, logm
from sklearn.base import clone
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_symmetry.baselines import (
    ICASeriation,
    LieGAN,
    SpectralLattice,
    SpectralSeriation,
    SymmetryGAN,
    flow_similarity,
    group_similarity,
)
from sklearn_symmetry.baselines._adversarial import RotationGame, channel_overlap, expm_action
from sklearn_symmetry.datasets import (
    hiding_basis,
    make_symmetric_fields,
    make_symmetric_signals,
)
from sklearn_symmetry.metrics import equivariance_error, generator_similarity

GANS = [
    SymmetryGAN(max_iter=3, steps_per_epoch=2, random_state=0),
    LieGAN(2, max_iter=3, steps_per_epoch=2, hidden_layer_sizes=(8,), random_state=0),
]
ORDERS = [SpectralSeriation(), ICASeriation(tol=0.1, max_iter=1000, random_state=0)]
SERIATIONS = [*ORDERS, SpectralLattice()]


def signals(seed=0, n_features=7, **options):
    return make_symmetric_signals(3000, n_features, random_state=seed, **options)


def arrays(estimator):
    return {name: v for name, v in vars(estimator).items() if isinstance(v, np.ndarray)}


def name_of(estimator):
    return type(estimator).__name__


@pytest.mark.usefixtures("array_api")
@parametrize_with_checks(GANS + SERIATIONS)
def test_scikit_learn_compatibility_without_expected_failures(estimator, check):
    with warnings.catch_warnings():
        # Constant or duplicated columns, and too few iterations, are pointed out.
        warnings.simplefilter("ignore", UserWarning)
        check(estimator)


# What all of them share


@pytest.mark.parametrize("estimator", GANS + SERIATIONS, ids=name_of)
@pytest.mark.parametrize("seed", range(2))
def test_same_seed_same_arrays_and_global_seeds_untouched(estimator, seed):
    X = signals(seed).data
    np_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    if hasattr(estimator, "random_state"):
        estimator = clone(estimator).set_params(random_state=seed)
    first, second = clone(estimator).fit(X), clone(estimator).fit(X)
    assert_array_equal(np.random.get_state()[1], np_state)
    assert torch.equal(torch.get_rng_state(), torch_state)
    for name, value in arrays(first).items():
        assert_array_equal(value, getattr(second, name))


@pytest.mark.parametrize("estimator", GANS + SERIATIONS, ids=name_of)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fitted_arrays_have_the_dtype_of_the_input_which_is_not_modified(estimator, dtype):
    X = np.asfortranarray(signals().data, dtype=dtype)[::-1]
    X.flags.writeable = False
    before = X.copy()
    fitted = clone(estimator).fit(X)
    assert_array_equal(X, before)
    assert fitted.generator_.shape == (7, 7)
    assert fitted.shift(X).dtype == dtype
    for name, value in arrays(fitted).items():
        assert value.dtype == dtype or name == "ordering_"


@pytest.mark.parametrize("estimator", GANS + SERIATIONS, ids=name_of)
def test_nothing_of_torch_survives_fit_and_pickling_changes_nothing(estimator):
    fitted = clone(estimator).fit(signals().data)
    content = pickle.dumps(fitted)
    assert b"torch" not in content
    for name, value in arrays(pickle.loads(content)).items():
        assert_array_equal(value, getattr(fitted, name))


@pytest.mark.parametrize("estimator", GANS + SERIATIONS, ids=name_of)
def test_unit_of_the_samples_does_not_matter(estimator):
    X = signals().data
    small, large = clone(estimator).fit(X), clone(estimator).fit(1024 * X)
    assert_allclose(large.generator_, small.generator_, atol=1e-6)


@pytest.mark.parametrize("estimator", GANS + SERIATIONS, ids=name_of)
def test_steps_add_up(estimator):
    X = signals().data
    fitted = clone(estimator).fit(X)
    assert_allclose(fitted.shift(fitted.shift(X), 2), fitted.shift(X, 3), atol=1e-4)


WRONG = [
    (SymmetryGAN, "learning_rate", 0.0),
    (SymmetryGAN, "discriminator_learning_rate", np.inf),
    (SymmetryGAN, "batch_size", 1),
    (SymmetryGAN, "max_iter", 0),
    (SymmetryGAN, "hidden_layer_sizes", (25, 0)),
    (SymmetryGAN, "tol", -1.0),
    (SymmetryGAN, "device", "nowhere"),
    (LieGAN, "n_channels", 0),
    (LieGAN, "cosine_weight", -1.0),
    (LieGAN, "overlap_weight", np.nan),
    (LieGAN, "steps_per_epoch", 0),
    (LieGAN, "n_iter_no_change", 1.5),
    (SpectralSeriation, "affinity", "negative"),
    (SpectralSeriation, "boundary", None),
    (SpectralLattice, "affinity", "negative"),
    (SpectralLattice, "grid_shape", (3, 5)),
    (SpectralLattice, "grid_shape", 7),
    (ICASeriation, "fun", "tanh"),
    (ICASeriation, "max_iter", 0),
    (ICASeriation, "tol", 0),
]


@pytest.mark.parametrize("kind, name, value", WRONG)
def test_wrong_parameter_is_named_before_anything_is_learned(kind, name, value):
    estimator = kind(**{name: value})
    with pytest.raises((ValueError, TypeError), match=name):
        estimator.fit(signals().data)
    assert not hasattr(estimator, "generator_")


# Seriation


@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("n_features", [2, 3, 7, 33])
@pytest.mark.parametrize("seed", range(3))
def test_spectral_seriation_is_exact_on_shuffled_columns(seed, n_features, boundary):
    dataset = signals(seed, n_features, symmetry="permutation", boundary=boundary)
    fitted = SpectralSeriation(boundary=boundary).fit(dataset.data)
    similarity = generator_similarity(fitted.generator_, dataset.generator, boundary=boundary)
    assert_allclose(similarity, 1)


@pytest.mark.parametrize("seed", range(3))
def test_absolute_affinity_does_not_look_at_signs_of_columns(seed):
    dataset = signals(seed, 15, signal="legendre", symmetry="permutation")
    flips = np.random.default_rng(seed).choice([-1.0, 1.0], 15)
    plain, flipped = (
        SpectralSeriation(affinity="absolute").fit(X).ordering_
        for X in (dataset.data, dataset.data * flips)
    )
    assert_array_equal(flipped, plain)


@pytest.mark.parametrize("boundary", ["open", "circulant"])
@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (6, 5)])
@pytest.mark.parametrize("seed", range(3))
def test_shuffled_pixels_return_to_their_places_and_mixed_ones_do_not(seed, shape, boundary):
    found = {}
    for symmetry in ("permutation", "orthogonal"):
        dataset = make_symmetric_fields(
            3000, shape, symmetry=symmetry, boundary=boundary, random_state=seed
        )
        fitted = SpectralLattice(grid_shape=shape, boundary=boundary).fit(dataset.data)
        found[symmetry] = generator_similarity(fitted.generators_, dataset.generators)
        assert fitted.grid_shape_ == shape
    assert_allclose(found["permutation"], 1)
    assert found["orthogonal"] < 0.7


def test_pixels_are_shifted_along_both_axes():
    X = make_symmetric_fields(500, (4, 5), random_state=0).data
    fitted = SpectralLattice(grid_shape=(4, 5)).fit(X)
    images = fitted.transform(X).reshape(-1, 4, 5)
    moved = fitted.transform(fitted.shift(X, (1, -2))).reshape(-1, 4, 5)
    assert_allclose(moved[:, 1:, :-2], images[:, :-1, 2:])
    assert_allclose(fitted.shift(X, 2), fitted.shift(X, (2, 0)))
    assert SpectralLattice().fit(X).grid_shape_ == (5, 4)
    with pytest.raises(ValueError, match="steps == "):
        fitted.shift(X, (1, 0.5))


@pytest.mark.parametrize("seed", range(3))
def test_spectral_seriation_cannot_undo_a_rotation(seed):
    dataset = signals(seed, 15, symmetry="orthogonal")
    fitted = SpectralSeriation().fit(dataset.data)
    assert generator_similarity(fitted.generator_, dataset.generator) < 0.7


@pytest.mark.parametrize("symmetry", ["permutation", "frequency", "orthogonal"])
@pytest.mark.parametrize("seed", range(2))
def test_ica_seriation_finds_narrow_signals_in_any_basis(seed, symmetry):
    dataset = make_symmetric_signals(
        20_000, 9, scale=(0.3, 0.6), symmetry=symmetry, random_state=seed
    )
    fitted = ICASeriation(random_state=seed).fit(dataset.data)
    assert fitted.converged_
    assert generator_similarity(fitted.generator_, dataset.generator) > 0.99


@pytest.mark.parametrize("seed", range(3))
def test_ica_seriation_cannot_separate_wide_signals(seed):
    dataset = signals(seed, 15, signal="legendre", symmetry="orthogonal")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = ICASeriation(random_state=seed).fit(dataset.data)
    assert generator_similarity(fitted.generator_, dataset.generator) < 0.9


def test_components_that_lapack_fails_on_are_found_in_double_precision(monkeypatch):
    X = make_symmetric_signals(2000, 7, symmetry="orthogonal", random_state=0).data
    expected = ICASeriation(random_state=0).fit(X)
    fit = FastICA.fit

    def fails(self, white):
        if white.dtype == np.float32:
            raise np.linalg.LinAlgError("SVD did not converge")
        return fit(self, white)

    monkeypatch.setattr(FastICA, "fit", fails)
    found = ICASeriation(random_state=0).fit(X.astype(np.float32))
    assert found.generator_.dtype == np.float32
    assert_allclose(found.generator_, expected.generator_, atol=1e-3)


def test_ica_seriation_warns_when_fastica_did_not_converge():
    X = signals().data
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        fitted = ICASeriation(max_iter=1, tol=1e-12, random_state=0).fit(X)
    assert not fitted.converged_
    assert fitted.n_iter_ == 1


@pytest.mark.parametrize("estimator", ORDERS, ids=name_of)
@pytest.mark.parametrize("boundary", ["open", "circulant"])
def test_rows_are_orthonormal_and_shift_moves_columns(estimator, boundary):
    X = signals(boundary=boundary).data
    fitted = clone(estimator).set_params(boundary=boundary).fit(X)
    assert_allclose(fitted.group_conv_matrix_ @ fitted.group_conv_matrix_.T, np.eye(7), atol=1e-12)
    assert_allclose(fitted.inverse_transform(fitted.transform(X)), X, atol=1e-12)
    for steps in (1, 2, -3):
        assert_allclose(equivariance_error(fitted, X, steps), 0, atol=1e-12)
    if boundary == "circulant":
        assert_allclose(fitted.shift(X, 7), X, atol=1e-12)


@pytest.mark.parametrize("estimator", ORDERS, ids=name_of)
@pytest.mark.parametrize("seed", range(3))
def test_sign_and_direction_follow_the_convention(estimator, seed):
    fitted = clone(estimator).fit(signals(seed, symmetry="permutation").data)
    rows, index = fitted.group_conv_matrix_, np.arange(7) - 3
    assert rows.sum() > 0
    assert index @ rows @ index >= 0


def test_inverse_transform_says_how_many_columns_it_wants():
    fitted = SpectralSeriation().fit(signals().data)
    with pytest.raises(ValueError, match="must have 7"):
        fitted.inverse_transform(np.zeros((2, 6)))


# Adversarial games


@pytest.mark.parametrize("scale", [0.0, 0.1, 1.0, 4.0, 20.0])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_expm_action_equals_the_matrix_exponential_and_its_gradient(n_channels, scale):
    random = torch.Generator().manual_seed(int(10 * scale) + n_channels)
    options = {"generator": random, "dtype": torch.float64}
    x, z = torch.randn(5, 6, **options), torch.randn(5, n_channels, **options)
    matrices = scale * torch.randn(n_channels, 6, 6, **options) / 6
    matrices.requires_grad_()
    weights = torch.randn(5, 6, **options)
    moved = expm_action(x, matrices, z)
    flows = torch.linalg.matrix_exp(torch.einsum("bc,cij->bij", z, matrices))
    expected = torch.einsum("bi,bij->bj", x, flows)
    torch.testing.assert_close(moved, expected, rtol=1e-6, atol=1e-6)
    gradients = [
        torch.autograd.grad((value * weights).sum(), matrices)[0] for value in (moved, expected)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_symmetry_gan_stays_orthogonal(seed):
    fitted = clone(GANS[0]).set_params(random_state=seed).fit(signals(seed).data)
    for matrix in fitted.generator_path_:
        assert_allclose(matrix @ matrix.T, np.eye(7), atol=1e-6)
    assert_array_equal(fitted.generator_, fitted.generator_path_[-1])


@pytest.mark.parametrize("seed", range(2))
def test_symmetry_gan_finds_the_reflection_of_a_flat_cloud(seed):
    # The only symmetries of negative determinant are the reflections about its two axes.
    X = np.random.default_rng(seed).normal(size=(3000, 2)) * [2.0, 0.5]
    fitted = SymmetryGAN(steps_per_epoch=50, max_iter=60, random_state=seed).fit(X)
    assert abs(np.vdot(fitted.generator_, np.diag([1.0, -1.0]))) / 2 > 0.95


@pytest.mark.parametrize("seed", range(2))
def test_lie_gan_finds_the_rotations_of_a_ring(seed):
    rng = np.random.default_rng(seed)
    angle, radius = rng.uniform(0, 2 * np.pi, 3000), rng.uniform(0.5, 1.5, 3000)
    X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    gan = LieGAN(hidden_layer_sizes=(64, 64), steps_per_epoch=50, max_iter=30, random_state=seed)
    matrix = gan.fit(X).lie_algebra_[0]
    assert np.linalg.norm(matrix + matrix.T) < 0.1 * np.linalg.norm(matrix - matrix.T)
    assert_allclose(gan.generator_, expm(matrix))


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_overlap_of_channels_is_scale_free_and_zero_when_orthogonal(scale):
    apart = torch.stack([torch.eye(4).roll(k, 0) for k in range(3)])
    assert_allclose(channel_overlap(scale * apart), 0, atol=1e-6)
    same = scale * torch.eye(4).expand(2, 4, 4)
    assert_allclose(channel_overlap(same), 4, rtol=1e-4)
    assert_allclose(channel_overlap(torch.cat([same, -same[:1]])), 12, rtol=1e-4)


def test_lie_gan_with_channels_reports_their_overlap():
    gan = clone(GANS[1]).set_params(n_channels=3).fit(signals().data)
    assert gan.lie_algebra_.shape == (3, 7, 7)
    assert gan.lie_algebra_path_.shape == (3, 3, 7, 7)
    terms = {name: np.array(values) for name, values in gan.loss_terms_.items()}
    expected = terms["fooling"] + gan.cosine_weight * terms["cosine"] + terms["overlap"]
    assert_allclose(terms["generator"], expected, rtol=1e-5)


@pytest.mark.parametrize("estimator", GANS, ids=name_of)
def test_an_epoch_is_a_pass_or_the_number_of_steps_asked_for(estimator, monkeypatch):
    X, counts = signals().data, []
    for kind in RotationGame.__mro__[1].__subclasses__():
        step = kind.step
        monkeypatch.setattr(kind, "step", lambda game, step=step: counts.append(1) or step(game))
    clone(estimator).set_params(steps_per_epoch=5, max_iter=2).fit(X)
    assert len(counts) == 10
    counts.clear()
    clone(estimator).set_params(steps_per_epoch=None, max_iter=1, batch_size=100).fit(X)
    assert len(counts) == len(X) // 100


@pytest.mark.parametrize("estimator", GANS, ids=name_of)
def test_histories_have_one_entry_per_epoch(estimator):
    fitted = clone(estimator).fit(signals().data)
    assert fitted.n_iter_ == 3
    assert fitted.converged_ is None
    assert fitted.generator_path_.shape == (3, 7, 7)
    assert fitted.loss_curve_ == fitted.loss_terms_["generator"]
    assert all(len(values) == 3 for values in fitted.loss_terms_.values())
    assert np.isfinite(list(fitted.loss_terms_.values())).all()


@pytest.mark.parametrize("estimator", GANS, ids=name_of)
def test_tol_stops_after_quiet_epochs_or_warns(estimator):
    X = signals().data
    quiet = clone(estimator).set_params(tol=10.0, n_iter_no_change=2, max_iter=50).fit(X)
    assert (quiet.n_iter_, quiet.converged_) == (3, True)
    with pytest.warns(ConvergenceWarning, match="tol"):
        restless = clone(estimator).set_params(tol=0.0).fit(X)
    assert (restless.n_iter_, restless.converged_) == (3, False)


class AfterEpochs:
    """Callback that does something when an epoch has ended for the second time."""

    def __init__(self, act):
        self.act, self.seen, self.fitted = act, 0, None

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.seen += context.task_name == "iteration"
        if self.seen == 2 and self.fitted is None:
            self.fitted = fitted_estimator
            return self.act()
        return False


@pytest.mark.parametrize("estimator", GANS, ids=name_of)
def test_callback_stops_the_game_and_sees_a_fitted_estimator(estimator):
    X, callback = signals().data, AfterEpochs(lambda: True)
    stopped = clone(estimator).set_callbacks(callback).fit(X)
    assert stopped.n_iter_ == 2
    assert_array_equal(callback.fitted.shift(X), stopped.shift(X))


@pytest.mark.parametrize("estimator", GANS, ids=name_of)
def test_interruption_keeps_the_completed_epochs(estimator):
    def interrupt():
        raise KeyboardInterrupt

    X = signals().data
    interrupted = clone(estimator).set_callbacks(AfterEpochs(interrupt))
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(X)
    complete = clone(estimator).set_params(max_iter=2).fit(X)
    assert_array_equal(interrupted.generator_path_, complete.generator_path_)


def test_diverging_loss_is_named_with_its_epoch():
    gan = LieGAN(learning_rate=1e6, steps_per_epoch=5, random_state=0)
    with pytest.raises(FloatingPointError, match=r"term of the loss is .* at iteration 0"):
        gan.fit(signals().data)


def test_progress_is_shown_only_when_asked_for(capsys):
    X = signals().data
    clone(GANS[0]).fit(X)
    assert capsys.readouterr().err == ""
    clone(GANS[0]).set_params(verbose=1).fit(X)
    assert "epoch" in capsys.readouterr().err


# Scores


def cyclic(n):
    return np.roll(np.eye(n), 1, axis=1)


@pytest.mark.parametrize("power", [1, 2, 6])
@pytest.mark.parametrize("seed", range(2))
def test_any_power_of_the_known_generator_scores_one(power, seed):
    basis = hiding_basis(7, "orthogonal", random_state=seed)
    target = basis @ cyclic(7) @ basis.T
    similarity, found = group_similarity(np.linalg.matrix_power(target, power), target)
    assert_allclose(similarity, 1)
    assert found % 7 == power
    similarity, found = group_similarity(np.linalg.matrix_power(target, power).T, target)
    assert_allclose(similarity, 1)
    assert -found % 7 == power


def test_identity_does_not_count_as_a_symmetry():
    assert_allclose(group_similarity(np.eye(7), cyclic(7))[0], 0)


@pytest.mark.parametrize("n_features", [5, 7])
def test_orthogonal_matrix_has_a_ceiling_against_the_open_shift(n_features):
    similarity, power = group_similarity(cyclic(n_features), np.eye(n_features, k=1))
    assert_allclose(similarity, np.sqrt((n_features - 1) / n_features))
    assert power == 1


@pytest.mark.parametrize("scale", [0.01, 0.7, -3.0, 50.0])
@pytest.mark.parametrize("seed", range(2))
def test_unit_and_direction_of_a_flow_do_not_matter(scale, seed):
    basis = hiding_basis(7, "orthogonal", random_state=seed)
    target = basis @ cyclic(7) @ basis.T
    similarity, found = flow_similarity(scale * logm(target).real, target)
    assert_allclose(similarity, 1, atol=1e-7)
    assert_allclose(found * scale, 1, rtol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_flow_similarity_is_the_best_over_multiples(seed):
    matrix = np.random.default_rng(seed).normal(size=(5, 5))
    target = cyclic(5)
    similarity, scale = flow_similarity(matrix, target)
    flow = expm(scale * matrix)
    assert_allclose(similarity, np.vdot(flow, target) / np.linalg.norm(flow) / np.sqrt(5))
    for multiple in np.linspace(-1, 1, 41):
        flow = expm(multiple * matrix)
        assert np.vdot(flow, target) / np.linalg.norm(flow) / np.sqrt(5) < similarity + 1e-3


@pytest.mark.parametrize("matrix", [np.zeros((4, 4)), np.eye(4, k=1), np.eye(4)])
def test_flows_that_do_not_turn_get_a_finite_score(matrix):
    similarity, scale = flow_similarity(matrix, np.eye(4, k=1))
    assert 0 <= similarity <= 1
    assert np.isfinite(scale)


def test_shapes_of_a_score_must_agree():
    with pytest.raises(ValueError, match="square and equal"):
        group_similarity(np.eye(3), np.eye(4))


# The comparison script


@pytest.fixture
def comparison(tmp_path, monkeypatch):
    path = Path(__file__).parent.parent / "examples" / "paper" / "comparison.py"
    monkeypatch.syspath_prepend(path.parent)
    script = runpy.run_path(str(path))
    options = ["--sets", "circulant", "gaussian-7-permutation", "--repeats", "2", "--jobs", "1"]
    options += ["--methods", "SpectralSeriation", "ICASeriation", "--samples", "500"]
    options += ["--page", str(tmp_path / "page.md"), "--results", str(tmp_path)]
    return lambda *more: script["main"]([*options, *more])


def test_comparison_goes_on_where_it_was_cut_off(comparison, tmp_path, capsys):
    comparison()
    table = tmp_path / "comparison.csv"
    complete = table.read_text()
    assert len(complete.splitlines()) == 1 + 2 * 2 * 2
    page = (tmp_path / "page.md").read_text()
    table.write_text(complete[:-150])
    capsys.readouterr()
    comparison("--resume")
    assert "[1/1]" in capsys.readouterr().out
    assert len(table.read_text().splitlines()) == 1 + 2 * 2 * 2
    comparison("--resume")
    assert len(table.read_text().splitlines()) == 1 + 2 * 2 * 2
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        line for line in (tmp_path / "page.md").read_text().splitlines() if line.startswith("#")
    ]


def test_comparison_has_the_published_procedure_and_keeps_other_sets(comparison, tmp_path):
    comparison()
    runs = Path(__file__).parent.parent / "docs" / "results" / "published.csv"
    (tmp_path / "published.csv").write_text(runs.read_text())
    rows = (tmp_path / "comparison.csv").read_text()
    comparison("--page-only", "--sets", "circulant", "--methods", "SpectralSeriation")
    assert (tmp_path / "comparison.csv").read_text() == rows
    page = (tmp_path / "page.md").read_text()
    (line,) = [line for line in page.splitlines() if "SymmetryLens as published` |" in line]
    with runs.open(newline="") as file:
        found = [row for row in csv.DictReader(file) if row["set"] == "gaussian-7-circulant"]
    found.sort(key=lambda row: int(row["repeat"]))
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[2] == ", ".join(f"{float(row['cosine_cyclic']):.4f}" for row in found)
    assert cells[9] == ", ".join(f"{float(row['cosine_open']):.4f}" for row in found)
    assert f"{400_000 * 630:,}" in cells
    assert "### Gaussian 7-D, shuffled columns" in page


def test_comparison_does_not_throw_results_away_unasked(comparison, tmp_path):
    (tmp_path / "comparison.csv").write_text("precious")
    with pytest.raises(SystemExit, match="--resume"):
        comparison()
    assert (tmp_path / "comparison.csv").read_text() == "precious"
