"""Where gold answers and predictions are in a passage, and which parts of a long passage are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from xlingual.data.examples import Example
from xlingual.inspection.answers import Answer, Question

AROUND = 300
"""Characters that are shown before and after what is marked."""

SHORTEST_GAP = 80
"""Characters between two shown parts from which on they are left out."""

NEAR = 30
"""Characters within which a space is looked for."""

GOLD = -1
"""Role of a gold answer; those of answers are their numbers from 0."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` up to `end` of a passage, and whose answer they are: GOLD, or the number of the answer."""

    start: int
    end: int
    role: int


@dataclass(frozen=True, slots=True)
class Placed:
    """The place of an answer in its passage.

    Attributes:
        start: its first character; None where the answer is not in the passage.
        occurrences: of its text, where the record does not say which one it is; 1 where it does.
    """

    start: int | None
    occurrences: int = 1


def placed(answer: Answer, passage: str) -> Placed:
    """Where an answer is: as recorded, else the first place that has its text."""
    text, start = answer.text, answer.start
    if start is not None and text and passage.startswith(text, start):
        return Placed(start)
    first = passage.find(text) if text else -1
    return Placed(first, passage.count(text)) if first >= 0 else Placed(None, 0)


def spans_of(question: Question) -> list[Span]:
    """The spans of gold answers, of which none overlaps an earlier one, and of predictions, by their first character.

    Empty where the passage is unknown.
    """
    if not isinstance(question.example, Example):
        return []
    spans: list[Span] = []
    for text, start in question.golds:
        if start is not None and not any(one.start < start + len(text) and start < one.end for one in spans):
            spans.append(Span(start, start + len(text), GOLD))
    for role, answer in enumerate(question.answers):
        place = placed(answer, question.example.context).start
        if place is not None:
            spans.append(Span(place, place + len(answer.text), role))
    return sorted(spans, key=lambda one: (one.start, one.end, one.role))


def shown_parts(passage: str, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """The parts of a passage that are shown, ascending: around each span, or its beginning where there is none.

    A part begins and ends between words, where a space is near.
    """
    length = len(passage)
    wanted = [(one.start - AROUND, one.end + AROUND) for one in spans] or [(0, 2 * AROUND)]
    parts: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in wanted):
        if parts and start - parts[-1][1] < SHORTEST_GAP:
            start, end = parts[-1][0], max(end, parts.pop()[1])
        parts.append((start, end))
    whole_start, whole_end = parts[0][0] < SHORTEST_GAP, length - parts[-1][1] < SHORTEST_GAP
    parts = [(_after_space(passage, start), _before_space(passage, end)) for start, end in parts]
    parts[0] = (0 if whole_start else parts[0][0], parts[0][1])
    parts[-1] = (parts[-1][0], length if whole_end else parts[-1][1])
    return parts


def _after_space(passage: str, start: int) -> int:
    """The first character after the next space, if one is near."""
    return passage.find(" ", start, start + NEAR) + 1 or start


def _before_space(passage: str, end: int) -> int:
    """The last space up to a character, if one is near."""
    space = passage.rfind(" ", max(0, end - NEAR), end + 1)
    return space if space >= 0 else end


def left_out(length: int, parts: Sequence[tuple[int, int]]) -> list[int]:
    """Number of characters left out before each part, and after the last."""
    ends = [(0, 0), *parts, (length, length)]
    return [after[0] - before[1] for before, after in pairwise(ends)]
