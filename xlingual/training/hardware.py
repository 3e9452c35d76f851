"""Which precision is fast on a machine, found by trying."""

from __future__ import annotations

import platform
import time
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

# How many times faster bf16 has to be. CPUs lie far on either side: about 2 with instructions for it, 0.25 without.
WORTHWHILE = 1.2

TRIES = 8

HOPELESS, LONG = 3.0, 0.5
"""How many times slower bf16 is, and how many seconds a try of it takes, that one try is enough."""


def chosen_precision(asked: str, device: torch.device) -> str:
    """Return `fp32`, `tf32` or `bf16`: what a configuration asks for, or for `auto` bf16 on GPUs that have it.

    bf16 means automatic mixed precision: weights and their updates stay in float32. tf32 means float32 whose matrix
    products are rounded to TensorFloat-32; where a device has none (CPUs, GPUs before Ampere), it is fp32.
    """
    if asked == "tf32":
        return asked if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0) else "fp32"
    if asked != "auto":
        return asked
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"


def cpu_name() -> str:
    """Model of this machine's CPU, as far as the system tells it: kernels, and so last bits, may depend on it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "cpu"


def cpu_precision(speedup: float) -> str:
    """Return the precision that `auto` means on a CPU, from its speed-up with bf16."""
    return "bf16" if speedup >= WORTHWHILE else "fp32"


def bf16_speedup(width: int, inner_width: int) -> float:
    """Time of a feed-forward block's passes in float32, divided by its time in mixed precision, on this CPU.

    Forward and backward of an encoder layer's two products for 512 tokens; the best of some tries on each side, taken
    in turns; one try where bf16 is many times slower, which takes long. Small models may be slower with bf16 on a CPU
    where large ones are faster.
    """
    block = nn.Sequential(nn.Linear(width, inner_width), nn.GELU(), nn.Linear(inner_width, width))
    tokens = torch.ones(512, width)
    seconds = {False: float("inf"), True: float("inf")}
    for turn in range(TRIES + 1):  # the first turn warms up
        for mixed in seconds:
            spent = _passes(block, tokens, mixed)
            if turn:
                seconds[mixed] = min(seconds[mixed], spent)
        if turn and seconds[True] > max(LONG, HOPELESS * seconds[False]):
            break
    return seconds[False] / seconds[True]


def _passes(block: nn.Module, tokens: Tensor, mixed: bool) -> float:
    began = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed):
        out = block(tokens)
    out.float().sum().backward()
    block.zero_grad(set_to_none=True)
    return time.perf_counter() - began
