"""Reduce texts to what survives copying: no case, white space, punctuation, Unicode form or accents."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Letters = NDArray[np.uint32]

IDEOGRAPH_LETTERS = 3
"""Letters that an ideograph counts for: XQuAD's paragraphs have 3.1 times as many characters in English as in
Chinese."""

_END = "\U0010ffff"
"""End marker of each text when many are concatenated: a noncharacter, removed from the texts themselves."""

_IGNORED = frozenset("\u0640\u0305\u034f\u180b\u180c\u180d")  # tatweel, overline, grapheme joiner, selectors
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_IDEOGRAPHS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x323B0))
_SAME = {0x131: ord("i")}  # dotless i, whose upper case is I


def letters_of(texts: Sequence[str]) -> tuple[Letters, NDArray[np.int64]]:
    """The letters and digits of all texts, concatenated, and the start of each text.

    Compatibility forms (full width, ligatures, Arabic presentation forms) are resolved and case is folded (Unicode
    15.1, sections 3.13 and 3.14). Marks above or below a letter (accents, Arabic vowels, Thai tones, nuktas) are
    removed; vowel signs after a letter are kept. Simplified and traditional characters remain distinct.

    Args:
        texts: any number of texts; lone surrogates are allowed.

    Returns:
        letters: (letters,) positive numbers, equal for equal letters; an ideograph is repeated three times; each text
            ends in a 0.
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
    """Number of letters that each code point counts for, (code points,)."""
    counts = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    for code in range(sys.maxunicode + 1):
        counts[code] = _is_letter(chr(code))
    for block in _IDEOGRAPHS:
        counts[block.start : block.stop] *= IDEOGRAPH_LETTERS
    counts[ord(_END)] = 1
    return counts


@cache
def _numbers() -> NDArray[np.uint32]:
    """The number that represents each code point, (code points,)."""
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
