# SPDX-License-Identifier: BSD-3-Clause
"""The procedure: split the samples, fit the halves, judge.

The samples are split into halves. Either is fitted anew, with default starts, and what it found is
judged on the other half, of which it knows nothing. Where the halves disagree, each starts from
what the other found, too, and takes it if its own samples clearly prefer it. The statistics are in
`evidence.py`, what is asked of them is in `criteria.py`.
"""

import warnings
from math import factorial

import numpy as np
import torch
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from .._lattices import fitted_grid, on_grid
from .._markers import faults_or_markers
from .._progress import cost_of_verdict, say, titled
from ..core.energies import contrast_free_divergence, energy_divergence
from ..core.grid import Grid
from ..core.group import column_order as order_of_rows
from ..core.score import symmetry_score
from ..metrics import generator_similarity, matched
from ..solver.boundary import ends
from ..solver.shuffled import Shuffle
from ..solver.tuning import DEFAULT
from ..statistics.chunks import n_samples_of
from .columns import lonely_columns, turned_columns
from .criteria import (
    ALIKE,
    DRAWS,
    FEWEST_OWN,
    INSIDE,
    LEVEL,
    LIKELY,
    MOSTLY,
    ORDERS,
    PER_COLUMN,
    REPEATS,
    SAME_SHAPE,
    SHUFFLED,
    SURE,
    TESTED,
    Measured,
    criteria,
    required_repeatability,
    tolerated_distance,
    tolerated_divergence,
    wanted_deviation,
)
from .evidence import evidence, locality
from .report import Verdict, remarks
from .split import split_samples

__all__ = [
    "as_fitted",
    "boundary_of",
    "fit_halves",
    "fitted_setting",
    "fresh_settings",
    "judge",
    "representation_grid",
    "split_in_halves",
    "verdict",
]

# Parameters that say how a solution is searched for, not which one is wanted.
SEARCH = (
    "n_powers", "init", "density", "max_iter", "batch_size", "learning_rate", "tol", "n_init",
    "warm_start",
)  # fmt: skip


def verdict(lens, X, level=LEVEL, groups=None, names=None):
    """Judge a fitted lens; see :meth:`SymmetryLens.verdict`.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted; not changed.
    X : ndarray of shape (n, d), or another source of samples
    level : float
    groups : None, "blocks" or array-like of shape (n,)
    names : array-like of shape (d,) or None
        Of the columns.

    Returns
    -------
    verdict : Verdict
    """
    same = as_fitted(lens)
    grid = fitted_grid(lens)
    smallest = len(grid.symmetries()) / factorial(grid.size)
    if smallest > level:
        return _too_few_columns(lens, X, grid, smallest, level)
    split = split_samples(X, lens._n_channels, same.random_state, groups)
    if lens.verbose:
        say(f"verdict: {cost_of_verdict(same, n_samples_of(X), lens.n_features_in_)}")
    halves = fit_halves(same, split.parts)
    whole = split.parts[0].merge(split.parts[1])
    notes = faults_or_markers(whole, names, lens._n_channels)
    notes += lonely_columns(lens, whole, names)
    said = {
        "notes": notes,
        "details": turned_columns(lens, whole, names),
        "asides": [*_few(X, lens), *split.notes],
    }
    return judge(lens, split.parts, halves, level, tested=split.tested, **said)


def _few(X, lens):
    """Whether there are so few samples that they alone may be the reason of a no."""
    n_samples, size = n_samples_of(X) * lens._n_channels, len(lens.filter_)
    if n_samples >= PER_COLUMN * size:
        return []
    return [
        f"{n_samples:,} samples are few for {size} columns: a few hundred a column are usual, and "
        f"each half has half of them"
    ]


def as_fitted(lens):
    """An unfitted lens of the parameters of the fit, whatever they are now.

    Its boundary and its grid are those that were found, where the samples decided them.
    """
    same = clone(lens).set_params(**getattr(lens, "settings_", {}))
    found = {"boundary": boundary_of(lens)}
    if on_grid(lens):
        found["grid_shape"] = tuple(lens.grid_shape_)
    return same.set_params(n_channels=lens._n_channels, **found)


def _too_few_columns(lens, X, grid, smallest, level):
    """What is known before any fit: no order of so few columns can be told from chance."""
    nothing = float("nan")
    return Verdict(
        symmetric=False,
        found=False,
        p_value=1.0,
        level=level,
        deviation=nothing,
        statistic=nothing,
        tolerated=nothing,
        repeatability=nothing,
        required=required_repeatability(grid),
        agreement=nothing,
        uncertainty=np.full_like(_generator(lens), nothing),
        locality=(nothing, nothing),
        starts=_starts(lens),
        converged=lens.converged_,
        n_samples=n_samples_of(X),
        against=[
            f"{grid.size} columns have too few orders to tell one from chance (the order of the "
            f"columns may be arbitrary: the smallest p-value there can be is {smallest:.2f}, the "
            f"level is {level:g}): bring more columns, 5 at least, 6 on a ring"
        ],
        remarks=["nothing was fitted for this"],
    )


def split_in_halves(X, n_channels=1, random_state=None, groups=None):
    """Summaries of two random halves of the samples, since a file may be sorted.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels * d)
    n_channels : int, default=1
        All channels of a sample are in one half.
    random_state : int, RandomState or None
        An integer gives the same halves every time, and so does anything else.
    groups : None, "blocks" or array-like of shape (n,), default=None
        See :func:`split_samples`.

    Returns
    -------
    parts : list of two Summary

    Raises
    ------
    ValueError
        If a half has no more samples than features.
    """
    return split_samples(X, n_channels, random_state, groups).parts


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
        # That a half is flat, or needed more iterations, shows in what it says; what is wrong with
        # the samples the verdict says of all of them.
        warnings.simplefilter("ignore", UserWarning)
        halves = _at_once(lens, _fitted, [clone(lens).set_params(**fresh)] * 2, parts, (1, 2))
        if _similarity(*halves) >= required_repeatability(representation_grid(halves[0])):
            return halves
        others = _at_once(lens, _started_from, halves[::-1], parts, (1, 2))
        return [_better(*one) for one in zip(halves, others, parts, strict=True)]


def _at_once(lens, work, *arguments):
    """Work on both halves, on whatever backend of joblib is active; jobs are shared among them."""
    n_jobs = None if lens.verbose else lens.n_jobs  # progress of one fit is shown at a time
    share = max(1, effective_n_jobs(n_jobs) // 2) if n_jobs is not None else None
    calls = (delayed(work)(*one, n_jobs=share) for one in zip(*arguments, strict=True))
    return Parallel(n_jobs, prefer="threads")(calls)


def _fitted(lens, part, number, n_jobs):
    own = clone(lens).set_params(n_jobs=n_jobs)
    return _titled_fit(own, part, number, "half").set_params(n_jobs=lens.n_jobs)


def _titled_fit(lens, part, number, what):
    with titled(f"verdict, {what} {number} of 2"):
        return lens.fit(part)


def _better(half, other, part):
    """The other of two lenses if it is clearly better by these samples, as in the search."""
    return other if _quality(other, part) > _quality(half, part) + DEFAULT.same_loss else half


def _started_from(other, part, number=1, n_jobs=None):
    """The descent on `part` from what another lens found, about the same location."""
    lens = clone(other).set_params(init=other.group_conv_matrix_, n_jobs=n_jobs)
    _titled_fit(lens, part.about(other.location_), number, "half, from what the other found,")
    lens.set_params(n_jobs=other.n_jobs)
    lens.location_ = other.location_
    return lens


def _quality(lens, part):
    """Score less the divergence of energies, which is in nats, too: as the search ranks them."""
    grid = representation_grid(lens)
    score = symmetry_score(part.sample - lens.location_, lens.group_conv_matrix_, grid)
    return score - contrast_free_divergence(_representation(lens, part), grid)


def _similarity(one, other):
    return generator_similarity(_generator(one), _generator(other))


def _generator(lens):
    """Of a lens on one axis, (d, d); of one on a lattice those of all axes, (k, d, d)."""
    return lens.generators_ if on_grid(lens) else lens.generator_


def judge(lens, parts, halves, level=LEVEL, *, tested=None, notes=(), details=(), asides=()):
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
    tested : list of two Summary or None, default=None
        Of the samples that the tests see. None: `parts`.
    notes : list of str
        What is wrong with the samples.
    details : list of str
        What is known of them if they have a symmetry.
    asides : list of str
        What else is known of them.

    Returns
    -------
    verdict : Verdict
    """
    n_samples = sum(part.n_samples for part in parts) // lens._n_channels
    parts = parts if tested is None else tested
    found = [_seen(half, part) for half, part in zip(halves, reversed(parts), strict=True)]
    whole = parts[0].merge(parts[1])
    measured = _measured(lens, whole, halves, found, level)
    asked = criteria(measured)
    values = _values(lens, halves, measured, asked)
    values |= {"locality": _locality(found, measured.grid), "n_samples": n_samples}
    symmetric = all(criterion.met for criterion in asked if criterion.about == "set")
    right = all(criterion.met for criterion in asked)
    likely = not right and all(criterion.nearly for criterion in asked)
    against = [criterion.says for criterion in asked if not criterion.met]
    known = []
    if likely:
        known = _certain(values, measured, lens, halves, whole)
    elif not symmetric:
        known = [*_order_repeats(measured), *_determined(values, halves, whole)]
    return Verdict(
        symmetric=symmetric,
        found=right,
        # What is wrong with the samples is the cause, where there is no symmetry.
        against=against if symmetric else [*notes, *against],
        remarks=[
            *known,
            *_boundary_told(lens, halves[0], whole, found),
            *_shuffled(lens, values["uncertainty"]),
            *remarks(values, symmetric, _offset(lens, whole), measured.mixing),
            *([*notes, *details] if symmetric else ()),
            *asides,
        ],
        likely=likely,
        generator=np.array(lens.generator_),
        **values,
    )


def _seen(half, part):
    """What samples say of a half that was not fitted on them."""
    y, grid = _representation(half, part), representation_grid(half)
    return evidence(y, grid, draws=DRAWS, orders=ORDERS, n_tested=TESTED)


def _values(lens, halves, measured, asked):
    """Attributes of the verdict that are numbers of the lens and of its halves."""
    limits = {criterion.name: criterion.limit for criterion in asked}
    return {
        "p_value": _p_value(measured),
        "level": measured.level,
        "deviation": measured.deviation,
        "statistic": measured.divergence,
        "tolerated": limits["stationary energies"],
        "repeatability": measured.repeatability,
        "required": limits["repeatable"],
        "agreement": measured.agreement,
        "uncertainty": _uncertainty(*halves).astype(lens.generator_.dtype),
        "starts": _starts(lens),
        "converged": lens.converged_,
    }


def _p_value(measured):
    """Of the tests that are asked."""
    order = measured.order_p_value
    return order if measured.mixing == "permutation" else max(measured.p_value, order)


def _certain(values, measured, lens, halves, whole):
    """What a likely symmetry leaves in no doubt, and what would settle the rest."""
    said = []
    if measured.order_repeatability == 1:
        # Direction, and the first column of a ring, as `column_order_` has them, if it is this one.
        order = column_order(lens if measured.order_agreement == 1 else halves[0])
        said.append(f"certain: the order of all {len(order)} columns, {', '.join(map(str, order))}")
    elif measured.order_repeatability >= LIKELY:
        said.append(f"certain: {measured.order_repeatability:.0%} of the neighbours of the columns")
    on_samples = _similarity_on(whole.covariance, *halves)
    said.append(
        f"certain: one step of the samples themselves, in which faint axes count little, is the "
        f"same by both halves to a cosine of {on_samples:.4f}"
    )
    said += _determined(values, halves, whole)
    factor = (1 - values["repeatability"]) / (1 - values["required"])
    if measured.mixing == "rotation":  # else structure beyond second moments is not asked for
        factor = max(factor, (wanted_deviation(measured.grid.size) / measured.deviation) ** 2)
    if factor > 1:
        needed = float(f"{1.2 * values['n_samples'] * factor:.1g}")
        said.append(f"about {needed:,.0f} samples like these, or fewer columns, would settle it")
    else:
        said.append(
            "the symmetry is nearly exact: windows at random places, fewer columns, or the other "
            "boundary would settle it"
        )
    return said


def _order_repeats(measured):
    """Columns in an order that both halves see, though it is no symmetry; as of uneven spacing."""
    share = measured.order_repeatability
    if measured.mixing != "permutation" or share < LIKELY:
        return []
    return [
        f"all the same, the halves agree on {share:.0%} of the neighbours: an order that is real, "
        f"of columns that are not alike or not evenly spaced"
    ]


def _determined(values, halves, whole):
    """Leading principal axes in which the halves agree on a step, where the samples pass the tests.

    Where others carry nothing but noise, or nothing at all, the samples do not say what a step
    makes of them.
    """
    if values["p_value"] > values["level"]:
        return []
    variance, axes = np.linalg.eigh(whole.covariance)
    variance, axes = variance[::-1], axes.T[::-1]
    agreement = _agreement_by_axis(axes, *halves)
    agreed = agreement >= values["required"]
    known = len(axes) if agreed.all() else int(np.argmin(agreed))
    if not SURE < known < len(axes):
        return []
    share = variance[known:].sum() / variance.sum()
    return [
        f"the {known} axes of the largest variance are determined: the halves agree on a step in "
        f"them to a cosine of {agreement[:known].mean():.3f}; the other {len(axes) - known} carry "
        f"{100 * share:.2g} % of the variance and are not"
    ]


def _agreement_by_axis(axes, one, other):
    """Cosine of what a step of either lens brings to an axis, for each axis, a row."""
    found = np.ones(len(axes))
    for first, second in matched(_generator(one), _generator(other)):
        first, second = axes @ first, axes @ second
        norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
        found = np.minimum(found, np.sum(first * second, axis=1) / np.maximum(norms, 1e-300))
    return found


def _similarity_on(covariance, one, other):
    """Cosine of the steps that two lenses make of samples of a covariance."""

    def product(a, b):
        return np.einsum("ji,jk,ki->", a, covariance, b)

    def alike(first, second):
        return product(first, second) / np.sqrt(product(first, first) * product(second, second))

    pairs = matched(_generator(one), _generator(other))
    return min(alike(np.asarray(a, np.float64), np.asarray(b, np.float64)) for a, b in pairs)


def column_order(lens):
    """The column at each position, where every row is mostly one column; else None."""
    rows = lens.group_conv_matrix_
    order = order_of_rows(rows[np.linalg.norm(rows, axis=1) > INSIDE], MOSTLY**0.5)
    return order.tolist() if order is not None and len(order) == len(lens.filter_) else None


def _shared_neighbours(one, other, grid):
    """Share of the neighbours that two orders agree on; 0 where one of them is none."""
    if one is None or other is None:
        return 0.0

    def links(order):
        found = set()
        for axis in grid.directions:
            pairs = zip(*grid.successors(torch.tensor(order), axis), strict=True)
            found |= {frozenset((int(here), int(there))) for here, there in pairs}
        return found

    first, second = links(one), links(other)
    return len(first & second) / len(first)


def _boundary_told(lens, half, whole, found):
    """Line or ring: how the samples decided it, where they were asked; else, a doubt."""
    if on_grid(lens):
        return shapes_told(lens)
    if fitted_setting(lens, "boundary") == "auto":
        return [ends(_representation(half, whole), whole.n_samples).says]
    return _ends(found, representation_grid(half))


def shapes_told(lens):
    """How the samples decided the shape of the lattice, where they were asked."""
    if fitted_setting(lens, "grid_shape") != "auto":
        return []
    best = {}
    for one in lens.candidates_:
        shape = tuple(one["shape"])
        best[shape] = min(best.get(shape, (np.inf, 0.0)), (one["divergence"], one["loss"]))
    own = " x ".join(map(str, lens.grid_shape_))
    others = {shape: score for shape, score in best.items() if shape != tuple(lens.grid_shape_)}
    if not others:
        return [f"{own} is the only lattice that so many columns can be"]
    second = min(others, key=others.get)
    name, divergence = " x ".join(map(str, second)), others[second][0]
    mine = best[tuple(lens.grid_shape_)][0]
    if divergence <= SAME_SHAPE * mine:
        return [
            f"between the shapes {own} and {name} these samples cannot tell: energy divergences "
            f"{mine:.1f} and {divergence:.1f}"
        ]
    return [
        f"the samples decide: a lattice of {own}, energy divergence {mine:.1f}; the next best "
        f"shape, {name}, has {divergence:.1f}"
    ]


def _ends(found, grid):
    """Whether the ends of a line are as alike as neighbours: then it may be a ring."""
    if not grid.is_line or grid.size <= SURE:
        return []
    correlations = torch.stack([one.correlations for one in found]).mean(0)
    near, middle, ends = (float(correlations[lag]) for lag in (1, grid.size // 2, -1))
    if ends > ALIKE * near and ends - middle > ALIKE * (near - middle) > 0:
        return [
            "the two ends of the line are as alike as neighbours: the symmetry may go around; try "
            "boundary='circulant'"
        ]
    return []


def _measured(lens, whole, halves, found, level):
    """What conditions look at: of both halves the worse one, of their energies the better one."""
    grid = representation_grid(halves[0])

    def share(one):
        return one.divergence / tolerated_divergence(one.n_samples, grid)

    better = min(found, key=share)
    # numpy's extremes, unlike Python's, are not a number where one of the halves is not.
    uneven = found[np.argmax([one.distance - tolerated_distance(one.n_samples) for one in found])]
    own_divergence, n_own, own_grid = _own_divergence(lens, whole)
    orders = [column_order(half) for half in halves]
    columns = fitted_grid(halves[0])
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
        order_repeatability=_shared_neighbours(*orders, columns),
        order_agreement=min(
            _shared_neighbours(column_order(lens), order, columns) for order in orders
        ),
        agreement=float(np.min([_similarity(lens, half) for half in halves])),
        own_divergence=own_divergence,
        n_own=n_own,
        own_grid=own_grid,
        converged=bool(lens.converged_),
        mixing=fitted_setting(lens, "mixing"),
        folded=float(np.max([one.folded for one in found])),
    )


def representation_grid(lens):
    """The grid of the columns of the representation of a fitted lens."""
    if on_grid(lens):
        return fitted_grid(lens)
    return Grid.of(len(lens.group_conv_matrix_), boundary_of(lens))


def fitted_setting(lens, name):
    """A parameter of the fit, whatever it is now."""
    return getattr(lens, "settings_", {}).get(name, getattr(lens, name))


def boundary_of(lens):
    """The boundary of the fit, which the samples may have decided."""
    return getattr(lens, "boundary_", fitted_setting(lens, "boundary"))


def _representation(lens, summary):
    """That of a sample about the location, every channel a row of its own; outliers as in fit.

    In the unit of the bounds, a power of two: squares of entries of any size are finite, not 0.
    """
    rows = summary.bounds.apply(summary.sample) - lens.location_ / summary.bounds.unit
    return torch.as_tensor(rows @ lens.group_conv_matrix_.T)


def _offset(lens, summary):
    """Norm of the location over the root mean square norm of the samples about it."""
    unit = summary.bounds.unit
    rows = (summary.sample - lens.location_) / unit
    return np.linalg.norm(lens.location_ / unit) / np.sqrt(np.mean(rows**2) * rows.shape[1])


def _own_divergence(lens, summary):
    """Energy divergence of the lens itself, which was not fitted to it; samples and grid of that.

    0, as from d columns, where there are too few or too many of them, or a circle has a gap.
    """
    inside = np.linalg.norm(lens.group_conv_matrix_, axis=1) > INSIDE
    y, grid = _representation(lens, summary)[:, inside].double(), representation_grid(lens)
    n_features = len(lens.filter_)
    gap = not (grid.is_line or inside.all())
    if gap or not FEWEST_OWN <= y.shape[1] <= n_features:
        return 0.0, len(y), fitted_grid(lens)
    grid = grid.kept(inside)
    return energy_divergence(y - y.mean(), grid), len(y), grid


def _uncertainty(*halves):
    """Half the difference of the halves: the standard error of a fit to both."""
    pairs = matched(*(_generator(half) for half in halves))
    found = np.array([np.abs(first - second) / 2 for first, second in pairs])
    return found if on_grid(halves[0]) else found[0]


def _shuffled(lens, uncertainty):
    """What there is to say where the lens shifts single columns, up to its standard errors."""
    rows, grid = lens.group_conv_matrix_, representation_grid(lens)
    shuffled = fitted_setting(lens, "mixing") == "permutation"
    if shuffled or rows.shape[0] != rows.shape[1] or on_grid(lens):
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
