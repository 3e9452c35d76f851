"""Marks arms that were chosen after the test set had been read, wherever a table names them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from xlingual.report.wide_table import Column, WideTable

MARK = "(late)"


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
