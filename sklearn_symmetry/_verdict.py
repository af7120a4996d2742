# SPDX-License-Identifier: BSD-3-Clause
"""Whether a set has the symmetry that a lens found: the procedure, and what it says to a person.

The samples are split into halves. Either is fitted anew, with default starts, and what it found is
judged on the other half, of which it knows nothing. Where the halves disagree, each starts from
what the other found, too, and takes it if its own samples clearly prefer it. The statistics are in
`core/evidence.py`.
"""

import html
import warnings
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from ._channels import split_channels
from .core.evidence import REPEATS, evidence, required_repeatability, tolerated_divergence
from .core.stationarity import contrast_free_divergence, energy_divergence
from .metrics import generator_similarity
from .solver.search import SAME_LOSS
from .statistics.outliers import bounded

__all__ = ["Verdict", "fit_halves", "judge", "split_in_halves", "verdict"]

# A fresh default search, whatever was done to the lens.
FRESH = {
    "n_powers": None, "init": "auto", "density": "closed_form", "max_iter": None,
    "batch_size": None, "learning_rate": None, "tol": 1e-5, "n_init": None, "warm_start": False,
    "verbose": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What can be said about a fitted lens without knowing the truth; true if it can be trusted.

    Attributes
    ----------
    symmetric : bool
        Whether the set has a one-parameter symmetry, found on either half of its samples and
        confirmed on the other. It does not depend on the lens that asked.
    found : bool
        Whether this lens found it: it agrees with both halves, its energies are stationary, and
        it converged. ``bool(verdict)`` is this.
    p_value : float
        Of the null "the set is elliptical (a Gaussian of any covariance is), or the order of the
        columns found is arbitrary": the largest of the tests of either on the two halves, which is
        valid for all of them. See Notes.
    level : float
        At which it was judged.
    deviation : float
        How far the samples are from elliptical, in standard errors (root mean square over lags),
        the weaker half. Up to six columns it must be 4, since few orders and few numbers mislead.
    statistic : float
        Energy divergence on held-out samples, the better half: 1 to 3 for right solutions,
        0 is impossible for finite samples.
    tolerated : float
        Largest `statistic` that counts as stationary for this number of samples.
    repeatability : float
        Cosine between the generators of the two halves, in the better direction.
    required : float
        Smallest `repeatability` that passes: 0.95, less in fewer than nine columns.
    agreement : float
        Cosine between the generator of the lens and that of a half, the worse one.
    uncertainty : ndarray of shape (d, d)
        Standard error of each entry of ``generator_``: half the difference of the halves. Too small
        where one of them needed the start of the other.
    locality : tuple of float
        Mean correlation of log energies of neighbouring columns, and of columns at least half the
        window apart, on held-out samples.
    starts : tuple of int
        How many starts of the lens ended at the best solution, and how many were tried.
    converged : bool
    n_samples : int
    against, remarks : list of str
        Plain sentences: what speaks against the lens (nothing if it is found), and what else there
        is to know.
    reasons : list of str
        All of them, in this order.

    Notes
    -----
    A verdict "symmetric" asks for more than a small p-value: the generator must repeat between the
    halves, and energies and marginals of the rows must be stationary as an effect size, since any
    real set fails an exact test of stationarity once it is large enough. Halves that agree are two
    estimates of one solution, and the energies of the better one count: those of the other may show
    no more than that it is less precise.
    """

    symmetric: bool
    found: bool
    p_value: float
    level: float
    deviation: float
    statistic: float
    tolerated: float
    repeatability: float
    required: float
    agreement: float
    uncertainty: np.ndarray = field(repr=False)
    locality: tuple
    starts: tuple
    converged: bool
    n_samples: int
    against: list = field(repr=False)
    remarks: list = field(repr=False)

    def __bool__(self):
        return self.found

    @property
    def reasons(self):
        """Plain sentences; those that speak against the lens come first."""
        return [*self.against, *self.remarks]

    @property
    def headline(self):
        """One line."""
        if self.found:
            return "SYMMETRY FOUND: the set has a one-parameter symmetry, and this lens is it"
        if self.symmetric:
            return "NOT THIS ONE: the set has a symmetry, but this lens did not find it"
        return "NO EVIDENCE of a one-parameter symmetry in these samples"

    def __str__(self):
        return "\n".join([self.headline, *(f"  - {reason}" for reason in self.reasons)])

    def _repr_html_(self):
        colour = "#1a7f37" if self.found else "#9a6700" if self.symmetric else "#cf222e"
        items = "".join(f"<li>{html.escape(reason)}</li>" for reason in self.reasons)
        return (
            f'<div style="border-left: 4px solid {colour}; padding-left: 0.8em">'
            f'<strong style="color: {colour}">{html.escape(self.headline)}</strong>'
            f"<ul>{items}</ul></div>"
        )


def verdict(lens, X, level=0.05):
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
    parts = split_in_halves(X, lens.random_state)
    # The channels of the fit, whatever the parameter is now.
    same = clone(lens).set_params(n_channels=lens._n_channels)
    return judge(lens, X, parts, fit_halves(same, parts), level)


def split_in_halves(X, random_state=None):
    """Two halves of the samples in random order, since a file may be sorted.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    random_state : int, RandomState or None
        An integer gives the same halves every time, and so does anything else.

    Returns
    -------
    parts : list of two ndarrays

    Raises
    ------
    ValueError
        If a half has no more samples than features.
    """
    n_samples, n_features = X.shape
    if n_samples // 2 <= n_features:
        raise ValueError(
            f"verdict needs more than {2 * n_features + 1} samples for {n_features} features, so "
            f"that each half can be fitted; got {n_samples}"
        )
    seed = random_state if isinstance(random_state, int | np.integer) else 0
    order = np.random.default_rng(seed).permutation(n_samples)
    return [X[order[: n_samples // 2]], X[order[n_samples // 2 :]]]


def fit_halves(lens, parts):
    """Fresh default lenses of the same boundary and weights, one fitted on each part.

    A search that failed on one part says nothing about the set. Where they disagree, either starts
    from what the other found, too, and takes it if it is clearly better by its own samples. Two
    solutions that are as good as each other remain two: the samples do not tell which is right.

    Parameters
    ----------
    lens : SymmetryLens
    parts : list of two ndarrays of shape (n, d)

    Returns
    -------
    halves : list of two SymmetryLens
    """
    cyclic = lens.boundary == "circulant"
    with warnings.catch_warnings():
        # That a half is flat, or needed more iterations, shows in what it says.
        warnings.simplefilter("ignore", ConvergenceWarning)
        halves = [clone(lens).set_params(**FRESH).fit(part) for part in parts]
        if _similarity(*halves) >= required_repeatability(len(halves[0].filter_), cyclic):
            return halves
        return [
            _better(half, _started_from(other, part), part)
            for half, other, part in zip(halves, reversed(halves), parts, strict=True)
        ]


def _better(half, other, part):
    """The other of two lenses if it is clearly better by these samples, as in the search."""
    return other if _quality(other, part) > _quality(half, part) + SAME_LOSS else half


def _started_from(other, part):
    """The descent on `part` from what another lens found, about the same location."""
    location = np.tile(other.location_, other._n_channels)
    lens = clone(other).set_params(init=other.group_conv_matrix_).fit(part - location)
    lens.location_ = other.location_
    return lens


def _quality(lens, X):
    """Score less the divergence of energies, which is in nats, too: as the search ranks them."""
    cyclic = lens.boundary == "circulant"
    return lens.score(X) - contrast_free_divergence(_rows(lens, X), cyclic)


def _similarity(one, other):
    return generator_similarity(one.generator_, other.generator_)


def judge(lens, X, parts, halves, level=0.05):
    """The verdict, given lenses fitted on halves of the samples.

    Parameters
    ----------
    lens : SymmetryLens
        Fitted.
    X : ndarray of shape (n, d)
    parts : list of two ndarrays
        Of :func:`split_in_halves`.
    halves : list of two SymmetryLens
        Of :func:`fit_halves`.
    level : float

    Returns
    -------
    verdict : Verdict
    """
    cyclic = lens.boundary == "circulant"
    first, second = (half.generator_ for half in halves)
    found = [
        evidence(_rows(half, part), cyclic)
        for half, part in zip(halves, reversed(parts), strict=True)
    ]
    better = min(found, key=lambda one: one.divergence / one.tolerated)
    own, own_tolerated = _own_divergence(lens, X, cyclic)
    repeatability = _similarity(*halves)
    values = {
        "p_value": max(max(one.p_value, one.order_p_value) for one in found),
        "level": level,
        "deviation": min(one.deviation for one in found),
        "statistic": better.divergence,
        "tolerated": better.tolerated,
        "repeatability": repeatability,
        "required": required_repeatability(len(first), cyclic),
        "agreement": min(generator_similarity(lens.generator_, one) for one in (first, second)),
        "uncertainty": _uncertainty(first, second).astype(lens.generator_.dtype),
        "locality": _locality(found, cyclic),
        "starts": _starts(lens),
        "converged": lens.converged_,
        "n_samples": len(X),
    }
    against_set = _against_set(values, found)
    against_lens = _against_lens(values, own, own_tolerated)
    return Verdict(
        symmetric=not against_set,
        found=not against_set and not against_lens,
        against=[*against_set, *against_lens],
        remarks=_remarks(values, against_set, _offset(lens, X)),
        **values,
    )


def _rows(lens, X):
    """Representation about the location, every channel a row of its own; outliers as in fit."""
    rows = bounded(split_channels(np.asarray(X), lens._n_channels))
    return torch.as_tensor((rows - lens.location_) @ lens.group_conv_matrix_.T)


def _offset(lens, X):
    """Norm of the location over the root mean square norm of the samples about it."""
    rows = split_channels(np.asarray(X), lens._n_channels) - lens.location_
    return np.linalg.norm(lens.location_) / np.sqrt(np.mean(rows**2) * rows.shape[1])


def _own_divergence(lens, X, cyclic):
    """Energy divergence of the lens itself, which was not fitted to it, on all samples."""
    inside = np.linalg.norm(lens.group_conv_matrix_, axis=1) > 0.5
    y = _rows(lens, X)[:, inside].double()
    if y.shape[1] < 3 or (cyclic and not inside.all()) or y.shape[1] > len(lens.filter_):
        return 0.0, 0.0
    return energy_divergence(y - y.mean(), cyclic), tolerated_divergence(*y.shape, cyclic)


def _uncertainty(first, second):
    """Half the difference of the halves: the standard error of a fit to both."""
    if np.vdot(first, second) < np.vdot(first, second.T):
        second = second.T
    return np.abs(first - second) / 2


def _locality(found, cyclic):
    curve = torch.stack([one.correlations for one in found]).mean(0)
    return float(curve[1]), float(curve[len(curve) // 2 + (not cyclic) :].mean())


def _starts(lens):
    """Starts that ended where the lens is, and starts tried."""
    agreeing = sum(candidate.get("agreement", 0.0) >= REPEATS for candidate in lens.candidates_)
    return agreeing, len(lens.candidates_)


def _against_set(values, found):
    """Why not to believe in a symmetry of the set; nothing if there is no reason."""
    reasons = []
    elliptical = max(one.p_value for one in found)
    if not elliptical <= values["level"]:
        reasons.append(
            f"no structure beyond second moments and contrast (p = {elliptical:.3f}); any such set "
            "looks stationary in some basis"
        )
    elif not values["deviation"] >= found[0].wanted:
        reasons.append(
            f"little structure beyond second moments for so few columns: {values['deviation']:.1f} "
            f"standard errors, {found[0].wanted:.1f} would pass"
        )
    order = max(one.order_p_value for one in found)
    if not order <= values["level"]:
        reasons.append(
            f"the order of the columns may be arbitrary (p = {order:.3f} on held-out samples)"
        )
    if not values["statistic"] <= values["tolerated"]:
        reasons.append(
            f"not stationary under the generator: energy divergence {values['statistic']:.1f} on "
            f"held-out samples, {values['tolerated']:.1f} would pass"
        )
    distance = max(found, key=lambda one: one.distance - one.tolerable)
    if not distance.distance <= distance.tolerable:
        reasons.append(
            f"columns of the representation have different distributions (distance "
            f"{distance.distance:.2f}; {distance.tolerable:.2f} would pass)"
        )
    if not values["repeatability"] >= values["required"]:
        reasons.append(
            f"two halves of the samples lead to different generators (cosine "
            f"{values['repeatability']:.3f}; {values['required']:.2f} would pass)"
        )
    return reasons


def _against_lens(values, own, tolerated):
    reasons = []
    if not values["agreement"] >= REPEATS:
        reasons.append(
            f"this lens differs from what halves of the samples led to (cosine "
            f"{values['agreement']:.3f}; {REPEATS} would pass)"
        )
    if not own <= tolerated:
        reasons.append(
            f"its own representation is not stationary: energy divergence {own:.1f}, "
            f"{tolerated:.1f} would pass"
        )
    if not values["converged"]:
        reasons.append("the fit did not converge (see max_iter)")
    return reasons


def _remarks(values, against_set, offset):
    remarks = []
    if not against_set:
        near, far = values["locality"]
        remarks += [
            f"beyond chance: p = {values['p_value']:.3f} against any Gaussian or elliptical set "
            "and an arbitrary order of columns",
            f"stationary: energy divergence {values['statistic']:.1f} on held-out samples (right "
            f"solutions have 1 to 3, up to {values['tolerated']:.1f} passes)",
            f"local: energies of neighbours correlate {near:.2f}, far apart {far:.2f}",
            f"repeatable: cosine {values['repeatability']:.4f} between halves; entries of the "
            f"generator are known to {np.sqrt(np.mean(values['uncertainty'] ** 2)):.3f} (rms)",
        ]
    if offset:
        remarks.append(
            f"the symmetry acts about location_, {offset:.2g} times the size of a sample away from "
            "the origin: subtract it from the samples"
        )
    agreeing, tried = values["starts"]
    if tried == 1:
        remarks.append("only one start was tried")
    elif tried and not agreeing:
        remarks.append(f"a repair led to its solution, which none of {tried} starts reached")
    elif tried:
        remarks.append(f"{agreeing} of {tried} starts of this fit ended at its solution")
    return remarks
