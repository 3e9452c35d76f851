"""Lengths of the inputs that a checkpoint is asked with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xlingual.errors import ModelError
from xlingual.families import Family, Lengths
from xlingual.study import PairSettings, TextToTextSettings, WindowSettings

RECORDED = "xlingual.json"
"""Holds the trial configuration that a checkpoint of a study was trained with."""


def checkpoint_lengths(directory: Path, family: Family) -> Lengths:
    """Lengths that a checkpoint was trained with, else those that are usual for its family.

    Args:
        directory: the checkpoint's.
        family: of the checkpoint.

    Raises:
        ModelError: when its xlingual.json does not say them, or says those of a model of another task.
    """
    path = directory / RECORDED
    if not path.exists():
        return family.usual_lengths(directory)
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
        _refuse_another_task(directory, family, recorded)
        return family.lengths.model_validate(recorded[family.lengths.key])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        reason = f"no {error} in it" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ModelError(
            f"model {directory}: its {RECORDED} does not say the lengths of its inputs ({reason}); restore the file, "
            "or delete it to have the usual lengths"
        ) from None


def _refuse_another_task(directory: Path, family: Family, recorded: Mapping[str, Any]) -> None:
    """Refuse a checkpoint whose study trained it on another kind of inputs."""
    wanted = family.lengths
    if wanted.key in recorded:
        return
    other = next((kind for kind in (WindowSettings, TextToTextSettings, PairSettings) if kind.key in recorded), None)
    if other is not None:
        raise ModelError(
            f"model {directory}: it was trained for another task (its {RECORDED} has lengths of {other.unit}, not of "
            f"{wanted.unit}); name a checkpoint that {family.answers_by}"
        )
