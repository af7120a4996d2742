# SPDX-License-Identifier: BSD-3-Clause
"""How often the verdict of a lens is wrong: sets without a symmetry, right fits, wrong optima.

    python tests/benchmarks/calibration.py            # runs what is missing, then writes the page
    python tests/benchmarks/calibration.py --page     # the page alone

Trials are rows of docs/results/calibration.csv; those of the present search are skipped. The page
is docs/trust.md. Seeds start at 14000, those of sets without a symmetry at 15000: thresholds were
set on others. The truth is used to sort fits into right and wrong ones, and by nothing else. The
real spectra ship inside the package chemotools: install it first, or they are left out.
"""

import argparse
import itertools
import time
import warnings
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from accuracy import KINDS, MNIST
from known_sets import package_folder
from ledger import Ledger, Table, read
from pool import complete
from result_tables import table
from scipy.stats import beta
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.utils import Bunch

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry._verdict import fit_halves, fresh_settings, judge, split_in_halves
from sklearn_symmetry._verdict.criteria import CONDITIONS, DRAWS, REPEATS, required_repeatability
from sklearn_symmetry._verdict.evidence import elliptical_test
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.metrics import generator_similarity

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
FIRST_SEED, FIRST_NULL = 14000, 15000
LEVEL = 0.05
RIGHT, WRONG = 0.97, 0.9  # cosines to the truth; in between is neither
FIELDS = (
    "group", "set", "features", "samples", "seed", "fit", "cosine", "symmetric", "found", "grade",
    "p_value", "besides_p", "divergence", "tolerated", "repeatability", "agreement", "converged",
    "cpu_seconds",
)  # fmt: skip


# Sets without a one-parameter symmetry, or with one that no sample can show.


def _rotation(d, random):
    return np.linalg.qr(random.standard_normal((d, d)))[0]


def _rotated_or_not(X, random):
    return X @ _rotation(X.shape[1], random) if random.random() < 0.5 else X


def white_noise(n, d, random):
    """Every rotation is a symmetry."""
    return random.standard_normal((n, d))


def correlated_gaussian(n, d, random):
    """A random covariance; exactly stationary in several bases, none of which is special."""
    return (
        random.standard_normal((n, d)) * np.exp(random.uniform(-2, 0.5, d)) @ _rotation(d, random)
    )


def elliptical(n, d, random):
    """A Gaussian of random covariance times a contrast: Student's t with 3 to 8 degrees."""
    degrees = random.uniform(3, 8)
    contrast = np.sqrt(degrees / random.chisquare(degrees, n))
    return correlated_gaussian(n, d, random) * contrast[:, None]


LAWS = (
    lambda random, n: random.standard_normal(n),
    lambda random, n: random.laplace(size=n),
    lambda random, n: random.uniform(-1, 1, n),
    lambda random, n: random.standard_exponential(n),
    lambda random, n: random.standard_t(4, n),
    lambda random, n: random.choice([-1, 1], n) + 0.2 * random.standard_normal(n),
    lambda random, n: random.gamma(0.5, size=n),
    lambda random, n: random.lognormal(0, 0.7, n),
    lambda random, n: random.beta(0.3, 0.6, n),
    lambda random, n: random.standard_normal(n) * (random.random(n) < 0.3),
)


def independent_columns(n, d, random):
    """Independent, each with a law of its own, of equal variance; every other set is rotated."""
    laws = random.permutation(len(LAWS))[:d]
    X = np.stack([LAWS[law](random, n) for law in laws], axis=1)
    return _rotated_or_not((X - X.mean(0)) / X.std(0), random)


def identical_columns(n, d, random):
    """Independent and of one law: any order is as good as another; every other set is rotated."""
    law = LAWS[random.integers(1, len(LAWS))]
    return _rotated_or_not(np.stack([law(random, n) for _ in range(d)], axis=1), random)


def absolute_spectra(n, d, random):
    """Synthetic spectra: 3 to 5 peaks at fixed places, gamma intensities, a slope, noise."""
    peaks, channel = random.integers(3, 6), np.arange(d)
    centre, width = random.uniform(0, d - 1, (peaks, 1)), random.uniform(0.5, 1.5, (peaks, 1))
    intensity = random.gamma(random.uniform(0.5, 3, peaks), size=(n, peaks))
    lines = np.exp(-((channel - centre) ** 2) / (2 * width**2)) * random.uniform(0.5, 2, (peaks, 1))
    X = intensity @ lines + 0.3 * channel / d
    return X / X.std() + 0.05 * random.standard_normal(X.shape)


def _table(load):
    def columns(_, d, random):
        """All rows, random columns, standardised; every other set is rotated."""
        X = load().data
        d = min(d, X.shape[1])
        X = X[:, random.permutation(X.shape[1])[:d]]
        return _rotated_or_not((X - X.mean(0)) / X.std(0), random)

    return columns


def load_fermentation():
    """1,629 infrared spectra of a real fermentation, 1,047 wavenumbers from 428 per cm."""
    path = package_folder("chemotools") / "datasets" / "data" / "fermentation_spectra.csv"
    return Bunch(data=np.genfromtxt(path, delimiter=",", skip_header=1))


NULLS = {
    "white noise": white_noise,
    "correlated Gaussian": correlated_gaussian,
    "elliptical": elliptical,
    "independent columns": independent_columns,
    "absolute spectra": absolute_spectra,
    "diabetes": _table(load_diabetes),
    "breast cancer": _table(load_breast_cancer),
    "wine": _table(load_wine),
    "independent columns, one law": identical_columns,
    "real spectra": _table(load_fermentation),
}


class Blind(NamedTuple):
    """How sets without a symmetry are looked at: settings, numbers of columns, trials, a title."""

    settings: dict
    columns: tuple
    trials: int
    says: str


BLIND = {
    "null": Blind({}, (5, 6), 20, "a line, of mixed columns"),
    "null, wide": Blind({}, (10, 13), 5, "a line, of more mixed columns"),
    "null, ring": Blind({"boundary": "circulant"}, (6, 7, 8), 5, "a ring, of mixed columns"),
    "null, order": Blind({"mixing": "permutation"}, (8, 12), 10, "an order of shuffled columns"),
}


# Sets with a symmetry, hidden by a random rotation.


SYMMETRIC = {  # kind, features, samples, trials
    "Gaussian 7": ("gaussian", 7, 4000, 15),
    "Gaussian 7, circulant": ("circulant", 7, 4000, 15),
    "Legendre 9": ("legendre", 9, 4000, 12),
    "digit slices 9": ("digits", 9, 4000, 15),
    "MNIST slices 11": ("mnist", 11, 6000, 15),
    "digit slices 11": ("digits", 11, 6000, 8),
    "Gaussian 33": ("gaussian", 33, 20000, 2),
    "Legendre 33": ("legendre", 33, 20000, 2),
    "MNIST slices 27": ("mnist", 27, 20000, 2),
    "photo rows 5": ("photos", 5, 6000, 20),
    "photo rows 9": ("photos", 9, 20000, 6),
}
LED_ASTRAY = 6  # trials of each of these, per wrong fit
ASTRAY_SETS = tuple(SYMMETRIC)[:5]


def wrong_fits(d, seed):
    """Settings that lead to wrong optima, or stop on the way."""
    random = np.random.default_rng(seed)
    return {
        "random rotation, to convergence": {"init": _rotation(d, random)},
        "random rotation, 10 iterations": {"init": _rotation(d, random), "max_iter": 10},
        "one start, 1 iteration": {"n_init": 1, "max_iter": 1},
        "paper's start, 50 steps": {"init": "random", "max_iter": 50},
    }


def run_null(name, seed, group):
    """Judge a set without a symmetry."""
    random = np.random.default_rng([seed, list(NULLS).index(name)])
    blind = BLIND[group]
    d, n = int(random.choice(blind.columns)), int(random.choice([1000, 2000]))
    X = NULLS[name](n, d, random)
    parts = split_in_halves(X)
    lens = SymmetryLens(random_state=seed, **blind.settings)
    halves = fit_halves(lens, parts)
    cells = {"features": X.shape[1], "samples": len(X), "fit": "default"}
    return [cells | judged(halves[0], parts, halves)]


def run_symmetric(name, seed):
    """Judge a default fit and, for some sets and seeds, wrong ones with the same halves."""
    kind, d, n, _ = SYMMETRIC[name]
    data = KINDS[kind](n, d, symmetry="orthogonal", random_state=seed)
    lens = SymmetryLens(boundary=data.boundary, random_state=seed)
    parts = split_in_halves(data.data, random_state=seed)
    halves = fit_halves(lens, parts)
    fits = {"default": {}}
    if name in ASTRAY_SETS and seed - FIRST_SEED < LED_ASTRAY:
        fits |= wrong_fits(d, seed)
    for label, settings in fits.items():
        lens.set_params(**fresh_settings(lens)).set_params(**settings).fit(data.data)
        cosine = generator_similarity(lens.generator_, data.generator, boundary=data.boundary)
        row = {"features": d, "samples": n, "fit": label, "cosine": f"{cosine:.4f}"}
        yield row | judged(lens, parts, halves)


def judged(lens, parts, halves):
    """What the verdict says, as cells of a row."""
    verdict = judge(lens, parts, halves, LEVEL)
    return {
        "symmetric": verdict.symmetric,
        "found": verdict.found,
        "grade": verdict.grade,
        "p_value": verdict.p_value,
        # The conditions that are no p-values: with them, the answer at any level follows.
        "besides_p": judge(lens, parts, halves, 1.0).symmetric,
        "divergence": f"{verdict.statistic:.2f}",
        "tolerated": f"{verdict.tolerated:.2f}",
        "repeatability": f"{verdict.repeatability:.4f}",
        "agreement": f"{verdict.agreement:.4f}",
        "converged": verdict.converged,
    }


def run_tests(name, seed, n=1000, d=6):
    """A p-value of the elliptical test under its null, in a fixed basis."""
    random = np.random.default_rng([seed, d])
    y = torch.as_tensor(TESTED[name](n, d, random))
    random, line = torch.Generator().manual_seed(seed), Grid.line(y.shape[1])
    p_value, _ = elliptical_test(y, line, random, DRAWS)
    return [{"p_value": p_value}]


TESTED = {"Gaussian": correlated_gaussian, "elliptical": elliptical}
RUN = {"tests": run_tests, "symmetric": run_symmetric} | {
    group: partial(run_null, group=group) for group in BLIND
}


def run(group, set, seed):  # named as the columns are
    """One trial: its rows."""
    torch.set_num_threads(1)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = list(RUN[group](set, seed))
    share = f"{(time.process_time() - start) / len(rows):.1f}"
    return [{"group": group, "set": set, "seed": seed} | row | {"cpu_seconds": share}
            for row in rows]  # fmt: skip


def tasks(tests=200):
    """What identifies every trial."""
    counts = {name: count for name, (*_, count) in SYMMETRIC.items()}
    for group, numbers, first in (
        ("tests", dict.fromkeys(TESTED, tests), FIRST_SEED),
        ("symmetric", counts, FIRST_SEED),
        *(
            (group, dict.fromkeys(NULLS, blind.trials), FIRST_NULL)
            for group, blind in BLIND.items()
        ),
    ):
        for trial, name in itertools.product(range(max(numbers.values())), numbers):
            if trial < numbers[name]:
                yield {"group": group, "set": name, "seed": first + trial}


def needs(task):
    """Packages and files of a set."""
    kind = SYMMETRIC.get(task["set"], ("",))[0]
    own = {"mnist": str(MNIST), "photos": "PIL"}.get(kind)
    own = "chemotools" if task["set"] == "real spectra" else own
    return (own,) if own else ()


TABLE = Table(
    "calibration", FIELDS, ("group", "set", "seed"), run, plan=lambda: list(tasks()),
    kind="verdict", took="cpu_seconds", like=("group", "set"), guess=10.0, needs=needs,
)  # fmt: skip


HEAD = (DOCS / "results" / "trust-head.md").read_text()


def yes(rows, column="symmetric"):
    """Rows whose column is true."""
    return [row for row in rows if row[column] == "True"]


def share(part, whole):
    """Count, and the exact upper limit (95 %, one-sided) of the rate."""
    k, n = len(part), len(whole)
    limit = 1.0 if k == n else float(beta.ppf(0.95, k + 1, n - k))
    return f"{k} of {n}", f"{limit:.1%}"


def conditions_table():
    """What is asked of a set and of a lens, from the table the verdict is made by."""
    lines = [(condition.name, condition.asks, condition.passes) for condition in CONDITIONS]
    return table(("condition", "asks", "passes"), lines).rstrip()


def null_table(rows):
    """False alarms by set, of one way to look at them."""
    lines = []
    for name in (*NULLS, "all"):
        mine = [row for row in rows if name in ("all", row["set"])]
        if not mine:
            continue
        beyond = [row for row in mine if float(row["p_value"]) <= LEVEL]
        likely = [row for row in mine if row["grade"] == "likely"]
        cosines = [(float(row["repeatability"]), int(row["features"])) for row in mine]
        agree = sum(cosine >= required_repeatability(Grid.line(size)) for cosine, size in cosines)
        lines.append((name, *share(yes(mine), mine), len(likely), agree, len(beyond)))
    header = ("set", "said symmetric", "rate at most (95 %)", "said likely", "halves agree",
              "p <= 0.05")  # fmt: skip
    return table(header, lines)


def null_section(groups):
    """All ways to look at sets without a symmetry."""
    page = "## Sets without a symmetry: false alarms at level 0.05\n\n"
    for group, blind in BLIND.items():
        columns = ", ".join(map(str, blind.columns[:-1])) + f" or {blind.columns[-1]}"
        page += f"### Looked at as {blind.says}\n\n{columns} columns.\n\n"
        page += null_table(groups[group]) + "\n"
    return page + (
        "1,000 or 2,000 samples. The absolute spectra are synthetic (peaks at fixed channels); the "
        "tables are those of scikit-learn, all their rows (178 to 569) and random columns "
        "(diabetes has 10, wine 13), as of the real spectra.\n\n"
    )


def right_table(rows):
    """Default fits: how many are right, and what is said of them."""
    lines = []
    for name in (*SYMMETRIC, "all"):
        mine = [row for row in rows if name in ("all", row["set"])]
        right = [row for row in mine if float(row["cosine"]) >= RIGHT]
        wrong = [row for row in mine if float(row["cosine"]) < WRONG]
        likely = sum(row["grade"] == "likely" for row in right)
        n = mine[0]["samples"] if mine and name != "all" else ""
        said, _ = share(yes(right, "found"), right) if right else ("-", "")
        blamed = len(wrong) - len(yes(wrong, "found"))
        lines.append((name, n, len(mine), len(right), said, likely, f"{blamed} of {len(wrong)}"))
    header = ("set", "samples", "default fits", f"right (cosine >= {RIGHT})",
              "of these found right", "or likely",
              f"wrong (cosine < {WRONG}) and flagged")  # fmt: skip
    return table(header, lines)


def wrong_table(rows):
    """Fits sent astray: how many are flagged."""
    lines = []
    for name in (*wrong_fits(5, 0), "all"):
        mine = [row for row in rows if name in ("all", row["fit"])]
        wrong = [row for row in mine if float(row["cosine"]) < WRONG]
        flagged = [row for row in wrong if row["found"] == "False"]
        knew = [row for row in flagged if row["symmetric"] == "True"]
        alone = [row for row in wrong if row["converged"] == "True"]
        likely = [row for row in flagged if row["grade"] == "likely"]
        lines.append(
            (name, len(mine), len(wrong), len(flagged), len(likely), len(knew), len(alone))
        )
    header = ("settings", "fits", f"wrong (cosine < {WRONG})", "flagged", "of these likely",
              "with: there is a symmetry", "wrong ones that had converged")  # fmt: skip
    return table(header, lines)


def write_page(rows):
    """docs/trust.md and its figure."""
    groups = {name: [row for row in rows if row["group"] == name] for name in RUN}
    default = [row for row in groups["symmetric"] if row["fit"] == "default"]
    astray = [row for row in groups["symmetric"] if row["fit"] != "default"]
    minutes = sum(float(row["cpu_seconds"]) for row in rows) / 60
    page = HEAD.format(
        conditions=conditions_table(), first=FIRST_SEED, null=FIRST_NULL, minutes=minutes
    )
    page += null_section(groups)
    page += "## Sets with a symmetry: default fits\n\n" + right_table(default)
    page += "\n## Fits sent to wrong optima\n\n" + wrong_table(astray)
    notes = DOCS / "results" / "trust-notes.md"
    page += "\n" + notes.read_text() if notes.exists() else ""
    (DOCS / "trust.md").write_text(page)
    draw(groups["tests"], groups["null"], default, astray)


def draw(tests, null, default, astray):
    """Rejections by level, and where right, wrong and null trials lie."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    levels = np.linspace(0, 0.3, 61)
    for name in sorted({row["set"] for row in tests}):
        p_values = np.array([float(row["p_value"]) for row in tests if row["set"] == name])
        rates = [np.mean(p_values <= level) for level in levels]
        left.step(levels, rates, label=f"elliptical test, {name} sets ({len(p_values)})")
    p_values = [float(row["p_value"]) if row["besides_p"] == "True" else 2.0 for row in null]
    rates = [np.mean(np.array(p_values) <= level) for level in levels]
    left.step(
        levels, rates, color="black", linewidth=2, label=f"verdict, all null sets ({len(null)})"
    )
    left.plot(levels, levels, color="0.6", linestyle="--", label="level")
    left.set(xlabel="level", ylabel="share of trials rejected", title="False alarms")
    left.legend(frameon=False)
    wrong = [row for row in astray if float(row["cosine"]) < WRONG]
    ok = [row for row in default if float(row["cosine"]) >= RIGHT]
    for rows, label, colour in (
        (wrong, "wrong fits: agreement with halves", "tab:orange"),
        (null, "no symmetry: cosine between halves", "tab:red"),
        (ok, "right fits: agreement with halves", "tab:green"),
    ):
        column = "repeatability" if rows is null else "agreement"
        x = [abs(float(row[column])) for row in rows]
        y = [float(row["divergence"]) / float(row["tolerated"]) for row in rows]
        right.scatter(x, y, s=18, alpha=0.7, color=colour, label=f"{label} ({len(rows)})")
    right.axhline(1, color="0.6", linestyle="--")
    right.axvline(REPEATS, color="0.6", linestyle="--")
    right.axvline(required_repeatability(Grid.line(5)), color="0.6", linestyle=":")
    right.set(yscale="log", xlabel="cosine", ylabel="energy divergence of halves / tolerated")
    right.set_title("Trusted: right of and below the dashed lines\n(dotted: halves of 5 features)")
    right.legend(framealpha=0.9, loc="upper left", bbox_to_anchor=(0.0, -0.12))
    figure.savefig(DOCS / "results" / "calibration.png", dpi=90)


def main():
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tests", type=int, default=200, help="of the elliptical test alone")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--page", action="store_true", help="write the page and run nothing")
    options = parser.parse_args()
    ledger = Ledger(TABLE)
    if not options.page:
        complete([(ledger, list(tasks(options.tests)))], options.jobs)
    write_page(read(ledger.path))


if __name__ == "__main__":
    main()
