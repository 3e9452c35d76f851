"""What one worker read, on all workers of a trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xlingual.training.worker import Worker


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor was: its number among all, its shape and type."""

    number: int
    shape: tuple[int, ...]
    dtype: torch.dtype


def handed_on(content: Any, worker: Worker) -> Any:
    """Return what rank 0 has, on every worker.

    Args:
        content: dictionaries, lists and tuples of tensors and picklable values; of rank 0, others' is not looked at.
        worker: this process.
    """
    if worker.workers == 1:
        return content
    tensors: list[Tensor] = []

    def taken(tensor: Any) -> Any:
        tensors.append(tensor)
        return _Place(len(tensors) - 1, tuple(tensor.shape), tensor.dtype)

    bare = worker.gather(_mapped(content, Tensor, taken) if worker.rank == 0 else None)[0]

    def received(place: Any) -> Any:
        mine = tensors[place.number] if worker.rank == 0 else torch.empty(place.shape, dtype=place.dtype)
        return worker.hand_on(mine)

    return _mapped(bare, _Place, received)


def _mapped(content: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    """Change all values of a kind in a tree, in order."""
    if isinstance(content, kind):
        return change(content)
    if isinstance(content, dict):
        return {name: _mapped(part, kind, change) for name, part in content.items()}
    if isinstance(content, list | tuple):
        return type(content)(_mapped(part, kind, change) for part in content)
    return content
