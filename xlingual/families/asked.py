"""What is asked of a model as one stream of batches, whatever sets the examples are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from xlingual.families.batches import ItemRef
from xlingual.families.pass_limits import length_batches
from xlingual.families.scoring_set import ScoringSet


class Asked(NamedTuple):
    """One input of one set.

    Attributes:
        place: of the set among all that are asked.
        part: the set.
        item: position of the input in it.
    """

    place: int
    part: ScoringSet
    item: int

    @property
    def ref(self) -> ItemRef:
        """The input, for a batcher."""
        return self.part.inputs, self.item

    @property
    def example(self) -> int:
        """Index of the input's example in its set."""
        return int(self.part.inputs.example[self.item])


def asked_batches(
    questions: Mapping[Any, ScoringSet], tokens_per_batch: int, share: tuple[int, int] = (0, 1)
) -> Iterator[list[Asked]]:
    """Cut the inputs of all sets into batches, longest first, so that inputs of like length meet.

    Args:
        questions: what is asked, by language (or whatever tells the sets apart).
        tokens_per_batch: upper bound of a batch in padded tokens.
        share: (rank, workers): every workers-th batch is given. Batches do not depend on it.
    """
    rank, workers = share
    sets = list(questions.values())
    owner = np.repeat(np.arange(len(sets)), [len(part.inputs) for part in sets])
    none = np.zeros(0, dtype=np.int64)
    item = np.concatenate([none, *(np.arange(len(part.inputs)) for part in sets)])
    lengths = np.concatenate([none, *(part.inputs.lengths for part in sets)])
    for places in length_batches(lengths, tokens_per_batch)[rank::workers]:
        yield [Asked(int(owner[i]), sets[owner[i]], int(item[i])) for i in places]
