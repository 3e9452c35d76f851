"""What a check of a cluster file finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a cluster file.

    Attributes:
        line: counted from 1.
        key: the key's path, such as `docker.image`; empty for a mistake of the YAML itself.
        found: what is there, and what follows from it.
        write: what to do instead.
    """

    line: int
    key: str
    found: str
    write: str

    def text(self, file: str) -> str:
        """Say it in one line."""
        return f"{file}:{self.line}: {f'{self.key}: ' if self.key else ''}{self.found}; {self.write}"
