"""Output of commands: escapes for what a terminal cannot show."""

from __future__ import annotations

import codecs
import json
import math
import sys
from typing import Any

ESCAPES = "xlingual.escapes"
"""Name of the codec error handler for characters that an encoding lacks."""


def prepare_output() -> None:
    """Let standard output and error show characters that their encoding lacks as escapes, which are valid JSON."""
    codecs.register_error(ESCAPES, _escaped)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=ESCAPES)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Write characters as \uXXXX, as a surrogate pair beyond the first plane."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)), error.end


def print_json(content: Any, *, indent: int | None = 2) -> None:
    """Print a value as strict JSON on standard output, numbers that are not finite as null.

    Args:
        content: plain values.
        indent: None for one line.
    """
    print(json.dumps(_finite(content), indent=indent, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value
