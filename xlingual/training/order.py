"""Which windows stand in which update: a pure function of the configuration, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from xlingual.data.mixture import draw_mixture
from xlingual.data.windows import Windows
from xlingual.evaluation.batches import Place, length_batches, tokens_per_pass
from xlingual.study import TrialConfiguration
from xlingual.training.seeds import stream_seed

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class TrainingOrder:
    """Every update's windows.

    Attributes:
        sources: windows of each source, the English training data first.
        source: source of each draw, (updates * batch_size,).
        item: window of that source, (updates * batch_size,).
        length: tokens of that window, (updates * batch_size,).
        tokens: upper bound of a forward pass, padding counted; None takes what suits the device.
    """

    sources: tuple[Windows, ...]
    source: Indices
    item: Indices
    length: Indices
    batch_size: int
    micro_batch_size: int
    tokens: int | None = None

    def micro_batches(self, update: int) -> list[list[Place]]:
        """Cut the windows of an update (counted from 0) into micro-batches of like length.

        Workers share micro-batches out. Sorting by length inside one update leaves its gradient what it is and saves
        padding.
        """
        first = update * self.batch_size
        draws = first + np.argsort(self.length[first : first + self.batch_size], kind="stable")
        places = [(self.sources[self.source[draw]], int(self.item[draw])) for draw in draws]
        return [places[i : i + self.micro_batch_size] for i in range(0, len(places), self.micro_batch_size)]

    def passes(self, micro_batch: list[Place], device: torch.device) -> list[list[Place]]:
        """Cut a micro-batch into what one forward pass takes: at most so many tokens, windows of like length.

        On a GPU a pass takes the whole micro-batch unless the configuration sets a bound: its size is chosen by memory.
        On a CPU, passes that its caches hold are faster.
        """
        if self.tokens is None and device.type != "cpu":
            return [micro_batch]
        lengths = np.array([int(source.pointers[i + 1] - source.pointers[i]) for source, i in micro_batch])
        batches = length_batches(lengths, self.tokens or tokens_per_pass(device))
        return [[micro_batch[place] for place in batch] for batch in batches]


def training_order(configuration: TrialConfiguration, train: Windows, faq: Mapping[str, Windows]) -> TrainingOrder:
    """Lay out a trial's training data.

    Args:
        configuration: its mixture, batch sizes, updates and seed decide everything.
        train: windows of the English training data.
        faq: windows of the FAQ passages by language; only the mixture's languages are read.
    """
    training, mixture = configuration.training, configuration.mixture
    names = sorted(mixture.weights) if mixture else []
    sources = (train, *(faq[name] for name in names))
    weights = [1.0]
    if mixture:
        weights = [1.0 - mixture.faq_share, *(mixture.faq_share * mixture.weights[name] for name in names)]
    source, item = draw_mixture(
        [len(windows) for windows in sources],
        weights,
        training.updates * training.batch_size,
        stream_seed(configuration.seed, "order"),
        ["train", *names],
    )
    length = np.zeros(len(source), dtype=np.int64)
    for index, windows in enumerate(sources):
        length[source == index] = windows.lengths[item[source == index]]
    return TrainingOrder(
        sources, source, item, length, training.batch_size, training.micro_batch_size, training.micro_batch_tokens
    )
