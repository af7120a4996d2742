# SPDX-License-Identifier: BSD-3-Clause
"""docs/scale.md and its figure, from the rows that scale.py measured."""

import math
import statistics
from pathlib import Path

from result_tables import table

COMMAND = "python tests/benchmarks/scale.py"
HEAD = f"""# How it scales

Made by `{COMMAND} --page` from `docs/results/scale.csv`, where every
single run is. The samples lie in a file; every fit has a process and one thread of its own, and
reads the memory-mapped file (FastICA and picard: the array). Seconds are processor seconds of the
fit on a shared machine, where they vary by a third; memory is the largest resident memory beyond
what was there before the fit. Cosine: of the generator found to the hidden one, a random rotation.
Independent components are put in order as by `ICASeriation`; FastICA and picard are given 300
iterations.

![Seconds, memory and accuracy against columns; accuracy against rows](figures/scale.png)

"""


def write(rows, docs):
    """The page and its figure."""
    page = HEAD
    page += _columns([row for row in rows if row["part"] == "columns"])
    page += _rows([row for row in rows if row["part"] == "rows"])
    page += _jobs([row for row in rows if row["part"] == "jobs"])
    notes = docs / "results" / "scale_notes.md"
    page += "\n" + notes.read_text() if notes.exists() else ""
    (docs / "scale.md").write_text(page)
    _figure(rows, docs / "figures" / "scale.png")


def _groups(rows, *names):
    """Rows of the same values of some fields, in the order of these."""
    found = {}
    for row in rows:
        found.setdefault(tuple(_number(row[name]) for name in names), []).append(row)
    return sorted(found.items(), key=lambda item: tuple(map(str, item[0][:-1])) + item[0][-1:])


def _number(text):
    return float(text) if text.replace(".", "", 1).isdigit() else text


def _median(rows, name):
    return statistics.median(float(row[name]) for row in rows)


def _worst(rows):
    return f"{min(float(row['cosine']) for row in rows):.4f}"


def _columns(rows):
    if not rows:
        return ""
    samples = " or ".join(sorted({f"{int(row['rows']):,}" for row in rows}))
    text = f"## Columns\n\n`{COMMAND} --part columns --columns ...`; {samples} rows.\n\n"
    lines = [
        (signal, method, f"{int(size):,}", len(some), f"{_median(some, 'cpu_seconds'):.1f}",
         f"{_median(some, 'megabytes'):.0f}", _worst(some))
        for (signal, method, size), some in _groups(rows, "signal", "method", "columns")
    ]  # fmt: skip
    head = ("signals", "method", "columns", "runs", "seconds", "MB", "cosine (worst)")
    return text + table(head, lines) + _growth(rows)


def _growth(rows):
    """Of the time of the lens on narrow signals from 65 columns on, sample by sample."""
    own = [row for row in rows if row["method"] == "lens" and row["signal"] == "narrow"]
    times = {
        int(size): {row["seed"]: float(row["cpu_seconds"]) for row in some}
        for (size,), some in _groups(own, "columns")
    }
    few = times.get(65, {})
    lines = []
    for size, some in times.items():
        if size <= 65 or some.keys() != few.keys():
            continue
        ratios = sorted(some[seed] / few[seed] for seed in few)
        power = math.log(statistics.median(ratios)) / math.log(size / 65)
        said = ", ".join(f"{ratio:.1f}" for ratio in ratios)
        lines.append(
            f"- to {size} columns: {said} times, as the power {power:.1f} of the columns\n"
        )
    if not lines:
        return ""
    head = "Growth of the time of the lens on narrow signals from 65 columns, of every seed:"
    return f"\n{head}\n\n" + "".join(lines)


def _rows(rows):
    if not rows:
        return ""
    text = f"""
## Rows

`{COMMAND} --part rows --rows ...`: 33 columns, signals of which
20,000 samples do not say enough. Means and covariances are those of all rows, all else that of a
sample of 20,000.

"""
    lines = [
        (signal, noise, f"{int(count):,}", len(some), f"{_median(some, 'cpu_seconds'):.1f}",
         f"{_median(some, 'megabytes'):.0f}", f"{_median(some, 'cosine'):.4f}", _worst(some))
        for (signal, noise, count), some in _groups(rows, "signal", "noise", "rows")
    ]  # fmt: skip
    head = ("signals", "noise", "rows", "runs", "seconds", "MB", "cosine (median)", "(worst)")
    return text + table(head, lines)


def _jobs(rows):
    if not rows:
        return ""
    text = f"\n## Jobs\n\n`{COMMAND} --part jobs`: wide signals of 33 columns, `n_jobs`.\n\n"
    lines = [
        (f"{int(jobs)}", len(some), f"{_median(some, 'cpu_seconds'):.1f}",
         f"{_median(some, 'megabytes'):.0f}", _worst(some))
        for (jobs,), some in _groups(rows, "jobs")
    ]  # fmt: skip
    return text + table(("jobs", "runs", "seconds", "MB", "cosine (worst)"), lines)


def _figure(rows, path):
    """Time, memory and what is missing of the cosine, against columns; the last against rows."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(8.5, 6.4), layout="constrained")
    axes = axes.ravel()
    columns = [row for row in rows if row["part"] == "columns" and row["signal"] == "narrow"]
    for axis, (name, label) in zip(axes, _PANELS.items(), strict=False):
        for (method,), some in _groups(columns, "method"):
            points = _groups(some, "columns")
            values = [_shown(group, name) for _, group in points]
            axis.loglog([size for (size,), _ in points], values, "o-", ms=4, label=method)
        sizes = sorted({int(row["columns"]) for row in columns})
        axis.set_xticks(sizes, list(map(str, sizes)))
        axis.set_xticks([], minor=True)
        axis.set(xlabel="columns", title=label)
    for (signal, noise), some in _groups(
        [r for r in rows if r["part"] == "rows"], "signal", "noise"
    ):
        points = _groups(some, "rows")
        values = [_shown(group, "cosine") for _, group in points]
        axes[3].loglog([n for (n,), _ in points], values, "o-", ms=4, label=f"{signal}, {noise:g}")
    axes[3].set(xlabel="rows", title="1 - cosine (signals, noise)")
    for axis in (axes[0], axes[3]):
        if axis.lines:
            axis.legend(frameon=False, fontsize=8)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    Path(path).parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


_PANELS = {"cpu_seconds": "processor seconds", "megabytes": "MB of a fit", "cosine": "1 - cosine"}


def _shown(group, name):
    value = _median(group, name)
    return max(1 - value, 1e-6) if name == "cosine" else max(value, 0.1)
