"""The checklists of conferences as a part of the page: the answers that `xlingual checklist` gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlingual.checklist import Checklist
from xlingual.checklist.answers import Facts, Part
from xlingual.report.wide_table import Column, WideTable

LONG = 40
"""Characters from which cells wrap."""


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A sentence or a table, and the records it comes from."""

    text: str
    table: WideTable | None
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """The answer to one question: see `xlingual.checklist.answers.Answer`."""

    id: str
    asks: str
    parts: tuple[ShownPart, ...]
    see: tuple[str, ...]
    you: str


def appendix(checklist: Checklist) -> list[ShownAnswer]:
    """The answers, with tables as the page draws them."""
    return [ShownAnswer(one.id, one.asks, tuple(map(_part, one.parts)), one.see, one.you) for one in checklist.drawn]


def _part(part: Part) -> ShownPart:
    if isinstance(part, Facts):
        first, *others = map(_column, part.columns, zip(*part.rows, strict=True))
        return ShownPart("", WideTable(part.title, (), first, [others]), part.records)
    return ShownPart(f"{part.text[:1].upper()}{part.text[1:]}.", None, part.records)


def _column(name: str, cells: Sequence[str]) -> Column:
    return Column(name, cells, justify="left", wraps=any(len(cell) > LONG for cell in cells))
