# SPDX-License-Identifier: BSD-3-Clause
"""In a notebook: headlines, pictures and progress appear by themselves."""

import os
import textwrap

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")

CELLS = [
    """
    from sklearn_symmetry import SymmetryLens
    from sklearn_symmetry.datasets import make_symmetric_signals
    from sklearn_symmetry.inspection import GeneratorDisplay, SummaryDisplay
    X = make_symmetric_signals(8000, 13, symmetry="permutation", random_state=0).data
    """,
    "lens = SymmetryLens(random_state=0, verbose=1).fit(X)",
    "lens",
    "verdict = lens.verdict(X)",
    "verdict",
    "display = GeneratorDisplay.from_estimator(lens)",
    "display = SummaryDisplay.from_estimator(lens, X, verdict=verdict)",
]


@pytest.fixture(scope="module")
def outputs():
    """What every cell shows."""
    sources = [textwrap.dedent(cell).strip() for cell in CELLS]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    # The kernel is another process: it takes the package and the number of threads from here.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(env=environment)
    return [cell.outputs for cell in notebook.cells]


def streams(cell):
    return "".join(out.text for out in cell if out.output_type == "stream")


def shown(cell, kind):
    return [out.data[kind] for out in cell if kind in out.get("data", {})]


def test_a_fit_and_a_verdict_say_what_they_cost_and_how_far_they_are(outputs):
    assert "fit: 8,000 samples of 13 columns" in streams(outputs[1])
    assert "two such fits" in streams(outputs[3])
    assert "verdict, half 2 of 2: " in streams(outputs[3])


def test_a_fitted_lens_shows_what_it_found_above_its_parameters(outputs):
    (html,) = shown(outputs[2], "text/html")
    assert html.index("columns in the order found") < html.index("random_state")
    assert "<svg" in html


def test_a_verdict_shows_its_headline_first_and_the_generator(outputs):
    (html,) = shown(outputs[4], "text/html")
    assert html.index("SYMMETRY FOUND") < html.index("<li>") < html.index("<svg")
    (text,) = shown(outputs[4], "text/plain")
    assert text.startswith("SYMMETRY FOUND")


@pytest.mark.parametrize("cell", [5, 6])
def test_displays_draw_by_themselves(cell, outputs):
    assert len(shown(outputs[cell], "image/png")) == 1
