# SPDX-License-Identifier: BSD-3-Clause
"""In which order starts are tried: a wave for every recipe."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from ...statistics.principal import whitened
from .arranged import Arranged
from .chains import Chain
from .closed_orbit import ClosedOrbit
from .cumulant_operators import position_operators
from .orders import Ordered
from .separated import Separated, separated_start

__all__ = ["WAYS", "Frame", "Proposer", "waves"]

WAYS = (ClosedOrbit(), Separated(), Arranged(), Chain(), Ordered())


class Proposer(Protocol):
    """One way of starting; a new one is a file with such an object, named in ``WAYS``.

    Attributes
    ----------
    name : str
        By which ``Tuning.left_out`` knows it.
    """

    name: str

    def suits(self, frame):
        """Whether it has anything to say about such a set."""

    def propose(self, frame):
        """Pairs of a name and a basis, (d, d) orthogonal, in principal coordinates."""


@dataclass(frozen=True)
class Frame:
    """What a way of starting may look at.

    Attributes
    ----------
    judge : Judge
        Its data, grid, tuning and objectives.
    recipe : tuple
        Exponents of whitening and contrast, and whether to centre.
    seed : int
    n_operators : int or None, default=None
        None: as many as the tuning says.
    """

    judge: object
    recipe: tuple
    seed: int
    n_operators: int | None = None

    @property
    def data(self):
        """The set, a :class:`~sklearn_symmetry.statistics.principal.PrincipalData`."""
        return self.judge.data

    @property
    def tuning(self):
        """The numbers of the solver."""
        return self.judge.tuning

    @property
    def is_first(self):
        """Whether this is the frame of the first wave."""
        return (self.recipe, self.n_operators) == _recipes(self.judge)[0]

    @property
    def label(self):
        """The recipe in words."""
        exponent, contrast, centred = self.recipe
        return f"(whitening {exponent:g}, contrast {contrast:g}{', centred' if centred else ''})"

    @cached_property
    def whitened(self):
        """The samples, whitened as the recipe says."""
        return whitened(self.data, *self.recipe, self.tuning.contrast_floor)

    @cached_property
    def operators(self):
        """Strengths and position operators."""
        tuning = self.tuning
        count = self.n_operators or tuning.n_operators
        return position_operators(self.whitened.samples, count, self.seed, tuning)

    @cached_property
    def separated(self):
        """Separated rows in the order of their affinities, as an array."""
        return separated_start(self)


def waves(judge, seed):
    """Proposals in the order in which they are tried, named after how they were made.

    Parameters
    ----------
    judge : Judge
    seed : int

    Yields
    ------
    wave : list of tuple of str and basis
    """
    ways = [way for way in WAYS if way.name not in judge.tuning.left_out]
    for recipe, n_operators in _recipes(judge):
        frame = Frame(judge, recipe, seed, n_operators)
        wave = [one for way in ways if way.suits(frame) for one in way.propose(frame)]
        yield _promising(wave, judge)


def _recipes(judge):
    """Recipes and numbers of operators: of its tuning, for as many columns.

    In between, narrow signals need the operators of few columns, oscillating ones those of many.
    """
    tuning, size = judge.tuning, judge.data.n_features
    usual = [(recipe, None) for recipe in tuning.recipes]
    if not judge.has_many_rows:
        return usual
    positions = min(size // tuning.columns_an_operator, tuning.most_operators)
    many = [(recipe, positions) for recipe in tuning.many_recipes]
    return many if judge.is_large else [usual[0], many[0], *usual[1:]]


def _promising(wave, judge):
    """Proposals, the best first; of many columns those alone that a descent may bring to the best.

    Descents of many columns are dear, and end near to where they begin. Those that cumulants tell
    apart are left to these.
    """
    rough = judge.rough([basis for _, basis in wave])
    order = sorted(range(len(wave)), key=rough.__getitem__)
    if judge.is_large:
        order = [one for one in order if rough[one] < min(rough) + judge.tuning.far_off]
    return [wave[one] for one in order]
