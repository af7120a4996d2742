# SPDX-License-Identifier: BSD-3-Clause
"""Runs of benchmarks side by side: the cheap first, every row kept at once, an end in time."""

import multiprocessing
import os
import sys
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait

WIDTH = 24  # of the bar, in characters


def complete(work, jobs=1, minutes=None):
    """Run what is missing of some tables.

    Parameters
    ----------
    work : list of (Ledger, list of dict)
        Tables and the tasks that are wanted of them.
    jobs : int
        Processes; tables that are measured alone have one.
    minutes : float or None
        A run that is not expected to end in this time is not begun, one that has not ended is
        stopped, and missing the next time.

    Returns
    -------
    n_failed : int
        Runs that ended in an error, which is printed; they stay missing.
    """
    # Before the processes start: small matrices, and times that mean something.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    end = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    together, alone = [], []
    for ledger, tasks in work:
        some = [(ledger.seconds(task), ledger, task) for task in tasks if _wanted(ledger, task)]
        (alone if ledger.table.alone else together).extend(some)
    progress = Progress(together + alone, jobs)
    failed = _run_all(together, jobs, end, progress)
    return failed + _run_all(alone, 1, end, progress, fresh=True)


def _wanted(ledger, task):
    return not ledger.has(task) and not ledger.table.lacks(task)


def _run_all(todo, jobs, end, progress, fresh=False):
    """All runs of a list, cheap ones first; how many failed."""
    if not todo:
        return 0
    waiting, failed = sorted(todo, key=lambda one: one[0]), 0
    context = multiprocessing.get_context("spawn")
    options = {"max_tasks_per_child": 1} if fresh else {}
    pool = ProcessPoolExecutor(min(jobs, len(todo)), mp_context=context, **options)
    running = {}
    try:
        while running or waiting:
            while waiting and len(running) < jobs:
                seconds, ledger, task = waiting.pop(0)
                if time.monotonic() + seconds > end:
                    waiting = []  # the others cost more
                    break
                running[pool.submit(run_once, ledger.table.run, task)] = (seconds, ledger, task)
            left = None if end == float("inf") else max(0.0, end - time.monotonic())
            done, _ = wait(running, timeout=left, return_when=FIRST_COMPLETED)
            if not done:
                break
            for future in done:
                failed += _keep(future, *running.pop(future), progress)
    finally:
        _stop(pool, kill=bool(running))
    return failed


def run_once(run, task):
    """A run: its rows, seconds of the processor, and what went wrong."""
    begin = time.process_time()
    try:
        rows = run(**task)
    except Exception:  # one run must not end the others
        return [], time.process_time() - begin, traceback.format_exc()
    rows = [rows] if isinstance(rows, dict) else list(rows)
    return rows, time.process_time() - begin, ""


def _keep(future, seconds, ledger, task, progress):
    """Write the rows of a run that has ended; 1 if it failed."""
    rows, took, error = future.result()
    if not error:
        ledger.put(task, rows)
    progress.ended(ledger.table.name, task, seconds, took, error)
    return int(bool(error))


def _stop(pool, kill):
    """End the processes: at once, where one has not ended its run."""
    pool.shutdown(wait=not kill, cancel_futures=True)
    if kill:
        for child in multiprocessing.active_children():
            child.kill()


class Progress:
    """How far it is: a line for every run, and a bar that stays in place where somebody watches."""

    def __init__(self, todo, jobs, stream=None):
        self.stream = stream or sys.stderr
        self.jobs, self.total, self.count = jobs, len(todo), 0
        self.expected, self.passed = sum(seconds for seconds, *_ in todo), 0.0
        self.begin = time.monotonic()

    def ended(self, name, task, seconds, took, error=""):
        """One run more."""
        self.count, self.passed = self.count + 1, self.passed + seconds
        what = f"{name}: {' '.join(str(value) for value in task.values())}"[:100]
        line = f"{what}, {took:.1f} s" + (f"\n{error}" if error else "")
        if self.stream.isatty():
            self.stream.write(f"\r\033[K{line}\n{self.bar()}")
        else:
            self.stream.write(f"{self.bar()} {line}\n")
        self.stream.flush()
        if self.count == self.total and self.stream.isatty():
            self.stream.write("\n")

    def bar(self):
        """Share of the expected cost that is done, and the time that is left."""
        share = min(1.0, self.passed / self.expected) if self.expected else 1.0
        full = round(WIDTH * share)
        left = (time.monotonic() - self.begin) * (1 / share - 1) / 60 if share else 0.0
        drawn = "#" * full + "." * (WIDTH - full)
        return f"[{drawn}] {self.count}/{self.total}, {left:.1f} min left"
