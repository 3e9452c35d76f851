"""What a machine does fast, found by trying."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn

# How many times faster bf16 has to be: below that, rounding to 8 bits buys too little.
WORTHWHILE = 1.5

TRIES = 8


def chosen_precision(asked: str, device: torch.device) -> str:
    """Return `fp32` or `bf16`: what a configuration asks for, or for `auto` bf16 on GPUs that have it.

    bf16 means automatic mixed precision: weights and their updates stay in float32.
    """
    if asked != "auto":
        return asked
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"


def bf16_speedup() -> float:
    """Time of a feed-forward block's passes in float32, divided by its time in mixed precision, on this CPU.

    Forward and backward of an encoder layer's two products (512 tokens, width 384 and 1,536); the best of some tries on
    each side, taken in turns.
    """
    block = nn.Sequential(nn.Linear(384, 1536), nn.GELU(), nn.Linear(1536, 384))
    tokens = torch.ones(512, 384)
    seconds = {False: float("inf"), True: float("inf")}
    for turn in range(TRIES + 1):  # the first turn warms up
        for mixed in seconds:
            spent = _passes(block, tokens, mixed)
            if turn:
                seconds[mixed] = min(seconds[mixed], spent)
    return seconds[False] / seconds[True]


def _passes(block: nn.Module, tokens: Tensor, mixed: bool) -> float:
    began = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed):
        out = block(tokens)
    out.float().sum().backward()
    block.zero_grad(set_to_none=True)
    return time.perf_counter() - began
