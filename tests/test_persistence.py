# SPDX-License-Identifier: BSD-3-Clause
"""A stored lens comes back as it was, on any machine, and says which version wrote it."""

import copy
import io
import json
import os
import pickle
import threading
import warnings
from importlib import import_module
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError

import sklearn_symmetry._lens
import sklearn_symmetry.persistence
from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._cli import main
from sklearn_symmetry.persistence import load_lens, save_lens

pytestmark = [
    pytest.mark.usefixtures("little_search"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

OWN_TYPE = "sklearn_symmetry._lens.SymmetryLens"


def samples(seed=0, n_samples=80, n_features=5):
    return np.random.default_rng(seed).laplace(size=(n_samples, n_features))


def assert_same_lens(one, other):
    """Same parameters, same attributes of the same types, same actions."""
    assert set(vars(one)) == set(vars(other))
    for name, value in vars(one).items():
        found = getattr(other, name)
        assert type(found) is type(value), name
        assert_array_equal(found, value, err_msg=name)
        if isinstance(value, np.ndarray):
            assert found.dtype == value.dtype, name
    X = samples(1, n_features=one.n_features_in_)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        assert_array_equal(other.transform(X), one.transform(X))
        assert_array_equal(other.shift(X, 0.3), one.shift(X, 0.3))
        assert other.score(X) == one.score(X)


def by_pickle(lens, path, protocol=pickle.DEFAULT_PROTOCOL):
    path.write_bytes(pickle.dumps(lens, protocol))
    return pickle.loads(path.read_bytes())


def by_joblib(lens, path):
    joblib.dump(lens, path, compress=3)
    return joblib.load(path)


def by_skops(lens, path):
    skops = pytest.importorskip("skops.io")
    skops.dump(lens, path)
    return skops.load(path, trusted=[OWN_TYPE])


def by_arrays(lens, path):
    save_lens(lens, path)
    return load_lens(path)


WAYS = {
    "pickle": by_pickle,
    "old pickle": lambda lens, path: by_pickle(lens, path, 2),
    "joblib": by_joblib,
    "skops": by_skops,
    "arrays": by_arrays,
    "deepcopy": lambda lens, path: copy.deepcopy(lens),
}
LENSES = {
    "default": {},
    "circulant": {"boundary": "circulant"},
    "permutation": {"mixing": "permutation"},
    "fewer powers": {"n_powers": 3, "padding": 2},
    "init": {"init": np.eye(5)},
    "numpy scalars": {"padding": np.int64(4), "uniformity": np.float64(1.5)},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("params", LENSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lens_comes_back_as_it_was(way, params, dtype, quick_solver, tmp_path):
    lens = SymmetryLens(**LENSES[params], random_state=0).fit(samples().astype(dtype))
    stored = WAYS[way](lens, tmp_path / "lens")
    if params == "numpy scalars" and way == "arrays":
        lens.set_params(padding=4, uniformity=1.5)
    assert_same_lens(lens, stored)


@pytest.mark.parametrize("way", WAYS)
def test_names_of_columns_come_back(way, quick_solver, tmp_path):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(samples(), columns=["left", "mid", "right", "up", "grün"])
    lens = SymmetryLens().fit(table)
    stored = WAYS[way](lens, tmp_path / "lens")
    assert_same_lens(lens, stored)
    assert_array_equal(stored.transform(table), lens.transform(table))
    with pytest.raises(ValueError, match="feature names"):
        stored.transform(table[["mid", "left", "right", "up", "grün"]])


@pytest.mark.parametrize("way", ["pickle", "skops", "arrays"])
@pytest.mark.parametrize("params", [{}, {"init": "random", "density": "mixture"}], ids=str)
def test_lens_of_the_real_solvers_can_be_stored(way, params, tmp_path):
    lens = SymmetryLens(n_init=1, max_iter=3, random_state=0, **params).fit(samples())
    assert_same_lens(lens, WAYS[way](lens, tmp_path / "lens"))


@pytest.mark.parametrize("way", ["pickle", "joblib", "skops", "deepcopy"])
def test_unfitted_lens_can_be_stored(way, tmp_path):
    stored = WAYS[way](SymmetryLens(n_powers=4), tmp_path / "lens")
    assert vars(stored) == vars(SymmetryLens(n_powers=4))


def test_skops_has_to_trust_nothing_but_the_class_itself(quick_solver, tmp_path):
    skops = pytest.importorskip("skops.io")
    skops.dump(SymmetryLens(random_state=0).fit(samples()), tmp_path / "lens")
    types = skops.get_untrusted_types(file=tmp_path / "lens")
    assert types == [OWN_TYPE]


# A GPU that is not there any more


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("device", ["auto", "cuda:1"])
def test_lens_of_a_gpu_acts_without_one(way, device, quick_solver, tmp_path, monkeypatch):
    with monkeypatch.context() as machine:
        machine.setattr(torch.cuda, "is_available", lambda: True)
        machine.setattr(torch.cuda, "device_count", lambda: 2)
        lens = SymmetryLens(device=device, random_state=0).fit(samples())
    assert lens.device_ == ("cuda" if device == "auto" else device)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    stored = WAYS[way](lens, tmp_path / "lens")
    assert_same_lens(lens, stored)
    assert stored.inverse_transform(stored.transform(samples())).shape == (80, 5)
    if device == "auto":
        assert stored.fit(samples()).device_ == "cpu"


def test_pickle_of_a_lens_needs_no_torch(quick_solver):
    stored = pickle.dumps(SymmetryLens(random_state=0).fit(samples()), protocol=0)
    assert b"torch" not in stored


# Versions


def reload(way, path):
    """Only the second half of the way: read what is there."""
    if way == "skops":
        return pytest.importorskip("skops.io").load(path, trusted=[OWN_TYPE])
    load = {"pickle": lambda path: pickle.loads(path.read_bytes()), "joblib": joblib.load}
    return load.get(way, load_lens)(path)


@pytest.mark.parametrize("way", ["pickle", "joblib", "skops", "arrays"])
def test_lens_of_another_version_warns(way, quick_solver, tmp_path, monkeypatch):
    lens = SymmetryLens().fit(samples())
    with monkeypatch.context() as past:
        for module in (sklearn_symmetry._lens, sklearn_symmetry.persistence):
            past.setattr(module, "__version__", "0.0.9")
        WAYS[way](lens, tmp_path / "lens")  # reads it, too: silent within one version
    with pytest.warns(InconsistentVersionWarning, match="sklearn_symmetry.*from version 0.0.9"):
        stored = reload(way, tmp_path / "lens")
    assert_same_lens(lens, stored)


def test_lens_without_a_version_warns_that_it_is_unknown(quick_solver):
    lens = SymmetryLens().fit(samples())
    stored = SymmetryLens.__new__(SymmetryLens)
    with pytest.warns(InconsistentVersionWarning, match="unknown"):
        stored.__setstate__(dict(vars(lens)))
    assert_same_lens(lens, stored)


def test_stamp_is_not_an_attribute(quick_solver, tmp_path):
    lens = SymmetryLens().fit(samples())
    for way in WAYS.values():
        assert not [name for name in vars(way(lens, tmp_path / "lens")) if "version" in name]


# Files of arrays


class Bomb:
    """Goes off when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("code of the file ran",)


@pytest.fixture
def stored(quick_solver, tmp_path):
    """Contents of a good file, to be spoilt."""
    save_lens(SymmetryLens().fit(samples()), tmp_path / "lens.npz")
    with np.load(tmp_path / "lens.npz", allow_pickle=False) as file:
        return dict(file)


def _pickled(value, save):
    buffer = io.BytesIO()
    save(buffer, value)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Bomb()),
        _pickled(np.array([Bomb()]), np.save),
        _pickled(np.eye(3), np.save),
        b"",
        b"PK\x03\x04 not really a zip",
        b"lens",
    ],
    ids=["pickle", "pickled array", "one array", "empty", "broken zip", "text"],
)
def test_other_files_are_refused_and_run_nothing(content, tmp_path):
    (tmp_path / "lens.npz").write_bytes(content)
    with pytest.raises(ValueError, match="lens.npz does not hold a lens written by save_lens"):
        load_lens(tmp_path / "lens.npz")


SPOILT = {
    "no header": lambda entries: entries.pop("lens"),
    "missing array": lambda entries: entries.pop("attributes.filter_"),
    "object array": lambda entries: entries.update({"attributes.filter_": np.array([Bomb()] * 5)}),
    "wrong shape": lambda entries: entries.update({"attributes.filter_": np.ones(4)}),
    "wrong rank": lambda entries: entries.update({"attributes.filter_": np.ones((5, 1))}),
    "not finite": lambda entries: entries.update({"attributes.filter_": np.full(5, np.nan)}),
    "a method": lambda entries: entries.update({"attributes.transform": np.ones(5)}),
    "private": lambda entries: entries.update({"attributes.__class__": np.ones(5)}),
    "parameter of tomorrow": lambda entries: entries.update({"parameters.magic": np.ones(5)}),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_spoilt_files_are_refused_and_run_nothing(fault, stored, tmp_path):
    SPOILT[fault](stored)
    np.savez(tmp_path / "spoilt.npz", **stored, allow_pickle=True)
    with pytest.raises(ValueError, match="spoilt.npz does not hold a lens"):
        load_lens(tmp_path / "spoilt.npz")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_cut_files_are_refused(share, quick_solver, tmp_path):
    path = tmp_path / "lens.npz"
    save_lens(SymmetryLens().fit(samples()), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match="does not hold a lens"):
        load_lens(path)


def test_file_holds_numbers_and_text_that_others_can_read(stored, quick_solver):
    lens = SymmetryLens().fit(samples())
    assert all(value.dtype.kind in "iufU" for value in stored.values())
    header = json.loads(str(stored["lens"]))
    assert header["version"] == sklearn_symmetry.__version__
    assert header["parameters"]["padding"] == 6
    assert header["attributes"]["n_iter_"] == 3
    assert_allclose(stored["attributes.generator_"], lens.generator_)


def test_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_lens(tmp_path / "lens.npz")


def test_what_is_no_plain_value_is_refused_before_anything_is_written(quick_solver, tmp_path):
    lens = SymmetryLens(random_state=np.random.RandomState(0)).fit(samples())
    with pytest.raises(TypeError, match="random_state=RandomState.*neither a plain value"):
        save_lens(lens, tmp_path / "lens.npz")
    with pytest.raises(TypeError, match="must be a SymmetryLens; got str"):
        save_lens("lens", tmp_path / "lens.npz")
    with pytest.raises(NotFittedError):
        save_lens(SymmetryLens(), tmp_path / "lens.npz")
    assert not list(tmp_path.iterdir())


def test_command_line_saves_arrays_where_the_name_asks_for_them(quick_solver, tmp_path, capsys):
    np.save(tmp_path / "data.npy", samples(n_samples=400))
    model = tmp_path / "lens.npz"
    assert main(["fit", str(tmp_path / "data.npy"), "--save", str(model)]) == 0
    assert str(model) in capsys.readouterr().out
    assert load_lens(model).transform(samples()).shape == (80, 5)


@pytest.mark.parametrize("opened", ["gzip", "bz2", "pipe"])
def test_files_that_cannot_be_gone_back_in_are_enough(opened, quick_solver, tmp_path):
    lens = SymmetryLens(random_state=0).fit(samples())
    if opened == "pipe":
        kept = io.BytesIO()
        ends = SimpleNamespace(write=kept.write), SimpleNamespace(read=kept.getvalue)
        save_lens(lens, ends[0])
        loaded = load_lens(ends[1])
    else:
        module = import_module(opened)
        with module.open(tmp_path / "lens", "wb") as file:
            save_lens(lens, file)
        with module.open(tmp_path / "lens", "rb") as file:
            loaded = load_lens(file)
    assert_array_equal(loaded.generator_, lens.generator_)


def test_files_that_are_open_as_text_are_refused(quick_solver, tmp_path):
    lens = SymmetryLens(random_state=0).fit(samples())
    for act in (lambda file: save_lens(lens, file), load_lens):
        with pytest.raises(TypeError, match="binary mode"):
            act(io.StringIO())


@pytest.mark.parametrize("convert", [torch.tensor, np.ndarray.tolist, np.asfortranarray, "table"])
def test_a_start_of_any_kind_is_stored(convert, quick_solver):
    if convert == "table":
        convert = pytest.importorskip("pandas").DataFrame
    file, start = io.BytesIO(), np.linalg.qr(samples()[:5])[0]
    save_lens(SymmetryLens(init=convert(start), random_state=0).fit(samples()), file)
    file.seek(0)
    assert_array_equal(np.asarray(load_lens(file).init), start)


def test_output_setting_and_file_objects_survive(quick_solver):
    pytest.importorskip("pandas")
    X = np.random.default_rng(0).laplace(size=(80, 5))
    lens = SymmetryLens(random_state=0).fit(X).set_output(transform="pandas")
    file = io.BytesIO()
    save_lens(lens, file)
    file.seek(0)
    copy = load_lens(file)
    assert type(copy.transform(X)).__name__ == "DataFrame"
    assert copy.settings_ == lens.settings_


def test_what_is_no_lens_is_refused_in_words(tmp_path, quick_solver):
    np.save(tmp_path / "x.npy", np.eye(3))
    with pytest.raises(ValueError, match="it is a single array"):
        load_lens(tmp_path / "x.npy")
    path = tmp_path / "lens.npz"
    save_lens(SymmetryLens().fit(np.random.default_rng(0).laplace(size=(60, 5))), path)
    spoilt = {"group_conv_matrix_": 1j * np.eye(5), "powers_": np.full(5, np.nan)}
    for name, value in spoilt.items():
        with np.load(path) as stored:
            content = dict(stored) | {f"attributes.{name}": value}
        np.savez(tmp_path / "spoilt.npz", **content)
        with pytest.raises(ValueError, match=f"{name} should be real and finite"):
            load_lens(tmp_path / "spoilt.npz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_remains_one(tmp_path, quick_solver):
    path, read = tmp_path / "pipe.npz", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    lens = SymmetryLens().fit(np.random.default_rng(0).laplace(size=(60, 5)))
    save_lens(lens, path)
    reader.join(10)
    assert path.is_fifo()
    assert_array_equal(load_lens(io.BytesIO(read[0])).filter_, lens.filter_)
