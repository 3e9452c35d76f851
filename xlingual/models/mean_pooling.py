"""A text as one vector: the mean of its last hidden states."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from xlingual.models.on_device import on_device


def mean_pooled(hidden: Tensor, lengths: Sequence[int], *, packed: bool) -> Tensor:
    """Average each text's hidden states over its tokens, special tokens included, padding not.

    So do the sentence encoders that WebFAQ's own fine-tuning starts from (sentence-transformers' mean pooling).

    Args:
        hidden: (1, tokens, width) where the texts lie end to end in one row, else (texts, longest, width).
        lengths: tokens of each text.
        packed: whether they share a row.

    Returns:
        (texts, width), float32.
    """
    hidden = hidden.float()
    counts = on_device(np.asarray(lengths, dtype=np.int64), hidden.device)
    if packed:
        owner = torch.repeat_interleave(
            torch.arange(len(lengths), device=hidden.device), counts, output_size=hidden.shape[1]
        )
        sums = hidden.new_zeros(len(lengths), hidden.shape[-1]).index_add(0, owner, hidden[0])
    else:
        there = torch.arange(hidden.shape[1], device=hidden.device) < counts[:, None]
        sums = (hidden * there[..., None]).sum(1)
    return sums / counts[:, None]
