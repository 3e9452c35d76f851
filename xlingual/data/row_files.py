"""Read the objects of a data file, SQuAD articles or flat rows, from JSON, JSON Lines or Parquet, gzipped or not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from xlingual.data.file_kinds import kind_of, opened, readable
from xlingual.errors import DataError
from xlingual.json_text import parsed

Row: TypeAlias = Mapping[str, Any]
Placed: TypeAlias = tuple[str, Row]
"""An object's place in its file, and the object."""

_LINES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
_BATCH = 1024


class LayoutError(Exception):
    """A key is missing or has the wrong type; the message names place and finding."""


def rows_of_file(path: Path, columns: Sequence[str] | None = None) -> Iterator[Placed]:
    """Every object of a file, in order: the items of {"data": [...]} or of a list, the whole file, or one per line.

    The format is detected from the content. Objects are streamed, except from a .json file, which is loaded whole.

    Args:
        path: the file.
        columns: the columns needed; Parquet files skip the others.

    Raises:
        DataError: when the file cannot be read; names the line or place.
        LayoutError: when the content is not an object and holds none.
    """
    with readable(path):
        if kind_of(path) == "parquet":
            yield from _parquet_rows(path, columns)
        elif path.name.lower().endswith(_LINES):
            yield from _lines(path)
        else:
            yield from _document(path)


def _document(path: Path) -> Iterator[Placed]:
    with opened(path) as stream:
        text = stream.read().decode("utf-8-sig")
    if not text.strip():
        raise DataError(f"{path}: the file is empty; name a JSON file in SQuAD's format")
    try:
        document = parsed(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # JSON Lines
            yield from _lines(path)
            return
        raise DataError(f"{path}:{error.lineno}: not JSON: {error.msg}; name a JSON file in SQuAD's format") from None
    del text
    yield from objects_of(document, "the top level")


def objects_of(value: Any, place: str) -> Iterator[Placed]:
    """The objects of a document: the items of {"data": [...]} or of a list, or itself.

    Raises:
        LayoutError: when it is none of these.
    """
    if isinstance(value, Mapping) and not {"data", "paragraphs", "context"} & value.keys():
        raise LayoutError(f'no key "data" in {place}, found {", ".join(map(str, value)) or "no keys"}')
    if isinstance(value, Mapping) and "data" not in value:
        yield place, value
        return
    rows = value["data"] if isinstance(value, Mapping) else value
    name = "data" if isinstance(value, Mapping) else "row "
    if not isinstance(rows, list):
        found = f'"data" in {place}' if isinstance(value, Mapping) else place
        raise LayoutError(f"{found} is {type(rows).__name__}, not list")
    for number, row in enumerate(rows):
        here = f"{name}[{number}]" if name == "data" else f"{name}{number}"
        if not isinstance(row, Mapping):
            raise LayoutError(f"{here} is {type(row).__name__}, not an object")
        yield here, row


def _lines(path: Path) -> Iterator[Placed]:
    with opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                yield from _line(text, f"{path}:{number}", f"line {number}")


def _line(text: str, place: str, name: str) -> Iterator[Placed]:
    try:
        row = parsed(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{place}: not JSON: {error.msg}; write one object per line") from None
    if not isinstance(row, dict):
        raise DataError(f"{place}: {type(row).__name__}, not an object; write one object per line")
    if isinstance(row.get("data"), list):  # a whole document in one line
        yield from objects_of(row, name)
    else:
        yield name, row


def _parquet_rows(path: Path, columns: Sequence[str] | None) -> Iterator[Placed]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        asked = [name for name in file.schema_arrow.names if columns is None or name in columns]
        batches = file.iter_batches(batch_size=_BATCH, columns=asked or None)
        rows = (row for batch in batches for row in batch.to_pylist())
        yield from ((f"row {number}", row) for number, row in enumerate(rows))
