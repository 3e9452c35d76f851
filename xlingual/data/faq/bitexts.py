"""Aligned question/answer pairs of two languages (WebFAQ's bitexts, arXiv 2502.20936)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlingual.data.faq.source_text import clean_text
from xlingual.data.faq.tables import find_tables
from xlingual.data.hub import Row
from xlingual.errors import DataError
from xlingual.languages import ISO_639_3, two_letter

COLUMNS = ("origin", "question1", "answer1", "question2", "answer2", "labse_similarity")


@dataclass(frozen=True, slots=True)
class Bitext:
    """A question-answer pair of a site and its translation; `languages` are two-letter codes."""

    origin: str
    question1: str
    answer1: str
    question2: str
    answer2: str
    languages: tuple[str, str]


def bitext_rows(
    source: str, language: str, *, rows: int, minimum_similarity: float = 0.0, other: str = "en"
) -> Iterator[Bitext]:
    """The first pairs of two languages that are similar enough and have no empty text.

    Args:
        source: a hub id such as `PaDaS-Lab/webfaq-bitexts`, with a configuration for each pair of three-letter codes in
            alphabetical order (`deu-eng`), a local copy, a directory with files of these names, or one such file; see
            `xlingual.data.faq.tables`.
        language: two- or three-letter code; side 1 is the language whose three-letter code comes first.
        rows: maximum number of pairs.
        minimum_similarity: minimum `labse_similarity`, a cosine (LaBSE, arXiv 2007.01852).
        other: the other language.

    Raises:
        DataError: when the source, the pair of languages or a column does not exist.
    """
    if rows < 1:
        raise DataError(f"{source}: asked for {rows} bitext rows; write 1 or more")
    first, second = sorted((two_letter(language), two_letter(other)), key=lambda code: ISO_639_3[code])
    if first == second:
        raise DataError(f"{source}: asked for bitexts of {first} and {second}; name two languages")
    pair = f"{first}-{second}"
    table = find_tables(source, {pair: (f"{ISO_639_3[first]}-{ISO_639_3[second]}", pair)})[pair]
    columns, records = table.open(COLUMNS)
    return _usable(records, columns, table.place, (first, second), rows, minimum_similarity)


def _usable(
    records: Iterator[Row], columns: tuple[str, ...], place: str, languages: tuple[str, str], rows: int, least: float
) -> Iterator[Bitext]:
    given = 0
    for number, record in enumerate(records, start=1):
        missing = [column for column in COLUMNS if column not in record]
        if missing:
            raise DataError(
                f"{place}: row {number}: asked for the columns {', '.join(COLUMNS)}; {', '.join(missing)} missing, "
                f"found {', '.join(columns)}; name a source with these columns"
            )
        origin, question1, answer1, question2, answer2 = (clean_text(record[column]) for column in COLUMNS[:5])
        whole = question1 and answer1 and question2 and answer2
        if whole and float(record["labse_similarity"] or 0) >= least:
            yield Bitext(origin, question1, answer1, question2, answer2, languages)
            given += 1
            if given == rows:
                return
