"""The state of a running study, folded from its events; draws nothing and has no clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xlingual.progress.outline import Outline
from xlingual.progress.stage_state import ENDED, StageState
from xlingual.progress.work import rounds
from xlingual.search.listener import ClusterUse, TrialView

__all__ = ["ENDED", "StageState", "StudyState", "TimeLeft"]

Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """An estimate.

    Attributes:
        seconds: of what is left of the stage and of the replicates to come.
        at_most: the same if no further trial is stopped early.
        before_test: whether the test comes after that, whose time nobody knows before its first scoring.
    """

    seconds: float
    at_most: float
    before_test: bool = False


class StudyState:
    """Folds the events of a study into its stage, best trials, time spent and time left.

    Args:
        clock: monotonic seconds, such as `time.monotonic`.
        outline: what the study has to do in all.
        follows: whether another command runs the study, and goes on when this one is stopped.
    """

    def __init__(self, clock: Callable[[], float], outline: Outline | None = None, *, follows: bool = False) -> None:
        self._clock = clock
        self.follows = follows
        self._started = clock()
        self.outline = outline or Outline()
        self.stages: list[StageState] = []
        self.past: dict[str, StageState] = {}
        self.test_scores: dict[tuple[str, int, str], Scores] = {}
        self.held: Mapping[str, str] = {}
        self.cluster: ClusterUse | None = None
        self.stopped_at: float | None = None

    @property
    def stage(self) -> StageState | None:
        """The present stage, or the last one."""
        return self.stages[-1] if self.stages else None

    @property
    def over(self) -> bool:
        """Whether all that was asked for is done."""
        return bool(self.stages) and self.stages[-1].ended and self.stages[-1].name == self.outline.stages[-1]

    @property
    def stopped(self) -> bool:
        """Whether the study was stopped before all was done."""
        return self.stopped_at is not None and not self.over and not self.follows

    def recorded(self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Scores]) -> None:
        """Take in what earlier commands left."""
        for trial in trials:
            name = "replicate" if is_replicate(trial) else "search"
            self.past.setdefault(name, StageState(name, 0, 0, 0.0)).take(trial, 0.0)
        self.test_scores |= scores

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Open a stage of `total` items, `done` of them finished by earlier processes."""
        known = self.past.pop(stage, None)
        self.stages.append(StageState(stage, total, done, self._clock()))
        for trial in known.trials.values() if known else ():
            self.stages[-1].take(trial, 0.0)

    def stage_ended(self, stage: str) -> None:
        """Close the stage of that name."""
        for state in self.stages:
            if state.name == stage:
                state.ended = True

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Record how many items the present stage has now, and the arms that are `paused` or `stopped`."""
        self.held = dict(held)
        if self.stage is not None:
            self.stage.total = total

    def trial_changed(self, trial: TrialView) -> TrialView | None:
        """Record a trial's new state; return the previous one."""
        if self.stage is None:
            self.stage_started("search", 0, 0)
        stage = self.stages[-1]
        return stage.take(trial, self._clock() - stage.started)

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: Scores) -> None:
        """Record the scores of one replicate on one test set, in percent per language."""
        self.test_scores[arm, seed, test_set] = language_scores
        if self.stage is not None:
            self.stage.scored += 1
            self.stage.work.item(self._clock() - self.stage.started)

    def stop(self) -> None:
        """Stop the clock: this command does nothing more."""
        self.stopped_at = self._clock()

    def elapsed(self) -> float:
        """Seconds since this object was made, up to `stop`."""
        return (self._clock() if self.stopped_at is None else self.stopped_at) - self._started

    def of(self, stage: str) -> StageState | None:
        """A stage that has begun or was recorded; None if neither."""
        return next((state for state in reversed(self.stages) if state.name == stage), self.past.get(stage))

    def best(self) -> dict[str, TrialView]:
        """Finished trial with the highest objective of each arm; arms without one are absent."""
        search = self.of("search")
        found = {arm: search.best(arm) for arm in search.arms} if search else {}
        return {arm: trial for arm, trial in found.items() if trial is not None}

    @property
    def best_of_this_command(self) -> bool:
        """Whether an earlier command finished trials of the search, which may be better."""
        return any(len(state.recorded) < state.done_before for state in self.stages if state.name == "search")

    def rows(self, limit: int) -> tuple[list[TrialView], int]:
        """At most `limit` trials of the current stage to show, and the number of others."""
        if self.stage is None:
            return [], 0
        chosen = self.stage.rows(limit)
        return chosen, len(self.stage.trials) - len(chosen)

    def time_left(self) -> TimeLeft | None:
        """Estimate what is left of the stage and of the replicates after it; None while unknown."""
        stage = self.stage
        if stage is None or self.over:
            return None
        now = self._clock() - stage.started
        if stage.name == "test" or stage.scored:
            left = stage.work.items_left(stage.total - stage.done, now) if stage.done < stage.total else None
            return None if left is None else TimeLeft(left, left)
        latest = [one for one in reversed(self.stages) if one.work.seconds_per_pass]
        trained = next((one for one in latest if one.work.is_steady), latest[0] if latest else None)
        if trained is None or trained.work.seconds_per_pass is None:
            return None
        per_pass, later = trained.work.seconds_per_pass, 0.0
        is_over = stage.ended or stage.done >= stage.total
        if not stage.slots:
            stage.slots = trained.slots
        expected, most = (0.0, 0.0) if is_over else stage.seconds_left(now, per_pass)
        if stage.name == "search" and "replicate" in self.outline.stages:
            waves = rounds(self.outline.items("replicate"), trained.slots)
            later = waves * trained.whole_passes * per_pass + trained.work.start_seconds
        if is_over and not later:
            return None
        before_test = bool(self.outline.arms) and "test" in self.outline.stages
        return TimeLeft(expected + later, most + later, before_test)


def held_text(held: Mapping[str, str]) -> str:
    """Arms that are held, after what is said of a stage: "; paused: noise, webfaq"; empty without any."""
    arms = {kind: [arm for arm, is_held in held.items() if is_held == kind] for kind in ("paused", "stopped")}
    return "".join(f"; {kind}: {', '.join(names)}" for kind, names in arms.items() if names)


def is_replicate(trial: TrialView) -> bool:
    """Whether it is a replicate, by its key."""
    return trial.key.rpartition("/")[2].startswith("seed-")
