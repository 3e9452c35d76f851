"""Texts of training examples as flat arrays, which trials read from shared memory without copying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.examples import Example, SentencePair
from xlingual.data.slicing import pointers_of


@dataclass(frozen=True, eq=False)
class Texts:
    """English examples without their ids and titles.

    Attributes:
        questions: question of each example, (examples,).
        contexts: distinct contexts, (contexts,).
        context: index of each example's context, (examples,).
        answers: first and past-last character of each answer in its context, (answers, 2).
        pointers: example e has the answers `pointers[e]:pointers[e + 1]`, (examples + 1,).
    """

    questions: Any
    contexts: Any
    context: NDArray[np.int32]
    answers: NDArray[np.int32]
    pointers: NDArray[np.int64]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Texts:
        """Build the arrays from examples."""
        import pyarrow

        distinct: dict[str, int] = {}
        context = [distinct.setdefault(example.context, len(distinct)) for example in examples]
        spans = [
            (start, start + len(answer))
            for example in examples
            for start, answer in zip(example.answer_starts, example.answers, strict=True)
        ]
        return cls(
            questions=pyarrow.array([example.question for example in examples], pyarrow.large_string()),
            contexts=pyarrow.array(list(distinct), pyarrow.large_string()),
            context=np.asarray(context, dtype=np.int32),
            answers=np.asarray(spans, dtype=np.int32).reshape(-1, 2),
            pointers=pointers_of(np.asarray([len(example.answers) for example in examples], dtype=np.int64)),
        )

    def __len__(self) -> int:
        return len(self.context)

    def __getitem__(self, number: int) -> Example:
        """Return an example, with its number as id."""
        context = self.contexts[int(self.context[number])].as_py()
        spans = self.answers[int(self.pointers[number]) : int(self.pointers[number + 1])].tolist()
        return Example(
            id=str(number),
            question=self.questions[number].as_py(),
            context=context,
            answers=tuple(context[start:end] for start, end in spans),
            answer_starts=tuple(start for start, _ in spans),
            language="en",
        )


@dataclass(frozen=True, eq=False)
class PairTexts:
    """Pairs of sentences without their ids.

    Attributes:
        sentences: first sentences, then second ones, (2 x pairs,).
        labels: of each pair, (pairs,).
    """

    sentences: Any
    labels: Any

    @classmethod
    def of(cls, pairs: Sequence[SentencePair]) -> PairTexts:
        """Build the arrays from pairs."""
        import pyarrow

        sentences = [*(pair.first for pair in pairs), *(pair.second for pair in pairs)]
        labels = pyarrow.array([pair.label for pair in pairs], pyarrow.large_string())
        return cls(pyarrow.array(sentences, pyarrow.large_string()), labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, number: int) -> SentencePair:
        """Return a pair, with its number as id."""
        first, second = (self.sentences[number + side * len(self)].as_py() for side in (0, 1))
        return SentencePair(str(number), first, second, self.labels[number].as_py(), language="en")
