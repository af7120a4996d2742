# SPDX-License-Identifier: BSD-3-Clause
"""The atlas of real sets: blind fits, pictures and the page, on the sets that are simulated."""

from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def atlas(monkeypatch, tmp_path):
    """The script, which keeps what it makes in a folder of its own."""
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import atlas

    monkeypatch.setattr(atlas, "PICTURES", tmp_path / "figures")
    monkeypatch.setattr(atlas, "PAGE", tmp_path / "atlas.md")
    monkeypatch.setattr(atlas, "SAMPLES", 2000)
    return atlas


def test_a_shuffled_ring_is_found_blind_and_told_on_the_page(atlas, tmp_path):
    ledger = atlas.Ledger(atlas.TABLE, folder=tmp_path)
    row = atlas.run("chaos", "permutation")
    ledger.put({"set": "chaos", "mixing": "permutation"}, [row])
    assert row["found"] == row["truth"] == "circulant"
    assert float(row["cosine"]) > 0.99
    atlas.page(ledger)
    page = atlas.PAGE.read_text(encoding="utf-8")
    assert "Of 1 runs on sets with a symmetry, 1 have a cosine of .95" in page
    assert f"| shuffled | ring | {row['verdict']} | {row['cosine']}" in page


@pytest.mark.parametrize("shape", [(7,), (3, 4), (4, 4)])
def test_samples_are_turned_to_what_was_measured(shape, atlas):
    rows = np.random.default_rng(0).standard_normal((50, np.prod(shape)))
    seen = rows.reshape(-1, *shape)
    found = -np.flip(np.roll(seen, 2, axis=-1), axis=1).reshape(rows.shape)
    np.testing.assert_array_equal(atlas.turned(found, rows, shape), rows)


def test_pictures_of_series_and_images_are_drawn(atlas):
    random = np.random.default_rng(0)
    for name, size in (("chaos", 35), ("spins5x5", 25)):
        rows = random.standard_normal((30, size))
        atlas.draw(name, rows, rows, rows)
        assert atlas.picture(name).stat().st_size > 1000


def test_every_set_names_what_it_is_and_what_it_needs(atlas):
    for task in atlas.tasks():
        assert all(isinstance(need, str) for need in atlas.needs(task))
    assert atlas.needs({"set": "watch"}) == ["matplotlib", "seglearn"]
    assert atlas.needs({"set": "months"}) == ["matplotlib", "statsmodels"]
    assert atlas.needs({"set": "chaos"}) == ["matplotlib"]
