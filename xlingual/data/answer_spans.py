"""Find an answer in its context."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

Slice = tuple[int, int]
"""Start and end, in characters."""

_RUNS = re.compile(r"\s+|\S+")


def occurrences(context: str, answer: str) -> list[int]:
    """Every offset at which the answer begins, in order, including overlapping ones."""
    found = []
    start = context.find(answer)
    while start >= 0:
        found.append(start)
        start = context.find(answer, start + 1)
    return found


def slices_of(context: str, answer: str) -> list[Slice]:
    """Every slice of the context that equals the answer up to Unicode form and white space, ordered by start.

    A blank answer has no slices.
    """
    if not answer.strip():
        return []
    exact = [(start, start + len(answer)) for start in occurrences(context, answer)]
    alike = [] if _plain(context, answer) else _alike(context, answer)
    other = [one for one in alike if not any(one[0] < end and start < one[1] for start, end in exact)]
    return sorted([*exact, *other]) or _alike(context, answer.strip())


def _plain(context: str, answer: str) -> bool:
    """Whether the exact matches are the only ones, so that normalising can find nothing more."""
    if not all(unicodedata.is_normalized("NFC", text) for text in (context, answer)):
        return False
    return context.count(answer) == _in_single_spaces(context).count(_in_single_spaces(answer))


@lru_cache(maxsize=64)  # questions on the same context are consecutive
def _in_single_spaces(text: str) -> str:
    return " ".join(text.split())


def _alike(context: str, answer: str) -> list[Slice]:
    text, starts = _folded(context)
    wanted, _ = _folded(answer)
    found = [(starts[start], starts[start + len(wanted)]) for start in occurrences(text, wanted)]
    return [(start, end) for start, end in found if start >= 0 and end >= 0]


@lru_cache(maxsize=64)
def _folded(text: str) -> tuple[str, list[int]]:
    """The text in Unicode form NFC, each run of white space replaced by one space.

    Returns:
        The folded text, and the offset in `text` of each of its characters (-1 inside a letter with combining marks)
        followed by the end offset.
    """
    if unicodedata.is_normalized("NFC", text):
        return _spaced(text)
    pieces: list[str] = []
    starts: list[int] = []
    edges = [*_edges(text), len(text)]
    for start, end in pairwise(edges):
        chunk = text[start:end]
        piece = " " if chunk.isspace() else unicodedata.normalize("NFC", chunk)
        pieces.append(piece)
        starts += [start, *[-1] * (len(piece) - 1)]
    return "".join(pieces), [*starts, len(text)]


def _spaced(text: str) -> tuple[str, list[int]]:
    """Like `_folded`, for a text that is already in NFC."""
    pieces: list[str] = []
    starts: list[int] = []
    for run in _RUNS.finditer(text):
        start, end = run.span()
        white = text[start].isspace()
        pieces.append(" " if white else run.group())
        starts += [start] if white else range(start, end)
    return "".join(pieces), [*starts, len(text)]


def _edges(text: str) -> list[int]:
    """Offsets at which a letter with its combining marks, or a run of white space, begins."""
    return [at for at, character in enumerate(text) if not (at and _goes_on(text[at - 1], character))]


def _goes_on(before: str, character: str) -> bool:
    vowel_or_final = "\u1160" <= character <= "\u11ff"  # Hangul that combines with the previous letter
    marked = unicodedata.category(character).startswith("M") or vowel_or_final
    return marked or (before.isspace() and character.isspace())
