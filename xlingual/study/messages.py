"""Validation errors with messages written for the user, and phrases that they share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Path: TypeAlias = tuple[str | int, ...]
USER_ERROR = "user_error"
"""Type of the validation errors whose message is final."""


def user_error(message: str) -> PydanticCustomError:
    """Return an error to raise in a validator; the user sees its message unchanged."""
    return PydanticCustomError(USER_ERROR, message)


def user_errors(errors: Sequence[tuple[Path, str]]) -> ValidationError:
    """Return an error with several messages, each at a path below the checked value."""
    details = [InitErrorDetails(type=user_error(message), loc=path, input=None) for path, message in errors]
    return ValidationError.from_exception_data("study", details)


def relocated(errors: Sequence[tuple[ValidationError, Path]]) -> ValidationError:
    """Merge several errors into one, each moved below a path."""
    details = []
    for error, path in errors:
        for item in error.errors(include_url=False):
            kind = PydanticCustomError(item["type"], item["msg"])
            details.append(InitErrorDetails(type=kind, loc=(*path, *item["loc"]), input=item["input"]))
    return ValidationError.from_exception_data("study", details)


def shown(value: Any) -> str:
    """Show a value as a study file would write it, in at most 60 characters."""
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
