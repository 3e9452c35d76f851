"""A table that breaks into blocks of columns if the terminal is too narrow, so that no number is split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

LEAST_NAME = 16
"""Least width of a row's name before it wraps."""
BETWEEN = 2
"""Width between two columns: the padding of one, and the gap that its box leaves."""


@dataclass(frozen=True, slots=True)
class Column:
    """A header and one cell a row; `styles` are rich's, one a row, or none; cells that `wraps` break between words."""

    header: str
    cells: Sequence[str]
    styles: Sequence[str] = ()
    justify: Literal["left", "right"] = "right"
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class WideTable:
    """A title, lines of warning under it, a first column that every block repeats, and groups of columns.

    The columns of a group stay together if they fit; blocks are filled from left to right.
    """

    title: str
    warnings: Sequence[str]
    first: Column
    groups: Sequence[Sequence[Column]]

    @property
    def columns(self) -> tuple[Column, ...]:
        """All but the first, from left to right."""
        return tuple(column for group in self.groups for column in group)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as many blocks as the width requires."""
        yield plain(self.title, options, "bold")
        for warning in self.warnings:
            yield plain(warning, options, "bold yellow")
        for position, block in enumerate(self._blocks(options)):
            if position:
                yield Text()
            yield self._drawn(block, options)

    def _blocks(self, options: ConsoleOptions) -> Iterator[list[Column]]:
        first = max(_width(self.first, options), self._least_name)
        widths = {id(column): BETWEEN + _width(column, options) for group in self.groups for column in group}

        def fits(columns: Sequence[Column]) -> bool:
            return first + sum(widths[id(column)] for column in columns) <= options.max_width

        block: list[Column] = []
        for group in self.groups:
            for part in [group] if fits(group) else [[column] for column in group]:
                if block and not fits([*block, *part]):
                    yield block
                    block = []
                block = [*block, *part]
        yield block

    @property
    def _least_name(self) -> int:
        """Least width of the first column."""
        return min(max((len(name) for name in self.first.cells), default=0), LEAST_NAME)

    def _drawn(self, columns: Sequence[Column], options: ConsoleOptions) -> Table:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        table.add_column(plain(self.first.header, options), overflow="fold", min_width=self._least_name)
        for column in columns:
            table.add_column(plain(column.header, options), justify=column.justify, no_wrap=not column.wraps)
        for row, name in enumerate(self.first.cells):
            cells = [
                plain(column.cells[row], options, column.styles[row] if column.styles else "") for column in columns
            ]
            table.add_row(plain(name, options), *cells)
        return table


def _width(column: Column, options: ConsoleOptions) -> int:
    """Width of a column that does not wrap, in a terminal's cells."""
    texts = (plain(text, options).plain for text in (column.header, *column.cells))
    return max((cell_len(line) for text in texts for line in text.splitlines()), default=0)


def plain(text: str, options: ConsoleOptions, style: str = "") -> Text:
    """Text without markup; ± is written +/- if the output cannot encode it."""
    return Text(text.replace("±", "+/-") if options.ascii_only else text, style=style)
