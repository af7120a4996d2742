# SPDX-License-Identifier: BSD-3-Clause
"""Fit and verdict of the commands: progress, notes instead of warnings, what is written."""

import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._io import BadInput, check_output, write_atomically
from .._lattices import fitted_grid
from .._verdict import fitted_setting
from ..inspection._common import matplotlib_module
from .lenses import check_lens_output, write_lens
from .tables import called

__all__ = [
    "about",
    "bad_input",
    "check_enough",
    "check_outputs",
    "fitted",
    "judged",
    "known_of",
    "noted",
    "protect",
    "split",
    "verdict_facts",
    "write_model",
    "write_picture",
]

PICTURES = (".png", ".pdf", ".svg")
NOT_FOUND = 3  # exit code


def check_outputs(picture, model):
    """Everything that can go wrong after the fit and can be known before it."""
    check_output(picture, PICTURES)
    check_lens_output(model)
    if picture is None:
        return
    matplotlib_module("figure")
    if model is not None and Path(model).resolve() == Path(picture).resolve():
        raise BadInput(f"picture and lens cannot both be written to {picture}")


def protect(file, path, what="data"):
    """Refuse to write over what is read; None and ``"-"``: nothing is."""
    names = {None, "-"}
    if not names & {file, path} and Path(path).resolve() == Path(file).resolve():
        raise BadInput(f"{path} is the {what}: write to another file")


def check_enough(n_samples, n_features):
    """Number of samples to keep aside; refuses so few that no half could be fitted."""
    held_out = max(10, n_samples // 10)
    # Either half of the samples must have more samples than features.
    if n_samples - held_out < 2 * (n_features + 1):
        raise BadInput(
            f"{n_samples} samples of {n_features} features are too few; bring at least "
            f"{int(2.3 * (n_features + 1)) + 10}, better hundreds per feature"
        )
    return held_out


def split(X, seed, *, in_order=False):
    """Nine tenths to fit, one tenth to judge; in random order, since a file may be sorted.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    seed : int
    in_order : bool, default=False
        Rows are a recording: the last tenth is kept aside, and all stay where they are.
    """
    held_out = check_enough(*X.shape)
    if not in_order:
        X = X[np.random.default_rng(seed).permutation(len(X))]
    return X[:-held_out], X[-held_out:]


def fitted(lens, X, talk, *, verbose=False):
    """The lens, fitted with a line of progress; warnings become notes."""
    lens.set_params(verbose=1)
    with noted(talk):
        lens.fit(X)
    lens.set_params(verbose=0)
    if verbose:
        for candidate in lens.candidates_:
            talk.say("start", f"loss {candidate['loss']:8.4f}  {candidate['start']}")
        for name, curve in lens.loss_terms_.items():
            talk.say("term", f"{name:<12}{curve[-1]:8.4f}")
    return lens


def judged(lens, X, talk, *, level=None, blocks=False):
    """The verdict, with a line of progress for either half."""
    given = {} if level is None else {"level": level}
    lens.set_params(verbose=1)
    try:
        with noted(talk):
            return lens.verdict(X, **given, groups="blocks" if blocks else None)
    finally:
        lens.set_params(verbose=0)


@contextmanager
def noted(talk):
    """Warnings become notes, and what the library refuses is the user's to mend."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with bad_input():
                yield
        finally:
            for warning in caught:
                kind = warning.category
                # The summary says in its own words that a fit did not converge.
                if issubclass(kind, UserWarning) and kind != ConvergenceWarning:
                    talk.note(warning.message)


@contextmanager
def bad_input():
    """What the library refuses is the user's to mend; anywhere else it would be a bug of ours."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise BadInput(str(error)) from error


@contextmanager
def about(file):
    """What cannot be used of the samples, or with them, is said of their file."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{called(file)}: {error}") from error


def known_of(lens, names=None):
    """Facts of a fitted lens, for a program."""
    order = getattr(lens, "column_order_", None)
    return {
        "n_features": lens.n_features_in_,
        "n_positions": len(lens.powers_),
        "boundary": lens.boundary_,
        "shape": fitted_grid(lens).shape,
        "mixing": fitted_setting(lens, "mixing"),
        "converged": lens.converged_,
        "iterations": lens.n_iter_,
        "order": None if order is None else [_name(column, names) for column in order],
    }


def _name(column, names):
    return int(column) if names is None else str(names[column])


def verdict_facts(verdict):
    """Facts of a verdict, for a program; None without one."""
    if verdict is None:
        return None
    named = (
        "grade", "headline", "found", "symmetric", "likely", "p_value", "level", "statistic",
        "tolerated", "repeatability", "required", "agreement", "n_samples", "against", "remarks",
    )  # fmt: skip
    return {name: getattr(verdict, name) for name in named}


def write_model(lens, model, talk):
    """The lens, if that was asked for: as soon as it is there, whatever comes after."""
    if model is not None:
        write_lens(lens, model)
        talk.say("lens", model)
    talk.know(lens=model)


def write_picture(figure, picture, talk):
    """A figure, if that was asked for."""
    if picture is not None:
        kind = Path(picture).suffix.lower().lstrip(".")
        try:
            write_atomically(picture, lambda file: figure.savefig(file, dpi=120, format=kind))
        except OSError as error:
            raise BadInput(f"cannot write: {error}") from error
        talk.say("picture", picture)
    talk.know(picture=picture)
