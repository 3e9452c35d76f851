"""Marks arms that were chosen after the test set had been read, wherever a table or figure names them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from xlingual.report.wide_table import Column, WideTable

MARK = "(late)"
NAMES = ("arm", "against", "better", "other")
"""Fields that hold an arm's name in what analyses find."""
T = TypeVar("T")


def marked(name: str, late: Collection[str]) -> str:
    """An arm's name in a table."""
    return f"{name} {MARK}" if name in late else name


def with_marks(table: WideTable, late: Collection[str]) -> WideTable:
    """Mark these arms in a table's title, in its column of arms, and in the headers of columns that are an arm's."""
    if not late:
        return table
    names = "|".join(map(re.escape, sorted(late, key=len, reverse=True)))
    row, header = re.compile(rf"^({names})(?=$|[, ])"), re.compile(rf"(^|\nto )({names})(?=$|\n)")
    title = re.compile(rf"(: | minus )({names})(?=$| minus | in percentage points)")
    first = table.first
    if first.header == "arm":
        first = replace(first, cells=[row.sub(rf"\1 {MARK}", cell) for cell in first.cells])
    groups = [[_headed(column, header) for column in group] for group in table.groups]
    return replace(table, title=title.sub(rf"\1\2 {MARK}", table.title), first=first, groups=groups)


def _headed(column: Column, header: re.Pattern[str]) -> Column:
    return replace(column, header=header.sub(rf"\1\2 {MARK}", column.header))


def shown(found: T, late: Collection[str]) -> T:
    """What an analysis found, as tables and figures name its arms; rows to write keep the names as they are.

    Args:
        found: data classes or named tuples whose `NAMES` are arms, alone or in lists, tuples and one another.
        late: names of the arms to mark.
    """
    marked_too: T = _shown(found, late) if late else found
    return marked_too


def _shown(found: Any, late: Collection[str]) -> Any:
    if is_dataclass(found) and not isinstance(found, type):
        return replace(found, **_changed({one.name: getattr(found, one.name) for one in fields(found)}, late))
    if hasattr(found, "_fields"):
        return found._replace(**_changed(found._asdict(), late))
    return type(found)(_shown(one, late) for one in found) if isinstance(found, (list, tuple)) else found


def _changed(values: dict[str, Any], late: Collection[str]) -> dict[str, Any]:
    """New values of the fields that name an arm, or hold something that may."""
    names = {key: marked(value, late) for key, value in values.items() if key in NAMES and isinstance(value, str)}
    return names | {key: _shown(value, late) for key, value in values.items() if isinstance(value, (list, tuple))}
