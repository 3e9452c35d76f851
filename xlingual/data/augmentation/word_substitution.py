"""Replace words by synonyms: randomised smoothing by data augmentation (Huang et al., arXiv 2104.08645, RS-DA)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from typing_extensions import Self

from xlingual.data.augmentation.example import WordReplacement
from xlingual.data.augmentation.lexicon import Lexicon, Lexicons
from xlingual.data.augmentation.word_replacement import Word
from xlingual.study.methods.word_substitution import WordSubstitution as Settings

REMEMBERED = 1 << 16
"""Number of words whose alternatives are cached."""


class WordSubstitution(WordReplacement):
    """Draws a synonym, or the word itself, for each word that has synonyms.

    Args:
        rate: probability that such a word is replaced, by a uniformly drawn synonym; None draws uniformly from the word
            and its synonyms, like the paper's code.
        synonyms: the lexicon of synonyms.
    """

    def __init__(self, rate: float | None, synonyms: Lexicon) -> None:
        self._rate, self._find = rate, lru_cache(REMEMBERED)(synonyms.find)

    @classmethod
    def of(cls, settings: Settings, lexicons: Lexicons, backend: Any) -> Self:
        """See `TextAlteration.of`."""
        assert lexicons.synonyms is not None, "a study with word_substitution has synonyms"
        return cls(settings.rate, lexicons.synonyms)

    def replacements(self, words: Sequence[Word], generator: np.random.Generator) -> list[str | None]:
        """Draw the replacement of each word; None keeps it."""
        found = [self._find(word.text, opens=word.opens) for word in words]
        drawn = iter(generator.random((sum(map(bool, found)), 2)).tolist())
        return [self._drawn(one, *next(drawn)) if one else None for one in found]

    def _drawn(self, synonyms: tuple[str, ...], first: float, second: float) -> str | None:
        if self._rate is None:
            place = int(first * (len(synonyms) + 1))
            return synonyms[place - 1] if place else None
        return synonyms[int(second * len(synonyms))] if first < self._rate else None
