"""The process that a training runs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

Report = dict[str, Any]


class Worker(Protocol):
    """One of the processes that train a trial together."""

    rank: int
    workers: int
    device: torch.device

    def wrap(self, model: nn.Module) -> nn.Module:
        """Move a model to this worker's device and join it with the other workers' copies."""

    def gather(self, value: Any) -> list[Any]:
        """Collect one picklable value from every worker, in rank order, on every worker."""

    def hand_on(self, tensor: Tensor) -> Tensor:
        """Return rank 0's tensor on every worker; all call it, with tensors of one shape and type, on the CPU."""

    def report(self, report: Report) -> None:
        """Pass a report to the driver of the trial, which may end it by raising."""


@dataclass
class SoloWorker:
    """The only worker of a trial; keeps its reports, or hands them on."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    on_report: Callable[[Report], None] | None = None
    reports: list[Report] = field(default_factory=list)
    rank: int = 0
    workers: int = 1

    def wrap(self, model: nn.Module) -> nn.Module:
        """Move the model to the device."""
        return model.to(self.device)

    def gather(self, value: Any) -> list[Any]:
        """Return this worker's value alone."""
        return [value]

    def hand_on(self, tensor: Tensor) -> Tensor:
        """Return the tensor."""
        return tensor

    def report(self, report: Report) -> None:
        """Keep the report and hand it on."""
        self.reports.append(report)
        if self.on_report:
            self.on_report(report)
