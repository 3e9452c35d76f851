"""Predictions as JSON lines, and the same as Parquet columns beside them, which are read many times faster.

LANGUAGE.jsonl    the record: one question a line, with all that is known of its answers
LANGUAGE.parquet  its texts, numbers and truth values as columns, in the same order (lists, as of the n best answers,
                  are in the lines alone)

Only the lines count. Both files are written whole or not at all, the lines first, and the columns say which lines they
were made of, and what they hold. Where they are missing (a crash between the two), damaged, changed, or of other lines
(somebody corrected or restored these), they are not used, and the reader makes them again from the lines.
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
"""Bytes up to which lines are compared by their content, which takes milliseconds.

Larger ones are taken to be unchanged while their size, time of modification and time of change (which no program can
set) are: hashing 10 GB at every report would take longer than all the rest of it.
"""

_MADE_OF, _HOLDS, _LEFT_OUT = b"made of", b"holds", b"left out"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class _Lines:
    """What tells one state of a file of lines from another; times in nanoseconds."""

    sha256: str
    bytes: int
    modified: int
    changed: int
    version: int = _VERSION


def columns_path(lines: Path) -> Path:
    """Where the columns of a file of predictions lie."""
    return lines.with_suffix(".parquet")


def write_predictions(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as lines, then as columns beside them; each file whole or not at all.

    Raises:
        StorageError: when they cannot be written there.
    """
    content = lines_of(rows)
    write_bytes(path, content)
    write_columns(path, table_of(rows), content, os.stat(path))


def read_columns(path: Path, names: Collection[str]) -> pyarrow.Table | None:
    """Those of the named columns that there are, if they were made of the lines of `path` as these are now.

    None where they were not, or where the lines hold one of them that could not be made a column.
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
    """Rows of the lines, and what `read_columns` would have given had their columns been there.

    These are made again; where they cannot be written they are left alone.

    Raises:
        StorageError: when the lines cannot be read.
        RecordError: see `journal.read`.
    """
    try:
        with path.open("rb") as stream:
            found = os.fstat(stream.fileno())  # before reading, so that what changes meanwhile is seen to have changed
            content = stream.read()
    except OSError as error:
        raise unreadable(path, error) from None
    complete = content if content.endswith(b"\n") or not content else content + b"\n"  # no line is half written
    rows = journal.parsed(path, complete)
    table = table_of(rows)
    with suppress(StorageError):
        write_columns(path, table, content, found)
    return rows, _whole(table.select([name for name in names if name in table.column_names]), names)


def table_of(rows: Sequence[Mapping[str, Any]]) -> pyarrow.Table:
    """Columns of the keys whose values are all texts, all numbers, or all true or false; null where a row has none."""
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
        content: the lines that it was made of.
        found: what the system said of their file while that was its content.

    Raises:
        StorageError: when they cannot be written there.
    """
    import pyarrow.parquet

    if found.st_size != len(content):  # replaced by others meanwhile: these are not its columns
        return
    lines = _Lines(hashlib.sha256(content).hexdigest(), len(content), found.st_mtime_ns, found.st_ctime_ns)
    about = {_MADE_OF: json.dumps(asdict(lines)), _HOLDS: json.dumps(_hashes(table))}
    table = table.replace_schema_metadata({**table.schema.metadata, **about})
    write_whole(columns_path(path), lambda partial: pyarrow.parquet.write_table(table, partial, compression="zstd"))


def _whole(table: pyarrow.Table, names: Collection[str]) -> pyarrow.Table | None:
    """The table, if its rows have none of the named keys without a column."""
    return None if {*json.loads(table.schema.metadata[_LEFT_OUT])} & {*names} else table


def _column(name: str, values: Sequence[Any]) -> Any:
    """An array of values; None where they are of several kinds, or Arrow cannot hold them or their name."""
    import pyarrow

    kinds = {type(value) for value in values} - {type(None)}
    for kind, taken in ((pyarrow.string(), str), (pyarrow.bool_(), bool), (pyarrow.float64(), (int, float))):
        if all(issubclass(one, taken) and (one is not bool or taken is bool) for one in kinds):
            with suppress(ValueError, OverflowError):  # half of a character (a lone surrogate); a number beyond all
                name.encode()
                return pyarrow.array(values, kind)
    return None


def _hashes(table: pyarrow.Table) -> dict[str, str]:
    """By column, what its type and its values hash to."""
    found = {}
    for field in table.schema:
        digest = hashlib.sha256(str(field.type).encode())
        for batch in table.select([field.name]).combine_chunks().to_batches():
            digest.update(batch.serialize())
        found[field.name] = digest.hexdigest()
    return found


def _are_of(path: Path, lines: _Lines) -> bool:
    """Whether the lines of `path` are those from which columns were made."""
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
