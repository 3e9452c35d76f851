"""Lengths of the inputs that a checkpoint is asked with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xlingual.errors import ModelError
from xlingual.families import Family, Lengths
from xlingual.study import TextToTextSettings, WindowSettings

RECORDED = "xlingual.json"
"""Holds the trial configuration that a checkpoint of a study was trained with."""

_KINDS: dict[str, tuple[str, type[Lengths]]] = {
    "extractive": ("windows", WindowSettings),
    "text_to_text": ("text_to_text", TextToTextSettings),
}


def checkpoint_lengths(directory: Path, family: Family) -> Lengths:
    """Lengths that a checkpoint was trained with, else those that are usual for its family.

    Args:
        directory: the checkpoint's.
        family: of the checkpoint.

    Raises:
        ModelError: when its xlingual.json does not say them.
    """
    path = directory / RECORDED
    if not path.exists():
        return family.usual_lengths(directory)
    key, kind = _KINDS[family.name]
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
        return kind.model_validate(recorded[key])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        reason = f"no {error} in it" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ModelError(
            f"model {directory}: its {RECORDED} does not say the lengths of its inputs ({reason}); restore the file, "
            "or delete it to have the usual lengths"
        ) from None


def plain(lengths: Lengths) -> Mapping[str, Any]:
    """Lengths as JSON's kinds: {"windows": {...}} or {"text_to_text": {...}}, as in a trial configuration."""
    key = "windows" if isinstance(lengths, WindowSettings) else "text_to_text"
    return {key: lengths.model_dump(mode="json")}
