"""Pairs of a question and an answer from FAQ pages, in WebFAQ's layout (Dinzinger et al. 2025)."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from xlingual.data.examples import content_fingerprint
from xlingual.data.faq.rows import FaqRow
from xlingual.data.hub import hub_rows
from xlingual.data.location import contents, is_snapshot, local_path
from xlingual.errors import DataError
from xlingual.languages import ISO_639_3, two_letter

COLUMNS = ("origin", "url", "question", "answer")
_ENDINGS = (".jsonl", ".jsonl.gz")


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

    `source` is a directory with one <code>.jsonl or <code>.jsonl.gz per language (three-letter or two-letter code), a
    copy of the hub's data set, or a hub id with one configuration per three-letter code, whose rows are streamed.
    WebFAQ's rows are sorted by page, so that first rows come from whole pages. Raises DataError when a language is
    absent, a column is missing, or nothing is left.
    """
    if rows_per_language < 1:
        raise DataError(f"{source}: asked for {rows_per_language} FAQ rows per language; write 1 or more")
    codes = list(dict.fromkeys(two_letter(language) for language in languages))
    reader = _reader(source, codes)
    return {code: _kept(islice(reader(code), rows_per_language), code, source) for code in codes}


class _Hub:
    """Rows of the hub, or of a copy with its layout, by language."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __call__(self, code: str) -> Iterator[Mapping[str, Any]]:
        configuration = ISO_639_3[code]
        return hub_rows(self.source, configuration=configuration, split="default", columns=COLUMNS, streaming=True)


class _Directory:
    """Rows of JSON-lines files, by language; every language has a file."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.files = files

    def __call__(self, code: str) -> Iterator[Mapping[str, Any]]:
        return _json_lines(self.files[code])


def _reader(source: str, codes: Sequence[str]) -> _Hub | _Directory:
    path = local_path(source)
    if path is None:
        return _Hub(source)
    if path.is_file():
        raise DataError(f"{source}: FAQ pairs are a directory with one <code>.jsonl per language; name that")
    files = {code: file for code in codes if (file := _file(path, code)) is not None}
    missing = [code for code in codes if code not in files]
    if missing and is_snapshot(path):
        return _Hub(str(path))
    if missing:
        wanted = ", ".join(f"{code} ({ISO_639_3[code]}.jsonl)" for code in missing)
        raise DataError(
            f"{source}: no file for {wanted}; found {contents(path, 40)}; add the file or leave the language out"
        )
    return _Directory(files)


def _file(directory: Path, code: str) -> Path | None:
    names = (directory / (stem + ending) for stem in (ISO_639_3[code], code) for ending in _ENDINGS)
    return next((name for name in names if name.is_file()), None)


def _json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _json_row(line, f"{path}:{number}")
    except (OSError, EOFError) as error:
        raise DataError(
            f"{path}: cannot be read: {error}; write it again, as plain text or gzip by its ending"
        ) from error


def _json_row(line: bytes, place: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DataError(f"{place}: not UTF-8 text; write one JSON object per line in UTF-8") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{place}: not JSON: {error.msg}; write one object per line") from None
    missing = [column for column in COLUMNS if not isinstance(row, dict) or column not in row]
    if missing:
        found = ", ".join(row) if isinstance(row, dict) else type(row).__name__
        raise DataError(f"{place}: asked for {', '.join(COLUMNS)}; {', '.join(missing)} missing, found {found}")
    return row


def _kept(rows: Iterable[Mapping[str, Any]], code: str, source: str) -> FaqRows:
    counts: Counter[str] = Counter(read=0, kept=0, dropped_empty_question=0, dropped_empty_answer=0)
    kept = []
    for row in rows:
        counts["read"] += 1
        texts = {column: str(row[column] or "").strip() for column in COLUMNS}
        if not texts["question"] or not texts["answer"]:
            counts["dropped_empty_answer" if texts["question"] else "dropped_empty_question"] += 1
            continue
        kept.append(FaqRow(**texts, language=code))
    counts["kept"] = len(kept)
    if not kept:
        raise DataError(f"{source}: read {counts['read']} FAQ rows of {code}, none with both a question and an answer")
    return FaqRows(code, tuple(kept), dict(counts))
