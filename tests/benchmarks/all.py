# SPDX-License-Identifier: BSD-3-Clause
"""Every table of the documentation: what is missing of it, and one command that runs that.

    python tests/benchmarks/all.py --list                   # what the present search has not made
    python tests/benchmarks/all.py --resume --jobs 2        # runs it, the cheap first
    python tests/benchmarks/all.py --resume --minutes 30    # as much as fits into half an hour
    python tests/benchmarks/all.py --pages                  # writes the pages from what is there
    python tests/benchmarks/all.py --again 5                # whether rows of older stamps hold

A row counts if its stamp (`stamps.py`) is that of the present code, or one that `stamps.SAME` says
to be as good, of which `--again` makes some rows anew; an older one is replaced when its run has
ended. A row is in its file as soon as it is there, so that an interruption loses what
was running and nothing else. Runs whose package or file is not here are named and stay missing.
Times and memory (`speed`, `scale`, `scaling`, `without_symmetry`) are measured last, one after
another.

Not among them, since they need what one machine rarely has: `device.py` (a GPU), `paired.py` (a
checkout of another version), `step_cost.py`, and the paper's own procedure, of hours to days
(`examples/paper`, ``--solver paper``); `docs/measurements.md` says with which stamps they were
made.
"""

import argparse
import importlib
import importlib.util
import random
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from ledger import RESULTS, ROOT, Ledger, Table, mnist_file
from pool import complete, run_once
from stamps import LOOKS_AT, stamp

# Tables whose scripts are in this folder.
OWN = (
    "shuffled", "shuffled_lattices", "bad_columns", "boundary", "accuracy", "robustness",
    "calibration", "lattices", "lattice_verdicts", "rank", "dependent_rows", "precision",
    "long_valleys", "separation", "ablation_of_search", "without_symmetry", "speed", "scale",
)  # fmt: skip
# Scripts of the paper and their options; with MNIST where its file is.
EXAMPLES = ROOT / "examples"
PAPER = {
    "table1": [],
    "ablation": [],
    "sensitivity": [],
    "figures": [],
    "scaling": [],
    "comparison": [],
    "adapter_benchmark": [],
}
ALONE = ("scaling",)
NEEDS = {"sensitivity": ("SALib",), "figures": ("matplotlib",)}
# Tables that pages of the guide include, made by `summary` of the script.
INCLUDED = (
    "shuffled", "shuffled_lattices", "bad_columns", "boundary", "lattices", "lattice_verdicts",
    "rank", "dependent_rows", "precision", "long_valleys", "separation", "without_symmetry",
)  # fmt: skip
PAGES = (
    ["tests/benchmarks/result_tables.py"],
    ["tests/benchmarks/calibration.py", "--page"],
    ["tests/benchmarks/robustness.py", "--minutes", "0"],
    ["tests/benchmarks/ablation_of_search.py", "--minutes", "0"],
    ["tests/benchmarks/scale.py", "--page"],
    ["examples/atlas.py", "--minutes", "0"],
    ["examples/paper/comparison.py", "--page-only"],
    ["examples/adapter_benchmark.py", "--page-only"],
    ["examples/paper/page.py"],
)


def tables():
    """All; one whose script cannot be imported here is a single run that lacks a package."""
    sys.path[:0] = [str(EXAMPLES), str(EXAMPLES / "paper")]
    yield from (importlib.import_module(name).TABLE for name in OWN)
    yield importlib.import_module("robustness").FITTED
    yield importlib.import_module("robustness").FROM_TRUTH
    yield importlib.import_module("accuracy").FROM_TRUTH
    yield importlib.import_module("lattices").FROM_TRUTH
    yield importlib.import_module("atlas").TABLE
    for name, options in PAPER.items():
        lacking = [need for need in NEEDS.get(name, ()) if importlib.util.find_spec(need) is None]
        if lacking:
            everything = {"run": "all runs of the script"}
            yield Table(name, (), ("run",), tuple, lambda all=everything: [all],
                        needs=lambda task, lacking=lacking: lacking)  # fmt: skip
        else:
            yield of_script(name, options)


def of_script(name, options):
    """The table of an experiment of the paper."""
    script = importlib.import_module(name)
    if mnist_file().exists():
        options = [*options, "--mnist", str(mnist_file())]
    args = script.parsed(["--resume", *options])
    fields = getattr(script, "FIELDS", script.common.FIELDS)
    identity = getattr(script, "IDENTITY", script.common.IDENTITY)
    return Table(
        name.removesuffix("_benchmark"), fields, identity, partial(run_script, name, args),
        plan=lambda: list(script.plan(args)),
        kind=getattr(script, "kind_of", script.common.kind_of),
        took="cpu_seconds", like=("set",), guess=20.0, alone=name in ALONE,
    )  # fmt: skip


def run_script(name, args, **task):
    """One run of an experiment of the paper."""
    return importlib.import_module(name).run_one(task, args)


def is_paper(ledger, task):
    """Whether a run is of the paper's own procedure, which is no part of all this."""
    return ledger.table.stamp_of(task).startswith("paper")


def work(names, folder=RESULTS):
    """Files of results, and the tasks that the present search has not done."""
    for table in tables():
        if names and table.name not in names:
            continue
        ledger = Ledger(table, folder)
        tasks = [task for task in table.plan() if not is_paper(ledger, task)]
        yield ledger, tasks, [task for task in tasks if not ledger.has(task)]


def included():
    """Files that pages include, and what the rows that there are say that they hold."""
    for name in INCLUDED:
        script = importlib.import_module(name)
        yield RESULTS / f"{name}.md", script.summary(Ledger(script.TABLE))


def write_pages():
    """Pages and tables from the rows that there are."""
    for path, text in included():
        path.write_text(text)
    for command in PAGES:
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True)


def again(names, count):
    """Run some rows of older stamps that count as present ones; how many came out differently."""
    differ = 0
    for ledger, tasks, _ in work(names):
        old = [task for task in tasks if ledger.has(task) and not ledger.has(task, exactly=True)]
        for task in random.Random(0).sample(old, min(count, len(old))):
            rows, _, error = run_once(ledger.table.run, task)
            found = error or ", ".join(_changes(ledger.of(task), rows, ledger))
            differ += bool(found)
            what = " ".join(map(str, task.values()))
            print(f"{ledger.table.name}: {what}: {found or 'the same'}", flush=True)
    return differ


def _changes(old, new, ledger):
    """What differs between two runs of a task, but for times, memory and versions."""
    if len(old) != len(new):
        yield f"{len(new)} rows, were {len(old)}"
    passing = ("seconds", "version", "stamp", "megabytes")
    for before, now in zip(old, new, strict=False):
        for name in ledger.table.fields:
            was, value = str(before.get(name, "")), str(now.get(name, ""))
            if was != value and not any(word in name for word in passing):
                yield f"{name} {value}, was {was}"


def report(ledger, tasks, missing):
    """A line about a table: what is missing, what it would cost, what cannot be run here."""
    lacking = Counter(need for task in missing for need in ledger.table.lacks(task))
    here = [task for task in missing if not ledger.table.lacks(task)]
    minutes = sum(map(ledger.seconds, here)) / 60
    line = f"{ledger.table.name}: {len(missing)} of {len(tasks)} missing"
    if here:
        line += f", about {minutes:.1f} CPU minutes"
    for need, count in lacking.items():
        line += f"; {count} need {Path(need).name}, which is not here"
    return line


def main(arguments=None):
    """List, run, or write the pages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--resume", action="store_true", help="run what is missing")
    parser.add_argument("--list", action="store_true", help="say what is missing; 1 if anything is")
    parser.add_argument("--pages", action="store_true", help="write the pages from the rows")
    parser.add_argument("--again", type=int, metavar="N", help="of every table, N rows anew")
    parser.add_argument("--tables", nargs="+", metavar="NAME", help="some of them only")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--minutes", type=float, help="begin nothing that would take longer")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the files")
    options = parser.parse_args(arguments)
    if not (options.resume or options.list or options.pages or options.again):
        parser.error("one of --list, --resume, --pages and --again")
    if options.list and options.resume:
        parser.error("--list runs nothing, --resume does: one of them")
    if options.again:
        return int(again(options.tables, options.again) > 0)
    failed = 0
    if options.resume:
        print("stamps:", *map(stamp, LOOKS_AT), sep="\n  ", flush=True)
        todo = [(ledger, missing) for ledger, _, missing in work(options.tables, options.results)]
        try:
            failed = complete(todo, options.jobs, options.minutes)
        except KeyboardInterrupt:
            print("Interrupted; what had ended is kept. Go on with --resume.")
            return 130
    if options.pages:
        write_pages()
    states = list(work(options.tables, options.results))
    print(*(report(*state) for state in states), sep="\n")
    if not any(missing for _, _, missing in states):
        print("Nothing is missing.")
        return 0
    return 1 if options.list else int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
