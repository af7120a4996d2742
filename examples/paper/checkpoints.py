# SPDX-License-Identifier: BSD-3-Clause
"""Runs of the paper's procedure that go on where they were interrupted, to the last bit.

A run of the published budget takes hours. Its state is small: parameters, the moments of the
optimiser, the generator of random numbers, and the end of the loss curve.
"""

import json
import time
from contextlib import contextmanager
from functools import partial
from unittest import mock

import torch

import common
from sklearn_symmetry.solver import paper

EPOCHS = 50  # from one checkpoint to the next: half a minute, a hundredth of the published budget


class Checkpoint:
    """A file with the state of a run, which is gone when the run is done.

    Parameters
    ----------
    path : Path
    identity : str
        Of the run and of its code: the file of another one is not read.
    epochs : int
        After which the state is written. Only there: between epochs no batch is open.
    """

    def __init__(self, path, identity, epochs=EPOCHS):
        self.path, self.identity, self.epochs = path, identity, epochs
        self.earlier = {"seconds": 0.0, "cpu_seconds": 0.0}

    @classmethod
    def of(cls, task, path, resume):
        """The state of a run, for the same run by the same code; without `resume`, a new one."""
        if not resume:
            path.unlink(missing_ok=True)
        return cls(path, json.dumps([task, common.stamp("paper")]))

    @contextmanager
    def kept(self):
        """A fit by the paper's procedure in this context, of one start, is one that goes on."""
        self.begun = _clocks()
        with mock.patch.object(paper, "Trainer", partial(_Resumed, checkpoint=self)):
            yield self

    def finished(self):
        """The result is safe elsewhere."""
        self.path.unlink(missing_ok=True)

    def read(self):
        """The state, or None; what it took until then counts from now on."""
        if not self.path.exists():
            return None
        state = torch.load(self.path, weights_only=True)
        if state.pop("identity") != self.identity:
            return None
        self.earlier = state.pop("took")
        return state

    def write(self, state):
        """The state and what it took; the old one stays until the new one is complete."""
        took = self.so_far()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        half = self.path.with_suffix(".part")
        torch.save(state | {"identity": self.identity, "took": took}, half)
        half.replace(self.path)

    def so_far(self):
        """Seconds of the whole run until now."""
        return self.in_all({key: now - self.begun[key] for key, now in _clocks().items()})

    def in_all(self, took):
        """Seconds of this part of a run and of those before it."""
        return {key: took[key] + before for key, before in self.earlier.items()}


class _Resumed(paper.Trainer):
    """A :class:`Trainer` that begins where the checkpoint is, and makes the next ones."""

    def __init__(self, *args, checkpoint, **options):
        super().__init__(*args, **options)
        self.checkpoint, self.done = checkpoint, 0
        self.every = checkpoint.epochs * (len(self.data) // self.batch_size)
        state = checkpoint.read()
        if state is not None:
            self._restore(state)

    def step(self, iteration):
        """As that of any trainer, from the checkpoint on."""
        if iteration < self.done:
            return
        super().step(iteration)
        if (iteration + 1) % self.every == 0:
            self.checkpoint.write(self._state(iteration + 1))

    @property
    def _parameters(self):
        return [one for group in self.optimizer.param_groups for one in group["params"]]

    def _state(self, done):
        fifth = self.schedule.n_iterations // 5  # of the curves: results look at no more
        return {
            "done": done,
            "parameters": [one.detach() for one in self._parameters],
            "optimizer": self.optimizer.state_dict(),
            "random": self.random.get_state(),
            "losses": torch.tensor(self.loss_curve[-fifth:], dtype=torch.float64),
            "full_rank": torch.tensor(self.full_rank_curve[-fifth:], dtype=torch.float64),
            "full_rank_length": len(self.full_rank_curve),
        }

    def _restore(self, state):
        self.done = state["done"]
        with torch.no_grad():
            for parameter, value in zip(self._parameters, state["parameters"], strict=True):
                parameter.copy_(value)
        self.optimizer.load_state_dict(state["optimizer"])
        self.random.set_state(state["random"])
        self.loss_curve = _padded(state["losses"], self.done)
        self.full_rank_curve = _padded(state["full_rank"], state["full_rank_length"])
        self.loss_terms = {name: _padded([], self.done) for name in self.loss_terms}


def _padded(end, length):
    """A curve of which the end is known."""
    return [float("nan")] * (length - len(end)) + [float(value) for value in end]


def _clocks():
    return {"seconds": time.perf_counter(), "cpu_seconds": time.process_time()}
