"""Tables of a terminal as a piece of HTML, for an output of a notebook."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from rich.console import Group, RenderableType
from rich.text import Text

from xlingual.page.environment import STYLES, environment
from xlingual.report.table import Notes, Signature
from xlingual.report.wide_table import WideTable

Part: TypeAlias = WideTable | Signature | Notes | Text


def fragment(drawn: RenderableType, title: str = "", lines: Sequence[str] = ()) -> str:
    """Write tables, their signatures and notes, as they are drawn in a terminal, as HTML.

    Colours are those around it, so that it can be read in light and in dark notebooks.

    Args:
        drawn: a table, or a group of tables and lines.
        title: above them.
        lines: under the title.
    """
    parts = list(_parts(drawn))
    tables = [(part, _below(parts, place)) for place, part in enumerate(parts) if isinstance(part, WideTable)]
    notes = [line for part in parts if not isinstance(part, WideTable | Signature) for line in _lines(part)]
    named = hashlib.sha256(repr((title, lines, [table for table, _ in tables])).encode()).hexdigest()[:8]
    return (
        environment(f"xlingual-{named}")
        .get_template("fragment.html.jinja")
        .render(
            title=title,
            lines=lines,
            tables=tables,
            notes=notes,
            languages={},
            styles=STYLES,
        )
    )


def _parts(drawn: RenderableType) -> Iterator[Part]:
    if isinstance(drawn, Group):
        for part in drawn.renderables:
            yield from _parts(part)
    elif isinstance(drawn, WideTable | Signature | Notes | Text):
        yield drawn


def _below(parts: Sequence[Part], place: int) -> str:
    """The signature that follows a table."""
    following = parts[place + 1] if place + 1 < len(parts) else None
    return following.text if isinstance(following, Signature) else ""


def _lines(part: Notes | Text) -> list[str]:
    return part.lines if isinstance(part, Notes) else [part.plain] if part.plain else []
