"""The loss of written targets, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

IGNORED = -100
"""Label of padding, as in `transformers`."""


def padded_targets(places: Sequence[tuple[Any, int]], device: torch.device) -> Tensor:
    """Target tokens of sequences, (sequences, longest), padded with IGNORED."""
    parts = [
        source.target_ids[int(source.target_pointers[i]) : int(source.target_pointers[i + 1])] for source, i in places
    ]
    labels = np.full((len(parts), max(map(len, parts))), IGNORED, dtype=np.int64)
    for row, part in zip(labels, parts, strict=True):
        row[: len(part)] = part
    return torch.from_numpy(labels).to(device)


def plain_weights(labels: Tensor) -> Tensor:
    """Weight of each row's tokens, (rows,): the weighted sum is the mean over tokens times the number of rows."""
    return torch.full((len(labels),), len(labels) / max(1, int((labels != IGNORED).sum())), device=labels.device)


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
