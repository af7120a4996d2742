# SPDX-License-Identifier: BSD-3-Clause
"""Torch modules: a fitted lens as a layer, and a small network for what a lens gives."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from torch import nn

__all__ = ["GroupConvolution", "ShiftCNN"]


class GroupConvolution(nn.Module):
    """A fitted lens as a layer: every channel times the group convolution matrix.

    Equation 11; :meth:`sklearn_symmetry.SymmetryLens.to_torch` makes one.

    Parameters
    ----------
    weight : Tensor of shape (m, d)
        Group convolution matrix. Not copied.
    n_channels : int, default=1
        Channels of a sample, blocks of d columns one after another.
    shape : tuple of int or None, default=None
        Of the positions: of a lens on a lattice (h, w), whose product is m. None: (m,).
    trainable : bool, default=False
        Whether `weight` is a parameter; otherwise it is a buffer.

    Examples
    --------
    >>> import torch
    >>> from sklearn_symmetry.nn import GroupConvolution
    >>> GroupConvolution(torch.eye(5)[:3], n_channels=2)(torch.zeros(8, 10)).shape
    torch.Size([8, 2, 3])
    """

    def __init__(
        self,
        weight: torch.Tensor,
        n_channels: int = 1,
        *,
        shape: tuple[int, ...] | None = None,
        trainable: bool = False,
    ) -> None:
        super().__init__()
        if shape is not None and prod(shape) != len(weight):
            raise ValueError(f"shape == {shape}, must have {len(weight)} positions, as weight has")
        self.n_channels = n_channels
        self.shape = (len(weight),) if shape is None else tuple(shape)
        if trainable:
            self.weight = nn.Parameter(weight)
        else:
            self.register_buffer("weight", weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Transform samples.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels * d)
            Of any precision.

        Returns
        -------
        y : Tensor of shape (n, n_channels, m), or (n, n_channels, h, w)
            In the precision of `weight`.

        Raises
        ------
        ValueError
            If `x` has another number of columns.
        """
        n_features = self.weight.shape[1]
        if x.ndim != 2 or x.shape[1] != self.n_channels * n_features:
            raise ValueError(
                f"the lens takes samples of shape (n, {self.n_channels * n_features}), "
                f"{self.n_channels} channel(s) of {n_features} features; got {tuple(x.shape)}"
            )
        x = x.to(self.weight.dtype)
        y = x.reshape(-1, self.n_channels, n_features) @ self.weight.T
        return y.reshape(-1, self.n_channels, *self.shape)

    def extra_repr(self):
        """Shape, for ``repr``.

        Returns
        -------
        text : str
        """
        n_powers, n_features = self.weight.shape
        return f"{n_features} -> {n_powers}, n_channels={self.n_channels}"


class ShiftCNN(nn.Module):
    """A small 1-D convolutional classifier that ignores where along the symmetry things happen.

    Convolutions without padding and a maximum over all positions: behind a lens the scores do not
    change under the symmetry, apart from what enters or leaves the window.

    Parameters
    ----------
    n_classes : int
    n_channels : int, default=1
        That of the lens.
    widths : sequence of int, default=(16, 32)
        Filters of every convolution.
    kernel_size : int, default=5
        Columns a filter sees.

    Examples
    --------
    >>> import torch
    >>> from sklearn_symmetry.nn import ShiftCNN
    >>> ShiftCNN(n_classes=3)(torch.zeros(8, 20)).shape
    torch.Size([8, 3])
    """

    def __init__(
        self,
        n_classes: int,
        n_channels: int = 1,
        widths: Sequence[int] = (16, 32),
        kernel_size: int = 5,
    ) -> None:
        super().__init__()
        self.n_channels = n_channels
        self.kernel_size = kernel_size
        sizes = (n_channels, *widths)
        layers = []
        for before, after in pairwise(sizes):
            layers += [nn.Conv1d(before, after, kernel_size), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        self.head = nn.Linear(sizes[-1], n_classes)
        self.receptive_field = 1 + len(widths) * (kernel_size - 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of the classes, before the softmax.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels * m) or (n, n_channels, m)
            Representations, of any precision; at least ``receptive_field`` columns a channel.

        Returns
        -------
        scores : Tensor of shape (n, n_classes)

        Raises
        ------
        ValueError
            If the columns are too few, `n_channels` does not divide them, or `x` is of another
            shape, such as that of a lattice.
        """
        x = self._channels(x).to(self.head.weight.dtype)
        return self.head(self.convolutions(x).amax(-1))

    def _channels(self, x):
        """`x` with an axis for the channels, wide enough for the convolutions."""
        if x.ndim not in (2, 3) or (x.ndim == 3 and x.shape[1] != self.n_channels):
            raise ValueError(
                f"the network takes (n, n_channels * m) or (n, n_channels, m) with n_channels="
                f"{self.n_channels}, that of the lens; got {tuple(x.shape)}"
            )
        n_columns = x.shape[1:].numel()
        if n_columns % self.n_channels:
            raise ValueError(
                f"n_channels={self.n_channels} of the network does not divide the {n_columns} "
                f"columns of a sample; it must be that of the lens"
            )
        n_powers = n_columns // self.n_channels
        if n_powers < self.receptive_field:
            raise ValueError(
                f"the network sees {self.receptive_field} columns at once (kernel_size="
                f"{self.kernel_size}), but a channel has {n_powers}: raise n_powers of the lens "
                f"to {self.receptive_field} or more, or lower kernel_size"
            )
        return x.reshape(-1, self.n_channels, n_powers)
