# SPDX-License-Identifier: BSD-3-Clause
"""The lens as a torch module, and the network that goes behind it."""

import io
import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.nn import GroupConvolution, ShiftCNN

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHAPES = [(1, None), (1, 3), (3, None), (3, 8)]  # n_channels, n_powers


def samples(seed=0, n_samples=60, n_features=15, dtype=np.float32):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features)).astype(dtype)


def tensor(X):
    return torch.as_tensor(X, dtype=torch.float32)


# The module of a lens


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_channels, n_powers", SHAPES)
def test_module_gives_the_numbers_of_transform_per_channel(
    n_channels, n_powers, dtype, quick_solver
):
    X = samples(1, dtype=dtype)
    lens = SymmetryLens(n_powers, n_channels=n_channels).fit(X)
    expected = lens.transform(X).reshape(60, n_channels, -1)
    single = lens.to_torch()(tensor(X))
    assert single.shape == expected.shape
    assert single.dtype == torch.float32
    scale = np.abs(expected).max()
    assert_allclose(single, expected, atol=1e-6 * scale)
    same = lens.to_torch(dtype=torch.as_tensor(X).dtype)(torch.as_tensor(X))
    assert_allclose(same, expected, atol=8 * np.finfo(dtype).eps * scale)


def test_module_follows_the_default_dtype_of_torch_and_leaves_it_alone(quick_solver):
    lens = SymmetryLens().fit(samples(dtype=np.float64))
    default = torch.get_default_dtype()
    assert lens.to_torch().weight.dtype == default
    assert lens.to_torch(dtype=torch.float64).weight.dtype == torch.float64
    assert torch.get_default_dtype() == default


def test_frozen_module_has_no_parameters_and_a_trainable_one_learns(quick_solver):
    X = samples(2)
    lens = SymmetryLens(n_channels=3).fit(X)
    frozen, trainable = lens.to_torch(), lens.to_torch(trainable=True)
    assert list(frozen.parameters()) == []
    assert [name for name, _ in trainable.named_parameters()] == ["weight"]
    trainable(tensor(X)).square().mean().backward()
    torch.optim.SGD(trainable.parameters(), lr=0.1).step()
    assert not torch.equal(trainable.weight, frozen.weight)


@pytest.mark.parametrize("trainable", [False, True])
def test_module_is_a_copy_of_the_lens(trainable, quick_solver):
    lens = SymmetryLens().fit(samples())
    before = lens.group_conv_matrix_.copy()
    with torch.no_grad():
        lens.to_torch(trainable=trainable).weight.zero_()
    assert_array_equal(lens.group_conv_matrix_, before)
    assert not any(isinstance(value, torch.Tensor) for value in vars(lens).values())


def test_gradient_reaches_the_input_through_a_frozen_module(quick_solver):
    X = samples(3)
    lens = SymmetryLens(n_channels=3).fit(X)
    x = tensor(X).requires_grad_()
    lens.to_torch()(x).sum().backward()
    row = lens.group_conv_matrix_.sum(0)
    assert_allclose(x.grad[0], np.tile(row, 3), atol=1e-5)


@pytest.mark.parametrize("trainable", [False, True])
def test_state_of_a_module_goes_into_another(trainable, quick_solver):
    X = samples(4)
    lens = SymmetryLens(4, n_channels=3).fit(X)
    module = lens.to_torch(trainable=trainable)
    assert list(module.state_dict()) == ["weight"]
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other = GroupConvolution(torch.zeros(4, 5), n_channels=3, trainable=trainable)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(tensor(X)), module(tensor(X)))


@pytest.mark.parametrize("trainable", [False, True])
def test_pickled_module_acts_as_before(trainable, quick_solver):
    X = tensor(samples(5))
    module = SymmetryLens(n_channels=3).fit(samples(5)).to_torch(trainable=trainable)
    copy = pickle.loads(pickle.dumps(module))
    assert torch.equal(copy(X), module(X))
    assert repr(copy) == "GroupConvolution(5 -> 5, n_channels=3)"


def network(lens):
    torch.manual_seed(0)
    return torch.nn.Sequential(
        lens.to_torch(), ShiftCNN(2, n_channels=3, widths=(4,), kernel_size=3)
    )


@pytest.fixture
def kept_rng():
    """Tests that draw weights leave torch's global randomness as it was."""
    with torch.random.fork_rng(devices=[]):
        yield


# Torch's exporters warn of their own deprecated parts.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("whole", [False, True], ids=["lens", "lens and network"])
def test_module_is_exported_for_any_number_of_samples(whole, quick_solver, kept_rng):
    X = samples(6)
    lens = SymmetryLens(n_channels=3).fit(X)
    module = network(lens) if whole else lens.to_torch()
    shapes = ({0: torch.export.Dim("n")},)
    exported = torch.export.export(module, (tensor(X),), dynamic_shapes=shapes)
    for n_samples in (2, 7):
        x = tensor(X[:n_samples])
        assert_allclose(exported.module()(x).detach(), module(x).detach(), atol=1e-6)


@pytest.mark.filterwarnings("ignore")  # the exporter's and onnx's own
def test_module_runs_the_same_in_onnx(quick_solver, kept_rng, tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    X = samples(7)
    module = network(SymmetryLens(n_channels=3).fit(X)).eval()
    path = tmp_path / "lens.onnx"
    shapes = ({0: torch.export.Dim("n")},)
    torch.onnx.export(module, (tensor(X),), path, dynamo=True, dynamic_shapes=shapes, verbose=False)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    for n_samples in (2, 7):
        (scores,) = session.run(None, {name: X[:n_samples]})
        assert_allclose(scores, module(tensor(X[:n_samples])).detach(), atol=1e-5)


def test_module_needs_a_fit():
    with pytest.raises(NotFittedError):
        SymmetryLens().to_torch()


@pytest.mark.parametrize("shape", [(4, 12), (4, 3, 5), (15,)])
def test_module_names_the_shape_it_takes(shape):
    module = GroupConvolution(torch.eye(5), n_channels=3)
    with pytest.raises(ValueError, match=r"shape \(n, 15\), 3 channel.*of 5 features; got \("):
        module(torch.zeros(shape))


# The network behind it


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_network_takes_what_a_lens_and_what_a_module_gives(n_channels, dtype, kept_rng):
    torch.manual_seed(1)
    x = torch.randn(6, n_channels, 12, dtype=dtype)
    cnn = ShiftCNN(4, n_channels=n_channels)
    assert cnn(x).shape == (6, 4)
    assert torch.equal(cnn(x), cnn(x.flatten(1)))


@pytest.mark.parametrize("seed", range(3))
def test_network_ignores_where_an_event_is(seed, kept_rng):
    torch.manual_seed(seed)
    cnn = ShiftCNN(3, n_channels=2, widths=(8, 8), kernel_size=3)
    event = torch.randn(5, 2, 4)
    near, far = torch.zeros(5, 2, 20), torch.zeros(5, 2, 20)
    near[..., 5:9], far[..., 11:15] = event, event
    assert_allclose(cnn(near).detach(), cnn(far).detach(), atol=1e-6)
    assert not torch.allclose(cnn(near), cnn(torch.zeros(5, 2, 20)))


def test_network_sees_exactly_its_receptive_field(kept_rng):
    for widths, kernel_size, field in [((4,), 3, 3), ((4, 4), 5, 9), ((4, 4, 4), 2, 4)]:
        cnn = ShiftCNN(2, widths=widths, kernel_size=kernel_size)
        assert cnn.receptive_field == field
        assert cnn(torch.zeros(1, field)).shape == (1, 2)
        with pytest.raises(ValueError, match=rf"channel has {field - 1}: raise n_powers.*{field}"):
            cnn(torch.zeros(1, field - 1))


def test_network_names_a_count_of_channels_that_does_not_divide():
    with pytest.raises(ValueError, match="n_channels=2 of the network.*15 columns.*of the lens"):
        ShiftCNN(2, n_channels=2)(torch.zeros(4, 15))


def test_lens_from_a_memory_map_becomes_a_module_without_a_warning(quick_solver):
    lens = SymmetryLens().fit(samples(8))
    lens.group_conv_matrix_.flags.writeable = False
    lens.to_torch().weight.zero_()
    assert lens.group_conv_matrix_.any()


@pytest.mark.parametrize("shape", [(2, 1, 5, 6), (2, 4, 10), (2,)])
def test_network_refuses_axes_that_it_does_not_know(shape):
    with pytest.raises(ValueError, match="n_channels=2, that of the lens; got"):
        ShiftCNN(3, n_channels=2)(torch.zeros(shape))


def test_module_is_of_floating_point_and_of_as_many_positions_as_it_has(quick_solver):
    with pytest.raises(ValueError, match="floating point; got torch.int32"):
        SymmetryLens().fit(samples()).to_torch(dtype=torch.int32)
    with pytest.raises(ValueError, match="must have 6 positions"):
        GroupConvolution(torch.eye(6), shape=(2, 2))
