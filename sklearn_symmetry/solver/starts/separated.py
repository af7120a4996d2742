# SPDX-License-Identifier: BSD-3-Clause
"""Starts for narrow signals: every component has a position operator, a joint diagonalisation
separates them.
"""

import numpy as np
import torch

from .joint_diagonalisation import joint_diagonaliser
from .seriation import longest_path, spectral_order

__all__ = ["Separated", "separated_start"]

TINY = np.finfo(float).tiny


class Separated:
    """Rows by joint diagonalisation, in the order of their affinities."""

    name = "separated"

    def suits(self, frame):
        """For any set."""
        return True

    def propose(self, frame):
        """The one basis there is, named."""
        return [(f"{self.name} {frame.label}", separated_start(frame))]


def separated_start(frame):
    """Joint diagonalisation, rows ordered and signed by their mutual affinities.

    Parameters
    ----------
    frame : Frame

    Returns
    -------
    basis : ndarray of shape (d, d)
        Orthogonal.
    """
    data, tuning, axes = frame.data, frame.tuning, frame.whitened.axes
    strengths, operators = frame.operators
    power = np.einsum("qij,qjk->ik", operators, operators)
    values, vectors = np.linalg.eigh(power)
    root = (vectors * np.maximum(values, tuning.power_floor * values.max()) ** -0.25) @ vectors.T
    weight = np.sqrt(np.maximum(strengths, 0) / max(strengths[0], TINY))
    rows, fields = joint_diagonaliser(
        root @ operators @ root * weight[:, None, None], many=tuning.many
    )
    rows = rows @ axes.T
    affinity = _affinity(data, rows, fields, tuning.affinity_samples)
    rows = rows[longest_path(affinity, spectral_order(affinity), tuning)]
    return rows * _neighbour_signs((rows * data.spectrum.cpu().numpy()) @ rows.T)[:, None]


def _affinity(data, rows, fields, seen):
    """Overlap of the position fields of two rows, correlation of their values and energies."""
    fields = fields / np.maximum(np.linalg.norm(fields, axis=0), 1e-12)
    samples = data.samples[:, :seen]
    values = torch.as_tensor(rows, dtype=torch.float32).to(samples) @ samples
    scale = values.var(1, keepdim=True).clamp_min(1e-12)
    energy = torch.corrcoef(torch.log(0.1 + values**2 / scale)).cpu().double().numpy()
    value = torch.corrcoef(values).cpu().double().numpy()
    affinity = np.maximum(fields.T @ fields, 0) ** 2
    affinity += np.nan_to_num(np.abs(value)) + np.nan_to_num(np.maximum(energy, 0))
    np.fill_diagonal(affinity, 0)
    return affinity


def _neighbour_signs(covariance):
    """Signs that make neighbouring rows correlate positively."""
    return np.cumprod(np.concatenate([[1.0], np.where(np.diag(covariance, 1) < 0, -1.0, 1.0)]))
