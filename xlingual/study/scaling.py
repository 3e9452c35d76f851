"""The scaling section: where trials run."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from xlingual.study.leaves import Count, Flag, Real
from xlingual.study.messages import shown, user_error
from xlingual.study.section import LeafDoc, Section


def _one_at_most(gpus: float) -> float:
    if gpus > 1:
        raise user_error(
            f"a worker uses one GPU at most, found {gpus:g}; write gpus_per_worker: 1, and workers_per_trial: "
            f"{math.ceil(gpus)} for a trial on {math.ceil(gpus)} GPUs"
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
    Real,
    Field(ge=0, json_schema_extra={"maximum": 1}),
    AfterValidator(_one_at_most),
    LeafDoc("a number from 0 to 1", "1"),
]
Concurrency: TypeAlias = Annotated[
    int | Literal["auto"],
    BeforeValidator(_concurrency),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1}]}),
]


class ScalingSettings(Section):
    """Where trials run, and how their arithmetic is done.

    `workers_per_trial` processes train one trial together, each with `cpus_per_worker` and `gpus_per_worker`;
    `concurrent_trials` trials run in parallel (auto: as many as fit the machine, or what the cluster may grow to).
    `compile` uses `torch.compile`; `activation_checkpointing` saves memory for a third more arithmetic; `deterministic`
    lets GPUs use deterministic algorithms alone, for equal bits in a repeated run. Nothing here changes a number except
    by rounding, so it is not part of a trial's configuration.
    """

    workers_per_trial: Count = 1
    cpus_per_worker: Count = 1
    gpus_per_worker: Gpus = 0.0
    concurrent_trials: Concurrency = "auto"
    compile: Flag = False
    activation_checkpointing: Flag = False
    deterministic: Flag = False

    @field_validator("gpus_per_worker")
    @classmethod
    def _whole_for_several(cls, gpus: float, info: ValidationInfo) -> float:
        workers = info.data.get("workers_per_trial", 1)
        if workers > 1 and 0 < gpus < 1:
            raise user_error(
                f"each of the {workers} workers of a trial needs a GPU of its own, found {gpus:g}; write "
                "gpus_per_worker: 1, or workers_per_trial: 1 for trials that share a GPU"
            )
        return gpus
