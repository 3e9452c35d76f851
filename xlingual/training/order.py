"""Which examples stand in which update: a pure function of the configuration, whatever the number of workers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from xlingual.data.mixture import draw_mixture, drawn_weights, language_weights
from xlingual.errors import DataError
from xlingual.families import Inputs
from xlingual.families.batches import length_batches, padded_batches, tokens_per_pass
from xlingual.seeds import stream_seed
from xlingual.study import Mixture, TrialConfiguration
from xlingual.tokens.sequences import Sequences
from xlingual.training.objective_schedule import (
    MicroBatch,
    Objective,
    ObjectiveSchedule,
    Place,
    Source,
    answering,
    draw_by_update,
    faq_counts,
)
from xlingual.training.stages import first_stage_updates

Indices = NDArray[np.int64]

FEWEST_PAIRS = 2
"""Pairs that an update needs for one to be held against another."""


@dataclass(frozen=True)
class TrainingOrder:
    """Every update's examples.

    Attributes:
        parts: what each objective draws; several may draw in one update.
        micro_batch_size: most examples of a micro-batch.
        tokens: upper bound of a forward pass, padding counted; None takes what suits the device.
        faq: the sources of FAQ examples.
    """

    parts: tuple[ObjectiveSchedule, ...]
    micro_batch_size: int
    tokens: int | None = None
    faq: tuple[Source, ...] = ()

    @property
    def sources(self) -> list[Source]:
        """Inputs and pairs that are drawn from, each once."""
        return list({id(source): source for part in self.parts for source in part.sources}.values())

    def micro_batches(self, update: int) -> list[MicroBatch]:
        """Cut the examples of an update (counted from 0) into micro-batches; workers share these out."""
        return [micro for part in self.parts for micro in part.micro_batches(update, self.micro_batch_size)]

    def count(self, update: int, objective: Objective) -> int:
        """Examples of an objective in an update."""
        return sum(part.count(update) for part in self.parts if part.objective == objective)

    def objectives(self, update: int) -> list[Objective]:
        """What an update's examples are trained for, each once."""
        return list(dict.fromkeys(part.objective for part in self.parts if part.count(update)))

    def is_faq(self, place: Place) -> bool:
        """Whether an example comes from FAQ pages; else it is an English one, as it is or rewritten."""
        return any(place[0] is source for source in self.faq)

    def passes(self, places: list[Place], device: torch.device) -> list[list[Place]]:
        """Cut a micro-batch into what one forward pass takes: at most so many tokens, examples of like length.

        Tokens that are to be written count as those that are read, both as they are padded.

        On a GPU a pass takes the whole micro-batch unless the configuration sets a bound: its size is chosen by memory.
        On a CPU, passes that its caches hold are faster.
        """
        if self.tokens is None and device.type != "cpu":
            return [places]
        written = np.array([target_tokens(place) for place in places])
        read = np.array([tokens_of(place) for place in places]) - written
        bound = self.tokens or tokens_per_pass(device)
        return [[places[i] for i in batch] for batch in padded_batches(read, written, bound)]

    def cut(self, lengths: Indices, device: torch.device) -> list[Indices]:
        """Cut texts of these lengths into what one forward pass takes, see `passes`; indices of each."""
        if self.tokens is None and device.type != "cpu":
            return [np.arange(len(lengths), dtype=np.int64)]
        return length_batches(lengths, self.tokens or tokens_per_pass(device))


def training_order(configuration: TrialConfiguration, train: Inputs, faq: Mapping[str, Source]) -> TrainingOrder:
    """Lay out a trial's training data.

    Args:
        configuration: its mixture, batch sizes, updates and seed decide everything.
        train: the model's inputs of the English training data.
        faq: what the mixture draws from by language: inputs of FAQ passages or of FAQ texts, or pairs; pairs of bitext
            rows under `bitext-LANGUAGE`. Only the mixture's languages are read.

    Raises:
        DataError: when an update would have too few pairs, or a source has no example.
    """
    training, mixture = configuration.training, configuration.mixture
    batch, updates = training.batch_size, training.updates
    if mixture is None:
        parts = [_english(configuration, train, np.full(updates, batch))]
    elif mixture.schedule == "mix" and mixture.recipe.passage is not None:
        parts = [_mixed_passages(configuration, mixture, train, faq)]
    else:
        if mixture.schedule == "then":
            counts = np.where(np.arange(updates) < first_stage_updates(configuration), batch, 0)
        else:
            counts = faq_counts(mixture.faq_share, batch, updates)
        parts = [_english(configuration, train, batch - counts), _faq(configuration, mixture, faq, counts)]
    sources = tuple(faq.values()) if mixture is not None else ()
    return TrainingOrder(tuple(parts), training.micro_batch_size, training.micro_batch_tokens, sources)


def tokens_of(place: Place) -> int:
    """Tokens of an example that a model reads or is to write."""
    source, i = place
    return int(source.pointers[i + 1] - source.pointers[i]) + target_tokens(place)


def target_tokens(place: Place) -> int:
    """Tokens of an example that a model is to write."""
    source, i = place
    return int(source.target_pointers[i + 1] - source.target_pointers[i]) if isinstance(source, Sequences) else 0


def _english(configuration: TrialConfiguration, train: Inputs, counts: Indices) -> ObjectiveSchedule:
    drawn = draw_mixture([len(train)], [1.0], int(counts.sum()), stream_seed(configuration.seed, "order"), ["train"])
    return ObjectiveSchedule.of(answering(configuration), [train], drawn, counts)


def _mixed_passages(
    configuration: TrialConfiguration, mixture: Mixture, train: Inputs, faq: Mapping[str, Source]
) -> ObjectiveSchedule:
    """Passages among English examples: how many an update has varies, how many the run has is exact."""
    languages = language_weights(mixture, {name: len(faq[name]) for name in mixture.names})
    sources = (train, *(faq[name] for name in languages))
    weights = [1.0 - mixture.faq_share, *(mixture.faq_share * weight for weight in languages.values())]
    counts = np.full(configuration.training.updates, configuration.training.batch_size)
    drawn = draw_mixture(
        [len(examples) for examples in sources],
        weights,
        int(counts.sum()),
        stream_seed(configuration.seed, "order"),
        ["train", *languages],
    )
    return ObjectiveSchedule.of(answering(configuration), sources, drawn, counts)


def _faq(
    configuration: TrialConfiguration, mixture: Mixture, faq: Mapping[str, Source], counts: Indices
) -> ObjectiveSchedule:
    """FAQ examples alone, so many in each update."""
    weights = drawn_weights(mixture, {name: len(examples) for name, examples in faq.items()})
    seed = stream_seed(configuration.seed, "order")
    if mixture.recipe.contrastive is not None:
        _check_pairs(configuration, mixture, counts)
        of_updates = counts[counts > 0]
        sizes = [len(faq[name]) for name in weights]
        drawn = draw_by_update(sizes, list(weights.values()), of_updates, seed, list(weights))
    else:
        sizes = [len(faq[name]) for name in weights]
        drawn = draw_mixture(sizes, list(weights.values()), int(counts.sum()), seed, list(weights))
    objective: Objective = "contrastive" if mixture.recipe.contrastive is not None else answering(configuration)
    if mixture.recipe.masked_language_model is not None:
        objective = "masked_language_model"
    return ObjectiveSchedule.of(objective, [faq[name] for name in weights], drawn, counts)


def _check_pairs(configuration: TrialConfiguration, mixture: Mixture, counts: Indices) -> None:
    """Refuse updates with so few pairs that there is nothing to hold one against.

    Raises:
        DataError: with what would do.
    """
    batch = configuration.training.batch_size
    fewest = int(counts.min()) if mixture.schedule == "mix" else batch
    if fewest >= FEWEST_PAIRS:
        return
    most = math.ceil(FEWEST_PAIRS / batch * 1e4) / 1e4
    remedy = (
        f"write faq_share: {most:g} or more, or a batch_size of {math.ceil(FEWEST_PAIRS / mixture.faq_share)} or more"
        if mixture.schedule == "mix" and most <= 1
        else f"write a batch_size of {FEWEST_PAIRS} or more"
    )
    raise DataError(
        f"mixture.faq_share: {mixture.faq_share:g} of a batch of {batch} leaves an update {fewest} question and answer "
        f"pairs, and the recipe contrastive needs {FEWEST_PAIRS}; {remedy}"
    )
