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


def _workers(value: Any) -> Any:
    found = value if isinstance(value, list | tuple) else [value]
    whole = [int(one) if isinstance(one, float) and one.is_integer() else one for one in found]
    counts = [one for one in whole if isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= 10**9]
    if len(counts) != len(found) or (isinstance(value, list | tuple) and (len(found) != 2 or counts[0] > counts[1])):
        raise user_error(
            "must be a whole number of at least 1, or the least and the most workers of a trial, found "
            f"{shown(value)}; write workers_per_trial: 2, or workers_per_trial: [1, 4]"
        )
    return counts[0] if len(set(counts)) == 1 else tuple(counts)


Workers: TypeAlias = Annotated[
    int | tuple[int, int],
    BeforeValidator(_workers),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2},
            ]
        }
    ),
    LeafDoc("a whole number of at least 1, or the least and the most", "[1, 4]"),
]
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

    `workers_per_trial` processes train one trial together, each with `cpus_per_worker` and `gpus_per_worker`; of [1, 4]
    there are as many as the cluster has room for, and the number follows it while the trial goes on;
    `concurrent_trials` trials run in parallel (auto: as many as fit the machine, or what the cluster may grow to).
    `compile` uses `torch.compile`; `activation_checkpointing` saves memory for a third more arithmetic; `deterministic`
    lets GPUs use deterministic algorithms alone, for equal bits in a repeated run. Nothing here changes a number except
    by rounding, so it is not part of a trial's configuration.
    """

    workers_per_trial: Workers = 1
    cpus_per_worker: Count = 1
    gpus_per_worker: Gpus = 0.0
    concurrent_trials: Concurrency = "auto"
    compile: Flag = False
    activation_checkpointing: Flag = False
    deterministic: Flag = False

    @property
    def least_workers(self) -> int:
        """Workers without which a trial does not begin."""
        return self.workers_per_trial if isinstance(self.workers_per_trial, int) else self.workers_per_trial[0]

    @property
    def most_workers(self) -> int:
        """Workers beyond which a trial takes no more."""
        return self.workers_per_trial if isinstance(self.workers_per_trial, int) else self.workers_per_trial[1]

    @field_validator("gpus_per_worker")
    @classmethod
    def _whole_for_several(cls, gpus: float, info: ValidationInfo) -> float:
        found = info.data.get("workers_per_trial", 1)
        workers = found if isinstance(found, int) else found[1]
        if workers > 1 and 0 < gpus < 1:
            raise user_error(
                f"each of the {workers} workers of a trial needs a GPU of its own, found {gpus:g}; write "
                "gpus_per_worker: 1, or workers_per_trial: 1 for trials that share a GPU"
            )
        return gpus
