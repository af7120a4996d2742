# SPDX-License-Identifier: BSD-3-Clause
"""What resolution costs: descents from the truth with more weight of second moments.

    python tests/benchmarks/precision.py --sets pulse heart tones photographs

Prints the cosine to the truth where a refinement that begins there ends, and the divergence of the
energies, which no descent looks at, for every weight of the second moments in uniformity.
"""

import argparse
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


def ends(name, samples, seed, weights):
    """Weight, cosine and energy divergence of the truth (weight 0) and of every descent."""
    maker, size, boundary, _ = SETS[name]
    data = principal_data(np.asarray(maker(samples, size, seed), dtype=float), seed=seed)
    settings, grid = Settings(boundary=boundary), Grid.of(size, boundary)
    truth = torch.as_tensor(data.axes).to(data.spectrum)
    held_out = data.samples[:, -DEFAULT.judge_samples :]

    def row(weight, basis):
        energies = float(worst_energy_divergence((basis.float() @ held_out).mT, grid))
        return weight, agreement(basis, truth), energies

    yield row(0, truth)
    for weight in weights:
        tuning = replace(DEFAULT, precise=float(weight))
        objective = Objective(data, settings.weights, grid=grid, tuning=tuning)
        options = {"max_iter": tuning.max_iter, "tol": settings.tol}
        end = minimise(objective, truth, probes=tuning.refinement_probes, **options)
        yield row(weight, end.basis)


def main():
    """Print all descents of every set."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=["pulse", "heart", "tones"], choices=SETS)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", nargs="+", type=float, default=[1, 5, 25])
    options = parser.parse_args()
    for name in options.sets:
        for weight, cosine, energies in ends(name, options.samples, options.seed, options.weights):
            print(f"{name}, weight {weight:g}: cosine {cosine:.3f}, energies {energies:.1f}")


if __name__ == "__main__":
    main()
