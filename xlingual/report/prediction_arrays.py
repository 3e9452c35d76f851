"""One file of predictions as arrays: its questions and the scores of their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xlingual.errors import RecordError
from xlingual.records.predictions import read_columns, read_rows
from xlingual.task_metrics import TaskMetrics

if TYPE_CHECKING:
    import pyarrow

Floats = npt.NDArray[np.float64]
Order = npt.NDArray[np.uint64]
_TEXTS = ("id", "paragraph")


@dataclass(frozen=True)
class Answers:
    """The answers of one replicate in one language, in the order of their file.

    Attributes:
        ids: of the questions, (questions,) texts without duplicates.
        paragraphs: (questions,) texts.
        articles: (questions,) texts, null if a question has none; None if no row has the key.
        scores: by metric, those of some languages where the rows hold them, (questions,) in percent.
        shares: by share where the rows hold them, (questions,) 0 or 100.
        label: the one that every answer is; None where they differ, or are no labels.
    """

    ids: pyarrow.Array
    paragraphs: pyarrow.Array
    articles: pyarrow.Array | None
    scores: dict[str, Floats]
    shares: dict[str, Floats]
    label: str | None = None

    def order(self) -> Order:
        """Indices that sort the questions by id."""
        import pyarrow.compute

        return np.asarray(np.from_dlpack(pyarrow.compute.sort_indices(self.ids)), dtype=np.uint64)


def read_answers(path: Path, metrics: TaskMetrics, like: Answers | None = None) -> Answers:
    """Read a file of predictions: its columns if they match its present lines, else the lines.

    Args:
        path: of the lines.
        metrics: those of the task.
        like: other answers, whose ids are known to be distinct.

    Raises:
        RecordError: when it is missing, or a row is broken; names the file and the line.
        StorageError: when it cannot be read.
    """
    if not path.exists():
        raise RecordError(
            f"{path}: missing, though the journal says that this replicate was scored; "
            "restore the file from a backup, or score the replicate again with the command that ran the study"
        )
    names = _columns(metrics)
    answers = _answers(read_columns(path, names), metrics, like)
    if answers is None:
        rows, table = read_rows(path, names)
        answers = _answers(table, metrics, like)
        if answers is None:
            _check_rows(path, rows, metrics)
            raise RecordError(f"{path}: a text holds half of a character (a lone surrogate); {_expected(metrics)}")
    return answers


def _columns(metrics: TaskMetrics) -> tuple[str, ...]:
    label = ("prediction",) if metrics.labels else ()
    return (*_TEXTS, *label, "article", *metrics.ranked, *metrics.partial_names, *metrics.share_names)


def _answers(table: pyarrow.Table | None, metrics: TaskMetrics, like: Answers | None) -> Answers | None:
    """Take answers from columns; None if there are none or a row is broken."""
    if table is None:
        return None
    present = [name for name in _columns(metrics) if name in table.column_names]
    columns = {name: table.column(name).combine_chunks() for name in present}
    complete = {*_TEXTS, *metrics.names} <= columns.keys()
    labels = columns.pop("prediction").unique().to_pylist() if metrics.labels and "prediction" in columns else []
    if not complete or not len(table) or any(columns[n].null_count for n in columns if n != "article"):
        return None
    shares = {name: 100.0 * _numbers(columns[name], "bool") for name in metrics.share_names if name in columns}
    scored = [name for name in (*metrics.ranked, *metrics.partial_names) if name in columns]
    scores = {name: _numbers(columns[name], "double") for name in scored}
    ids, articles = columns["id"], columns.get("article")
    sound = (
        all(str(columns[name].type) == "string" for name in (*_TEXTS, "article") if name in columns)
        and all(_are_percents(values) for values in (*scores.values(), *shares.values()))
        and len(shares) in (0, len(metrics.shares))
        and ((like is not None and ids.equals(like.ids)) or len(ids.unique()) == len(ids))
    )
    label = labels[0] if len(labels) == 1 else None
    return Answers(ids, columns["paragraph"], articles, scores, shares, label) if sound else None


def _numbers(column: pyarrow.Array, kind: str) -> Floats:
    """Numbers of a column; NaN if it has another type."""
    if str(column.type) != kind:
        return np.full(len(column), np.nan)
    numbers = np.from_dlpack(column.cast("float64"))  # Arrow's own conversion would import pandas, which takes a second
    return np.asarray(numbers, dtype=np.float64)


def _are_percents(values: Floats) -> bool:
    return bool(values.min() >= 0.0 and values.max() <= 100.0)  # both are false for NaN


def _check_rows(path: Path, rows: Sequence[Mapping[str, Any]], metrics: TaskMetrics) -> None:
    """Refuse the first row that is broken.

    Raises:
        RecordError: names the line, or the question.
    """
    expected = _expected(metrics)
    seen: set[str] = set()
    for line, row in enumerate(rows, start=1):
        wrong = [key for key in _TEXTS if not isinstance(row.get(key), str)]
        wrong += [metric for metric in metrics.ranked if not _is_percent(row.get(metric))]
        wrong += ["article"] if not isinstance(row.get("article"), str | None) else []
        if wrong:
            raise RecordError(f"{path}:{line}: {wrong[0]!r} is {row.get(wrong[0])!r}; {expected}")
        if row["id"] in seen:
            raise RecordError(f"{path}:{line}: question {row['id']!r} occurs twice; each must be answered once")
        seen.add(row["id"])
    if not rows:
        raise RecordError(f"{path}: the file has no predictions; {expected}")
    for metric in metrics.partial_names:
        _check_partial(path, rows, metric)
    _check_shares(path, rows, metrics.share_names)


def _expected(metrics: TaskMetrics) -> str:
    names = " and ".join(metrics.names)
    return f"a row holds the texts id and paragraph, that of an article if it has one, and {names} between 0 and 100"


def _check_partial(path: Path, rows: Sequence[Mapping[str, Any]], metric: str) -> None:
    """All rows hold the metric, or none does."""
    for row in rows if any(metric in row for row in rows) else ():
        if not _is_percent(row.get(metric)):
            raise RecordError(
                f"{path}: question {row['id']!r} has {metric} {row.get(metric)!r}; either all rows of a language hold "
                "it, between 0 and 100, or none does"
            )


def _check_shares(path: Path, rows: Sequence[Mapping[str, Any]], shares: Sequence[str]) -> None:
    """All rows hold the shares, or none does."""
    for row in rows if any(name in row for row in rows for name in shares) else ():
        for name in shares:
            if not isinstance(row.get(name), bool):
                raise RecordError(
                    f"{path}: question {row['id']!r} has {name} {row.get(name)!r}; rows of a model that writes its "
                    f"answers all hold {', '.join(shares)}, true or false"
                )


def _is_percent(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
