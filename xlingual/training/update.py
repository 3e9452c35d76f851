"""One update: micro-batches, forward and backward passes, clipping, the optimiser's step."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xlingual.errors import TrialDiverged
from xlingual.evaluation.batches import Batch, Place
from xlingual.study import TrialConfiguration
from xlingual.training.model import TrainedModel
from xlingual.training.optimizer import learning_rate
from xlingual.training.order import TrainingOrder
from xlingual.training.seeds import stream_seed
from xlingual.training.worker import Worker


@dataclass(frozen=True)
class Pass:
    """One forward and backward pass: part of a micro-batch, all of it where it is short enough.

    Attributes:
        stream: (update, micro-batch), then the pass within it if it is not the first: names its random numbers.
        batch: the model's inputs.
        gold: first and last token of the answer within each window, (windows, 2).
    """

    stream: tuple[int, ...]
    batch: Batch
    gold: Tensor


class Updater:
    """Does one worker's part of each update."""

    def __init__(
        self, configuration: TrialConfiguration, order: TrainingOrder, model: TrainedModel, worker: Worker
    ) -> None:
        self._configuration, self._order, self._model, self._worker = configuration, order, model, worker
        self._ahead: tuple[int, list[Pass]] | None = None
        self._tokens = self._padded_tokens = 0

    def update(self, number: int) -> Tensor:
        """Do update `number`, counted from 0; return this worker's part of the mean loss over the update's windows.

        Raises:
            TrialDiverged: when the gradient is not finite.
        """
        training, model = self._configuration.training, self._model
        total = torch.zeros((), device=self._worker.device)
        passes = self._passes(number)
        for part in passes:
            with self._synchronised_only_if(part is passes[-1]):
                loss = self._loss(part)
                (loss * self._worker.workers).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        if self._worker.device.type == "cuda" and number + 1 < training.updates:
            self._ahead = (number + 1, self._prepared(number + 1))  # while the GPU computes
        norm = nn.utils.clip_grad_norm_(model.forward.parameters(), training.clip_norm)
        if not math.isfinite(float(norm)):
            raise TrialDiverged(
                f"diverged at update {number + 1}: the gradient is not finite "
                f"(learning rate {training.learning_rate:g}); search smaller learning rates or noise magnitudes"
            )
        rate = learning_rate(training, number)
        for group in model.optimizer.param_groups:
            group["lr"] = rate
        model.optimizer.step()
        model.optimizer.zero_grad(set_to_none=True)
        return total

    def take_counts(self) -> tuple[int, int]:
        """Tokens that this worker trained on since it was last asked: without padding, with padding."""
        counts = (self._tokens, self._padded_tokens)
        self._tokens = self._padded_tokens = 0
        return counts

    def _passes(self, number: int) -> list[Pass]:
        passes = self._ahead[1] if self._ahead and self._ahead[0] == number else self._prepared(number)
        self._ahead = None
        for part in passes:
            self._tokens += part.batch.tokens
            self._padded_tokens += part.batch.padded_tokens
        return passes

    def _prepared(self, number: int) -> list[Pass]:
        """Make the inputs of all passes of this worker's micro-batches."""
        micro_batches = self._order.micro_batches(number)
        prepared = []
        for index in range(self._worker.rank, len(micro_batches), self._worker.workers):
            for place, windows in enumerate(self._order.passes(micro_batches[index], self._worker.device)):
                stream = (number, index, place) if place else (number, index)
                prepared.append(Pass(stream, self._model.batcher(windows), self._gold(windows)))
        return prepared

    def _gold(self, windows: list[Place]) -> Tensor:
        spans = [[int(source.start[i]), int(source.end[i])] for source, i in windows]
        return torch.tensor(spans, device=self._worker.device)

    def _loss(self, part: Pass) -> Tensor:
        """Sum of the windows' span losses, divided by the size of the whole update.

        A window's loss is the mean of the cross-entropies of its start and its end over its tokens (Devlin et al.,
        NAACL 2019, section 4.2). Random numbers are those of (seed, update, micro-batch, pass): no worker count changes
        them.
        """
        seed, model = self._configuration.seed, self._model
        torch.manual_seed(stream_seed(seed, "dropout", *part.stream))
        with model.robust.around(stream_seed(seed, "noise", *part.stream)), model.autocast():
            output = model.forward(**part.batch.inputs)
        loss = torch.zeros((), device=self._worker.device)
        for logits, gold in ((output.start_logits, part.gold[:, 0]), (output.end_logits, part.gold[:, 1])):
            loss = loss + nn.functional.cross_entropy(part.batch.rows(logits), gold, reduction="sum") / 2
        share: Tensor = loss / self._configuration.training.batch_size
        return share

    def _synchronised_only_if(self, last: bool) -> AbstractContextManager[Any]:
        no_sync = getattr(self._model.forward, "no_sync", None)
        return nullcontext() if last or no_sync is None else no_sync()
