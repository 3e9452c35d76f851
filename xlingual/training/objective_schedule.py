"""What one objective draws in every update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xlingual.data.mixture import apportion, draw_mixture
from xlingual.data.slicing import pointers_of
from xlingual.families import Inputs
from xlingual.study import TrialConfiguration
from xlingual.tokens.pairs import Pairs
from xlingual.training.objectives.contrastive import host_groups

Indices = NDArray[np.int64]
Objective: TypeAlias = Literal["span", "text", "contrastive", "masked_language_model"]
ANSWERING: tuple[Objective, ...] = ("span", "text")
"""Objectives of questions with answers, one of which every trial has."""


Source: TypeAlias = Inputs | Pairs
Place: TypeAlias = tuple[Source, int]


def answering(configuration: TrialConfiguration) -> Objective:
    """What a trial's questions are trained for: a span, or a text."""
    return "span" if configuration.text_to_text is None else "text"


@dataclass(frozen=True)
class MicroBatch:
    """Examples whose random numbers belong together, and that one worker computes."""

    objective: Objective
    places: list[Place]
    epochs: list[int]
    """How often the trial drew each of these examples before."""


@dataclass(frozen=True)
class ObjectiveSchedule:
    """Examples of one objective, update after update.

    Attributes:
        objective: that they are trained for.
        sources: inputs or pairs of each source.
        source: source of each draw, (draws,).
        item: example of that source, (draws,).
        epoch: how often that example was drawn before, (draws,).
        length: tokens of that example, (draws,).
        pointers: update u has the draws `pointers[u]:pointers[u + 1]`, (updates + 1,).
    """

    objective: Objective
    sources: tuple[Source, ...]
    source: Indices
    item: Indices
    epoch: Indices
    length: Indices
    pointers: Indices

    @classmethod
    def of(
        cls, objective: Objective, sources: Sequence[Source], drawn: tuple[Indices, Indices], counts: Indices
    ) -> ObjectiveSchedule:
        """Lay out draws, `counts` of which stand in each update; each source is gone through epoch by epoch."""
        source, item = drawn
        length, epoch = np.zeros((2, len(source)), dtype=np.int64)
        for index, examples in enumerate(sources):
            mine = np.flatnonzero(source == index)
            length[mine] = examples.lengths[item[mine]]
            epoch[mine] = np.arange(len(mine)) // max(1, len(examples))
        return cls(objective, tuple(sources), source, item, epoch, length, pointers_of(counts))

    def count(self, update: int) -> int:
        """Examples of an update."""
        return int(self.pointers[update + 1] - self.pointers[update])

    def micro_batches(self, update: int, size: int) -> list[MicroBatch]:
        """Cut an update's examples into micro-batches of at most `size`.

        Pairs that are contrasted are grouped by host, see `host_groups`. Others are sorted by length, which leaves the
        update's gradient what it is and saves padding.
        """
        first, stop = int(self.pointers[update]), int(self.pointers[update + 1])
        if first == stop:
            return []
        if self.objective == "contrastive":
            hosts = np.asarray([self._pairs(draw).host[self.item[draw]] for draw in range(first, stop)])
            groups = [first + group for group in host_groups(hosts, size)]
        else:
            draws = first + np.argsort(self.length[first:stop], kind="stable")
            groups = [draws[i : i + size] for i in range(0, len(draws), size)]
        return [
            MicroBatch(
                self.objective,
                [(self.sources[self.source[draw]], int(self.item[draw])) for draw in group],
                self.epoch[group].tolist(),
            )
            for group in groups
        ]

    def _pairs(self, draw: int) -> Pairs:
        pairs = self.sources[self.source[draw]]
        assert isinstance(pairs, Pairs), "windows cannot be contrasted"
        return pairs


def spread(total: int, updates: int) -> Indices:
    """Share a number out over updates as evenly as whole numbers allow, (updates,): it is the sum, exactly."""
    marks = np.asarray([update * total // updates for update in range(updates + 1)], dtype=np.int64)
    return np.diff(marks)


def draw_by_update(
    sizes: Sequence[int], weights: Sequence[float], counts: Indices, seed: int, names: Sequence[str]
) -> tuple[Indices, Indices]:
    """Draw from one source in each update: (source index, item index), both (sum of counts,).

    Sources get updates in proportion to their weights, exactly (largest remainder), in an order that is a seeded
    permutation. Each is gone through in permutations, one an epoch, as `draw_mixture` does.
    """
    of_update, _ = draw_mixture(sizes, weights, len(counts), seed, names)
    source = np.repeat(of_update, counts)
    item = np.zeros(len(source), dtype=np.int64)
    for index in np.unique(of_update).tolist():
        mine = source == index
        _, item[mine] = draw_mixture([sizes[index]], [1.0], int(mine.sum()), seed, [names[index]])
    return source, item


def faq_counts(share: float, batch_size: int, updates: int) -> Indices:
    """FAQ examples of each update, (updates,), where `share` of all is theirs: exact over the run, even over it."""
    faq, _ = apportion([share, 1.0 - share], batch_size * updates)
    return spread(faq, updates)
