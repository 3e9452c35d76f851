"""Texts without what copying changes: case, white space, punctuation, Unicode form, accents."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Letters = NDArray[np.uint32]

IDEOGRAPH_LETTERS = 3
"""As how many letters an ideograph counts: XQuAD's paragraphs have 3.1 times as many characters in English as in
Chinese."""

_END = "\U0010ffff"
"""Stands behind each text while many are looked at as one; a noncharacter, taken out of the texts themselves."""

_IGNORED = frozenset("\u0640\u0305\u034f\u180b\u180c\u180d")  # tatweel, a line above, grapheme joiner, selectors
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_IDEOGRAPHS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x323B0))
_SAME = {0x131: ord("i")}  # the dotless i, whose upper case is an I


def letters_of(texts: Sequence[str]) -> tuple[Letters, NDArray[np.int64]]:
    """The letters and digits of texts, one text behind the other, and where each begins.

    Compatibility forms (full width, ligatures, Arabic presentation forms) are resolved and case is folded (Unicode
    15.1, sections 3.13 and 3.14); marks that stand above or below a letter (accents, Arabic vowels, Thai tones, nuktas)
    go, vowel signs that follow one stay. Simplified and traditional characters stay two.

    Args:
        texts: any number of them, lone surrogates allowed.

    Returns:
        letters: (letters,) numbers above 0, equal where the letters are; an ideograph's three times; a 0 behind each
            text.
        pointers: (texts + 1,) text i is letters[pointers[i] : pointers[i + 1] - 1].
    """
    together = "".join(text.replace(_END, " ") + _END for text in texts)
    folded = unicodedata.normalize("NFKD", together).casefold()
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    repeats = _repeats()[codes]
    letters = _numbers()[np.repeat(codes, repeats) if repeats.max(initial=0) > 1 else codes[repeats > 0]]
    pointers = np.concatenate([[0], np.flatnonzero(letters == 0) + 1]).astype(np.int64)
    return letters, pointers


@cache
def _repeats() -> NDArray[np.uint8]:
    """As how many letters each code point counts, (code points,)."""
    counts = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    for code in range(sys.maxunicode + 1):
        counts[code] = _is_letter(chr(code))
    for block in _IDEOGRAPHS:
        counts[block.start : block.stop] *= IDEOGRAPH_LETTERS
    counts[ord(_END)] = 1
    return counts


@cache
def _numbers() -> NDArray[np.uint32]:
    """The number that stands for each code point, (code points,)."""
    numbers = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for code, same in _SAME.items():
        numbers[code] = same
    numbers[ord(_END)] = 0
    return numbers


def _is_letter(character: str) -> bool:
    category = unicodedata.category(character)
    if category[0] in "LN":
        return character not in _IGNORED
    return category in ("Mc", "Mn") and not unicodedata.combining(character) and not _is_selector(character)


def _is_selector(character: str) -> bool:
    return character in _IGNORED or any(ord(character) in block for block in _VARIATION_SELECTORS)
