# SPDX-License-Identifier: BSD-3-Clause
"""How close lenses on a lattice come to the truth, on sets with two known generators.

    python tests/benchmarks/lattices.py --sets blobs5x5 photos5x5 --seeds 3
    python tests/benchmarks/lattices.py --sets photos7x7 --from-truth

Each set is hidden by a random rotation. The cosine is that of ``generators_`` to the hidden ones,
the lower of the two, up to the symmetries of the lattice; above the noise, as
`generator_similarity(..., X=X)` has it. Seconds are those of the CPU, one thread. With
``--from-truth`` the descent begins at the truth: where it ends is what the samples and the loss
say, whatever the search finds. Rows go to CSV files, runs that the present search has made are
skipped.
"""

import argparse
import itertools
import time
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from ledger import Ledger, Table, mnist_file
from pool import complete
from result_tables import grouped, table

from sklearn_symmetry import SymmetryLens, __version__
from sklearn_symmetry.core.grid import Grid
from sklearn_symmetry.datasets import (
    hiding_basis,
    load_digit_patches,
    load_mnist_patches,
    load_photo_patches,
    make_symmetric_fields,
)
from sklearn_symmetry.datasets._common import finish
from sklearn_symmetry.datasets._fields import _patch_set
from sklearn_symmetry.metrics import generator_similarity

MNIST = mnist_file()
FIELDS = (
    "set", "shape", "samples", "seed", "cosine", "above_noise", "divergence", "seconds",
    "candidates", "converged", "verdict", "repeatability", "version",
)  # fmt: skip
KEY = FIELDS[:4]


def textures(n_samples, shape, *, symmetry, random_state):
    """Patches of brick, grass and gravel, which ship inside scikit-image (install it first)."""
    from skimage import data

    images = np.stack([getattr(data, name)() for name in ("brick", "grass", "gravel")]).astype(
        float
    )
    images = images / images.std(axis=(1, 2), keepdims=True)
    return _patch_set(
        images - images.mean(), n_samples, shape, (0, 0), symmetry, 0.02, random_state
    )


def grid_cells(n_samples, shape, *, symmetry, random_state):
    """Rates of the grid cells of one module of a simulated rat (ratinabox), phases on a torus.

    A step of the rat by a part of a period is a step of all phases: two cyclic shifts, along two
    periods of a hexagonal lattice.
    """
    from ratinabox.Agent import Agent
    from ratinabox.Environment import Environment
    from ratinabox.Neurons import GridCells

    state = np.random.get_state()  # ratinabox draws from numpy's global one
    np.random.seed(random_state)
    try:
        agent = Agent(Environment(), {"dt": 0.1})
        places = []
        for _ in range(n_samples):
            agent.update()
            places.append(agent.pos)
        cells = GridCells(
            agent, {"n": shape[0] * shape[1], "gridscale": (0.3,), "orientation": (0.1,)}
        )
    finally:
        np.random.set_state(state)
    grid = Grid.of(shape, "circulant")
    waves = np.array(cells.w)[0, :2]  # unit vectors at 60 degrees
    parts = grid.coordinates().numpy() / np.array(shape)
    cells.phase_offsets = 2 * np.pi * parts @ np.linalg.inv(waves).T
    rates = cells.get_state(evaluate_at=None, pos=np.array(places)).T
    rng = np.random.default_rng(random_state)
    basis = hiding_basis(grid.size, symmetry, random_state)
    return finish(rates, basis, boundary="circulant", noise=0.05, rng=rng, grid=grid)


def _mnist(noise):
    return partial(load_mnist_patches, path=MNIST, noise=noise)


KINDS = {  # loader, boundary
    "blobs": (make_symmetric_fields, "open"),
    "smooth": (partial(make_symmetric_fields, field="smooth"), "open"),
    "spins": (partial(make_symmetric_fields, field="ising"), "open"),
    "torus": (partial(make_symmetric_fields, boundary="circulant"), "circulant"),
    "smoothtorus": (
        partial(make_symmetric_fields, field="smooth", boundary="circulant"), "circulant",
    ),
    "digits": (load_digit_patches, "open"),
    "mnist": (_mnist(0.05), "open"),
    "noisymnist": (_mnist(0.2), "open"),
    "faintmnist": (_mnist(0.5), "open"),
    "photos": (load_photo_patches, "open"),
    "textures": (textures, "open"),
    "gridcells": (grid_cells, "circulant"),
}  # fmt: skip


def parsed(name):
    """Kind and shape of a set: ``blobs5x7``."""
    kind = name.rstrip("0123456789x")
    return kind, tuple(int(size) for size in name[len(kind) :].split("x"))


def run(set, shape, samples, seed, with_verdict=False):  # named as the columns are
    """One fit of a default lens; a row of the table."""
    data, lens, row = _fitted(set, shape, samples, seed)
    verdict = lens.verdict(data.data) if with_verdict else None
    return row | {
        "divergence": f"{min(one['divergence'] for one in lens.candidates_):.2f}",
        "candidates": len(lens.candidates_),
        "converged": lens.converged_,
        "verdict": "" if verdict is None else verdict.grade,
        "repeatability": "" if verdict is None else f"{verdict.repeatability:.4f}",
    }


def descend(set, shape, samples, seed):
    """Where a descent from the truth ends; a row of the other table."""
    return _fitted(set, shape, samples, seed, init=lambda data: data.basis.T)[2]


def _fitted(set, shape, samples, seed, init=lambda data: "auto"):
    """A set, a lens that was fitted to it, and what both tables have of it."""
    torch.set_num_threads(1)
    kind, sizes = parsed(set + shape)
    loader, boundary = KINDS[kind]
    data = loader(samples, sizes, symmetry="orthogonal", random_state=1000 + seed)
    lens = SymmetryLens(
        grid_shape=sizes, boundary=boundary, init=init(data), device="cpu", random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        lens.fit(data.data)
        seconds = time.process_time() - start
    cosine = generator_similarity(lens.generators_, data.generators)
    above = generator_similarity(lens.generators_, data.generators, X=data.data)
    row = {"set": kind, "shape": shape, "samples": samples, "seed": seed}
    row |= {"cosine": f"{cosine:.5f}", "above_noise": f"{above:.5f}"}
    return data, lens, row | {"seconds": f"{seconds:.1f}", "version": __version__}


def summary(rows):
    """Worst and best cosine, and the range of the seconds, for every set."""
    groups, ends = (grouped(some, *KEY[:3]) for some in (rows, Ledger(FROM_TRUTH)))
    lines = []
    for case, found in groups.items():
        kind, shape, samples = case
        spans = _span(found, "cosine"), _span(found, "above_noise"), _span(found, "seconds", 0)
        last = _span(ends.get(case, ()), "cosine")
        lines.append((kind, shape, f"{int(samples):,}", len(found), *spans, last))
    header = ("set", "shape", "samples", "runs", "cosines", "above the noise", "CPU seconds",
              "cosines from the truth")  # fmt: skip
    return table(header, sorted(lines, key=lambda line: (line[0], np.prod(parsed(line[1])[1]))))


def _span(rows, name, digits=4):
    """The least and the greatest value, or the one that both are."""
    values = [float(row[name]) for row in rows]
    ends = [f"{end:.{digits}f}" for end in (min(values), max(values))] if values else [""]
    return " to ".join(dict.fromkeys(ends))


# Sets of the published table.
PLAN = (
    "blobs4x4", "blobs5x5", "blobs3x9", "blobs5x8", "blobs4x6", "blobs7x7", "blobs9x9",
    "blobs12x12", "smooth5x5", "smooth7x7", "spins5x5", "digits5x5", "digits8x8", "torus5x5",
    "torus8x8", "smoothtorus5x5", "mnist5x5", "mnist7x7", "mnist9x9", "mnist12x12",
    "noisymnist5x5", "noisymnist7x7", "faintmnist5x5", "faintmnist7x7", "photos5x5", "photos3x8",
    "photos4x6", "photos7x7", "textures5x5", "textures7x7", "gridcells5x5",
)  # fmt: skip


def tasks(sets, samples=20_000, seeds=3):
    """What identifies every run; the cheap ones first, seed by seed."""
    for seed, name in itertools.product(range(seeds), sets):
        kind, shape = parsed(name)
        yield {"set": kind, "shape": "x".join(map(str, shape)), "samples": samples, "seed": seed}


def needs(task):
    """Packages and files of a set."""
    own = {"photos": "PIL", "textures": "skimage", "gridcells": "ratinabox"}.get(task["set"])
    if "mnist" in task["set"]:
        own = str(MNIST)
    return (own,) if own else ()


TABLE = Table(
    "lattices", FIELDS, KEY, run, plan=lambda: list(tasks(PLAN)), kind="lattice", took="seconds",
    like=("shape",), guess=60.0, needs=needs,
)  # fmt: skip
FROM_TRUTH = replace(
    TABLE, name="lattices_from_truth", fields=(*KEY, "cosine", "above_noise", "seconds", "version"),
    run=descend, guess=15.0,
)  # fmt: skip


def main():
    """Run what is missing, print every run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=["blobs5x5", "photos5x5", "mnist5x5"])
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--verdict", action="store_true")
    parser.add_argument("--from-truth", action="store_true")
    parser.add_argument("--output", help="docs/results/lattices.csv")
    options = parser.parse_args()
    judged = replace(TABLE, run=partial(run, with_verdict=options.verdict))
    ledger = Ledger(FROM_TRUTH if options.from_truth else judged, path=options.output)
    wanted = list(tasks(options.sets, options.samples, options.seeds))
    return complete([(ledger, wanted)], options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
