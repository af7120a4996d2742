# SPDX-License-Identifier: BSD-3-Clause
"""What a verdict holds, and how it is told to a person: text, html, remarks."""

import html
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Verdict", "remarks"]


HEADLINES = {
    "found": "SYMMETRY FOUND: the set has a one-parameter symmetry, and this lens is it",
    "likely": "LIKELY, NOT PRECISE: a one-parameter symmetry, known in its main lines only",
    "another": "NOT THIS ONE: the set has a symmetry, but this lens did not find it",
    "none": "NO EVIDENCE of a one-parameter symmetry in these samples",
}
COLOURS = {"found": "#1a7f37", "likely": "#9a6700", "another": "#9a6700", "none": "#cf222e"}


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
        valid for all of them. With ``mixing="permutation"`` only the second null is tested:
        no order of columns makes any covariance stationary. See Notes.
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
    likely : bool
        Whether it falls short of `found` in precision only: both tests pass, and the halves agree
        in all that is large, in more than six columns. ``bool(verdict)`` is false all the same.
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
    uncertainty: np.ndarray = field(repr=False)
    locality: tuple
    starts: tuple
    converged: bool
    n_samples: int
    against: list = field(repr=False)
    remarks: list = field(repr=False)
    likely: bool = False

    def __bool__(self):
        return self.found

    @property
    def reasons(self):
        """Plain sentences; those that speak against the lens come first."""
        return [*self.against, *self.remarks]

    @property
    def grade(self):
        """The headline in one word."""
        if self.found:
            return "found"
        if self.likely:
            return "likely"
        return "another" if self.symmetric else "none"

    @property
    def headline(self):
        """One line."""
        return HEADLINES[self.grade]

    def __str__(self):
        return "\n".join([self.headline, *(f"  - {reason}" for reason in self.reasons)])

    def _repr_html_(self):
        colour = COLOURS[self.grade]
        items = "".join(f"<li>{html.escape(reason)}</li>" for reason in self.reasons)
        return (
            f'<div style="border-left: 4px solid {colour}; padding-left: 0.8em">'
            f'<strong style="color: {colour}">{html.escape(self.headline)}</strong>'
            f"<ul>{items}</ul></div>"
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
    agreeing, tried = values["starts"]
    if tried == 1:
        said.append("only one start was tried")
    elif tried and not agreeing:
        said.append(f"a repair led to its solution, which none of {tried} starts reached")
    elif tried:
        said.append(f"{agreeing} of {tried} starts of this fit ended at its solution")
    return said


def _in_favour(values, mixing):
    near, far = values["locality"]
    nulls = {"rotation": "any Gaussian or elliptical set and ", "permutation": ""}
    return [
        f"beyond chance: p = {values['p_value']:.3f} against {nulls[mixing]}an arbitrary order of "
        "columns",
        f"stationary: energy divergence {values['statistic']:.1f} on held-out samples (right "
        f"solutions have 1 to 3, up to {values['tolerated']:.1f} passes)",
        f"local: energies of neighbours correlate {near:.2f}, far apart {far:.2f}",
        f"repeatable: cosine {values['repeatability']:.4f} between halves; entries of the "
        f"generator are known to {np.sqrt(np.mean(values['uncertainty'] ** 2)):.3f} (rms)",
    ]
