# SPDX-License-Identifier: BSD-3-Clause
"""How near the truth the minimum of the loss is: descents that begin there.

    python tests/benchmarks/precision.py --sets pulse heart tones bursts voices watch photographs

For every weight of uniformity (`steep_emphasis`), with cumulants of windows that are whitened each
by itself, and of the representation whitened as a whole: the cosine to the truth, above the noise,
where a refinement that begins there ends, and the divergence of the energies, which no descent
looks at. Above them, the shift divergence of third and fourth order at the truth.
"""

import argparse
import functools
from dataclasses import replace

import numpy as np
import torch
from known_sets import SETS

from sklearn_symmetry.core.energies import worst_energy_divergence
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import agreement
from sklearn_symmetry.solver.manifold import minimise
from sklearn_symmetry.solver.objective import Objective
from sklearn_symmetry.solver.solution import Settings
from sklearn_symmetry.solver.tuning import DEFAULT
from sklearn_symmetry.statistics.principal import principal_data

NAMES = {False: "windows", True: "whole"}


def objective_of(data, settings, grid, weight, whole):
    """The loss; whitened as a whole, its windows are rows of an orthogonal matrix."""
    tuning = replace(DEFAULT, steep_emphasis=float(weight))
    objective = Objective(data, settings.weights, grid=grid, tuning=tuning)
    if whole:
        objective.root = torch.eye(len(data.spectrum)).to(data.spectrum)
    return objective


def higher_orders(objective, basis):
    """Shift divergences of third and fourth order, in nats a column."""
    rep = objective._representation(basis, objective.samples[:, :0])
    for part in ("third_order_shift_divergence", "fourth_order_shift_divergence"):
        divergence = getattr(objective.density, part)
        yield float(objective.grid.average(functools.partial(divergence, rep)))


def ends(name, samples, seed, weights):
    """What is to be printed of one set, line by line."""
    maker, size, boundary, _ = SETS[name]
    data = principal_data(np.asarray(maker(samples, size, seed), dtype=float), seed=seed)
    settings, grid = Settings(boundary=boundary), Grid.of(size, boundary)
    truth = torch.as_tensor(data.axes).to(data.spectrum)
    held_out = data.samples[:, -DEFAULT.judge_samples :]

    def energies(basis):
        return float(worst_energy_divergence((basis.float() @ held_out).mT, grid))

    yield f"{name}, the truth: energies {energies(truth):.1f}"
    for whole, said in NAMES.items():
        third, fourth = higher_orders(objective_of(data, settings, grid, 1.0, whole), truth)
        yield f"    {said}: {third:.3f} and {fourth:.3f} nats of third and fourth order"
    for whole, said in NAMES.items():
        for weight in weights:
            objective = objective_of(data, settings, grid, weight, whole)
            tuning = objective.tuning
            options = {"max_iter": tuning.max_iter, "tol": settings.tol}
            end = minimise(objective, truth, probes=tuning.refinement_probes, **options).basis
            cosine = agreement(end, truth, data.share)
            yield f"    {said}, weight {weight:g}: {cosine:.4f}, energies {energies(end):.1f}"


def main():
    """Print all descents of every set."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=["pulse", "heart", "tones"], choices=SETS)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", nargs="+", type=float, default=[1, 3, 10])
    options = parser.parse_args()
    for name in options.sets:
        for line in ends(name, options.samples, options.seed, options.weights):
            print(line, flush=True)


if __name__ == "__main__":
    main()
