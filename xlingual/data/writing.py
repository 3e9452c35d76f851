"""How languages write: words, letters, marks that end a question, room that a text takes."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby

WITHOUT_SPACES = frozenset({"zh", "ja", "th", "km", "lo", "my"})
"""Languages that put no space between words; a pair of neighbouring letters stands in for a word."""

_OWN = re.compile(r"[^\x00-\x7f]")
_NO_GAP = frozenset({"zh", "ja"})
_FULL_WIDTH_FINAL = tuple("。．｡！？…")
_QUESTION = "?？؟"
_GREEK_QUESTION = ";\u037e"
_PLAIN = {mark: unicodedata.normalize("NFKC", mark) for mark in "，！？：；（）％～\u3000…\u0e33"}
"""What Chinese, Japanese and Thai text is full of; with these replaced NFKC most often finds nothing more to do."""
_CLOSERS = "\"'”’»›“)]}）］」』】》〉"

ENGLISH_CHARACTERS = {"zh": 3.3, "ja": 2.2, "ko": 1.9}
"""How many characters of English say what one character of a language says.

Measured on the answers of 135 to 146 parallel FAQ pairs: the sum of the English lengths over the sum of the others is
3.28 for Chinese, 2.16 for Japanese and 1.94 for Korean; for 23 languages in alphabetic scripts it lies between 0.83
(Greek) and 1.34 (Hebrew), and Thai was not there to be measured: all of these count as 1.
"""


def characters(english: int, language: str) -> int:
    """A length in characters of English as one in characters of `language`; at least 1."""
    return max(1, math.floor(english / ENGLISH_CHARACTERS.get(language, 1.0)))


def in_english(text: str, language: str) -> float:
    """The length of a text as one in characters of English; its Latin letters and digits are such already."""
    factor = ENGLISH_CHARACTERS.get(language, 1.0)
    if factor == 1.0:
        return float(len(text))
    own = len(_OWN.findall(text))
    return len(text) - own + own * factor


def fold(text: str) -> str:
    """Case-folded NFKC, words between single spaces, without punctuation: what two texts are compared by."""
    return " ".join(fold_words(text))


def fold_words(text: str) -> list[str]:
    """The words of `fold`: what stands between punctuation, symbols, white space and control characters.

    Marks without a meaning of their own (Cf, such as a soft hyphen) vanish and part nothing.
    """
    folded = case_folded(text)
    if _BEYOND.search(folded):
        return folded.translate(_FOLDING).split()
    words_of, silent = _word_classes()
    return words_of.findall(folded if folded.isprintable() else silent.sub("", folded))


@lru_cache(2048)  # several filters ask for the same text one after another
def case_folded(text: str) -> str:
    """NFKC, case-folded."""
    for mark, plain in _PLAIN.items():
        if mark in text:
            text = text.replace(mark, plain)
    return unicodedata.normalize("NFKC", text).casefold()


def words(text: str, language: str) -> list[str]:
    """The words of a folded text in order; pairs of neighbouring letters where words have no space between them."""
    if language not in WITHOUT_SPACES:
        return text.split()
    letters = text.replace(" ", "")
    return [letters[place : place + 2] for place in range(len(letters) - 1)] or list(letters)


def is_question(text: str, language: str) -> bool:
    """Whether the last mark, closing quotes and brackets aside, is a question mark (in Greek a semicolon)."""
    marks = _QUESTION + _GREEK_QUESTION if language == "el" else _QUESTION
    return text.rstrip().rstrip(_CLOSERS)[-1:] in tuple(marks)


def joint(before: str, language: str) -> str:
    """What stands between a text and the next: a space; nothing in Chinese and Japanese behind their final marks."""
    last = before.rstrip().rstrip(_CLOSERS)[-1:]
    return "" if language in _NO_GAP and last in _FULL_WIDTH_FINAL else " "


_LAST_OF_PLANE_0 = 0xFFFF
_BEYOND = re.compile("[\U00010000-\U0010ffff]")


class _Folding(dict[int, str]):
    """Punctuation and symbols become spaces, and marks without a meaning of their own vanish; filled when asked."""

    def __missing__(self, code: int) -> str:
        self[code] = {"silent": "", "parting": " "}.get(_kind(code), chr(code))
        return self[code]


_FOLDING = _Folding()


def _kind(code: int) -> str:
    category = unicodedata.category(chr(code))
    return "silent" if category == "Cf" else "parting" if category[0] in "PSZC" else "word"


@cache
def _word_classes() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What words are made of, and what vanishes from them, in Unicode's first plane; made when first asked.

    Regular expressions of this plane take a third of the time of a table for `str.translate`, of all planes five times
    as long as one.
    """
    ranges: dict[str, str] = {"word": "", "silent": "", "parting": ""}
    for kind, codes in groupby(range(_LAST_OF_PLANE_0 + 1), _kind):
        first, *rest = codes
        ranges[kind] += f"\\u{first:04x}-\\u{rest[-1] if rest else first:04x}"
    return re.compile(f"[{ranges['word']}]+"), re.compile(f"[{ranges['silent']}]+")
