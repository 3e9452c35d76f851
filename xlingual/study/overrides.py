"""Values from the command line (`--set key.path=value`) that override those of a study file."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from xlingual.errors import StudyFileError
from xlingual.study.document import Document, Path, SourceLine, dotted
from xlingual.study.syntax import FaultyText, parse


def apply_overrides(document: Document, overrides: Sequence[str]) -> Document:
    """Return the document with each "key.path=value" applied in order; later ones win.

    A value is read as YAML. Missing mappings on the way (or null) are created. Raises StudyFileError with one
    problem for each override that cannot be applied.
    """
    value, lines = copy.deepcopy(document.value), dict(document.lines)
    problems = []
    for override in overrides:
        key, equals, text = override.partition("=")
        line = SourceLine(f"--set {key.strip()}", 0)
        try:
            _apply(value, lines, _path(key, equals), text, line)
        except ValueError as error:
            problems.append(line.problem(str(error)))
    if problems:
        raise StudyFileError(problems)
    return Document(document.file, document.text, value, lines)


def _path(key: str, equals: str) -> Path:
    steps = key.strip().split(".")
    if not equals or not all(steps):
        raise ValueError("an override is key.path=value, for example --set training.updates=1000")
    return tuple(steps)


def _apply(value: dict[str, Any], lines: dict[Path, SourceLine], path: Path, text: str, line: SourceLine) -> None:
    try:
        parsed = parse(text)
    except FaultyText as error:
        raise ValueError("; ".join(fault.message for fault in error.faults)) from None
    inside = value
    for depth, step in enumerate(path[:-1], start=1):
        if inside.get(str(step)) is None:
            inside[str(step)] = {}
            lines[path[:depth]] = line
        inside = inside[str(step)]
        if not isinstance(inside, dict):
            whole = f"--set {dotted(path[:depth])}=..."
            raise ValueError(f"{dotted(path[:depth])} is {inside!r}, not a mapping; replace it whole with {whole}")
    inside[str(path[-1])] = parsed.value
    for old in [known for known in lines if known[: len(path)] == path]:
        del lines[old]
    lines.update({(*path, *below): line for below in parsed.lines})
    lines[path] = line
