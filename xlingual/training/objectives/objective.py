"""The interface of an objective: how its examples are drawn, the inputs of a pass, and its loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.data.mixture import draw_mixture
from xlingual.families import Family, Inputs
from xlingual.families.batches import Batch, Batcher
from xlingual.families.family import Autocast
from xlingual.models.outcome import Outcome
from xlingual.seeds import stream_seed
from xlingual.study import Mixture, TrialConfiguration
from xlingual.tokens.pairs import Pairs
from xlingual.tokens.rewritable import Rewritable

Indices = NDArray[np.int64]
Source: TypeAlias = Inputs | Pairs | Rewritable
ItemRef: TypeAlias = tuple[Source, int]
"""A source, and the number of an example in it."""


@dataclass(frozen=True)
class Reduction:
    """How the losses of an update's passes become the update's loss.

    Attributes:
        count: what the mean is over: examples, or masked tokens, of the whole update.
        token_weight: what each token of an example's target weighs; None where the loss has no such weights.
    """

    count: int
    token_weight: Callable[[ItemRef], float] | None = None


@dataclass(frozen=True)
class PassTools:
    """What the inputs of passes are made with.

    Attributes:
        family: the model's.
        batcher: makes the model's inputs.
        head: what the objective trains beside the model, see `Objective.head`.
        cut: from the lengths of texts to the indices of each batch.
        device: where the inputs go.
    """

    family: Family
    batcher: Batcher
    head: nn.Module | None
    cut: Callable[[Indices], list[Indices]]
    device: torch.device


@dataclass(frozen=True)
class LossTools:
    """What a loss is computed with.

    Attributes:
        model: a `transformers` model.
        family: the model's.
        head: what the objective trains beside the model, see `Objective.head`.
        autocast: context of the trial's precision; losses are float32.
    """

    model: nn.Module
    family: Family
    head: nn.Module | None
    autocast: Autocast


class Objective(ABC):
    """A loss, and everything specific to it from the draw of its examples on.

    It holds no weights and no examples, only what follows from the configuration.

    Args:
        configuration: of the trial.

    Attributes:
        name: names its losses in reports. A recipe's own objective is named as the recipe is.
        encoder_only: whether it trains the encoder without its head, or without the decoder.
        whole_vocabulary: whether its loss is over the whole vocabulary, of which no row may then be cut out.
        whole_micro_batches: whether a loss needs all examples of a micro-batch in one pass.
        weight: of the loss, beside others.
    """

    name: ClassVar[str]
    encoder_only: ClassVar[bool] = False
    whole_vocabulary: ClassVar[bool] = False
    whole_micro_batches: ClassVar[bool] = False
    weight: float = 1.0

    def __init__(self, configuration: TrialConfiguration) -> None:
        self.configuration = configuration

    @property
    def mixture(self) -> Mixture:
        """The trial's mixture, for objectives of recipes."""
        assert self.configuration.mixture is not None, f"{self.name} is trained on FAQ examples"
        return self.configuration.mixture

    def random(self, name: str, stream: tuple[int, ...]) -> np.random.Generator:
        """Random numbers of a pass."""
        return np.random.Generator(np.random.PCG64(stream_seed(self.configuration.seed, name, *stream)))

    def draw(
        self, sizes: Sequence[int], weights: Sequence[float], counts: Indices, names: Sequence[str]
    ) -> tuple[Indices, Indices]:
        """Draw the examples of all updates: (source index, item index), both (sum of counts,).

        Args:
            sizes: examples of each source.
            weights: of each source.
            counts: examples of each update, (updates,).
            names: of each source.

        Raises:
            DataError: when an update has too few examples for the loss, or a source has none.
        """
        seed = stream_seed(self.configuration.seed, "order")
        return draw_mixture(sizes, weights, int(counts.sum()), seed, names)

    def groups(self, places: Sequence[ItemRef], lengths: Indices, size: int) -> list[Indices]:
        """Cut an update's examples into micro-batches of at most `size`: the indices of each.

        They are sorted by length, which leaves the update's gradient what it is and saves padding.

        Args:
            places: the examples.
            lengths: tokens of each, (examples,).
            size: most examples of a micro-batch.
        """
        order = np.argsort(lengths, kind="stable")
        return [order[i : i + size] for i in range(0, len(order), size)]

    def reduction(self, places: Sequence[ItemRef], is_faq: Callable[[ItemRef], bool]) -> Reduction:
        """Return how losses are combined, given all examples of an update for this objective."""
        return Reduction(len(places))

    def head(self, checkpoint: Path, model: nn.Module) -> nn.Module | None:
        """Load what is trained beside the model; None where there is nothing.

        Args:
            checkpoint: directory that the model was loaded from.
            model: with its whole vocabulary.
        """
        return None

    @abstractmethod
    def inputs(
        self, places: Sequence[ItemRef], stream: tuple[int, ...], tools: PassTools, reduction: Reduction
    ) -> tuple[tuple[Batch, ...], Mapping[str, Tensor]]:
        """Make the model's inputs of a pass, and what its loss is made with besides.

        Args:
            places: the pass's examples.
            stream: names its random numbers.
            tools: to make them with.
            reduction: of the update.
        """

    @abstractmethod
    def outcome(self, tools: LossTools, batches: Sequence[Batch], targets: Mapping[str, Tensor]) -> Outcome:
        """Run the model on a pass's inputs: the loss, summed over examples (or masked tokens), and its logits."""


def pairs_of(places: Sequence[ItemRef]) -> Sequence[tuple[Pairs, int]]:
    """The examples of a recipe that draws pairs alone."""
    found: Any = places
    return found  # type: ignore[no-any-return]
