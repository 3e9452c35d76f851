"""Training speed: whole updates, by the code that a study's trials run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

from xlingual.activity import doing
from xlingual.families import Checkpoint
from xlingual.families.pass_limits import PassLimits
from xlingual.models.encoder import word_embeddings
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.speed.arithmetic import working_parameters
from xlingual.speed.matrix import synchronize
from xlingual.speed.peak_memory import PeakMemory
from xlingual.study import FamilyDefaults, TrialConfiguration
from xlingual.training.execution import Execution
from xlingual.training.model import TrainedModel
from xlingual.training.objectives.objective import ItemRef
from xlingual.training.order import TrainingOrder, training_order
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker

# Bytes of a trained parameter without the optimiser's moments: weight and gradient, float32.
BYTES_PER_PARAMETER = 8

# Where content is named, for a configuration that is not kept.
SOURCES = {"model": "measured", "train": "measured", "dev": "none"}


@dataclass(frozen=True, slots=True)
class TrainingSpeed:
    """How fast whole updates are: data, forward, backward, clipping, optimiser, with the checkpoint's dropout.

    An input is a window of an encoder, or what a text-to-text model reads of one question.

    Attributes:
        precision: `fp32`, `tf32` or `bf16`.
        threads: of a CPU.
        batch_size: inputs to an update.
        micro_batch_size: inputs to a micro-batch.
        seconds: of each update, after one that warms up and is not counted.
        tokens: of all these updates that were read, without padding.
        padded_tokens: the same with padding.
        body_parameters: that work on each token that is read: of an encoder all but the word embedding table.
        vocabulary_rows: of the word embedding table that is trained.
        parameters: of the model.
        optimizer_bytes: that the optimiser keeps between updates.
        largest_pass: tokens that the largest forward pass reads, without padding.
        peak_memory: bytes that loading and training took at most.
        update_memory: bytes that updates took at most, weights included.
        target_tokens: of all these updates that were to be written, without padding; 0 for encoders.
        padded_target_tokens: the same with padding.
        target_parameters: that work on each of these, see `working_parameters`.
        first: seconds of the update that warms up.
    """

    precision: str
    threads: int
    batch_size: int
    micro_batch_size: int
    seconds: tuple[float, ...]
    tokens: int
    padded_tokens: int
    body_parameters: int
    vocabulary_rows: int
    parameters: int
    optimizer_bytes: int
    largest_pass: int
    peak_memory: int
    update_memory: int
    target_tokens: int = 0
    padded_target_tokens: int = 0
    target_parameters: int = 0
    first: float = 0.0

    @property
    def windows(self) -> int:
        """Inputs of all counted updates."""
        return self.batch_size * len(self.seconds)

    @property
    def windows_per_s(self) -> float:
        """Inputs trained on in a second."""
        return self.windows / sum(self.seconds)

    @property
    def tokens_per_s(self) -> float:
        """Tokens without padding read in training in a second."""
        return self.tokens / sum(self.seconds)

    @property
    def target_tokens_per_s(self) -> float:
        """Tokens without padding that were to be written in training in a second."""
        return self.target_tokens / sum(self.seconds)

    @property
    def padding_share(self) -> float:
        """Share of padding among the tokens that the model worked on, those to be written included."""
        return 1.0 - (self.tokens + self.target_tokens) / max(1, self.padded_tokens + self.padded_target_tokens)

    @property
    def useful_gflops(self) -> float:
        """Necessary arithmetic of updates, in GFLOP/s.

        Two operations a parameter and token forward, four backward (Kaplan et al., arXiv 2001.08361, section 2.1);
        neither padding nor the look-up of word embeddings counts.
        """
        read = self.body_parameters * self.tokens_per_s
        return 6 * (read + self.target_parameters * self.target_tokens_per_s) / 1e9

    @property
    def weights_memory(self) -> int:
        """Bytes of weights, gradients and the optimiser's moments."""
        return BYTES_PER_PARAMETER * self.parameters + self.optimizer_bytes

    @property
    def memory_per_token(self) -> float:
        """Upper bound of the bytes per token that a forward pass reads, besides weights, gradients and optimiser.

        What is to be written is counted in, and so is what the optimiser's step takes for a moment: Adafactor's as much
        as the largest matrix.
        """
        return max(0, self.update_memory - self.weights_memory) / max(1, self.largest_pass)


class TooSlow(Exception):
    """The first update took too long to time further ones; `first` is its seconds."""

    def __init__(self, first: float) -> None:
        super().__init__(f"the first update took {first:.1f} s")
        self.first = first


def measure_training(
    checkpoint: Checkpoint,
    inputs: TrialInputs,
    traits: FamilyDefaults,
    *,
    updates: int,
    batch_size: int,
    micro_batch_size: int,
    precision: str,
    device: torch.device,
    go_on: Callable[[float], bool] = lambda first: True,
    clock: Callable[[], float] = time.perf_counter,
) -> TrainingSpeed:
    """Time whole updates of a fresh trial, after one that warms up.

    Loading and tokenising are done before the clock starts. `inputs` should have its token ids counted.

    Args:
        checkpoint: the pretrained model.
        inputs: its training inputs are drawn as a study draws them.
        traits: lengths they were made with, optimiser and decay.
        updates: that are timed.
        batch_size: inputs to an update.
        micro_batch_size: inputs to a micro-batch.
        precision: `fp32`, `tf32` or `bf16`.
        device: where to train.
        go_on: whether to, after the seconds of the update that warms up.
        clock: seconds.

    Raises:
        TooSlow: when not to go on.
    """
    configuration = trial_configuration(traits, updates + 1, batch_size, micro_batch_size, precision)
    memory, worker = PeakMemory(device), SoloWorker(device)
    order = training_order(configuration, inputs.train, {})
    model = TrainedModel(configuration, inputs, checkpoint, worker, Execution())
    loading = memory.bytes()
    memory.forget()
    updater = Updater(configuration, order, model, worker)
    with doing(f"warming up in {precision}, micro-batches of {micro_batch_size}"):
        began = clock()
        updater.update(0)
        updater.take_counts()
        synchronize(device)
        marks = [clock()]
    first = marks[0] - began
    if not go_on(first):
        raise TooSlow(first)
    with doing(f"timing updates in {precision}, micro-batches of {micro_batch_size}", updates) as timing:
        for number in range(1, updates + 1):
            updater.update(number)
            if number == updates:
                synchronize(device)
            marks.append(clock())
            timing.advance()
    tokens, padded_tokens = updater.take_counts()
    parameters = sum(parameter.numel() for parameter in model.plain.parameters())
    working = working_parameters(model.plain)
    written, padded_written = _written(order, updates + 1, model.batcher.training_limits)
    return TrainingSpeed(
        precision=model.precision,
        threads=torch.get_num_threads(),
        batch_size=batch_size,
        micro_batch_size=micro_batch_size,
        seconds=tuple(after - before for before, after in pairwise(marks)),
        tokens=tokens,
        padded_tokens=padded_tokens,
        body_parameters=working.read,
        vocabulary_rows=len(word_embeddings(model.plain).weight),
        parameters=parameters,
        optimizer_bytes=_optimizer_bytes(model.optimizer),
        largest_pass=_largest_pass(order, updates + 1, model.batcher.training_limits),
        peak_memory=max(loading, memory.bytes()),
        update_memory=memory.bytes(),
        target_tokens=written,
        padded_target_tokens=padded_written,
        target_parameters=working.written,
        first=first,
    )


def trial_configuration(
    traits: FamilyDefaults, updates: int, batch_size: int, micro_batch_size: int, precision: str
) -> TrialConfiguration:
    """Make the configuration of a trial with a study's defaults."""
    training: dict[str, Any] = {
        "updates": updates,
        "batch_size": batch_size,
        "micro_batch_size": micro_batch_size,
        "learning_rate": 3e-5,
        "precision": precision,
        "reports": 1,
        "optimizer": traits.optimizer,
        "decay": traits.decay,
        "weight_decay": traits.weight_decay,
    }
    tree = {"sources": SOURCES, **traits.lengths.tree, "training": training, "seed": 0}
    return TrialConfiguration.model_validate(tree)


def _passes(order: TrainingOrder, updates: range, limits: PassLimits) -> Iterator[list[ItemRef]]:
    """The examples of each forward pass."""
    for update in updates:
        for micro_batch in order.micro_batches(update):
            yield from order.passes(micro_batch.places, limits)


def _largest_pass(order: TrainingOrder, updates: int, limits: PassLimits) -> int:
    return max(
        sum(int(source.pointers[i + 1] - source.pointers[i]) for source, i in places)
        for places in _passes(order, range(updates), limits)
    )


def _written(order: TrainingOrder, updates: int, limits: PassLimits) -> tuple[int, int]:
    """Tokens to be written in all updates but the first: without padding, with padding."""
    tokens = padded = 0
    for places in _passes(order, range(1, updates), limits):
        lengths = [source.target_tokens(item) for source, item in places]
        tokens += sum(lengths)
        padded += len(lengths) * max(lengths)
    return tokens, padded


def _optimizer_bytes(optimizer: torch.optim.Optimizer) -> int:
    """Bytes of an optimiser's state: AdamW keeps two moments of each weight, Adafactor those of rows and columns."""
    kept = (value for state in optimizer.state.values() for value in state.values())
    return sum(value.numel() * value.element_size() for value in kept if isinstance(value, torch.Tensor))
