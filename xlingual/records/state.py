"""Where a study stands, folded from its journal.

Events of the journal (every one has `event` and `time`):
    stage_started, stage_ended    stage (it ends only when each of its trials did)
    trial_started                 arm, number, fingerprint, values (what the sampler chose), running (numbers of the
                                  arm's trials that had not ended when it was drawn: of all others it was known how)
    trial_retried                 arm, number, fingerprint, reason, pause (seconds until the next try)
    trial_ended                   arm, number, fingerprint, state (finished | pruned | failed), objective, updates,
                                  reason, reports ([budget spent, objective] of each that the last try made),
                                  retry (true: not its own doing, and the next command tries it again)
    space_exhausted               arm, trials, space (its fingerprint): no further configuration is in it
    chosen                        arm, number, fingerprint, objective, trials (how many ended trials it rests on)
    replicate_started             arm, seed, fingerprint, chosen (fingerprint of the search trial)
    replicate_retried             arm, seed, fingerprint, reason, pause
    replicate_ended               arm, seed, fingerprint, state, objective, updates, reason, reports, retry
    test_scored                   arm, seed, fingerprint, scores {language: {exact_match, f1, questions, ...}}
    study_changed                 study, spaces, renamed: see `xlingual.records.history`
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlingual.records import history, journal
from xlingual.records.files import read_json
from xlingual.records.history import SetAside
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import is_held
from xlingual.study.changes import drawn

STAGES = ("search", "replicate", "test", "report")


class _Trained:
    """What trials and replicates have in common."""

    __slots__ = ()
    state: str
    retry: bool

    @property
    def unfinished(self) -> bool:
        """Whether it is still to be trained: a dead driver left it, or it waits for the next command."""
        return self.state == "running" or (self.state == "failed" and self.retry)


@dataclass(frozen=True, slots=True)
class TrialState(_Trained):
    """One search trial as the journal knows it; `objective` in percent, None while there is none.

    `running` and `reports` are as in the journal.
    """

    arm: str
    number: int
    fingerprint: str
    values: dict[str, Any]
    state: str = "running"
    objective: float | None = None
    updates: int = 0
    reason: str | None = None
    retry: bool = False
    running: tuple[int, ...] = ()
    reports: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ReplicateState(_Trained):
    """A chosen configuration under one seed."""

    arm: str
    seed: int
    fingerprint: str
    chosen: str
    state: str = "running"
    scored: bool = False
    reason: str | None = None
    retry: bool = False


@dataclass(frozen=True, slots=True)
class StudyState:
    """Where a study stands.

    `trials` are those that could be drawn from what their arm searches now; the others are `set_aside`. `active`:
    whether a driver is at work on it now. `exhausted`: arms whose space holds nothing that was not tried. `late`: arms
    that chose after the test set had been read for another one.
    """

    name: str
    study: dict[str, Any]
    stage: str
    trials: tuple[TrialState, ...]
    chosen: dict[str, str]
    all_replicates: tuple[ReplicateState, ...]
    ledger: tuple[dict[str, Any], ...]
    set_aside: tuple[SetAside, ...] = ()
    sources: dict[str, Any] = field(default_factory=dict)
    active: bool = False
    exhausted: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()

    @property
    def arms(self) -> tuple[str, ...]:
        """Names in the study file's order."""
        return tuple(self.study["arms"])

    @property
    def baseline(self) -> str:
        """Name of the baseline arm."""
        return next(str(name) for name, arm in self.study["arms"].items() if arm.get("baseline"))

    @property
    def oracle(self) -> bool:
        """Whether the search was allowed to see the test set."""
        return bool(self.study.get("oracle", False))

    @property
    def trials_per_arm(self) -> int:
        """How many trials every arm gets."""
        return int(self.study["search"]["trials_per_arm"])

    @property
    def seeds_per_arm(self) -> int:
        """How many replicates every arm gets."""
        return int(self.study["replicates"]["seeds"])

    @property
    def replicates(self) -> tuple[ReplicateState, ...]:
        """Replicates of the configurations that are chosen now, by arm and seed; failed ones included."""
        mine = [r for r in self.all_replicates if self.chosen.get(r.arm) == r.chosen]
        return tuple(sorted(mine, key=lambda r: (self.arms.index(r.arm), r.seed)))

    @property
    def tested(self) -> dict[str, str]:
        """Chosen configurations by arm, of those for whose replicates the test set was read: these stay chosen."""
        read = {row["fingerprint"] for row in self.ledger if row["purpose"] == "test"}
        return {r.arm: r.chosen for r in self.replicates if r.fingerprint in read}

    @property
    def searched(self) -> bool:
        """Whether every arm has had all of its trials, and a configuration is chosen where one of them finished."""
        return all(self._has_its_trials(arm) and (arm in self.chosen or arm in self.failed) for arm in self.arms)

    @property
    def failed(self) -> dict[str, str]:
        """Arms that had all of their trials, none of which reached its last update; and why, in one line."""
        return {
            arm: _reasons(self.arm_trials(arm))
            for arm in self.arms
            if self._has_its_trials(arm) and not any(trial.state == "finished" for trial in self.arm_trials(arm))
        }

    @property
    def failures(self) -> tuple[str, ...]:
        """All that failed for good and leaves a gap in the report, a line each; empty where there is none."""
        return (
            *(f"arm {arm} has no finished trial ({reason})" for arm, reason in self.failed.items()),
            *(
                f"arm {each.arm}, seed {each.seed}: {first_line(each.reason)}"
                for each in self.replicates
                if each.state == "failed" and not each.retry and not each.scored
            ),
        )

    @property
    def replicated(self) -> bool:
        """Whether every configuration that was chosen was trained under every seed, with success or without."""
        trained = Counter(replicate.arm for replicate in self.replicates if not replicate.unfinished)
        return self.searched and all(trained[arm] >= self.seeds_per_arm for arm in self.chosen)

    @property
    def complete(self) -> bool:
        """Whether every arm has all of its replicates scored on the test set."""
        scored = Counter(replicate.arm for replicate in self.replicates if replicate.scored)
        return self.searched and all(scored[arm] >= self.seeds_per_arm for arm in self.arms)

    def arm_trials(self, arm: str) -> tuple[TrialState, ...]:
        """The arm's search trials by number."""
        return tuple(trial for trial in self.trials if trial.arm == arm)

    def _has_its_trials(self, arm: str) -> bool:
        """Whether the arm's search is over: so it is once the test set was read for what it chose."""
        trials = self.arm_trials(arm)
        if arm in self.tested:
            return True
        if any(trial.unfinished for trial in trials):
            return False
        return len(trials) >= self.trials_per_arm or arm in self.exhausted


def space_fingerprint(arm: Mapping[str, Any]) -> str:
    """Return the hash of an arm's search space, as a study with all its defaults writes it."""
    return hashlib.sha256(json.dumps(drawn(arm), sort_keys=True).encode()).hexdigest()[:16]


def read_state(directory: StudyDirectory) -> StudyState:
    """Fold a study's records; reads only, so it may run beside the driver.

    Raises:
        RecordError: when the directory is no study's or a record is broken.
    """
    return state_of(directory, journal.read(directory.journal))


def state_of(directory: StudyDirectory, journaled: Sequence[dict[str, Any]]) -> StudyState:
    """Fold the events of a journal, beside what else lies in a study's directory."""
    readings = journal.read(directory.ledger)
    study = history.defined(journaled) or read_json(directory.study_json)
    arms = study["arms"]
    events, aside = history.as_of_now(
        journaled, arms, {row["fingerprint"] for row in readings if row["purpose"] == "test"}
    )
    trials, chosen, replicates, stage = _fold(events)
    state = StudyState(
        name=str(study["name"]),
        study=study,
        stage=stage,
        trials=tuple(sorted((t for t in trials if t.arm in arms), key=lambda t: (list(arms).index(t.arm), t.number))),
        chosen={arm: fingerprint for arm, fingerprint in chosen.items() if arm in arms},
        all_replicates=tuple(r for r in replicates if r.arm in arms),
        ledger=history.renamed_rows(readings, journaled),
        set_aside=tuple(one for one in aside if one.arm in arms),
        sources=read_json(directory.sources) if directory.sources.exists() else {},
        active=is_held(directory.lock),
        exhausted=_exhausted(events, arms),
        late=history.late_choices(events, readings),
    )
    return replace(state, stage="report") if state.complete else state


def _fold(
    events: Iterable[dict[str, Any]],
) -> tuple[list[TrialState], dict[str, str], list[ReplicateState], str]:
    trials: dict[tuple[str, int], TrialState] = {}
    chosen: dict[str, str] = {}
    replicates: dict[tuple[str, str], ReplicateState] = {}
    stage = "search"
    for event in events:
        kind = event["event"]
        if kind == "stage_started":
            stage = event["stage"]
        elif kind == "trial_started":
            trials[event["arm"], event["number"]] = TrialState(
                event["arm"],
                event["number"],
                event["fingerprint"],
                event["values"],
                running=tuple(event.get("running", ())),
            )
        elif kind == "trial_ended":
            key = (event["arm"], event["number"])
            picked = _picked(event, "state", "objective", "updates", "reason", "retry")
            reports = tuple((step, objective) for step, objective in event.get("reports", ()))
            trials[key] = replace(trials[key], reports=reports, **picked)
        elif kind == "chosen":
            chosen[event["arm"]] = event["fingerprint"]
        elif kind == "replicate_started":
            known = replicates.get((event["arm"], event["fingerprint"]))
            replicates[event["arm"], event["fingerprint"]] = ReplicateState(
                event["arm"],
                event["seed"],
                event["fingerprint"],
                event["chosen"],
                scored=known.scored if known else False,
            )
        elif kind == "replicate_ended":
            key_ = (event["arm"], event["fingerprint"])
            replicates[key_] = replace(replicates[key_], **_picked(event, "state", "reason", "retry"))
        elif kind == "test_scored":
            key_ = (event["arm"], event["fingerprint"])
            replicates[key_] = replace(replicates[key_], scored=True)
    return list(trials.values()), chosen, list(replicates.values()), stage


def first_line(reason: str | None) -> str:
    """The first line of why something failed."""
    return next(iter((reason or "").strip().splitlines()), "no reason recorded")


def _reasons(trials: Sequence[TrialState]) -> str:
    """How trials ended, and why the last of them did: "1 pruned, 2 failed; trial 2: ..."."""
    counts = Counter(trial.state for trial in trials)
    last = f"; trial {trials[-1].number}: {first_line(trials[-1].reason)}" if trials else ""
    return ", ".join(f"{count} {state}" for state, count in counts.items()) + last


def _exhausted(events: Iterable[dict[str, Any]], arms: Mapping[str, Any]) -> frozenset[str]:
    """Arms whose space as it is now was found to hold nothing more."""
    told = {(event["arm"], event["space"]) for event in events if event["event"] == "space_exhausted"}
    return frozenset(arm for arm, content in arms.items() if (arm, space_fingerprint(content)) in told)


def _picked(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: event[name] for name in names if name in event}
