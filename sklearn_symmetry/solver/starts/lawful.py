# SPDX-License-Identifier: BSD-3-Clause
"""Starts for smooth and noisy signals: proposals of all kinds, brought to a minimum of the law.

A descent on cumulants alone costs a fraction of one on the loss and leads further; what it says of
many proposals tells which ones are worth the loss.
"""

import numpy as np
import torch

from ...core.group import agreement
from ..multistart import descended
from ..repairs import most_local, repair, signs_and_swaps
from .chains import chain_starts
from .principal_waves import n_changes, principal_waves, rearranged_waves
from .single_changes import sign_changes
from .stationary_axes import stationary_ends
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
        Of other ways of starting; chains of more recipes come in addition, and random rotations
        with few columns.

    Returns
    -------
    ends : list of tuple of str and Tensor
        The lowest first.
    """
    tuning, laws = judge.tuning, _laws(judge)
    ends, changes = _ends(judge, laws, seed, proposals), signs_and_swaps(tuning)
    for place, (_, name, basis) in enumerate(ends[: tuning.lawful_mended]):
        found = repair(laws[-1], laws[-1], basis, changes, max_rounds=tuning.lawful_rounds)
        ends[place] = found[1], name, found[0]
    ends.sort(key=_value)
    limit = max(tuning.lawless * ends[0][0], ends[: tuning.lawful_least][-1][0])
    return [(name, _settled(judge, basis)) for value, name, basis in ends if value <= limit]


def _laws(judge):
    """The laws on which a descent goes, one after another: what leads, and what is exact.

    That of windows where there are ends, and it is affordable.
    """
    law, tuning = judge.law, judge.tuning
    if law.grid.is_line and tuning.affords(tuning.law_iterations * law.look_cost):
        return [law, judge.exact]
    return [law]


def _ends(judge, laws, seed, proposals):
    """Value, name and basis of the ends of descents, the lowest first."""
    tuning, law, share = judge.tuning, judge.law, judge.data.share
    starts, ends = _starts(judge, seed, proposals), []
    if judge.data.n_features <= tuning.few:
        starts = _lower(law, starts + _random(judge, seed))
    else:
        starts = [(law.value(basis), name, basis) for name, basis in starts]
        starts += _as_waves(judge, seed)
        if laws[-1] is judge.exact:
            ends = _from_stationary_axes(judge, seed)
    _, names, bases = zip(*_different(starts, share, tuning), strict=True)
    for one in laws:
        descents = judge.descents_on(one, list(bases))
        bases = [descent.basis for descent in descents]
    for name, descent in zip(names, descents, strict=True):
        ends.append((descent.losses[-1], f"{name}, lawful", descent.basis))
    return _different(ends, share, tuning)


def _starts(judge, seed, proposals):
    """Name and basis of all proposals."""
    tuning = judge.tuning
    found = [(name, judge.tensor(basis)) for name, basis in proposals]
    for recipe in tuning.lawful_recipes:
        frame = Frame(judge, recipe, seed)
        chains = chain_starts(frame.whitened, *frame.operators, tuning)
        found += [(f"chain {frame.label}", judge.tensor(basis)) for basis in chains]
    return [(name, _smooth(basis, judge.law.spectrum)) for name, basis in found]


def _lower(law, starts):
    """Value, name and basis after some steps from all starts at once, and more from the lowest."""
    names, bases = zip(*starts, strict=True)
    names, bases = np.array(names), torch.stack(bases)
    values = law(bases)
    for steps in law.tuning.many_steps:
        bases, values = descended(law, bases, max_iter=steps)
        kept = values.argsort()[: max(law.tuning.lawful_starts, len(names) // 4)]
        names, bases, values = names[kept.cpu().numpy()], bases[kept], values[kept]
    return list(zip(values.tolist(), names.tolist(), bases, strict=True))


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
    rotations = random.standard_normal((judge.tuning.random_starts, size, size))
    return [("random", judge.tensor(rotation)) for rotation in np.linalg.qr(rotations)[0]]


def _from_stationary_axes(judge, seed):
    """Value, name and basis where descents from stationary axes end, of as many as affordable."""
    tuning, n_signs = judge.tuning, len(sign_changes(judge.data.n_features))
    count = min(tuning.pitches, _affordable(judge, tuning.axes_budgets, n_signs))
    return stationary_ends(judge, np.linspace(0.0, 0.5, count), seed * tuning.pitches)


def _as_waves(judge, seed):
    """Value, name and basis of principal axes as waves, from several signs or phases."""
    law, tuning, descents = judge.law, judge.tuning, []
    count = min(tuning.wave_guesses, _affordable(judge, tuning.wave_budgets, n_changes(law)))
    numbers = range(seed * count, (seed + 1) * count)
    bases = [principal_waves(law.spectrum, judge.grid, number) for number in numbers]
    for _ in range(tuning.wave_rounds):
        pairs = zip(bases, numbers, strict=True)
        bases = [rearranged_waves(law, basis, number) for basis, number in pairs]
        descents = judge.descents_on(law, bases)
        bases = [descent.basis for descent in descents]
    return [(descent.losses[-1], "principal waves", descent.basis) for descent in descents]


def _affordable(judge, budgets, n_changes):
    """Number of guesses of which one look at all changes is within so many budgets."""
    return budgets * judge.tuning.budget // (n_changes * judge.law.look_cost)


def _settled(judge, basis):
    """What the law says too little of: the most local order around a ring, and the smoother sign.

    Smooth, unless the law objects: odd orders may know where the frequency axis begins.
    """
    law, basis = judge.law, basis[most_local(basis, judge.fine)]
    smooth = _smooth(basis, law.spectrum)
    return smooth if law.value(smooth) <= law.tuning.lawful_alike * law.value(basis) else basis


def _smooth(basis, spectrum):
    """Every other row turned around if that makes neighbours resemble each other.

    Even orders do not notice: the frequency axis is read from its other end.
    """
    if torch.sum((basis[:-1] * spectrum) * basis[1:]) >= 0:
        return basis
    turned = basis.clone()
    turned[1::2] *= -1
    return turned
