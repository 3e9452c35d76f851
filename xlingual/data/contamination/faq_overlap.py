"""FAQ rows without those that overlap the test set, as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.overlap import Contaminated, TrainingText
from xlingual.data.faq.rows import FaqRow

COUNT = "dropped_contaminated"
"""The count of what is dropped for overlapping the test set, wherever it is dropped."""

_ROWS = 1024


class ContaminationFilter:
    """Drops FAQ rows whose answer or question overlaps the test set.

    Attributes:
        counts: {"dropped_contaminated": rows}, of all streams that went through.
        listed: what was dropped, by page and question, and why.
    """

    def __init__(self, index: ContaminationIndex) -> None:
        self.index = index
        self.counts = {COUNT: 0}
        self.listed: list[Contaminated] = []

    def rows(self, rows: Iterable[FaqRow]) -> Iterator[FaqRow]:
        """Yield the other rows in their order; up to 1,024 are held at a time."""
        stream = iter(rows)
        while batch := list(islice(stream, _ROWS)):
            data = [TrainingText.of_row(row) for row in batch]
            for row, text, overlap in zip(batch, data, self.index.overlaps(data), strict=True):
                if overlap is None:
                    yield row
                    continue
                self.counts[COUNT] += 1
                self.listed.append(Contaminated(text.name, overlap))
