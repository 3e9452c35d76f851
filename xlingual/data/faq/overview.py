"""Statistics and examples of the FAQ rows that filters keep and drop."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from heapq import heappush, heappushpop
from itertools import groupby
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from xlingual.activity import Activity, counted, doing
from xlingual.data.examples import Example
from xlingual.data.faq.filters import FaqFilter
from xlingual.data.faq.filters.key_set import key_of
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.sampling import Draw, DrawnRows, language_tables
from xlingual.data.recipes.passage import PassageRecipe
from xlingual.study.faq_filters import FaqFilters
from xlingual.study.recipes import PassageSettings

T = TypeVar("T")

TokenCounter: TypeAlias = Callable[[Sequence[str]], NDArray[np.int64]]
"""Number of tokens of each text, (texts,)."""

SIDES = ("question", "answer")


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """How to draw and filter rows and make passages, and how many examples of each to show."""

    draw: Draw
    filters: FaqFilters
    passages: PassageSettings
    examples: int = 3
    passage_examples: int = 0
    count_tokens: TokenCounter | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 90th percentile of lengths; None if there are no lengths."""

    median: float | None
    percentile_90: float | None

    @classmethod
    def of(cls, lengths: array[int]) -> Spread:
        """Compute both, with linear interpolation."""
        if not lengths:
            return cls(None, None)
        median, high = np.percentile(np.asarray(lengths), (50, 90)).tolist()
        return cls(median, high)


@dataclass(frozen=True)
class LanguageOverview:
    """Counts of rows, hosts before and after filtering, lengths of kept texts, and examples of one language.

    `counts["read"]` is `counts["kept"]` plus every `dropped_*`; `short` is the number of rows missing in the source.
    """

    language: str
    counts: dict[str, int]
    hosts_read: int
    hosts_kept: int
    characters: dict[str, Spread]
    """By side: question, answer."""
    tokens: dict[str, Spread]
    """By side; empty without a model."""
    kept: list[FaqRow]
    dropped: dict[str, list[FaqRow]]
    """By name of the filter."""
    passages: list[Example] = field(default_factory=list)
    passage_counts: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """All fields as plain values."""
        return asdict(self)


def faq_overview(source: str, languages: Sequence[str], asked: OverviewRequest) -> dict[str, LanguageOverview]:
    """Read, filter and measure the rows of each language, by two-letter code; keeps a few lengths per row in memory.

    Args:
        source: see `xlingual.data.faq.sampling.faq_rows`.
        languages: two- or three-letter codes.
        asked: how to read and filter, and how much to show.

    Raises:
        DataError: when the source, a language or a column that a filter needs does not exist.
    """
    tables = language_tables(source, languages)
    found = {}
    for code, table in tables.items():
        with doing(f"reading and filtering FAQ rows of {code}") as reading:
            found[code] = _overview(DrawnRows(table, code, asked.draw), asked, reading)
    return found


def _overview(drawn: DrawnRows, asked: OverviewRequest, reading: Activity) -> LanguageOverview:
    filters = FaqFilter.of(asked.filters, drawn.language, drawn.columns.names)
    dropped: dict[str, _Sample[FaqRow]] = defaultdict(lambda: _Sample(asked.examples))
    hosts_in, kept = _Hosts(), _Kept(asked)
    left = filters.rows(hosts_in.seen(counted(drawn, reading)), lambda name, row: dropped[name].add(_text(row), row))
    hosts = (list(host) for _, host in groupby(left, attrgetter("origin")))
    recipe = PassageRecipe(asked.passages, drawn.language, asked.draw.seed) if asked.passage_examples else None
    passages: _Sample[Example] = _Sample(asked.passage_examples)
    for host in hosts:
        kept.add(host)
        for example in recipe.examples([host]) if recipe is not None else ():
            passages.add(example.id, example)
    source = {name: count for name, count in drawn.counts.items() if count or name == "read"}
    return LanguageOverview(
        language=drawn.language,
        counts={**source, **{name: count for name, count in filters.counts.items() if name != "read"}},
        hosts_read=hosts_in.count,
        hosts_kept=kept.hosts,
        characters={side: Spread.of(kept.characters[side]) for side in SIDES},
        tokens={side: Spread.of(lengths) for side, lengths in kept.tokens.items()},
        kept=kept.sample.items(),
        dropped={name: sample.items() for name, sample in sorted(dropped.items())},
        passages=passages.items(),
        passage_counts=dict(recipe.counts) if recipe is not None else {},
    )


class _Hosts:
    """Counts the hosts of a stream grouped by host."""

    def __init__(self) -> None:
        self.count = 0

    def seen(self, rows: Iterator[FaqRow]) -> Iterator[FaqRow]:
        for _, host in groupby(rows, attrgetter("origin")):
            self.count += 1
            yield from host


class _Kept:
    """Lengths and a sample of kept rows."""

    def __init__(self, asked: OverviewRequest) -> None:
        self.hosts = 0
        self.characters = {side: array("L") for side in SIDES}
        self.tokens = {side: array("L") for side in SIDES if asked.count_tokens is not None}
        self.sample: _Sample[FaqRow] = _Sample(asked.examples)
        self._count_tokens = asked.count_tokens

    def add(self, host: Sequence[FaqRow]) -> None:
        self.hosts += 1
        for side in SIDES:
            texts = [getattr(row, side) for row in host]
            self.characters[side].extend(map(len, texts))
            if self._count_tokens is not None:
                self.tokens[side].extend(self._count_tokens(texts).tolist())
        for row in host:
            self.sample.add(_text(row), row)


class _Sample(Generic[T]):
    """A sample of a stream: the items whose text has the smallest hash, independent of order."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._largest_first: list[tuple[int, int, T]] = []
        self._count = 0

    def add(self, text: str, item: T) -> None:
        self._count += 1
        entry = (-key_of(text), self._count, item)
        if len(self._largest_first) < self._size:
            heappush(self._largest_first, entry)
        elif self._size:
            heappushpop(self._largest_first, entry)

    def items(self) -> list[T]:
        return [item for _, _, item in sorted(self._largest_first, key=lambda entry: (-entry[0], entry[1]))]


def _text(row: FaqRow) -> str:
    return f"{row.url}\n{row.question}\n{row.answer}"
