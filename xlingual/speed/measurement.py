"""Everything that `xlingual bench` measures, in one go."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from xlingual.activity import doing
from xlingual.models.encoder import encoder_widths
from xlingual.speed.bench_task import BenchRequest, Task, prepared
from xlingual.speed.input_spread import most_tokens
from xlingual.speed.matrix import matrix_gflops
from xlingual.speed.micro_batch import LargestMicroBatch, estimated_micro_batch, tried_micro_batch
from xlingual.speed.scoring_speed import ScoringSpeed, measure_scoring
from xlingual.speed.slow import Hopeless, Skipped, timed_unless_slow
from xlingual.speed.training_speed import TrainingSpeed, measure_training
from xlingual.study.training import TrainingSettings
from xlingual.tokens.windows import cores
from xlingual.training.freed_memory import keep_freed_memory
from xlingual.training.hardware import bf16_speedup, chosen_precision, cpu_precision

PRECISIONS = ("fp32", "tf32", "bf16")

MICRO_BATCHES = (4, 16, 64)

OTHER_SECONDS = 8.0
"""Time, at the headline's pace, for any other figure; at least one update is timed."""

USUAL_BATCH = 16


@dataclass(frozen=True)
class Speed:
    """What one machine gives for one model and data.

    Attributes:
        task: what was measured.
        device: in words.
        cores: that this process may use.
        gpus: that it may use.
        study_precision: what a study's `precision: auto` chooses here.
        training: the headline.
        scoring: questions, text to answers.
        matrix: speed of a matrix product by precision, GFLOP/s.
        by_precision: the headline's, and others that the device has unless they are skipped.
        by_micro_batch: of the headline's precision, ascending.
        largest: micro-batch that fits; None if the available memory or that of an update is unknown.
        skipped: precisions that are many times slower than the headline's.
        hopeless: where the headline's precision itself is.
    """

    task: Task
    device: str
    cores: int
    gpus: int
    study_precision: str
    training: TrainingSpeed
    scoring: ScoringSpeed
    matrix: dict[str, float]
    by_precision: tuple[TrainingSpeed, ...]
    by_micro_batch: tuple[TrainingSpeed, ...]
    largest: LargestMicroBatch | None
    skipped: tuple[Skipped, ...] = ()
    hopeless: Hopeless | None = None

    def useful_share(self, speed: TrainingSpeed) -> float:
        """Useful arithmetic of a training as a share of a matrix product's speed in the same precision."""
        return speed.useful_gflops / self.matrix[speed.precision]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the figures."""
        hopeless = [self.hopeless.note()] if self.hopeless else []
        return (*self.task.notes, *hopeless, *(one.note() for one in self.skipped))

    def as_json(self) -> dict[str, Any]:
        """Return the measurement as JSON's kinds; rates are per second, memory is in bytes.

        `windows` in a key means inputs for a text-to-text model.
        """
        train, task = self.training, self.task
        return {
            "model": task.model,
            "family": task.checkpoint.family.name,
            "notes": list(self.notes),
            "device": self.device,
            "cores": self.cores,
            "gpus": self.gpus,
            "threads": train.threads,
            "torch": torch.__version__,
            **task.lengths.tree,
            "max_length": most_tokens(task.lengths),
            **task.lengths.model_dump(include={"stride"}),
            **(self._written() if task.lengths.writes_answers else {}),
            "optimizer": task.traits.optimizer,
            "batch": train.batch_size,
            "micro_batch": train.micro_batch_size,
            "updates": len(train.seconds),
            "precision": train.precision,
            "study_precision": self.study_precision,
            "train_examples": task.train_examples,
            "train_windows": train.windows,
            "train_seconds": sum(train.seconds),
            "train_windows_per_s": train.windows_per_s,
            "train_tokens_per_s": train.tokens_per_s,
            "tokens_per_window": train.tokens / train.windows,
            "update_seconds": list(train.seconds),
            "padding_share": train.padding_share,
            "peak_memory_bytes": train.peak_memory,
            "body_parameters": train.body_parameters,
            "vocabulary_rows": train.vocabulary_rows,
            "matrix_gflops": self.matrix[train.precision],
            "useful_gflops": train.useful_gflops,
            "useful_share_of_matrix_speed": self.useful_share(train),
            "score_questions": self.scoring.questions,
            "score_seconds": self.scoring.seconds,
            "score_questions_per_s": self.scoring.questions_per_s,
            "by_precision": [self._row(speed) for speed in self.by_precision],
            "skipped": [one.as_json() for one in self.skipped],
            "by_micro_batch": [self._row(speed) for speed in self.by_micro_batch],
            "largest_micro_batch": asdict(self.largest) if self.largest else None,
        }

    def _written(self) -> dict[str, Any]:
        """What is measured only of models that write answers."""
        train = self.training
        return {
            "train_target_tokens_per_s": train.target_tokens_per_s,
            "target_tokens_per_input": train.target_tokens / train.windows,
            "target_parameters": train.target_parameters,
        }

    def _row(self, speed: TrainingSpeed) -> dict[str, Any]:
        return {
            "precision": speed.precision,
            "micro_batch": speed.micro_batch_size,
            "updates": len(speed.seconds),
            "train_windows_per_s": speed.windows_per_s,
            "padding_share": speed.padding_share,
            "matrix_gflops": self.matrix[speed.precision],
            "useful_share_of_matrix_speed": self.useful_share(speed),
            "peak_memory_bytes": speed.peak_memory,
        }


def measure(asked: BenchRequest, tell: Callable[[str], None] = lambda line: None) -> Speed:
    """Measure training, scoring, memory and the machine's matrix products.

    A precision that is many times slower than the headline's is left after one update; where it is the headline's own,
    because that was asked for, one update is timed.

    Args:
        asked: what to measure.
        tell: takes a line as soon as a precision is left.

    Raises:
        DataError, ModelError: when the model or the data cannot be used.
    """
    keep_freed_memory()
    with prepared(asked) as task, _threads(asked.threads or cores()):
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        speedup = _bf16_speedup(task.checkpoint.directory, device)
        auto = chosen_precision("auto", device) if speedup is None else cpu_precision(speedup)
        precision = auto if asked.precision == "auto" else chosen_precision(asked.precision, device)
        hopeless = Hopeless.among(precision, _times_slower(precision, speedup), tell)
        batch = asked.batch_size or USUAL_BATCH
        usual = min(asked.micro_batch_size or TrainingSettings.model_fields["micro_batch_size"].default, batch)

        def train(
            updates: int, micro_batch_size: int, precision: str, go_on: Callable[[float], bool] = lambda first: True
        ) -> TrainingSpeed:
            return measure_training(
                task.checkpoint,
                task.inputs,
                task.traits,
                updates=updates,
                batch_size=batch,
                micro_batch_size=micro_batch_size,
                precision=precision,
                device=device,
                go_on=go_on,
            )

        before = matrix_gflops(precision, device)
        headline = train(1 if hopeless else asked.updates, usual, precision)
        fewer = max(1, min(asked.updates, int(OTHER_SECONDS * len(headline.seconds) / sum(headline.seconds))))
        matrix = {precision: max(before, matrix_gflops(precision, device))}
        scoring = measure_scoring(task.checkpoint, task.questions, task.lengths, device)
        sizes = [size for size in MICRO_BATCHES if size <= batch and size != usual and not hopeless]
        by_size = [headline, *(train(fewer, size, precision) for size in sizes)]
        by_precision, skipped = {precision: headline}, list[Skipped]()
        there = [name for name in PRECISIONS if chosen_precision(name, device) == name]
        for other in [name for name in there if name != precision]:
            slower = _times_slower(other, speedup)
            found = timed_unless_slow(headline, other, slower, fewer, partial(train, fewer, usual, other))
            if isinstance(found, TrainingSpeed):
                by_precision[other], matrix[other] = found, matrix_gflops(other, device)
            else:
                skipped.append(found)
                tell(found.note())
        return Speed(
            task=task,
            device=_device(device),
            cores=cores(),
            gpus=torch.cuda.device_count() if device.type == "cuda" else 0,
            study_precision=auto,
            training=headline,
            scoring=scoring,
            matrix=matrix,
            by_precision=tuple(by_precision[name] for name in PRECISIONS if name in by_precision),
            by_micro_batch=tuple(sorted(by_size, key=lambda speed: speed.micro_batch_size)),
            largest=_largest(task, headline, device),
            skipped=tuple(skipped),
            hopeless=hopeless,
        )


@doing("trying both precisions on a layer")
def _bf16_speedup(checkpoint: Path, device: torch.device) -> float | None:
    """How many times faster a CPU is with bf16; None on a GPU, where it is known without trying."""
    return None if device.type == "cuda" else bf16_speedup(*encoder_widths(checkpoint))


def _times_slower(precision: str, bf16_speedup: float | None) -> float:
    """How many times slower than in the other precision a layer was; 1 if unknown."""
    if bf16_speedup is None:
        return 1.0
    return 1 / bf16_speedup if precision == "bf16" else bf16_speedup


@doing("finding the largest micro-batch")
def _largest(task: Task, speed: TrainingSpeed, device: torch.device) -> LargestMicroBatch | None:
    if device.type == "cpu":
        return estimated_micro_batch(speed, most_tokens(task.lengths))
    return tried_micro_batch(task.checkpoint, task.inputs, task.traits, speed.precision, device)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Compute with `count` threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _device(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return platform.processor() or platform.machine() or "cpu"
