"""Training data that overlaps the test set, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from xlingual.data.contamination.file_check import FileCheck
    from xlingual.data.contamination.index import ContaminationIndex
    from xlingual.data.contamination.overlap import Reason

SHOWN = 5
"""Number of overlapping pieces to show of each file."""

_USUAL: tuple[Reason, ...] = ("text", "id", "title", "question")
_OF_PAIRS: tuple[Reason, ...] = ("pair", "sentence")
"""Shown where a sentence pair overlaps."""


def contamination_tables(
    checks: Sequence[FileCheck], index: ContaminationIndex, source: str, seconds: float
) -> RenderableType:
    """Draw what was checked, what overlaps with the first few pieces of each file, and the time taken.

    Args:
        checks: one a file.
        index: of the test set.
        source: of the test set, as it was named.
        seconds: for the index and all files.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", overflow="fold")
    of_pairs = any(check.reasons()[name] for check in checks for name in _OF_PAIRS)
    shown = (*_USUAL, *_OF_PAIRS) if of_pairs else _USUAL
    for header in ("checked", "overlapping", *shown):
        table.add_column(header, justify="right")
    for check in checks:
        reasons = check.reasons()
        counts = (
            check.checked,
            len(check.overlapping),
            *(reasons[name] for name in shown),
        )
        table.add_row(Text(check.file), *(f"{count:,}" for count in counts))
    first = [part for check in checks if check.overlapping for part in (Text(check.file), _first(check))]
    named = [
        Text(f"{check.file}: most of XQuAD's titles or ids: SQuAD v1.1's development set, or a translation of it")
        for check in checks
        if check.is_squad_development(index)
    ]
    notes = [Text(note) for check in checks for note in check.notes]
    took = Text(f"{sum(check.checked for check in checks):,} pieces in {seconds:.1f} s", style="dim")
    return Group(Text(f"overlap with {source}", style="bold"), table, *first, *named, *notes, took)


def _first(check: FileCheck) -> Table:
    """Draw the first few pieces of a file that overlap."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("overlapping", overflow="fold")
    table.add_column("by")
    table.add_column("letters in common", justify="right")
    for each in check.overlapping[:SHOWN]:
        found = each.overlap
        table.add_row(Text(each.name), ", ".join(found.reasons), f"{found.run:,}" if found.run else "")
    if len(check.overlapping) > SHOWN:
        table.add_row(f"and {len(check.overlapping) - SHOWN:,} more", "", "")
    return table
