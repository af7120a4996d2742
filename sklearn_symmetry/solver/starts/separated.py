# SPDX-License-Identifier: BSD-3-Clause
"""Starts for narrow signals: every component has a position operator, a joint diagonalisation
separates them.
"""

import numpy as np
import torch

from .joint_diagonalisation import joint_diagonaliser
from .seriation import longest_path, spectral_order

__all__ = ["Separated", "affinity", "separated_rows", "separated_start"]

TINY = np.finfo(float).tiny


class Separated:
    """Rows by joint diagonalisation, in the order of their affinities."""

    name = "separated"

    def suits(self, frame):
        """For any set."""
        return True

    def propose(self, frame):
        """The one basis there is, named."""
        return [(f"{self.name} {frame.label}", frame.separated)]


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
    data, tuning = frame.data, frame.tuning
    rows, fields = separated_rows(frame)
    alike = affinity(data, rows, fields, tuning.affinity_samples)
    order = spectral_order(alike)
    rows = rows[longest_path(alike, order, tuning, stretches=frame.judge.has_many_rows)]
    return rows * _neighbour_signs((rows * data.spectrum.cpu().numpy()) @ rows.T)[:, None]


def separated_rows(frame):
    """Rows of the joint diagonalisation of the operators, in no order.

    Parameters
    ----------
    frame : Frame

    Returns
    -------
    rows : ndarray of shape (d, d)
        Orthogonal, in principal coordinates.
    fields : ndarray of shape (q, d)
        Diagonals of the operators: where each of them sees a row.
    """
    strengths, operators = frame.operators
    power = np.einsum("qij,qjk->ik", operators, operators)
    values, vectors = np.linalg.eigh(power)
    floor = frame.tuning.power_floor * values.max()
    root = (vectors * np.maximum(values, floor) ** -0.25) @ vectors.T
    weight = np.sqrt(np.maximum(strengths, 0) / max(strengths[0], TINY))
    rows, fields = joint_diagonaliser(
        root @ operators @ root * weight[:, None, None], many=frame.tuning.many
    )
    return rows @ frame.whitened.axes.T, fields


def affinity(data, rows, fields, seen):
    """Overlap of the position fields of two rows, correlation of their values and energies.

    Parameters
    ----------
    data : PrincipalData
    rows : ndarray of shape (m, d)
    fields : ndarray of shape (q, m)
        See :func:`separated_rows`.
    seen : int
        Samples that are looked at.

    Returns
    -------
    affinity : ndarray of shape (m, m)
        Symmetric, nonnegative, zero on the diagonal.
    """
    fields = fields / np.maximum(np.linalg.norm(fields, axis=0), 1e-12)
    samples = data.samples[:, :seen]
    values = torch.as_tensor(rows, dtype=torch.float32).to(samples) @ samples
    scale = values.var(1, keepdim=True).clamp_min(1e-12)
    energy = torch.corrcoef(torch.log(0.1 + values**2 / scale)).cpu().double().numpy()
    value = torch.corrcoef(values).cpu().double().numpy()
    alike = np.maximum(fields.T @ fields, 0) ** 2
    alike += np.nan_to_num(np.abs(value)) + np.nan_to_num(np.maximum(energy, 0))
    np.fill_diagonal(alike, 0)
    return alike


def _neighbour_signs(covariance):
    """Signs that make neighbouring rows correlate positively."""
    return np.cumprod(np.concatenate([[1.0], np.where(np.diag(covariance, 1) < 0, -1.0, 1.0)]))
