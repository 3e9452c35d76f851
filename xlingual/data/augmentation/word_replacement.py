"""The words of a text, and a text with some of them replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)")
"""A run of letters; apostrophes and hyphens within it belong to it. Letters that touch a digit are no word.

The code of arXiv 2104.08645 splits at spaces and looks words up as they stand, so that it never finds one before a
comma or at the start of a sentence; these are words here.
"""

OPENING = re.compile(r"[.!?…]\W*\s\W*\Z")
"""What stands between two words of which the second opens a sentence; after an abbreviation it is taken for that."""

Span: TypeAlias = tuple[int, int]


class Word(NamedTuple):
    """A word of a text: its first and past-last character, how it is written, and whether it opens a sentence."""

    start: int
    end: int
    text: str
    opens: bool = False


def words_of(text: str, kept: Sequence[Span] = ()) -> list[Word]:
    """Find a text's words in order, without those that overlap one of the spans `kept`."""
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
        text: that the words are of.
        words: in order.
        replacements: one for each word; None leaves it.

    Returns:
        The text, and for each place at which it changed length: the past-last character of the old word, and how many
        characters later the text goes on (negative: earlier), counted from the text's beginning.
    """
    pieces, shifts, last, shift = list[str](), list[Span](), 0, 0
    for word, replacement in zip(words, replacements, strict=True):
        if replacement is not None:
            pieces += text[last : word.start], replacement
            last, shift = word.end, shift + len(replacement) - len(word.text)
            shifts.append((last, shift))
    return "".join([*pieces, text[last:]]), shifts


def shifted(place: int, shifts: Sequence[Span]) -> int:
    """Return where a character stands after `rewritten`; it lies in none of the replaced words."""
    return place + next((shift for end, shift in reversed(shifts) if end <= place), 0)
