"""Cost, perturbations and development curves of training an arm's winners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState
from xlingual.report.winners import Winner, best_of_all
from xlingual.study.cost import Cost, cost_of


@dataclass(frozen=True, slots=True)
class Point:
    """The development objective, in percent, after some updates and passes of a replicate."""

    updates: int
    passes: int
    objective: float


@dataclass(frozen=True)
class ArmCost:
    """Cost of training one arm's winners.

    Attributes:
        cost: of a whole trial of the best of all winners.
        curves: seed -> points of a replicate, in the order of its updates.
        sampled: whether the points before the last were scored on a part of the development questions.
        perturbation: magnitudes recorded by training, by name; empty if nothing was perturbed.
        measured: root mean square of the perturbation over that of what it was added to, mean over all reports; None
            if nothing was perturbed.
    """

    cost: Cost
    curves: dict[int, tuple[Point, ...]] = field(default_factory=dict)
    sampled: bool = False
    perturbation: dict[str, Any] = field(default_factory=dict)
    measured: float | None = None

    @property
    def magnitudes(self) -> dict[str, dict[str, Any]]:
        """The magnitudes of the recorded perturbation by name: `relative`, `absolute` and what they are `of`.

        `relative` is None if it depends on the example.
        """
        return {name: dict(one) for name, one in self.perturbation.items() if isinstance(one, Mapping)}

    def at(self, most: int, of: Callable[[Point], int]) -> Point | None:
        """Mean over the replicates of the last point whose `of` (updates or passes) is at most `most`; None if none."""
        found = [[point for point in points if of(point) <= most][-1:] for points in self.curves.values()]
        points = [point for last in found for point in last]
        if not points or len(points) < len(self.curves):
            return None
        updates, passes = min(p.updates for p in points), min(p.passes for p in points)
        return Point(updates, passes, fmean(point.objective for point in points))

    @property
    def end(self) -> Point | None:
        """Mean over the replicates at the last update; None before any."""
        return self.at(self.cost.updates, lambda point: point.updates)

    def as_json(self) -> dict[str, Any]:
        """Plain values; `development` lists every replicate's points."""
        return {
            "passes_per_update": self.cost.passes_per_update,
            "updates": self.cost.updates,
            "passes": self.cost.passes,
            "perturbation": self.perturbation,
            "measured_perturbation": self.measured,
            "development": {
                str(seed): [{"updates": p.updates, "passes": p.passes, "objective": p.objective} for p in points]
                for seed, points in self.curves.items()
            },
        }


def read_cost(directory: StudyDirectory, state: StudyState, arm: str, winners: Sequence[Winner]) -> ArmCost | None:
    """Read the cost of an arm's winners, and the perturbations of the best; None before one is chosen.

    Raises:
        RecordError: when a record is broken.
    """
    best = best_of_all(winners)
    if best is None:
        return None
    chosen, cost = best.fingerprint, cost_of(best.configuration)
    replicates = [one for one in state.replicates if one.arm == arm and one.state == "finished"]
    reports = {one.seed: journal.read(directory.trial(one.fingerprint).reports) for one in replicates}
    of_best = [one for one in replicates if one.chosen == chosen]
    trained = [*(one.fingerprint for one in of_best), chosen]
    environments = [journal.read(directory.trial(fingerprint).environment) for fingerprint in trained]
    costs = {winner.fingerprint: cost_of(winner.configuration) for winner in winners}
    recorded = [line["perturbation"] for lines in environments for line in lines if "perturbation" in line]
    return ArmCost(
        cost=cost,
        curves={one.seed: _curve(reports[one.seed], costs[one.chosen]) for one in replicates if reports[one.seed]},
        sampled=best.configuration["training"].get("early_dev_questions") is not None,
        perturbation=dict(recorded[0]) if recorded else {},
        measured=_measured([*(reports[one.seed] for one in of_best), journal.read(directory.trial(chosen).reports)]),
    )


def _curve(reports: Iterable[Mapping[str, Any]], cost: Cost) -> tuple[Point, ...]:
    """Points of one replicate; passes follow from updates."""
    return tuple(
        Point(int(row["updates"]), int(row["updates"]) * cost.passes_per_update, float(row["objective"]))
        for row in reports
    )


def _measured(reports: Sequence[Sequence[Mapping[str, Any]]]) -> float | None:
    """Mean of the measured perturbation over the reports of the replicates, or else of the search's trial."""
    replicates = [row["perturbation"] for rows in reports[:-1] for row in rows if "perturbation" in row]
    found = replicates or [row["perturbation"] for row in reports[-1] if "perturbation" in row]
    return fmean(found) if found else None
