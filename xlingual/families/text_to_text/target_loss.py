"""The loss of written targets, token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xlingual.models.on_device import on_device

IGNORED = -100
"""Label of padding, as in `transformers`."""


def text_targets(places: Sequence[tuple[Any, int]], device: torch.device) -> dict[str, Tensor]:
    """Target tokens of sequences.

    Returns:
        `labels`, (sequences, longest), padded with IGNORED; `asked`, (target tokens,), where there is no padding, row
        after row.
    """
    parts = [
        source.target_ids[int(source.target_pointers[i]) : int(source.target_pointers[i + 1])] for source, i in places
    ]
    labels = np.full((len(parts), max(map(len, parts))), IGNORED, dtype=np.int64)
    for row, part in zip(labels, parts, strict=True):
        row[: len(part)] = part
    asked = np.flatnonzero(labels != IGNORED)  # found here, for a GPU would have to tell the host how many there are
    return {name: on_device(array, device) for name, array in (("labels", labels), ("asked", asked))}


def token_weights(targets: Mapping[str, Tensor]) -> Tensor:
    """Weight of each target token, (target tokens,).

    Args:
        targets: see `text_targets`; where they hold `weights`, (sequences,), each token of a sequence has its weight.
            Without, the weighted sum is the mean over tokens times the number of sequences.
    """
    labels, asked = targets["labels"], targets["asked"]
    weights = targets.get("weights")
    if weights is None:
        return torch.full((len(asked),), len(labels) / max(1, len(asked)), device=labels.device)
    return weights[asked // labels.shape[1]]


def text_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Sum over tokens of weight times negative log-likelihood (cross-entropy, arXiv 1910.10683 section 2.4).

    Args:
        logits: of each target token, (target tokens, vocabulary).
        labels: ids of these tokens, (target tokens,).
        weights: of these tokens, (target tokens,).

    Returns:
        (), float32.
    """
    return (nn.functional.cross_entropy(logits.float(), labels, reduction="none") * weights).sum()
