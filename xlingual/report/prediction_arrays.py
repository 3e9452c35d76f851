"""One file of predictions as arrays: which questions were asked, and how their answers scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xlingual.errors import RecordError
from xlingual.records.predictions import read_columns, read_rows
from xlingual.tasks.question_answering import CHARACTER_F1, SHARES

if TYPE_CHECKING:
    import pyarrow

Floats = npt.NDArray[np.float64]
Order = npt.NDArray[np.uint64]
METRICS = ("f1", "exact_match")

_TEXTS = ("id", "paragraph")
_NAMES = (*_TEXTS, "article", *METRICS, CHARACTER_F1, *SHARES)


@dataclass(frozen=True)
class Answers:
    """The answers of one replicate in one language, in the order of their file.

    Attributes:
        ids: of the questions, (questions,) texts without duplicates.
        paragraphs: (questions,) texts.
        articles: (questions,) texts, null where a question has none; None where no row has the key.
        scores: by METRICS and CHARACTER_F1 where its rows hold it, (questions,) in percent.
        shares: by SHARES where its rows hold them, (questions,) 0 or 100.
    """

    ids: pyarrow.Array
    paragraphs: pyarrow.Array
    articles: pyarrow.Array | None
    scores: dict[str, Floats]
    shares: dict[str, Floats]

    def order(self) -> Order:
        """Places of the questions by their id."""
        import pyarrow.compute

        return np.asarray(np.from_dlpack(pyarrow.compute.sort_indices(self.ids)), dtype=np.uint64)


def read_answers(path: Path, like: Answers | None = None) -> Answers:
    """Read a file of predictions: its columns where they are of its lines as these are now, else the lines.

    Args:
        path: of the lines.
        like: other answers, whose ids are known to be distinct.

    Raises:
        RecordError: when it is not there, or a row is broken; names the file and the line.
        StorageError: when it cannot be read.
    """
    if not path.exists():
        raise RecordError(
            f"{path}: not there, though the journal says that this replicate was scored; "
            "restore the file from a backup, or score the replicate again by the command that ran the study"
        )
    answers = _answers(read_columns(path, _NAMES), like)
    if answers is None:
        rows, table = read_rows(path, _NAMES)
        answers = _answers(table, like)
        if answers is None:
            _check_rows(path, rows)
            raise RecordError(f"{path}: a text holds half of a character (a lone surrogate); {_EXPECTED}")
    return answers


def _answers(table: pyarrow.Table | None, like: Answers | None) -> Answers | None:
    """Take answers from columns; None where there are none or a row is broken."""
    if table is None:
        return None
    columns = {name: table.column(name).combine_chunks() for name in _NAMES if name in table.column_names}
    complete = {*_TEXTS, *METRICS} <= columns.keys()
    if not complete or not len(table) or any(columns[n].null_count for n in columns if n != "article"):
        return None
    shares = {name: 100.0 * _numbers(columns[name], "bool") for name in SHARES if name in columns}
    scores = {name: _numbers(columns[name], "double") for name in (*METRICS, CHARACTER_F1) if name in columns}
    ids, articles = columns["id"], columns.get("article")
    sound = (
        all(str(columns[name].type) == "string" for name in (*_TEXTS, "article") if name in columns)
        and all(_are_percents(values) for values in (*scores.values(), *shares.values()))
        and len(shares) in (0, len(SHARES))
        and ((like is not None and ids.equals(like.ids)) or len(ids.unique()) == len(ids))
    )
    return Answers(ids, columns["paragraph"], articles, scores, shares) if sound else None


def _numbers(column: pyarrow.Array, kind: str) -> Floats:
    """Numbers of a column; NaN where it is of another kind."""
    if str(column.type) != kind:
        return np.full(len(column), np.nan)
    numbers = np.from_dlpack(column.cast("float64"))  # Arrow's own conversion would import pandas, which takes a second
    return np.asarray(numbers, dtype=np.float64)


def _are_percents(values: Floats) -> bool:
    return bool(values.min() >= 0.0 and values.max() <= 100.0)  # both are false of NaN


def _check_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse the first row that is broken.

    Raises:
        RecordError: names the line, or the question.
    """
    seen: set[str] = set()
    for line, row in enumerate(rows, start=1):
        wrong = [key for key in _TEXTS if not isinstance(row.get(key), str)]
        wrong += [metric for metric in METRICS if not _is_percent(row.get(metric))]
        wrong += ["article"] if not isinstance(row.get("article"), str | None) else []
        if wrong:
            raise RecordError(f"{path}:{line}: {wrong[0]!r} is {row.get(wrong[0])!r}; {_EXPECTED}")
        if row["id"] in seen:
            raise RecordError(f"{path}:{line}: question {row['id']!r} is here twice; each is answered once")
        seen.add(row["id"])
    if not rows:
        raise RecordError(f"{path}: no prediction in it; {_EXPECTED}")
    _check_characters(path, rows)
    _check_shares(path, rows)


_EXPECTED = (
    "a row holds the texts id and paragraph, that of an article if it has one, and exact_match and f1 between 0 and 100"
)


def _check_characters(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows say CHARACTER_F1, or none does."""
    for row in rows if any(CHARACTER_F1 in row for row in rows) else ():
        if not _is_percent(row.get(CHARACTER_F1)):
            raise RecordError(
                f"{path}: question {row['id']!r} has {CHARACTER_F1} {row.get(CHARACTER_F1)!r}; rows of a language "
                "written without spaces all hold it, between 0 and 100"
            )


def _check_shares(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows say SHARES, or none does."""
    for row in rows if any(name in row for row in rows for name in SHARES) else ():
        for name in SHARES:
            if not isinstance(row.get(name), bool):
                raise RecordError(
                    f"{path}: question {row['id']!r} has {name} {row.get(name)!r}; rows of a model that writes its "
                    f"answers all hold {', '.join(SHARES)}, true or false"
                )


def _is_percent(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
