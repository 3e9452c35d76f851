"""Text of unknown origin in a terminal: every script as it should be, and nothing that a terminal would obey.

Control characters are replaced by pictures of them, so that no escape sequence is sent. A line with letters that are
written from right to left is put between isolates (Unicode Standard Annex 9), in the direction of the whole text, so
that a terminal that knows them orders the line by itself, and others ignore them. Lines are cut, and marks are set,
between grapheme clusters only.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right

from rich.cells import split_graphemes
from rich.text import Text

LEFT_TO_RIGHT, RIGHT_TO_LEFT, END = "\u2066", "\u2067", "\u2069"
"""Isolates: what is between the first or second and the third is ordered by itself."""

FULL = 0.4
"""Share of a line that must be full for it to end at a space."""

_OPENING, _CLOSING = ("Ps", "Pi"), ("Pe", "Pf", "Po")
"""Categories of punctuation that no line ends with, or begins with."""

_INVISIBLE = frozenset("\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff") | {chr(c) for c in range(0x600, 0x606)}
"""Format characters that do no harm: joiners, marks of direction, signs that surround Arabic numbers."""


def visible(text: str) -> str:
    """The text with control characters as pictures, others that a terminal must not get as their code points."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category not in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in _INVISIBLE:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    named = unicodedata.name(character, "")
    return character if named.startswith(("ARABIC", "SYRIAC", "KAITHI")) else f"<U+{code:04X}>"


class Clusters:
    """The grapheme clusters of a text: where marks may be set.

    Args:
        text: any.
    """

    def __init__(self, text: str) -> None:
        spans, _ = split_graphemes(text)
        self._starts = sorted({0, *(start for start, _, _ in spans), len(text)})

    def before(self, place: int) -> int:
        """The last boundary at or before a character."""
        return self._starts[max(0, bisect_right(self._starts, place) - 1)]

    def after(self, place: int) -> int:
        """The first boundary at or after a character."""
        return self._starts[min(len(self._starts) - 1, bisect_left(self._starts, place))]


def direction(text: str) -> str | None:
    """The isolate that lines of a text begin with, by its first strong character; None where all is left to right."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    if not {"R", "AL", "AN"}.intersection(kinds):
        return None
    strong = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return LEFT_TO_RIGHT if strong == "L" else RIGHT_TO_LEFT


def lines_of(text: Text, width: int, whole: str | None = None) -> list[Text]:
    """Wrap a text to lines of at most `width` cells, each an isolate where there is need.

    Args:
        text: without control characters.
        width: in cells.
        whole: what decides the direction; None for the text itself.
    """
    opening = direction(text.plain if whole is None else whole)
    lines = list(text.divide(line_ends(text.plain, width)))
    for line in lines:
        line.rstrip()
    if opening is None:
        return lines
    return [Text(opening).append_text(line).append(END) for line in lines]


def line_ends(text: str, width: int) -> list[int]:
    """Where to cut a text so that no line is wider than `width` cells.

    Lines end after a space or beside a wide character, or where that would leave most of a line empty, as in long words
    and in Thai, after any grapheme cluster.
    """
    clusters, _ = split_graphemes(text)
    cells = {0: 0}
    for start, end, size in clusters:
        cells[end] = cells[start] + size
    ends, first, last = list[int](), 0, 0
    for number, (start, end, size) in enumerate(clusters):
        if cells[end] - cells[first] > width and start > first and not text[start].isspace():
            is_full = cells[last] - cells[first] >= FULL * width
            first = last if last > first and is_full else start
            ends.append(first)
        following = clusters[number + 1] if number + 1 < len(clusters) else None
        if following is not None and _may_end(text[end - 1], text[end], 2 in (size, following[2])):
            last = end
    return ends


def _may_end(before: str, after: str, wide: bool) -> bool:
    """Whether a line may end between two characters, of which one is `wide`."""
    if before.isspace() or after.isspace():
        return not after.isspace()
    return wide and unicodedata.category(before) not in _OPENING and unicodedata.category(after) not in _CLOSING


def whole_cluster(text: str) -> str:
    """The text; before a mark that lacks its letter a dotted circle, which shows it alone."""
    return f"\u25cc{text}" if text and unicodedata.category(text[0]).startswith("M") else text
