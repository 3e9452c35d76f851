"""Checkpoints of unfinished trainings, from which they continue exactly.

Weights (of heads that a recipe trains, too), what their average is made of, optimiser state, the number of updates done
and the reports so far. The learning-rate schedule, the position in the data and every random number are functions of
(configuration, update), so that nothing else needs to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from xlingual.errors import RecordError
from xlingual.records.attached import fetch
from xlingual.records.files import write_whole
from xlingual.training.model import TrainedModel
from xlingual.training.worker import Report


@dataclass(frozen=True)
class Progress:
    """Progress of a training: updates done, and its reports so far."""

    updates: int = 0
    reports: tuple[Report, ...] = ()


def save_checkpoint(path: Path, model: TrainedModel, progress: Progress) -> None:
    """Write a checkpoint, whole or not at all."""
    content = {
        "updates": progress.updates,
        "reports": list(progress.reports),
        "model": model.plain.state_dict(),
        "heads": {name: head.state_dict() for name, head in model.losses.heads.items()},
        "average": model.average.state_dict(),
        "optimizer": model.optimizer.state_dict(),
        "vocabulary": model.vocabulary.fingerprint if model.vocabulary else None,
    }
    write_whole(path, lambda partial: torch.save(content, partial))


def load_checkpoint(path: Path, model: TrainedModel) -> Progress:
    """Continue from a checkpoint when there is one, else from the start.

    It is read to the CPU's memory, from which each part takes to the model's device what it needs there.

    Raises:
        RecordError: when the file is not a checkpoint of this training.
    """
    fetch(path)
    if not path.exists():
        return Progress()
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if content["vocabulary"] != (model.vocabulary.fingerprint if model.vocabulary else None):
            raise ValueError("its word embeddings are trimmed to other inputs")
        model.plain.load_state_dict(content["model"])
        for name, head in model.losses.heads.items():
            head.load_state_dict(content["heads"][name])
        model.average.load_state_dict(content["average"])
        model.optimizer.load_state_dict(content["optimizer"])
    except Exception as error:
        raise RecordError(
            f"{path}: not a checkpoint of this trial ({type(error).__name__}: {error}); "
            "delete it to train from the start"
        ) from error
    return Progress(int(content["updates"]), tuple(content["reports"]))
