# SPDX-License-Identifier: BSD-3-Clause
"""Write docs/results.md, and the tables of README.md, from the CSV files of the benchmarks.

python tests/benchmarks/result_tables.py
"""

import csv
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

# Rows of README.md: set of accuracy.csv, what it is to a reader, set of calibration.csv.
KNOWN = {
    "gaussian33": ("narrow bumps", "Gaussian 33"),
    "legendre33": ("oscillating bumps", "Legendre 33"),
    "wide33": ("wide bumps", None),
    "circulant7": ("narrow bumps on a ring", "Gaussian 7, circulant"),
    "digits11": ("slices of real digits (scikit-learn's)", "digit slices 11"),
    "mnist27": ("slices of real MNIST digits", "MNIST slices 27"),
    "photos33": ("rows of photographs", None),
    "pulse33": ("windows of a pulse wave", None),
}
SAMPLES = "20000"
USUAL = "11 to 36"  # columns of the sets that are counted together

# Columns of the table of costs: column of speed.csv, what it is to a reader.
COST = {
    "ratio": "times FastICA",
    "picard_ratio": "times picard",
    "ica_seconds": "seconds of FastICA",
    "lens_seconds": "seconds of the lens",
    "search_share": "share of the search",
    "candidates": "starts tried",
    "iterations": "iterations",
    "cosine": "worst cosine",
    "peak_megabytes": "memory, MB",
}

RESULTS = """Cosine of the generator found to the hidden one (1 is perfect), default settings,
samples alone; every set hidden by a sine transform, a permutation and random rotations. Believed:
right default fits that the verdict called found, counted on other seeds
([trials](docs/trust.md)). Of sets without a symmetry it called {mixed} mixed ones and {shuffled}
shuffled ones symmetric, and believed {found} lenses. Every run, and what does not work yet:
[measured results](docs/results.md), with the commands.

"""
SHUFFLED = """
Columns that were only shuffled (`mixing="permutation"`): all neighbours right, of 20 sets of 11 to
36 columns, lines and rings, three seeds each.

"""
SECONDS = """Seconds of one core for a default fit to 20,000 samples. A verdict takes two more fits
to half of the samples. `verbose=1` and the command line say so beforehand, and show how far
they are. A clear answer takes one start, seldom two or three with up to 12 columns; any other up to
12, with few columns 24.
[Memory and devices](docs/guide/practice.md).

"""

HEAD = """# Measured results

Made by `python tests/benchmarks/result_tables.py` from `docs/results/*.csv`, where every single
run is. Cosine: of `generator_` (the central d x d crop) to the hidden generator, the better of the
two directions; target `eye(d, k=1)` in the hidden basis, the cyclic shift for circulant sets. The
lens has its default settings (circulant sets: `boundary="circulant"`), sees the samples alone and
is scored once. Hidings: DST-I, a permutation, a random rotation, with as many seeds as the number
of runs divided by three. The name of a set is its kind and its number of columns: gaussian, narrow
bumps; wide, wide ones; legendre, oscillating ones; circulant, narrow ones on a ring; digits and
mnist, slices of real digits; photos, rows of photographs; pulse, windows of a pulse wave.

## Accuracy

`python tests/benchmarks/accuracy.py --samples N --sets ...`. Above the noise: the cosine of what
generators do to the samples above their noise, `generator_similarity(..., X=X)`. From the truth:
the worst end of descents that begin there (`--from-truth`), three random rotations each. That is
what the samples and the loss say; where fits are worse, the search did not get there, or another
minimum is lower.

"""

SPEED = """
## Cost

`python tests/benchmarks/speed.py`: processor seconds of the fit, and their ratio to those of
scikit-learn's `FastICA` and of picard with as many components as features (at most 300 iterations,
a tolerance of 1e-4), on the same array in the same process, one thread, 20,000 samples: the span of
all runs for the ratios, medians otherwise (every run: `docs/results/speed.csv`). Share: the part of
the fit spent on the search, the rest is the refinement. Memory: peak of the process, torch and data
included.

"""


def table(header, rows):
    """A markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def accuracy_table():
    """Of every set and sample count, the fits and the descents from the truth."""
    files = "accuracy", "accuracy_from_truth"
    groups, ends = (grouped(read(name), "set", "samples") for name in files)
    lines = []
    for case, rows in sorted(groups.items(), key=lambda item: (-int(item[0][1]), item[0][0])):
        cosines = [float(row["cosine"]) for row in rows]
        middle = f"{statistics.median(cosines):.4f}"
        tried = statistics.median(int(row["candidates"]) for row in rows)
        lines.append((
            case[0], f"{int(case[1]):,}", len(rows), f"{min(cosines):.4f}", middle,
            f"{max(cosines):.4f}", worst(rows, "above_noise"), worst(ends.get(case), "cosine"),
            worst(ends.get(case), "above_noise"), f"{tried:g}",
        ))  # fmt: skip
    header = ("set", "samples", "runs", "worst", "median", "best", "worst above the noise",
              "from the truth", "above the noise", "starts tried (median)")  # fmt: skip
    return table(header, lines)


def grouped(rows, *names):
    """Rows by what they have in some columns."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups


def worst(rows, column):
    """A cell: the lowest cosine of some rows, if there are any."""
    return f"{min(float(row[column]) for row in rows):.4f}" if rows else ""


def read(name):
    """Rows of a file of results."""
    return list(csv.DictReader((DOCS / "results" / f"{name}.csv").read_text().splitlines()))


def cost_table():
    """What a fit of every set costs: the medians of its runs, and the span of the ratios."""
    rows = read("speed")
    shown = {name: words for name, words in COST.items() if name in rows[0]}
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        runs = [row for row in rows if row["set"] == name]
        cells = (cost_cell(column, [float(row[column]) for row in runs]) for column in shown)
        lines.append((name, len(runs), *cells))
    return table(("set", "runs", *shown.values()), lines)


def cost_cell(column, values):
    """One cell: the span of a ratio, the worst cosine, the median of anything else."""
    if column.endswith("ratio"):
        return f"{min(values):.1f} to {max(values):.1f}"
    if column == "cosine":
        return f"{min(values):.4f}"
    median = statistics.median(values)
    return f"{median:.2g}" if column.endswith(("seconds", "share")) else f"{median:.0f}"


def readme_results():
    """What works and what does not, for README.md."""
    judged = read("calibration")
    rows = []
    for name, (what, known) in KNOWN.items():
        runs = [r for r in read("accuracy") if (r["set"], r["samples"]) == (name, SAMPLES)]
        cosines = sorted(float(run["cosine"]) for run in runs)
        columns = name.lstrip("abcdefghijklmnopqrstuvwxyz")
        median = f"{statistics.median(cosines):.4f}"
        rows.append(
            (what, columns, len(runs), f"{cosines[0]:.4f}", median, believed(judged, known))
        )
    header = ("set", "columns", "runs", "worst run", "median", "believed")
    page = RESULTS.format(**alarms(judged)) + table(header, rows)
    return page + SHUFFLED + table(("samples", "noise", "exact"), shuffled_rows())


def alarms(judged):
    """Sets without a symmetry that were called symmetric, and lenses that were believed."""
    null = [row for row in judged if row["group"].startswith("null")]
    counts = {"found": sum(row["found"] == "True" for row in null)}
    for name, shuffled in (("mixed", False), ("shuffled", True)):
        rows = [row for row in null if (row["group"] == "null, order") == shuffled]
        counts[name] = f"{sum(row['symmetric'] == 'True' for row in rows)} of {len(rows)}"
    return counts


def believed(judged, name):
    """How many right default fits of a set the verdict called found."""
    right = [
        row["found"] == "True"
        for row in judged
        if (row["set"], row["fit"]) == (name, "default") and float(row["cosine"]) >= 0.97
    ]
    return f"{sum(right)} of {len(right)}" if right else "not counted"


def span(row):
    """Which sets of shuffled columns a run is counted with, by their columns."""
    return USUAL if int(row["columns"]) <= 36 else row["columns"]


def shuffled_rows():
    """Exact orders of shuffled columns, by samples and noise."""
    groups = {}
    for row in read("shuffled"):
        if row["flipped"] == "0" and span(row) == USUAL:
            key = int(row["samples"]), float(row["noise"])
            groups.setdefault(key, []).append(float(row["links"]) == 1)
    for (samples, noise), exact in sorted(groups.items(), reverse=True):
        yield f"{samples:,}", f"{noise:g}", f"{sum(exact)} of {len(exact)}"


def readme_seconds():
    """Times to expect, for README.md."""
    rows = []
    for name, (what, _) in KNOWN.items():
        runs = [r for r in read("accuracy") if (r["set"], r["samples"]) == (name, SAMPLES)]
        seconds = sorted(float(run["cpu_seconds"]) for run in runs)
        columns = name.lstrip("abcdefghijklmnopqrstuvwxyz")
        rows.append((what, columns, f"{statistics.median(seconds):.0f}", f"{seconds[-1]:.0f}"))
    runs = [run for run in read("shuffled") if run["samples"] == SAMPLES]
    shuffled = {"any of the shuffled ones": USUAL, "narrow bumps, shuffled": "512"}
    for what, columns in shuffled.items():
        took = [float(run["seconds"]) for run in runs if span(run) == columns]
        rows.append((what, columns, f"{statistics.median(took):.2g}", f"{max(took):.2g}"))
    return SECONDS + table(("set", "columns", "median", "slowest"), rows)


def write_between(path, name, text):
    """Replace what stands between two comments of a page."""
    page = path.read_text()
    before, _, rest = page.partition(f"<!-- {name} -->\n")
    _, _, after = rest.partition(f"<!-- /{name} -->")
    path.write_text(f"{before}<!-- {name} -->\n\n{text}\n<!-- /{name} -->{after}")


def main():
    """Write the page."""
    write_between(ROOT / "README.md", "results", readme_results())
    write_between(ROOT / "README.md", "seconds", readme_seconds())
    page = HEAD + accuracy_table()
    if (DOCS / "results" / "speed.csv").exists():
        page += SPEED + cost_table()
    notes = DOCS / "results" / "notes.md"
    page += "\n" + notes.read_text() if notes.exists() else ""
    (DOCS / "results.md").write_text(page)


if __name__ == "__main__":
    main()
