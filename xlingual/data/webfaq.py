"""Pairs of a question and an answer from FAQ pages, all in memory (being replaced by xlingual.data.faq)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from xlingual.data.examples import content_fingerprint
from xlingual.data.faq.draw import COLUMNS, Draw, DrawnRows, language_tables
from xlingual.data.faq.rows import FaqRow
from xlingual.errors import DataError

__all__ = ["COLUMNS", "FaqRows", "load_faq"]


@dataclass(frozen=True)
class FaqRows:
    """The pairs of one language, in the order of the source; counts["read"] is kept plus every dropped_*."""

    language: str
    rows: tuple[FaqRow, ...]
    counts: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that follow from the rows and their order alone."""
        return content_fingerprint(self.rows)


def load_faq(source: str, languages: Sequence[str], rows_per_language: int) -> dict[str, FaqRows]:
    """The first `rows_per_language` pairs of each language, by two-letter code, less those with an empty side.

    Sources and errors are those of `xlingual.data.faq.draw.faq_rows`; nothing left is an error too.
    """
    draw = Draw(rows_per_language)
    return {code: _kept(DrawnRows(table, code, draw)) for code, table in language_tables(source, languages).items()}


def _kept(drawn: DrawnRows) -> FaqRows:
    rows = tuple(drawn)
    counts = {name: drawn.counts[name] for name in ("read", "dropped_empty_question", "dropped_empty_answer")}
    if not rows:
        raise DataError(
            f"{drawn.place}: read {counts['read']} FAQ rows of {drawn.language}, none with both a question and an "
            "answer; name another source or leave the language out"
        )
    return FaqRows(drawn.language, rows, {**counts, "kept": len(rows)})
