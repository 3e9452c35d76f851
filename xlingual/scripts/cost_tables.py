"""Tables of what scores cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from xlingual.analyses.best_score import BestScores
from xlingual.analyses.cost_curves import ArmHours, CostPoint
from xlingual.report.cost_table import cost_notes
from xlingual.report.late_arms import marked
from xlingual.report.notes import warnings
from xlingual.report.number_format import NOTHING, mean_cell
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable
from xlingual.scripts.command import Studies
from xlingual.scripts.tables import number, table_of

PARTIAL = (
    "Before an arm's last update its learning rate has not finished its decay: only last points are whole trainings."
)
HOURS = (
    "Hours are those of training and of scoring the development data, times the devices (or shares of one) of a "
    "training; waiting, loading and the test set are not in them."
)
MOST_COLUMNS = 8


def curve_table(label: str, summary: Summary, points: Sequence[CostPoint]) -> WideTable:
    """A row a report: what it took so far, and the mean over the replicates with its standard deviation."""
    names = ["" if i and points[i - 1].arm == point.arm else point.arm for i, point in enumerate(points)]
    reported = {point.arm for point in points}
    others = [name for arm in summary.arms if (name := marked(arm, summary.late)) not in reported]
    missing = [NOTHING] * len(others)
    columns = [
        Column("updates", [*(f"{point.updates:,}" for point in points), *missing]),
        Column("passes", [*(f"{point.passes:,}" for point in points), *missing]),
        Column("device hours", [*(_hours(point.hours) for point in points), *missing]),
        Column(summary.objective, [*(mean_cell(point.scores) for point in points), *missing]),
        Column("replicates", [*(str(len(point.scores)) for point in points), *("0" for _ in others)]),
    ]
    title = f"{label}: {summary.objective} in percent against updates, passes and hours of devices"
    return WideTable(title, warnings(summary), Column("arm", [*names, *others]), [columns])


def hours_table(hours: Mapping[str, Sequence[ArmHours]]) -> WideTable:
    """What every arm took."""
    rows = [(label, one) for label, of_study in hours.items() for one in of_study]
    return table_of(
        "Device hours of each arm",
        (),
        rows,
        ("study", lambda row: row[0]),
        ("arm", lambda row: row[1].arm),
        ("search\nhours", lambda row: _hours(row[1].search_hours)),
        ("search\ntrainings", lambda row: str(row[1].trials)),
        ("replicate\nhours", lambda row: _hours(row[1].replicate_hours)),
        ("replicates", lambda row: str(row[1].replicates)),
        ("devices", lambda row: ", ".join(row[1].devices) or NOTHING),
        left=("arm", "devices"),
    )


def _hours(hours: float | None) -> str:
    """Hours to three digits that count: a toy takes seconds."""
    return NOTHING if hours is None else f"{hours:.3g}"


def best_table(label: str, curves: Sequence[BestScores], objective: str) -> WideTable:
    """The best objective against the number of trials, at a few numbers."""
    middles = {curve.arm: curve.expected or _mean(curve) for curve in curves}
    counts = _counts(max(map(len, middles.values()), default=0))
    independent = all(curve.independent for curve in curves)
    what = "expected best of n independent trials" if independent else "best after n trials of a search, mean over them"
    columns = [Column(f"n = {count}", [number(_at(middles[curve.arm], count)) for curve in curves]) for count in counts]
    return WideTable(f"{label}: {what}, {objective} in percent", (), Column("arm", list(middles)), [columns])


def _mean(curve: BestScores) -> tuple[float, ...]:
    """Mean over the searches; not a number before all have a score."""
    steps = zip(*curve.incumbents.values(), strict=False)
    return tuple(math.nan if any(one is None for one in step) else fmean(one or 0.0 for one in step) for step in steps)


def _at(middle: Sequence[float], count: int) -> float | None:
    value = middle[count - 1] if count <= len(middle) else math.nan
    return None if math.isnan(value) else value


def _counts(most: int) -> list[int]:
    """1, 2, 4, ... and the last; all if they are few."""
    if most <= MOST_COLUMNS:
        return list(range(1, most + 1))
    doubled = [2**power for power in range(most.bit_length()) if 2**power < most]
    return [*doubled, most]


def cost_rows(studies: Studies, points: Mapping[str, Sequence[CostPoint]]) -> list[dict[str, Any]]:
    """A row an arm, report and seed; an arm without any report has one row with only its name."""
    rows: list[dict[str, Any]] = []
    for label, found in points.items():
        summary = studies[label].summary
        per_update = {name: cost.cost.passes_per_update for name, cost in summary.costs.items()}
        rows += [
            {
                "study": label,
                "arm": point.arm,
                "passes_per_update": per_update[point.arm],
                "seed": seed,
                "updates": point.updates,
                "passes": point.passes,
                "device_hours": hours,
                "objective": score,
            }
            for point in found
            for seed, score, hours in zip(point.seeds, point.scores, point.seed_hours, strict=True)
        ]
        rows += [{"study": label, "arm": name} for name in summary.arms if name not in {one.arm for one in found}]
    return rows


def cost_notes_of(studies: Studies) -> list[str]:
    """What was equal, and what the numbers leave out."""
    equal = [note for one in studies.values() for note in cost_notes(one.summary.equal, one.summary.costs)[:1]]
    return [*equal, PARTIAL, HOURS]
