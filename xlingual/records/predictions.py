"""Predictions as JSON lines, with a Parquet copy beside them that is read many times faster.

LANGUAGE.jsonl    the record: one question a line, with everything about its answers
LANGUAGE.parquet  its texts, numbers and truth values as columns, in the same order (lists, as of the n best answers,
                  are in the lines alone)

Only the lines count. Both files are written atomically, the lines first, and the columns record which lines they were
made from and a hash of their content. Columns that are missing (a crash between the two), damaged, changed, or made
from other lines (because someone corrected or restored those) are ignored, and the reader rebuilds them from the lines.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlingual.errors import StorageError
from xlingual.records import journal
from xlingual.records.files import lines_of, write_bytes, write_whole
from xlingual.records.storage import unreadable

if TYPE_CHECKING:
    import pyarrow

ALWAYS_HASHED = 8 << 20
"""Size in bytes up to which lines are compared by content, which takes milliseconds.

Larger files count as unchanged while their size, modification time and change time (which no program can set) are:
hashing 10 GB for every report would take longer than the rest of it.
"""

_MADE_OF, _HOLDS, _LEFT_OUT = b"made of", b"holds", b"left out"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class _Lines:
    """Identifies one state of a file of lines; times in nanoseconds."""

    sha256: str
    bytes: int
    modified: int
    changed: int
    version: int = _VERSION


def columns_path(lines: Path) -> Path:
    """Path of the columns of a file of predictions."""
    return lines.with_suffix(".parquet")


def write_predictions(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as lines, then as columns beside them, each file atomically.

    Raises:
        StorageError: when they cannot be written.
    """
    content = lines_of(rows)
    write_bytes(path, content)
    write_columns(path, table_of(rows), content, os.stat(path))


def read_columns(path: Path, names: Collection[str]) -> pyarrow.Table | None:
    """Return the named columns that exist, if they were made from the present lines of `path`.

    None otherwise, or if the lines hold one of them that cannot be made a column.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(columns_path(path), pre_buffer=False) as columns:
            schema = columns.schema_arrow
            if not _are_of(path, _Lines(**json.loads(schema.metadata[_MADE_OF]))):
                return None
            table = columns.read([name for name in names if name in schema.names], use_threads=False)
        held = json.loads(schema.metadata[_HOLDS])
        told = {name: held[name] for name in names if name in held}
        return _whole(table, names) if _hashes(table) == told else None
    except (OSError, ValueError, LookupError, TypeError, MemoryError, pyarrow.ArrowException):
        return None


def read_rows(path: Path, names: Collection[str]) -> tuple[list[dict[str, Any]], pyarrow.Table | None]:
    """Return the rows, and what `read_columns` would have returned if their columns had existed.

    The columns are rebuilt; a failure to write them is ignored.

    Raises:
        StorageError: when the lines cannot be read.
        RecordError: see `journal.read`.
    """
    try:
        with path.open("rb") as stream:
            found = os.fstat(stream.fileno())  # before reading, so that a change in the meantime is noticed
            content = stream.read()
    except OSError as error:
        raise unreadable(path, error) from None
    complete = content if content.endswith(b"\n") or not content else content + b"\n"  # no line is incomplete
    rows = journal.parsed(path, complete)
    table = table_of(rows)
    with suppress(StorageError):
        write_columns(path, table, content, found)
    return rows, _whole(table.select([name for name in names if name in table.column_names]), names)


def table_of(rows: Sequence[Mapping[str, Any]]) -> pyarrow.Table:
    """Columns of the keys whose values are all texts, all numbers or all booleans; null where a row has none."""
    import pyarrow

    names = dict.fromkeys(name for row in rows for name in row)
    found = {name: _column(name, [row.get(name) for row in rows]) for name in names}
    columns = {name: column for name, column in found.items() if column is not None}
    return pyarrow.table(columns, metadata={_LEFT_OUT: json.dumps([name for name in names if name not in columns])})


def write_columns(path: Path, table: pyarrow.Table, content: bytes, found: os.stat_result) -> None:
    """Write columns beside lines.

    Args:
        path: of the lines.
        table: see `table_of`.
        content: the lines that it was made from.
        found: state of their file while it had that content.

    Raises:
        StorageError: when they cannot be written.
    """
    import pyarrow.parquet

    if found.st_size != len(content):  # replaced in the meantime: these columns are not its own
        return
    lines = _Lines(hashlib.sha256(content).hexdigest(), len(content), found.st_mtime_ns, found.st_ctime_ns)
    about = {_MADE_OF: json.dumps(asdict(lines)), _HOLDS: json.dumps(_hashes(table))}
    table = table.replace_schema_metadata({**table.schema.metadata, **about})
    write_whole(columns_path(path), lambda partial: pyarrow.parquet.write_table(table, partial, compression="zstd"))


def _whole(table: pyarrow.Table, names: Collection[str]) -> pyarrow.Table | None:
    """Return the table if all of the named keys that its rows hold have a column."""
    return None if {*json.loads(table.schema.metadata[_LEFT_OUT])} & {*names} else table


def _column(name: str, values: Sequence[Any]) -> Any:
    """Return an array of values; None if they have several types, or Arrow cannot hold them or their name."""
    import pyarrow

    kinds = {type(value) for value in values} - {type(None)}
    for kind, taken in ((pyarrow.string(), str), (pyarrow.bool_(), bool), (pyarrow.float64(), (int, float))):
        if all(issubclass(one, taken) and (one is not bool or taken is bool) for one in kinds):
            with suppress(ValueError, OverflowError):  # a lone surrogate; a number too large for any type
                name.encode()
                return pyarrow.array(values, kind)
    return None


def _hashes(table: pyarrow.Table) -> dict[str, str]:
    """Return a hash of each column's type and values."""
    found = {}
    for field in table.schema:
        digest = hashlib.sha256(str(field.type).encode())
        for batch in table.select([field.name]).combine_chunks().to_batches():
            digest.update(batch.serialize())
        found[field.name] = digest.hexdigest()
    return found


def _are_of(path: Path, lines: _Lines) -> bool:
    """Whether columns were made from the present lines of `path`."""
    now = os.stat(path)
    if lines.version != _VERSION or now.st_size != lines.bytes:
        return False
    if lines.bytes > ALWAYS_HASHED and (now.st_mtime_ns, now.st_ctime_ns) == (lines.modified, lines.changed):
        return True
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() == lines.sha256
