# SPDX-License-Identifier: BSD-3-Clause
"""How close lenses on a lattice come to the truth, on sets with two known generators.

    python tests/benchmarks/lattices.py --sets blobs5x5 photos5x5 --seeds 3

Each set is hidden by a random rotation. The cosine is that of ``generators_`` to the hidden ones,
the lower of the two, up to the symmetries of the lattice; above the noise, as
`generator_similarity(..., X=X)` has it. Seconds are those of the CPU, one thread. Rows are appended
to a CSV file, runs that are there already are skipped; with `--table`, the table of the
documentation is printed from it and nothing is run.
"""

import argparse
import csv
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch

from sklearn_symmetry import SymmetryLens, __version__
from sklearn_symmetry.datasets import (
    load_digit_patches,
    load_mnist_patches,
    load_photo_patches,
    make_symmetric_fields,
)
from sklearn_symmetry.datasets._fields import _patch_set
from sklearn_symmetry.metrics import generator_similarity

HERE = Path(__file__).resolve().parent
MNIST = HERE.parents[2] / "shared" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz"
FIELDS = (
    "set", "shape", "samples", "seed", "cosine", "above_noise", "divergence", "seconds",
    "candidates", "converged", "verdict", "repeatability", "version",
)  # fmt: skip


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
}  # fmt: skip


def parsed(name):
    """Kind and shape of a set: ``blobs5x7``."""
    kind = name.rstrip("0123456789x")
    return kind, tuple(int(size) for size in name[len(kind) :].split("x"))


def run(name, samples, seed, with_verdict):
    """One fit of a default lens; a row of the table."""
    torch.set_num_threads(1)
    kind, shape = parsed(name)
    loader, boundary = KINDS[kind]
    data = loader(samples, shape, symmetry="orthogonal", random_state=1000 + seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        lens = SymmetryLens(grid_shape=shape, boundary=boundary, device="cpu", random_state=seed)
        lens.fit(data.data)
        seconds = time.process_time() - start
        verdict = lens.verdict(data.data) if with_verdict else None
    cosine = generator_similarity(lens.generators_, data.generators)
    above = generator_similarity(lens.generators_, data.generators, X=data.data)
    best = min(one["divergence"] for one in lens.candidates_)
    row = (
        kind, "x".join(map(str, shape)), samples, seed, f"{cosine:.5f}", f"{above:.5f}",
        f"{best:.2f}", f"{seconds:.1f}", len(lens.candidates_), lens.converged_,
        "" if verdict is None else verdict.grade,
        "" if verdict is None else f"{verdict.repeatability:.4f}", __version__,
    )  # fmt: skip
    return dict(zip(FIELDS, row, strict=True))


def table(rows):
    """Markdown: worst and best cosine, and the range of the seconds, for every set."""
    print("| set | shape | samples | runs | cosines | above the noise | CPU seconds |")
    print("|---|---|---|---|---|---|---|")
    groups = {}
    for row in rows:
        groups.setdefault((row["set"], row["shape"], row["samples"]), []).append(row)
    for (kind, shape, samples), found in groups.items():
        cosines, above, seconds = (
            sorted(float(row[name]) for row in found)
            for name in ("cosine", "above_noise", "seconds")
        )
        print(
            f"| {kind} | {shape} | {int(samples):,} | {len(found)} | {cosines[0]:.4f} to "
            f"{cosines[-1]:.4f} | {above[0]:.4f} to {above[-1]:.4f} | {seconds[0]:.0f} to "
            f"{seconds[-1]:.0f} |"
        )


def main():
    """Run what is missing, print every row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=["blobs5x5", "photos5x5", "mnist5x5"])
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--verdict", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--output", default="docs/results/lattices.csv")
    options = parser.parse_args()
    output = Path(options.output)
    done = list(csv.DictReader(output.open())) if output.exists() else []
    if options.table:
        table(done)
        return
    known = {(row["set"] + row["shape"], int(row["samples"]), int(row["seed"])) for row in done}
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if not done:
            writer.writeheader()
        for name in options.sets:
            for seed in range(options.seeds):
                if (name, options.samples, seed) in known:
                    continue
                row = run(name, options.samples, seed, options.verdict)
                writer.writerow(row)
                file.flush()
                print(" ".join(f"{value}" for value in row.values()), flush=True)


if __name__ == "__main__":
    main()
