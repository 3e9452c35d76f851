"""A study's hours of wall clock, from its file and from what `xlingual bench` measured: arithmetic alone."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xlingual.errors import XlingualError
from xlingual.speed.workload import ArmWork, Workload, workload
from xlingual.study import Study


@dataclass(frozen=True, slots=True)
class Rates:
    """What an estimate needs of a measurement.

    Attributes:
        model: hub id or directory, as asked.
        max_length: tokens of a window.
        threads: of the measurement, where it ran on a CPU.
        cores: of the machine that the process may use.
        gpus: likewise; 0 when it was measured on a CPU.
        windows_per_s: trained on, by precision.
        study_precision: what `precision: auto` stands for.
        questions_per_s: from text to scored answers.
    """

    model: str
    max_length: int
    threads: int
    cores: int
    gpus: int
    windows_per_s: Mapping[str, float]
    study_precision: str
    questions_per_s: float

    @classmethod
    def of_json(cls, measured: Any, source: str) -> Rates:
        """Read what `xlingual bench --json` printed.

        Raises:
            XlingualError: when it is something else.
        """
        try:
            return cls(
                model=str(measured["model"]),
                max_length=int(measured["max_length"]),
                threads=int(measured["threads"]),
                cores=int(measured["cores"]),
                gpus=int(measured["gpus"]),
                windows_per_s={
                    str(row["precision"]): _rate(row["train_windows_per_s"]) for row in measured["by_precision"]
                },
                study_precision=str(measured["study_precision"]),
                questions_per_s=_rate(measured["score_questions_per_s"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise XlingualError(
                f"{source}: not what `xlingual bench --json` prints ({type(error).__name__}: {error}); "
                f"write it with `xlingual bench MODEL --json > FILE`"
            ) from None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hours of wall clock on the measured hardware, as if no trial were stopped early.

    Attributes:
        side_by_side: trials at a time.
        trial_hours: of the longest trial, its development scorings included.
        search_hours: all trials.
        replicate_hours: all replicates.
        test_hours: scoring of the replicates on the test set.
        hours: of all three.
        notes: what it assumes and what it leaves out.
    """

    side_by_side: int
    trial_hours: float
    search_hours: float
    replicate_hours: float
    test_hours: float
    hours: float
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the estimate as JSON's kinds."""
        return {**asdict(self), "notes": list(self.notes)}


def estimate(study: Study, rates: Rates) -> Estimate:
    """Reckon how long a study takes on the hardware that `rates` were measured on.

    A trial is taken to be as fast as its share of the measured cores or GPUs; starting trials takes no time here.
    """
    return estimate_work(workload(study), rates)


def estimate_work(work: Workload, rates: Rates) -> Estimate:
    """Reckon the hours of some work (see `estimate`)."""
    share, side_by_side = _share(work, rates), _side_by_side(work, rates)
    seconds = {arm.name: _trial_seconds(arm, rates) / share for arm in work.arms}
    test = work.test_questions / (rates.questions_per_s * share / work.workers)
    search = _hours(((seconds[arm.name], arm.trials) for arm in work.arms), side_by_side)
    replicates = _hours(((seconds[arm.name], arm.replicates) for arm in work.arms), side_by_side)
    tests = _hours(((test, arm.replicates) for arm in work.arms), side_by_side)
    return Estimate(
        side_by_side=side_by_side,
        trial_hours=max(seconds.values()) / 3600,
        search_hours=search,
        replicate_hours=replicates,
        test_hours=tests,
        hours=search + replicates + tests,
        notes=tuple(_notes(work, rates)),
    )


def _trial_seconds(arm: ArmWork, rates: Rates) -> float:
    """Seconds of one trial, had it all that was measured to itself."""
    precision = rates.study_precision if arm.precision == "auto" else arm.precision
    speed = rates.windows_per_s.get(precision, min(rates.windows_per_s.values()))
    return arm.windows / speed + arm.development_questions / rates.questions_per_s


def _hours(seconds_and_counts: Iterator[tuple[float, int]], side_by_side: int) -> float:
    """Hours of many tasks, so many at a time: as many rounds as it takes, each of mean length."""
    tasks = list(seconds_and_counts)
    count = sum(number for _, number in tasks)
    mean = sum(seconds * number for seconds, number in tasks) / max(1, count)
    return math.ceil(count / side_by_side) * mean / 3600


def _share(work: Workload, rates: Rates) -> float:
    """What a trial has of what the measurement had: of its one GPU, or of its threads."""
    if rates.gpus:
        return work.gpus_per_trial or 1.0
    return min(work.cpus_per_trial, max(rates.cores, rates.threads)) / rates.threads


def _side_by_side(work: Workload, rates: Rates) -> int:
    if rates.gpus and work.gpus_per_trial:
        fitting = int(rates.gpus / work.gpus_per_trial)
    else:
        fitting = rates.cores // work.cpus_per_trial
    asked = fitting if work.concurrent_trials == "auto" else int(work.concurrent_trials)
    return max(1, min(asked, fitting))


def _notes(work: Workload, rates: Rates) -> Iterator[str]:
    yield "as if no trial were stopped early; starting trials, loading models and writing checkpoints are left out"
    yield from work.notes
    others = sorted({arm.model for arm in work.arms if not _same(arm.model, rates.model)})
    if others:
        yield f"measured with the model {rates.model}, but the study trains {', '.join(others)}: bench that model"
    if work.max_length != rates.max_length:
        yield f"measured with windows of {rates.max_length} tokens, but the study's have up to {work.max_length}"
    if bool(rates.gpus) != bool(work.gpus_per_trial):
        where, asked = ("a GPU", "none") if rates.gpus else ("a CPU", f"{work.gpus_per_trial:g} GPU(s)")
        yield f"measured on {where}, but a trial of the study asks for {asked}"
    if not rates.gpus and work.cpus_per_trial != rates.threads:
        yield (
            f"measured with {rates.threads} thread(s); a trial has {work.cpus_per_trial} core(s) and is taken to be as "
            "fast as its share of them"
        )
    if not rates.gpus and work.cpus_per_trial > rates.cores:
        yield f"a trial asks for {work.cpus_per_trial} cores and the machine has {rates.cores}: it would not start"


def _same(model: str, other: str) -> bool:
    """Whether two names are of one model: equal, or paths of one directory."""
    return model == other or (Path(model).is_dir() and os.path.realpath(model) == os.path.realpath(other))


def _rate(value: Any) -> float:
    rate = float(value)
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{value} per second")
    return rate
