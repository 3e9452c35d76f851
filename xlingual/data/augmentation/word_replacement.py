"""Find the words of a text, and replace some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)")
"""A run of letters, including apostrophes and hyphens within it, not adjacent to a digit.

The code of arXiv 2104.08645 splits at spaces and looks up the result unchanged, so that it never finds a word before a
comma or at the start of a sentence. Here these are words.
"""

OPENING = re.compile(r"[.!?…]\W*\s\W*\Z")
"""Text between two words of which the second opens a sentence; abbreviations are mistaken for sentence ends."""

Span: TypeAlias = tuple[int, int]


class Word(NamedTuple):
    """A word of a text: its first and past-last character, its spelling, and whether it opens a sentence."""

    start: int
    end: int
    text: str
    opens: bool = False


def words_of(text: str, kept: Sequence[Span] = ()) -> list[Word]:
    """Find a text's words in order, except those that overlap one of the spans `kept`."""
    words, last = list[Word](), 0
    for found in WORD.finditer(text):
        opens = OPENING.search(text[last : found.start()]) is not None if last else True
        words.append(Word(found.start(), found.end(), found.group(), opens))
        last = found.end()
    for start, end in kept:
        words = [word for word in words if word[0] >= end or start >= word[1]]
    return words


def rewritten(text: str, words: Sequence[Word], replacements: Sequence[str | None]) -> tuple[str, list[Span]]:
    """Replace words.

    Args:
        text: the text that contains the words.
        words: words of the text, in order.
        replacements: replacement of each word; None keeps it.

    Returns:
        The new text, and for each replaced word, its past-last character in the old text and the cumulative shift of
        the text after it (negative: to the left).
    """
    pieces, shifts, last, shift = list[str](), list[Span](), 0, 0
    for word, replacement in zip(words, replacements, strict=True):
        if replacement is not None:
            pieces += text[last : word.start], replacement
            last, shift = word.end, shift + len(replacement) - len(word.text)
            shifts.append((last, shift))
    return "".join([*pieces, text[last:]]), shifts


def shifted(place: int, shifts: Sequence[Span]) -> int:
    """Return the offset after `rewritten` of a character that is in none of the replaced words."""
    return place + next((shift for end, shift in reversed(shifts) if end <= place), 0)
