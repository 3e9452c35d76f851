"""Files of training data of any kind, piece by piece: SQuAD's format, rows of JSON or Parquet, plain text."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from xlingual.data.contamination.overlap import TrainingText
from xlingual.data.questions import questions_of_file
from xlingual.errors import DataError

TEXTS = ("context", "text", "answer", "answer1", "answer2")
"""Columns of rows that are looked through, beside the questions; what is no text in them is passed over."""

QUESTIONS = ("question", "question1", "question2")
NAMES = ("id", "_id", "title")
"""Columns that a row is called by; the first that is not empty."""

_PARAGRAPH = 4000
"""Characters after which a paragraph of plain text ends with the line."""

_ENDINGS = ".json, .jsonl, .jsonl.gz, .parquet, .txt or .txt.gz"

Row = Mapping[str, Any]


def texts_of_file(path: Path) -> Iterator[TrainingText]:
    """The pieces of a file, in order; no more than a piece is held, but of a .json file all.

    A paragraph with its questions is one piece: of a .json file in SQuAD's format, or of rows (an object a line, a list
    of objects, Parquet) with the same context one behind the other. Any other row is a piece. In plain text an empty
    line ends a piece.

    Raises:
        DataError: when the file is absent, cannot be read, or has no column that could be looked through.
    """
    kind = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if not path.is_file():
        found = "is a directory" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {found}; name files that end in {_ENDINGS}")
    with _readable(path):
        if kind == ".json":
            yield from _json_texts(path)
        elif kind in (".jsonl", ".jsonl.gz"):
            yield from _row_texts(_json_lines(path), path)
        elif kind == ".parquet":
            yield from _row_texts(_parquet_rows(path), path)
        elif kind in (".txt", ".txt.gz"):
            yield from _plain_texts(path)
        else:
            raise DataError(f"{path}: its ending says nothing of its format; write {_ENDINGS}")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what reading a broken file raises into one DataError."""
    import pyarrow

    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}); write it as UTF-8") from None
    except (OSError, EOFError, zlib.error, pyarrow.ArrowException) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(f"{path}: cannot be read: {reason}; write it again in the format of its ending") from error


def _open(path: Path) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _json_texts(path: Path) -> Iterator[TrainingText]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # an object a line
            yield from _row_texts(_json_lines(path), path)
            return
        raise DataError(f"{path}:{error.lineno}: not JSON: {error.msg}; name a JSON file") from None
    rows = document.get("data") if isinstance(document, dict) else document
    if isinstance(rows, list) and rows and all(isinstance(row, dict) and "paragraphs" not in row for row in rows):
        yield from _row_texts(rows, path)
        return
    del document, rows
    for _, together in groupby(questions_of_file(path), key=lambda question: (question.title, question.context)):
        yield TrainingText.of_paragraph(together)


def _json_lines(path: Path) -> Iterator[Row]:
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(f"{path}:{number}: not JSON: {error.msg}; write one object per line") from None
            if not isinstance(row, dict):
                raise DataError(f"{path}:{number}: {type(row).__name__}, not an object; write one object per line")
            yield row


def _parquet_rows(path: Path) -> Iterator[Row]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        columns = file.schema_arrow.names
        _check_columns(columns, path)
        asked = [column for column in columns if column in (*TEXTS, *QUESTIONS, *NAMES)]
        for batch in file.iter_batches(batch_size=1024, columns=asked):
            yield from batch.to_pylist()


def _row_texts(rows: Iterable[Row], path: Path) -> Iterator[TrainingText]:
    for number, (_, group) in enumerate(groupby(_numbered(rows), key=_same_context)):
        together = list(group)
        if number == 0:
            _check_columns(list(together[0][1]), path)
        yield _row_text(together)


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    return enumerate(rows, start=1)


def _same_context(numbered: tuple[int, Row]) -> tuple[int, str]:
    """What neighbouring rows of one paragraph share; rows without a context share nothing."""
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
        identities=tuple(text for row in rows for column in ("id", "_id") if (text := _string(row, column))),
    )


def _string(row: Row, column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _name(row: Row, column: str) -> str:
    value = row.get(column)
    return str(value) if isinstance(value, (str, int)) else ""


def _check_columns(found: Sequence[str], path: Path) -> None:
    if not set(found) & {*TEXTS, *QUESTIONS}:
        raise DataError(
            f"{path}: no column that could be checked ({', '.join((*TEXTS, *QUESTIONS))}); "
            f"found {', '.join(found) or 'none'}; rename the column that holds the text to text"
        )


def _plain_texts(path: Path) -> Iterator[TrainingText]:
    with _open(path) as lines:
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
