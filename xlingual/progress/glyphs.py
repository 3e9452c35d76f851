"""Characters of the live table: boxes and marks where the terminal's encoding has them, else ASCII."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

MARKS = "█░✓●○■✗…"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What a terminal can show.

    Attributes:
        full, empty: of a bar.
        done, now, to_come, stopped, failed: marks of stages and failures.
        ellipsis: where a text is cut.
        encoding: of the terminal; other characters are written as escapes, before widths are counted.
    """

    full: str = "█"
    empty: str = "░"
    done: str = "✓"
    now: str = "●"
    to_come: str = "○"
    stopped: str = "■"
    failed: str = "✗"
    ellipsis: str = "…"
    encoding: str = "utf-8"

    @classmethod
    def of(cls, encoding: str) -> Glyphs:
        """Those of a terminal with this encoding."""
        try:
            MARKS.encode(codecs.lookup(encoding).name)
        except (LookupError, UnicodeEncodeError):
            return cls("#", ".", "+", ">", "-", "=", "x", "~", encoding)
        return cls(encoding=encoding)

    def shown(self, text: str) -> str:
        """The text in one line; what the encoding lacks as an escape, control characters left out."""
        line = "".join(char if char.isprintable() else " " for char in text)
        try:
            return line.encode(self.encoding, "backslashreplace").decode(self.encoding)
        except LookupError:
            return line.encode("ascii", "backslashreplace").decode("ascii")

    def clip(self, text: str, width: int) -> str:
        """The text as `shown`, in at most `width` columns; East Asian characters take two."""
        text = self.shown(text)
        if cell_len(text) <= width:
            return text
        return set_cell_size(text, max(0, width - 1)).rstrip() + self.ellipsis if width > 0 else ""

    def bar(self, done: float, total: float, width: int) -> str:
        """A bar of `width` characters, filled by the share done; full only when all is done."""
        filled = 0 if total <= 0 else min(width, int(width * done / total))
        return self.full * filled + self.empty * (width - filled)


UNICODE = Glyphs()
