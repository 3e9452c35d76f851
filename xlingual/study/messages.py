"""Validation errors whose message is already written for the user, and the words that they share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Path: TypeAlias = tuple[str | int, ...]
TOLD = "told"
"""The type of every validation error that needs no more words."""


def told(message: str) -> PydanticCustomError:
    """Return an error to raise in a validator; the user sees its message as it is."""
    return PydanticCustomError(TOLD, message)


def told_at(errors: Sequence[tuple[Path, str]]) -> ValidationError:
    """Return an error of several messages, each at a path below the value that is checked."""
    details = [InitErrorDetails(type=told(message), loc=path, input=None) for path, message in errors]
    return ValidationError.from_exception_data("study", details)


def relocated(errors: Sequence[tuple[ValidationError, Path]]) -> ValidationError:
    """Return one error of several, each moved below a path."""
    details = []
    for error, path in errors:
        for item in error.errors(include_url=False):
            kind = PydanticCustomError(item["type"], item["msg"])
            details.append(InitErrorDetails(type=kind, loc=(*path, *item["loc"]), input=item["input"]))
    return ValidationError.from_exception_data("study", details)


def shown(value: Any) -> str:
    """Show a value that was found, in the words of a study file and in at most 60 characters."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return _shortened(f"a mapping with the keys {', '.join(value)}") if value else "an empty mapping"
    return _shortened(json.dumps(value, ensure_ascii=False, default=str))


def did_you_mean(word: Any, known: Sequence[str], otherwise: str = "") -> str:
    """Return "did you mean 'x'?" for a near miss of a known word; or else what is given, or the known words."""
    near = get_close_matches(str(word), known, n=1) or get_close_matches(str(word).lower(), known, n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise or f"known here: {', '.join(known)}"


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
