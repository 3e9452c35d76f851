"""Averages of a training's weights, used for scoring and export. Training continues from the weights themselves.

Averages of checkpoints for zero-shot transfer: Schmidt et al., arXiv 2305.16834; over one training: Izmailov et al.,
arXiv 1803.05407; running: Polyak and Juditsky 1992.

A stage of its own (`schedule: then`) has an average of its own: the first stage's end is the second one's start, which
is left out as the pretrained weights are. A checkpoint of the first stage has answered no English question, and under
some recipes its span head is still random.

Weights enter one after another: average += share x (weights - average), a mean of the two each time. Sums never grow,
so nothing drifts: rounding, at most half a unit in the last place at each weights' entry, counts no more than the
weights that entered then. `torch.optim.swa_utils.AveragedModel` goes the same way, but copies the whole module, frozen
tables, hooks and all, gives the first weights a share that never ends and waits for the GPU at each update.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from xlingual.study import Robust
from xlingual.study.methods import AveragingMethod
from xlingual.study.methods.averaging import Averaging
from xlingual.study.robust import methods_of

CPU = torch.device("cpu")


class WeightAverage(Protocol):
    """One way of averaging, or none."""

    def after_update(self, updates: int) -> None:
        """Take the weights after `updates` updates into account."""

    def after_report(self, updates: int) -> None:
        """Take the weights into account that are about to be scored, after `updates` updates."""

    def applied(self) -> AbstractContextManager[None]:
        """Replace the parameters by the average temporarily."""
        ...

    def of(self, numbers: Sequence[float]) -> float:
        """The same average of a number: `numbers[i]` is its value after update i + 1."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """State for an exact continuation."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state."""


class NoAverage:
    """The weights as they are."""

    def after_update(self, updates: int) -> None:
        """Do nothing."""

    def after_report(self, updates: int) -> None:
        """Do nothing."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Leave the parameters as they are."""
        yield

    def of(self, numbers: Sequence[float]) -> float:
        """Return the last one."""
        return numbers[-1]

    def state_dict(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """There is nothing to load."""


class RunningAverage:
    """An exponential mean over the updates of a stage, corrected for its start as Adam's moments are.

    After n updates of a stage, weights that i updates left have the share (1 - decay) decay^(n - i) / (1 - decay^n).
    Costs one copy of the trained weights, on their device.

    Args:
        parameters: that are averaged.
        decay: share of the average that an update leaves, in [0, 1).
        first_stage: updates of the first stage; 0 where there is one only.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], decay: float, first_stage: int) -> None:
        self._parameters, self._decay, self._first_stage = parameters, decay, first_stage
        self._average: list[Tensor] = []

    def after_update(self, updates: int) -> None:
        """Add the weights to the average."""
        weights = [parameter.detach() for parameter in self._parameters]
        if not self._average:
            self._average = [weight.clone() for weight in weights]
        torch._foreach_lerp_(self._average, weights, self._share(updates))

    def after_report(self, updates: int) -> None:
        """Do nothing: every update counts."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        """See `WeightAverage.applied`."""
        with _exchanged(self._parameters, self._average):
            yield

    def of(self, numbers: Sequence[float]) -> float:
        """See `WeightAverage.of`."""
        average = 0.0
        for updates, number in enumerate(numbers, 1):
            average += self._share(updates) * (number - average)
        return average

    def state_dict(self) -> dict[str, Any]:
        """Return the average."""
        return {"average": self._average}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy an average."""
        self._average = [
            average.to(parameter.device) for average, parameter in zip(state["average"], self._parameters, strict=True)
        ]

    def _share(self, updates: int) -> float:
        """Share of the newest weights; 1 after the first update of a stage, which restarts the average."""
        of_stage = updates - _stage_begin(updates, self._first_stage)
        return (1.0 - self._decay) / (1.0 - self._decay**of_stage)


class LastReports:
    """The mean of the weights at the last reports of a stage.

    Costs `reports` copies of the trained weights in the CPU's memory and in the checkpoint, and one more while scoring.

    Args:
        parameters: that are averaged.
        reports: how many at most; fewer while a stage has had fewer.
        first_stage: updates of the first stage; 0 where there is one only.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], reports: int, first_stage: int) -> None:
        self._parameters, self._reports, self._first_stage = parameters, reports, first_stage
        self._copies: dict[int, list[Tensor]] = {}

    def after_update(self, updates: int) -> None:
        """Do nothing: only reports count."""

    def after_report(self, updates: int) -> None:
        """Copy the weights; drop those older than the last reports, and those of another stage."""
        self._copies[updates] = [parameter.detach().to(CPU, copy=True) for parameter in self._parameters]
        begin = _stage_begin(updates, self._first_stage)
        kept = sorted(of for of in self._copies if of > begin)[-self._reports :]
        self._copies = {of: self._copies[of] for of in kept}

    @contextmanager
    def applied(self) -> Iterator[None]:
        """See `WeightAverage.applied`."""
        mean: list[Tensor] = []
        for number, copy in enumerate(self._copies.values(), 1):
            mean = mean or [weight.clone() for weight in copy]
            torch._foreach_lerp_(mean, copy, 1.0 / number)
        on_device = [part.to(parameter.device) for part, parameter in zip(mean, self._parameters, strict=True)]
        with _exchanged(self._parameters, on_device):
            yield

    def of(self, numbers: Sequence[float]) -> float:
        """See `WeightAverage.of`."""
        return sum(numbers[updates - 1] for updates in self._copies) / len(self._copies)

    def state_dict(self) -> dict[str, Any]:
        """Return the copies."""
        return {"copies": self._copies}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the copies."""
        self._copies = {updates: [weight.to(CPU) for weight in copy] for updates, copy in state["copies"].items()}


def weight_average(robust: Robust | None, model: nn.Module, first_stage: int) -> WeightAverage:
    """Make the average that a trial is scored with.

    Args:
        robust: the trial's robust training; at most one of its methods averages.
        model: what scoring runs, on its device; what of it is trained is averaged, a tensor of several names once.
        first_stage: updates of the first stage; 0 where there is one only.
    """
    for method, settings in methods_of(robust, AveragingMethod):
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        average: WeightAverage = method.load()(settings, trained, first_stage)
        return average
    return NoAverage()


def average_of(settings: Averaging, parameters: Sequence[nn.Parameter], first_stage: int) -> WeightAverage:
    """Make the average that the settings of `averaging` describe; arguments: see `AveragingMethod`."""
    if settings.kind == "running":
        assert settings.decay is not None, "a running average has a decay"
        return RunningAverage(parameters, settings.decay, first_stage)
    assert settings.checkpoints is not None, "an average of checkpoints has their number"
    return LastReports(parameters, settings.checkpoints, first_stage)


def _stage_begin(updates: int, first_stage: int) -> int:
    """Updates before the stage that update number `updates`, counted from 1, belongs to."""
    return first_stage if updates > first_stage else 0


@contextmanager
def _exchanged(parameters: Sequence[nn.Parameter], others: Sequence[Tensor]) -> Iterator[None]:
    """Replace parameters by other tensors temporarily, without a copy, and restore them."""
    own = [parameter.data for parameter in parameters]
    try:
        for parameter, other in zip(parameters, others, strict=True):
            parameter.data = other
        yield
    finally:
        for parameter, tensor in zip(parameters, own, strict=True):
            parameter.data = tensor
