"""A head in float32 on an encoder in mixed precision.

In bf16 a logit near 8 is a multiple of 0.06 and one near 5 of 0.03, so that the logits of two spans tie and small
gradients vanish. A head is two columns wide, and costs nothing in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FullLinear(nn.Linear):
    """A linear layer that computes in the precision of its weights under autocast, too."""

    def forward(self, input: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.to(self.weight.dtype))


def keep_head_full(model: nn.Module) -> int:
    """Make every linear layer on top of a `transformers` encoder a `FullLinear`; return how many there were."""
    base: nn.Module = model.base_model  # type: ignore[assignment]
    inner = set(base.modules())
    heads = [module for module in model.modules() if type(module) is nn.Linear and module not in inner]
    for module in heads:
        module.__class__ = FullLinear
    return len(heads)
