"""Prepare FAQ pairs for recipes: draw, filter, decontaminate and store them, with languages in parallel."""

from __future__ import annotations

import math
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from xlingual.activity import counted, doing
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.sampling import Draw, DrawnRows, language_tables
from xlingual.data.faq.store import FORMAT, Filled, StoredRows, find_rows, keep_rows, key_of, workplace
from xlingual.data.faq.tables import Table
from xlingual.errors import DataError
from xlingual.records.lock import hold


class RowFilter(Protocol):
    """A filter between source and store; each instance is used once.

    It may also have `listed`: remarks on dropped rows, which have `as_json`.
    """

    @property
    def counts(self) -> Mapping[str, int]:
        """Dropped rows, under names that begin with `dropped_`, and other counts; complete after the last row."""

    def rows(self, rows: Iterator[FaqRow]) -> Iterator[FaqRow]:
        """Yield the kept rows, grouped by host like the input."""


@dataclass(frozen=True)
class Step:
    """How to create the filter of a language, in any process.

    Attributes:
        made_of: JSON value of everything that determines the result; part of the rows' fingerprint.
        make: creates the filter from a two-letter code and the optional columns of the source; picklable.
    """

    made_of: Any
    make: Callable[[str, frozenset[str]], RowFilter]


def prepare_faq(
    source: str,
    languages: Sequence[str],
    draw: Draw,
    *,
    folder: Path,
    steps: Sequence[Step] = (),
    allow_shortage: bool = False,
    recorded: Mapping[str, str] | None = None,
    processes: int = 1,
) -> dict[str, StoredRows]:
    """Draw, filter and store the pairs of each language, by two-letter code; rows already stored are reused.

    Local sources are identified by a hash of their files, computed at every start: this is cheap compared to filtering,
    and name, size and time of a file do not identify its rows. The hub's content cannot be identified without reading
    it, so its rows are read again at every start, unless `recorded` gives the rows that the study used before and these
    are still stored.

    Args:
        source: see `faq_rows`.
        languages: two- or three-letter codes.
        draw: the rows to read for each language.
        folder: storage for rows of all studies.
        steps: filters to apply, in order.
        allow_shortage: whether a language may have fewer rows than requested; `counts["short"]` is then the difference.
        recorded: fingerprint of the rows that the study used before, by two-letter code.
        processes: number of languages prepared in parallel. Each process imports the caller's main script, which must
            be guarded by `if __name__ == "__main__"`. The rows do not depend on it.

    Raises:
        DataError: when a source, language or column does not exist, a row is malformed, or languages have too few rows
            (all are named at once).
    """
    tables = language_tables(source, languages)
    tasks = [
        _Task(table, code, draw, tuple(steps), folder, allow_shortage, (recorded or {}).get(code))
        for code, table in tables.items()
    ]
    found = dict(zip(tables, _all(tasks, processes), strict=True))
    short = {code: rows for code, rows in found.items() if isinstance(rows, int)}
    if short:
        raise _shortage(source, short, draw)
    kept = {code: rows for code, rows in found.items() if isinstance(rows, StoredRows)}
    _refuse_mixed(source, kept)
    _refuse_empty(source, kept)
    return kept


@dataclass(frozen=True)
class _Task:
    """Everything that determines one language's rows; can be sent to a process."""

    table: Table
    language: str
    draw: Draw
    steps: tuple[Step, ...]
    folder: Path
    allow_shortage: bool
    recorded: str | None

    def made_of(self) -> dict[str, Any]:
        content = self.table.content()
        return {
            "format": FORMAT,
            "source": {"hub": self.table.place} if content is None else {"sha256": content},
            "language": self.language,
            "draw": self.draw.as_json(),
            "steps": [step.made_of for step in self.steps],
        }


def _all(tasks: Sequence[_Task], processes: int) -> list[StoredRows | int]:
    if processes <= 1 or len(tasks) <= 1:
        with doing("preparing FAQ rows of the languages", len(tasks)) as preparing:
            return [_prepared(task) for task in counted(tasks, preparing)]
    context = multiprocessing.get_context("spawn")  # fork would copy locks held by other threads
    with ProcessPoolExecutor(min(processes, len(tasks)), mp_context=context) as pool:
        futures: list[Future[StoredRows | int]] = [pool.submit(_prepared, task) for task in tasks]
        try:
            with doing("preparing FAQ rows of the languages", len(tasks)) as preparing:
                return [future.result() for future in counted(futures, preparing)]
        except BrokenProcessPool as error:
            raise DataError(
                f"FAQ rows: one of {min(processes, len(tasks))} processes preparing them was killed (out of memory?); "
                "prepare fewer languages at a time"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _prepared(task: _Task) -> StoredRows | int:
    """The rows of one language, reused or created; if there are too few, the number of rows read."""
    made_of = task.made_of()
    reusable = "sha256" in made_of["source"] or task.recorded is not None
    found = find_rows(task.folder, made_of, task.recorded if "hub" in made_of["source"] else None) if reusable else None
    if found is not None:
        return _unless_short(found, task)
    with hold(task.folder / f".{key_of(made_of)}.lock", patience=math.inf):
        found = find_rows(task.folder, made_of) if "sha256" in made_of["source"] else None
        if found is not None:
            return _unless_short(found, task)
        with workplace(task.folder / f".{key_of(made_of)}.waiting") as waiting:
            return _made(task, made_of, waiting)


def _unless_short(found: StoredRows, task: _Task) -> StoredRows | int:
    short = found.counts.get("short", 0)
    return found if task.allow_shortage or not short else task.draw.rows - short


def _made(task: _Task, made_of: Mapping[str, Any], waiting: Path) -> StoredRows | int:
    drawn = DrawnRows(task.table, task.language, task.draw, waiting)
    filters = [step.make(task.language, drawn.columns.names) for step in task.steps]
    rows = iter(drawn)
    first = next(rows, None)  # reads all rows
    if drawn.counts["short"] and not task.allow_shortage:
        return drawn.counts["read"]
    if first is None:
        raise DataError(
            f"{task.table.place}: read {drawn.counts['read']} FAQ rows in {task.language}, none with both a question "
            "and an answer; name another source or leave the language out"
        )
    rows = _chained(first, rows)
    for each in filters:
        rows = each.rows(rows)
    return keep_rows(task.folder, made_of, task.language, rows, lambda: _filled(drawn, filters))


def _chained(first: FaqRow, rest: Iterator[FaqRow]) -> Iterator[FaqRow]:
    yield first
    yield from rest


def _filled(drawn: DrawnRows, filters: Sequence[RowFilter]) -> Filled:
    counts = Counter(drawn.counts)
    listed: list[dict[str, Any]] = []
    for each in filters:
        # A filter's own `read` and `kept` count only the rows left by the previous step.
        counts.update({name: number for name, number in each.counts.items() if name not in ("read", "kept")})
        listed.extend(dropped.as_json() for dropped in getattr(each, "listed", ()))
    return Filled(dict(counts), tuple(sorted(drawn.columns.names)), drawn.columns.version, tuple(listed))


def _shortage(source: str, short: Mapping[str, int], draw: Draw) -> DataError:
    stated = ", ".join(f"{code} has {read} ({draw.rows - read} short)" for code, read in short.items())
    empty = [code for code, read in short.items() if not read]
    if empty:
        remedy = f"leave {', '.join(empty)} out"
    else:
        remedy = f"write rows_per_language: {min(short.values())}, or allow_shortage: true"
    if draw.spread > 1:
        remedy += f", or a spread below {draw.spread}"
    return DataError(f"{source}: asked for {draw.rows} rows per language; {stated}; {remedy}")


def _refuse_empty(source: str, kept: Mapping[str, StoredRows]) -> None:
    empty = [f"{code} ({_dropped(rows)})" for code, rows in kept.items() if not len(rows)]
    if empty:
        raise DataError(
            f"{source}: no FAQ rows are left in {'; '.join(empty)}; loosen the filters that drop most, or leave these "
            "languages out"
        )


def _dropped(rows: StoredRows) -> str:
    named = {name: number for name, number in rows.counts.items() if name.startswith("dropped_") and number}
    return ", ".join(f"{name} {number}" for name, number in {"read": rows.counts["read"], **named}.items())


def _refuse_mixed(source: str, kept: Mapping[str, StoredRows]) -> None:
    """Refuse question types of both versions in one study: the same label would have two meanings."""
    versions = {
        version: [code for code, rows in kept.items() if rows.version == version and "question_type" in rows.columns]
        for version in (1, 2)
    }
    if all(versions.values()):
        stated = "; ".join(f"version {version}: {', '.join(codes)}" for version, codes in versions.items())
        raise DataError(
            f"{source}: has question types of both versions of WebFAQ ({stated}), which are different labels; name a "
            "source of one version, or drop the column question_type from the other's files"
        )
