"""What the filters did, row by row: counts, and a listener that may look at what was dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from xlingual.data.faq.rows import FaqRow

OnDrop: TypeAlias = Callable[[str, FaqRow], None]
"""Told the name of the filter and the row that it dropped, as the row was when it met the filter."""


class Tally:
    """Counts of rows; `read` is `kept` plus every `dropped_*`, once all rows have gone through."""

    def __init__(self, counts: dict[str, int], on_drop: OnDrop | None = None) -> None:
        self.counts = counts
        self._on_drop = on_drop

    def drop(self, name: str, row: FaqRow) -> None:
        """Count a row that the filter `name` keeps out."""
        self.counts[f"dropped_{name}"] += 1
        if self._on_drop is not None:
            self._on_drop(name, row)

    def repair(self, name: str) -> None:
        """Count a row whose text the filter `name` changed."""
        self.counts[f"repaired_{name}"] += 1


class RowFilter(Protocol):
    """One filter: rows in, rows out, in the same order within a host.

    It holds settings alone; what it has to remember of the rows lives as long as one call of `rows`.
    """

    @property
    def name(self) -> str:
        """What its counts are called."""
        ...

    @property
    def drops(self) -> bool:
        """Whether it counts rows that it drops."""
        ...

    @property
    def repairs(self) -> bool:
        """Whether it counts rows that it changes."""
        ...

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Keep, change or drop rows that come host by host."""
        ...
