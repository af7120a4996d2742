# SPDX-License-Identifier: BSD-3-Clause
"""What every device and every number of the search is worth, on small sets, hard ones among them.

    python tests/benchmarks/ablation_of_search.py --minutes 60 --jobs 2
    python tests/benchmarks/ablation_of_search.py --minutes 0    # the page from the runs there are

Devices are switched off one at a time, each beside the whole search on the same samples (paired),
on these sets and on random trials of `robustness.py`. Numbers are screened in the manner of Morris:
from a random point between half and twice their values one after another is moved, on one set for
each trajectory. Seeds of sets are from 70,000: no other benchmark has them. Runs go to a CSV file,
those that the present search has made are skipped. The numbers need SALib.
"""

import argparse
import itertools
import time
import warnings
from contextlib import nullcontext
from dataclasses import fields, replace
from functools import lru_cache, partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from accuracy import KINDS, hidden
from known_sets import adapter
from ledger import Ledger, Table, read
from pool import complete
from result_tables import table
from robustness import Case, make, random_case

from sklearn_symmetry import __version__
from sklearn_symmetry.metrics import generator_similarity
from sklearn_symmetry.solver.solution import Settings
from sklearn_symmetry.solver.solve import solve
from sklearn_symmetry.solver.starts.seriation import longest_path
from sklearn_symmetry.solver.tuning import (
    BOUNDARY,
    DEFAULT,
    LATTICES,
    SCALE,
    SEPARATION,
    SHUFFLED,
    STEP_COST,
    Tuning,
)
from sklearn_symmetry.statistics.summary import summarise

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIRST_SEED, SEEDS, SEEDS_OF_MANY, TRAJECTORIES = 70_000, 2, 8, 1
FIELDS = (
    "part", "changed", "set", "seed", "step", "cosine", "cpu_seconds", "starts", "version",
    "above_noise",
)  # fmt: skip
KEY, PARTS = FIELDS[:5], ("device", "random trials", "number", "many columns")
WORTH = ("switched off", "runs", "mean change", "lost", "gained", "set that lost most", "CPU")
WORTH_OF_TRIALS = ("switched off", "trials", "lost", "won", "mean change", "CPU")
RIGHT = 0.98
MATTERS = 0.002  # of a cosine; less is what another order of the samples changes


def _known(make, n, d):
    """A set of the accuracy benchmark, or one made as they are."""

    def load(seed):
        data = make(n, d, symmetry="orthogonal", random_state=seed)
        return data.data, data.generator

    return load


def _troubled(**options):
    """A set of the robustness benchmark."""
    return lambda seed: make(Case("ablation", seed, direction="any", **options))


SETS = {
    "Gaussian 33": _known(KINDS["gaussian"], 6000, 33),
    "Legendre 33": _known(KINDS["legendre"], 6000, 33),
    "Legendre 7": _known(KINDS["legendre"], 4000, 7),
    "wide 13": _known(KINDS["wide"], 4000, 13),
    "photos 13": _known(KINDS["photos"], 1000, 13),
    "pulse 13": _known(KINDS["pulse"], 1000, 13),
    "watch 13": _known(hidden(adapter("watch"), "open"), 1000, 13),
    "waveforms 13": _known(KINDS["waveforms"], 1000, 13),
    "ring 13": _known(KINDS["circulant"], 4000, 13),
    "13, noise 0.8": _troubled(features=13, samples=4000, noise=0.8),
    "15, offset": _troubled(signal="legendre", features=15, samples=4000, offset=2.0),
    "13, outliers": _troubled(features=13, samples=4000, outliers=0.01),
    "13, missing range": _troubled(features=13, samples=4000, missing=0.2),
    "17, few samples": _troubled(signal="legendre", features=17, samples=800),
    "neuron 33": _known(KINDS["neuron"], 6000, 33),
}


def _many(seed):
    """Narrow signals of 49 to 75 columns, as many samples as there may be, any noise."""
    random = np.random.default_rng([8, seed])
    columns, noise = int(random.integers(49, 76)), random.uniform()
    samples = int(np.exp(random.uniform(np.log(5000), np.log(50_000))))
    return make(Case("ablation", seed, features=columns, samples=samples, noise=noise))


MANY = {"49 to 75 columns": _many}
# Random trials that nothing was tuned on, the most that cost a second or two.
TRIALS, MOST_COLUMNS = range(361, 461), 20
TROUBLED = {f"up to {MOST_COLUMNS} columns": lambda seed: make(random_case(seed))}

# Right in seconds.
SCREENED = (
    "Legendre 7", "wide 13", "13, noise 0.8", "15, offset", "13, missing range", "17, few samples",
)  # fmt: skip
STARTS = 2  # of a fit of the screen: away from its numbers a search is seldom certain
# Not right, or not soon; of these three waves of starts are tried.
HARD = {"photos 13": 6, "pulse 13": 6, "watch 13": 6, "waveforms 13": 6, "neuron 33": 6}


def _without(names, name):
    return tuple(one for one in names if one != name)


# Each device, and how it is switched off.
DEVICES = {
    "third order": {"third_order": 0.0},
    "pooled marginals": {"pooled": 0.0},
    "fourth order": {"fourth_order": 0.0},
    "fourth order in long descents": {"soon": DEFAULT.max_iter},
    "starts from the law": {"lawful_starts": 0},
    "mending on the law": {"lawful_mended": 0},
    "random rotations": {"random_starts": 0},
    "many descents at once": {"many_steps": ()},
    "law in the rank": {"lawful_weight": 0.0},
    "two candidates of the law": {"lawful_least": 1},
    "frequencies rolled": {"rolls_tried": 0},
    "uniformity of steep spectra": {"steep_emphasis": 1.0},
    "principal waves": {"wave_guesses": 0},
    "stationary axes": {"pitches": 0},
    "a surer first look": {"stationary_at_once": DEFAULT.stationary},
    "more uniformity": {"emphasis": 1.0},
    "full conditionals": {"full_conditionals": 0.0},
    "bound on divergences": {"uniformity_bound": None},
    "view about the mean": {"offset": np.inf},
    "closed orbits": {"left_out": ("closed orbit",)},
    "separated starts": {"left_out": ("separated",)},
    "arranged starts": {"left_out": ("arranged",)},
    "chains": {"left_out": ("chain",)},
    "ordered starts": {"left_out": ("order",)},
    "continued chains": {"continued": False},
    "recipe: centred": {"recipes": _without(DEFAULT.recipes, (1.0, 0.5, True))},
    "coarse descent": {"coarse_iterations": 0},
    "mending signs": {"signs_tried": 0},
    "mending swaps": {"swaps_tried": 0},
    "mending at all": {"mending_rounds": 0},
    "energies": {"stationary": np.inf},
    "way back": {"returned": -2.0},
    "agreement of two": {"same": ()},
    "rules of fewest columns": {"fewest": 0},
}  # fmt: skip
# What is done for many columns, and what stands in for the code that no number switches off.
DEVICES_OF_MANY = {
    "windows of mixed rows": {"local_rounds": 0},
    "mixed rows are seen": {"mixed_from": np.inf},
    "stretches of a path": {},
    "arranged starts": DEVICES["arranged starts"],
}
INSTEAD = {
    "stretches of a path": (
        "sklearn_symmetry.solver.starts.separated.longest_path",
        lambda affinity, order, tuning, stretches: longest_path(affinity, order, tuning),
    )
}
CLOSENESS = ("near", "different", "returned")  # cosines: their distance from 1 is scaled
# Numbers that these measure: lines of few columns behind a rotation do not read them.
NOT_READ = (BOUNDARY, LATTICES, SCALE, SEPARATION, SHUFFLED, STEP_COST)


def numbers():
    """Names of the numbers that are screened."""
    return [
        field.name
        for field in fields(Tuning)
        if isinstance(field.default, int | float)
        and not isinstance(field.default, bool)
        and field.metadata["command"] not in NOT_READ
    ]


def scaled(point):
    """The tuning with every number times two to the given power."""
    changes = {}
    for name, power in zip(numbers(), point, strict=True):
        value = getattr(DEFAULT, name)
        if name in CLOSENESS:
            changes[name] = 1 - (1 - value) * 2**power
        else:
            changes[name] = type(value)(max(value * 2**power, isinstance(value, int)))
    return replace(DEFAULT, **changes)


def tasks():
    """What identifies every run."""
    for seed, name, chosen in itertools.product(range(SEEDS), ["nothing", *DEVICES], SETS):
        yield dict(zip(KEY, ("device", name, chosen, FIRST_SEED + seed, 0), strict=True))
    trials = [trial for trial in TRIALS if random_case(trial).features <= MOST_COLUMNS]
    for name, chosen, trial in itertools.product(["nothing", *DEVICES], TROUBLED, trials):
        yield dict(zip(KEY, ("random trials", name, chosen, trial, 0), strict=True))
    for place, chosen in enumerate(SCREENED):
        seed = FIRST_SEED + 100 + place
        for step in range(len(numbers()) + 1):
            yield dict(zip(KEY, ("number", "", chosen, seed, step), strict=True))
    changes = ["nothing", *DEVICES_OF_MANY]
    for seed, name, chosen in itertools.product(range(SEEDS_OF_MANY), changes, MANY):
        yield dict(zip(KEY, ("many columns", name, chosen, FIRST_SEED + seed, 0), strict=True))


@lru_cache
def trajectory(seed):
    """What is moved, and where to, in every step of the screen on one set."""
    from SALib.sample import morris as sampler

    names = numbers()
    problem = {"num_vars": len(names), "names": names, "bounds": [[-1, 1]] * len(names)}
    path = sampler.sample(problem, TRAJECTORIES, num_levels=4, seed=seed)
    moved = ["start", *(names[int(np.flatnonzero(step)[0])] for step in np.diff(path, axis=0))]
    return list(zip(moved, map(scaled, path), strict=True))


def run(part, changed, set, seed, step):  # named as the columns are
    """One fit; a row of the table."""
    torch.set_num_threads(1)
    chosen, tuning = set, replace(DEFAULT, **(DEVICES | DEVICES_OF_MANY).get(changed, {}))
    if part == "number":
        changed, tuning = trajectory(seed)[step]
    X, generator = (SETS | TROUBLED | MANY)[chosen](seed)
    boundary = "circulant" if "ring" in chosen else "open"
    n_init = STARTS if part == "number" else HARD.get(chosen)
    changed_code = patch(*INSTEAD[changed]) if changed in INSTEAD else nullcontext()
    with changed_code, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        summary = summarise(X, capacity=tuning.batch_size, seed=seed)
        found = solve(summary, Settings(boundary=boundary, n_init=n_init), tuning=tuning)
        seconds = time.process_time() - start
    margin = (len(found.padded_generator) - X.shape[1]) // 2
    inside = slice(margin, margin + X.shape[1])
    similarity = partial(
        generator_similarity, found.padded_generator[inside, inside], generator, boundary=boundary
    )
    values = (part, changed, chosen, seed, step, f"{similarity():.5f}", f"{seconds:.2f}",
              len(found.candidates), __version__, f"{similarity(X=X):.5f}")  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def _identity(row):
    """A step of a trajectory moves what its seed says."""
    changed = "" if row["part"] == "number" else row["changed"]
    return tuple(str(value) for value in (row["part"], changed, *(row[name] for name in KEY[2:])))


TABLE = Table(
    "ablation_of_search", FIELDS, _identity, run, plan=lambda: list(tasks()), took="cpu_seconds",
    like=("part", "set"), guess=8.0,
    needs=lambda task: [
        *(["SALib"] if task["part"] == "number" else []),
        *(["PIL"] if "photos" in task["set"] else []),
        *(["heartpy"] if "pulse" in task["set"] else []),
        *(["seglearn"] if task["set"].startswith("watch") else []),
    ],
)  # fmt: skip


# The page

HEAD = """# What every part of the search is worth

Made by `python tests/benchmarks/ablation_of_search.py`; every single run is in
`docs/results/ablation_of_search.csv`. The sets are small, of 7 to 33 columns and 800 to 8,000
samples behind a random rotation, and most of them are hard. Cosine: of the generator found (central
d x d crop) to the hidden one.

## Devices, switched off one at a time

Change of the cosine against the whole search on the same samples, over {sets} sets and up to
{seeds} seeds of each: the mean, how many runs lost and gained more than {matters}, and the set that
lost most (mean over its seeds). CPU: median ratio of the time. Three waves of starts are tried of
the hardest sets: {hard}.

"""
TRIALS_HEAD = """
## The same on random trials

Of {runs} random trials of the [robustness page](robustness.md), lines of up to {most} columns that
nothing was tuned on, the whole search gets {right} right (at least {least} above the noise). How
many of these are lost without a device, how many others are won, and the mean change of the cosine
above the noise.

"""
MANY_HEAD = """
## With many columns

Of {runs} sets of narrow signals of 49 to 75 columns, 5,000 to 50,000 samples and noise up to that
of the signal the whole search finds {right} (cosine at least .98). Mixed rows that are seen have
windows solved anew, and are a reason to go on; "windows" leaves the second.

"""
NUMBERS = """
## Every number of the solver

Those of `sklearn_symmetry/solver/tuning.py`, with unit, reason and the command that measured them.
The last two columns are a screen in the manner of Morris: one trajectory for each of {trajectories}
sets, two starts a fit, through random points between half and twice the numbers, one moved at a
time; mean and largest absolute change of the cosine at a move. They are empty where these sets,
lines of few columns behind a rotation, do not read a number. Of {screened} numbers that were moved
{still} moved no cosine by more than {matters}.

"""


def device_rows(rows):
    """Changes of the cosine for every device, the most useful first."""
    found = [(name, *_worth(pairs)) for name, pairs in _paired(rows)]
    return sorted(found, key=lambda one: float(one[2]))


def trial_rows(rows):
    """Random trials that are right without every device, the most useful first."""
    found = []
    for name, pairs in _paired(rows):
        without, whole = np.array([[float(one["above_noise"]) for one in two] for two in pairs]).T
        right, was_right = without >= RIGHT, whole >= RIGHT
        lost, won = int((was_right & ~right).sum()), int((right & ~was_right).sum())
        gain = f"{(without - whole).mean():+.4f}"
        found.append((name, len(pairs), lost, won, gain, _times(pairs)))
    return sorted(found, key=lambda one: (one[3] - one[2], float(one[4])))


def _paired(rows):
    """Every device with its runs, each beside that of the whole search on the same samples."""
    whole = {_pair(row): row for row in rows if row["changed"] == "nothing"}
    for name in dict.fromkeys(row["changed"] for row in rows):
        runs = [row for row in rows if row["changed"] == name]
        pairs = [(row, whole[_pair(row)]) for row in runs if _pair(row) in whole]
        if name != "nothing" and pairs:
            yield name, pairs


def _pair(row):
    return row["set"], row["seed"]


def _times(pairs):
    """Median ratio of the time."""
    cost = [float(one["cpu_seconds"]) / float(two["cpu_seconds"]) for one, two in pairs]
    return f"{np.median(cost):.2f}"


def _worth(pairs):
    """Runs, mean change, losses, gains, the set that lost most, ratio of the time."""
    gaps = np.array([float(one["cosine"]) - float(two["cosine"]) for one, two in pairs])
    by_set = {}
    for gap, (row, _) in zip(gaps, pairs, strict=True):
        by_set.setdefault(row["set"], []).append(gap)
    worst = min(by_set, key=lambda name: np.mean(by_set[name]))
    return (
        len(gaps), f"{gaps.mean():+.4f}", int((gaps < -MATTERS).sum()), int((gaps > MATTERS).sum()),
        f"{worst} ({np.mean(by_set[worst]):+.3f})", _times(pairs),
    )  # fmt: skip


def elementary_effects(rows):
    """Absolute changes of the cosine when a number is moved, by number."""
    effects = {}
    for one, two in itertools.pairwise(rows):
        if _pair(one) == _pair(two):
            change = abs(float(two["cosine"]) - float(one["cosine"]))
            effects.setdefault(two["changed"], []).append(change)
    return effects


def number_rows(effects):
    """Every field of the tuning, and what the screen found."""
    for field in fields(Tuning):
        changes = effects.get(field.name, [])
        seen = (f"{np.mean(changes):.4f}", f"{max(changes):.4f}") if changes else ("", "")
        about = (field.metadata[name] for name in ("unit", "reason", "command"))
        yield f"`{field.name}`", f"`{field.default}`", *map(_plain, about), *seen


def _plain(text):
    """In a cell of a table; commands as their scripts."""
    script = text.removeprefix("python tests/benchmarks/")
    return f"`{script}`" if script != text else text.replace("|", "/")


def write_page(rows, path):
    """Both tables, and what was concluded, from docs/results/ablation_of_search_notes.md."""
    devices = [row for row in rows if row["part"] == "device"]
    sets = {row["set"] for row in devices}
    seeds = len({row["seed"] for row in devices})
    hard = ", ".join(name for name in HARD if name in sets)
    page = HEAD.format(sets=len(sets), seeds=seeds, matters=MATTERS, hard=hard)
    page += table(WORTH, device_rows(devices))
    trials = [row for row in rows if row["part"] == "random trials"]
    whole = [float(row["above_noise"]) for row in trials if row["changed"] == "nothing"]
    page += TRIALS_HEAD.format(
        runs=len(whole), most=MOST_COLUMNS, right=sum(one >= RIGHT for one in whole), least=RIGHT
    )
    page += table(WORTH_OF_TRIALS, trial_rows(trials))
    many = [row for row in rows if row["part"] == "many columns"]
    whole = [float(row["cosine"]) for row in many if row["changed"] == "nothing"]
    page += MANY_HEAD.format(runs=len(whole), right=sum(one >= RIGHT for one in whole))
    page += table(WORTH, device_rows(many))
    screened = [row for row in rows if row["part"] == "number"]
    screened.sort(key=lambda row: (row["set"], row["seed"], int(row["step"])))
    effects = elementary_effects(screened)
    page += NUMBERS.format(
        trajectories=len({row["set"] for row in screened}),
        screened=len(effects),
        matters=MATTERS,
        still=sum(max(changes) <= MATTERS for changes in effects.values()),
    ) + table(
        ("number", "value", "unit", "why", "measured by", "mean change", "largest"),
        number_rows(effects),
    )
    notes = DOCS / "results" / "ablation_of_search_notes.md"
    path.write_text(page + ("\n" + notes.read_text() if notes.exists() else ""))


def main():
    """Run what the budget allows, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    output = DOCS / "results" / "ablation_of_search.csv"
    parser.add_argument("--output", type=Path, default=output)
    options = parser.parse_args()
    if options.minutes:
        wanted = [task for task in tasks() if task["part"] in options.parts]
        complete([(Ledger(TABLE, path=options.output), wanted)], options.jobs, options.minutes)
    write_page(read(options.output), DOCS / "ablation.md")


if __name__ == "__main__":
    main()
