"""One update: micro-batches, forward and backward passes, clipping, the optimiser's step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from xlingual.errors import TrialDiverged
from xlingual.evaluation.answerer import out_of_memory
from xlingual.robust import Rows, hook_points_of
from xlingual.seeds import stream_seed
from xlingual.study import TrialConfiguration
from xlingual.training.freed_memory import release_free_memory
from xlingual.training.memory import NO_THRIFT, Thrift, shortage
from xlingual.training.model import TrainedModel
from xlingual.training.optimizer import learning_rate
from xlingual.training.order import TrainingOrder
from xlingual.training.passes import Pass, PassBuilder
from xlingual.training.stages import first_stage_updates
from xlingual.training.worker import Worker

CHECKED_TOGETHER = 64
"""Updates on a GPU whose gradients are checked together, for the host waits for the GPU each time."""


class Updater:
    """Does one worker's part of each update.

    Args:
        configuration: of the trial.
        order: which examples each update has.
        model: that is trained.
        worker: this process.
        thrift: how memory is spared from the start.

    Attributes:
        thrift: how memory is spared now.
    """

    def __init__(
        self,
        configuration: TrialConfiguration,
        order: TrainingOrder,
        model: TrainedModel,
        worker: Worker,
        thrift: Thrift = NO_THRIFT,
    ) -> None:
        self._configuration, self._order, self._model, self._worker = configuration, order, model, worker
        self._first_stage = first_stage_updates(configuration)
        self._preparation = PassBuilder(
            configuration, order, model.family, model.batcher, dict(model.losses.heads.items()), worker.device
        )
        self._ahead: tuple[int, list[Pass]] | None = None
        self._at: Pass | None = None
        self._tokens = self._padded_tokens = 0
        self._sums: dict[str, Tensor] = {}
        self._updates: Counter[str] = Counter()
        self._norms: list[tuple[int, Tensor]] = []
        self.thrift = Thrift()
        self.spare(thrift)

    def spare(self, thrift: Thrift) -> None:
        """Spare memory from now on."""
        self.thrift, self._preparation.most_tokens, self._ahead = thrift, thrift.tokens, None
        if thrift.recompute:
            self._model.recompute()

    def update(self, number: int, on_thrift: Callable[[str], None] = lambda reason: None) -> Tensor:
        """Do update `number`, counted from 0; return this worker's part of its loss.

        `on_thrift` is told, with the reason, when more memory is spared from now on.

        The loss is the mean of the task's loss over the update's examples, plus the recipe's weight times the mean of
        its own loss over the update's pairs (over their masked tokens); a stage's loss alone where the schedule is
        `then`. Of texts it is the mean loss of a token of the English examples and that of the FAQ examples, each with
        its share of the update's examples.

        Raises:
            TrialDiverged: when the gradient is not finite; on a GPU up to `CHECKED_TOGETHER` updates later, unless
                `check_gradients` is called before.
            OutOfMemory: when it does not fit into memory; with several workers at once, for torch cannot join their
                gradients any more, else when nothing is left to spare.
        """
        training, model = self._configuration.training, self._model
        total = self._gradient(number, on_thrift)
        self._updates.update(self._order.objectives(number))
        if self._worker.device.type == "cuda" and number + 1 < training.updates:
            self._ahead = (number + 1, self._prepared(number + 1))  # while the GPU computes
        self._forget_idle(number)
        self._norms.append((number, nn.utils.clip_grad_norm_(model.forward.parameters(), training.clip_norm)))
        if self._worker.device.type == "cpu" or len(self._norms) == CHECKED_TOGETHER:
            self.check_gradients()
        rate = learning_rate(training, number, self._first_stage)
        for group in model.optimizer.param_groups:
            group["lr"] = rate
        if number == self._first_stage:  # of the second stage, or of the only one
            model.optimizer.state.clear()
        self._step()
        model.optimizer.zero_grad(set_to_none=True)
        return total

    def _gradient(self, number: int, on_thrift: Callable[[str], None]) -> Tensor:
        """Backpropagate this worker's part of an update, and return it; what does not fit is done with less memory."""
        while True:
            points = [(point, point.squares) for point in hook_points_of(self._model.robust)]
            try:
                return self._backpropagated(number)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                said = str(error)
            # Apart from the handler, whose traceback holds the activations in memory.
            self._model.optimizer.zero_grad(set_to_none=True)
            self._ahead = None
            for point, squares in points:
                point.squares = squares
            part, self._at = self._at, None
            following = self.thrift.less(part, can_recompute=self._model.can_recompute) if part else None
            short = shortage(part, self._worker.device, self.thrift, following, said)
            del part
            release_free_memory()
            if following is None or self._worker.workers > 1:
                raise short
            self.spare(following)
            on_thrift(str(short))

    def _backpropagated(self, number: int) -> Tensor:
        total = torch.zeros((), device=self._worker.device)
        passes, losses = self._passes(number), list[tuple[Pass, Tensor]]()
        for part in passes:
            self._at = part
            losses.append((part, self._learn(part, last=part is passes[-1])))
            total += losses[-1][1]
        if not passes:  # the others wait for this worker's gradient
            self._model.forward(objective=None).backward()
        self._at = None
        for part, loss in losses:
            name = part.objective.name
            self._sums[name] = self._sums.get(name, 0.0) + loss / part.weight
        for batch in (batch for part in passes for batch in part.batches):
            self._tokens += batch.tokens
            self._padded_tokens += batch.padded_tokens
        return total

    def _step(self) -> None:
        try:
            self._model.optimizer.step()
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            raise shortage(None, self._worker.device, self.thrift, None, str(error)) from None

    def check_gradients(self) -> None:
        """Check the gradients of all updates since the last check.

        Raises:
            TrialDiverged: names the first update whose gradient is not finite.
        """
        updates, self._norms = self._norms, []
        norms = numbers_of([norm for _, norm in updates])
        for (number, _), norm in zip(updates, norms, strict=True):
            if not math.isfinite(norm):
                rate = self._configuration.training.learning_rate
                raise TrialDiverged(
                    f"diverged at update {number + 1}: the gradient is not finite "
                    f"(learning rate {rate:g}); search smaller learning rates or noise magnitudes"
                )

    def sums(self) -> dict[str, Any]:
        """What this worker has summed up since it was last asked for counts, losses and perturbations; on the CPU."""
        return {
            "losses": {name: loss.cpu() for name, loss in self._sums.items()},
            "updates": dict(self._updates),
            "tokens": [self._tokens, self._padded_tokens],
            "squares": [[one.cpu() for one in point.squares] for point in hook_points_of(self._model.robust)],
        }

    def add_sums(self, sums: Mapping[str, Any]) -> None:
        """Go on from another process's `sums`."""
        device = self._worker.device
        for name, loss in sums["losses"].items():
            self._sums[name] = self._sums.get(name, 0.0) + loss.to(device)
        self._updates |= Counter(sums["updates"])  # the same on every worker
        self._tokens += sums["tokens"][0]
        self._padded_tokens += sums["tokens"][1]
        for point, squares in zip(hook_points_of(self._model.robust), sums["squares"], strict=False):
            added = [one.to(device) for one in squares]
            both = [one + two for one, two in zip(point.squares, added, strict=True)] if point.squares and added else []
            point.squares = both or point.squares or added

    def take_counts(self) -> tuple[int, int]:
        """Tokens that this worker trained on since it was last asked: without padding, with padding."""
        counts = (self._tokens, self._padded_tokens)
        self._tokens = self._padded_tokens = 0
        return counts

    def take_losses(self) -> dict[str, float]:
        """This worker's part of the mean of each loss by objective, without weights, since it was last asked.

        The mean is over the updates that have the loss; parts of all workers add up to it.
        """
        sums = dict(zip(self._sums, numbers_of(list(self._sums.values())), strict=True))
        means = {name: sums.get(name, 0.0) / updates for name, updates in sorted(self._updates.items())}
        self._sums.clear()
        self._updates.clear()
        return means

    def _passes(self, number: int) -> list[Pass]:
        passes = self._ahead[1] if self._ahead and self._ahead[0] == number else self._prepared(number)
        self._ahead = None
        return passes

    def _prepared(self, number: int) -> list[Pass]:
        return self._preparation.passes(number, self._worker.rank, self._worker.workers)

    def _learn(self, part: Pass, last: bool) -> Tensor:
        """Backpropagate a pass's part of the update's loss, term by term, and return it.

        Random numbers are those of (seed, update, micro-batch, pass): no worker count changes them.
        """
        seed, model, robust = self._configuration.seed, self._model, self._model.robust
        dropout, noise = (stream_seed(seed, name, *part.stream) for name in ("dropout", "noise"))
        inputs = (part.objective, part.batches, part.targets)
        run = partial(model.losses.outcome, *inputs, dropout)
        rows = [Rows(batch.lengths, batch.packed) for batch in part.batches]
        total = torch.zeros((), device=self._worker.device)
        for place, term in enumerate(robust.loss_terms(rows, run, noise)):
            with self._synchronised_only_if(last and place == robust.terms - 1):
                loss = model.forward(*inputs, dropout_seed=dropout, term=term) * part.weight / part.count
                (loss * self._worker.workers).backward()
            total += loss.detach()
        return total

    def _forget_idle(self, number: int) -> None:
        """Exclude a head that a stage does not train from the step, weight decay included."""
        if self._first_stage:
            (objective,) = self._order.objectives(number)
            for parameter in self._model.losses.idle(objective):
                parameter.grad = None

    def _synchronised_only_if(self, last: bool) -> AbstractContextManager[Any]:
        no_sync = getattr(self._model.forward, "no_sync", None)
        return nullcontext() if last or no_sync is None else no_sync()


def numbers_of(tensors: Sequence[Tensor]) -> list[float]:
    """Read numbers, each (), from their device all at once."""
    numbers: list[float] = torch.stack(list(tensors)).cpu().tolist() if tensors else []
    return numbers
