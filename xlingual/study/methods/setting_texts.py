"""Short texts of settings, for a table's cell or a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def number(value: float) -> str:
    """Return a number with two digits, without a leading zero: ".05", "1", "1e-05"."""
    return f"{value:.2g}".removeprefix("0") or "0"


def setting(settings: Mapping[str, Any], key: str, prefix: str = "") -> str:
    """Return a setting's number after a prefix; empty where it is no number."""
    value = settings.get(key)
    return f"{prefix}{number(value)}" if isinstance(value, (int, float)) else ""


def magnitude(settings: Mapping[str, Any], key: str, prefix: str = "") -> str:
    """Return a setting's number as `setting` does, with its unit where that is not rms."""
    text = setting(settings, key, prefix)
    return f"{text}abs" if text and settings.get("unit") == "absolute" else text


def joined(*words: str) -> str:
    """Return the words that are not empty, with spaces between them."""
    return " ".join(word for word in words if word)
