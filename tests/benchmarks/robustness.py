# SPDX-License-Identifier: BSD-3-Clause
"""Where default fits break: random settings and sweeps of one factor; every run is kept.

    python tests/benchmarks/robustness.py --minutes 20 --jobs 2
    python tests/benchmarks/robustness.py --fits --jobs 2    # fits alone, which cost a quarter
    python tests/benchmarks/robustness.py --from-truth --jobs 2    # descents that begin there
    python tests/benchmarks/robustness.py --minutes 0    # page and figure from the runs there are

Where a descent from the truth ends is what the samples and the loss say, whatever the search finds.
Runs go to CSV files, those that the present search has made are skipped, and the page and the
figure are written anew. Trial t of the random part is the same whatever the number of trials.
"""

import argparse
import itertools
import re
import statistics
import time
import warnings
from collections import Counter
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from ledger import RESULTS as FILES
from ledger import Ledger, Table, read
from pool import complete
from result_tables import table

from sklearn_symmetry import SymmetryLens, __version__
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.statistics.principal import views
from sklearn_symmetry.statistics.summary import summarise

DOCS = Path(__file__).resolve().parents[2] / "docs"
HIDINGS = ("frequency", "permutation", "orthogonal")
# Trials that were looked at while the search was made, and trials that were not.
SEEN, FRESH = range(200), range(261, 461)
RIGHT, WRONG = 0.98, 0.9  # cosines
OUTLIERS, FACTOR = 0.01, 100.0
RESULTS = ("cosine", "above_noise", "converged", "score", "starts", "found", "grade", "against",
           "error", "version", "cpu_seconds")  # fmt: skip
FITS = ("cosine", "above_noise", "converged", "starts", "error", "version", "cpu_seconds")


@dataclass(frozen=True)
class Case:
    """What a fit is given; every field is a column of the results.

    Attributes
    ----------
    part : str
        ``"random"`` or the factor that is swept.
    trial : int
        Seed of everything random.
    outliers : float
        Share of the samples that are multiplied by 100.
    missing : float
        Share of the window; samples whose largest component lies there are left out.
    offset : float
        Norm of a vector added to every sample, over the root mean square norm of the samples.
    direction : {"shift-invariant", "any"}
        Of the offset: constant along the hidden symmetry, or at random.
    """

    part: str
    trial: int
    signal: str = "gaussian"
    features: int = 15
    samples: int = 5000
    hiding: str = "orthogonal"
    noise: float = 0.05
    outliers: float = 0.0
    missing: float = 0.0
    offset: float = 0.0
    direction: str = "shift-invariant"


CASE = tuple(field.name for field in fields(Case))
SWEEPS = {
    "noise": (0.0, 0.25, 0.5, 0.75, 1.0),
    "samples": (500, 1000, 2000, 5000, 20000, 50000),
    "features": (5, 9, 21, 33, 65),
    "outliers": (0.0002, 0.001, 0.01),
    "missing": (0.1, 0.2, 0.4),
    "offset": (0.5, 2.0, 10.0),
}


def random_case(trial):
    """The settings of one random trial: every factor is drawn, the rare troubles rarely."""
    random = np.random.default_rng([6, trial])
    smallest, largest = (34, 66) if random.random() < 0.07 else (5, 34)  # large ones are dear
    size, count = random.uniform(np.log([smallest, 500]), np.log([largest, 50001]))
    missing = float(random.random() < 0.2) * random.uniform(0.1, 0.4)
    offset = float(random.random() < 0.25) * np.exp(random.uniform(np.log(0.3), np.log(10)))
    return Case(
        "random",
        trial,
        signal=str(random.choice(["gaussian", "legendre"])),
        features=int(np.exp(size)),
        samples=int(np.exp(count)),
        hiding=str(random.choice(HIDINGS)),
        noise=round(float(random.uniform()), 2),
        outliers=OUTLIERS * float(random.random() < 0.15),
        missing=round(float(missing), 2),
        offset=round(float(offset), 2),
        direction=str(random.choice(["shift-invariant", "any"])),
    )


def sweep_cases(repeats):
    """One factor at a time, the others as in the defaults of :class:`Case`."""
    for trial, (factor, levels) in itertools.product(range(repeats), SWEEPS.items()):
        for level in levels:
            yield Case(factor, trial, **{factor: level}, direction="any")


def make(case):
    """Samples and the generator hidden in them."""
    X, clean = _made(case)
    return X, clean.generator


def _made(case):
    """Samples, and the set that they are of before there was trouble."""
    random = np.random.default_rng([7, case.trial])
    spare = 1 + 4 * case.missing  # samples to leave out
    # Longer than the window, Legendre functions would not be stationary in it.
    length = (min(6.0, 0.4 * case.features), min(15.0, float(case.features)))
    clean = make_symmetric_signals(
        int(spare * case.samples), case.features, signal=case.signal, noise=case.noise,
        scale=length if case.signal == "legendre" else None,
        symmetry=case.hiding, random_state=case.trial,
    )  # fmt: skip
    X = clean.data
    if case.missing:
        width = max(1, round(case.missing * case.features))
        first = random.integers(case.features - width + 1)
        peak = np.abs(clean.signal).argmax(1)
        X = X[(peak < first) | (peak >= first + width)]
    X = X[: case.samples]
    if case.offset:
        natural = np.ones(case.features)
        if case.direction == "any":
            natural = random.standard_normal(case.features)
        vector = clean.basis @ natural / np.linalg.norm(natural)
        X = X + case.offset * np.sqrt((X**2).sum(1).mean()) * vector
    rows = random.permutation(len(X))[: round(case.outliers * len(X))]
    X[rows] *= FACTOR
    return X, clean


def run(case, judged=True, from_truth=False):
    """One default fit and, unless told otherwise, its verdict; a row. A crash is a result."""
    torch.set_num_threads(1)
    X, clean = _made(case)
    init = clean.basis.T if from_truth else "auto"
    if from_truth and case.offset:
        # About the origin an offset is most of all there is, and a descent stays where it begins,
        # though another place has a lower loss. The mean is that of a search, of bounded outliers.
        X = X - views(summarise(X, seed=case.trial), offset=0.0)[-1].location
    row = {**asdict(case), **dict.fromkeys(RESULTS if judged else FITS, ""), "version": __version__}
    begin = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            lens = SymmetryLens(init=init, random_state=case.trial).fit(X)
            verdict = lens.verdict(X) if judged else None
        except Exception as error:  # the point is to see any
            return row | {"error": f"{type(error).__name__}: {error}"}
    row |= {
        "cosine": f"{generator_similarity(lens.generator_, clean.generator):.5f}",
        "above_noise": f"{generator_similarity(lens.generator_, clean.generator, X=X):.5f}",
        "converged": lens.converged_,
        "starts": len(lens.candidates_),
        "cpu_seconds": f"{time.process_time() - begin:.1f}",
    }
    if not judged:
        return row
    row |= {"found": verdict.found, "grade": verdict.grade, "against": " | ".join(verdict.against)}
    return row | {"score": f"{lens.score(X):.4f}"}


def run_task(**task):
    """The same, of the columns of a case."""
    return run(Case(**task))


def fit_task(**task):
    """The same without verdict."""
    return run(Case(**task), judged=False)


def truth_task(**task):
    """Without verdict, and from the truth."""
    return run(Case(**task), judged=False, from_truth=True)


def cases():
    """All that the table has."""
    yield from sweep_cases(2)
    yield from map(random_case, itertools.chain(SEEN, FRESH))


TABLE = Table(
    "robustness", (*CASE, *RESULTS), CASE, run_task, plan=lambda: list(map(asdict, cases())),
    kind="verdict", took="cpu_seconds", guess=15.0,
)  # fmt: skip

FITTED = Table(
    "robustness_fits", (*CASE, *FITS), CASE, fit_task,
    plan=lambda: [asdict(case) for case in cases() if case.part == "random"],
    kind="search", took="cpu_seconds", guess=10.0,
)  # fmt: skip
FROM_TRUTH = replace(FITTED, name="robustness_from_truth", run=truth_task, guess=2.0)


# The page

TROUBLES = {
    "all": lambda row: True,
    "Gaussian, none": lambda row: row["signal"] == "gaussian" and not _troubled(row),
    "Legendre, none": lambda row: row["signal"] == "legendre" and not _troubled(row),
    "outliers": lambda row: float(row["outliers"]) > 0,
    "missing range": lambda row: float(row["missing"]) > 0,
    "offset along the symmetry": lambda row: _offset(row, "shift-invariant"),
    "offset in any direction": lambda row: _offset(row, "any"),
}
HEAD = """# Where default fits break

Made by `python tests/benchmarks/robustness.py`, which says how every set is made; every single run
is in `docs/results/robustness.csv`. Cosine: of `generator_` (the central d x d crop) to the hidden
generator, the better of the two directions, target `eye(d, k=1)` in the hidden basis. Right: at
least {right}; wrong: below {wrong}. Believed: `lens.verdict(X)` says that the symmetry is found,
without the truth.

## Random settings

{count} trials of a fixed list, {crashed} of them crashed; those up to {last} were looked at while
the search was made, the others were not. Samples 500 to 50,000 and features 5 to 33 (one in
fourteen: up to 65), both log-uniform; Gaussian and Legendre signals; hidden by DST-I, permutation
or rotation; noise 0 to 1 standard deviations; now and then one sample in a hundred times 100, no
samples that are largest in 10 to 40 % of the window, or a vector of 0.3 to 10 times the norm of a
sample added to all. A trial with two troubles counts in both lines. Troubles come on top of the
noise.

"""
FRESH_HEAD = """
Of these, trials {first} to {last}, on which nothing was decided:

"""
FITS_HEAD = """
Fits alone (`--fits`, `docs/results/robustness_fits.csv`). Right above the noise: the generators
agree to that degree on the axes that are louder than it. From the truth: of descents that begin
there (`--from-truth`, `docs/results/robustness_from_truth.csv`), so many end right above the noise;
that is what the samples and the loss say, whatever the search finds.
"""
TRIALS = """
Trials {first} to {last}:

"""
OBJECTIONS = """
Why fits are not believed; one fit may have several reasons.

"""
SWEEP = """
## One factor at a time

Gaussian signals, 15 features, 5,000 samples, noise 0.05, a random rotation, and one of these
changed. One column for every repeat.

![Cosine against every factor](figures/robustness.png)

"""


def _troubled(row):
    return any(float(row[name]) for name in ("outliers", "missing", "offset"))


def _offset(row, direction):
    return float(row["offset"]) > 0 and row["direction"] == direction


def _median(values, digits):
    return f"{statistics.median(values):.{digits}f}" if values else ""


def random_rows(rows):
    """Outcomes of the random trials by trouble."""
    for name, chosen in TROUBLES.items():
        some = [(float(row["cosine"]), row) for row in rows if row["cosine"] and chosen(row)]
        right = [row for cosine, row in some if cosine >= RIGHT]
        wrong = [row for cosine, row in some if cosine < WRONG]
        believed = (sum(row["found"] == "True" for row in group) for group in (right, wrong))
        middle = _median([cosine for cosine, _ in some], 4)
        yield name, len(some), middle, len(right), len(wrong), *believed


def objections(rows):
    """What speaks against right and wrong fits, without its numbers, the most frequent first."""
    right, wrong = Counter(), Counter()
    for row in rows:
        if not row["against"]:
            continue
        cosine = float(row["cosine"])
        group = right if cosine >= RIGHT else wrong if cosine < WRONG else Counter()
        group.update(re.split(r":| \(", one)[0] for one in row["against"].split(" | "))
    return [(name, right[name], wrong[name]) for name, _ in (right + wrong).most_common()]


def sweep_rows(rows):
    """Cosines of the sweeps, a line for every level."""
    for factor, levels in SWEEPS.items():
        for level in levels:
            found = [row["cosine"] for row in _at(rows, factor, level)]
            if found:
                yield factor, f"{level:,}", *(found + [""])[:2]


def _at(rows, factor, level):
    return [row for row in rows if row["part"] == factor and float(row[factor]) == level]


def fitted_rows(rows, ends):
    """Right fits by trouble, plain and above the noise, ends from the truth, processor seconds."""
    for name, chosen in TROUBLES.items():
        some = [row for row in rows if row["cosine"] and chosen(row)]
        right = (
            sum(float(row[measure]) >= RIGHT for row in some)
            for measure in ("cosine", "above_noise")
        )
        stayed = sum(float(end["above_noise"]) >= RIGHT for end in ends if chosen(end))
        seconds = _median([float(row["cpu_seconds"]) for row in some], 1)
        yield name, len(some), *right, stayed, seconds


def write_page(rows, fits, ends, path):
    """Tables from the runs, text from docs/results/robustness_notes.md."""
    random = [row for row in rows if row["part"] == "random"]
    page = HEAD.format(
        right=RIGHT, wrong=WRONG, count=len(random), last=SEEN[-1],
        crashed=sum(bool(row["error"]) for row in random),
    )  # fmt: skip
    header = ("trouble", "runs", "median cosine", "right", "wrong", "right and believed",
              "wrong, yet believed")  # fmt: skip
    page += table(header, random_rows(random))
    if fresh := [row for row in random if int(row["trial"]) in FRESH]:
        page += FRESH_HEAD.format(first=FRESH[0], last=FRESH[-1])
        page += table(header, random_rows(fresh))
    header = ("trouble", "runs", "right", "right above the noise", "from the truth",
              "median CPU seconds")  # fmt: skip
    page += FITS_HEAD
    for trials in (SEEN, FRESH):
        some, stayed = ([r for r in part if int(r["trial"]) in trials] for part in (fits, ends))
        if some:
            page += TRIALS.format(first=trials[0], last=trials[-1])
            page += table(header, fitted_rows(some, stayed))
    if reasons := objections(random):
        page += OBJECTIONS + table(("what speaks against it", "right", "wrong"), reasons)
    page += SWEEP + table(("factor", "level", "cosine", "cosine"), sweep_rows(rows))
    notes = DOCS / "results" / "robustness_notes.md"
    page += "\n" + notes.read_text() if notes.exists() else ""
    path.write_text(page)


def draw(rows, path):
    """Cosine against every factor: the sweeps as lines, random trials without trouble as dots."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(11, 6), sharey=True, layout="constrained")
    calm = [row for row in rows if row["part"] == "random" and not _troubled(row)]
    for axis, (factor, levels) in zip(axes.flat, SWEEPS.items(), strict=True):
        if factor in ("noise", "samples", "features"):
            for kind, colour in (("gaussian", "tab:orange"), ("legendre", "tab:green")):
                some = [row for row in calm if row["signal"] == kind and row["cosine"]]
                points = [(float(row[factor]), float(row["cosine"])) for row in some]
                label = f"random, {kind}"
                axis.plot(*zip(*points, strict=True), ".", color=colour, alpha=0.6, label=label)
        lines = [[float(r["cosine"]) for r in _at(rows, factor, level)] for level in levels]
        for level, cosines in zip(levels, lines, strict=True):
            axis.plot([level] * len(cosines), cosines, "o", color="tab:blue")
        middle = [statistics.mean(cosines) if cosines else np.nan for cosines in lines]
        axis.plot(levels, middle, color="tab:blue", label="sweep")
        axis.set(xlabel=factor, ylim=(-0.12, 1.03))
        if factor not in ("noise", "missing") and any(lines):
            axis.set_xscale("log")
            axis.set_xticks(levels, [f"{level:,}" for level in levels])
            axis.minorticks_off()
        axis.axhline(RIGHT, color="gray", linewidth=0.8, linestyle=":")
    for row in axes:
        row[0].set_ylabel("cosine to the hidden generator")
    axes[0, 0].legend(loc="lower left")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100)


def main():
    """Run what the budget allows, then write page and figure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--fits", action="store_true", help="without verdicts, a table of its own")
    parser.add_argument("--from-truth", action="store_true", help="another one")
    options = parser.parse_args()
    if options.minutes:
        chosen = FROM_TRUTH if options.from_truth else FITTED if options.fits else TABLE
        ledger = Ledger(chosen)
        complete([(ledger, chosen.plan())], options.jobs, options.minutes)
    rows, *others = (read(FILES / f"{one.name}.csv") for one in (TABLE, FITTED, FROM_TRUTH))
    write_page(rows, *others, DOCS / "robustness.md")
    draw(rows, DOCS / "figures" / "robustness.png")


if __name__ == "__main__":
    main()
