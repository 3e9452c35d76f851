"""Markdown tables, as both reference pages draw them."""

from __future__ import annotations

from collections.abc import Sequence

GENERATED = "<!-- Written by `make docs`, from the code. Change the code, not this page. -->"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of Markdown; a bar in a cell is escaped."""
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """Return text as inline code, nothing where there is none."""
    return f"`{text}`" if text else ""
