"""What one objective draws in every update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlingual.data.mixture import apportion
from xlingual.data.slicing import pointers_of
from xlingual.training.objectives.objective import Indices, ItemRef, Objective, Source


@dataclass(frozen=True)
class MicroBatch:
    """Examples whose random numbers belong together, and that one worker computes."""

    objective: Objective
    places: list[ItemRef]
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
        """Give update u the next `counts[u]` draws; each source is gone through epoch by epoch."""
        source, item = drawn
        length, epoch = np.zeros((2, len(source)), dtype=np.int64)
        for index, examples in enumerate(sources):
            mine = np.flatnonzero(source == index)
            length[mine] = examples.lengths[item[mine]]
            epoch[mine] = np.arange(len(mine)) // max(1, len(examples))
        return cls(objective, tuple(sources), source, item, epoch, length, pointers_of(counts))

    @classmethod
    def drawn(
        cls, objective: Objective, sources: Mapping[str, Source], weights: Mapping[str, float], counts: Indices
    ) -> ObjectiveSchedule:
        """Draw from sources by their weights, see `Objective.draw`: `counts[u]` examples for update u."""
        chosen = [sources[name] for name in weights]
        sizes = [len(examples) for examples in chosen]
        return cls.of(objective, chosen, objective.draw(sizes, list(weights.values()), counts, list(weights)), counts)

    def count(self, update: int) -> int:
        """Examples of an update."""
        return int(self.pointers[update + 1] - self.pointers[update])

    def micro_batches(self, update: int, size: int) -> list[MicroBatch]:
        """Cut an update's examples into micro-batches of at most `size`, see `Objective.groups`."""
        mine = slice(int(self.pointers[update]), int(self.pointers[update + 1]))
        if mine.start == mine.stop:
            return []
        drawn = zip(self.source[mine].tolist(), self.item[mine].tolist(), strict=True)
        places = [(self.sources[source], item) for source, item in drawn]
        epochs = self.epoch[mine]
        return [
            MicroBatch(self.objective, [places[i] for i in group], epochs[group].tolist())
            for group in self.objective.groups(places, self.length[mine], size)
        ]


def spread(total: int, updates: int) -> Indices:
    """Share a number out over updates as evenly as whole numbers allow, (updates,): it is the sum, exactly."""
    marks = np.asarray([update * total // updates for update in range(updates + 1)], dtype=np.int64)
    return np.diff(marks)


def faq_counts(share: float, batch_size: int, updates: int) -> Indices:
    """FAQ examples of each update, (updates,), where `share` of all is theirs: exact over the run, even over it."""
    faq, _ = apportion([share, 1.0 - share], batch_size * updates)
    return spread(faq, updates)
