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
    share = judge.data.share
    found = _different([(law.value(one[1]), *one) for one in found], share, tuning)
    if judge.data.n_features <= tuning.few:
        found += _random(judge, seed)
    budget = {"max_iter": tuning.law_iterations, "probes": tuning.law_probes}
    budget |= {"tol": tuning.search_tol, "patience": tuning.search_patience}
    ends = []
    for _, name, basis in found:
        descent = minimise(law, basis, **budget)
        ends.append((descent.losses[-1], f"{name}, lawful", descent.basis))
    ends = _different(ends, share, tuning)
    changes = signs_and_swaps(tuning)
    for place, (_, name, basis) in enumerate(ends[: tuning.lawful_mended]):
        basis, value, _ = repair(law, law, basis, changes, max_rounds=tuning.lawful_rounds)
        ends[place] = value, name, basis
    return [(name, _smooth(basis, law.spectrum)) for _, name, basis in sorted(ends, key=_value)]


def _value(end):
    return end[0]


def _different(found, share, tuning):
    """The most stationary bases, no two of them nearly alike above the noise."""
    chosen = []
    for one in sorted(found, key=_value):
        if len(chosen) == tuning.lawful_starts:
            break
        if all(agreement(one[2], other[2], share) < tuning.near for other in chosen):
            chosen.append(one)
    return chosen


def _random(judge, seed):
    """Random rotations: of few columns, that is all it takes to find the minimum of the law."""
    random, size = np.random.default_rng(seed), judge.data.n_features
    rotations = (
        np.linalg.qr(random.standard_normal((size, size)))[0]
        for _ in range(judge.tuning.random_starts)
    )
    return [(np.inf, "random", judge.tensor(rotation)) for rotation in rotations]


def _smooth(basis, spectrum):
    """Every other row turned around if that makes neighbours resemble each other.

    Even orders do not notice: the frequency axis is read from its other end.
    """
    if torch.sum((basis[:-1] * spectrum) * basis[1:]) >= 0:
        return basis
    turned = basis.clone()
    turned[1::2] *= -1
    return turned
