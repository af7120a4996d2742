# SPDX-License-Identifier: BSD-3-Clause
"""Write docs/results.md from the CSV files of the benchmarks.

python tests/benchmarks/result_tables.py
"""

import csv
import statistics
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"

HEAD = """# Measured results

Made by `python tests/benchmarks/result_tables.py` from `docs/results/*.csv`, where every single
run is. Cosine: of `generator_` (the central d x d crop) to the hidden generator, the better of the
two directions; target `eye(d, k=1)` in the hidden basis, the cyclic shift for circulant sets. The
lens has its default settings (circulant sets: `boundary="circulant"`), sees the samples alone and
is scored once. Hidings: DST-I, a permutation, a random rotation, with as many seeds as the number
of runs divided by three.

## Accuracy

`python tests/benchmarks/accuracy.py --samples N --sets ...`

"""

SPEED = """
## Cost

`python tests/benchmarks/speed.py`: wall time of the fit over that of scikit-learn's `FastICA` with
as many components as features (`max_iter=300, tol=1e-4`) on the same array in the same process,
2 CPU cores, 20,000 samples. Share: the part of the fit spent on the search, the rest is the
refinement. Memory: peak of the process, torch and data included.

"""


def table(header, rows):
    """A markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def accuracy_rows(path):
    """Runs, worst, median and best cosine of every set and sample count."""
    groups = {}
    for row in csv.DictReader(path.open()):
        groups.setdefault((row["set"], int(row["samples"])), []).append(row)
    for (name, samples), rows in sorted(groups.items(), key=lambda item: (-item[0][1], item[0][0])):
        cosines = [float(row["cosine"]) for row in rows]
        tried = statistics.median(int(row["candidates"]) for row in rows)
        yield (
            name, f"{samples:,}", len(rows), f"{min(cosines):.4f}",
            f"{statistics.median(cosines):.4f}", f"{max(cosines):.4f}", f"{tried:g}",
        )  # fmt: skip


def main():
    """Write the page."""
    page = HEAD + table(
        ("set", "samples", "runs", "worst", "median", "best", "starts tried (median)"),
        accuracy_rows(DOCS / "results" / "accuracy.csv"),
    )
    speed = DOCS / "results" / "speed.csv"
    if speed.exists():
        rows = list(csv.DictReader(speed.open()))
        page += SPEED + table(list(rows[0]), (row.values() for row in rows))
    notes = DOCS / "results" / "notes.md"
    page += "\n" + notes.read_text() if notes.exists() else ""
    (DOCS / "results.md").write_text(page)


if __name__ == "__main__":
    main()
