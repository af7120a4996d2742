# SPDX-License-Identifier: BSD-3-Clause
"""How near the truth the minimum of the loss is: descents that begin there.

    python tests/benchmarks/precision.py --sets pulse heart tones bursts voices watch photographs

For every weight of uniformity (`steep_emphasis`), with cumulants of windows that are whitened each
by itself, and of the representation whitened as a whole: the cosine to the truth, above the noise,
where a refinement that begins there ends, and the divergence of the energies, which no descent
looks at. Above them, the shift divergence of third and fourth order at the truth.
"""

import argparse
from dataclasses import replace

import numpy as np
import torch
from known_sets import SETS

from sklearn_symmetry.core.cumulants import (
    fourth_order_divergence,
    rotated,
    rotated_modes,
    third_order_divergence,
)
from sklearn_symmetry.core.energies import worst_energy_divergence
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.core.group import agreement
from sklearn_symmetry.core.windows import inverse_root, whitened_windows
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


def together(loadings, grid):
    """Two windows, whitened by what their covariances have in common."""
    windows = [part.mT for part in grid.predecessors(loadings.mT)]
    root = inverse_root(sum(one @ one.mT for one in windows) / 2)
    return [root @ one for one in windows]


def higher_orders(objective, windows):
    """Shift divergences of third and fourth order of two windows, in nats a column."""
    cumulants, (strengths, modes) = objective.cumulants, objective.modes
    windows = [one.to(cumulants.dtype) for one in windows]
    third = third_order_divergence(*(rotated(cumulants, one) for one in windows))
    fourth = fourth_order_divergence(strengths, *(rotated_modes(modes, one) for one in windows))
    return [float(part) / len(windows[0]) for part in (third, fourth)]


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
    objective = objective_of(data, settings, grid, 1.0, False)
    loadings = truth @ data.root
    whitened = {
        "whole": [part.mT for part in grid.predecessors(truth.mT)],
        "windows": whitened_windows(loadings, grid),
        "windows, by one covariance": together(loadings, grid),
    }
    for said, windows in whitened.items():
        third, fourth = higher_orders(objective, windows)
        yield f"    {said}: {third:.4f} and {fourth:.4f} nats of third and fourth order"
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
    parser.add_argument("--weights", nargs="*", type=float, default=[1, 3, 10])
    options = parser.parse_args()
    for name in options.sets:
        for line in ends(name, options.samples, options.seed, options.weights):
            print(line, flush=True)


if __name__ == "__main__":
    main()
