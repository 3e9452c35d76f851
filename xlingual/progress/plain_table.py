"""Tables without lines that leave out columns rather than cut all of them where a terminal is narrow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from xlingual.search.listener import TrialView

WIDE = 100
"""Columns of a terminal that is not narrow."""

Cell = str | Text
Columns = dict[str, Sequence[Cell]]
LEFT = frozenset({"arm", "trial", "search:trial", "seed", "state", "updates", "test set", "robust", "mixture"})
"""Headers of what starts at the left; numbers end at the right."""


def plain_table(columns: Mapping[str, Sequence[Cell]], width: int, droppable: Sequence[str] = ()) -> Table:
    """Header -> cells as a table; of the `droppable` columns, the first ones are left out until it fits `width`."""
    kept = dict(columns)
    for header in droppable:
        if width_of(kept, width) > width:
            kept.pop(header, None)
    table = Table(box=None, padding=(0, gap(width), 0, 0), pad_edge=False, header_style="dim")
    for header in kept:
        justify = "left" if header in LEFT else "right"
        table.add_column(header, no_wrap=True, overflow="crop", justify=justify)  # type: ignore[arg-type]
    for row in zip(*kept.values(), strict=True):
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table


def gap(width: int) -> int:
    """Spaces between columns."""
    return 1 if width < WIDE else 2


def width_of(columns: Mapping[str, Sequence[Cell]], width: int) -> int:
    """Width of a table in a terminal of `width` columns."""
    return sum(gap(width) + max(map(cell_len, map(str, (header, *cells)))) for header, cells in columns.items())


def number_header(trials: Sequence[TrialView]) -> str:
    """Header of what trials are named by: their number, that of their search too, or their seed."""
    if any(trial.label.startswith("search ") for trial in trials):
        return "search:trial"
    return "seed" if trials and all(trial.label.startswith("seed ") for trial in trials) else "trial"


def short_label(label: str) -> str:
    """A label without the words of the header: "3", "2:3" of search 2, "10201" of a seed."""
    return re.sub(r"^search (\d+), trial ", r"\1:", label).removeprefix("trial ").removeprefix("seed ")
