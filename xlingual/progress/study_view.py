"""What is known of a study that goes on, folded from its events; no drawing, no clock of its own."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xlingual.search.listener import TrialView
from xlingual.study.cost import passes_per_update

ENDED = frozenset({"finished", "pruned", "failed"})


@dataclass
class Work:
    """Counts units of work, passes through the model or items; times are seconds since the stage began."""

    done: int = 0
    seen_at: float = 0.0
    reached: dict[str, int] = field(default_factory=dict)
    resumed: set[str] = field(default_factory=set)

    def begin(self, key: str, resumed: bool) -> None:
        """A trial starts; one that is resumed has done passes before, how many its first report tells."""
        if resumed:
            self.resumed.add(key)

    def advance(self, key: str, passes: int, at: float) -> None:
        """A trial has reached `passes`; what an earlier process did, or what is done a second time, does not count."""
        gained = passes - self.reached.get(key, 0)
        if gained <= 0:
            return
        self.reached[key] = passes
        if key in self.resumed:
            self.resumed.remove(key)
        else:
            self._count(gained, at)

    def item(self, at: float) -> None:
        """One item of a stage that does not train was done."""
        self._count(1, at)

    def seconds_left(self, left: float, now: float) -> float | None:
        """Seconds for `left` units at the speed so far, counted from the last unit seen; None before the first."""
        if self.done == 0 or self.seen_at <= 0.0:
            return None
        return max(0.0, left * self.seen_at / self.done - (now - self.seen_at))

    def _count(self, units: int, at: float) -> None:
        self.done += units
        self.seen_at = at


@dataclass
class StageState:
    """One stage: its size, its trials in the order of their last event, and the work done in it by this process."""

    name: str
    total: int
    done_before: int
    started: float
    trials: dict[str, TrialView] = field(default_factory=dict)
    recorded: set[str] = field(default_factory=set)
    scored: int = 0
    ended: bool = False
    work: Work = field(default_factory=Work)

    @property
    def done(self) -> int:
        """Items that ended: those of earlier processes, told again or not, and those of this one."""
        ended = sum(trial.state in ENDED for trial in self.trials.values())
        told_again = sum(self.trials[key].state in ENDED for key in self.recorded)
        return min(self.total, max(self.done_before, told_again) + ended - told_again + self.scored)

    def take(self, trial: TrialView, first: bool, at: float) -> None:
        """Count a trial's new state: one that is ended when `first` heard of is a record, not work of this process."""
        ended = trial.state in ENDED
        if first and ended:
            self.recorded.add(trial.key)
        elif first or (trial.key in self.recorded and not ended):
            self.recorded.discard(trial.key)
            self.work.begin(trial.key, trial.resumed)
        if trial.key not in self.recorded:
            self.work.advance(trial.key, trial.updates * _passes(trial), at)


class StudyState:
    """Folds the events of a study; asked for the stage, the best trials, the time spent and the time left.

    `clock` returns seconds that only grow (`time.monotonic`).
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self.stages: list[StageState] = []
        self.test_scores: dict[tuple[str, int], dict[str, dict[str, float]]] = {}

    @property
    def stage(self) -> StageState | None:
        """The stage that goes on, or the last one."""
        return self.stages[-1] if self.stages else None

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Open a stage of `total` items, `done` of them finished by earlier processes."""
        self.stages.append(StageState(stage, total, done, self._clock()))

    def stage_ended(self, stage: str) -> None:
        """Close the stage of that name."""
        for state in self.stages:
            if state.name == stage:
                state.ended = True

    def trial_changed(self, trial: TrialView) -> TrialView | None:
        """Take in a trial's new state; returns the one known before."""
        if self.stage is None:
            self.stage_started("search", 0, 0)
        stage = self.stages[-1]
        before = stage.trials.pop(trial.key, None)
        stage.trials[trial.key] = trial
        stage.take(trial, first=before is None, at=self._clock() - stage.started)
        return before

    def test_scored(self, arm: str, seed: int, language_scores: dict[str, dict[str, float]]) -> None:
        """Take in the test scores of one replicate, in percent per language."""
        self.test_scores[arm, seed] = language_scores
        if self.stage is not None:
            self.stage.scored += 1
            self.stage.work.item(self._clock() - self.stage.started)

    def elapsed(self) -> float:
        """Seconds since this process began to watch."""
        return self._clock() - self._started

    def best(self) -> dict[str, TrialView]:
        """Per arm the finished trial with the highest development score of those heard of; absent without one."""
        best: dict[str, TrialView] = {}
        for trial in self._trials("search"):
            if trial.state != "finished" or trial.objective is None:
                continue
            leader = best.get(trial.arm)
            if leader is None or leader.objective is None or trial.objective > leader.objective:
                best[trial.arm] = trial
        return best

    @property
    def best_of_this_command(self) -> bool:
        """Whether the search has trials that an earlier command finished, among which there may be better ones."""
        return any(len(state.recorded) < state.done_before for state in self.stages if state.name == "search")

    def rows(self, limit: int) -> tuple[list[TrialView], int]:
        """At most `limit` trials of the current stage worth showing, and how many others there are."""
        trials = list(self.stage.trials.values()) if self.stage is not None else []
        chosen = choose_rows(trials, limit)
        return chosen, len(trials) - len(chosen)

    def seconds_left(self) -> float | None:
        """Estimate of the seconds until the current stage ends; None while nothing is known.

        Passes (or, in a stage that only scores, items) still to do, over those done per second by this process in this
        stage. A trial that has not begun counts as many passes as the ended ones of its stage took on average.
        """
        stage = self.stage
        if stage is None or stage.ended or stage.done >= stage.total:
            return None
        if stage.scored:
            left: float = stage.total - stage.done
        else:
            left = self._passes_left(stage)
        return stage.work.seconds_left(left, self._clock() - stage.started)

    def _passes_left(self, stage: StageState) -> float:
        """Passes that the running, waiting and not yet named trials of the stage will still take."""
        trials = stage.trials.values()
        running = [trial for trial in trials if trial.state == "running"]
        begun = sum(max(0, trial.total_updates - trial.updates) * _passes(trial) for trial in running)
        ended = [trial for trial in trials if trial.state in ("finished", "pruned") and trial.updates > 0]
        took = [trial.updates * _passes(trial) for trial in ended]
        whole = (trial.total_updates * _passes(trial) for trial in trials)
        size = statistics.fmean(took) if took else max(whole, default=0)
        return begun + size * max(0, stage.total - stage.done - len(running))

    def _trials(self, stage: str) -> list[TrialView]:
        return [trial for state in self.stages if state.name == stage for trial in state.trials.values()]


def _passes(trial: TrialView) -> int:
    """Passes of each example in an update of a trial: what its updates take compares by these."""
    return passes_per_update(trial.configuration)


def choose_rows(trials: Sequence[TrialView], limit: int) -> list[TrialView]:
    """At most `limit` trials: the running ones, then the best finished, then the latest of the ended.

    `trials` stand in the order of their last event. Half of the room beside the running ones goes to the best, by
    development score; waiting trials come last.
    """
    running = sorted((trial for trial in trials if trial.state == "running"), key=_by_name)
    waiting = [trial for trial in trials if trial.state == "waiting"]
    ended = [trial for trial in trials if trial.state not in ("running", "waiting")]
    room = max(0, limit - len(running))
    ranked = sorted(
        (trial for trial in ended if trial.state == "finished" and trial.objective is not None), key=_by_score
    )
    best = ranked[: (room + 1) // 2]
    latest = [trial for trial in reversed(ended) if trial not in best]
    return [*running, *best, *latest, *waiting][: max(0, limit)]


def _by_name(trial: TrialView) -> tuple[str, int, str]:
    return trial.arm, len(trial.key), trial.key


def _by_score(trial: TrialView) -> float:
    return -(trial.objective or 0.0)
