"""A study file as read: plain values, and the line of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from xlingual.errors import Problem

Path: TypeAlias = tuple[str | int, ...]
"""The keys and list positions that lead to a value, for example ("data", "test", "languages", 0)."""


@dataclass(frozen=True, slots=True)
class OverrideProblem(Problem):
    """A mistake in a `--set key.path=value`: no line, and `file` holds "--set key.path"."""

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """The line of a file that a value is on, or (line 0) the `--set` that it comes from."""

    file: str
    line: int

    def problem(self, message: str) -> Problem:
        """Return a problem on this line."""
        kind = Problem if self.line else OverrideProblem
        return kind(self.file, self.line, message)


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a study file with overrides applied; `text` is the file as written."""

    file: str
    text: str
    value: dict[str, Any]
    lines: Mapping[Path, SourceLine]

    def line_of(self, path: Path) -> SourceLine:
        """Return the line of a path, or of the nearest enclosing path that is written."""
        for length in range(len(path), -1, -1):
            if (line := self.lines.get(path[:length])) is not None:
                return line
        return SourceLine(self.file, 1)

    def at(self, path: Path) -> Any:
        """Return the plain value that is written at a path."""
        value: Any = self.value
        for step in path:
            value = value[step]
        return value

    def writes(self, path: Path) -> bool:
        """Whether the file or an override writes this very path."""
        return path in self.lines


def dotted(path: Path) -> str:
    """Write a path as a user would: ("a", "b", 0) as "a.b[0]"."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
