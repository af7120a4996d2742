# SPDX-License-Identifier: BSD-3-Clause
"""Descents on the law from many starts at once, which costs a tenth with few columns."""

import torch

__all__ = ["descended"]


def descended(law, bases, *, max_iter):
    r"""Gradient steps from every start, of the length of Barzilai and Borwein (1988).

    A step must not exceed the highest of the last few values (Grippo et al., 1986).

    Steps are :math:`W \leftarrow W e^T` with :math:`T_{ij} = -\alpha g_{ij} / c_{ij}`, with the
    gradient g and the curvature :math:`c_{ij} = (\log \lambda_i - \log \lambda_j)^2` that second
    moments give to a rotation of two principal axes, plus its mean.

    Parameters
    ----------
    law : Law
    bases : Tensor of shape (k, d, d)
        Orthogonal.
    max_iter : int

    Returns
    -------
    bases : Tensor of shape (k, d, d)
    values : Tensor of shape (k,)
        Of the law; not above those of the starts.
    """
    tuning = law.tuning
    curvature = (law.log_spectrum[:, None] - law.log_spectrum).square()
    curvature = curvature + curvature.mean().clamp_min(torch.finfo(curvature.dtype).tiny)
    values, _, gradients = law.values_and_gradients(bases)
    best, lowest = bases, values
    recent = values.repeat(tuning.recent, 1)
    steps = -gradients / curvature
    for iteration in range(max_iter):
        turns = steps.norm(dim=(-2, -1)) / len(curvature) ** 0.5
        steps = _times((tuning.largest_turn / turns).clamp_max(1.0), steps)
        trials = bases @ torch.linalg.matrix_exp(steps)
        new_values, _, new_gradients = law.values_and_gradients(trials)
        change = (steps * (new_gradients - gradients)).sum((-2, -1))
        lengths = (steps.square() * curvature).sum((-2, -1)) / change
        lengths = torch.where(change > 0, lengths, 1.0)
        taken = new_values <= recent.amax(0)
        bases, gradients = _chosen(taken, trials, bases), _chosen(taken, new_gradients, gradients)
        values = torch.where(taken, new_values, values)
        onwards = _times(-lengths, gradients / curvature)
        steps = _chosen(taken, onwards, tuning.shrink * steps)
        recent[iteration % tuning.recent] = values
        best = _chosen(values < lowest, bases, best)
        lowest = torch.minimum(lowest, values)
    return best, lowest


def _times(numbers, matrices):
    return numbers[:, None, None] * matrices


def _chosen(condition, ones, others):
    return torch.where(condition[:, None, None], ones, others)
