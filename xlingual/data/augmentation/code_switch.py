"""Code switching: replace words by translations (CoSDA-ML, arXiv 2006.06402; xTune, arXiv 2106.08226)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from typing_extensions import Self

from xlingual.data.augmentation.example import WordReplacement
from xlingual.data.augmentation.lexicon import Lexicon, Lexicons
from xlingual.data.augmentation.word_replacement import Word
from xlingual.study.methods.code_switch import CodeSwitch as Settings

REMEMBERED = 1 << 16
"""Number of words whose translations are cached."""


class CodeSwitch(WordReplacement):
    """Replaces a translatable word, with probability `rate`, by a random language's translation.

    Args:
        rate: probability that a translatable word is replaced.
        dictionaries: by language; a language is drawn uniformly from those that translate the word, then a translation
            uniformly from its translations.
    """

    def __init__(self, rate: float, dictionaries: Mapping[str, Lexicon]) -> None:
        self._rate = rate
        self._dictionaries = [dictionaries[language] for language in sorted(dictionaries)]
        self._known = frozenset(word for one in self._dictionaries for word in one.words.to_pylist())
        self._find = lru_cache(REMEMBERED)(self._translations)

    @classmethod
    def of(cls, settings: Settings, lexicons: Lexicons, backend: Any) -> Self:
        """See `TextAlteration.of`."""
        return cls(settings.rate, {code: lexicons.dictionaries[code] for code in settings.languages or ()})

    def replacements(self, words: Sequence[Word], generator: np.random.Generator) -> list[str | None]:
        """Draw the replacement of each word; None keeps it."""
        found = [self._find(word.text, word.opens) for word in words]
        drawn = iter(generator.random((sum(map(bool, found)), 3)).tolist())
        return [self._drawn(one, *next(drawn)) if one else None for one in found]

    def _translations(self, word: str, opens: bool) -> tuple[tuple[str, ...], ...]:
        """A word's translations, in each language that has any."""
        if word not in self._known and word.lower() not in self._known:
            return ()
        found = (dictionary.find(word, opens=opens) for dictionary in self._dictionaries)
        return tuple(translations for translations in found if translations)

    def _drawn(self, by_language: tuple[tuple[str, ...], ...], *numbers: float) -> str | None:
        if numbers[0] >= self._rate:
            return None
        translations = by_language[int(numbers[1] * len(by_language))]
        return translations[int(numbers[2] * len(translations))]
