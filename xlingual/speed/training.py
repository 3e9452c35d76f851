"""Training speed: whole updates, by the code that a study's trials run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from xlingual.models.encoder import word_embeddings
from xlingual.speed.matrix import synchronize
from xlingual.speed.memory import PeakMemory
from xlingual.study import TrialConfiguration
from xlingual.training.execution import Execution
from xlingual.training.model import TrainedModel
from xlingual.training.order import TrainingOrder, training_order
from xlingual.training.trial_inputs import TrialInputs
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker

# Bytes of a trained parameter: weight, gradient and AdamW's two moments, all float32.
BYTES_PER_PARAMETER = 16

# Where content is named, for a configuration that is not kept.
SOURCES = {"model": "measured", "train": "measured", "dev": "none"}


@dataclass(frozen=True, slots=True)
class TrainingSpeed:
    """How fast whole updates are: data, forward, backward, clipping, optimiser, with the checkpoint's dropout.

    Attributes:
        precision: `fp32` or `bf16`.
        threads: of a CPU.
        batch_size: windows to an update.
        micro_batch_size: windows to a micro-batch.
        seconds: of each update, after one that warms up and is not counted.
        tokens: of all these updates, without padding.
        padded_tokens: the same with padding.
        body_parameters: of the encoder and its span head, without the word embedding table.
        vocabulary_rows: of the word embedding table that is trained.
        largest_pass: tokens of the largest forward pass, without padding.
        peak_memory: bytes that loading and training took at most.
        update_memory: bytes that updates took at most, weights included.
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
    largest_pass: int
    peak_memory: int
    update_memory: int

    @property
    def windows(self) -> int:
        """Windows of all counted updates."""
        return self.batch_size * len(self.seconds)

    @property
    def windows_per_s(self) -> float:
        """Windows trained on in a second."""
        return self.windows / sum(self.seconds)

    @property
    def tokens_per_s(self) -> float:
        """Tokens without padding trained on in a second."""
        return self.tokens / sum(self.seconds)

    @property
    def padding_share(self) -> float:
        """Share of padding among the tokens that the model worked on."""
        return 1.0 - self.tokens / max(1, self.padded_tokens)

    @property
    def useful_gflops(self) -> float:
        """Arithmetic that no update can do without, in GFLOP/s.

        Two operations a parameter and token forward, four backward (Kaplan et al., arXiv 2001.08361, section 2.1);
        neither padding nor the look-up of word embeddings counts.
        """
        return 6 * self.body_parameters * self.tokens_per_s / 1e9

    @property
    def memory_per_token(self) -> float:
        """Bytes that a token of a forward pass needs beside weights, gradients and optimiser: an upper bound."""
        return max(0, self.update_memory - BYTES_PER_PARAMETER * self.parameters) / max(1, self.largest_pass)


def measure_training(
    checkpoint: Path,
    inputs: TrialInputs,
    windows: dict[str, int],
    *,
    updates: int,
    batch_size: int,
    micro_batch_size: int,
    precision: str,
    device: torch.device,
) -> TrainingSpeed:
    """Time whole updates of a fresh trial, after one that warms up.

    Loading and tokenising are done before the clock starts. `inputs` should have its token ids counted.

    Args:
        checkpoint: the pretrained model's directory.
        inputs: its training windows are drawn as a study draws them.
        windows: max_length, stride and max_answer_tokens they were cut with.
        updates: that are timed.
        batch_size: windows to an update.
        micro_batch_size: windows to a micro-batch.
        precision: `fp32` or `bf16`.
        device: where to train.
    """
    configuration = trial_configuration(windows, updates + 1, batch_size, micro_batch_size, precision)
    memory, worker = PeakMemory(device), SoloWorker(device)
    order = training_order(configuration, inputs.train, {})
    model = TrainedModel(configuration, inputs, checkpoint, worker, Execution())
    loading = memory.bytes()
    memory.forget()
    updater = Updater(configuration, order, model, worker)
    updater.update(0)
    updater.take_counts()
    synchronize(device)
    marks = [time.perf_counter()]
    for number in range(1, updates + 1):
        updater.update(number)
        if number == updates:
            synchronize(device)
        marks.append(time.perf_counter())
    tokens, padded_tokens = updater.take_counts()
    parameters = sum(parameter.numel() for parameter in model.plain.parameters())
    table = word_embeddings(model.plain).weight
    return TrainingSpeed(
        precision=model.precision,
        threads=torch.get_num_threads(),
        batch_size=batch_size,
        micro_batch_size=micro_batch_size,
        seconds=tuple(after - before for before, after in pairwise(marks)),
        tokens=tokens,
        padded_tokens=padded_tokens,
        body_parameters=parameters - table.numel(),
        vocabulary_rows=len(table),
        parameters=parameters,
        largest_pass=_largest_pass(order, updates + 1, device),
        peak_memory=max(loading, memory.bytes()),
        update_memory=memory.bytes(),
    )


def trial_configuration(
    windows: dict[str, int], updates: int, batch_size: int, micro_batch_size: int, precision: str
) -> TrialConfiguration:
    """Make the configuration of a trial with a study's defaults."""
    training: dict[str, Any] = {
        "updates": updates,
        "batch_size": batch_size,
        "micro_batch_size": micro_batch_size,
        "learning_rate": 3e-5,
        "precision": precision,
        "reports": 1,
    }
    return TrialConfiguration.model_validate({"sources": SOURCES, "windows": windows, "training": training, "seed": 0})


def _largest_pass(order: TrainingOrder, updates: int, device: torch.device) -> int:
    passes = (
        places
        for update in range(updates)
        for micro_batch in order.micro_batches(update)
        for places in order.passes(micro_batch.places, device)
    )
    return max(sum(int(source.pointers[i + 1] - source.pointers[i]) for source, i in places) for places in passes)
