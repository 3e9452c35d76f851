"""Questions with answers: the loss of every trial, whatever a recipe trains beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from torch import Tensor

from xlingual.families.batches import Batch
from xlingual.models.on_device import on_device
from xlingual.models.outcome import Outcome
from xlingual.training.objectives.objective import ItemRef, LossTools, Objective, PassTools, Reduction


class Spans(Objective):
    """The loss of a span in a window, which the family defines."""

    name: ClassVar[str] = "span"

    def inputs(
        self, places: Sequence[ItemRef], stream: tuple[int, ...], tools: PassTools, reduction: Reduction
    ) -> tuple[tuple[Batch, ...], Mapping[str, Tensor]]:
        """One batch, with the family's targets."""
        return (tools.batcher(places),), tools.family.targets(places, tools.device)

    def outcome(self, tools: LossTools, batches: Sequence[Batch], targets: Mapping[str, Tensor]) -> Outcome:
        """See `Family.outcome`."""
        return tools.family.outcome(tools.model, batches[0], targets, tools.autocast)


class Labels(Spans):
    """The loss of a pair's label."""

    name: ClassVar[str] = "label"


class Texts(Spans):
    """The loss of written answers; also that of recipes whose pairs are texts to read and to write."""

    name: ClassVar[str] = "text"

    def reduction(self, places: Sequence[ItemRef], is_faq: Callable[[ItemRef], bool]) -> Reduction:
        """A mean over tokens for FAQ examples and for English ones, each weighted by its number of examples.

        A kind's tokens weigh as much together as it has examples, so that `faq_share` is a share of the loss as well,
        although FAQ answers are longer.
        """
        examples, tokens = Counter[bool](), Counter[bool]()
        for place in places:
            kind, (source, item) = is_faq(place), place
            examples[kind] += 1
            tokens[kind] += source.target_tokens(item)
        weights = {kind: count / tokens[kind] for kind, count in examples.items()}
        return Reduction(len(places), lambda place: weights[is_faq(place)])

    def inputs(
        self, places: Sequence[ItemRef], stream: tuple[int, ...], tools: PassTools, reduction: Reduction
    ) -> tuple[tuple[Batch, ...], Mapping[str, Tensor]]:
        """One batch, with the family's targets and `weights`, (rows,): of each token of a row."""
        batches, targets = super().inputs(places, stream, tools, reduction)
        assert reduction.token_weight is not None
        weights = np.array([reduction.token_weight(place) for place in places], dtype=np.float32)
        return batches, {**targets, "weights": on_device(weights, tools.device)}
