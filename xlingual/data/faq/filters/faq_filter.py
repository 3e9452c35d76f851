"""The chain of filters of a study, for the rows of one language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from xlingual.data.faq.filters.boilerplate import HostBoilerplate
from xlingual.data.faq.filters.cap import RowsPerHost
from xlingual.data.faq.filters.deny_list import DenyList
from xlingual.data.faq.filters.duplicates import NearDuplicates, SameAnswer, SameText
from xlingual.data.faq.filters.html import Html
from xlingual.data.faq.filters.row_filters import DenyHosts, Label, Length, Script, Similarity, Templates
from xlingual.data.faq.filters.tally import OnDrop, RowFilter, Tally
from xlingual.data.faq.rows import FaqRow
from xlingual.errors import DataError
from xlingual.study.faq_filters import FaqFilters

RULES = 2
"""Version of the filters. Raise it whenever the same settings keep or change other rows; part of the fingerprint."""

_COLUMNS = {"similarity": "semantic_similarity_score", "question_types": "question_type", "topics": "topic"}


class FaqFilter:
    """Filters a stream of rows of one language, grouped by host.

    Cheap filters of single rows come first, then those of a host (equal answers, the cap on its rows, boilerplate),
    then duplicates across hosts. Only the latter remember anything for longer than a host, and only for rows that
    passed all other filters; only there does the order of hosts matter.

    `counts["read"]` is `counts["kept"]` plus every `dropped_*`, after the last row. Picklable before use. With the
    defaults it took at most 221 to 227 bytes per kept row, measured over 60,000 to 500,000 rows.
    """

    def __init__(self, filters: Sequence[RowFilter]) -> None:
        self.filters = tuple(filters)
        self.counts = self._zeros()

    @classmethod
    def of(cls, settings: FaqFilters, language: str, columns: Collection[str]) -> FaqFilter:
        """Create the filters of a study.

        Args:
            settings: the study's `data.faq.filters`.
            language: two-letter code, for messages.
            columns: the optional columns of the source: topic, question_type, semantic_similarity_score.

        Raises:
            DataError: when a filter needs a column that the source does not have.
        """
        _check_columns(settings, language, columns)
        return cls(list(_filters(settings)))

    def rows(self, rows: Iterator[FaqRow], on_drop: OnDrop | None = None) -> Iterator[FaqRow]:
        """Yield the kept rows, with repairs; resets the counts.

        Args:
            rows: rows of one language, grouped by host.
            on_drop: called with the filter's name and the row for each dropped row.
        """
        self.counts = counts = self._zeros()
        tally = Tally(counts, on_drop)
        left = _counted(rows, counts, "read")
        for row_filter in self.filters:
            left = row_filter.rows(left, tally)
        return _counted(left, counts, "kept")

    def _zeros(self) -> dict[str, int]:
        dropped = {f"dropped_{each.name}": 0 for each in self.filters if each.drops}
        return {
            "read": 0,
            "kept": 0,
            **dropped,
            **{f"repaired_{each.name}": 0 for each in self.filters if each.repairs},
        }


def _counted(rows: Iterator[FaqRow], counts: dict[str, int], name: str) -> Iterator[FaqRow]:
    for row in rows:
        counts[name] += 1
        yield row


def _filters(settings: FaqFilters) -> Iterator[RowFilter]:
    if settings.html:
        yield Html()
    if settings.deny_hosts:
        yield DenyHosts(DenyList(settings.deny_hosts))
    yield from _of_labels(settings)
    for name in ("question_length", "answer_length"):
        if (length := getattr(settings, name)) is not None:
            yield Length(name, name.removesuffix("_length"), length.min, length.max)
    if settings.script is not None:
        yield Script(settings.script)
    if settings.templates:
        yield Templates()
    yield from _of_hosts(settings)
    if settings.exact_duplicates:
        yield SameText()
    if settings.near_duplicates is not None:
        yield NearDuplicates(settings.near_duplicates)


def _of_labels(settings: FaqFilters) -> Iterator[RowFilter]:
    if settings.similarity is not None:
        yield Similarity(settings.similarity)
    if settings.question_types:
        yield Label("question_types", "question_type", settings.question_types)
    if settings.topics:
        yield Label("topics", "topic", settings.topics)


def _of_hosts(settings: FaqFilters) -> Iterator[RowFilter]:
    if settings.exact_duplicates:
        yield SameAnswer()
    if settings.rows_per_host is not None:
        yield RowsPerHost(settings.rows_per_host)
    if settings.boilerplate is not None:
        least = settings.answer_length.min if settings.answer_length is not None else 1
        yield HostBoilerplate(settings.boilerplate.share, settings.boilerplate.ngram, least)


def _check_columns(settings: FaqFilters, language: str, columns: Collection[str]) -> None:
    for key, column in _COLUMNS.items():
        if getattr(settings, key) is not None and column not in columns:
            found = f"found {', '.join(sorted(columns))}" if columns else "no optional columns found"
            raise DataError(
                f"filters.{key} needs the column {column}, which the FAQ rows of {language} do not have ({found}); "
                f"write {key}: off, or name a source with the column"
            )
