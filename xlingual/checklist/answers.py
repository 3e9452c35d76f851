"""Parts of an answer: texts and tables, each with the records it comes from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from xlingual.report.late_arms import marked

UNKNOWN = "-"
"""What the records do not say."""


@dataclass(frozen=True)
class Statement:
    """Something in a sentence.

    Attributes:
        text: the sentence.
        records: files that it comes from.
    """

    text: str
    records: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"text": self.text, "records": list(self.records)}


@dataclass(frozen=True)
class Facts:
    """Something in a table.

    Attributes:
        title: of the table.
        columns: their titles.
        rows: cells of each row, numbers as they are written.
        records: files that it comes from.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    records: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values: a mapping from columns to cells for each row."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "records": list(self.records)}


Part: TypeAlias = Statement | Facts


@dataclass(frozen=True)
class Answer:
    """The answer to one question of a checklist.

    Attributes:
        id: of the question.
        asks: the question in our words.
        parts: what the records say.
        see: other questions that are answered by the same.
        you: what the authors write, or check; empty if the records say everything.
    """

    id: str
    asks: str
    parts: tuple[Part, ...] = ()
    see: tuple[str, ...] = ()
    you: str = ""

    @property
    def by(self) -> str:
        """Who answers: `records`, `records and you`, or `you`."""
        known = bool(self.parts or self.see)
        return " and ".join(["records"] * known + ["you"] * bool(self.you))

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "id": self.id,
            "asks": self.asks,
            "by": self.by,
            "parts": [part.as_json() for part in self.parts],
            "see": list(self.see),
            "you": self.you or None,
        }


def with_late_arms(answer: Answer, late: Collection[str]) -> Answer:
    """The answer with late arms marked in the columns that name arms, to be drawn; in JSON names stay as they are."""
    return replace(answer, parts=tuple(_marked(part, late) for part in answer.parts)) if late else answer


def _marked(part: Part, late: Collection[str]) -> Part:
    if not isinstance(part, Facts):
        return part
    places = {place for place, name in enumerate(part.columns) if name in ("arm", "arms")}
    rows = (
        tuple(
            ", ".join(marked(arm, late) for arm in cell.split(", ")) if place in places else cell
            for place, cell in enumerate(row)
        )
        for row in part.rows
    )
    return replace(part, rows=tuple(rows))


def facts(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *records: str) -> Facts:
    """Make a table of cells of any kind."""
    return Facts(title, tuple(columns), tuple(tuple(map(str, row)) for row in rows), records)
