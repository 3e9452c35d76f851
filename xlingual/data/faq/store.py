"""Pairs of one language kept on disk, host by host, under a fingerprint of all that they follow from.

FOLDER/KEY.CONTENT/
  rows.parquet     the pairs, the columns of FaqRow, each host's together
  faq.json         what they follow from, how many there are, the content's fingerprint; written last

KEY hashes what the rows follow from, CONTENT the rows. A directory appears whole or not at all and is never written
again. Names that begin with a dot are unfinished. Any may be deleted when no command is running: it is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from xlingual.data.faq.rows import FaqRow
from xlingual.records.files import write_json
from xlingual.records.storage import writing

FORMAT = 1
"""Version of the rows' meaning. Raise it with every change of the code that gives other rows."""

_ABOUT, _ROWS = "faq.json", "rows.parquet"
_BATCH = 1024
_ROW_GROUP = 2048
_NAMES = tuple(field.name for field in fields(FaqRow))
_values_of = attrgetter(*_NAMES)


@dataclass(frozen=True)
class StoredRows:
    """The pairs of one language on disk; reading them takes the memory of one host.

    Attributes:
        directory: where they lie.
        language: two-letter code.
        counts: `read` is `kept`, the number of pairs here, plus all that begin with `dropped_`.
        hosts: how many there are.
        fingerprint: 16 hexadecimal digits that follow from the pairs and their order alone.
        columns: the optional columns of the source.
        version: WebFAQ's, 1 or 2.
        listed: what was said of single rows that were dropped, such as those that overlap the test set.
    """

    directory: Path
    language: str
    counts: dict[str, int]
    hosts: int
    fingerprint: str
    columns: tuple[str, ...]
    version: int
    listed: tuple[dict[str, Any], ...] = ()

    def __len__(self) -> int:
        return self.counts["kept"]

    def __iter__(self) -> Iterator[list[FaqRow]]:
        """The pairs of one host after another, in order."""
        for _, rows in groupby(self._rows(), key=lambda row: row.origin):
            yield list(rows)

    def host_sizes(self) -> dict[str, int]:
        """Rows of each host, in order; of the file one column is read."""
        sizes: Counter[str] = Counter()
        for batch in self._batches(["origin"]):
            sizes.update(batch.column(0).to_pylist())
        return dict(sizes)

    def _rows(self) -> Iterator[FaqRow]:
        for batch in self._batches(list(_NAMES)):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield FaqRow(*values)

    def _batches(self, columns: list[str]) -> Iterator[Any]:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(self.directory / _ROWS, pre_buffer=False) as file:
            for group in range(file.num_row_groups):
                yield from file.iter_batches(_BATCH, row_groups=[group], columns=columns, use_threads=False)


@dataclass(frozen=True, slots=True)
class Filled:
    """What a function that gave rows to `keep_rows` says of them when the last is written."""

    counts: Mapping[str, int]
    columns: tuple[str, ...] = ()
    version: int = 1
    listed: tuple[dict[str, Any], ...] = ()


def find_rows(folder: Path, made_of: Mapping[str, Any], fingerprint: str | None = None) -> StoredRows | None:
    """Open the rows that follow from `made_of`, if they are there whole, with this fingerprint if one is given."""
    for directory in sorted(folder.glob(f"{key_of(made_of)}.{fingerprint or '*'}")):
        found = _opened(directory, made_of)
        if found is not None:
            return found
    return None


def keep_rows(
    folder: Path, made_of: Mapping[str, Any], language: str, rows: Iterable[FaqRow], filled: Callable[[], Filled]
) -> StoredRows:
    """Write rows to disk, each host's together, in memory that does not grow with their number.

    The caller holds a lock, for two that write rows made of the same share a place for unfinished files.

    Args:
        folder: where rows of all studies lie; made when it is absent.
        made_of: all that the rows follow from, as JSON has it.
        language: two-letter code.
        rows: each host's one after another.
        filled: is called after the last row.
    """
    key = key_of(made_of)
    with workplace(folder / f".{key}.partial") as partial:
        written = _write(partial / _ROWS, rows)
        known = filled()
        about = {
            "made_of": made_of,
            "language": language,
            "counts": {**known.counts, "kept": written.rows},
            "hosts": written.hosts,
            "fingerprint": written.fingerprint,
            "bytes": (partial / _ROWS).stat().st_size,
            "columns": list(known.columns),
            "version": known.version,
            "listed": list(known.listed),
        }
        write_json(partial / _ABOUT, about)
        directory = folder / f"{key}.{written.fingerprint}"
        if _opened(directory, made_of) is None:
            shutil.rmtree(directory, ignore_errors=True)  # it is damaged
            os.rename(partial, directory)
    found = _opened(directory, made_of)
    assert found is not None, f"{directory} was just written"
    return found


@contextmanager
def workplace(directory: Path) -> Iterator[Path]:
    """A new directory that goes with the context; one that a killed process left is emptied."""
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with writing(directory, reads=True):
            directory.mkdir(parents=True)
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def key_of(made_of: Mapping[str, Any]) -> str:
    """Hash what rows follow from: 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Written:
    rows: int
    hosts: int
    fingerprint: str


def _write(path: Path, rows: Iterable[FaqRow]) -> _Written:
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema(
        [(name, pyarrow.float64() if name == "similarity" else pyarrow.string()) for name in _NAMES]
    )
    digest = hashlib.sha256()
    number, hosts, last = 0, 0, None
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[tuple[Any, ...]] = []
        for row in rows:
            values = _values_of(row)
            digest.update(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
            waiting.append(values)
            number += 1
            hosts += row.origin != last
            last = row.origin
            if len(waiting) == _ROW_GROUP:
                writer.write_batch(pyarrow.record_batch(list(zip(*waiting, strict=True)), schema=schema))
                waiting.clear()
        if waiting:
            writer.write_batch(pyarrow.record_batch(list(zip(*waiting, strict=True)), schema=schema))
    return _Written(number, hosts, digest.hexdigest()[:16])


def _opened(directory: Path, made_of: Mapping[str, Any]) -> StoredRows | None:
    """The rows of a directory; None when it is absent, or is not what its JSON says, or that says something else."""
    try:
        about = json.loads((directory / _ABOUT).read_bytes())
        whole = about["bytes"] == (directory / _ROWS).stat().st_size and directory.name.endswith(about["fingerprint"])
        if about["made_of"] != json.loads(json.dumps(made_of)) or not whole:
            return None
        return StoredRows(
            directory=directory,
            language=about["language"],
            counts=about["counts"],
            hosts=about["hosts"],
            fingerprint=about["fingerprint"],
            columns=tuple(about["columns"]),
            version=about["version"],
            listed=tuple(about["listed"]),
        )
    except (OSError, ValueError, LookupError, TypeError):
        return None
