"""A source's text as the rest of the package can take it."""

from __future__ import annotations

from typing import Any

from xlingual.data.texts import mended, stripped


def clean_text(value: Any) -> str:
    """A source's value as text without white space and zero-width marks around it; empty for None.

    Halves of surrogate pairs, which JSON can spell and UTF-8 cannot, become question marks.
    """
    return stripped(mended(str(value or "")))
