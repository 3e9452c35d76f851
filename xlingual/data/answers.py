"""Where an answer stands in its context."""

from __future__ import annotations

NEARBY = 20
"""How far, in characters, an answer may stand from its stated offset and still be taken for the one that was meant."""


def locate(context: str, answer: str, stated: int) -> int | None:
    """Offset of the answer in the context, or None when it is absent or cannot be told from its other occurrences.

    The stated offset is right, or the answer begins exactly once within NEARBY characters of it, or it occurs exactly
    once in the whole context. An answer of nothing but white space stands nowhere.
    """
    if not answer.strip():
        return None
    if stated >= 0 and context.startswith(answer, stated):
        return stated
    everywhere = occurrences(context, answer)
    nearby = [start for start in everywhere if abs(start - stated) <= NEARBY]
    if len(nearby) == 1:
        return nearby[0]
    return everywhere[0] if len(everywhere) == 1 else None


def occurrences(context: str, answer: str) -> list[int]:
    """Every offset at which the answer begins, overlapping ones included, in order."""
    found = []
    start = context.find(answer)
    while start >= 0:
        found.append(start)
        start = context.find(answer, start + 1)
    return found
