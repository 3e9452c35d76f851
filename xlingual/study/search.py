"""The search and replicates sections: how many configurations are tried, and how the best are repeated."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from xlingual.study.leaves import WHOLE, Count, Real
from xlingual.study.messages import shown, user_error, user_errors
from xlingual.study.objectives import DEFAULT_OBJECTIVE, DEV_OBJECTIVES, TEST_OBJECTIVES, WEBFAQ_DEV, objective_text
from xlingual.study.section import LeafDoc, Section


def _objective(value: Any) -> str | dict[str, float]:
    """Read a score's name or a weighted sum, whose order does not matter: it is that of the known scores."""
    if isinstance(value, str) and value.strip():
        return value
    if not isinstance(value, dict) or not value:
        held_out = next(name for name in DEV_OBJECTIVES if name.startswith(WEBFAQ_DEV))
        remedy = f"write objective: {DEFAULT_OBJECTIVE}, or objective: {{{DEFAULT_OBJECTIVE}: 0.5, {held_out}: 0.5}}"
        raise user_error(f"must be text or a mapping from scores to weights, found {shown(value)}; {remedy}")
    for name, weight in value.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool) and math.isfinite(weight)
        if not number or weight <= 0:
            message = f"must be a number above 0, found {shown(weight)}; write for example {name}: 0.5"
            raise user_errors([((name,), message)])
    known = (*DEV_OBJECTIVES, *TEST_OBJECTIVES)
    order = sorted(value, key=lambda name: (known.index(name) if name in known else len(known), str(name)))
    return {str(name): float(value[name]) for name in order}


Objective: TypeAlias = Annotated[
    Any,
    AfterValidator(_objective),
    LeafDoc("the name of a score, or a mapping from such names to weights", DEFAULT_OBJECTIVE),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [*DEV_OBJECTIVES, *TEST_OBJECTIVES]},
                {
                    "type": "object",
                    "properties": {name: {"type": "number", "exclusiveMinimum": 0} for name in DEV_OBJECTIVES},
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ],
            "description": "test.* needs oracle: true; a mapping is a weighted sum",
        }
    ),
]
Sampler: TypeAlias = Annotated[Literal["tpe", "random"], LeafDoc("tpe or random", "tpe")]
Startup: TypeAlias = Annotated[Literal["centred", "random"], LeafDoc("centred or random", "centred")]
Scheduler: TypeAlias = Annotated[Literal["none", "median", "asha"], LeafDoc("none, median or asha", "none")]
GraceShare: TypeAlias = Annotated[Real, Field(gt=0, le=1), LeafDoc("a number above 0 and at most 1", "0.2")]
ReductionFactor: TypeAlias = Annotated[
    int, Field(strict=True, ge=2, le=1000), WHOLE, LeafDoc("a whole number from 2 to 1000", "3")
]
TrialCount: TypeAlias = Annotated[Count, LeafDoc("a whole number from 1 to 1000000000", "8")]
SearchCount: TypeAlias = Annotated[
    int, Field(strict=True, ge=1, le=99), WHOLE, LeafDoc("a whole number from 1 to 99", "4")
]
SeedCount: TypeAlias = Annotated[
    int, Field(strict=True, ge=1, le=99), WHOLE, LeafDoc("a whole number from 1 to 99", "3")
]
SearchSeed: TypeAlias = Annotated[
    int, Field(strict=True, ge=0, le=99_999), WHOLE, LeafDoc("a whole number from 0 to 99999", "0")
]


Equal: TypeAlias = Annotated[Literal["updates", "passes", "nothing"], LeafDoc("updates, passes or nothing", "updates")]


class SearchSettings(Section):
    """The search of every arm.

    Each arm has `trials_per_arm` trials, split evenly over its searches, which maximise `objective`: a score, or a
    weighted sum of scores (default: development F1 of questions, accuracy of sentence pairs). `seed` seeds everything
    that is drawn.

    With `sampler: tpe` and `startup: centred` a search begins with its arm's `first` configuration, then a design that
    is balanced over the space and drawn towards its middle, until `startup_trials` trials have a score. With
    `startup: random` these trials are drawn from the space itself; with `sampler: random` all are.

    `scheduler: none` trains every trial to its end. `median` stops a trial if its best report is below the median of
    what others of its search reported on average up to then, `asha` if it is not among the best 1/`reduction_factor`
    of its rung; both only after `grace_share` of its updates.

    With `equal: updates` full trials of all arms have the same number of updates. With `equal: passes` a trial whose
    robust training takes each example k times through the model per update has `training.updates` / k of them, rounded
    down. With `equal: nothing` an arm may set its own `training.updates`, to repeat a published recipe that trains
    longer than its baseline; tables say so.
    """

    trials_per_arm: TrialCount
    objective: Objective = DEFAULT_OBJECTIVE
    equal: Equal = "updates"
    sampler: Sampler = "tpe"
    startup: Startup = "centred"
    startup_trials: Count = 8
    scheduler: Scheduler = "none"
    grace_share: GraceShare = 0.2
    reduction_factor: ReductionFactor = 3
    seed: SearchSeed = 0

    @property
    def summands(self) -> dict[str, float]:
        """The objective as scores and their weights: one of weight 1, or a weighted sum."""
        return {self.objective: 1.0} if isinstance(self.objective, str) else dict(self.objective)

    @property
    def idle(self) -> dict[str, str]:
        """Keys that are set without effect, each with the setting that disables it."""
        used = {"none": (), "median": ("grace_share",), "asha": ("grace_share", "reduction_factor")}[self.scheduler]
        unused = {key: "scheduler" for key in ("grace_share", "reduction_factor") if key not in used}
        unused |= {key: "sampler" for key in ("startup", "startup_trials") if self.sampler == "random"}
        return {key: f"{by}: {getattr(self, by)}" for key, by in unused.items() if key in self.model_fields_set}

    @property
    def objective_text(self) -> str:
        """The objective in words, see `xlingual.study.objectives.objective_text`."""
        return objective_text(self.objective)


class ReplicateSettings(Section):
    """How a comparison of arms is repeated.

    Each arm's trials are split evenly over that many independent `searches`, and the winner of each is trained again
    under that many fresh `seeds` (see `xlingual.study.searches`). Verdicts cover the luck of the search only if there
    are several.
    """

    searches: SearchCount = 4
    seeds: SeedCount = 1
