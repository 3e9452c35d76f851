"""Zero-shot scores per language against each study's baseline, from the records of one or more studies.

    python analysis/by_language.py STUDY_DIR [STUDY_DIR ...] [--set NAME] [--csv OUT.csv] [--figure OUT.png]

Prints one table a metric of one test set, each study's headline unless `--set` names another; columns marked published
are scores of others, numbered as in the notes. The CSV, which holds measured scores alone, is tidy: one row a study,
arm, language (or "mean" over all but the source language) and search, or seed where an arm has one search, with the
updates and the passes through the model that a whole training of the arm takes; its difference columns compare the
whole arm with the baseline (or with the arm that it is `against`), so they repeat. The figure shows the differences of
the headline metric with their 95% intervals. Every difference is within a study: scores of different studies may come
from other questions or other models.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console

from xlingual.errors import DataError, XlingualError
from xlingual.records.attached import study_argument
from xlingual.report.arm_summary import ArmSummary
from xlingual.report.differences import MEAN, Difference
from xlingual.report.notes import notes, set_notes, warnings
from xlingual.report.number_format import NOTHING, difference_cell, mean_cell, number_cell
from xlingual.report.published import PublishedRow, mean_names, means_of
from xlingual.report.published_table import PUBLISHED
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import Notes
from xlingual.report.wide_table import Column, WideTable
from xlingual.task_metrics import TaskMetrics

LEGEND_BELOW = 0.5
"""Inches from the axis to the legend: the axis label lies between."""


def columns(metrics: TaskMetrics) -> tuple[str, ...]:
    """Columns of the CSV."""
    return (
        *("study", "test_set", "arm", "baseline", "updates", "passes", "language", "search", "seed"),
        *metrics.ranked,
        metrics.words.examples,
        *(f"{metric}_{part}" for metric in metrics.ranked for part in ("difference", "low", "high")),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        summaries = read_studies(chosen.studies, chosen.set)
        metrics = next(iter(summaries.values())).metrics
        if chosen.csv is not None:  # files first: the reader of the tables may leave early
            write_csv(tidy_rows(summaries), columns(metrics), chosen.csv)
        if chosen.figure is not None:
            draw_differences(difference_points(summaries, metrics.headline.name), captions(summaries), chosen.figure)
        console = Console()
        for metric in metrics.ranked:
            console.print(language_table(summaries, metric), "")
        for label, summary in summaries.items():
            below = set_notes(summary) if summary.headline_title else notes(summary)
            console.print(Notes([f"{label}: {note}" for note in below]))
    except (XlingualError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_studies(directories: Sequence[Path], test_set: str | None = None) -> dict[str, Summary]:
    """Label (a study's name; its path where names repeat) -> its summary of a test set, None for its headline.

    Raises:
        DataError: when a study has no score on the test set yet, is named twice, or has other metrics than the first.
        RecordError: when a directory is no study's or a record is broken.
    """
    if len({directory.resolve() for directory in directories}) < len(directories):
        raise DataError(f"a study directory is named twice in {', '.join(map(str, directories))}; name each once")
    summaries = [summarize(directory, test_set) for directory in directories]
    names = [summary.study for summary in summaries]
    for directory, summary in zip(directories, summaries, strict=True):
        if not summary.languages:
            what = summary.title if summary.headline_title or summary.others else "the test set"
            raise DataError(f"{directory}: no replicate was scored on {what} yet; let `xlingual run` end first")
    if len({summary.metrics.names for summary in summaries}) > 1:
        sets = ", ".join(f"{summary.study} {summary.test_set}" for summary in summaries)
        raise DataError(f"the headline sets have different metrics ({sets}); name one test set of all studies by --set")
    return {
        summary.study if names.count(summary.study) == 1 else str(directory): summary
        for directory, summary in zip(directories, summaries, strict=True)
    }


def language_table(summaries: dict[str, Summary], metric: str) -> WideTable:
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
    score = Column(f"{label}\n{arm.name}", cells)
    if arm.baseline:
        return [score]
    of_arm = summary.differences.get(arm.name, {})
    gaps = [difference_cell(of_arm.get(row, {}).get(metric)) for row in rows]
    return [score, Column(f"to {arm.against}\n[{100 * summary.confidence:g}% interval]", gaps)]


def _published(label: str, summary: Summary, row: PublishedRow, rows: Sequence[str], metric: str) -> Column:
    """A published row; its mean is over the study's languages but the source, where all were published."""
    cells = [row.mean_over(summary.targets, metric) if name == MEAN else _cell(row, name, metric) for name in rows]
    return Column(f"{label}\n{PUBLISHED}: {row.model} [{summary.number(row)}]", [number_cell(cell) for cell in cells])


def _cell(row: PublishedRow, name: str, metric: str) -> float | None:
    """Published score of a language, or of a mean by its key."""
    known = {**row.scores, **row.means}
    return known[name][metric] if name in known else None


def _scores(arm: ArmSummary, language: str, metric: str, averages: Mapping[str, tuple[str, ...]]) -> tuple[float, ...]:
    """Scores of one language, or of the mean, one a unit (search or seed); empty where there are none."""
    if language == MEAN:
        return arm.mean(metric)
    if language in averages:
        return arm.mean_over(averages[language], metric)
    return arm.scores[language].of(metric) if language in arm.scores else ()


def tidy_rows(summaries: dict[str, Summary]) -> Iterator[dict[str, Any]]:
    """One row a study, arm, language and unit, unrounded; missing values are None.

    A unit is a search, whose scores are the mean over its seeds, or of an arm with one search a seed. An arm without
    any score has one row a language, without either.
    """
    for label, summary in summaries.items():
        for arm in summary.arms.values():
            spent = (arm.cost.cost.updates, arm.cost.cost.passes) if arm.cost else (None, None)
            for language in (*summary.languages, MEAN):
                compared = summary.differences.get(arm.name, {}).get(language, {})
                scored = zip(
                    arm.units, *(_scores(arm, language, metric, {}) for metric in summary.metrics.ranked), strict=False
                )
                for unit, *scores in scored if arm.units else [(None, *(None for _ in summary.metrics.ranked))]:
                    search, seed = (unit, None) if arm.unit == "search" else (None, unit)
                    questions = arm.scores[language].questions if language in arm.scores else None
                    found = (
                        label,
                        summary.test_set,
                        arm.name,
                        arm.baseline,
                        *spent,
                        language,
                        search,
                        seed,
                        *scores,
                        questions,
                    )
                    yield dict(zip(columns(summary.metrics), (*found, *_bounds(summary, compared)), strict=True))


def _bounds(summary: Summary, compared: dict[str, Difference]) -> Iterator[float | None]:
    for metric in summary.metrics.ranked:
        difference = compared.get(metric)
        yield from (difference.estimate, difference.low, difference.high) if difference else (None, None, None)


def write_csv(rows: Iterator[dict[str, Any]], header: Sequence[str], path: Path) -> None:
    """Write tidy rows; None is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True, slots=True)
class Point:
    """One dot of the figure: a difference in percentage points, with bounds where there are any."""

    study: str
    arm: str
    language: str
    estimate: float
    low: float | None
    high: float | None


def difference_points(summaries: dict[str, Summary], metric: str) -> list[Point]:
    """Every difference of every study as a dot."""
    return [
        Point(label, _named(summary, arm), language, cell.estimate, cell.low, cell.high)
        for label, summary in summaries.items()
        for arm, of_arm in summary.differences.items()
        for language, metrics in of_arm.items()
        for cell in [metrics[metric]]
    ]


def _named(summary: Summary, arm: str) -> str:
    """An arm, with the arm it is compared with unless that is the baseline."""
    other = summary.arms[arm].against
    return arm if other == summary.baseline else f"{arm} (to {other})"


def captions(summaries: dict[str, Summary]) -> dict[str, str]:
    """Title of each study's panel: its label, what is drawn, the first words of its warnings, what is missing."""
    return {
        label: "\n".join(
            [
                label,
                f"{summary.metrics.headline.title} minus {summary.baseline} [{100 * summary.confidence:g}% interval]",
                *(line.split(":")[0] for line in warnings(summary)),
                *([f"not scored: {', '.join(summary.unscored)}"] if summary.unscored else []),
            ]
        )
        for label, summary in summaries.items()
    }


def draw_differences(points: Sequence[Point], titles: dict[str, str], path: Path) -> None:
    """Draw dots with intervals: a panel a study, a row a language, a colour an arm.

    Raises:
        DataError: when no study has a difference to draw, or matplotlib is not installed.
    """
    if not points:
        raise DataError(
            "no difference to draw: no arm was scored beside the baseline that it is compared with; leave --figure out"
        )
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DataError("--figure needs matplotlib: pip install matplotlib, or leave --figure out") from None
    studies = list(dict.fromkeys(point.study for point in points))
    rows = {language: -row for row, language in enumerate(dict.fromkeys(point.language for point in points))}
    figure = Figure(figsize=(1 + 4 * len(studies), 2 + 0.35 * len(rows)), layout="constrained")
    panels = figure.subplots(1, len(studies), sharey=True, squeeze=False)[0]
    for panel, study in zip(panels, studies, strict=True):
        _draw_panel(panel, [point for point in points if point.study == study], rows)
        panel.set_title(titles[study], fontsize="medium")
    panels[0].set_yticks(list(rows.values()), list(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def _draw_panel(panel: Any, points: Sequence[Point], rows: dict[str, int]) -> None:
    from matplotlib.transforms import ScaledTranslation

    arms = list(dict.fromkeys(point.arm for point in points))
    for position, arm in enumerate(arms):
        mine = [point for point in points if point.arm == arm]
        shift = 0.6 * ((len(arms) - 1) / 2 - position) / len(arms)
        heights = [rows[point.language] + shift for point in mine]
        lows = [point.estimate - (point.estimate if point.low is None else point.low) for point in mine]
        highs = [(point.estimate if point.high is None else point.high) - point.estimate for point in mine]
        panel.errorbar([p.estimate for p in mine], heights, xerr=[lows, highs], fmt="o", markersize=4, label=arm)
    panel.axvline(0, color="grey", linewidth=1)
    panel.grid(axis="y", alpha=0.3)
    panel.set_xlabel("percentage points")
    below = panel.transAxes + ScaledTranslation(0, -LEGEND_BELOW, panel.figure.dpi_scale_trans)
    panel.legend(
        fontsize="small", loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=below, ncols=min(3, len(arms))
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Zero-shot scores per language against each study's baseline.")
    parser.add_argument(
        "studies", nargs="+", type=study_argument, metavar="STUDY_DIR", help="directory or URL: STORAGE/NAME"
    )
    parser.add_argument("--set", metavar="NAME", help="test set of all studies; default: each study's headline")
    parser.add_argument("--csv", type=Path, help="write the scores and differences here")
    parser.add_argument("--figure", type=Path, help="draw the differences here (.png, .pdf or .svg)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
