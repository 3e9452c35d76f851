"""What a report says of the development data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from xlingual.study.objectives import WEBFAQ_DEV
from xlingual.task_metrics import TaskMetrics

Scores: TypeAlias = Mapping[str, float]
"""From the name of a metric to its mean over the questions of one language, in percent."""


def development_report(
    scores: Mapping[str, Mapping[str, Scores]], objective: Mapping[str, float], metrics: TaskMetrics
) -> dict[str, Any]:
    """Put the scores of one report together.

    Args:
        scores: by set (`dev`, an oracle's `test`, `webfaq_dev`) and language.
        objective: names of scores, see `xlingual.study.objectives`, and their weights.
        metrics: those of the task.

    Returns:
        `objective`, every metric (means over the languages of the first set, English alone unless the study is an
        oracle), and where FAQ hosts were held out `webfaq_dev` with `mean_METRIC` of each and the headline of every
        language, all in percent.
    """
    known: dict[str, float] = {}
    for name, languages in scores.items():
        for metric in metrics.ranked:
            mean = sum(one[metric] for one in languages.values()) / len(languages)
            known[f"{name}.{metric}"] = known[f"{name}.mean_{metric}"] = mean
    first = next(iter(scores))
    report: dict[str, Any] = {"objective": sum(weight * known[name] for name, weight in objective.items())}
    report |= {metric: known[f"{first}.{metric}"] for metric in metrics.ranked}
    if WEBFAQ_DEV in scores:
        headline = metrics.headline.name
        report[WEBFAQ_DEV] = {
            **{f"mean_{metric}": known[f"{WEBFAQ_DEV}.mean_{metric}"] for metric in metrics.ranked},
            headline: {language: one[headline] for language, one in scores[WEBFAQ_DEV].items()},
        }
    return report
