# SPDX-License-Identifier: BSD-3-Clause
"""``images``: mix patches of real images, find both their symmetries, compare."""

from .. import SymmetryLens
from .._images import draw_images
from ..datasets import load_digit_patches, load_photo_patches
from ..metrics import generator_similarity
from .arguments import add_fit_options
from .demo import outcome
from .fitting import (
    bad_input,
    check_enough,
    check_outputs,
    fitted,
    judged,
    known_of,
    split,
    verdict_facts,
    write_model,
    write_picture,
)

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "mix the pixels of real image patches by a secret rotation, find both their symmetries and "
    "the image without labels, and compare it with the secret; writes one picture"
)
PATCHES = {  # loader, what they are
    "photos": (load_photo_patches, "photographs"),
    "digits": (load_digit_patches, "handwritten digits"),
}


def add_arguments(parser):
    """Of images."""
    parser.add_argument("--data", choices=PATCHES, default="photos", help="images to cut from")
    # A verdict fits halves: patches of photographs are so smooth that these need 20,000.
    parser.add_argument("--samples", type=int, default=40000, metavar="N", help="patches to cut")
    parser.add_argument("--size", type=int, default=5, metavar="N", help="pixels along both axes")
    parser.add_argument("-o", "--output", default="images.png", metavar="PATH", help="the picture")
    add_fit_options(parser)


def run(options, talk):
    """Mix patches in secret, fit a lattice of unknown shape, print and draw what was found."""
    check_outputs(options.output, options.save)
    loader, source = PATCHES[options.data]
    shape, size = (options.size,) * 2, f"{options.size} x {options.size}"
    if options.samples > 0 < options.size:  # before a rotation of so many pixels is made
        check_enough(options.samples, options.size**2)
    with bad_input():
        data = loader(options.samples, shape, symmetry="orthogonal", random_state=options.seed)
    X, held_out = split(data.data, options.seed)
    talk.say("data", f"{len(data.data)} patches of {source}, {size} pixels, blended by a rotation")
    lens = SymmetryLens(grid_shape="auto", random_state=options.seed)
    lens = fitted(lens, X, talk, verbose=options.verbose)
    write_model(lens, options.save, talk)
    verdict = None if options.no_verdict else judged(lens, X, talk)
    found, cosine = " x ".join(map(str, lens.grid_shape_)), 0.0  # of another shape
    if sorted(lens.grid_shape_) == sorted(shape):
        cosine = generator_similarity(lens.generators_, data.generators)
    talk.say("found", f"a lattice of {found} and two generators that commute")
    talk.say("secret", f"{cosine:.5f} cosine of the worse generator to the hidden one")
    if verdict is not None:
        talk.say("verdict", *str(verdict).split("\n"))
    talk.know(**known_of(lens), verdict=verdict_facts(verdict), cosine=cosine)
    title = f"{size} pixels of {source}, blended by a rotation: {outcome(cosine, 'unblended them')}"
    subtitle = f"A lattice of {found}; cosine of the worse generator to the hidden one {cosine:.5f}"
    subtitle += "" if verdict is None else f"\n{verdict.headline}"
    figure = draw_images(lens, held_out, data, options.data, title, subtitle)
    write_picture(figure, options.output, talk)
