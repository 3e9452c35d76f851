"""Weights that are numbers: neither NaN nor infinity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

from xlingual.activity import doing
from xlingual.errors import ModelError, TrialDiverged
from xlingual.models.checkpoint_files import weight_files


@doing("reading the weights of the model")
def check_values(directory: Path) -> None:
    """Refuse a checkpoint whose weights hold NaN or infinity, as those of a training that diverged do.

    Every file is read once: a gigabyte takes 0.6 s from memory.

    Raises:
        ModelError: names the file and its tensors.
    """
    for path in weight_files(directory, str(directory)):
        if broken := list(_broken(_tensors(path))):
            raise ModelError(
                f"model {directory}: its weights hold NaN or infinity ({path.name}: {_few(broken)}); fetch the file "
                "again, or name a checkpoint that was saved before its training diverged"
            )


def check_trained(model: nn.Module) -> None:
    """Refuse to keep a model whose weights are no numbers.

    Raises:
        TrialDiverged: names the weights.
    """
    if broken := list(_broken(model.named_parameters())):
        raise TrialDiverged(
            f"diverged: its weights hold NaN or infinity ({_few(broken)}); search smaller learning rates or noise "
            "magnitudes"
        )


def _tensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 (it is no mapping)
            yield name, file.get_tensor(name)


def _broken(tensors: Iterable[tuple[str, Tensor]]) -> Iterator[str]:
    for name, values in tensors:
        if values.is_floating_point() and values.numel():
            ends = torch.aminmax(values.detach())  # NaN where any value is
            if not (torch.isfinite(ends.min) and torch.isfinite(ends.max)):
                yield name


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
