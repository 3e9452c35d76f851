"""Texts as sequences of words, so that they can be compared."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from xlingual.data.faq.filters.scripts import UNSPACED

_SPACE = re.compile(r"\s+")
_LAST_MARK = 0x1E94A


def folded(text: str) -> str:
    """Return a text in NFKC and case-folded, its white space single: what counts as the same text."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())).strip()


def words(text: str, language: str) -> list[str]:
    """Return the words of a folded text, its punctuation left out; characters where words are not separated.

    Marks (vowel signs of Hindi, Thai, Arabic) are parts of words.
    """
    parts = _gaps().sub(" ", folded(text))
    return list(parts.replace(" ", "")) if language in UNSPACED else parts.split()


@cache
def _gaps() -> re.Pattern[str]:
    marks = {code for code in range(0x300, _LAST_MARK + 1) if unicodedata.category(chr(code))[0] == "M"}
    starts = sorted(code for code in marks if code - 1 not in marks)
    ends = sorted(code for code in marks if code + 1 not in marks)
    ranges = "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))
    return re.compile(rf"(?:[^\w{ranges}]|_)+")
