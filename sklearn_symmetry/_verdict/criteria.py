# SPDX-License-Identifier: BSD-3-Clause
"""What is asked of a set and of a lens: every limit of the verdict, and the table of conditions.

A condition is one row of :data:`CONDITIONS`: what it is about, the number it looks at, the limit of
that number, and the words for when it is not met. The verdict, its reasons, and the table in
`docs/trust.md` come from these rows.

All numbers below were set on other seeds than those of `docs/trust.md`, where

    python tests/benchmarks/calibration.py

measures how often the verdict they make is wrong; the trials are in `docs/results/calibration.csv`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ..core.grid import Grid

__all__ = [
    "ALIKE",
    "ALIKE_ROWS",
    "ALONE",
    "CONDITIONS",
    "DRAWS",
    "ENOUGH",
    "ERRORS",
    "FAINT",
    "FEWEST_OWN",
    "FEW_TURNED",
    "FOLDED",
    "FORGOTTEN",
    "INSIDE",
    "LENGTHS",
    "LEVEL",
    "LIKELY",
    "LINKED",
    "MOSTLY",
    "MOST_BLOCKS",
    "NEARLY_EQUAL",
    "NEARLY_STATIONARY",
    "NEIGHBOURS",
    "ORDERS",
    "PER_COLUMN",
    "REPEATS",
    "SAME_SHAPE",
    "SEEN",
    "SHUFFLED",
    "SURE",
    "TESTED",
    "Condition",
    "Criterion",
    "Measured",
    "criteria",
    "required_repeatability",
    "tolerated_distance",
    "tolerated_divergence",
    "wanted_deviation",
]

LEVEL = 0.05  # probability; of either test, the usual one

# Counts. Elliptical sets that are drawn, and orders that are compared: p-values down to 0.005 and
# 0.01, well below any level in use.
DRAWS, ORDERS = 199, 99
TESTED = 5000  # samples in either test: enough to see, cheap to draw 199 times

# Energy divergence, in units of what two sets of samples of one covariance have. What right
# solutions of 500 to 50,000 samples stay below: their mean, the spread of the mean of few numbers
# (over m - 1 pairs of neighbours, faster below SHORT of them: rows of photographs in 5 columns),
# and per sample how far real sets that a person would call stationary are from it.
MEAN, TAIL, DEFECT = 2.5, 12.0, 3e-4
SHORT = 8  # pairs of neighbours

# Cosine of generators found on separate samples. Few columns have few numbers, too. The differences
# of either half from the truth add up, and each has twice the variance of a fit to all samples:
# halves that agree to 0.9 are halves of a fit that is within about 0.975 of the truth.
REPEATS = 0.95

# The grade between found and no: more than SURE columns, the halves agree to this cosine (or on
# this share of the neighbours, where both are a shuffle of columns), and energies are at most so
# many times as far from stationary as a found one's may be. Marginals may be twice as far apart,
# where samples are STRONG standard errors from elliptical (rows of photographs in 33 columns: 9.6;
# rotated synthetic spectra in 12 columns, of which two were looked at: 1.2 to 1.9). Chosen, not
# calibrated: of 44 sets without a symmetry that pass both tests (docs/results/calibration.csv, 5 or
# 6 columns), halves agree to 0.8 in 12, so that few columns cannot have this grade. Both tests must
# pass as for a found one.
LIKELY, NEARLY_STATIONARY, NEARLY_EQUAL, SURE = 0.8, 1.5, 2.0, 6

# For words only: share of a row that is one column where the lens is a shuffle; how alike the ends
# of a line are, over its neighbours, that may be a ring.
MOSTLY, ALIKE = 0.5, 0.5

# For words only, too: samples a column below which too few of them are named as a cause
# (docs/robustness.md: right fits from 33 a column on, of sets that are easy). A column is alone if
# its correlations with the three columns on either side are below a quarter of the usual ones,
# where those are at least LINKED standard errors; upside down if it is one of at most a third.
# On sets of tests/benchmarks/known_sets.py, seed 7, in a look that no script repeats: noise instead
# of a column has up to 3 standard errors and .25 of the usual ones, good columns beside it .26 and
# more. How often that errs elsewhere: tests/benchmarks/bad_columns.py.
PER_COLUMN = 100
NEIGHBOURS, ALONE, LINKED, FEW_TURNED = 3, 0.25, 12.0, 1 / 3

# Distance of marginals, in standard deviations: of real sets that a person would call stationary,
# and the sampling noise times sqrt(n). Columns of different laws sort themselves by their tails,
# and halves agree on that order; 0.2 let some of these pass.
UNEVEN, UNEVEN_NOISE = 0.1, 4.0

# Standard errors from elliptical that count as evidence: ENOUGH, STRONG in at most FEWEST columns,
# FAINT for a grade "likely". Chance has 1. In a few bases any covariance is stationary; of a table
# that is nearly elliptical one of them is so in all respects that its samples can tell, and
# separate samples agree on it. Of tables of seeds 16000 to 16005 of calibration.py in 7 to 13
# columns six were found, with 1.6 to 2.7; right random fits (robustness.py, below 200, 7 to 20
# columns) have 3.0 and more from 65 samples a column on.
STRONG, ENOUGH, FAINT, FEWEST = 4.0, 3.0, 2.0, 6

# Rows of a lattice that continue each other are a line that was folded: halfway between both.
FOLDED = 0.5

# Standard errors, root mean square over the entries of the generator, within which a shift of the
# columns themselves is what was found: the difference of two halves is one draw of that error.
SHUFFLED = 2.0

# Factor between the energy divergences of two shapes of a lattice up to which they are as good.
SAME_SHAPE = 1.5

# Which columns of a lens are judged by its own energies: rows of the convolution matrix of a norm
# above INSIDE (a whole one has 1), since powers beyond the window say nothing; and not fewer than
# FEWEST_OWN, since two columns have one pair of neighbours and nothing to compare it with.
INSIDE, FEWEST_OWN = 0.5, 3

# Rows that depend on each other; `python tests/benchmarks/dependent_rows.py` measures what these
# numbers lead to. Halves are made of at most MOST_BLOCKS blocks of rows, each at least LENGTHS
# times as long as the gap. The memory of rows is that of the first SEEN ones: their correlation
# below which they count as independent, and what of it may be chance, in standard errors.
# ALIKE_ROWS: correlation of neighbouring rows from which a verdict mentions it.
MOST_BLOCKS, LENGTHS, SEEN = 20, 5, 20_000
FORGOTTEN, ERRORS, ALIKE_ROWS = 0.1, 4.0, 0.3


def tolerated_divergence(n_samples, grid):
    """Energy divergence up to which `n_samples` of the columns of a grid count as stationary."""

    def tail(axis):
        size = grid.n_pairs(axis)
        return TAIL / size * max(1, SHORT / size)

    return MEAN + grid.average(tail) + DEFECT * n_samples


def required_repeatability(grid):
    """Cosine between the generators of two halves from which they count as one, by their grid.

    0.95, and less on a line below nine columns: 0.9 in five.
    """
    return 1 - (1 - REPEATS) * grid.average(lambda axis: max(1, SHORT / grid.n_pairs(axis)))


def wanted_deviation(size):
    """Deviation in the elliptical test from which evidence in `size` columns counts."""
    return STRONG if size <= FEWEST else ENOUGH


def tolerated_distance(n_samples):
    """Distance of marginals up to which `n_samples` count as stationary."""
    return UNEVEN + UNEVEN_NOISE / n_samples**0.5


@dataclass(frozen=True)
class Measured:
    """The numbers that conditions look at, whatever their limits.

    Attributes
    ----------
    level : float
        Of the tests.
    grid : Grid
        Of the representations of the halves.
    p_value, order_p_value : float
        The larger one of the two halves.
    deviation : float
        The smaller one.
    divergence, n_divergence : float, int
        Of the half with the better energies, and its samples.
    distance, n_distance : float, int
        Of the half with the worse marginals, and its samples.
    repeatability, agreement : float
        Cosines of the generators of the halves, and of the lens with the worse one.
    own_divergence : float
        Of the lens itself; 0 where it cannot be judged.
    n_own, own_grid : int, Grid
        Samples and columns it was measured on.
    converged : bool
    mixing : {"rotation", "permutation"}
        What the columns went through.
    order_repeatability, order_agreement : float
        Share of the neighbours that the halves agree on, where both are a shuffle of columns, and
        the lens with the worse one.
    folded : float
        How much rows of a lattice continue each other, the larger one of the two halves.
    """

    level: float
    grid: Grid
    p_value: float
    order_p_value: float
    deviation: float
    divergence: float
    n_divergence: int
    distance: float
    n_distance: int
    repeatability: float
    agreement: float
    own_divergence: float
    n_own: int
    own_grid: Grid
    converged: bool
    mixing: str = "rotation"
    order_repeatability: float = 0.0
    order_agreement: float = 0.0
    folded: float = 0.0


@dataclass(frozen=True)
class Criterion:
    """A condition, asked of one set and one lens.

    Attributes
    ----------
    name : str
    about : {"set", "lens"}
        What is in doubt if it is not met.
    value, limit : float
    at_most : bool
        Whether `limit` is the largest value that passes; else it is the smallest.
    says : str
        Plain sentence for when it is not met.
    nearly : bool
        Whether it passes for a grade "likely".
    """

    name: str
    about: Literal["set", "lens"]
    value: float
    limit: float
    at_most: bool
    says: str
    nearly: bool = False

    @property
    def met(self):
        """Whether the value passes. What is not a number does not."""
        # Any comparison with NaN is false: never write this as "not beyond the limit".
        return bool(self.value <= self.limit if self.at_most else self.value >= self.limit)


@dataclass(frozen=True)
class Condition:
    """A row of the table of conditions.

    Attributes
    ----------
    name, about, at_most
        As in :class:`Criterion`.
    asks, passes : str
        The number it looks at, and which numbers pass, in markdown.
    value, limit : callable
        Both, from :class:`Measured`.
    says : str
        Sentence with places for ``value`` and ``limit``.
    after : str
        Name of a condition above without which this one is not asked.
    mixing : str
        For which it is asked only: second moments are no evidence where any basis may be the right
        one, since any covariance is stationary in one of them; in no order of columns it is.
    lattice : bool
        Whether it is asked of lattices only.
    likely : callable or None
        From :class:`Measured`, whether the number is good enough for a grade "likely", of more than
        :data:`SURE` columns. None: only if it passes.
    """

    name: str
    about: Literal["set", "lens"]
    asks: str
    passes: str
    value: Callable
    limit: Callable
    at_most: bool
    says: str
    after: str = ""
    mixing: str = ""
    lattice: bool = False
    likely: Callable | None = None

    def of(self, measured):
        """The criterion for these numbers."""
        value, limit = self.value(measured), self.limit(measured)
        says = self.says.format(value=value, limit=limit)
        found = Criterion(self.name, self.about, value, limit, self.at_most, says)
        loose = self.likely is not None and measured.grid.size > SURE
        nearly = found.met or (loose and bool(self.likely(measured)))
        return replace(found, nearly=nearly)


def criteria(measured):
    """Every condition that applies, with its value and its limit.

    Parameters
    ----------
    measured : Measured

    Returns
    -------
    criteria : list of Criterion
        In the order of :data:`CONDITIONS`; those about the set come first.
    """
    found, unmet = [], set()
    for condition in CONDITIONS:
        if condition.after in unmet or condition.mixing not in ("", measured.mixing):
            continue
        if condition.lattice and measured.grid.n_axes == 1:
            continue
        found.append(condition.of(measured))
        if not found[-1].met:
            unmet.add(condition.name)
    return found


DIVERGENCE_PASSES = (
    f"at most {MEAN:g} + {TAIL:g}/(d-1) + {DEFECT:g} n ({MEAN:g} + {TAIL * SHORT:g}/(d-1)^2 + "
    f"{DEFECT:g} n for d < {SHORT + 1})"
)

CONDITIONS = (
    Condition(
        name="beyond second moments",
        about="set",
        asks="p-value against *any elliptical set* (parametric bootstrap: mean, covariance and "
        "radii of the held-out samples; covariance of log energies by lag)",
        passes="both halves at most the level",
        value=lambda measured: measured.p_value,
        limit=lambda measured: measured.level,
        at_most=True,
        says="no structure beyond second moments and contrast (p = {value:.3f}): the samples are "
        "like those of a Gaussian process, which has a symmetry in some basis whatever they are; "
        "no number of such samples tells which is right",
        mixing="rotation",
    ),
    Condition(
        name="strong",
        about="set",
        asks="standard scores of that test, root mean square over lags",
        passes=f"both halves at least {ENOUGH:g} ({STRONG:g} for d < {FEWEST + 1})",
        value=lambda measured: measured.deviation,
        limit=lambda measured: wanted_deviation(measured.grid.size),
        at_most=False,
        says="little structure beyond second moments: {value:.1f} standard errors, {limit:.1f} "
        "would pass",
        likely=lambda measured: measured.deviation >= FAINT,
        after="beyond second moments",
        mixing="rotation",
    ),
    Condition(
        name="order",
        about="set",
        asks="p-value against *exchangeable columns* (permutation test: alignment, uniformity and "
        "energy divergence of the held-out samples)",
        passes="both halves at most the level: takes d >= 5 (6 circulant)",
        value=lambda measured: measured.order_p_value,
        limit=lambda measured: measured.level,
        at_most=True,
        says="the order of the columns may be arbitrary (p = {value:.3f} on held-out samples)",
    ),
    Condition(
        name="two axes",
        about="set",
        asks="of a lattice: correlations of columns at which rows of a folded line would continue "
        "each other, as a share of those of neighbours",
        passes=f"both halves at most {FOLDED:g}",
        value=lambda measured: measured.folded,
        limit=lambda measured: FOLDED,
        at_most=True,
        says="its rows continue each other, as those of a line that is folded: columns at the "
        "turns are {value:.2f} times as alike as neighbours (a lattice has 0; {limit:g} would "
        "pass): these columns are a line, not a lattice: fit without grid_shape",
        lattice=True,
    ),
    Condition(
        name="stationary energies",
        about="set",
        asks="energy divergence on held-out samples, the better half",
        passes=DIVERGENCE_PASSES,
        value=lambda measured: measured.divergence,
        limit=lambda measured: tolerated_divergence(measured.n_divergence, measured.grid),
        at_most=True,
        says="not stationary under the generator: energy divergence {value:.1f} on held-out "
        "samples, {limit:.1f} would pass: positions are not alike, as of things at a fixed place",
        likely=lambda measured: (
            measured.divergence
            <= NEARLY_STATIONARY * tolerated_divergence(measured.n_divergence, measured.grid)
        ),
    ),
    Condition(
        name="equal marginals",
        about="set",
        asks="distance of the quantiles of a column from their mean, in sd",
        passes=f"at most {UNEVEN:g} + {UNEVEN_NOISE:g}/sqrt(n)",
        value=lambda measured: measured.distance,
        limit=lambda measured: tolerated_distance(measured.n_distance),
        at_most=True,
        says="columns of the representation have different distributions (distance {value:.2f}; "
        "{limit:.2f} would pass)",
        # An imprecise half mixes columns unevenly. So do spectra, which deviate by less.
        likely=lambda measured: (
            measured.distance <= NEARLY_EQUAL * tolerated_distance(measured.n_distance)
            and (measured.deviation >= STRONG or measured.mixing == "permutation")
        ),
    ),
    Condition(
        name="repeatable",
        about="set",
        asks="cosine between the generators of the halves",
        passes=f"at least {REPEATS:g} (1 - {(1 - REPEATS) * SHORT:g}/(d-1) for d < {SHORT + 1})",
        value=lambda measured: measured.repeatability,
        limit=lambda measured: required_repeatability(measured.grid),
        at_most=False,
        says="two halves of the samples lead to different generators (cosine {value:.3f}; "
        "{limit:.2f} would pass)",
        likely=lambda measured: (
            measured.repeatability >= LIKELY or measured.order_repeatability >= LIKELY
        ),
    ),
    Condition(
        name="agreement",
        about="lens",
        asks="cosine of the lens with either half",
        passes=f"at least {REPEATS:g}",
        value=lambda measured: measured.agreement,
        limit=lambda measured: REPEATS,
        at_most=False,
        says="this lens differs from what halves of the samples led to (cosine {value:.3f}; "
        "{limit:g} would pass)",
        # Where the halves agree, a lens that does not is another one.
        likely=lambda measured: (
            measured.repeatability < REPEATS
            and max(measured.agreement, measured.order_agreement) >= LIKELY
        ),
    ),
    Condition(
        name="its own energies",
        about="lens",
        asks="energy divergence of the lens on all samples",
        passes="the same as of a half",
        value=lambda measured: measured.own_divergence,
        limit=lambda measured: tolerated_divergence(measured.n_own, measured.own_grid),
        at_most=True,
        says="its own representation is not stationary: energy divergence {value:.1f}, "
        "{limit:.1f} would pass",
        likely=lambda measured: (
            measured.own_divergence
            <= NEARLY_STATIONARY * tolerated_divergence(measured.n_own, measured.own_grid)
        ),
    ),
    Condition(
        name="convergence",
        about="lens",
        asks="`converged_`",
        passes="true",
        value=lambda measured: float(measured.converged),
        limit=lambda measured: 1.0,
        at_most=False,
        says="the fit did not converge (see max_iter)",
    ),
)
