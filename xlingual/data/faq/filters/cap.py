"""At most so many rows of a host: its pages in an order of their own, each whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappush, heappushpop
from itertools import groupby
from operator import attrgetter

from xlingual.data.faq.filters.tally import Tally
from xlingual.data.faq.rows import FaqRow


@dataclass(frozen=True)
class RowsPerHost:
    """Keeps the rows of those pages of a host whose URL has the smallest SHA-256, `most` rows in all.

    Pages are kept whole, but for the last: passages are made of siblings. So which rows stay follows from the host's
    own rows, has no random number in it, and is a sample of the site, not the start of its alphabet. Rows keep their
    order. Holds `most` rows in memory.
    """

    most: int
    name = "rows_per_host"
    drops = True
    repairs = False

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Pass on each host's share, once the host has ended."""
        for _, host in groupby(rows, attrgetter("origin")):
            worst_first: list[tuple[int, int, FaqRow]] = []
            for position, row in enumerate(host):
                item = (-_rank(row.url), -position, row)
                if len(worst_first) < self.most:
                    heappush(worst_first, item)
                else:
                    tally.drop(self.name, heappushpop(worst_first, item)[2])
            for _, _, row in sorted(worst_first, key=lambda item: -item[1]):
                yield row


def _rank(url: str) -> int:
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()[:8], "big")
