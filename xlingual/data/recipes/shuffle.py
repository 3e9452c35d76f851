"""The control for a recipe: every question gets the answer of another row of the same host."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from xlingual.data.examples import Example
from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.host import stream
from xlingual.data.writing import fold

SHUFFLE_COUNTS = ("read", "kept", "dropped_alone")


class ShuffledPairs:
    """Exchanges the answers within each host, before any recipe.

    No question keeps its answer or gets one that differs only in case and punctuation. If more than half of a host's
    rows share an answer, rows with that answer are dropped until the rest can be exchanged; a host with a single answer
    or row is dropped entirely. Dropped rows are counted as `dropped_alone`. Rows keep their order, place and labels,
    but not the similarity score, which belonged to another pair. The exchange depends only on the seed and the host's
    rows, not on their order.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counts: Counter[str] = Counter(dict.fromkeys(SHUFFLE_COUNTS, 0))

    def hosts(self, hosts: Iterable[Sequence[FaqRow]]) -> Iterator[list[FaqRow]]:
        """Each host with at least two rows left."""
        for rows in hosts:
            changed = self._changed(rows)
            self.counts.update(read=len(rows), kept=len(changed), dropped_alone=len(rows) - len(changed))
            if changed:
                yield [changed[index] for index in sorted(changed)]

    def _changed(self, rows: Sequence[FaqRow]) -> dict[int, FaqRow]:
        """The rows with their new answers, by index."""
        order = sorted(range(len(rows)), key=lambda index: (rows[index].url, rows[index].question, rows[index].answer))
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for index in order:
            groups[fold(rows[index].answer)].append(index)
        random = stream(self.seed, "shuffled", rows[0].origin if rows else "")
        circle, shift = _circle(list(groups.values()), random)
        return {
            index: replace(rows[index], answer=rows[circle[(place + shift) % len(circle)]].answer, similarity=None)
            for place, index in enumerate(circle)
        }


def _circle(groups: list[list[int]], random: np.random.Generator) -> tuple[list[int], int]:
    """A circular order of rows, and a shift by which every row gets another answer.

    Each of `groups` holds the rows of one answer. The groups are concatenated, so that a shift by the size of the
    largest leaves every group, as long as that one has at most half of all rows.
    """
    mixed = [[group[index] for index in random.permutation(len(group))] for group in groups]
    mixed = [mixed[index] for index in random.permutation(len(mixed))]
    largest = max(mixed, key=len, default=[])
    others = sum(map(len, mixed)) - len(largest)
    del largest[others:]
    return [index for group in mixed for index in group], len(largest)


def exchanged(examples: Iterable[Example], shuffler: ShuffledPairs) -> Iterator[Example]:
    """Exchange the questions of span examples within each host; passages and spans stay the same.

    Args:
        examples: examples grouped by host, as a recipe yields them.
        shuffler: decides which question goes where, and counts the examples that cannot be exchanged.
    """
    for host, together in groupby(examples, key=lambda example: example.title):
        own = {example.id: example for example in together}
        rows = [
            FaqRow(host, identity, identity, example.question, example.language) for identity, example in own.items()
        ]
        for changed in shuffler.hosts([rows]):
            yield from (replace(own[row.url], question=row.answer) for row in changed)
