"""Adafactor for GPUs: torch's reads two numbers of each tensor, and the host waits for each of them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn


class DeviceAdafactor(torch.optim.Adafactor):
    """torch's Adafactor with every number of a step left on the device.

    Its state is torch's, so that a checkpoint continues with either. Two norms of a tensor are in double precision, as
    Python's numbers are there; steps differ by the rounding of their size to float32.
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Make one step with the gradients that are there; `closure` is unused."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, parameter.grad, group)

    def _step(self, weights: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state: dict[str, Tensor] = self.state[weights]
        if not state:
            state |= _first_state(gradient)
        state["step"] += 1
        number = state["step"].item()  # on the host
        smallest, smallest_root = group["eps"]
        size = _root_mean_square(weights).clamp_(min=smallest_root) * min(group["lr"], number**-0.5)
        if group["weight_decay"]:
            weights.mul_(1 - group["lr"] * group["weight_decay"])
        moments = _moments(state, gradient, number ** group["beta2_decay"], smallest)
        update = moments.clamp_(min=smallest * smallest).rsqrt_().mul_(gradient)
        clipped = (_root_mean_square(update) / group["d"]).clamp_(min=1.0)
        weights.sub_(update.mul_((size / clipped).to(update.dtype)))


def is_on_gpu(parameters: list[nn.Parameter]) -> bool:
    """Whether parameters lie on a GPU."""
    return any(parameter.device.type == "cuda" for parameter in parameters)


def _first_state(gradient: Tensor) -> dict[str, Tensor]:
    """The state of torch's Adafactor before the first step."""
    step = torch.tensor(0.0)
    if gradient.ndim < 2:
        return {"step": step, "variance": torch.zeros_like(gradient)}
    *others, rows, columns = gradient.shape
    return {
        "step": step,
        "row_var": gradient.new_zeros((*others, rows, 1)),
        "col_var": gradient.new_zeros((*others, 1, columns)),
    }


def _moments(state: dict[str, Tensor], gradient: Tensor, newest: float, smallest: float) -> Tensor:
    """Add squared gradients, whose share is `newest`, to the second moments; return an estimate of each weight's."""
    if gradient.ndim < 2:
        return state["variance"].lerp_(gradient * gradient, newest).clone()
    for name, dimension in (("row_var", -1), ("col_var", -2)):
        norm = torch.linalg.vector_norm(gradient, dim=dimension, keepdim=True)
        state[name].lerp_(norm.square_().div_(gradient.shape[dimension]), newest)
    row, column = state["row_var"], state["col_var"]
    return (row @ column).div_(row.mean(dim=-2, keepdim=True).clamp_(min=smallest))


def _root_mean_square(values: Tensor) -> Tensor:
    """Root mean square of all elements, (), float64."""
    norm: Tensor = torch.linalg.vector_norm(values)
    return norm.double() / math.sqrt(values.numel())
