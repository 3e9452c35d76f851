"""An append-only file of JSON objects, one a line: append, read, heal.

A crash can tear only the last line. Readers skip a torn last line; the next append removes it. A broken line
anywhere else is an error that names the file and the line. One process appends to one file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from xlingual.errors import RecordError
from xlingual.records.attached import mirrored
from xlingual.records.files import lines_of
from xlingual.records.storage import unreadable, writing
from xlingual.records.whole_file import put_in_place


def append(path: Path, record: dict[str, Any]) -> None:
    """Append one record and flush it to disk before returning; NaN and infinity are refused.

    Raises:
        StorageError: when the file cannot be written.
    """
    line = json.dumps(record, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    found = mirrored(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with found[0].appending(found[1], line) if found else nullcontext():
            _append(path, line)


def rewrite(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Replace all records of the file, whole or not at all.

    Raises:
        StorageError: when the file cannot be written.
    """
    content, found = lines_of(records), mirrored(path)
    with writing(path):
        around = partial(found[0].rewriting, found[1]) if found else nullcontext
        put_in_place(path, lambda made: made.write_bytes(content), around)


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        os.lseek(descriptor, _cut_torn_line(descriptor), os.SEEK_SET)
        view = memoryview(line)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> list[dict[str, Any]]:
    """Return every complete record of the file, oldest first; none if the file is absent.

    Raises:
        StorageError: when it cannot be read.
        RecordError: when a line other than a torn last one is not a JSON object.
    """
    return parsed(path, _content(path))


def count(path: Path) -> int:
    """Return how many complete records the file has, without reading what they say; 0 if the file is absent.

    Raises:
        StorageError: when it cannot be read.
    """
    return _content(path).count(b"\n")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise unreadable(path, error) from None


def parsed(path: Path, content: bytes) -> list[dict[str, Any]]:
    """Return every complete record in a file's content, see `read`; errors name `path`."""
    whole = content[: content.rfind(b"\n") + 1]
    return [_parse(path, number, line) for number, line in enumerate(whole.splitlines(), start=1)]


def _parse(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RecordError(
            f"{path}:{number}: a broken record ({error}); restore the file from a backup or delete this line"
        ) from None
    if not isinstance(record, dict):
        raise RecordError(f"{path}:{number}: a record is a JSON object, found {type(record).__name__}")
    return record


def _cut_torn_line(descriptor: int) -> int:
    """Truncate the file after its last newline; return its length."""
    length = os.lseek(descriptor, 0, os.SEEK_END)
    whole = length
    while whole > 0:
        start = max(0, whole - 4096)
        newline = os.pread(descriptor, whole - start, start).rfind(b"\n")
        if newline >= 0:
            whole = start + newline + 1
            break
        whole = start
    if whole < length:
        os.ftruncate(descriptor, whole)
    return whole
