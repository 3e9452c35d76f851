"""Texts as sequences of words, so that they can be compared."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from xlingual.data.writing import WITHOUT_SPACES, case_folded, fold_words

_CHARACTERS_A_WORD = {"zh": 2, "ja": 2, "th": 5, "km": 5, "lo": 5, "my": 5}


@lru_cache(2048)  # several filters ask for the same text one after another
def folded(text: str) -> str:
    """Return a text in NFKC and case-folded, its white space single: what counts as the same text."""
    return " ".join(unicodedata.normalize("NFKC", case_folded(text)).split())


def words(text: str, language: str) -> list[str]:
    """Return the words of a text, case-folded and without punctuation; characters where words are not separated."""
    parts = fold_words(text)
    return list("".join(parts)) if language in WITHOUT_SPACES else parts


def characters_a_word(language: str) -> int:
    """Return how many characters stand for a word where words are not separated: two of Chinese, five of Thai."""
    return _CHARACTERS_A_WORD.get(language, 1)
