"""Clean texts of a source."""

from __future__ import annotations

from typing import Any

from xlingual.data.texts import mended, stripped


def clean_text(value: Any) -> str:
    """Convert a source's value to text, stripped of white space and zero-width marks; "" for None.

    Halves of surrogate pairs, which JSON can express but UTF-8 cannot, become question marks.
    """
    return stripped(mended(str(value or "")))
