"""What a study or an evaluation says, as numbers for a program and as tables for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

WIDTH = 100
"""Columns of the tables in a Python console."""


class Numbers(dict[str, Any]):
    """The values that a command prints with `--json`; they show themselves as the tables that it prints without.

    A notebook shows HTML; a Python console, `print` and a rich console show the tables of a terminal. Everything else
    is a dictionary's: `json.dumps` writes the command's JSON.

    Args:
        values: the numbers.
        drawn: the tables.
    """

    def __init__(self, values: Mapping[str, Any], drawn: RenderableType) -> None:
        super().__init__(values)
        self._drawn = drawn

    def __rich_console__(self, *_: Any) -> Iterator[RenderableType]:
        """Draw the tables."""
        yield self._drawn

    def __repr__(self) -> str:
        console = Console(file=StringIO(), width=WIDTH, force_terminal=False, force_jupyter=False)
        with console.capture() as captured:
            console.print(self._drawn)
        return captured.get().rstrip("\n")

    def _repr_html_(self) -> str:
        """The tables in a notebook."""
        from xlingual.page.fragment import fragment

        return fragment(self._drawn)
