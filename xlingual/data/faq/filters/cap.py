"""Limit the number of rows per host, keeping whole pages."""

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
    """Keeps at most `most` rows per host, from the pages whose URL has the smallest SHA-256.

    Pages are kept whole, except the last, because passages are made of siblings. The choice depends only on the host's
    own rows, without random numbers, and samples the whole site instead of the alphabetically first pages. Rows keep
    their order. Holds `most` rows in memory.
    """

    most: int
    name = "rows_per_host"
    drops = True
    repairs = False

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Yield the kept rows of each host after its last row."""
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
