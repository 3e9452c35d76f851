"""Examples of question answering and of sentence pairs, and sets of them with counts of what was dropped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Generic

import numpy as np
from typing_extensions import TypeVar

from xlingual.errors import DataError


@dataclass(frozen=True, slots=True)
class Example:
    """One question on one context with its gold answers.

    `answer_starts` are character offsets: `context[start:start + len(answer)] == answer`; -1 for an answer of a test
    question that is not in its context. `paragraph` is the id of the first question on that context, and is the same in
    every language of a parallel set.
    """

    id: str
    question: str
    context: str
    answers: tuple[str, ...]
    answer_starts: tuple[int, ...]
    language: str
    title: str = ""
    paragraph: str = ""


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Two sentences and the label of their relation.

    `paragraph` groups pairs that share a sentence, which statistics resample together; like the id, it is the same in
    every language of a parallel set. `language` is that of the first sentence, `second_language` that of the second
    where it is another one.
    """

    id: str
    first: str
    second: str
    label: str
    language: str
    second_language: str = ""
    title: str = ""
    paragraph: str = ""


E = TypeVar("E", Example, SentencePair, default=Example)


@dataclass(frozen=True)
class ExampleSet(Generic[E]):
    """Examples in order, and the counts of what was read, repaired and dropped.

    `counts["read"]` is `counts["kept"]` plus all counts whose name starts with `dropped_`; `counts["kept"]` is the
    number of examples. `notes` are remarks on the source for the user.
    """

    examples: tuple[E, ...]
    counts: dict[str, int]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.examples)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that depend only on the examples and their order."""
        return content_fingerprint(self.examples)

    def choose(self, indices: Iterable[int], reason: str) -> ExampleSet[E]:
        """Keep the examples at these indices, in that order; count the others under `reason`."""
        examples = tuple(self.examples[index] for index in indices)
        counts = {**self.counts, "kept": len(examples)}
        counts[reason] = counts.get(reason, 0) + len(self) - len(examples)
        return ExampleSet(examples, counts, self.notes)

    def sample(self, limit: int | None, seed: int) -> ExampleSet[E]:
        """Sample `limit` examples without replacement, keeping their order; a smaller limit gives a subset.

        Raises DataError when the limit is below one.
        """
        if limit is None or limit >= len(self):
            return self
        if limit < 1:
            raise DataError(
                f"asked for {limit} examples; write 1 or more, or leave the limit out to use all {len(self)}"
            )
        order = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))).permutation(len(self))
        return self.choose(sorted(order[:limit].tolist()), "dropped_limit")


def content_fingerprint(values: Sequence[Any]) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of flat dataclass values, all fields, in order."""
    digest = hashlib.sha256()
    names = [field.name for field in fields(values[0])] if values else []
    for value in values:
        content = [getattr(value, name) for name in names]
        digest.update(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()[:16]
