"""The state of training after a few updates, bit for bit, and its cost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from robust_families import Family
from torch import Tensor, nn

from xlingual.robust import Rows
from xlingual.study import TrialConfiguration
from xlingual.training.model import TrainedModel
from xlingual.training.passes import Pass
from xlingual.training.update import Updater

UPDATES = 2


@dataclass
class Count:
    """Numbers of forward passes of a module and backward passes through its outputs."""

    forward: int = 0
    backward: int = 0


@dataclass(frozen=True)
class Trace:
    """A few updates of training.

    Attributes:
        losses: loss of each update.
        weights: final weights, by name.
        count: counts of its passes.
        dropout: final state of torch's global random generator.
        others: whether all other global random generators are unchanged.
        declared: passes per update declared by the method.
        model: the model after them.
        updater: to train it further.
    """

    losses: list[float]
    weights: dict[str, Tensor]
    count: Count
    dropout: Tensor
    others: bool
    declared: int
    model: TrainedModel
    updater: Updater


def trace(family: Family, configuration: TrialConfiguration, *, updates: int = UPDATES) -> Trace:
    """Train for a few updates."""
    model, updater = family.started(configuration)
    before = _other_streams()
    with counted(family.body(model.plain)) as count:
        losses = [float(updater.update(number)) for number in range(updates)]
    weights = {name: value.clone() for name, value in model.losses.state_dict().items()}
    others, declared = before == _other_streams(), model.robust.passes
    return Trace(losses, weights, count, torch.get_rng_state(), others, declared, model, updater)


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether weights are equal to the bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@contextmanager
def counted(module: nn.Module) -> Iterator[Count]:
    """Count a module's passes."""
    count = Count()

    def forward(_module: nn.Module, _inputs: Any, output: Any) -> None:
        count.forward += 1
        hidden = output if isinstance(output, Tensor) else output[0]
        if hidden.requires_grad:
            hidden.register_hook(backward)

    def backward(_gradient: Tensor) -> None:
        count.backward += 1

    hook = module.register_forward_hook(forward)
    try:
        yield count
    finally:
        hook.remove()


def _other_streams() -> tuple[Any, ...]:
    return random.getstate(), np.random.get_state()[1].tobytes(), np.random.get_state()[2]  # type: ignore[index]


def terms(model: TrainedModel, part: Pass, seed: int) -> Iterator[Tensor]:
    """Yield the terms of a pass like an update, before their backward passes, always with the same dropout."""
    inputs = (part.objective, part.batches, part.targets)
    run = partial(model.losses.outcome, *inputs, 5)
    rows = [Rows(batch.lengths, batch.packed) for batch in part.batches]
    for term in model.robust.loss_terms(rows, run, seed):
        yield model.losses(*inputs, dropout_seed=5, term=term)


def pass_losses(model: TrainedModel, part: Pass, seed: int) -> list[float]:
    """Losses of a pass's terms; gradients are discarded."""
    losses = []
    for loss in terms(model, part, seed):
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(float(loss.detach()))
    model.losses.zero_grad(set_to_none=True)
    return losses
