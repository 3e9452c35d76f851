"""Speed of a matrix product on a machine, with which useful arithmetic is compared."""

from __future__ import annotations

import time

import torch

from xlingual.activity import doing
from xlingual.models.products import use_products

# Sizes of the square products: a CPU ends at 2048 or so, a GPU at the last.
SIZES = (512, 1024, 2048, 4096, 8192, 16384)

LONG_ENOUGH = 0.02
"""Seconds of a product after which no larger one is tried."""

TRIES = 5


@doing("measuring matrix products")
def matrix_gflops(precision: str, device: torch.device, threads: int | None = None) -> float:
    """Return the speed of the fastest square matrix product, in GFLOP/s (2 n^3 operations a product).

    Args:
        precision: `fp32`, `tf32` or `bf16`: of the elements, or of their products on a GPU.
        device: where it is done.
        threads: of a CPU; None takes torch's number.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    use_products(precision, device)
    try:
        best = 0.0
        for size in SIZES:
            seconds = _fastest(size, torch.bfloat16 if precision == "bf16" else torch.float32, device)
            best = max(best, 2 * size**3 / seconds / 1e9)
            if seconds > LONG_ENOUGH:
                break
        return best
    finally:
        torch.set_num_threads(before)


def synchronize(device: torch.device) -> None:
    """Wait until a device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _fastest(size: int, kind: torch.dtype, device: torch.device) -> float:
    """Seconds of the fastest of some products, after one that warms up."""
    left, right = (torch.ones(size, size, dtype=kind, device=device) for _ in range(2))
    fastest = float("inf")
    for attempt in range(TRIES + 1):
        synchronize(device)
        began = time.perf_counter()
        torch.mm(left, right)
        synchronize(device)
        if attempt:
            fastest = min(fastest, time.perf_counter() - began)
    return fastest
