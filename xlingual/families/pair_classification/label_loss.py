"""The loss of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xlingual.models.on_device import on_device


def label_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum over pairs of the cross-entropy of the label, (), float32 (Devlin et al., NAACL 2019, section 4.1).

    Args:
        logits: (pairs, labels).
        labels: number of each pair's label, (pairs,).
    """
    loss: Tensor = nn.functional.cross_entropy(logits.float(), labels, reduction="sum")
    return loss


def label_numbers(places: Sequence[tuple[Any, int]], device: torch.device) -> Tensor:
    """Number of each pair's label, (pairs,)."""
    return on_device(np.array([int(source.label[i]) for source, i in places]), device)
