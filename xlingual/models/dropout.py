"""Dropout on CPUs whose random numbers cost less than the matrix products around them.

`torch` draws a number of 24 random bits for each element, one after another; on a CPU that takes longer than the
products of a small encoder. Here one draw of 64 bits serves four elements, 16 bits each. An element is dropped with
probability round(p * 65536) / 65536, which lies within 2**-17 of p, and what stays is scaled by the reciprocal of the
very probability that it stays, so that expectations are exact (Srivastava et al., JMLR 15, 2014). The bits come from
NumPy's SFC64, seeded for each use by torch's own CPU generator: `torch.manual_seed` decides them, and activation
checkpointing restores them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

LANES = 1 << 16
"""Values of one draw."""

LOWEST = torch.iinfo(torch.int16).min


def dropped_lanes(p: float) -> int:
    """How many of the 65,536 values of a draw drop an element."""
    return round(p * LANES)


def scale_of_kept(p: float) -> float:
    """What elements that stay are multiplied by."""
    return LANES / (LANES - dropped_lanes(p))


def draw_kept(shape: torch.Size | tuple[int, ...], p: float) -> Tensor:
    """Draw what stays: 1 where it does, else 0; int8 of this shape, on the CPU. `p` must round to below 1."""
    count = 1
    for size in shape:
        count *= size
    seed = int(torch.empty((), dtype=torch.int64).random_())
    bits = torch.from_numpy(np.random.SFC64(seed).random_raw((count + 3) // 4).view(np.int16)[:count])
    first_kept = LOWEST + dropped_lanes(p)
    # Cutting to the two values around the threshold leaves the comparison's outcome; it is the fastest way to it.
    return bits.clamp_(first_kept - 1, first_kept).sub_(first_kept - 1).to(torch.int8).view(shape)


class CheapDropout(nn.Dropout):
    """`nn.Dropout` with 16-bit draws on CPUs, torch's own elsewhere."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements while training; the shape stays."""
        if not self.training or input.device.type != "cpu" or not 0 < dropped_lanes(self.p) < LANES:
            return super().forward(input)
        dropped: Tensor = _Drop.apply(input, self.p)  # type: ignore[no-untyped-call]
        return dropped


def replace_dropout(model: nn.Module) -> int:
    """Make every `nn.Dropout` of a model a `CheapDropout` of the same rate; return how many there were."""
    count = 0
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Dropout:
                cheap = CheapDropout(child.p)
                cheap.train(child.training)
                setattr(module, name, cheap)
                count += 1
    return count


class _Drop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, p: float) -> Tensor:
        kept = draw_kept(values.shape, p)
        ctx.scale = scale_of_kept(p)
        ctx.save_for_backward(kept)
        return kept.to(values.dtype).mul_(values).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        (gradient,) = gradients
        return kept.to(gradient.dtype).mul_(gradient).mul_(ctx.scale), None
