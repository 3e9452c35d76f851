"""Store the pairs of one language on disk, grouped by host, under a fingerprint of everything that determines them.

FOLDER/KEY.CONTENT/
  rows.parquet     the pairs, with the columns of FaqRow, grouped by host
  faq.json         what determines them, counts, and the content's fingerprint; written last

KEY is a hash of what determines the rows, CONTENT one of the rows. A directory appears atomically and never changes.
Names that begin with a dot are unfinished. Directories can be deleted while no command is running; they are recreated.
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
"""Version of the stored rows. Raise it whenever the code would give other rows."""

_ABOUT, _ROWS = "faq.json", "rows.parquet"
_BATCH = 1024
_ROW_GROUP = 2048
_NAMES = tuple(field.name for field in fields(FaqRow))
_values_of = attrgetter(*_NAMES)


@dataclass(frozen=True)
class StoredRows:
    """The pairs of one language on disk, read one host at a time.

    Attributes:
        directory: directory of the files.
        language: two-letter code.
        counts: `read` is `kept`, the number of pairs here, plus all counts that begin with `dropped_`.
        hosts: number of hosts.
        fingerprint: 16 hexadecimal digits that depend only on the pairs and their order.
        columns: the optional columns of the source.
        version: version of WebFAQ, 1 or 2.
        listed: remarks on individual dropped rows, such as those that overlap the test set.
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
        """The pairs of each host, in order."""
        for _, rows in groupby(self._rows(), key=lambda row: row.origin):
            yield list(rows)

    def host_sizes(self) -> dict[str, int]:
        """Number of rows of each host, in order; reads a single column."""
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
    """Metadata of rows passed to `keep_rows`, known after the last row."""

    counts: Mapping[str, int]
    columns: tuple[str, ...] = ()
    version: int = 1
    listed: tuple[dict[str, Any], ...] = ()


def find_rows(folder: Path, made_of: Mapping[str, Any], fingerprint: str | None = None) -> StoredRows | None:
    """Open the rows determined by `made_of`, with this fingerprint if given; None if they are missing or incomplete."""
    for directory in sorted(folder.glob(f"{key_of(made_of)}.{fingerprint or '*'}")):
        found = _opened(directory, made_of)
        if found is not None:
            return found
    return None


def keep_rows(
    folder: Path, made_of: Mapping[str, Any], language: str, rows: Iterable[FaqRow], filled: Callable[[], Filled]
) -> StoredRows:
    """Write rows to disk in constant memory.

    The caller must hold a lock, because writers with the same `made_of` share a temporary directory.

    Args:
        folder: storage for rows of all studies; created if it does not exist.
        made_of: JSON value of everything that determines the rows.
        language: two-letter code.
        rows: rows grouped by host.
        filled: called after the last row.
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
            shutil.rmtree(directory, ignore_errors=True)  # damaged
            os.rename(partial, directory)
    found = _opened(directory, made_of)
    assert found is not None, f"{directory} was just written"
    return found


@contextmanager
def workplace(directory: Path) -> Iterator[Path]:
    """A temporary directory; leftovers of a killed process are removed."""
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with writing(directory, reads=True):
            directory.mkdir(parents=True)
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def key_of(made_of: Mapping[str, Any]) -> str:
    """Hash what determines the rows: 16 hexadecimal digits."""
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
    """The rows of a directory; None if it is missing or incomplete, or was made from something else."""
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
