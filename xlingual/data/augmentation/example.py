"""Augment English examples during training: the interface of all text-altering methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from typing_extensions import Self

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.augmentation.word_replacement import Word, rewritten, shifted, words_of
from xlingual.data.examples import Example, SentencePair

E = TypeVar("E", Example, SentencePair)


class TextAlteration(ABC):
    """Alters the texts of English training examples, their tokens, or both.

    All random numbers come from the generator of a call, so that the result depends only on the trial's seed, the
    method's name, the example and the epoch.

    Attributes:
        segments: whether `encoded` draws tokens; only one method of a trial may.
    """

    segments: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def of(cls, settings: Any, lexicons: Lexicons, backend: Any) -> Self:
        """Create the alteration of a trial.

        Args:
            settings: settings of the method.
            lexicons: the lexicons that the study's methods need.
            backend: the tokenizer, from the `tokenizers` library; None if the model's is not one of these.
        """

    @classmethod
    def check(cls, tokenizer: Any, model: str) -> None:
        """Refuse a model whose tokenizer the method does not support.

        Args:
            tokenizer: tokenizer of the checkpoint.
            model: name of the model, for the message.

        Raises:
            ModelError: with the reason.
        """
        return

    def altered(self, example: E, generator: np.random.Generator) -> E:
        """Return an example with other texts, its answers still in its context; the same object if unchanged."""
        return example

    def encoded(self, encoding: Any, text: str, generator: np.random.Generator) -> Any:
        """Return a text's tokens, with `ids`, `offsets` and a length; by default, those of the tokenizer."""
        return encoding


class WordReplacement(TextAlteration):
    """Replaces words of questions and contexts, except answers and words that overlap one; any of sentence pairs."""

    @abstractmethod
    def replacements(self, words: Sequence[Word], generator: np.random.Generator) -> list[str | None]:
        """Draw the replacement of each word; None keeps it.

        May use whether a word opens a sentence, but not its place in the text.
        """

    def altered(self, example: E, generator: np.random.Generator) -> E:
        """Replace words of the question, then of the context; of a pair, words of each sentence by itself."""
        if isinstance(example, SentencePair):
            return with_other_sentences(example, self, generator)
        return with_other_words(example, self, generator)


def with_other_words(example: Example, method: WordReplacement, generator: np.random.Generator) -> Example:
    """Replace words of an example's question and context; return the same object if none is replaced."""
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


def with_other_sentences(pair: SentencePair, method: WordReplacement, generator: np.random.Generator) -> SentencePair:
    """Replace words of both sentences, each drawn by itself; return the same object if none is replaced."""
    words = [words_of(text) for text in (pair.first, pair.second)]
    drawn = [method.replacements(part, generator) for part in words]
    if not any(one is not None for part in drawn for one in part):
        return pair
    first, _ = rewritten(pair.first, words[0], drawn[0])
    second, _ = rewritten(pair.second, words[1], drawn[1])
    return replace(pair, first=first, second=second)
