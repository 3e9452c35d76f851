"""Output that a terminal's encoding cannot hold: shown as escapes, never an error."""

from __future__ import annotations

import codecs
import sys

ESCAPES = "xlingual.escapes"
"""Name of the handler in Python's registry of what to do with characters that an encoding lacks."""


def prepare_output() -> None:
    """Let standard output and error show what their encoding lacks as escapes that are JSON's, too."""
    codecs.register_error(ESCAPES, _escaped)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=ESCAPES)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Write characters as \uXXXX, those beyond the first plane as two."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)), error.end
