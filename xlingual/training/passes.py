"""The inputs of an update's forward passes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from xlingual.families import Family
from xlingual.families.batches import Batch, Batcher
from xlingual.families.pass_limits import length_batches
from xlingual.study import TrialConfiguration
from xlingual.training.alteration import alteration
from xlingual.training.objective_schedule import MicroBatch
from xlingual.training.objectives.objective import ItemRef, Objective, PassTools, Reduction
from xlingual.training.order import TrainingOrder, dealt


@dataclass(frozen=True)
class Pass:
    """One forward and backward pass: part of a micro-batch, all of it where it is short enough.

    Attributes:
        stream: (update, micro-batch), then the pass within it if it is not the first, and the piece of that pass where
            memory made it be cut and it is not the first: names its random numbers.
        objective: what it is trained for.
        batches: the model's inputs; several where a loss needs a whole micro-batch in one backward pass.
        targets: what the loss is made with besides, see `Objective.inputs`.
        weight: of the loss.
        count: examples, or masked tokens, of the whole update, which the loss is a mean over.
    """

    stream: tuple[int, ...]
    objective: Objective
    batches: tuple[Batch, ...]
    targets: Mapping[str, Tensor]
    weight: float
    count: int


class PassBuilder:
    """Makes the passes of one worker's micro-batches.

    Args:
        configuration: of the trial.
        order: which examples each update has.
        family: the model's.
        batcher: makes the model's inputs.
        heads: what objectives train beside the model, by name.
        device: where the inputs go.

    Attributes:
        most_tokens: of a pass, padding counted, where memory bounds it; a single example may have more.
    """

    most_tokens: int | None = None

    def __init__(
        self,
        configuration: TrialConfiguration,
        order: TrainingOrder,
        family: Family,
        batcher: Batcher,
        heads: Mapping[str, nn.Module],
        device: torch.device,
    ) -> None:
        self._order, self._family, self._batcher, self._heads, self._device = order, family, batcher, heads, device
        self._alteration = alteration(configuration, order.sources)

    def passes(self, update: int, rank: int, workers: int) -> list[Pass]:
        """Make the passes of a worker's micro-batches, see `dealt`."""
        micro_batches = self._order.micro_batches(update)
        reductions = self._reductions(micro_batches)
        made: list[Pass] = []
        mine = dealt(len(micro_batches), rank, workers)
        for index, places in zip(mine, self._altered([micro_batches[index] for index in mine]), strict=True):
            objective = micro_batches[index].objective
            tools, reduction = self._tools(objective), reductions[objective.name]
            limits = self._batcher.training_limits
            parts = [places] if objective.whole_micro_batches else self._order.passes(places, limits)
            for place, part in enumerate(parts):
                for piece, rows in enumerate([part] if objective.whole_micro_batches else self._pieces(part)):
                    stream = (update, index, place, piece) if piece else (update, index, place)[: 3 if place else 2]
                    batches, targets = objective.inputs(rows, stream, tools, reduction)
                    made.append(Pass(stream, objective, batches, targets, objective.weight, reduction.count))
        return made

    def _pieces(self, part: list[ItemRef]) -> list[list[ItemRef]]:
        """Cut a pass that memory does not hold."""
        if self.most_tokens is None:
            return [part]
        lengths = np.array([source.pointers[item + 1] - source.pointers[item] for source, item in part], dtype=np.int64)
        if len(part) * int(lengths.max()) <= self.most_tokens:
            return [part]
        return [[part[i] for i in batch] for batch in length_batches(lengths, self.most_tokens)]

    def _altered(self, micro_batches: Sequence[MicroBatch]) -> list[list[ItemRef]]:
        """The places of micro-batches, inputs of English examples rewritten where the trial alters texts."""
        every = [list(micro.places) for micro in micro_batches]
        if self._alteration is None:
            return every
        english = [
            (micro, place)
            for micro, places in enumerate(every)
            for place, (source, _) in enumerate(places)
            if source is self._alteration.inputs
        ]
        drawn = [(every[micro][place][1], micro_batches[micro].epochs[place]) for micro, place in english]
        for (micro, place), rewritten in zip(english, self._alteration.places(drawn), strict=True):
            every[micro][place] = rewritten
        return every

    def _reductions(self, micro_batches: Sequence[MicroBatch]) -> dict[str, Reduction]:
        """How the losses of each objective are combined in an update, by the objective's name."""
        objectives = {micro.objective.name: micro.objective for micro in micro_batches}
        places: dict[str, list[ItemRef]] = defaultdict(list)
        for micro in micro_batches:
            places[micro.objective.name] += micro.places
        return {name: one.reduction(places[name], self._order.is_faq) for name, one in objectives.items()}

    def _tools(self, objective: Objective) -> PassTools:
        head, limits = self._heads.get(objective.name), self._batcher.training_limits
        return PassTools(
            self._family, self._batcher, head, lambda lengths: self._order.cut(lengths, limits), self._device
        )
