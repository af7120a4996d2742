# SPDX-License-Identifier: BSD-3-Clause
"""How much is computed at once: what stays in the cache of a CPU, all there is on a GPU."""

__all__ = ["at_once"]

# Entries on a GPU, which is quick with large blocks and slow with many small ones. A bound only:
# smoothed histograms hold 50 bytes an entry, 1.7 GB, and 20,000 samples of 1,600 columns fit.
ON_DEVICE = 2**25


def at_once(cached, entries, device):
    """How many items of a tensor to compute at once.

    Parameters
    ----------
    cached : int
        Entries held at once on a CPU: in the cache.
    entries : int
        Of one item.
    device : torch.device

    Returns
    -------
    several : int
        At least 1.
    """
    return max(1, (cached if device.type == "cpu" else ON_DEVICE) // entries)
