"""How templates are filled in: everything that they are given is escaped."""

from __future__ import annotations

from itertools import count

from jinja2 import Environment, PackageLoader, StrictUndefined

from xlingual.report.wide_table import WideTable

STYLES = {"green": "up", "red": "down", "bold": "strong"}
"""Classes of the cells that have a style in a terminal."""


WRAPPED, BETWEEN = 40, 2
"""Characters of a column that wraps, and between two columns."""


def characters(table: WideTable) -> int:
    """About how many characters wide a table is: print makes letters smaller where they would not fit on paper."""
    columns = (table.first, *table.columns)
    widths = (
        max(len(line) for text in (one.header, *one.cells) for line in text.splitlines() or [""]) for one in columns
    )
    return sum(min(width, WRAPPED) if one.wraps else width for one, width in zip(columns, widths, strict=True)) + (
        BETWEEN * len(columns)
    )


def environment(prefix: str = "table") -> Environment:
    """Make the templates' environment; identifiers of tables begin with `prefix`."""
    made = Environment(
        loader=PackageLoader("xlingual.page"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    identifiers = count(1)
    made.globals["characters"] = characters
    made.globals["next_id"] = lambda: f"{prefix}-{next(identifiers)}"
    return made
