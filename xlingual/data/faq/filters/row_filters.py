"""Filters that look at one row at a time: labels, lengths, script, hosts, templates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from xlingual.data.faq.filters.deny_list import DenyList
from xlingual.data.faq.filters.language_scripts import has_own_letter, script_share
from xlingual.data.faq.filters.tally import Tally
from xlingual.data.faq.filters.templates import is_unfilled
from xlingual.data.faq.rows import FaqRow
from xlingual.data.writing import in_english


class SingleRowFilter(ABC):
    """Keeps the rows of which `keeps` is true, whatever stands around them."""

    name: str
    drops = True
    repairs = False

    @abstractmethod
    def keeps(self, row: FaqRow) -> bool:
        """Whether the row stays."""

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Pass on what is kept, in order."""
        for row in rows:
            if self.keeps(row):
                yield row
            else:
                tally.drop(self.name, row)


@dataclass(frozen=True)
class DenyHosts(SingleRowFilter):
    """Keeps rows whose host no pattern finds."""

    deny_list: DenyList
    name = "deny_hosts"

    def keeps(self, row: FaqRow) -> bool:
        """Whether the host is none of the denied."""
        return not self.deny_list.denies(row.origin, row.url)


@dataclass(frozen=True)
class Length(SingleRowFilter):
    """Keeps rows whose question, or whose answer, has a length of the range, as `in_english` counts it."""

    name: str
    side: str
    """question or answer."""
    least: int
    most: int

    def keeps(self, row: FaqRow) -> bool:
        """Whether the side's length lies in the range."""
        return self.least <= in_english(getattr(row, self.side).strip(), row.language) <= self.most


@dataclass(frozen=True)
class Script(SingleRowFilter):
    """Keeps rows whose letters, those of question and answer together, are mostly of the language's scripts.

    A question without a single letter of them is dropped as well: it is in another language, or is no question.
    """

    share: float
    name = "script"

    def keeps(self, row: FaqRow) -> bool:
        """Whether enough letters are of the language's scripts."""
        text = f"{row.question} {row.answer}"
        return has_own_letter(row.question, row.language) and script_share(text, row.language) >= self.share


@dataclass(frozen=True)
class Templates(SingleRowFilter):
    """Keeps rows that are no unfilled template (see `templates`)."""

    name = "templates"

    def keeps(self, row: FaqRow) -> bool:
        """Whether question and answer are filled in and whole."""
        return not is_unfilled(row.question, row.answer, row.language)


@dataclass(frozen=True)
class Similarity(SingleRowFilter):
    """Keeps rows whose question and answer are at least as similar as asked; a row without a score is dropped."""

    least: float
    name = "similarity"

    def keeps(self, row: FaqRow) -> bool:
        """Whether the score is there and high enough."""
        return row.similarity is not None and row.similarity >= self.least


@dataclass(frozen=True)
class Label(SingleRowFilter):
    """Keeps rows whose topic, or whose question type, is one of a list, written as there."""

    name: str
    column: str
    """topic or question_type."""
    wanted: tuple[str, ...]

    def keeps(self, row: FaqRow) -> bool:
        """Whether the label is listed."""
        return getattr(row, self.column) in self.wanted
