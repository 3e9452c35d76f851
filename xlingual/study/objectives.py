"""The names of objectives, made from the metrics of a task.

`dev.METRIC` is the score on the development set in the source language, `webfaq_dev.mean_METRIC` the mean over the
languages of held-out FAQ hosts, and `test.METRIC` the mean over the test set's languages, for studies with
`oracle: true`. The metrics are those of the headline test set; FAQ hosts give questions with contexts, and so no score
of sentence pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlingual.study.benchmarks import BENCHMARKS
from xlingual.task_metrics import SQUAD, TaskMetrics

WEBFAQ_DEV = "webfaq_dev"


def development_objectives(metrics: TaskMetrics) -> tuple[str, ...]:
    """Objectives of a task that do not touch the test set, the default first."""
    prefixes = ("dev.", f"{WEBFAQ_DEV}.mean_") if metrics.task == SQUAD.task else ("dev.",)
    return tuple(f"{prefix}{name}" for prefix in prefixes for name in metrics.ranked)


def oracle_objectives(metrics: TaskMetrics) -> tuple[str, ...]:
    """Objectives of a task that look at the test set."""
    return tuple(f"test.{name}" for name in metrics.ranked)


def default_objective(metrics: TaskMetrics) -> str:
    """The objective of a study that names none: F1 where the task has it, else the headline metric."""
    return next(
        (one for one in development_objectives(metrics) if one == DEFAULT_OBJECTIVE), f"dev.{metrics.ranked[0]}"
    )


DEFAULT_OBJECTIVE = "dev.f1"
_KNOWN = (SQUAD, *(one.metrics for one in BENCHMARKS.values()))
DEV_OBJECTIVES = tuple(dict.fromkeys(name for metrics in _KNOWN for name in development_objectives(metrics)))
TEST_OBJECTIVES = tuple(dict.fromkeys(name for metrics in _KNOWN for name in oracle_objectives(metrics)))
"""Those of all tasks; a study's are its headline's."""


def objective_text(objective: str | Mapping[str, float]) -> str:
    """An objective as a study writes it, in words: a name, or "0.5 NAME + 0.5 NAME"."""
    if isinstance(objective, str):
        return objective
    return " + ".join(f"{weight:g} {name}" for name, weight in objective.items())


def recorded_objective(study: Mapping[str, Any]) -> str:
    """The objective in a study's record, in words."""
    return objective_text(study.get("search", {}).get("objective", DEFAULT_OBJECTIVE))
