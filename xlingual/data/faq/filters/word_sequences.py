"""Convert texts to sequences of words for comparison."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from xlingual.data.writing import WITHOUT_SPACES, case_folded, fold_words

_CHARACTERS_A_WORD = {"zh": 2, "ja": 2, "th": 5, "km": 5, "lo": 5, "my": 5}


@lru_cache(2048)  # several filters use the same text in succession
def folded(text: str) -> str:
    """Return a text in NFKC, case-folded, with single spaces: equal results count as the same text."""
    return " ".join(unicodedata.normalize("NFKC", case_folded(text)).split())


def words(text: str, language: str) -> list[str]:
    """Return the words of a text, case-folded and without punctuation; characters in languages without spaces."""
    parts = fold_words(text)
    return list("".join(parts)) if language in WITHOUT_SPACES else parts


def characters_a_word(language: str) -> int:
    """Return how many characters count as a word in languages without spaces: two in Chinese, five in Thai."""
    return _CHARACTERS_A_WORD.get(language, 1)
