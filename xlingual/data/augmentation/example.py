"""An example with other words. Its answers, and words that overlap one of them, stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from xlingual.data.augmentation.word_replacement import Word, rewritten, shifted, words_of
from xlingual.data.examples import Example


class WordMethod(Protocol):
    """What replaces words."""

    def replacements(self, words: Sequence[Word], generator: np.random.Generator) -> list[str | None]:
        """Draw for each word what replaces it; None where it stays. Whether it opens a sentence may count, no place."""
        ...


def with_other_words(example: Example, method: WordMethod, generator: np.random.Generator) -> Example:
    """Replace words of an example's question, then of its context; the very example where none is replaced."""
    answers = list(zip(example.answer_starts, example.answers, strict=True))
    asked = words_of(example.question)
    told = words_of(example.context, [(start, start + len(answer)) for start, answer in answers])
    drawn = method.replacements([*asked, *told], generator)
    if not any(one is not None for one in drawn):
        return example
    question, _ = rewritten(example.question, asked, drawn[: len(asked)])
    context, shifts = rewritten(example.context, told, drawn[len(asked) :])
    starts = tuple(shifted(start, shifts) for start in example.answer_starts)
    return replace(example, question=question, context=context, answer_starts=starts)
