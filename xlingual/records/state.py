"""The state of a study, folded from its journal (see `xlingual.records.events`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlingual.records import history, journal
from xlingual.records.events import ReplicateState, TrialState, exhausted, fold, space_fingerprint
from xlingual.records.files import read_json
from xlingual.records.history import SetAside
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import is_held

__all__ = ["ReplicateState", "StudyState", "TrialState", "read_state", "space_fingerprint", "state_of"]

STAGES = ("search", "replicate", "test", "report")


@dataclass(frozen=True, slots=True)
class StudyState:
    """The state of a study.

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
    def trials_planned(self) -> int:
        """How many trials all arms will have had: fewer where a space holds no more, more where a range was widened."""
        had = {arm: len(self.arm_trials(arm)) for arm in self.arms}
        return sum(n if self._has_its_trials(arm) else max(n, self.trials_per_arm) for arm, n in had.items())

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
        """Whether every arm has had all of its trials, and the best is chosen where any of them finished."""
        return all(self._has_its_trials(arm) and (self._is_chosen(arm) or arm in self.failed) for arm in self.arms)

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

    def best_trial(self, arm: str) -> TrialState | None:
        """The arm's finished trial with the highest objective, the earliest of equals; None when none finished."""
        finished = [t for t in self.arm_trials(arm) if t.state == "finished" and t.objective is not None]
        return max(finished, key=lambda trial: trial.objective or 0.0, default=None)

    def _is_chosen(self, arm: str) -> bool:
        """Whether the arm's choice is made: one of before its last trials may be the best no more."""
        best = self.best_trial(arm)
        return arm in self.tested or (best is not None and self.chosen.get(arm) == best.fingerprint)

    def _has_its_trials(self, arm: str) -> bool:
        """Whether the arm's search is over: so it is once the test set was read for what it chose."""
        trials = self.arm_trials(arm)
        if arm in self.tested:
            return True
        if any(trial.unfinished for trial in trials):
            return False
        return len(trials) >= self.trials_per_arm or arm in self.exhausted


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
    trials, chosen, replicates, stage = fold(events)
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
        exhausted=exhausted(events, arms),
        late=history.late_choices(events, readings),
    )
    return replace(state, stage="report") if state.complete else state


def first_line(reason: str | None) -> str:
    """The first line of why something failed."""
    return next(iter((reason or "").strip().splitlines()), "no reason recorded")


def _reasons(trials: Sequence[TrialState]) -> str:
    """How trials ended, and why the last of them did: "1 pruned, 2 failed; trial 2: ..."."""
    counts = Counter(trial.state for trial in trials)
    last = f"; trial {trials[-1].number}: {first_line(trials[-1].reason)}" if trials else ""
    return ", ".join(f"{count} {state}" for state, count in counts.items()) + last
