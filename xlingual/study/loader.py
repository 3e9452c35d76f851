"""Read a study file: safe YAML without duplicate keys, with the line of every value."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from xlingual.errors import Problem, StudyFileError
from xlingual.study.document import Document, SourceLine
from xlingual.study.overrides import apply_overrides
from xlingual.study.syntax import FaultyText, parse

_SHAPE = 'a study file is a mapping that begins for example with "name: my_study"'


def read_document(path: str | PathLike[str], overrides: Sequence[str] = ()) -> Document:
    """Read a study file as a mapping, then apply overrides such as "data.train=PATH" in their order.

    Raises StudyFileError with every problem of the YAML itself: the file is absent, not UTF-8, empty, not a mapping,
    not YAML, says a key twice, or an override does not fit.
    """
    file = str(path)
    return apply_overrides(document_of(_read_text(file), file), overrides)


def document_of(text: str, file: str) -> Document:
    """Read the text of a study file; `file` is the name that its problems carry."""
    try:
        parsed = parse(text)
    except FaultyText as error:
        problems = sorted((Problem(file, fault.line, fault.message) for fault in error.faults), key=lambda p: p.line)
        raise StudyFileError(problems) from None
    if parsed.value is None:
        raise StudyFileError([Problem(file, 1, f"the file is empty; {_SHAPE}")])
    if not isinstance(parsed.value, dict):
        kind = "a list" if isinstance(parsed.value, list) else f"the one value {parsed.value!r:.60}"
        raise StudyFileError([Problem(file, parsed.lines[()], f"found {kind}; {_SHAPE}")])
    lines = {path: SourceLine(file, line) for path, line in parsed.lines.items()}
    return Document(file, text, parsed.value, lines)


def _read_text(file: str) -> str:
    try:
        with open(file, "rb") as stream:
            content = stream.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StudyFileError([Problem(file, 1, f"cannot read the study file: {reason}; check the path")]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file in the UTF-8 encoding"
        raise StudyFileError([Problem(file, line, message)]) from None
