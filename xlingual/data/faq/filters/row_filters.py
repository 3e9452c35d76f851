"""Filters of single rows: labels, lengths, script, hosts, templates."""

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
    """Keeps the rows for which `keeps` is true, independently of other rows."""

    name: str
    drops = True
    repairs = False

    @abstractmethod
    def keeps(self, row: FaqRow) -> bool:
        """Whether to keep the row."""

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Yield the kept rows in order."""
        for row in rows:
            if self.keeps(row):
                yield row
            else:
                tally.drop(self.name, row)


@dataclass(frozen=True)
class DenyHosts(SingleRowFilter):
    """Keeps rows whose host matches no pattern."""

    deny_list: DenyList
    name = "deny_hosts"

    def keeps(self, row: FaqRow) -> bool:
        """Whether the host is not denied."""
        return not self.deny_list.denies(row.origin, row.url)


@dataclass(frozen=True)
class Length(SingleRowFilter):
    """Keeps rows whose question or answer has a length within a range, measured by `in_english`."""

    name: str
    side: str
    """Question or answer."""
    least: int
    most: int

    def keeps(self, row: FaqRow) -> bool:
        """Whether the length is within the range."""
        return self.least <= in_english(getattr(row, self.side).strip(), row.language) <= self.most


@dataclass(frozen=True)
class Script(SingleRowFilter):
    """Keeps rows whose letters, in question and answer together, are mostly of the language's scripts.

    A row whose question has no such letter is dropped too: it is in another language, or not a question.
    """

    share: float
    name = "script"

    def keeps(self, row: FaqRow) -> bool:
        """Whether enough letters belong to the language's scripts."""
        text = f"{row.question} {row.answer}"
        return has_own_letter(row.question, row.language) and script_share(text, row.language) >= self.share


@dataclass(frozen=True)
class Templates(SingleRowFilter):
    """Keeps rows that are not unfilled templates (see `templates`)."""

    name = "templates"

    def keeps(self, row: FaqRow) -> bool:
        """Whether question and answer are filled in and complete."""
        return not is_unfilled(row.question, row.answer, row.language)


@dataclass(frozen=True)
class Similarity(SingleRowFilter):
    """Keeps rows whose similarity of question and answer is at least `least`; drops rows without a score."""

    least: float
    name = "similarity"

    def keeps(self, row: FaqRow) -> bool:
        """Whether the score exists and is high enough."""
        return row.similarity is not None and row.similarity >= self.least


@dataclass(frozen=True)
class Label(SingleRowFilter):
    """Keeps rows whose topic or question type is in a list, compared exactly."""

    name: str
    column: str
    """Topic or question_type."""
    wanted: tuple[str, ...]

    def keeps(self, row: FaqRow) -> bool:
        """Whether the label is listed."""
        return getattr(row, self.column) in self.wanted
