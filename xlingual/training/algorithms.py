"""Whether a GPU computes the same bits each time."""

from __future__ import annotations

import os

import torch

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
"""Read by cuBLAS before its first product in a process."""


def choose_algorithms(deterministic: bool, device: torch.device) -> None:
    """Let this process use deterministic algorithms alone on a GPU, or any.

    Called before anything is computed on the GPU. An operation that has no deterministic algorithm raises. On a CPU
    nothing changes: the same number of threads gives the same bits.
    """
    if device.type != "cuda":
        return
    if deterministic:
        os.environ.setdefault(WORKSPACE, ":4096:8")
    torch.use_deterministic_algorithms(deterministic)
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010 - finds mistakes, takes time
