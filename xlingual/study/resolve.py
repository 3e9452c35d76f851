"""A study with all its defaults."""

from __future__ import annotations

from typing import Any

from xlingual.study.arms import SHOWN
from xlingual.study.configuration import arm_space
from xlingual.study.first import first_written
from xlingual.study.schema import Study
from xlingual.study.space import as_written


def resolved(study: Study) -> dict[str, Any]:
    """Return a study with all defaults filled in, as a study file would say it; every arm with its whole training."""
    plain = study.model_dump(mode="json", exclude={"arms"})
    plain["arms"] = {
        name: {
            "baseline": arm.baseline,
            "model": arm.model or study.model,
            **{key: getattr(arm, key) for key in SHOWN if getattr(arm, key) is not None},
            **as_written(arm_space(study, name)),
            **({} if (first := first_written(study, name)) is None else {"first": first}),
        }
        for name, arm in study.arms.items()
    }
    if not study.uses_toy:
        del plain["toy"]
    del plain["windows" if study.task_benchmark.of_pairs else "pairs"]  # which no model of the task reads
    return plain
