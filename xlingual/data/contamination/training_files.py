"""Read training files piece by piece: SQuAD format, JSON or Parquet rows, sentence pairs, plain text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from xlingual.data.cleaning import clean
from xlingual.data.contamination.overlap import TrainingText
from xlingual.data.file_kinds import opened, readable
from xlingual.data.hub import saved_rows
from xlingual.data.location import is_saved
from xlingual.data.row_files import Row, rows_of_file
from xlingual.data.sentence_pairs.row_reader import pairs_of_file
from xlingual.data.stated_questions import in_squad_format, questions_of_article, questions_of_file
from xlingual.data.texts import mended
from xlingual.errors import DataError

TEXTS = ("context", "text", "answer", "answer1", "answer2")
"""Columns searched besides the questions; values that are not strings are skipped."""

QUESTIONS = ("question", "question1", "question2")
NAMES = ("id", "_id", "title")
"""Columns that name a row; the first non-empty one is used."""

_PARAGRAPH = 4000
"""Length in characters after which a paragraph of plain text ends at the next line break."""

_ROWS = (".json", ".jsonl", ".parquet", ".json.gz", ".jsonl.gz")
_PAIRS = (".tsv", ".tsv.gz")
_ENDINGS = ".json, .jsonl, .parquet, .tsv or .txt, the text ones with or without .gz"


def texts_of_file(path: Path) -> Iterator[TrainingText]:
    """The pieces of a file, in order, streamed one at a time (a .json file is loaded whole).

    A paragraph with its questions is one piece: in SQuAD format, or as consecutive rows (JSON Lines, a list of objects,
    Parquet) with the same context. Any other row is a piece, and so is a sentence pair (.tsv). In plain text an empty
    line ends a piece.

    Raises:
        DataError: when the file does not exist, cannot be read, or has no column to check.
    """
    kind = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if path.is_dir() and is_saved(path):
        yield from _row_texts(saved_rows(path, splits=(), columns=()), path)
        return
    if not path.is_file():
        found = "is a directory" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {found}; name files that end in {_ENDINGS}")
    with readable(path), in_squad_format(path):
        if kind in (".txt", ".txt.gz"):
            yield from _plain_texts(path)
        elif kind in _PAIRS:
            pairs = pairs_of_file(path)
            yield from (TrainingText(f"line {pair.line}", (), sentences=pair.sentences) for pair in pairs)
        elif kind in _ROWS:
            yield from _object_texts(rows_of_file(path, (*TEXTS, *QUESTIONS, *NAMES)), path)
        else:
            raise DataError(f"{path}: unknown file ending; name files that end in {_ENDINGS}")


def offset_notes(path: Path) -> tuple[str, ...]:
    """Notes on frequent wrong offsets in a file of questions; none for other files."""
    if not path.name.lower().endswith(_ROWS):
        return ()
    try:
        questions = questions_of_file(path)
    except DataError:  # rows without questions or answers
        return ()
    return clean(questions, language="", without_xquad=False, source=str(path)).notes


def _object_texts(objects: Iterable[tuple[str, Row]], path: Path) -> Iterator[TrainingText]:
    for articles, group in groupby(objects, key=lambda placed: "paragraphs" in placed[1]):
        if articles:
            yield from _article_texts(group)
        else:
            yield from _row_texts((row for _, row in group), path)


def _article_texts(articles: Iterable[tuple[str, Row]]) -> Iterator[TrainingText]:
    questions = (question for place, article in articles for question in questions_of_article(article, place))
    for _, together in groupby(questions, key=lambda question: (question.title, question.context)):
        yield TrainingText.of_paragraph(together)


def _row_texts(rows: Iterable[Row], path: Path) -> Iterator[TrainingText]:
    for number, (_, group) in enumerate(groupby(_numbered(rows), key=_same_context)):
        together = list(group)
        if number == 0:
            _check_columns(list(together[0][1]), path)
        yield _row_text(together)


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    return enumerate(rows, start=1)


def _same_context(numbered: tuple[int, Row]) -> tuple[int, str]:
    """Grouping key of consecutive rows of one paragraph; rows without a context are not grouped."""
    number, row = numbered
    context = _string(row, "context")
    return (0, context) if context else (number, "")


def _row_text(together: Sequence[tuple[int, Row]]) -> TrainingText:
    number, first = together[0]
    rows = [row for _, row in together]
    name = next((name for column in NAMES if (name := _name(first, column))), f"row {number}")
    return TrainingText(
        name=name,
        texts=tuple(dict.fromkeys(text for row in rows for column in TEXTS if (text := _string(row, column)))),
        questions=tuple(text for row in rows for column in QUESTIONS if (text := _string(row, column))),
        title=_string(first, "title"),
        identities=tuple(text for row in rows for column in ("id", "_id") if (text := _name(row, column))),
    )


def _string(row: Row, column: str) -> str:
    value = row.get(column)
    return mended(value) if isinstance(value, str) else ""


def _name(row: Row, column: str) -> str:
    value = row.get(column)
    return mended(str(value)) if isinstance(value, (str, int)) else ""


def _check_columns(found: Sequence[str], path: Path) -> None:
    if not set(found) & {*TEXTS, *QUESTIONS}:
        raise DataError(
            f"{path}: no column to check ({', '.join((*TEXTS, *QUESTIONS))}); "
            f"found {', '.join(found) or 'none'}; rename the column that holds the text to text"
        )


def _plain_texts(path: Path) -> Iterator[TrainingText]:
    with opened(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig") as lines:
        block: list[str] = []
        first = size = 0
        for number, line in enumerate(lines, start=1):
            if line.strip():
                first = first if block else number
                block.append(line)
                size += len(line)
            if block and (not line.strip() or size >= _PARAGRAPH):
                yield TrainingText(f"line {first}", ("".join(block),))
                block, size = [], 0
        if block:
            yield TrainingText(f"line {first}", ("".join(block),))
