"""The tables of a report, drawn from a summary; nothing but means over units is computed here."""

from __future__ import annotations

from statistics import fmean
from typing import TypeAlias

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from xlingual.report.arm_summary import ArmSummary
from xlingual.report.character_table import partial_table
from xlingual.report.cost_table import cost_table, perturbation_table
from xlingual.report.differences import MEAN, Difference
from xlingual.report.grid_table import grid_notes, grid_tables
from xlingual.report.interval_notes import signature
from xlingual.report.late_arms import with_marks
from xlingual.report.notes import notes, readings, set_notes, standing, units, warnings, without_trials, zero_shot
from xlingual.report.number_format import NOTHING, difference_cell, difference_style, mean_cell, number_cell, signed
from xlingual.report.published import PublishedRow, mean_names, means_of
from xlingual.report.published_table import PUBLISHED, distance_table, label
from xlingual.report.shares_table import shares_table
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable, plain
from xlingual.report.winners_table import winners_table


def report_tables(summary: Summary) -> RenderableType:
    """Draw the whole report.

    Of the headline set: every metric, the headline first, differences per language, distances from published scores,
    grids of pairs of languages, what the searches chose, illegal predictions, what training cost, and notes on all
    these. Then, of each other test set, what depends on it.
    """
    drawn: list[RenderableType] = []
    for parts in report_parts(summary):
        for part in parts:
            drawn += [part, ""] if isinstance(part, Signature) else [part]
        drawn.append("")
    return Group(*drawn[:-1])


def report_parts(summary: Summary) -> list[list[ReportPart]]:
    """The tables of each test set, the headline first, each followed by its signature, and notes at the end."""
    if not summary.languages and not any(other.languages for other in summary.others):
        nothing = f"{summary.study}: no replicate was scored on the test set yet."
        return [[Notes([*warnings(summary), *without_trials(summary), nothing])]]
    return [_set_parts(one, whole=one is summary) for one in (summary, *summary.others)]


def _set_parts(summary: Summary, *, whole: bool) -> list[ReportPart]:
    """Tables and notes of one test set; what the searches chose and cost only with the `whole` report."""
    if not summary.languages:
        return [Notes([f"{summary.study}: no replicate was scored on {summary.title} yet."])]
    flags = warnings(summary)
    signatures = {metric: Signature(signature(summary, metric)) for metric in summary.metrics.ranked}
    headline = signatures[summary.headline]
    tables: list[tuple[WideTable | None, Signature]] = [
        (score_table(summary, metric), below) for metric, below in signatures.items()
    ]
    tables += [(partial_table(summary, metric, flags), headline) for metric in summary.metrics.partial_names]
    if summary.differences:
        tables.append((difference_table(summary, summary.headline), headline))
    tables += [(distance_table(summary, metric, flags), below) for metric, below in signatures.items()]
    tables += [(table, headline) for table in grid_tables(summary, flags)]
    tables += [(winners_table(summary, flags) if whole else None, headline), (shares_table(summary, flags), headline)]
    if summary.costs and whole:
        without = [name for name in summary.arms if name not in summary.costs]
        costs = cost_table(summary.study, summary.objective, summary.equal, summary.costs, flags, without)
        tables += [(costs, headline), (perturbation_table(summary.study, summary.costs, flags), headline)]
    drawn: list[ReportPart] = []
    for table, below in tables:
        if table is not None:
            drawn += [with_marks(table, summary.late), below]
    return [*drawn, Notes([*notes(summary), *grid_notes(summary)] if whole else set_notes(summary))]


def score_table(summary: Summary, metric: str) -> WideTable:
    """Arms by languages, their mean, and the mean's difference with its interval.

    Published scores of the arms' models follow below, and the means that others publish on the right, each over the
    languages in its header.
    """
    arms, rows = list(summary.arms.values()), _rows(summary, metric)
    groups = []
    for language in summary.languages:
        others = [row.scores[language][metric] if language in row.scores else None for row in rows]
        groups.append([Column(language, [*(_score(arm, language, metric) for arm in arms), *map(number_cell, others)])])
    if summary.targets:
        gaps = [summary.differences.get(arm.name, {}).get(MEAN, {}).get(metric) for arm in arms]
        compared = [_compared(summary, arm, gap) for arm, gap in zip(arms, gaps, strict=True)]
        means = [number_cell(row.mean_over(summary.targets, metric)) for row in rows]
        groups.append(
            [
                Column(f"mean of\n{summary.non_source}", [*(mean_cell(arm.mean(metric)) for arm in arms), *means]),
                Column(
                    f"difference of means\n{_share(summary)}",
                    [*compared, *(PUBLISHED for _ in rows)],
                    [*map(difference_style, gaps), *("" for _ in rows)],
                ),
            ]
        )
    names = [*summary.arms, *(label(summary, row) for row in rows)]
    return WideTable(
        _title(summary, metric), warnings(summary), Column("arm", names), [*groups, *_published_means(summary, metric)]
    )


def _rows(summary: Summary, metric: str) -> list[PublishedRow]:
    """Published rows that have anything of a metric."""
    return [row for row in summary.published if row.has(metric)]


def _published_means(summary: Summary, metric: str) -> list[list[Column]]:
    """A column for each mean that some published row has: measured over the same languages, and as published."""
    columns, names = [], mean_names(summary.benchmark)
    for key, languages in means_of(summary.benchmark).items():
        others = [row.means[key][metric] if key in row.means else None for row in _rows(summary, metric)]
        if any(value is not None for value in others):
            measured = [mean_cell(arm.mean_over(languages, metric)) for arm in summary.arms.values()]
            columns.append([Column(names[key], [*measured, *map(number_cell, others)])])
    return columns


def _compared(summary: Summary, arm: ArmSummary, gap: Difference | None) -> str:
    """An arm's difference, with the arm it is to unless that is the baseline."""
    if arm.baseline:
        return "baseline"
    elsewhere = "" if arm.against == summary.baseline or gap is None else f" to {arm.against}"
    return f"{difference_cell(gap)}{elsewhere}"


def difference_table(summary: Summary, metric: str) -> WideTable:
    """Languages by arms: the difference to the baseline, or to the arm it is compared with, and its interval."""
    rows = [*summary.languages, *([MEAN] if any(MEAN in of_arm for of_arm in summary.differences.values()) else [])]
    groups = []
    for arm, of_arm in summary.differences.items():
        gaps = [of_arm[row][metric] for row in rows]
        other = summary.arms[arm].against
        header = arm if other == summary.baseline else f"{arm}\nto {other}"
        group = [Column(header, [difference_cell(gap) for gap in gaps], [difference_style(gap) for gap in gaps])]
        if any(gap.pooled is not None for gap in gaps):
            group.append(Column("pooled", [signed(gap.pooled) for gap in gaps]))
        groups.append(group)
    title = (
        f"{summary.study}: difference of {summary.metrics[metric].title}{_on(summary)} to {summary.baseline} in "
        f"percentage points, {_share(summary)}; {units(summary)}; {readings(summary)}"
    )
    return WideTable(title, warnings(summary), Column("language", rows), groups)


class Notes:
    """Sentences as a list with hanging indents."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw one item a line."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        for line in self.lines:
            grid.add_row("-", plain(line, options))
        yield grid


class Signature:
    """One line that breaks between its parts if the terminal is narrower."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as few lines as the width allows."""
        line = ""
        for part in self.text.split("|"):
            longer = f"{line}|{part}" if line else part
            if line and len(longer) >= options.max_width:
                yield Text(f"{line}|", style="dim")
                longer = part
            line = longer
        yield Text(line, style="dim")


ReportPart: TypeAlias = WideTable | Signature | Notes
"""What a report is made of."""


def _title(summary: Summary, metric: str) -> str:
    what = f"{zero_shot(summary, summary.metrics[metric].title)} on {summary.title}{standing(summary)} in percent"
    return f"{summary.study}: {what}; {units(summary)}; {readings(summary)}"


def _on(summary: Summary) -> str:
    """The test set, where the study has several."""
    return f" on {summary.title}" if standing(summary) else ""


def _share(summary: Summary) -> str:
    return f"[{100 * summary.confidence:g}% interval]"


def _score(arm: ArmSummary, language: str, metric: str) -> str:
    scores = arm.scores.get(language)
    return f"{fmean(scores.of(metric)):.1f}" if scores else NOTHING
