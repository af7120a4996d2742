# SPDX-License-Identifier: BSD-3-Clause
"""``demo``, the main job: hide the pixels of real images, find their symmetry, compare."""

from .. import SymmetryLens
from .._report import draw_report, summary
from ..datasets import load_digit_slices, load_photo_rows
from ..metrics import generator_similarity
from .arguments import add_fit_options
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

__all__ = ["HELP", "add_arguments", "outcome", "run"]

HELP = (
    "hide the pixels of real image slices, find their symmetry without labels, and compare it "
    "with the secret; writes one picture"
)
HIDINGS = {  # the symmetry of the set, what was done to the pixels, what the lens should do
    "permutation": ("permutation", "shuffled", "put them back in order"),
    "frequency": ("frequency", "turned into frequencies", "turned them back"),
    "rotation": ("orthogonal", "blended by a rotation", "unblended them"),
    "none": ("translation", "left as they are", "kept their order"),
}
SETS = {  # loader, pixels of a slice, what they are
    "digits": (load_digit_slices, 11, "handwritten digits"),
    "photos": (load_photo_rows, 33, "photographs"),
}
RECOVERED, NEARLY = 0.98, 0.9  # cosines


def add_arguments(parser):
    """Of the main job."""
    parser.add_argument("--hide", choices=HIDINGS, default="permutation", help="how")
    parser.add_argument("--data", choices=SETS, default="digits", help="images to cut from")
    parser.add_argument("--samples", type=int, default=20000, metavar="N", help="slices to cut")
    parser.add_argument(
        "--features", type=int, metavar="N", help="pixels of a slice (digits: 11, photos: 33)"
    )
    parser.add_argument(
        "-o", "--output", default="symmetry.png", metavar="PATH", help="the picture"
    )
    add_fit_options(parser)


def run(options, talk):
    """Mix real data in secret, fit, print and draw what was found."""
    check_outputs(options.output, options.save)
    loader, n_features, source = SETS[options.data]
    n_features = n_features if options.features is None else options.features
    symmetry, mixed, undone = HIDINGS[options.hide]
    if options.samples > 0 < n_features:
        check_enough(options.samples, n_features)
    with bad_input():
        data = loader(options.samples, n_features, symmetry=symmetry, random_state=options.seed)
    X, held_out = split(data.data, options.seed)
    talk.say("data", f"{len(data.data)} slices of {source}, {n_features} pixels, {mixed}")
    lens = fitted(SymmetryLens(random_state=options.seed), X, talk, verbose=options.verbose)
    write_model(lens, options.save, talk)
    verdict = None if options.no_verdict else judged(lens, X, talk)
    cosine = generator_similarity(lens.generator_, data.generator)
    for label, lines in summary(lens, held_out, secret=data, verdict=verdict).items():
        talk.say(label, *lines)
    talk.know(**known_of(lens), verdict=verdict_facts(verdict), cosine=cosine)
    title = f"{n_features} pixels of {source}, {mixed}: {outcome(cosine, undone)}"
    subtitle = f"Generator found against the hidden one: cosine {cosine:.5f} (1 is perfect)"
    subtitle += "" if verdict is None else f"\n{verdict.headline}"
    figure = draw_report(lens, held_out, title, subtitle=subtitle, secret=data)
    write_picture(figure, options.output, talk)


def outcome(cosine, undone):
    """What a title says of a lens, by its cosine to the secret."""
    if cosine >= RECOVERED:
        return f"the lens {undone}"
    return f"the lens nearly {undone}" if cosine >= NEARLY else "the lens did not find the way back"
