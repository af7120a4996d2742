# SPDX-License-Identifier: BSD-3-Clause
"""What a verdict holds, and how it is told to a person: text, html, remarks."""

import textwrap
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["Verdict", "remarks"]


HEADLINES = {
    "found": "SYMMETRY FOUND: the samples have a hidden symmetry, and this lens is it",
    "likely": "LIKELY, NOT PRECISE: the samples have a symmetry, known in its main lines only",
    "another": "NOT THIS ONE: the samples have a symmetry, but this lens did not find it",
    "none": "NO EVIDENCE of a symmetry in these samples",
}
COLOURS = {"found": "#1a7f37", "likely": "#9a6700", "another": "#9a6700", "none": "#cf222e"}


@dataclass(frozen=True, repr=False, eq=False)
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
        valid for all of them. With ``mixing="permutation"`` only the second null is tested:
        no order of columns makes any covariance stationary. See Notes.
    level : float
        At which it was judged.
    deviation : float
        How far the samples are from elliptical, in standard errors (root mean square over lags),
        the weaker half. It must be 3, up to six columns 4: few orders and few numbers mislead.
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
    likely : bool
        Whether it falls short of `found` in precision only: both tests pass, and the halves agree
        in all that is large, in more than six columns. ``bool(verdict)`` is false all the same.
    generator : ndarray of shape (d, d) or None
        One step of the symmetry as the lens has it, ``generator_``.
    reasons : list of str
        All of them, in this order.
    grade : {"found", "likely", "another", "none"}
        The headline in one word.

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
    uncertainty: np.ndarray
    locality: tuple[float, float]
    starts: tuple[int, int]
    converged: bool
    n_samples: int
    against: list[str]
    remarks: list[str]
    likely: bool = False
    generator: np.ndarray | None = None

    def __bool__(self) -> bool:
        return self.found

    @property
    def reasons(self) -> list[str]:
        """Plain sentences; those that speak against the lens come first."""
        return [*self.against, *self.remarks]

    @property
    def grade(self) -> Literal["found", "likely", "another", "none"]:
        """The headline in one word."""
        if self.found:
            return "found"
        if self.likely:
            return "likely"
        return "another" if self.symmetric else "none"

    @property
    def headline(self) -> str:
        """One line."""
        return HEADLINES[self.grade]

    def __str__(self) -> str:
        return "\n".join([self.headline, *map(_bullet, self.reasons)])

    # At a prompt, too, the headline comes first, and all of it is in sentences.
    __repr__ = __str__

    def _repr_html_(self):
        from .._html import card  # which has words of lenses, that know the verdict

        return card(
            self.headline,
            self.reasons,
            colour=COLOURS[self.grade],
            matrix=self.generator,
            caption="generator: one step",
        )


def _bullet(reason):
    return textwrap.fill(
        reason, width=92, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
    )


def remarks(values, symmetric, offset, mixing="rotation"):
    """What else there is to know, in plain sentences.

    Parameters
    ----------
    values : dict
        Attributes of :class:`Verdict` by name.
    symmetric : bool
    offset : float
        Norm of the location over that of a sample about it.
    mixing : {"rotation", "permutation"}
        What the columns went through.

    Returns
    -------
    remarks : list of str
    """
    said = _in_favour(values, mixing) if symmetric else []
    if offset:
        said.append(
            f"the symmetry acts about location_, {offset:.2g} times the size of a sample away from "
            "the origin: subtract it from the samples"
        )
    return [*said, *_searched(*values["starts"])]


def _searched(agreeing, tried):
    """How the search went: whether several starts led to one place."""
    if tried == 1:
        return ["one start was enough: the search was certain of it"]
    if tried and not agreeing:
        return [f"none of {tried} starts led to this solution; a correction on the way did"]
    if tried:
        return [f"{agreeing} of {tried} starts of this fit ended at its solution"]
    return []


def _in_favour(values, mixing):
    near, far = values["locality"]
    nulls = {"rotation": "any Gaussian or elliptical set and ", "permutation": ""}
    return [
        f"beyond chance: p = {values['p_value']:.3f} against {nulls[mixing]}an arbitrary order of "
        "columns",
        "alike at every position: energy divergence "
        f"{values['statistic']:.1f} on held-out samples (right solutions have 1 to 3, up to "
        f"{values['tolerated']:.1f} passes)",
        f"neighbours know of each other: energies correlate {near:.2f} at neighbouring positions, "
        f"{far:.2f} far apart"
        if near > far
        else f"energies correlate {near:.2f} at neighbouring positions, {far:.2f} far apart",
        "repeatable: halves of the samples, fitted apart, agree to a cosine of "
        f"{values['repeatability']:.4f}; entries of the generator (one step) are known to "
        f"{np.sqrt(np.mean(values['uncertainty'] ** 2)):.3f}",
    ]
