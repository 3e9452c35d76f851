"""The largest micro-batch that fits into memory: tried on a GPU, estimated on a CPU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from xlingual.errors import OutOfMemory
from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.speed.peak_memory import available_memory
from xlingual.speed.training_speed import TrainingSpeed, trial_configuration
from xlingual.study import FamilyDefaults
from xlingual.training.execution import Execution
from xlingual.training.freed_memory import release_free_memory
from xlingual.training.model import TrainedModel
from xlingual.training.objective_schedule import ObjectiveSchedule
from xlingual.training.objectives import answering
from xlingual.training.order import TrainingOrder
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker

MOST = 4096
"""Inputs beyond which no larger micro-batch is tried."""

WHOLE = 1 << 40
"""Tokens of a pass that holds any micro-batch."""


@dataclass(frozen=True, slots=True)
class LargestMicroBatch:
    """The most inputs that one forward and backward pass can take.

    Attributes:
        windows: how many, windows or texts; 0 when not even one fits.
        tokens: of each of them.
        estimated: whether it was estimated from the memory of a smaller pass instead of tried.
    """

    windows: int
    tokens: int
    estimated: bool


def estimated_micro_batch(speed: TrainingSpeed, max_length: int) -> LargestMicroBatch | None:
    """Estimate, from the memory that a training took, how many inputs of full length a pass could take on a CPU.

    Of a text-to-text model, inputs are taken to have as many tokens to write for each that is read as the largest pass
    had: answers do not grow with contexts.

    Returns:
        the estimate; None where the machine does not say how much memory it has, or where the updates took no memory
        that could be measured (they may have reused what was freed before).
    """
    available = available_memory()
    if available is None or speed.memory_per_token <= 0:
        return None
    left = available - speed.weights_memory
    return LargestMicroBatch(max(0, int(left / speed.memory_per_token)) // max_length, max_length, estimated=True)


def tried_micro_batch(
    checkpoint: Checkpoint, inputs: TrialInputs, traits: FamilyDefaults, precision: str, device: torch.device
) -> LargestMicroBatch:
    """Double a micro-batch of the longest inputs until an update no longer fits into the GPU; the last one did."""
    worker, fits = SoloWorker(device), 0
    longest = np.argsort(-inputs.train.lengths, kind="stable")
    configuration = trial_configuration(traits, 1, 1, 1, precision)
    model = TrainedModel(configuration, inputs, checkpoint, worker, Execution())
    size = 1
    while size <= MOST:
        drawn = (np.zeros(size, dtype=np.int64), np.resize(longest, size).astype(np.int64))
        draws = ObjectiveSchedule.of(answering(configuration), [inputs.train], drawn, np.array([size]))
        order = TrainingOrder((draws,), size, tokens=WHOLE)
        try:
            Updater(trial_configuration(traits, 1, size, size, precision), order, model, worker).update(0, _full)
        except OutOfMemory:
            break
        fits, size = size, 2 * size
    del model
    release_free_memory()
    return LargestMicroBatch(fits, int(inputs.train.lengths[longest[0]]), estimated=False)


def _full(reason: str) -> None:
    """Refuse to go on with less memory, as a trial would."""
    raise OutOfMemory(reason)
