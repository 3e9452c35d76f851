"""The span loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def span_loss(starts: Tensor, ends: Tensor, gold: Tensor) -> Tensor:
    """Sum over windows of the mean of the cross-entropies of the answer's start and its end over the window's tokens.

    Devlin et al., NAACL 2019, section 4.2.

    Args:
        starts: logits, (windows, longest).
        ends: logits, likewise.
        gold: first and last token of the answer within each window, (windows, 2).

    Returns:
        (), float32.
    """
    loss = torch.zeros((), device=gold.device)
    for logits, places in ((starts, gold[:, 0]), (ends, gold[:, 1])):
        loss = loss + nn.functional.cross_entropy(logits, places, reduction="sum") / 2
    return loss
