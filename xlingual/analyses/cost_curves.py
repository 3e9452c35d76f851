"""Development scores against what they cost: updates, passes through the model, and hours of devices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from xlingual.analyses.study_records import StudyRecords
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory


@dataclass(frozen=True, slots=True)
class CostPoint:
    """One report of an arm's replicates.

    Attributes:
        arm: its name.
        updates: so far.
        passes: of an example through the model, so far.
        seeds: of the replicates that made the report.
        scores: their objectives, in percent.
        seed_hours: of devices so far, one a replicate; None where its reports do not say.
    """

    arm: str
    updates: int
    passes: int
    seeds: tuple[int, ...]
    scores: tuple[float, ...]
    seed_hours: tuple[float | None, ...]

    @property
    def hours(self) -> float | None:
        """Device hours so far, mean over the replicates; None unless all say."""
        known = [hours for hours in self.seed_hours if hours is not None]
        return fmean(known) if known and len(known) == len(self.seed_hours) else None

    @property
    def mean(self) -> float:
        """Mean over the replicates."""
        return fmean(self.scores)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"hours": self.hours}


@dataclass(frozen=True, slots=True)
class ArmHours:
    """What an arm took.

    Attributes:
        arm: its name.
        trials: number of trainings of its searches that have reports.
        replicates: number of trainings of its winners that have reports.
        search_hours: device hours of the searches.
        replicate_hours: device hours of the winners' trainings.
        devices: names of the devices.
    """

    arm: str
    trials: int
    replicates: int
    search_hours: float
    replicate_hours: float
    devices: tuple[str, ...]

    @property
    def hours(self) -> float:
        """Device hours of all trainings."""
        return self.search_hours + self.replicate_hours

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"hours": self.hours}


def cost_points(records: StudyRecords) -> tuple[CostPoint, ...]:
    """Every report of every arm's replicates, by arm and updates."""
    points = []
    for arm, cost in records.summary.costs.items():
        hours = {seed: dict(_hours_by_updates(records, arm, seed)) for seed in cost.curves}
        scores: dict[tuple[int, int], dict[int, float]] = {}
        for seed, curve in cost.curves.items():
            for point in curve:
                scores.setdefault((point.updates, point.passes), {})[seed] = point.objective
        for (updates, passes), by_seed in sorted(scores.items()):
            spent = tuple(hours[seed].get(updates) for seed in by_seed)
            points.append(CostPoint(arm, updates, passes, tuple(by_seed), tuple(by_seed.values()), spent))
    return tuple(points)


def arm_hours(records: StudyRecords) -> tuple[ArmHours, ...]:
    """The hours of every arm, each training once, from the seconds between reports.

    The seconds include the scoring of development data, and no waiting, loading or scoring of the test set. What a
    training that was interrupted did after its last saved state is not in them.
    """
    state = records.state
    found = []
    for arm in state.arms:
        searched = dict.fromkeys(trial.fingerprint for trial in state.arm_trials(arm))
        trained = dict.fromkeys(one.fingerprint for one in state.replicates if one.arm == arm)
        search, replicates = (
            [spent for one in names if (spent := _spent(records, one))] for names in (searched, trained)
        )
        devices = dict.fromkeys(device for _, names in (*search, *replicates) for device in names)
        hours = [sum(one for one, _ in spent) for spent in (search, replicates)]
        found.append(ArmHours(arm, len(search), len(replicates), hours[0], hours[1], tuple(devices)))
    return tuple(found)


def _spent(records: StudyRecords, fingerprint: str) -> tuple[float, tuple[str, ...]] | None:
    """Device hours of one training and the devices; None without a report."""
    directory = records.place.trial(fingerprint)
    hours = [spent for _, spent in _accumulated(records, directory)]
    starts = journal.read(directory.environment)
    return (hours[-1], tuple(str(start["device"]) for start in starts if "device" in start)) if hours else None


def _hours_by_updates(records: StudyRecords, arm: str, seed: int) -> Iterator[tuple[int, float]]:
    for one in records.state.replicates:
        if one.arm == arm and one.seed == seed:
            yield from _accumulated(records, records.place.trial(one.fingerprint))


def _accumulated(records: StudyRecords, directory: TrialDirectory) -> Iterator[tuple[int, float]]:
    """Updates and device hours so far, of each report that says its seconds."""
    starts = journal.read(directory.environment)
    share = _device_share(records.state.study)
    total = 0.0
    for report in journal.read(directory.reports):
        if "seconds" in report:
            total += float(report["seconds"]) * _workers(starts, int(report["updates"])) * share / 3600.0
            yield int(report["updates"]), total


def _workers(starts: Sequence[Mapping[str, Any]], updates: int) -> int:
    """Number of a training's workers, each with a device, by the last start before some updates."""
    before = [start for start in starts if int(start.get("from_update", 0)) < updates]
    return int(before[-1].get("workers", 1)) if before else 1


def _device_share(study: Mapping[str, Any]) -> float:
    """Share of a device that a worker has: less than one where several workers share a GPU."""
    scaling = study.get("scaling") or {}
    gpus = scaling.get("gpus_per_worker") or 0
    return float(gpus) if 0 < float(gpus) < 1 else 1.0
