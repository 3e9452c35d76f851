"""Filter FAQ rows that overlap the test set out of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.overlap import Contaminated, TrainingText
from xlingual.data.faq.rows import FaqRow

COUNT = "dropped_contaminated"
"""Name of the count of everything dropped for overlapping the test set."""

_ROWS = 1024


class ContaminationFilter:
    """Drops FAQ rows whose answer or question overlaps the test set.

    Attributes:
        counts: {"dropped_contaminated": rows}, over all streams.
        listed: the dropped rows, by page and question, with reasons.
    """

    def __init__(self, index: ContaminationIndex) -> None:
        self.index = index
        self.counts = {COUNT: 0}
        self.listed: list[Contaminated] = []

    def rows(self, rows: Iterable[FaqRow]) -> Iterator[FaqRow]:
        """Yield the remaining rows in order, checking up to 1,024 at a time."""
        stream = iter(rows)
        while batch := list(islice(stream, _ROWS)):
            data = [TrainingText.of_row(row) for row in batch]
            for row, text, overlap in zip(batch, data, self.index.overlaps(data), strict=True):
                if overlap is None:
                    yield row
                    continue
                self.counts[COUNT] += 1
                self.listed.append(Contaminated(text.name, overlap))
