"""Generalised transfer as tables: what each arm scores on pairs of languages, and its differences."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from xlingual.report.differences import Difference
from xlingual.report.grid import DIAGONAL, EXCESS, OFF_DIAGONAL, SUMS, Grid
from xlingual.report.notes import standing, units
from xlingual.report.number_format import NOTHING, difference_cell, difference_style, mean_cell, signed
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable
from xlingual.task_metrics import counted

_HEADERS = {DIAGONAL: "same\nlanguage", OFF_DIAGONAL: "two\nlanguages", EXCESS: "two - same"}


def grid_tables(summary: Summary, flags: Sequence[str]) -> list[WideTable]:
    """A summary of the grids, each arm's grid, each compared arm's differences; none where no pair was scored."""
    grid = summary.grid
    if grid is None:
        return []
    metric = summary.headline
    scores = [_scores(summary, grid, arm, metric, flags) for arm in grid.means]
    return [
        _sums(summary, grid, metric, flags),
        *scores,
        *(_differences(summary, grid, arm, metric, flags) for arm in grid.differences),
    ]


def grid_notes(summary: Summary) -> list[str]:
    """What a grid's rows, columns and means are."""
    grid = summary.grid
    if grid is None:
        return []
    first, second = summary.roles
    text = " An answer is a text of the row's language." if first == "context" else ""
    same = sum("-" not in key for key in grid.keys)
    means = f"the mean over {counted(same, 'languages')}, and over {counted(len(grid.keys) - same, 'ordered pairs')}"
    weights = "every language weighs the same in both" if grid.whole else "not all pairs of these languages were scored"
    lines = [
        f"Grids: rows are the language of the {first}, columns that of the {second}.{text} Same language, two "
        f"languages: {means}; {weights}.",
        "two - same: of a difference, how much larger it is where the languages differ. Its interval is that of a "
        f"difference of differences on the same {summary.words.examples}; *: adjusted for the number of compared arms "
        "(Holm, 5%), each column by itself. Single cells have their intervals in --json, and no verdict.",
    ]
    if grid.absent:
        lines.append(f"Left out of the grid: {counted(grid.absent, 'pairs')} that not every replicate was scored on.")
    return lines


def _sums(summary: Summary, grid: Grid, metric: str, flags: Sequence[str]) -> WideTable:
    arms = list(grid.means)
    there = [name for name in SUMS if name in next(iter(grid.means.values()))]
    groups = [[Column(_HEADERS[name], [mean_cell(grid.means[arm][name][metric]) for arm in arms]) for name in there]]
    if grid.differences:
        share = f"[{100 * summary.confidence:g}% interval]"
        for name in there:
            gaps = [grid.differences.get(arm, {}).get(name, {}).get(metric) for arm in arms]
            cells = [_compared(summary, arm, gap) for arm, gap in zip(arms, gaps, strict=True)]
            header = f"difference, {_HEADERS[name]}".replace("\n", " ")
            groups.append([Column(f"{header}\n{share}", cells, [difference_style(gap) for gap in gaps])])
    title = f"{_title(summary, metric)} in percent, summary; {units(summary)}"
    return WideTable(title, flags, Column("arm", arms), groups)


def _compared(summary: Summary, arm: str, gap: Difference | None) -> str:
    if summary.arms[arm].baseline:
        return "baseline"
    other = summary.arms[arm].against
    return difference_cell(gap) + ("" if other == summary.baseline or gap is None else f" to {other}")


def _scores(summary: Summary, grid: Grid, arm: str, metric: str, flags: Sequence[str]) -> WideTable:
    cells = {key: f"{fmean(grid.means[arm][key][metric]):.1f}" for key in grid.keys}
    return _drawn(summary, grid, f"{_title(summary, metric)} in percent: {arm}", cells, flags)


def _differences(summary: Summary, grid: Grid, arm: str, metric: str, flags: Sequence[str]) -> WideTable:
    cells = {key: signed(grid.differences[arm][key][metric].estimate) for key in grid.keys}
    title = f"{_title(summary, metric)}: {arm} minus {summary.arms[arm].against} in percentage points"
    return _drawn(summary, grid, title, cells, flags)


def _drawn(summary: Summary, grid: Grid, title: str, cells: dict[str, str], flags: Sequence[str]) -> WideTable:
    """Rows by the first code, columns by the second; the diagonal is bold."""
    groups = [
        [
            Column(
                second,
                [cells.get(grid.key(first, second) or "", NOTHING) for first in grid.languages],
                ["bold" if first == second else "" for first in grid.languages],
            )
        ]
        for second in grid.languages
    ]
    return WideTable(title, flags, Column(" \\ ".join(summary.roles), grid.languages), groups)


def _title(summary: Summary, metric: str) -> str:
    return (
        f"{summary.study}: generalised transfer, {summary.metrics[metric].title} on {summary.title}{standing(summary)}"
    )
