"""Group rows by host on disk, in constant memory."""

from __future__ import annotations

import marshal
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

from xlingual.data.faq.rows import FaqRow

_ROWS_AT_ONCE = 512
_values_of = attrgetter(*(field.name for field in fields(FaqRow)))

_PREPARATION = (
    "PRAGMA journal_mode = OFF",  # the file is temporary
    "PRAGMA synchronous = OFF",
    "CREATE TABLE host (number INTEGER PRIMARY KEY, name TEXT UNIQUE)",
    "CREATE TABLE pair (host INTEGER, content BLOB)",
)


def host_by_host(rows: Iterable[FaqRow], folder: Path | None = None) -> Iterator[FaqRow]:
    """Yield all rows grouped by host: hosts in order of their first row, rows of a host in their original order.

    Rows are buffered in a SQLite file until the last one is read, because any host may occur again.

    Args:
        rows: rows in any order.
        folder: directory for the file; None for the system's temporary directory.
    """
    with (
        tempfile.TemporaryDirectory(prefix=".faq-rows-", dir=folder) as place,
        closing(sqlite3.connect(Path(place) / "rows.sqlite", isolation_level=None)) as base,
    ):
        for statement in _PREPARATION:
            base.execute(statement)
        base.execute("BEGIN")
        together = _fill(base, rows)
        base.execute("COMMIT")
        if not together:
            base.execute("CREATE INDEX by_host ON pair (host)")
        order = "rowid" if together else "host, rowid"
        for (content,) in base.execute(f"SELECT content FROM pair ORDER BY {order}"):
            yield FaqRow(*marshal.loads(content))


def _fill(base: sqlite3.Connection, rows: Iterable[FaqRow]) -> bool:
    """Insert the rows; return whether they were already grouped by host."""
    together = True
    last, number = None, 0
    waiting: list[tuple[int, bytes]] = []
    for row in rows:
        if row.origin != last:
            last = row.origin
            known = base.execute("SELECT number FROM host WHERE name = ?", (last,)).fetchone()
            together &= known is None
            number = known[0] if known else base.execute("INSERT INTO host (name) VALUES (?)", (last,)).lastrowid or 0
        waiting.append((number, marshal.dumps(_values_of(row))))
        if len(waiting) == _ROWS_AT_ONCE:
            base.executemany("INSERT INTO pair VALUES (?, ?)", waiting)
            waiting.clear()
    base.executemany("INSERT INTO pair VALUES (?, ?)", waiting)
    return together
