"""A source's text as the rest of the package can take it."""

from __future__ import annotations

from typing import Any


def clean_text(value: Any) -> str:
    """A source's value as text without white space around it; empty for None.

    Halves of surrogate pairs, which JSON can spell and UTF-8 cannot, become question marks.
    """
    text = str(value or "").strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
