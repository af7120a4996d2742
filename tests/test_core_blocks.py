# SPDX-License-Identifier: BSD-3-Clause
"""How much is computed at once: bounded everywhere, much more on a GPU."""

import pytest
import torch

from sklearn_symmetry.core.blocks import ON_DEVICE, at_once

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("entries, cpu", [(1, 2**16), (20_000, 3), (2**16, 1), (2**40, 1)])
def test_a_cpu_computes_what_stays_in_its_cache(entries, cpu):
    assert at_once(2**16, entries, CPU) == cpu
    assert at_once(2**16, entries, GPU) == max(1, ON_DEVICE // entries)


@pytest.mark.parametrize("columns", [33, 129, 1025])
def test_entropies_of_a_batch_are_one_block_on_a_gpu(columns):
    assert at_once(2**16, 20_000, GPU) >= columns
