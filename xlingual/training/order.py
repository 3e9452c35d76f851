"""Which examples each update has: a pure function of the configuration, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlingual.data.mixture import drawn_weights, language_weights
from xlingual.families import Inputs
from xlingual.families.pass_limits import PassLimits, padded_passes
from xlingual.study import Mixture, TrialConfiguration
from xlingual.training.objective_schedule import MicroBatch, ObjectiveSchedule, faq_counts
from xlingual.training.objectives import answering, recipe_objective
from xlingual.training.objectives.objective import Indices, ItemRef, Source
from xlingual.training.stages import first_stage_updates


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

    def objectives(self, update: int) -> list[str]:
        """Names of what an update's examples are trained for, each once."""
        return list(dict.fromkeys(part.objective.name for part in self.parts if part.count(update)))

    def is_faq(self, place: ItemRef) -> bool:
        """Whether an example comes from FAQ pages; else it is an English one, as it is or rewritten."""
        return any(place[0] is source for source in self.faq)

    def passes(self, places: list[ItemRef], limits: PassLimits) -> list[list[ItemRef]]:
        """Cut a micro-batch into what one forward pass takes, examples of like length.

        Args:
            places: the micro-batch.
            limits: of the device; target tokens count as well. The configuration's bound of tokens comes first.
        """
        written = np.array([source.target_tokens(item) for source, item in places], dtype=np.int64)
        read = np.array([tokens_of(place) for place in places], dtype=np.int64) - written
        return [[places[i] for i in part] for part in padded_passes(read, written, self._limits(limits))]

    def cut(self, lengths: Indices, limits: PassLimits) -> list[Indices]:
        """Cut texts of these lengths into what one forward pass takes, see `passes`; indices of each."""
        return padded_passes(lengths, np.zeros_like(lengths), self._limits(limits))

    def _limits(self, limits: PassLimits) -> PassLimits:
        return limits if self.tokens is None else replace(limits, tokens=self.tokens)


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
    elif mixture.schedule == "mix" and mixture.recipe.settings.with_contexts:
        parts = [_among_english(configuration, mixture, train, faq)]
    else:
        if mixture.schedule == "then":
            counts = np.where(np.arange(updates) < first_stage_updates(configuration), batch, 0)
        else:
            counts = faq_counts(mixture.faq_share, batch, updates)
        parts = [_english(configuration, train, batch - counts), _faq(configuration, mixture, faq, counts)]
    sources = tuple(faq.values()) if mixture is not None else ()
    return TrainingOrder(tuple(parts), training.micro_batch_size, training.micro_batch_tokens, sources)


def dealt(micro_batches: int, rank: int, workers: int) -> list[int]:
    """Numbers of an update's micro-batches that a worker computes: dealt there and back again.

    They ascend in length, so that dealt in one direction only the last worker would get the longest each time, and the
    others would wait for it.

    Args:
        micro_batches: how many there are.
        rank: of the worker.
        workers: how many there are.
    """
    places = (number % (2 * workers) for number in range(micro_batches))
    return [number for number, place in enumerate(places) if min(place, 2 * workers - 1 - place) == rank]


def tokens_of(place: ItemRef) -> int:
    """Tokens of an example that a model reads or is to write."""
    source, i = place
    return int(source.pointers[i + 1] - source.pointers[i]) + source.target_tokens(i)


def _english(configuration: TrialConfiguration, train: Inputs, counts: Indices) -> ObjectiveSchedule:
    return ObjectiveSchedule.drawn(answering(configuration), {"train": train}, {"train": 1.0}, counts)


def _among_english(
    configuration: TrialConfiguration, mixture: Mixture, train: Inputs, faq: Mapping[str, Source]
) -> ObjectiveSchedule:
    """FAQ examples among English ones: how many an update has varies, how many the run has is exact."""
    languages = language_weights(mixture, {name: len(faq[name]) for name in mixture.names})
    weights = {"train": 1.0 - mixture.faq_share}
    weights |= {name: mixture.faq_share * weight for name, weight in languages.items()}
    counts = np.full(configuration.training.updates, configuration.training.batch_size)
    return ObjectiveSchedule.drawn(recipe_objective(configuration), {**faq, "train": train}, weights, counts)


def _faq(
    configuration: TrialConfiguration, mixture: Mixture, faq: Mapping[str, Source], counts: Indices
) -> ObjectiveSchedule:
    """FAQ examples alone, `counts` of them in each update."""
    weights = drawn_weights(mixture, {name: len(examples) for name, examples in faq.items()})
    return ObjectiveSchedule.drawn(recipe_objective(configuration), faq, weights, counts)
