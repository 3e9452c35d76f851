"""Development score of each arm's replicates against updates and against passes, from a study's records.

    python analysis/score_by_compute.py STUDY_DIR [--csv OUT.csv] [--figure OUT.png]

A pass takes each example of an update once forward and backward through the model; robust training may take several per
update. Prints a row an arm and report: the mean over the arm's replicates and its standard deviation. The CSV is tidy:
one row an arm, seed and report. The figure shows the means over updates and over passes, with the range of the
replicates. Only the last point of an arm is a whole training: before it the learning rate has not finished its decay.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console

from xlingual.errors import DataError, XlingualError
from xlingual.records.attached import study_argument
from xlingual.report.cost_table import cost_notes
from xlingual.report.notes import warnings
from xlingual.report.number_format import NOTHING, mean_cell
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import Notes
from xlingual.report.wide_table import Column, WideTable

COLUMNS = ("study", "arm", "passes_per_update", "seed", "updates", "passes", "objective")


PARTIAL = (
    "Before an arm's last update its learning rate has not finished its decay: only last points are whole trainings."
)


@dataclass(frozen=True, slots=True)
class ArmPoint:
    """One report of an arm: the development objective, in percent, of each replicate that has made it."""

    arm: str
    updates: int
    passes: int
    scores: tuple[float, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        summary = summarize(chosen.study)
        points = arm_points(summary)
        if not points:
            raise DataError(f"{chosen.study}: no replicate has reported yet; let `xlingual run` end first")
        if chosen.csv is not None:  # files first: the reader of the table may leave early
            write_csv(tidy_rows(summary), chosen.csv)
        if chosen.figure is not None:
            draw_curves(points, caption(summary), summary.objective, chosen.figure)
        console = Console()
        console.print(curve_table(summary, points), "", Notes([*cost_notes(summary.equal, summary.costs)[:1], PARTIAL]))
    except (XlingualError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def arm_points(summary: Summary) -> list[ArmPoint]:
    """Every report of every arm that has replicates, in the order of arms and updates."""
    points = []
    for name, arm in summary.costs.items():
        by_updates: dict[tuple[int, int], list[float]] = {}
        for curve in arm.curves.values():
            for point in curve:
                by_updates.setdefault((point.updates, point.passes), []).append(point.objective)
        points += [ArmPoint(name, *place, tuple(scores)) for place, scores in sorted(by_updates.items())]
    return points


def without_points(summary: Summary, points: Sequence[ArmPoint]) -> list[str]:
    """Arms no replicate of which has reported, for example because no trial of theirs finished."""
    reported = {point.arm for point in points}
    return [name for name in summary.arms if name not in reported]


def curve_table(summary: Summary, points: Sequence[ArmPoint]) -> WideTable:
    """A row a report: updates and passes so far, and the mean over the replicates with its standard deviation."""
    names = ["" if i and points[i - 1].arm == point.arm else point.arm for i, point in enumerate(points)]
    others = without_points(summary, points)
    missing = [NOTHING] * len(others)
    columns = [
        Column("updates", [*(f"{point.updates:,}" for point in points), *missing]),
        Column("passes", [*(f"{point.passes:,}" for point in points), *missing]),
        Column(summary.objective, [*(mean_cell(point.scores) for point in points), *missing]),
        Column("replicates", [*(str(len(point.scores)) for point in points), *("0" for _ in others)]),
    ]
    title = f"{summary.study}: {summary.objective} in percent against updates and against passes"
    return WideTable(title, warnings(summary), Column("arm", [*names, *others]), [columns])


def tidy_rows(summary: Summary) -> Iterator[dict[str, Any]]:
    """One row an arm, seed and report, unrounded; an arm without any report has one row with only its name."""
    for name, arm in summary.arms.items():
        if arm.cost is None or not arm.cost.curves:
            yield {**dict.fromkeys(COLUMNS), "study": summary.study, "arm": name}
            continue
        for seed, curve in arm.cost.curves.items():
            for point in curve:
                found = (summary.study, name, arm.cost.cost.passes_per_update, seed)
                yield dict(zip(COLUMNS, (*found, point.updates, point.passes, point.objective), strict=True))


def write_csv(rows: Iterator[dict[str, Any]], path: Path) -> None:
    """Write tidy rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def caption(summary: Summary) -> str:
    """Title of the figure: the study, what its arms are equal in, the first words of its warnings, what is missing."""
    flags = [line.split(":")[0] for line in warnings(summary)]
    missing = without_points(summary, arm_points(summary))
    if missing:
        flags.append(f"not drawn, without any report: {', '.join(missing)}")
    return "\n".join([f"{summary.study}: whole trials are equal in {summary.equal}", *flags])


def draw_curves(points: Sequence[ArmPoint], title: str, objective: str, path: Path) -> None:
    """Draw two panels, over updates and over passes: a line an arm, its replicates' range as a band.

    Raises:
        DataError: when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DataError("--figure needs matplotlib: pip install matplotlib, or leave --figure out") from None
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    arms = list(dict.fromkeys(point.arm for point in points))
    for panel, name in zip(panels, ("updates", "passes"), strict=True):
        for arm in arms:
            _draw_arm(panel, arm, [point for point in points if point.arm == arm], name)
        panel.set_xlabel(f"{name} so far")
        panel.set_xlim(left=0)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel(f"{objective}, percent")
    figure.suptitle(title, fontsize="medium")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(4, len(arms)))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def _draw_arm(panel: Any, arm: str, points: Sequence[ArmPoint], name: str) -> None:
    places = [getattr(point, name) for point in points]
    (line,) = panel.plot(places, [fmean(point.scores) for point in points], marker="o", markersize=3, label=arm)
    lows, highs = ([end(point.scores) for point in points] for end in (min, max))
    panel.fill_between(places, lows, highs, color=line.get_color(), alpha=0.15, linewidth=0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Development score against updates and against passes.")
    parser.add_argument("study", type=study_argument, metavar="STUDY_DIR", help="directory or URL: STORAGE/NAME")
    parser.add_argument("--csv", type=Path, help="write every report of every replicate here")
    parser.add_argument("--figure", type=Path, help="draw both panels here (.png, .pdf or .svg)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
