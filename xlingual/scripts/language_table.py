"""Scores by language of several studies: languages by arms, with differences and published scores beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from xlingual.analyses.per_language import unit_scores
from xlingual.report.arm_summary import ArmSummary
from xlingual.report.differences import MEAN
from xlingual.report.late_arms import marked
from xlingual.report.notes import warnings
from xlingual.report.number_format import NOTHING, difference_cell, mean_cell, number_cell
from xlingual.report.published import PublishedRow, mean_names, means_of
from xlingual.report.published_table import PUBLISHED
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable


def language_table(summaries: Mapping[str, Summary], metric: str) -> WideTable:
    """Languages by arms of all studies: mean over searches or seeds, and the difference to the study's own baseline."""
    languages = list(dict.fromkeys(language for summary in summaries.values() for language in summary.languages))
    benchmark = next((one.benchmark for one in summaries.values() if one.benchmark is not None), None)
    named = mean_names(benchmark)
    means = [key for key in named if any(key in row.means for one in summaries.values() for row in one.published)]
    rows = [*languages, *([MEAN] if any(one.targets for one in summaries.values()) else []), *means]
    groups = [
        _columns(label, summary, arm, rows, metric)
        for label, summary in summaries.items()
        for arm in sorted(summary.arms.values(), key=lambda arm: not arm.baseline)
    ]
    groups += [
        [_published(label, summary, row, rows, metric)]
        for label, summary in summaries.items()
        for row in summary.published
        if row.has(metric)
    ]
    first, sets = next(iter(summaries.values())), dict.fromkeys(one.title for one in summaries.values())
    means_over = " or ".join(dict.fromkeys(one.non_source for one in summaries.values()))
    title = (
        f"Zero-shot {first.metrics[metric].title} on {', '.join(sets)} by language, in percent; mean: over the "
        f"{means_over} languages"
    )
    flags = [f"{label}: {warning}" for label, summary in summaries.items() for warning in warnings(summary)]
    names = [named.get(row, row).replace("\n", " ") for row in rows]
    return WideTable(title, flags, Column("language", names), groups)


def _columns(label: str, summary: Summary, arm: ArmSummary, rows: Sequence[str], metric: str) -> list[Column]:
    averages = means_of(summary.benchmark)
    scores = [_scores(arm, row, metric, averages) for row in rows]
    cells = [
        mean_cell(one) if row in (MEAN, *averages) else f"{fmean(one):.1f}" if one else NOTHING
        for row, one in zip(rows, scores, strict=True)
    ]
    score = Column(f"{label}\n{marked(arm.name, summary.late)}", cells)
    if arm.baseline:
        return [score]
    of_arm = summary.differences.get(arm.name, {})
    gaps = [difference_cell(of_arm.get(row, {}).get(metric)) for row in rows]
    other = marked(str(arm.against), summary.late)
    return [score, Column(f"to {other}\n[{100 * summary.confidence:g}% interval]", gaps)]


def _published(label: str, summary: Summary, row: PublishedRow, rows: Sequence[str], metric: str) -> Column:
    """A published row; its mean is over the study's languages but the source, where all were published."""
    cells = [row.mean_over(summary.targets, metric) if name == MEAN else _cell(row, name, metric) for name in rows]
    return Column(f"{label}\n{PUBLISHED}: {row.model} [{summary.number(row)}]", [number_cell(cell) for cell in cells])


def _cell(row: PublishedRow, name: str, metric: str) -> float | None:
    """Published score of a language, or of a mean by its key."""
    known = {**row.scores, **row.means}
    return known[name][metric] if name in known else None


def _scores(arm: ArmSummary, row: str, metric: str, averages: Mapping[str, tuple[str, ...]]) -> tuple[float, ...]:
    """Scores of one language, of the mean, or of a mean that others publish, one a unit; empty where there are none."""
    return arm.mean_over(averages[row], metric) if row in averages else unit_scores(arm, row, metric)
