"""The state of a study, folded from its journal (see `xlingual.records.events`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlingual.records import history, journal
from xlingual.records.events import ReplicateState, TrialState, exhausted, fold, space_fingerprint
from xlingual.records.files import read_json
from xlingual.records.history import SetAside
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import is_held
from xlingual.records.requests import Asked, Held, asked, held, moment
from xlingual.study.searches import ArmSearch, Searches, recorded_searches
from xlingual.study.test_sets import RecordedTestSet, recorded_test_sets

__all__ = [
    "ArmSearch",
    "ReplicateState",
    "StudyState",
    "TrialState",
    "read_state",
    "reasons_of",
    "space_fingerprint",
    "state_of",
]

STAGES = ("search", "replicate", "test", "report")


@dataclass(frozen=True, slots=True)
class StudyState:
    """The state of a study.

    Attributes:
        trials: those that could be drawn from their arm's present space; the others are `set_aside`.
        searches: those of each arm.
        chosen: fingerprint of the best trial of each search.
        active: whether a driver is running the study now.
        exhausted: searches whose space holds nothing that was not tried.
        late: searches that chose after the test set had been read for another one.
        held: arms that were stopped or paused from outside.
        asked: all requests from outside.
    """

    name: str
    study: dict[str, Any]
    stage: str
    trials: tuple[TrialState, ...]
    chosen: dict[ArmSearch, str]
    all_replicates: tuple[ReplicateState, ...]
    ledger: tuple[dict[str, Any], ...]
    searches: dict[str, Searches]
    set_aside: tuple[SetAside, ...] = ()
    sources: dict[str, Any] = field(default_factory=dict)
    active: bool = False
    exhausted: frozenset[ArmSearch] = frozenset()
    late: frozenset[ArmSearch] = frozenset()
    held: Held = field(default_factory=Held)
    asked: tuple[Asked, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """Names in the study file's order."""
        return tuple(self.study["arms"])

    @property
    def baseline(self) -> str:
        """Name of the baseline arm."""
        return next(str(name) for name, arm in self.study["arms"].items() if arm.get("baseline"))

    @property
    def test_sets(self) -> dict[str, RecordedTestSet]:
        """The present study's test sets by name, the headline first."""
        return recorded_test_sets(self.study)

    @property
    def oracle(self) -> bool:
        """Whether the search was allowed to see the test set."""
        return bool(self.study.get("oracle", False))

    @property
    def trials_per_arm(self) -> int:
        """Number of trials of all searches of an arm together."""
        return int(self.study["search"]["trials_per_arm"])

    @property
    def all_searches(self) -> tuple[ArmSearch, ...]:
        """Every search of every arm, in the study file's order."""
        return tuple(ArmSearch(arm, n) for arm, of in self.searches.items() for n in range(1, of.count + 1))

    @property
    def trials_planned(self) -> int:
        """Final number of trials of all arms: fewer if a space is exhausted, more if a range was widened."""
        tested = self.tested
        return sum(self._planned(search, trials, tested) for search, trials in self.trials_of_searches().items())

    @property
    def replicates_per_arm(self) -> int:
        """Number of replicates per arm."""
        return max(of.replicates for of in self.searches.values())

    @property
    def replicates(self) -> tuple[ReplicateState, ...]:
        """Replicates of the currently chosen configurations, by arm and seed; failed ones included."""
        mine = [r for r in self.all_replicates if self.chosen.get(r.of) == r.chosen]
        return tuple(sorted(mine, key=lambda r: (self.arms.index(r.arm), r.seed)))

    @property
    def tested(self) -> dict[ArmSearch, str]:
        """Chosen configurations by search whose replicates were scored on the test set: these stay chosen."""
        read = {row["fingerprint"] for row in self.ledger if row["purpose"] == "test"}
        return {r.of: r.chosen for r in self.replicates if r.fingerprint in read}

    @property
    def late_arms(self) -> tuple[str, ...]:
        """Arms of which some search chose after the test set had been read for another one."""
        return tuple(arm for arm in self.arms if any(search.arm == arm for search in self.late))

    @property
    def searched(self) -> bool:
        """Whether every search has run all of its trials and, if any finished, chosen the best."""
        trials, failed, tested = self.trials_of_searches(), self.failed, self.tested
        return all(
            self._is_over(search, trials[search], tested)
            and (self._is_chosen(search, trials[search], tested) or search in failed)
            for search in self.all_searches
        )

    @property
    def failed(self) -> dict[ArmSearch, str]:
        """Searches of which no trial reached its last update, each with the reason in one line."""
        tested = self.tested
        return {
            search: self._reason_of_failure(search, trials)
            for search, trials in self.trials_of_searches().items()
            if self._is_over(search, trials, tested) and not any(trial.state == "finished" for trial in trials)
        }

    @property
    def failures(self) -> tuple[str, ...]:
        """Permanent failures that leave a gap in the report, one line each."""
        return (
            *(f"arm {self.name_of(one)} has no finished trial ({reason})" for one, reason in self.failed.items()),
            *(
                f"arm {each.arm}, seed {each.seed}: {first_line(each.reason)}"
                for each in self.replicates
                if each.state == "failed" and not each.retry and not each.scored
            ),
        )

    @property
    def replicated(self) -> bool:
        """Whether every chosen configuration was trained under every seed, successfully or not."""
        trained = Counter(replicate.of for replicate in self.replicates if not replicate.unfinished)
        return self.searched and all(trained[one] >= self.searches[one.arm].seeds for one in self.chosen)

    @property
    def complete(self) -> bool:
        """Whether all replicates of every winner are scored on the test set."""
        scored = Counter(replicate.of for replicate in self.replicates if replicate.scored)
        return self.searched and all(scored[one] >= self.searches[one.arm].seeds for one in self.all_searches)

    @property
    def stops(self) -> dict[str, str]:
        """By arm that was stopped, when, and after how many of its trials."""
        return {
            arm: f"stopped by hand after {len(self.arm_trials(arm))} of {of.count * of.trials} trials on {moment(at)}"
            for arm, at in self.held.stopped.items()
            for of in [self.searches[arm]]
        }

    @property
    def all_over(self) -> bool:
        """Whether no search has trials left."""
        return all(self.is_over(search) for search in self.all_searches)

    def is_over(self, search: ArmSearch) -> bool:
        """Whether a search begins no more trials, and none goes on."""
        return self._is_over(search, self.trials_of(search), self.tested)

    def arm_trials(self, arm: str) -> tuple[TrialState, ...]:
        """The trials of all searches of an arm, by search and number."""
        return tuple(trial for trial in self.trials if trial.arm == arm)

    def trials_of(self, search: ArmSearch) -> tuple[TrialState, ...]:
        """The trials of one search by number."""
        return tuple(trial for trial in self.trials if trial.of == search)

    def trials_of_searches(self) -> dict[ArmSearch, tuple[TrialState, ...]]:
        """The trials of every search by number."""
        found: dict[ArmSearch, list[TrialState]] = {search: [] for search in self.all_searches}
        for trial in self.trials:
            found[trial.of].append(trial)
        return {search: tuple(trials) for search, trials in found.items()}

    def planned(self, search: ArmSearch) -> int:
        """Final number of trials of a search."""
        return self._planned(search, self.trials_of(search), self.tested)

    def chosen_trials(self, arm: str) -> dict[int, TrialState]:
        """Trial that each search of an arm chose, by the search's number."""
        mine = {one.number: fingerprint for one, fingerprint in self.chosen.items() if one.arm == arm}
        return {trial.search: trial for trial in self.arm_trials(arm) if mine.get(trial.search) == trial.fingerprint}

    def name_of(self, search: ArmSearch) -> str:
        """An arm's name, with the search if the arm has several."""
        return str(search) if self.searches[search.arm].count > 1 else search.arm

    def _reason_of_failure(self, search: ArmSearch, trials: Sequence[TrialState]) -> str:
        stop = self.stops.get(search.arm)
        return "; ".join(filter(None, (stop, _reasons(trials))))

    def _planned(self, search: ArmSearch, trials: Sequence[TrialState], tested: Collection[ArmSearch]) -> int:
        over = self._is_over(search, trials, tested) or search.arm in self.held.stopped
        return len(trials) if over else max(len(trials), self.searches[search.arm].trials)

    def _is_chosen(self, search: ArmSearch, trials: Sequence[TrialState], tested: Collection[ArmSearch]) -> bool:
        """Whether the choice is final: trials that ended after an earlier choice may be better."""
        best = best_of(trials)
        return search in tested or (best is not None and self.chosen.get(search) == best.fingerprint)

    def _is_over(self, search: ArmSearch, trials: Sequence[TrialState], tested: Collection[ArmSearch]) -> bool:
        """Whether a search is over, as it is once the test set was read for its choice."""
        if search in tested:
            return True
        if any(trial.unfinished for trial in trials):
            return False
        enough = len(trials) >= self.searches[search.arm].trials or search in self.exhausted
        return enough or search.arm in self.held.stopped


def read_state(directory: StudyDirectory) -> StudyState:
    """Fold a study's records; only reads, so it may run beside the driver.

    Raises:
        RecordError: when the directory is no study's or a record is broken.
    """
    return state_of(directory, journal.read(directory.journal))


def state_of(directory: StudyDirectory, journaled: Sequence[dict[str, Any]]) -> StudyState:
    """Fold the events of a journal together with the other files of a study's directory."""
    readings = journal.read(directory.ledger)
    study = history.defined(journaled) or read_json(directory.study_json)
    arms = study["arms"]
    events, aside = history.as_of_now(
        history.with_positions(journaled), arms, {row["fingerprint"] for row in readings if row["purpose"] == "test"}
    )
    trials, chosen, replicates, stage = fold(events)
    searches = recorded_searches(study)
    sets = recorded_test_sets(study)
    now = {ArmSearch(arm, number) for arm, of in searches.items() for number in range(1, of.count + 1)}
    state = StudyState(
        name=str(study["name"]),
        study=study,
        stage=stage,
        trials=tuple(
            sorted((t for t in trials if t.of in now), key=lambda t: (list(arms).index(t.arm), t.search, t.number))
        ),
        chosen={search: fingerprint for search, fingerprint in sorted(chosen.items()) if search in now},
        all_replicates=tuple(replace(r, scored=_is_scored(r, sets)) for r in replicates if r.of in now),
        ledger=history.renamed_rows(readings, journaled),
        searches=searches,
        set_aside=tuple(one for one in aside if one.of in now),
        sources=read_json(directory.sources) if directory.sources.exists() else {},
        active=is_held(directory.lock),
        exhausted=exhausted(events, arms),
        late=history.late_choices(events, readings),
        held=held(events, arms),
        asked=asked(directory, journaled),
    )
    return replace(state, stage="report") if state.complete else state


def _is_scored(replicate: ReplicateState, sets: Mapping[str, RecordedTestSet]) -> bool:
    """Whether a replicate was scored on every test set, in all of its languages."""
    return not any(replicate.unscored(name, test.keys) or name not in replicate.scores for name, test in sets.items())


def best_of(trials: Sequence[TrialState]) -> TrialState | None:
    """The finished trial with the highest objective, the earliest of equals; None if none finished."""
    finished = [trial for trial in trials if trial.state == "finished" and trial.objective is not None]
    return max(finished, key=lambda trial: trial.objective or 0.0, default=None)


def first_line(reason: str | None) -> str:
    """The first line of why something failed."""
    return next(iter((reason or "").strip().splitlines()), "no reason recorded")


def reasons_of(searches: Mapping[int, str]) -> str:
    """Why searches failed, in one line, numbered if there are several."""
    if len(searches) == 1:
        return next(iter(searches.values()))
    return "; ".join(f"search {number}: {reason}" for number, reason in searches.items())


def _reasons(trials: Sequence[TrialState]) -> str:
    """How trials ended, with the reason of the last: "1 pruned, 2 failed; trial 2: ..."."""
    counts = Counter(trial.state for trial in trials)
    last = f"; trial {trials[-1].number}: {first_line(trials[-1].reason)}" if trials else ""
    return ", ".join(f"{count} {state}" for state, count in counts.items()) + last
