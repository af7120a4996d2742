# SPDX-License-Identifier: BSD-3-Clause
"""Starts for smooth and noisy signals: proposals of all kinds, brought to a minimum of the law.

A descent on cumulants alone costs a fraction of one on the loss and leads further; what it says of
many proposals tells which ones are worth the loss.
"""

import numpy as np
import torch

from ...core.group import agreement
from ..law import Law
from ..manifold import minimise
from ..repairs import repair, signs_and_swaps
from .chains import chain_starts
from .waves import Frame

__all__ = ["lawful"]


def lawful(judge, seed, proposals):
    """Ends of descents on the law from the most stationary of many proposals.

    Parameters
    ----------
    judge : Judge
        With cumulants of fourth order.
    seed : int
    proposals : list of tuple of str and basis
        Of other ways of starting; chains of more recipes come in addition.

    Returns
    -------
    ends : list of tuple of str and Tensor
        The lowest first.
    """
    tuning, law = judge.tuning, Law(judge.fine)
    found = [(name, judge.tensor(basis)) for name, basis in proposals]
    for recipe in tuning.lawful_recipes:
        frame = Frame(judge, recipe, seed)
        chains = chain_starts(frame.whitened, *frame.operators, tuning)
        found += [(f"chain {frame.label}", judge.tensor(basis)) for basis in chains]
    found = [(name, _smooth(basis, law.spectrum)) for name, basis in found]
    budget = {"max_iter": tuning.law_iterations, "probes": tuning.law_probes}
    budget |= {"tol": tuning.search_tol, "patience": tuning.search_patience}
    ends = []
    for name, basis in _different(found, law, judge.data.share):
        descent = minimise(law, basis, **budget)
        ends.append((descent.losses[-1], f"{name}, lawful", descent.basis))
    ends.sort(key=_value)
    changes = signs_and_swaps(tuning)
    for place, (_, name, basis) in enumerate(ends[: tuning.lawful_mended]):
        basis, value, _ = repair(law, law, basis, changes, max_rounds=tuning.lawful_rounds)
        ends[place] = value, name, basis
    return [(name, _smooth(basis, law.spectrum)) for _, name, basis in sorted(ends, key=_value)]


def _value(end):
    return end[0]


def _different(found, law, share):
    """The most stationary proposals, no two of them nearly alike above the noise."""
    tuning, chosen = law.tuning, []
    for index in np.argsort([law.value(basis) for _, basis in found]):
        if len(chosen) == tuning.lawful_starts:
            break
        one = found[index]
        if all(agreement(one[1], other, share) < tuning.near for _, other in chosen):
            chosen.append(one)
    return chosen


def _smooth(basis, spectrum):
    """Every other row turned around if that makes neighbours resemble each other.

    Even orders do not notice: the frequency axis is read from its other end.
    """
    if torch.sum((basis[:-1] * spectrum) * basis[1:]) >= 0:
        return basis
    turned = basis.clone()
    turned[1::2] *= -1
    return turned
