"""Scores and differences by language, of several studies: points to draw, and tidy rows to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xlingual.report.arm_summary import ArmSummary
from xlingual.report.differences import MEAN, Difference
from xlingual.report.late_arms import marked
from xlingual.report.summary import Summary
from xlingual.task_metrics import TaskMetrics


@dataclass(frozen=True, slots=True)
class LanguagePoint:
    """One difference in percentage points, with bounds where there are any.

    study: the study's label. arm: as figures name it, with the arm it is compared with unless that is the baseline.
    language: or "mean".
    """

    study: str
    arm: str
    language: str
    estimate: float
    low: float | None
    high: float | None
    different: bool = False


def language_points(summaries: Mapping[str, Summary], metric: str | None = None) -> tuple[LanguagePoint, ...]:
    """Every difference of studies by label, of the first one's headline metric if none is named."""
    return tuple(
        LanguagePoint(label, _named(summary, arm), language, gap.estimate, gap.low, gap.high, gap.different)
        for label, summary in summaries.items()
        for arm, of_arm in summary.differences.items()
        for language, metrics in of_arm.items()
        for gap in [metrics[metric or summary.headline]]
    )


def _named(summary: Summary, arm: str) -> str:
    other, name = str(summary.arms[arm].against), marked(arm, summary.late)
    return name if other == summary.baseline else f"{name} (to {marked(other, summary.late)})"


def columns(metrics: TaskMetrics) -> tuple[str, ...]:
    """Columns of the tidy rows."""
    return (
        *("study", "test_set", "arm", "baseline", "updates", "passes", "language", "search", "seed"),
        *metrics.ranked,
        metrics.words.examples,
        *(f"{metric}_{part}" for metric in metrics.ranked for part in ("difference", "low", "high")),
    )


def tidy_rows(summaries: Mapping[str, Summary]) -> Iterator[dict[str, Any]]:
    """One row a study, arm, language (or "mean") and unit, unrounded; missing values are None.

    A unit is a search, whose scores are the mean over its seeds, or of an arm with one search a seed. An arm without
    any score has one row a language, without either. Difference columns compare the whole arm, so they repeat.
    """
    for label, summary in summaries.items():
        for arm in summary.arms.values():
            for language in (*summary.languages, MEAN):
                yield from _rows(label, summary, arm, language)


def _rows(label: str, summary: Summary, arm: ArmSummary, language: str) -> Iterator[dict[str, Any]]:
    metrics = summary.metrics
    spent = (arm.cost.cost.updates, arm.cost.cost.passes) if arm.cost else (None, None)
    compared = summary.differences.get(arm.name, {}).get(language, {})
    questions = arm.scores[language].questions if language in arm.scores else None
    scored = zip(arm.units, *(unit_scores(arm, language, metric) for metric in metrics.ranked), strict=False)
    for unit, *scores in scored if arm.units else [(None, *(None for _ in metrics.ranked))]:
        search, seed = (unit, None) if arm.unit == "search" else (None, unit)
        about = (label, summary.test_set, arm.name, arm.baseline, *spent, language, search, seed)
        bounds = [bound for metric in metrics.ranked for bound in _bounds(compared.get(metric))]
        yield dict(zip(columns(metrics), (*about, *scores, questions, *bounds), strict=True))


def unit_scores(arm: ArmSummary, language: str, metric: str) -> tuple[float, ...]:
    """Scores of one language, or of the mean, one a unit; empty where there are none."""
    if language == MEAN:
        return arm.mean(metric)
    return arm.scores[language].of(metric) if language in arm.scores else ()


def _bounds(gap: Difference | None) -> tuple[float | None, float | None, float | None]:
    return (gap.estimate, gap.low, gap.high) if gap else (None, None, None)
