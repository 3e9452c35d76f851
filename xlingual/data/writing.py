"""Properties of written languages: words, letters, question marks, length of texts."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby

WITHOUT_SPACES = frozenset({"zh", "ja", "th", "km", "lo", "my"})
"""Languages without spaces between words; pairs of adjacent letters are used in place of words."""

_OWN = re.compile(r"[^\x00-\x7f]")
_NO_GAP = frozenset({"zh", "ja"})
_FULL_WIDTH_FINAL = tuple("。．｡！？…")
_QUESTION = "?？؟"
_GREEK_QUESTION = ";\u037e"
_PLAIN = {mark: unicodedata.normalize("NFKC", mark) for mark in "，！？：；（）％～\u3000…\u0e33"}
"""Frequent marks of Chinese, Japanese and Thai text; once they are replaced, NFKC rarely has anything left to do."""
_CLOSERS = "\"'”’»›“)]}）］」』】》〉"

ENGLISH_CHARACTERS = {"zh": 3.3, "ja": 2.2, "ko": 1.9}
"""Characters of English equivalent to one character of a language.

Measured on the answers of 135 to 146 parallel FAQ pairs as total English length over total length in the language:
3.28 for Chinese, 2.16 for Japanese and 1.94 for Korean; between 0.83 (Greek) and 1.34 (Hebrew) for 23 languages in
alphabetic scripts, which all count as 1. So does Thai, for which there was no data.
"""


def characters(english: int, language: str) -> int:
    """Convert a length in English characters to characters of `language`; at least 1."""
    return max(1, math.floor(english / ENGLISH_CHARACTERS.get(language, 1.0)))


def in_english(text: str, language: str) -> float:
    """The length of a text in English characters; its ASCII characters count as one each."""
    factor = ENGLISH_CHARACTERS.get(language, 1.0)
    if factor == 1.0:
        return float(len(text))
    own = len(_OWN.findall(text))
    return len(text) - own + own * factor


def fold(text: str) -> str:
    """Normalise a text for comparison: case-folded NFKC, words joined by single spaces, no punctuation."""
    return " ".join(fold_words(text))


def fold_words(text: str) -> list[str]:
    """The words of `fold`, separated by punctuation, symbols, white space and control characters.

    Format characters (Cf, such as a soft hyphen) are removed and separate nothing.
    """
    folded = case_folded(text)
    if _BEYOND.search(folded):
        return folded.translate(_FOLDING).split()
    words_of, silent = _word_classes()
    return words_of.findall(folded if folded.isprintable() else silent.sub("", folded))


@lru_cache(2048)  # several filters use the same text in succession
def case_folded(text: str) -> str:
    """NFKC, case-folded."""
    for mark, plain in _PLAIN.items():
        if mark in text:
            text = text.replace(mark, plain)
    return unicodedata.normalize("NFKC", text).casefold()


def words(text: str, language: str) -> list[str]:
    """The words of a folded text, in order; pairs of adjacent letters for languages without spaces."""
    if language not in WITHOUT_SPACES:
        return text.split()
    letters = text.replace(" ", "")
    return [letters[place : place + 2] for place in range(len(letters) - 1)] or list(letters)


def is_question(text: str, language: str) -> bool:
    """Whether the text ends in a question mark (in Greek a semicolon), ignoring closing quotes and brackets."""
    marks = _QUESTION + _GREEK_QUESTION if language == "el" else _QUESTION
    return text.rstrip().rstrip(_CLOSERS)[-1:] in tuple(marks)


def joint(before: str, language: str) -> str:
    """The separator after a text: a space, or nothing after a full-width final mark in Chinese and Japanese."""
    last = before.rstrip().rstrip(_CLOSERS)[-1:]
    return "" if language in _NO_GAP and last in _FULL_WIDTH_FINAL else " "


_LAST_OF_PLANE_0 = 0xFFFF
_BEYOND = re.compile("[\U00010000-\U0010ffff]")


class _Folding(dict[int, str]):
    """A lazy translation table: punctuation and symbols become spaces, format characters are removed."""

    def __missing__(self, code: int) -> str:
        self[code] = {"silent": "", "parting": " "}.get(_kind(code), chr(code))
        return self[code]


_FOLDING = _Folding()


def _kind(code: int) -> str:
    category = unicodedata.category(chr(code))
    return "silent" if category == "Cf" else "parting" if category[0] in "PSZC" else "word"


@cache
def _word_classes() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of word characters and of removed characters in Unicode's first plane, built on first use.

    A pattern of this plane takes a third of the time of a table for `str.translate`; one of all planes takes five
    times as long as a table.
    """
    ranges: dict[str, str] = {"word": "", "silent": "", "parting": ""}
    for kind, codes in groupby(range(_LAST_OF_PLANE_0 + 1), _kind):
        first, *rest = codes
        ranges[kind] += f"\\u{first:04x}-\\u{rest[-1] if rest else first:04x}"
    return re.compile(f"[{ranges['word']}]+"), re.compile(f"[{ranges['silent']}]+")
