"""The scaling section: where trials run."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from xlingual.study.leaves import Count, Flag, Real
from xlingual.study.messages import shown, user_error
from xlingual.study.section import LeafDoc, Section


def _whole_above_one(gpus: float) -> float:
    if gpus > 1 and not gpus.is_integer():
        raise user_error(
            f"a worker takes a part of one GPU or whole GPUs, found {gpus:g}; write {math.ceil(gpus)} or 1"
        )
    return gpus


def _concurrency(value: Any) -> Any:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if whole == "auto" or (isinstance(whole, int) and not isinstance(whole, bool) and whole >= 1):
        return whole
    raise user_error(
        f"must be auto or a whole number of at least 1, found {shown(value)}; write concurrent_trials: auto"
    )


Gpus: TypeAlias = Annotated[
    Real, Field(ge=0, le=1000), AfterValidator(_whole_above_one), LeafDoc("a number from 0 to 1000, whole above 1", "1")
]
Concurrency: TypeAlias = Annotated[
    int | Literal["auto"],
    BeforeValidator(_concurrency),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1}]}),
]


class ScalingSettings(Section):
    """Where trials run, and how their arithmetic is done.

    `workers_per_trial` processes train one trial together, each with `cpus_per_worker` and `gpus_per_worker`;
    `concurrent_trials` trials run in parallel (auto: as many as fit). `compile` uses `torch.compile`;
    `activation_checkpointing` saves memory for a third more arithmetic. Nothing here changes a number except by
    rounding, so it is not part of a trial's configuration.
    """

    workers_per_trial: Count = 1
    cpus_per_worker: Count = 1
    gpus_per_worker: Gpus = 0.0
    concurrent_trials: Concurrency = "auto"
    compile: Flag = False
    activation_checkpointing: Flag = False
