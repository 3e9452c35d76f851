"""The inputs of an update's forward passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from xlingual.families import Family
from xlingual.families.batches import Batch, Batcher
from xlingual.seeds import stream_seed
from xlingual.study import TrialConfiguration
from xlingual.training.alteration import alteration
from xlingual.training.objective_schedule import ANSWERING, MicroBatch, Objective, Place
from xlingual.training.objectives.contrasted import contrasted_inputs
from xlingual.training.objectives.masked import masked_inputs, masked_tokens
from xlingual.training.objectives.masking import MaskTokens
from xlingual.training.order import TrainingOrder, target_tokens


@dataclass(frozen=True)
class Pass:
    """One forward and backward pass: part of a micro-batch, all of it where it is short enough.

    Attributes:
        stream: (update, micro-batch), then the pass within it if it is not the first: names its random numbers.
        objective: what it is trained for.
        batches: the model's inputs; several only for contrasted pairs, which need one backward pass.
        targets: what the loss is made with, see `Losses`.
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
        configuration: says the recipe.
        order: which examples stand where.
        family: the model's.
        batcher: makes the model's inputs.
        mask_tokens: what may stand at masked places; None where nothing is masked.
        device: where the inputs go.
    """

    def __init__(
        self,
        configuration: TrialConfiguration,
        order: TrainingOrder,
        family: Family,
        batcher: Batcher,
        mask_tokens: MaskTokens | None,
        device: torch.device,
    ) -> None:
        self._seed, self._mixture = configuration.seed, configuration.mixture
        self._family = family
        self._order, self._batcher, self._mask_tokens, self._device = order, batcher, mask_tokens, device
        self._alteration = alteration(configuration, order.sources)

    def passes(self, update: int, rank: int, workers: int) -> list[Pass]:
        """Make the passes of every `workers`-th micro-batch from `rank` on."""
        micro_batches = self._order.micro_batches(update)
        weights = token_weights(self._order, micro_batches)
        counts = {micro.objective: self._count(update, micro_batches, micro.objective) for micro in micro_batches}
        made: list[Pass] = []
        mine = range(rank, len(micro_batches), workers)
        for index, places in zip(mine, self._altered([micro_batches[index] for index in mine]), strict=True):
            objective = micro_batches[index].objective
            whole = objective == "contrastive"  # every pair is held against all others
            for place, part in enumerate([places] if whole else self._order.passes(places, self._device)):
                stream = (update, index, place) if place else (update, index)
                batches, targets = self._inputs(objective, part, stream)
                if objective == "text":
                    of_rows = [weights[self._order.is_faq(one)] for one in part]
                    targets = {**targets, "weights": torch.tensor(of_rows, device=self._device)}
                made.append(Pass(stream, objective, batches, targets, self._weight(objective), counts[objective]))
        return made

    def _altered(self, micro_batches: Sequence[MicroBatch]) -> list[list[Place]]:
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

    def _inputs(
        self, objective: Objective, places: list[Place], stream: tuple[int, ...]
    ) -> tuple[tuple[Batch, ...], Mapping[str, Tensor]]:
        found = cast("list[tuple[Any, int]]", places)
        if objective == "contrastive":
            return contrasted_inputs(
                found, self._batcher, lambda lengths: self._order.cut(lengths, self._device), self._device
            )
        if objective == "masked_language_model":
            settings = self._recipe(objective)
            generator = np.random.Generator(np.random.PCG64(stream_seed(self._seed, "mask", *stream)))
            assert self._mask_tokens is not None
            batch, targets = masked_inputs(found, settings, self._mask_tokens, generator, self._batcher, self._device)
            return (batch,), targets
        return (self._batcher(found),), self._family.targets(found, self._device)

    def _count(self, update: int, micro_batches: list[MicroBatch], objective: Objective) -> int:
        """What a mean over the update is over: examples, or masked tokens."""
        if objective != "masked_language_model":
            return self._order.count(update, objective)
        places = [place for micro in micro_batches if micro.objective == objective for place in micro.places]
        return masked_tokens(cast("list[tuple[Any, int]]", places), self._recipe(objective).rate)

    def _weight(self, objective: Objective) -> float:
        """Weight of a loss: the recipe's beside that of questions, 1 where it has a stage of its own."""
        if objective in ANSWERING or (self._mixture is not None and self._mixture.schedule == "then"):
            return 1.0
        return float(self._recipe(objective).weight)

    def _recipe(self, objective: Objective) -> Any:
        assert self._mixture is not None
        return getattr(self._mixture.recipe, objective)


def token_weights(order: TrainingOrder, micro_batches: Sequence[MicroBatch]) -> dict[bool, float]:
    """What each target token of an update's texts weighs: FAQ examples' (True) and English ones' (False).

    A kind's tokens weigh as much together as it has examples, so that `faq_share` is a share of the loss as well,
    although FAQ answers are longer; and within a kind the loss is the usual mean over tokens.
    """
    examples, tokens = Counter[bool](), Counter[bool]()
    for place in (place for micro in micro_batches if micro.objective == "text" for place in micro.places):
        kind = order.is_faq(place)
        examples[kind] += 1
        tokens[kind] += target_tokens(place)
    return {kind: count / tokens[kind] for kind, count in examples.items()}
