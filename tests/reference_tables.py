"""Markdown tables for the reference pages."""

from __future__ import annotations

from collections.abc import Sequence

GENERATED = "<!-- Written by `make docs`, from the code. Change the code, not this page. -->"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; bars in cells are escaped."""
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """Return text as inline code; "" for no text."""
    return f"`{text}`" if text else ""
