# SPDX-License-Identifier: BSD-3-Clause
"""Processor time of one step of the paper's procedure on one thread, and where it goes.

    python tests/benchmarks/step_cost.py

Published batches: 2,520 samples of 7 features, 16,500 of 33. Processor time is that of this process
alone, medians over the steps; on a busy machine it is still longer than on an idle one, the shares
are what counts.
"""

import argparse
import csv
import importlib.util
import statistics
import time
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from stamps import stamp

from sklearn_symmetry import paper_settings
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.solver.paper import Trainer, published_steps
from sklearn_symmetry.solver.solution import Settings

# Methods of the densities, and what they are.
FORWARD = {
    "marginal_entropy": "marginal mixtures",
    "marginal_shift_divergence": "marginal mixtures",
    "conditional_shift_divergence": "conditional networks",
    "training_loss": "loss of the estimators",
}
PARTS = (*dict.fromkeys(FORWARD.values()), "gradient of the model", "gradient of the estimators",
         "Adam", "the rest")  # fmt: skip
FIELDS = ("features", "batch", "dtype", "part", "milliseconds", "share", "full_run_hours")


class Laps:
    """Adds up the processor time of calls by the name of their part."""

    def __init__(self):
        self.seconds = dict.fromkeys(PARTS, 0.0)

    def timed(self, function, part):
        """The function, whose calls count as this part; `part` may be an iterator of parts."""

        def call(*args, **options):
            begin = time.process_time()
            result = function(*args, **options)
            name = part if isinstance(part, str) else next(part)
            self.seconds[name] += time.process_time() - begin
            return result

        return call


def measure_step(trainer, iteration):
    """Milliseconds of every part of one step."""
    laps = Laps()
    order = iter(("gradient of the model", "gradient of the estimators"))
    patches = [
        mock.patch.object(trainer.density, name, laps.timed(getattr(trainer.density, name), part))
        for name, part in FORWARD.items()
    ]
    patches.append(
        mock.patch.object(torch.autograd, "grad", laps.timed(torch.autograd.grad, order))
    )
    optimizer = trainer.optimizer
    patches.append(mock.patch.object(optimizer, "step", laps.timed(optimizer.step, "Adam")))
    for patch in patches:
        patch.start()
    begin = time.process_time()
    trainer.step(iteration)
    total = time.process_time() - begin
    for patch in patches:
        patch.stop()
    laps.seconds["the rest"] = total - sum(laps.seconds.values())
    return {part: 1e3 * seconds for part, seconds in laps.seconds.items()}


def compiled_step(X, settings, n_steps):
    """Milliseconds of a step with compiled tables, which has no such parts; median."""
    trainer = Trainer(X, settings, 0, compiled=True)
    trainer.step(0)  # compiles
    spent = []
    for index in range(n_steps):
        begin = time.process_time()
        trainer.step(1 + index)
        spent.append(1e3 * (time.process_time() - begin))
    return statistics.median(spent)


def measure(size, dtype, n_steps):
    """Rows for one dimension: every part, then the whole step."""
    settings = Settings(**paper_settings(size))
    X = make_symmetric_signals(2 * settings.batch_size, size, random_state=0).data
    trainer = Trainer(X.astype(dtype), settings, 0, compiled=False)
    trainer.step(0)
    steps = [measure_step(trainer, 1 + index) for index in range(n_steps)]
    parts = {part: statistics.median(step[part] for step in steps) for part in PARTS}
    total = sum(parts.values())
    lines = [*parts.items(), ("one step", total)]
    if importlib.util.find_spec("numba") is not None:
        lines.append(
            ("one step, compiled tables", compiled_step(X.astype(dtype), settings, n_steps))
        )
    for part, spent in lines:
        hours = published_steps(size) * spent / 3.6e6
        yield dict(
            zip(
                FIELDS,
                (size, settings.batch_size, dtype, part, f"{spent:.1f}", f"{spent / total:.2f}",
                 f"{hours:.1f}" if part.startswith("one step") else ""),
                strict=True,
            )
        )  # fmt: skip


def main(arguments=None):
    """Measure both dimensions, print and write every row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--features", type=int, nargs="+", default=[7, 33])
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"])
    parser.add_argument("--steps", type=int, default=9)
    parser.add_argument("--output", type=Path, default=Path("docs/results/step_cost.csv"))
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, numpy {np.__version__}, one thread")
    part = args.output.with_suffix(".part")  # what there is stays until all is measured
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, (*FIELDS, "stamp"))
        writer.writeheader()
        for size in args.features:
            for dtype in args.dtypes:
                for row in measure(size, dtype, args.steps):
                    writer.writerow(row | {"stamp": stamp("paper")})
                    file.flush()
                    print(" ".join(map(str, row.values())), flush=True)
    part.replace(args.output)


if __name__ == "__main__":
    main()
