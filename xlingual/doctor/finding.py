"""What a check of this machine finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        check: what was looked at.
        state: `ok`, `warning` (studies run, but slower or not everywhere) or `problem` (something fails later).
        found: what is there.
        write: what to do; empty where nothing is to be done.
    """

    check: str
    state: str
    found: str
    write: str = ""

    def line(self) -> str:
        """Say it in one line."""
        return f"{self.state:<7}  {self.check}: {self.found}{f'; {self.write}' if self.write else ''}"

    def as_json(self) -> dict[str, Any]:
        """Its fields."""
        return asdict(self)
