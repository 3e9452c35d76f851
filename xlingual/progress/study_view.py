"""The state of a running study, folded from its events; draws nothing and has no clock of its own."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xlingual.search.listener import TrialView

ENDED = frozenset({"finished", "pruned", "failed"})


@dataclass
class Work:
    """Counts units of work, passes through the model or items; times are seconds since the stage began."""

    done: int = 0
    seen_at: float = 0.0
    reached: dict[str, int] = field(default_factory=dict)
    resumed: set[str] = field(default_factory=set)

    def begin(self, key: str, resumed: bool) -> None:
        """Start a trial; how many passes a resumed one had done is known from its first report."""
        if resumed:
            self.resumed.add(key)

    def advance(self, key: str, passes: int, at: float) -> None:
        """Record that a trial has reached `passes`; work of earlier processes and repeated work do not count."""
        gained = passes - self.reached.get(key, 0)
        if gained <= 0:
            return
        self.reached[key] = passes
        if key in self.resumed:
            self.resumed.remove(key)
        else:
            self._count(gained, at)

    def item(self, at: float) -> None:
        """Count one finished item of a stage that does not train."""
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
    """One stage: its size, its trials in the order of their last event, and this process's work in it.

    `finals` are those that ended; `recorded`, of these, those that ended before this process.
    """

    name: str
    total: int
    done_before: int
    started: float
    trials: dict[str, TrialView] = field(default_factory=dict)
    finals: set[str] = field(default_factory=set)
    recorded: set[str] = field(default_factory=set)
    scored: int = 0
    ended: bool = False
    work: Work = field(default_factory=Work)

    @property
    def done(self) -> int:
        """Number of ended items: those of earlier processes, whether reported again or not, and of this one."""
        told_again = len(self.recorded)
        return min(self.total, max(self.done_before, told_again) + len(self.finals) - told_again + self.scored)

    def take(self, trial: TrialView, first: bool, at: float) -> None:
        """Record a trial's new state: a trial that is new but has ended is a record, not work of this process."""
        ended = trial.state in ENDED
        (self.finals.add if ended else self.finals.discard)(trial.key)
        if first and ended:
            self.recorded.add(trial.key)
        elif first or (trial.key in self.recorded and not ended):
            self.recorded.discard(trial.key)
            self.work.begin(trial.key, trial.resumed)
        if trial.key not in self.recorded:
            self.work.advance(trial.key, trial.updates * trial.passes, at)


class StudyState:
    """Folds the events of a study into its stage, best trials, time spent and time left.

    Args:
        clock: monotonic seconds, such as `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self.stages: list[StageState] = []
        self.test_scores: dict[tuple[str, int, str], dict[str, dict[str, float]]] = {}

    @property
    def stage(self) -> StageState | None:
        """The present stage, or the last one."""
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
        """Record a trial's new state; return the previous one."""
        if self.stage is None:
            self.stage_started("search", 0, 0)
        stage = self.stages[-1]
        before = stage.trials.pop(trial.key, None)
        stage.trials[trial.key] = trial
        stage.take(trial, first=before is None, at=self._clock() - stage.started)
        return before

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Record the scores of one replicate on one test set, in percent per language."""
        self.test_scores[arm, seed, test_set] = language_scores
        if self.stage is not None:
            self.stage.scored += 1
            self.stage.work.item(self._clock() - self.stage.started)

    def elapsed(self) -> float:
        """Seconds since this object was made."""
        return self._clock() - self._started

    def best(self) -> dict[str, TrialView]:
        """Finished trial with the highest objective of each arm; arms without one are absent."""
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
        """Whether an earlier command finished trials of the search, which may be better."""
        return any(len(state.recorded) < state.done_before for state in self.stages if state.name == "search")

    def rows(self, limit: int) -> tuple[list[TrialView], int]:
        """At most `limit` trials of the current stage to show, and the number of others."""
        trials = list(self.stage.trials.values()) if self.stage is not None else []
        chosen = choose_rows(trials, limit)
        return chosen, len(trials) - len(chosen)

    def seconds_left(self) -> float | None:
        """Estimate of the seconds until the current stage ends; None while unknown.

        Remaining passes (or items, in a stage that only scores), divided by those that this process did per second in
        the stage. A trial that has not started counts as the mean of the ended ones of its stage.
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
        """Passes that the running, waiting and unstarted trials of the stage will still take."""
        trials = stage.trials.values()
        running = [trial for trial in trials if trial.state == "running"]
        begun = sum(max(0, trial.total_updates - trial.updates) * trial.passes for trial in running)
        ended = [trial for trial in trials if trial.state in ("finished", "pruned") and trial.updates > 0]
        took = [trial.updates * trial.passes for trial in ended]
        whole = (trial.total_updates * trial.passes for trial in trials)
        size = statistics.fmean(took) if took else max(whole, default=0)
        return begun + size * max(0, stage.total - stage.done - len(running))

    def _trials(self, stage: str) -> list[TrialView]:
        return [trial for state in self.stages if state.name == stage for trial in state.trials.values()]


def choose_rows(trials: Sequence[TrialView], limit: int) -> list[TrialView]:
    """At most `limit` trials: the running ones, then the best finished, then the latest of the ended.

    `trials` are in the order of their last event. Half of the room beside the running ones goes to the best by
    objective; waiting trials come last.
    """
    running = sorted((trial for trial in trials if trial.state == "running"), key=_by_name)
    waiting = [trial for trial in trials if trial.state == "waiting"]
    ended = [trial for trial in trials if trial.state not in ("running", "waiting")]
    room = max(0, limit - len(running))
    ranked = sorted(
        (trial for trial in ended if trial.state == "finished" and trial.objective is not None), key=_by_score
    )
    best = ranked[: (room + 1) // 2]
    shown = {trial.key for trial in best}
    latest = [trial for trial in reversed(ended) if trial.key not in shown]
    return [*running, *best, *latest, *waiting][: max(0, limit)]


def _by_name(trial: TrialView) -> tuple[str, int, str]:
    return trial.arm, len(trial.key), trial.key


def _by_score(trial: TrialView) -> float:
    return -(trial.objective or 0.0)
