"""Checkpoints of unfinished trainings, from which they continue exactly.

Weights (of heads that a recipe trains, too), what their average is made of, optimiser state, the number of updates done
and the reports so far. The learning-rate schedule, the position in the data and every random number are functions of
(configuration, update), so that nothing else needs to be kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xlingual.errors import RecordError
from xlingual.records.attached import fetch
from xlingual.records.files import remove, write_whole
from xlingual.records.storage import writing
from xlingual.training.hand_on import handed_on
from xlingual.training.model import TrainedModel
from xlingual.training.worker import Report, SoloWorker, Worker


@dataclass(frozen=True)
class Progress:
    """Progress of a training.

    Attributes:
        updates: done.
        reports: so far.
        since: what each worker summed up since the last report, see `Updater.sums`; empty at a report.
        unreadable: why the checkpoint could not be read, if so.
    """

    updates: int = 0
    reports: tuple[Report, ...] = ()
    since: tuple[dict[str, Any], ...] = ()
    unreadable: str = ""


def saved(model: TrainedModel, progress: Progress) -> dict[str, Any]:
    """What a checkpoint holds; its tensors are those of the model."""
    return {
        "updates": progress.updates,
        "reports": list(progress.reports),
        "since": list(progress.since),
        "model": model.plain.state_dict(),
        "heads": {name: head.state_dict() for name, head in model.losses.heads.items()},
        "average": model.average.state_dict(),
        "optimizer": model.optimizer.state_dict(),
        "vocabulary": model.vocabulary.fingerprint if model.vocabulary else None,
    }


def save_checkpoint(path: Path, content: dict[str, Any], check: Callable[[], None] = lambda: None) -> None:
    """Write a checkpoint, whole or not at all; not if the check, made when it is written, raises."""

    def write(partial: Path) -> None:
        torch.save(content, partial)
        check()

    write_whole(path, write)


def load_checkpoint(path: Path, model: TrainedModel, worker: Worker | None = None) -> Progress:
    """Continue from a checkpoint when there is one that can be read, else from the start.

    A file that cannot be read (half of it is gone) is set aside: training from the start gives the same numbers.

    One worker reads it, to the CPU's memory, and hands it on to the others, so that all have the same whatever each of
    them would find there. Each part takes from there to the model's device what it needs.

    Args:
        path: of the file.
        model: that continues.
        worker: this process; None for the only one.

    Raises:
        RecordError: on every worker, when the file is not a checkpoint of this training.
    """
    worker = worker or SoloWorker()
    found = _read(path, worker.device) if worker.rank == 0 else None
    content = handed_on(found, worker)
    if content is None:
        return Progress()
    if isinstance(content, str):
        return Progress(unreadable=content)
    try:
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
    return Progress(int(content["updates"]), tuple(content["reports"]), tuple(content["since"]))


def _read(path: Path, device: torch.device) -> dict[str, Any] | str | None:
    """A checkpoint's content; None where there is no file, and what to tell where it was set aside."""
    fetch(path)
    if not path.exists():
        return None
    try:
        # Mapped only where the model takes copies to its device: the optimiser's state on a CPU is what was loaded.
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=device.type != "cpu")
    except OSError:  # storage is away, which tells nothing of the file
        raise
    except Exception as error:
        broken = path.with_name(f"{path.name}.broken")
        with writing(broken):
            os.replace(path, broken)
            remove(path)  # of a mirror: from the store, too
        told = str(error).partition("\n")[0]
        return f"{path}: cannot be read ({type(error).__name__}: {told}); kept as {broken.name}, training starts over"
    return content


def on_host(content: Any) -> Any:
    """Copy all tensors of a checkpoint's content, which may go on changing, to the host's memory."""
    if isinstance(content, Tensor):
        return content.detach().to("cpu", copy=True)
    if isinstance(content, dict):
        return {name: on_host(part) for name, part in content.items()}
    if isinstance(content, list | tuple):
        return type(content)(on_host(part) for part in content)
    return content
