"""Draw pairs from a source: a seeded sample of whole hosts, grouped by host."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from xlingual.data.faq.grouping import host_by_host
from xlingual.data.faq.hosts import is_drawn
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.source_text import clean_text
from xlingual.data.faq.tables import Table, find_tables
from xlingual.data.hub import Row
from xlingual.errors import DataError
from xlingual.languages import ISO_639_3, is_known, two_letter

COLUMNS = ("origin", "url", "question", "answer")
OPTIONAL = ("topic", "question_type", "semantic_similarity_score")

_SECOND_VERSION = ("id", "semantic_similarity_score")


@dataclass(frozen=True, slots=True)
class Draw:
    """The rows to read for each language: the first `rows` pairs of the drawn hosts.

    WebFAQ is sorted by host, so its first rows come from few hosts. With a `spread` of k, one in k hosts is drawn, by a
    hash of the seed and its name, and about k times as many rows are scanned. All rows of a drawn host are taken,
    except that the last host is cut off when the requested number is reached.
    """

    rows: int
    seed: int = 0
    spread: int = 1

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise DataError(f"FAQ rows: asked for {self.rows} rows per language; write 1 or more")
        if self.spread < 1:
            raise DataError(f"FAQ rows: asked for a spread of {self.spread}; write 1 (every host is drawn) or more")

    def as_json(self) -> dict[str, int]:
        """All fields, for a fingerprint; the seed is unused, and set to 0, when every host is drawn."""
        return asdict(self) | ({"seed": 0} if self.spread == 1 else {})


@dataclass(frozen=True, slots=True)
class FaqColumns:
    """The optional columns of a source, and the version of WebFAQ inferred from them.

    The two versions have different `question_type` labels, which must not be mixed.
    """

    names: frozenset[str]
    version: int

    @classmethod
    def of(cls, columns: Sequence[str] | Mapping[str, Any]) -> FaqColumns:
        """Version 2 has an `id` or a `semantic_similarity_score`."""
        version = 2 if any(name in columns for name in _SECOND_VERSION) else 1
        return cls(frozenset(name for name in OPTIONAL if name in columns), version)


class DrawnRows:
    """The drawn pairs of one language, grouped by host; can be iterated once. Pairs with an empty text are dropped.

    Attributes:
        language: two-letter code.
        columns: the optional columns of the source.
        counts: filled during iteration. `read` counts the rows of drawn hosts, `dropped_empty_question` and
            `dropped_empty_answer` those of them with an empty text; `short` is the requested number minus `read`;
            `passed_over` counts the rows of other hosts.
    """

    def __init__(self, table: Table, language: str, draw: Draw, folder: Path | None = None) -> None:
        self.language = language
        self.draw = draw
        self.place = table.place
        self.counts: Counter[str] = Counter(
            read=0, dropped_empty_question=0, dropped_empty_answer=0, short=0, passed_over=0
        )
        columns, self._records = table.open((*COLUMNS, *_SECOND_VERSION, *OPTIONAL, "language"))
        if columns:
            _refuse_missing(columns, self.place)
        self.columns = FaqColumns.of(columns)
        self._folder = folder

    def __iter__(self) -> Iterator[FaqRow]:
        """Iterate over the rows grouped by host, in the source's order within each.

        All rows are read first and buffered on disk, so that memory stays constant.
        """
        return host_by_host(self._drawn(), self._folder)

    def _drawn(self) -> Iterator[FaqRow]:
        for number, record in enumerate(self._records, start=1):
            _refuse_missing(record, f"{self.place}: row {number}")
            _refuse_other_kinds(record, f"{self.place}: row {number}")
            self._refuse_mixed(record, number)
            self._refuse_other_language(record, number)
            row = faq_row(record, self.language)
            if not is_drawn(row.origin, self.draw.seed, self.draw.spread):
                self.counts["passed_over"] += 1
                continue
            self.counts["read"] += 1
            if row.question and row.answer:
                yield row
            else:
                self.counts["dropped_empty_answer" if row.question else "dropped_empty_question"] += 1
            if self.counts["read"] == self.draw.rows:
                break
        self.counts["short"] = self.draw.rows - self.counts["read"]

    def _refuse_mixed(self, record: Row, number: int) -> None:
        found = FaqColumns.of(record).version
        if "question_type" in record and found != self.columns.version:
            raise DataError(
                f"{self.place}: row {number} is of WebFAQ's version {found}, the first row of version "
                f"{self.columns.version} ({' and '.join(_SECOND_VERSION)} came with version 2), and their question "
                "types are different labels; keep the versions apart, one source each"
            )

    def _refuse_other_language(self, record: Row, number: int) -> None:
        """Where rows name their language, take them at their word; a name that is no known code says nothing."""
        named = str(record.get("language") or "").strip()
        code = re.split("[-_]", named.lower())[0]
        if not is_known(code) or two_letter(code) == self.language:
            return
        raise DataError(
            f"{self.place}: row {number} says that its language is {named!r}, but the rows were asked for in "
            f"{self.language!r}; write that language, or one file for each language (named swe.jsonl, deu.jsonl, ...)"
        )


def faq_rows(
    source: str, language: str, *, rows: int, seed: int = 0, spread: int = 1, folder: Path | None = None
) -> DrawnRows:
    """Open the pairs of one language.

    Args:
        source: a hub id (WebFAQ version 1 `PaDaS-Lab/webfaq` or 2 `PaDaS-Lab/webfaq-v2`, with a configuration for each
            three-letter code), a local copy, a directory with a file for each language (named by either code, ending
            in .jsonl, .jsonl.gz or .parquet, there or in `data`), or one such file.
        language: two- or three-letter code.
        rows: maximum number of pairs, see Draw.
        seed: seed of the draw of hosts.
        spread: one in this many hosts is drawn.
        folder: directory for temporary files; None for the system's.

    Raises:
        DataError: when the source, the language or a column does not exist, or a row is malformed.
    """
    code = two_letter(language)
    return DrawnRows(language_tables(source, [code])[code], code, Draw(rows, seed, spread), folder)


def language_tables(source: str, languages: Sequence[str]) -> dict[str, Table]:
    """Find the table of each language, by two-letter code; an error names all missing ones at once."""
    codes = list(dict.fromkeys(two_letter(language) for language in languages))
    return find_tables(source, {code: (ISO_639_3[code], code) for code in codes})


def faq_row(record: Row, language: str) -> FaqRow:
    """Convert a source's row to a pair: texts are stripped, and a missing origin becomes the host of the URL."""
    texts = {column: clean_text(record[column]) for column in COLUMNS}
    score = record.get("semantic_similarity_score")
    return FaqRow(
        texts["origin"] or _host(texts["url"]),
        texts["url"],
        texts["question"],
        texts["answer"],
        language,
        clean_text(record.get("topic")),
        clean_text(record.get("question_type")),
        None if score is None else float(score),
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _refuse_other_kinds(record: Row, place: str) -> None:
    wrong = [column for column in COLUMNS if not isinstance(record[column], str | None)]
    if wrong:
        found = ", ".join(f"{column} is a {type(record[column]).__name__}" for column in wrong)
        raise DataError(f"{place}: expected strings; {found}; write strings, or leave the row out")


def _refuse_missing(columns: Sequence[str] | Mapping[str, Any], place: str) -> None:
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        raise DataError(
            f"{place}: asked for the columns {', '.join(COLUMNS)}; {', '.join(missing)} missing, "
            f"found {', '.join(columns) or 'nothing'}; name a source with these columns"
        )
