"""A study's hours of wall clock, from its file and from what `xlingual bench` measured: arithmetic alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xlingual.errors import XlingualError
from xlingual.speed.rates import Rates, same_model
from xlingual.speed.workload import ArmWork, Workload, workload
from xlingual.study import Study


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hours of wall clock on the measured hardware, as if no trial were stopped early.

    Hours are None where no arm is of a family that was measured.

    Attributes:
        side_by_side: trials at a time.
        trial_hours: of the longest trial, its development scorings included.
        search_hours: all trials.
        replicate_hours: all replicates.
        test_hours: scoring of the replicates on the test set.
        hours: of all three.
        left_out: arms that are not in these hours, as nothing was measured with a model of their family.
        notes: what it assumes and what it leaves out.
    """

    side_by_side: int
    trial_hours: float | None
    search_hours: float | None
    replicate_hours: float | None
    test_hours: float | None
    hours: float | None
    left_out: tuple[str, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the estimate as JSON's kinds."""
        return {**asdict(self), "left_out": list(self.left_out), "notes": list(self.notes)}


def estimate(study: Study, rates: Rates | Sequence[Rates]) -> Estimate:
    """Estimate how long a study takes on the hardware that `rates` were measured on.

    A trial is taken to be as fast as its share of the measured cores or GPUs; starting trials takes no time here.

    Args:
        study: its definition.
        rates: a measurement, or several on the same hardware. An arm is estimated with that of its model, else with the
            first of its model's family, else left out.

    Raises:
        XlingualError: when the measurements are of different hardware.
    """
    return estimate_work(workload(study), rates)


def estimate_work(work: Workload, rates: Rates | Sequence[Rates]) -> Estimate:
    """Estimate the hours of some work (see `estimate`)."""
    every = [rates] if isinstance(rates, Rates) else list(rates)
    _check_hardware(every)
    side_by_side = _side_by_side(work, every[0])
    measured = {arm.name: found for arm in work.arms if (found := _rates_of(arm, every)) is not None}
    arms = [arm for arm in work.arms if arm.name in measured]
    seconds = {arm.name: _trial_seconds(arm, measured[arm.name]) / _share(work, measured[arm.name]) for arm in arms}
    tests = {
        name: work.test_questions / (found.questions_per_s * _share(work, found) / work.workers)
        for name, found in measured.items()
    }
    search = _hours(((seconds[arm.name], arm.trials) for arm in arms), side_by_side)
    replicates = _hours(((seconds[arm.name], arm.replicates) for arm in arms), side_by_side)
    test = _hours(((tests[arm.name], arm.replicates) for arm in arms), side_by_side)
    return Estimate(
        side_by_side=side_by_side,
        trial_hours=max(seconds.values()) / 3600 if arms else None,
        search_hours=search if arms else None,
        replicate_hours=replicates if arms else None,
        test_hours=test if arms else None,
        hours=search + replicates + test if arms else None,
        left_out=tuple(arm.name for arm in work.arms if arm.name not in measured),
        notes=tuple(dict.fromkeys(_notes(work, every, measured))),
    )


def _rates_of(arm: ArmWork, every: Sequence[Rates]) -> Rates | None:
    """The measurement that an arm is estimated with."""
    of_model = (rates for rates in every if same_model(arm.model, rates.model))
    of_family = (rates for rates in every if rates.family == arm.kind.lengths.family)
    return next(of_model, None) or next(of_family, None)


def _check_hardware(every: Sequence[Rates]) -> None:
    if len({(rates.cores, rates.gpus) for rates in every}) > 1:
        found = "; ".join(f"{rates.model} with {rates.cores} core(s), {rates.gpus} GPU(s)" for rates in every)
        raise XlingualError(
            f"--bench: measurements of different hardware ({found}); hours are of one machine, so give only "
            "measurements that were made on it"
        )


def _trial_seconds(arm: ArmWork, rates: Rates) -> float:
    """Seconds of one trial, if it had all of the measured hardware to itself."""
    precision = rates.study_precision if arm.precision == "auto" else arm.precision
    speed = rates.windows_per_s.get(precision, min(rates.windows_per_s.values()))
    return arm.windows / speed + arm.development_questions / rates.questions_per_s


def _hours(seconds_and_counts: Iterator[tuple[float, int]], side_by_side: int) -> float:
    """Hours of many tasks, `side_by_side` at a time: rounds of mean length."""
    tasks = list(seconds_and_counts)
    count = sum(number for _, number in tasks)
    mean = sum(seconds * number for seconds, number in tasks) / max(1, count)
    return math.ceil(count / side_by_side) * mean / 3600


def _share(work: Workload, rates: Rates) -> float:
    """A trial's share of the measured hardware: of one GPU, or of threads."""
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


def _notes(work: Workload, every: Sequence[Rates], measured: Mapping[str, Rates]) -> Iterator[str]:
    yield "as if no trial were stopped early; starting trials, loading models and writing checkpoints are left out"
    yield from work.notes
    yield from _left_out([arm for arm in work.arms if arm.name not in measured])
    for rates in every:
        yield from _otherwise(rates, [arm for arm in work.arms if measured.get(arm.name) is rates])
    for rates in every:
        yield from _hardware(work, rates)


def _left_out(arms: Sequence[ArmWork]) -> Iterator[str]:
    """Say which arms were not measured, and what to measure for them."""
    for kind in dict.fromkeys(type(arm.kind.lengths) for arm in arms):
        those = [arm for arm in arms if type(arm.kind.lengths) is kind]
        models = _listed(arm.model for arm in those)
        names = ", ".join(arm.name for arm in those)
        yield (
            f"these hours are without {names}: nothing was measured with {kind.models} such as {', '.join(models)}"
            f"{_by_name(those)}; run `xlingual bench {models[0]} --json` and give its output to --bench"
        )


def _otherwise(rates: Rates, arms: Sequence[ArmWork]) -> Iterator[str]:
    """Say how arms differ from the measurement that they are estimated with."""
    others = [arm for arm in arms if not same_model(arm.model, rates.model)]
    if others:
        models = _listed(arm.model for arm in others)
        yield f"measured with the model {rates.model}, but the study trains {', '.join(models)}: bench that model"
    guessed = _listed(arm.model for arm in others if arm.kind.guessed)
    if guessed:
        yield (
            f"{', '.join(guessed)}: not on this machine, and taken for {others[0].kind.lengths.models} by "
            f"{'their names' if len(guessed) > 1 else 'its name'}"
        )
    of_study = {(arm.kind.lengths.longest or rates.max_length, arm.kind.lengths.unit) for arm in arms}
    for length, unit in sorted(one for one in of_study if one[0] != rates.max_length):
        yield f"measured with {unit} of {rates.max_length} tokens, but the study's have up to {length}"
    if any(arm.kind.lengths.writes_answers for arm in arms):
        yield (
            f"answers are assumed to be as long as those of {rates.model} when it was measured; before "
            "fine-tuning a model may write much longer ones, so scoring may take less"
        )


def _hardware(work: Workload, rates: Rates) -> Iterator[str]:
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


def _by_name(arms: Sequence[ArmWork]) -> str:
    return " (by name, as not all are on this machine)" if any(arm.kind.guessed for arm in arms) else ""


def _listed(models: Iterable[str]) -> list[str]:
    return sorted(set(models))


__all__ = ["Estimate", "Rates", "estimate", "estimate_work"]
