"""The tables of a report, drawn from a summary; nothing is computed here but means over seeds."""

from __future__ import annotations

from statistics import fmean, stdev

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table

from xlingual.report.cost_table import cost_table, perturbation_table
from xlingual.report.differences import MEAN, Difference
from xlingual.report.notes import notes, readings, seeds, warnings
from xlingual.report.summary import ArmSummary, Summary
from xlingual.report.wide_table import Column, WideTable, plain

NOTHING = "-"
_METRIC_NAMES = {"f1": "F1", "exact_match": "exact match"}


def report_tables(summary: Summary) -> RenderableType:
    """Draw the whole report: F1, exact match, differences per language, what training cost, and notes on all these."""
    if not summary.languages:
        return Notes([*warnings(summary), f"{summary.study}: no replicate was scored on the test set yet."])
    tables: list[RenderableType] = [score_table(summary, "f1"), "", score_table(summary, "exact_match"), ""]
    if summary.differences:
        tables += [difference_table(summary, "f1"), ""]
    if summary.costs:
        flags = warnings(summary)
        tables += [cost_table(summary.study, summary.objective, summary.equal, summary.costs, flags), ""]
        perturbed = perturbation_table(summary.study, summary.costs, flags)
        tables += [perturbed, ""] if perturbed else []
    return Group(*tables, Notes(notes(summary)))


def score_table(summary: Summary, metric: str) -> WideTable:
    """Arms by languages (English first), their mean, and the mean's difference to the baseline with its interval."""
    arms = list(summary.arms.values())
    groups = [[Column(language, [_score(arm, language, metric) for arm in arms])] for language in summary.languages]
    if any(language != "en" for language in summary.languages):
        gaps = [summary.differences.get(arm.name, {}).get(MEAN, {}).get(metric) for arm in arms]
        cells = ["baseline" if arm.baseline else difference_cell(gap) for arm, gap in zip(arms, gaps, strict=True)]
        groups.append(
            [
                Column("mean of\nnon-English", [mean_cell(arm.mean(metric)) for arm in arms]),
                Column(f"difference of means\n{_share(summary)}", cells, [_style(gap) for gap in gaps]),
            ]
        )
    return WideTable(_title(summary, metric), warnings(summary), Column("arm", list(summary.arms)), groups)


def difference_table(summary: Summary, metric: str) -> WideTable:
    """Languages by arms: the difference to the baseline with its interval."""
    rows = [*summary.languages, *([MEAN] if any(MEAN in of_arm for of_arm in summary.differences.values()) else [])]
    groups = []
    for arm, of_arm in summary.differences.items():
        gaps = [of_arm[row][metric] for row in rows]
        groups.append([Column(arm, [difference_cell(gap) for gap in gaps], [_style(gap) for gap in gaps])])
    title = (
        f"{summary.study}: difference of {_METRIC_NAMES[metric]} to {summary.baseline} in percentage points, "
        f"{_share(summary)}; {seeds(summary)}; {readings(summary)}"
    )
    return WideTable(title, warnings(summary), Column("language", rows), groups)


def difference_cell(gap: Difference | None) -> str:
    """Write a difference with its interval: "+1.2 [-0.5, +2.9]"."""
    if gap is None:
        return NOTHING
    interval = "[no interval]" if gap.low is None or gap.high is None else f"[{_signed(gap.low)}, {_signed(gap.high)}]"
    return f"{_signed(gap.estimate)} {interval}"


def mean_cell(scores: tuple[float, ...]) -> str:
    """Write the mean of one score a seed with its standard deviation: "57.3 ± 0.4"."""
    if not scores:
        return NOTHING
    return f"{fmean(scores):.1f}" + (f" ± {stdev(scores):.1f}" if len(scores) > 1 else "")


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


def _title(summary: Summary, metric: str) -> str:
    data = "the toy test set" if summary.toy else "XQuAD"
    what = f"zero-shot {_METRIC_NAMES[metric]} on {data} in percent"
    return f"{summary.study}: {what}; {seeds(summary)}; {readings(summary)}"


def _share(summary: Summary) -> str:
    return f"[{100 * summary.confidence:g}% interval]"


def _score(arm: ArmSummary, language: str, metric: str) -> str:
    scores = arm.scores.get(language)
    return f"{fmean(scores.of(metric)):.1f}" if scores else NOTHING


def _signed(number: float) -> str:
    text = f"{number:+.1f}"
    return "0.0" if float(text) == 0 else text


def _style(gap: Difference | None) -> str:
    """Colour where the interval leaves out zero."""
    if gap is None or gap.low is None or gap.high is None:
        return ""
    return "green" if gap.low > 0 else "red" if gap.high < 0 else ""
