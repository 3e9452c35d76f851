"""A checklist in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from xlingual.checklist.answers import Answer, Facts, Part
from xlingual.checklist.checklist import Checklist
from xlingual.inspection.terminal_text import visible


def checklist_text(checklist: Checklist) -> RenderableType:
    """Draw the whole checklist."""
    drawn: list[RenderableType] = [Text(f"{visible(checklist.study)}: checklist", style="bold")]
    drawn += [Text(one, style="bold yellow") for one in checklist.warnings]
    for answer in checklist.drawn:
        drawn += _answer(answer)
    left = ", ".join(checklist.left)
    return Group(*drawn, "", Text(f"left to you, in whole or in part: {left}", style="yellow"))


def _answer(answer: Answer) -> Iterator[RenderableType]:
    yield Text()
    yield Text(f"{answer.id}  ", style="bold").append(answer.asks, style="default")
    for part in answer.parts:
        yield Padding(_part(part), (0, 0, 0, 2))
        yield Text(f"  from {', '.join(part.records)}", style="dim")
    if answer.see:
        yield Text(f"  see {', '.join(answer.see)}")
    if answer.you:
        yield Padding(Text(f"you: {visible(answer.you)}", style="yellow"), (0, 0, 0, 2))


def _part(part: Part) -> RenderableType:
    if not isinstance(part, Facts):
        return Text(visible(part.text))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, title=Text(part.title), title_justify="left")
    for column in part.columns:
        table.add_column(Text(column), overflow="fold", min_width=max(map(len, column.split())))
    for row in part.rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table
