"""Stream the rows of a local file: JSON Lines, plain or gzipped, or Parquet."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from xlingual.data.file_kinds import kind_of, opened
from xlingual.data.hub import Row
from xlingual.errors import DataError
from xlingual.json_text import parsed

ENDINGS = (".jsonl", ".jsonl.gz", ".parquet")

_BATCH = 1024
_BUFFER = 1 << 20


def file_columns(path: Path) -> tuple[str, ...]:
    """Column names of a file: from the Parquet schema, or the keys of the first row; empty for an empty file.

    Raises:
        DataError: when the file cannot be read.
    """
    if path.suffix == ".parquet":
        return tuple(_parquet(path).schema_arrow.names)
    return tuple(next(file_rows(path), {}))


def file_rows(path: Path, columns: Iterable[str] = ()) -> Iterator[Row]:
    """The rows of a file, in order. From Parquet, only `columns` are read, or all if empty.

    Raises:
        DataError: when the file cannot be read or a line is not a JSON object; names the file and the line.
    """
    return _parquet_rows(path, list(columns) or None) if path.suffix == ".parquet" else _json_rows(path)


def hash_files(paths: Iterable[Path]) -> str:
    """SHA-256 of the files' contents, in order: 64 hexadecimal digits, independent of names, paths and times."""
    joint = hashlib.sha256()
    for path in paths:
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(_BUFFER):
                digest.update(block)
        joint.update(digest.digest())
    return joint.hexdigest()


def _json_rows(path: Path) -> Iterator[Row]:
    kind_of(path)  # refuses files that are not data
    try:
        with opened(path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _json_row(line, f"{path}:{number}")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: cannot be read: {error}; write it again, as plain text or gzip by its ending"
        ) from error


def _json_row(line: bytes, place: str) -> Row:
    try:
        row = parsed(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DataError(f"{place}: not UTF-8 text; write one JSON object per line in UTF-8") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{place}: not JSON: {error.msg}; write one object per line") from None
    if not isinstance(row, dict):
        raise DataError(f"{place}: expected a JSON object, found {type(row).__name__}; write one object per line")
    return row


def _parquet_rows(path: Path, columns: list[str] | None) -> Iterator[Row]:
    """Read small batches: a single row group may have a million rows."""
    file = _parquet(path)
    try:
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(_BATCH, row_groups=[group], columns=columns, use_threads=False):
                yield from batch.to_pylist()
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise _unreadable(path, error) from error


def _parquet(path: Path) -> Any:
    import pyarrow.parquet

    kind_of(path)
    try:
        return pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataError(f"{path}: cannot be read as Parquet: {reason}; download or write it again")
