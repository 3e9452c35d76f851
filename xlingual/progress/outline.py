"""What a study has to do in all, known before it begins: arms, trials, replicates, test sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.study import Study
from xlingual.study.searches import recorded_searches
from xlingual.study.test_sets import recorded_test_sets

STAGES = ("search", "replicate", "test")


@dataclass(frozen=True, slots=True)
class ArmOutline:
    """Trials of all searches of an arm, and replicates of their winners."""

    trials: int
    replicates: int


@dataclass(frozen=True)
class Outline:
    """A study in numbers; those of a search are upper bounds, as a space may be exhausted.

    Attributes:
        name: the study's.
        arms: in the study file's order.
        baseline: the arm that others are compared with.
        test_sets: how many.
        until: the last stage that is asked for.
    """

    name: str = ""
    arms: Mapping[str, ArmOutline] = field(default_factory=dict)
    baseline: str | None = None
    test_sets: int = 0
    until: str = "report"

    @classmethod
    def of_study(cls, study: Study) -> Outline:
        """That of a study."""
        return cls.of_record(study.model_dump(mode="json"))

    @classmethod
    def of_record(cls, study: Mapping[str, Any]) -> Outline:
        """That of a recorded study (study.json)."""
        arms = {name: ArmOutline(of.count * of.trials, of.replicates) for name, of in recorded_searches(study).items()}
        baseline = next((str(name) for name, arm in study["arms"].items() if arm.get("baseline")), None)
        return cls(str(study["name"]), arms, baseline, len(recorded_test_sets(study)))

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages that are asked for."""
        return STAGES[: STAGES.index(self.until) + 1] if self.until in STAGES else STAGES

    def items(self, stage: str) -> int:
        """How many trials, replicates or scorings a stage has at most; 0 where that is unknown."""
        if stage == "search":
            return sum(arm.trials for arm in self.arms.values())
        replicates = sum(arm.replicates for arm in self.arms.values())
        return replicates * self.test_sets if stage == "test" else replicates
