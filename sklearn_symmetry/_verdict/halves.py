# SPDX-License-Identifier: BSD-3-Clause
"""The procedure: split the samples, fit the halves, judge.

The samples are split into halves. Either is fitted anew, with default starts, and what it found is
judged on the other half, of which it knows nothing. Where the halves disagree, each starts from
what the other found, too, and takes it if its own samples clearly prefer it. The statistics are in
`evidence.py`, what is asked of them is in `criteria.py`.
"""

import warnings

import numpy as np
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from ..core.energies import contrast_free_divergence, energy_divergence
from ..core.grid import Grid
from ..core.score import symmetry_score
from ..metrics import generator_similarity
from ..solver.boundary import ends
from ..solver.shuffled import Shuffle
from ..solver.tuning import DEFAULT
from ..statistics.outliers import Bounds
from ..statistics.summary import draw, summarise
from .criteria import (
    DRAWS,
    FEWEST_OWN,
    INSIDE,
    LEVEL,
    ORDERS,
    REPEATS,
    SHUFFLED,
    TESTED,
    Measured,
    criteria,
    required_repeatability,
    tolerated_distance,
    tolerated_divergence,
)
from .evidence import evidence, locality
from .report import Verdict, remarks

__all__ = ["fit_halves", "fresh_settings", "judge", "split_in_halves", "verdict"]

# Parameters that say how a solution is searched for, not which one is wanted.
SEARCH = (
    "n_powers", "init", "density", "max_iter", "batch_size", "learning_rate", "tol", "n_init",
    "warm_start",
)  # fmt: skip


def verdict(lens, X, level=LEVEL):
    """Judge a fitted lens; see :meth:`SymmetryLens.verdict`.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted; not changed.
    X : ndarray of shape (n, d)
    level : float

    Returns
    -------
    verdict : Verdict
    """
    parts = split_in_halves(X, lens._n_channels, lens.random_state)
    # The channels of the fit, whatever the parameter is now.
    known = {"n_channels": lens._n_channels, "boundary": lens.boundary_}
    same = clone(lens).set_params(**known)
    return judge(lens, parts, fit_halves(same, parts), level)


def split_in_halves(X, n_channels=1, random_state=None):
    """Summaries of two random halves of the samples, since a file may be sorted.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels * d)
    n_channels : int, default=1
        All channels of a sample are in one half.
    random_state : int, RandomState or None
        An integer gives the same halves every time, and so does anything else.

    Returns
    -------
    parts : list of two Summary

    Raises
    ------
    ValueError
        If a half has no more samples than features.
    """
    seed = int(random_state) if isinstance(random_state, int | np.integer) else 0
    n_features = X.shape[1] // n_channels
    sizes = [len(X) // 2]
    if sizes[0] * n_channels > n_features:
        bounds = Bounds.of(draw(X, n_channels=n_channels, seed=seed).rows)
        options = {"n_channels": n_channels, "seed": seed, "bounds": bounds}
        parts = [summarise(X, half=one, **options) for one in (0, 1)]
        sizes = [part.n_samples // n_channels for part in parts]
    if min(sizes) * n_channels <= n_features:
        raise ValueError(
            f"verdict needs more than {2 * n_features + 1} samples for {n_features} features, so "
            f"that each half can be fitted; got {len(X)}, and {min(sizes)} in the smaller half"
        )
    return parts


def fresh_settings(lens):
    """Parameters of a default search, whatever was done to the lens.

    Parameters
    ----------
    lens : SymmetryLens

    Returns
    -------
    settings : dict
    """
    defaults = type(lens)().get_params()
    return {name: defaults[name] for name in SEARCH}


def fit_halves(lens, parts):
    """Fresh default lenses of the same boundary and weights, one fitted on each part.

    A search that failed on one part says nothing about the set. Where they disagree, either starts
    from what the other found, too, and takes it if it is clearly better by its own samples. Two
    solutions that are as good as each other remain two: the samples do not tell which is right.

    Parameters
    ----------
    lens : SymmetryLens
    parts : list of two Summary

    Returns
    -------
    halves : list of two SymmetryLens
    """
    fresh = fresh_settings(lens)
    with warnings.catch_warnings():
        # That a half is flat, or needed more iterations, shows in what it says.
        warnings.simplefilter("ignore", ConvergenceWarning)
        halves = [clone(lens).set_params(**fresh).fit(part) for part in parts]
        if _similarity(*halves) >= required_repeatability(_grid(halves[0])):
            return halves
        return [
            _better(half, _started_from(other, part), part)
            for half, other, part in zip(halves, reversed(halves), parts, strict=True)
        ]


def _better(half, other, part):
    """The other of two lenses if it is clearly better by these samples, as in the search."""
    return other if _quality(other, part) > _quality(half, part) + DEFAULT.same_loss else half


def _started_from(other, part):
    """The descent on `part` from what another lens found, about the same location."""
    lens = clone(other).set_params(init=other.group_conv_matrix_).fit(part.about(other.location_))
    lens.location_ = other.location_
    return lens


def _quality(lens, part):
    """Score less the divergence of energies, which is in nats, too: as the search ranks them."""
    grid = _grid(lens)
    score = symmetry_score(part.sample - lens.location_, lens.group_conv_matrix_, grid)
    return score - contrast_free_divergence(_representation(lens, part), grid)


def _similarity(one, other):
    return generator_similarity(one.generator_, other.generator_)


def judge(lens, parts, halves, level=LEVEL):
    """The verdict, given lenses fitted on halves of the samples.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    parts : list of two Summary
        Of :func:`split_in_halves`.
    halves : list of two SymmetryLens
        Of :func:`fit_halves`.
    level : float

    Returns
    -------
    verdict : Verdict
    """
    found = [
        evidence(
            _representation(half, part), _grid(half), draws=DRAWS, orders=ORDERS, n_tested=TESTED
        )
        for half, part in zip(halves, reversed(parts), strict=True)
    ]
    whole = parts[0].merge(parts[1])
    measured = _measured(lens, whole, halves, found, level)
    asked = criteria(measured)
    limits = {criterion.name: criterion.limit for criterion in asked}
    values = {
        "p_value": _p_value(measured),
        "level": level,
        "deviation": measured.deviation,
        "statistic": measured.divergence,
        "tolerated": limits["stationary energies"],
        "repeatability": measured.repeatability,
        "required": limits["repeatable"],
        "agreement": measured.agreement,
        "uncertainty": _uncertainty(*halves).astype(lens.generator_.dtype),
        "locality": _locality(found, _grid(halves[0])),
        "starts": _starts(lens),
        "converged": lens.converged_,
        "n_samples": whole.n_samples // lens._n_channels,
    }
    told = []
    if lens.boundary == "auto":
        told = [ends(_representation(halves[0], whole), whole.n_samples).says]
    symmetric = all(criterion.met for criterion in asked if criterion.about == "set")
    return Verdict(
        symmetric=symmetric,
        found=all(criterion.met for criterion in asked),
        against=[criterion.says for criterion in asked if not criterion.met],
        remarks=told
        + _shuffled(lens, values["uncertainty"])
        + remarks(values, symmetric, _offset(lens, whole), measured.mixing),
        **values,
    )


def _p_value(measured):
    """Of the tests that are asked."""
    order = measured.order_p_value
    return order if measured.mixing == "permutation" else max(measured.p_value, order)


def _measured(lens, whole, halves, found, level):
    """What conditions look at: of both halves the worse one, of their energies the better one."""
    grid = _grid(halves[0])

    def share(one):
        return one.divergence / tolerated_divergence(one.n_samples, grid)

    better = min(found, key=share)
    # numpy's extremes, unlike Python's, are not a number where one of the halves is not.
    uneven = found[np.argmax([one.distance - tolerated_distance(one.n_samples) for one in found])]
    own_divergence, n_own, own_grid = _own_divergence(lens, whole)
    return Measured(
        level=level,
        grid=grid,
        p_value=float(np.max([one.p_value for one in found])),
        order_p_value=float(np.max([one.order_p_value for one in found])),
        deviation=float(np.min([one.deviation for one in found])),
        divergence=better.divergence,
        n_divergence=better.n_samples,
        distance=uneven.distance,
        n_distance=uneven.n_samples,
        repeatability=_similarity(*halves),
        agreement=float(np.min([_similarity(lens, half) for half in halves])),
        own_divergence=own_divergence,
        n_own=n_own,
        own_grid=own_grid,
        converged=bool(lens.converged_),
        mixing=lens.mixing,
    )


def _grid(lens):
    """Of the columns of its representation."""
    return Grid.of(len(lens.group_conv_matrix_), lens.boundary_)


def _representation(lens, summary):
    """That of a sample about the location, every channel a row of its own; outliers as in fit."""
    rows = summary.bounds.apply(summary.sample) * summary.bounds.unit
    return torch.as_tensor((rows - lens.location_) @ lens.group_conv_matrix_.T)


def _offset(lens, summary):
    """Norm of the location over the root mean square norm of the samples about it."""
    rows = summary.sample - lens.location_
    return np.linalg.norm(lens.location_) / np.sqrt(np.mean(rows**2) * rows.shape[1])


def _own_divergence(lens, summary):
    """Energy divergence of the lens itself, which was not fitted to it; samples and grid of that.

    0, as from d columns, where there are too few or too many of them, or a circle has a gap.
    """
    inside = np.linalg.norm(lens.group_conv_matrix_, axis=1) > INSIDE
    y, grid = _representation(lens, summary)[:, inside].double(), _grid(lens)
    n_features = len(lens.filter_)
    gap = not (grid.is_line or inside.all())
    if gap or not FEWEST_OWN <= y.shape[1] <= n_features:
        return 0.0, len(y), Grid.of(n_features, lens.boundary_)
    grid = grid.kept(inside)
    return energy_divergence(y - y.mean(), grid), len(y), grid


def _uncertainty(*halves):
    """Half the difference of the halves: the standard error of a fit to both."""
    first, second = (half.generator_ for half in halves)
    if np.vdot(first, second) < np.vdot(first, second.T):
        second = second.T
    return np.abs(first - second) / 2


def _shuffled(lens, uncertainty):
    """What there is to say where the lens shifts single columns, up to its standard errors."""
    rows, grid = lens.group_conv_matrix_, _grid(lens)
    if lens.mixing == "permutation" or rows.shape[0] != rows.shape[1]:
        return []
    nearest = Shuffle.nearest(rows).rows
    shift = nearest.T @ grid.shift_matrix(dtype=torch.float64).mT.numpy() @ nearest
    distance, error = np.linalg.norm(lens.generator_ - shift), np.linalg.norm(uncertainty)
    if not distance <= SHUFFLED * error:
        return []
    return [
        "the columns were only shuffled, as far as these samples tell: the generator is "
        f"{distance / error:.1f} standard errors from a shift of single columns; "
        "mixing='permutation' finds it exactly"
    ]


def _locality(found, grid):
    return locality(torch.stack([one.correlations for one in found]).mean(0), grid)


def _starts(lens):
    """Starts that ended where the lens is, and starts tried."""
    agreeing = sum(candidate.get("agreement", 0.0) >= REPEATS for candidate in lens.candidates_)
    return agreeing, len(lens.candidates_)
