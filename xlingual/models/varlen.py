"""Attention within each window of one row on GPUs, by kernels of torch that know where windows begin.

What torch offers for such rows has no dropout (`torch.nn.attention.varlen`), so that a model's attention dropout would
be lost in silence. The kernels below it have: they are called here as torch calls them for nested tensors
(`torch/nested/_internal/sdpa.py`). They are private to torch, so whether one is used is decided by trying it on the
GPU at hand: its results and gradients are compared with plain arithmetic, and what its dropout drops is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from xlingual.models.model_config import first_line
from xlingual.models.on_device import on_device

Kernel: TypeAlias = Callable[[Tensor, Tensor, Tensor, Tensor, int, float, float], Tensor]
"""From queries, keys and values, each (tokens, heads, width), the first token of each window and the end (windows + 1,)
int32, the longest window, the rate of dropout and the scale of products to what is attended, as the queries."""

RATE = 0.1
"""Of the dropout that a kernel is tried with."""

MOST_OFF = {torch.float32: 2e-3, torch.bfloat16: 3e-2}
"""Largest difference, relative to the largest value, that counts as rounding: products of a GPU may be rounded to ten
bits, and bf16 has eight. A token of another window would make a difference of a tenth at least."""

MOST_RATE_OFF = 0.01
"""Flash attention draws dropout from 8 bits: a rate of 0.1 is 0.102 there."""

HEADS = 8


class NoKernel(Exception):
    """No kernel computes attention within windows of one row here; says why."""


def flash(query: Tensor, key: Tensor, value: Tensor, starts: Tensor, longest: int, rate: float, scale: float) -> Tensor:
    """Flash attention (Dao, arXiv 2307.08691), for half precision; see `Kernel`."""
    output: Tensor = torch.ops.aten._flash_attention_forward(
        query, key, value, starts, starts, longest, longest, rate, False, False, scale=scale
    )[0]
    return output


def efficient(
    query: Tensor, key: Tensor, value: Tensor, starts: Tensor, longest: int, rate: float, scale: float
) -> Tensor:
    """Memory-efficient attention (Rabe and Staats, arXiv 2112.05682), for any precision; see `Kernel`."""
    for_backward = torch.is_grad_enabled() and any(part.requires_grad for part in (query, key, value))
    parts = (part.unsqueeze(0) for part in (query, key, value))
    output: Tensor = torch.ops.aten._efficient_attention_forward(
        *parts, None, starts, starts, longest, longest, rate, 0, for_backward, scale=scale
    )[0]
    return output.squeeze(0)


def in_full(
    query: Tensor, key: Tensor, value: Tensor, starts: Tensor, longest: int, rate: float, scale: float
) -> Tensor:
    """Memory-efficient attention in float32, for bf16 on GPUs that have none, where torch emulates it; see `Kernel`."""
    return efficient(query.float(), key.float(), value.float(), starts, longest, rate, scale).to(query.dtype)


KERNELS: dict[torch.dtype, tuple[Kernel, ...]] = {
    torch.bfloat16: (flash, efficient, in_full),
    torch.float32: (efficient,),
}
"""By the precision of queries, those that are tried, the faster first."""


@lru_cache
def kernel_for(dtype: torch.dtype, device: torch.device, width: int) -> Kernel:
    """The first kernel that computes what it should.

    Args:
        dtype: of queries, keys and values.
        device: where they lie.
        width: of a head.

    Raises:
        NoKernel: when there is none.
    """
    problems = []
    for kernel in KERNELS.get(dtype, ()):
        problem = kernel_problem(kernel, dtype, device, width)
        if problem is None:
            return kernel
        problems.append(f"{kernel.__name__} attention in {_named(dtype)} {problem}")
    raise NoKernel("; ".join(problems) or f"no kernel for {_named(dtype)}")


def prove_kernels(device: torch.device, width: int) -> None:
    """Find a kernel for each precision that a training on a GPU may have.

    Raises:
        NoKernel: when one of them has none.
    """
    for dtype in (torch.float32, torch.bfloat16):
        kernel_for(dtype, device, width)


def window_starts(lengths: Sequence[int], device: torch.device) -> Tensor:
    """The first token of each window of a row, and the end of the last, (windows + 1,) int32."""
    return on_device(np.cumsum([0, *lengths], dtype=np.int32), device)


def kernel_problem(kernel: Kernel, dtype: torch.dtype, device: torch.device, width: int) -> str | None:
    """Say what a kernel does wrong, in words that follow its name; None where it does all right."""
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices), torch.autocast(device.type, enabled=False), torch.enable_grad():
            torch.manual_seed(0)
            return _wrong_values(kernel, dtype, device, width) or _wrong_dropout(kernel, dtype, device, width)
    except (RuntimeError, TypeError, ValueError, AttributeError, NotImplementedError) as error:
        return f"fails ({first_line(error)})"


def _wrong_values(kernel: Kernel, dtype: torch.dtype, device: torch.device, width: int) -> str | None:
    """Compare values and gradients without dropout with plain arithmetic in double precision."""
    lengths, scale = [9, 130, 1, 33], width**-0.5
    drawn = torch.Generator().manual_seed(1)
    *inputs, arriving = (torch.randn(sum(lengths), HEADS, width, generator=drawn).to(dtype) for _ in range(4))
    query, key, value = (part.to(device, copy=True).requires_grad_() for part in inputs)
    found = kernel(query, key, value, window_starts(lengths, device), max(lengths), 0.0, scale)
    gradients = torch.autograd.grad(found, (query, key, value), arriving.to(device))
    exact = [part.double().requires_grad_() for part in inputs]
    windows = zip(*(torch.split(part, lengths) for part in exact), strict=True)
    expected = torch.cat([_attended(q, k, v, scale) for q, k, v in windows])
    exact_gradients = torch.autograd.grad(expected, exact, arriving.double())
    if not (off := _off(found, expected)) <= MOST_OFF[dtype]:
        return f"is wrong: its results are off by {off:.2g}"
    off = max(_off(one, other) for one, other in zip(gradients, exact_gradients, strict=True))
    if not off <= MOST_OFF[dtype]:
        return f"is wrong: its gradients are off by {off:.2g}"
    return None


def _attended(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """Attention in one window; all (tokens, heads, width)."""
    weights = torch.einsum("qhw,khw->hqk", query, key).mul(scale).softmax(-1)
    return torch.einsum("hqk,khw->qhw", weights, value)


def _off(found: Tensor, expected: Tensor) -> float:
    """Largest difference, relative to the largest value; NaN where one is."""
    exact = expected.detach()
    return float((found.detach().cpu().double() - exact).abs().max() / exact.abs().max())


def _wrong_dropout(kernel: Kernel, dtype: torch.dtype, device: torch.device, width: int) -> str | None:
    """Count what dropout drops, where every weight is 1 over the window's tokens and values tell tokens apart."""
    lengths = [width, 3, width, max(1, width // 2)] * max(1, (64 // width) ** 2)  # enough weights to count
    zeros = torch.zeros(sum(lengths), HEADS, width, dtype=dtype, device=device)
    unit = torch.eye(width, dtype=dtype)
    values = torch.cat([unit[:length] for length in lengths]).unsqueeze(1).expand(-1, HEADS, -1).contiguous()
    value = values.to(device).requires_grad_()
    arguments = (zeros, zeros, value, window_starts(lengths, device), max(lengths), RATE, 1.0)

    def drawn() -> Tensor:
        torch.manual_seed(2)
        return kernel(*arguments)

    output = drawn()
    arriving = torch.randn(output.shape, generator=torch.Generator().manual_seed(3)).to(dtype)
    (gradient,) = torch.autograd.grad(output, value, arriving.to(device))
    kept = [
        part[:, :, :length].double() * length * (1 - RATE)
        for part, length in zip(torch.split(output.detach().cpu(), lengths), lengths, strict=True)
    ]  # 1 where a weight stays, else 0: (query, head, key)
    every = torch.cat([part.flatten() for part in kept])
    if not bool((torch.minimum(every.abs(), (every - 1).abs()) < MOST_OFF[dtype]).all()):
        return "is wrong: weights that dropout keeps are not scaled by the reciprocal of what stays"
    dropped = float((every < 0.5).double().mean())
    if dropped and (torch.equal(kept[0], kept[2]) or torch.equal(kept[0][:, 0], kept[0][:, 1])):
        return "is wrong: dropout is the same in several windows or heads"
    if abs(dropped - RATE) > MOST_RATE_OFF:
        return f"is wrong: of the weights {dropped:.3f} are dropped where {RATE:g} is asked"
    if not torch.equal(drawn(), output):
        return "is wrong: its dropout does not follow from the seed"
    expected = torch.cat(
        [
            torch.einsum("qhk,qhw->khw", (part > 0.5).double(), arrived.double()) / (length * (1 - RATE))
            for part, arrived, length in zip(kept, torch.split(arriving, lengths), lengths, strict=True)
        ]
    )
    if not (off := _off(gradient, expected)) <= MOST_OFF[dtype]:
        return f"is wrong: its backward pass drops others, gradients are off by {off:.2g}"
    return None


def _named(dtype: torch.dtype) -> str:
    return {torch.bfloat16: "bf16", torch.float32: "fp32"}.get(dtype, str(dtype))


def head_width(configuration: Any) -> int:
    """Width of an attention head by a model's configuration.

    Raises:
        AttributeError: when it does not say.
    """
    return int(
        getattr(configuration, "head_dim", None) or configuration.hidden_size // configuration.num_attention_heads
    )
