"""Arrays of the host as tensors on a device."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def on_device(array: NDArray[Any], device: torch.device) -> Tensor:
    """Return an array as a tensor on a device; a GPU copies it while it computes, and the host does not wait."""
    tensor = torch.from_numpy(array)
    if device.type == "cuda":  # only pinned memory is copied without waiting
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
