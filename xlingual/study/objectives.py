"""The names of objectives, made from the metrics of a task.

`dev.METRIC` is the score on the English development set, `webfaq_dev.mean_METRIC` the mean over the languages of
held-out FAQ hosts, and `test.METRIC` the mean over the test set's languages, for studies with `oracle: true`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlingual.task_metrics import SQUAD, TaskMetrics

WEBFAQ_DEV = "webfaq_dev"


def development_objectives(metrics: TaskMetrics) -> tuple[str, ...]:
    """Objectives of a task that do not touch the test set, the default first."""
    prefixes = ("dev.", f"{WEBFAQ_DEV}.mean_")
    return tuple(f"{prefix}{name}" for prefix in prefixes for name in metrics.ranked)


def oracle_objectives(metrics: TaskMetrics) -> tuple[str, ...]:
    """Objectives of a task that look at the test set."""
    return tuple(f"test.{name}" for name in metrics.ranked)


DEV_OBJECTIVES = development_objectives(SQUAD)
TEST_OBJECTIVES = oracle_objectives(SQUAD)
DEFAULT_OBJECTIVE = DEV_OBJECTIVES[0]


def objective_text(objective: str | Mapping[str, float]) -> str:
    """An objective as a study writes it, in words: a name, or "0.5 NAME + 0.5 NAME"."""
    if isinstance(objective, str):
        return objective
    return " + ".join(f"{weight:g} {name}" for name, weight in objective.items())


def recorded_objective(study: Mapping[str, Any]) -> str:
    """The objective in a study's record, in words."""
    return objective_text(study.get("search", {}).get("objective", DEFAULT_OBJECTIVE))
