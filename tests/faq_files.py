"""Rows, files and a filter for tests of FAQ data."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xlingual.data.faq.rows import FaqRow
from xlingual.errors import DataError


def row(number: int, host: str = "a.de", **changes: Any) -> dict[str, Any]:
    made = {"origin": host, "url": f"https://{host}/faq", "question": f"Frage {number}?", "answer": f"Antwort {number}"}
    return made | changes


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write one file, in the format of its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=2)
        return path
    text = "".join(json.dumps(each) + "\n" for each in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@dataclass(frozen=True)
class Dropped:
    question: str

    def as_json(self) -> dict[str, Any]:
        return {"question": self.question}


@dataclass
class Without:
    """A filter that drops rows by a word of their answer."""

    word: str
    counts: Counter[str] = field(default_factory=Counter)
    listed: list[Dropped] = field(default_factory=list)

    @classmethod
    def of(cls, word: str, language: str, columns: frozenset[str]) -> Without:
        if word == "label" and "topic" not in columns:
            raise DataError(f"{language}: no topic")
        if word == "exit":
            os._exit(1)
        return cls(word)

    def rows(self, rows: Iterator[FaqRow]) -> Iterator[FaqRow]:
        for each in rows:
            if self.word in each.answer.split():
                self.counts[f"dropped_{self.word}"] += 1
                self.listed.append(Dropped(each.question))
            else:
                yield each


@dataclass(frozen=True)
class Making:
    """Creates the filter; importable by other processes."""

    word: str

    def __call__(self, language: str, columns: frozenset[str]) -> Without:
        return Without.of(self.word, language, columns)
