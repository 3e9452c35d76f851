"""What the tables of several scripts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from xlingual.report.late_arms import shown
from xlingual.report.notes import warnings
from xlingual.report.number_format import NOTHING, signed
from xlingual.report.wide_table import Column, WideTable
from xlingual.scripts.command import Studies

STUDY = "study"
Row = TypeVar("Row")
Found = TypeVar("Found")
Cell = Callable[[Row], str]


def table_of(
    title: str,
    flags: Sequence[str],
    rows: Sequence[Row],
    first: tuple[str, Cell[Row]],
    *others: tuple[str, Cell[Row]],
    left: Iterable[str] = (),
) -> WideTable:
    """A table with a line a row.

    Args:
        title: of the table.
        flags: lines of warning under it.
        rows: of any kind.
        first: header of the first column, and a function from a row to its cell; the column of studies is left out
            where all rows are of one.
        others: the same of the other columns.
        left: headers of the columns that are text.
    """
    if others and first[0] == STUDY and len({first[1](row) for row in rows}) < 2:
        first, others = others[0], others[1:]
    name, cell = first
    sides = set(left)
    groups = [
        [Column(header, [shown(row) for row in rows], justify="left" if header in sides else "right")]
        for header, shown in others
    ]
    return WideTable(title, flags, Column(name, [cell(row) for row in rows]), groups)


def shown_of(studies: Studies, found: Mapping[str, Found]) -> dict[str, Found]:
    """What was found by study, with late arms marked, for tables and figures; CSV rows keep the names."""
    return {label: shown(one, studies[label].summary.late) for label, one in found.items()}


def flags_of(studies: Studies) -> list[str]:
    """The warnings of the studies' reports, each with its study where there are several."""
    alone = len(studies) == 1
    return [
        text if alone else f"{label}: {text}" for label, study in studies.items() for text in warnings(study.summary)
    ]


def interval(estimate: float | None, low: float | None, high: float | None, digits: int = 1, sign: bool = True) -> str:
    """A number with its bounds: "+1.2 [-0.5, +2.9]"; "-" for no number."""
    if estimate is None:
        return NOTHING
    style = f"{'+' if sign else ''}.{digits}f"
    bounds = "[no interval]" if low is None or high is None else f"[{low:{style}}, {high:{style}}]"
    return f"{estimate:{style}} {bounds}"


def number(value: float | None, digits: int = 1, sign: bool = False) -> str:
    """A rounded number; "-" for none."""
    if value is None:
        return NOTHING
    return signed(value) if sign and digits == 1 else f"{value:{'+' if sign else ''}.{digits}f}"


def flat(study: str, record: Mapping[str, Any], *leave_out: str) -> dict[str, Any]:
    """A CSV row of a plain record: its simple values, texts of several joined by spaces."""
    return {
        "study": study,
        **{
            key: " ".join(map(str, value)) if isinstance(value, (tuple, list)) else value
            for key, value in record.items()
            if key not in leave_out and not isinstance(value, Mapping)
        },
    }
