"""The search and replicates sections: how many configurations are tried, and how the best are repeated."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, WithJsonSchema

from xlingual.study.leaves import WHOLE, Count, Real, Seed, Text
from xlingual.study.section import Says, Section

DEV_OBJECTIVES = ("dev.f1", "dev.exact_match")
TEST_OBJECTIVES = ("test.f1", "test.exact_match")

Objective: TypeAlias = Annotated[
    Text, WithJsonSchema({"enum": [*DEV_OBJECTIVES, *TEST_OBJECTIVES], "description": "test.* needs oracle: true"})
]
Sampler: TypeAlias = Annotated[Literal["tpe", "random"], Says("tpe or random", "tpe")]
Scheduler: TypeAlias = Annotated[Literal["asha", "none"], Says("asha or none", "asha")]
GraceShare: TypeAlias = Annotated[Real, Field(gt=0, le=1), Says("a number above 0 and at most 1", "0.2")]
ReductionFactor: TypeAlias = Annotated[
    int, Field(strict=True, ge=2, le=1000), WHOLE, Says("a whole number from 2 to 1000", "3")
]
TrialCount: TypeAlias = Annotated[Count, Says("a whole number from 1 to 1000000000", "8")]
SeedCount: TypeAlias = Annotated[
    int, Field(strict=True, ge=1, le=1000), WHOLE, Says("a whole number from 1 to 1000", "3")
]


class SearchSettings(Section):
    """The search of every arm; `grace_share` of a trial's updates pass before the trial scheduler may stop it."""

    trials_per_arm: TrialCount
    objective: Objective = "dev.f1"
    sampler: Sampler = "tpe"
    startup_trials: Count = 4
    scheduler: Scheduler = "asha"
    grace_share: GraceShare = 0.2
    reduction_factor: ReductionFactor = 3
    seed: Seed = 0


class ReplicateSettings(Section):
    """Under how many seeds the best configuration of each arm is trained again."""

    seeds: SeedCount = 3
