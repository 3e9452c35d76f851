"""Counts of what filters did, with an optional callback for dropped rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from xlingual.data.faq.rows import FaqRow

OnDrop: TypeAlias = Callable[[str, FaqRow], None]
"""Called with the name of the filter and the dropped row, as the filter received it."""


class Tally:
    """Counts of rows; `read` is `kept` plus every `dropped_*`, after the last row."""

    def __init__(self, counts: dict[str, int], on_drop: OnDrop | None = None) -> None:
        self.counts = counts
        self._on_drop = on_drop

    def drop(self, name: str, row: FaqRow) -> None:
        """Count a row dropped by the filter `name`."""
        self.counts[f"dropped_{name}"] += 1
        if self._on_drop is not None:
            self._on_drop(name, row)

    def repair(self, name: str) -> None:
        """Count a row changed by the filter `name`."""
        self.counts[f"repaired_{name}"] += 1


class RowFilter(Protocol):
    """A filter of rows, which keeps their order within a host.

    Instances hold only settings; state about rows lives within one call of `rows`.
    """

    @property
    def name(self) -> str:
        """Name of its counts."""
        ...

    @property
    def drops(self) -> bool:
        """Whether it drops rows, and counts them."""
        ...

    @property
    def repairs(self) -> bool:
        """Whether it changes rows, and counts them."""
        ...

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Keep, change or drop rows, which are grouped by host."""
        ...
