"""Scores of pairs of languages: tidy rows to write, and panels to draw."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import Any, TypeAlias

from xlingual.report.grid import SUMS, Grid
from xlingual.report.late_arms import marked
from xlingual.report.summary import Summary

COLUMNS = (
    *("study", "test_set", "arm", "baseline", "first", "second", "metric", "score", "units"),
    *("against", "difference", "low", "high", "p", "adjusted_p", "different"),
)
Panel: TypeAlias = tuple[str, dict[str, float], bool]
"""Title of a panel, a number for each key of the grid, and whether these are differences."""


def grid_rows(summary: Summary, grid: Grid) -> Iterator[dict[str, Any]]:
    """One row an arm, pair of languages (or sum of the grid) and metric, unrounded; what is not compared is None."""
    for arm, cells in grid.means.items():
        against = summary.arms[arm].against if arm in grid.differences else None
        for key, metrics in cells.items():
            first, second = (key, "") if key in SUMS else (key.split("-") * 2)[:2]
            for metric, units in metrics.items():
                gap = grid.differences.get(arm, {}).get(key, {}).get(metric)
                scores = (summary.study, summary.test_set, arm, summary.arms[arm].baseline, first, second, metric)
                compared = gap and (gap.estimate, gap.low, gap.high, gap.found.p, gap.adjusted_p, gap.different)
                values = (*scores, fmean(units), len(units), against, *(compared or (None,) * 6))
                yield dict(zip(COLUMNS, values, strict=True))


def panels_of(summary: Summary, grid: Grid) -> list[Panel]:
    """Scores of the arms that are compared with no other, then differences of the others; of the headline metric."""
    metric = summary.headline
    scores: list[Panel] = [
        (
            f"{marked(arm, summary.late)}: {summary.metrics[metric].title}",
            {key: fmean(cells[key][metric]) for key in grid.keys},
            False,
        )
        for arm, cells in grid.means.items()
        if arm not in grid.differences
    ]
    differences: list[Panel] = [
        (
            f"{marked(arm, summary.late)} minus {marked(str(summary.arms[arm].against), summary.late)}",
            {key: cells[key][metric].estimate for key in grid.keys},
            True,
        )
        for arm, cells in grid.differences.items()
    ]
    return [*scores, *differences]
