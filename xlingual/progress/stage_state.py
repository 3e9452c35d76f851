"""One stage of a running study, folded from its events: an event or a look costs the same with more trials."""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice

from xlingual.progress.work import Work, wall_seconds
from xlingual.search.listener import TrialView

ENDED = frozenset({"finished", "pruned", "failed"})


@dataclass
class ArmState:
    """An arm's trials in a stage: their number by state, and the finished ones by objective, the best first."""

    states: Counter[str] = field(default_factory=Counter)
    ranked: list[tuple[float, int, str]] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """Number of trials that ended."""
        return sum(self.states[state] for state in ENDED)

    @property
    def mean(self) -> float | None:
        """Mean objective of the finished trials; None without any."""
        return -statistics.fmean(score for score, *_ in self.ranked) if self.ranked else None


@dataclass
class StageState:
    """One stage: its size, its trials in the order of their last event, and this process's work in it.

    `finals` are those that ended; `recorded`, of these, those that ended before this process; `reasons` has the failed
    ones by why, numbers left out; `slots` is how many ran side by side at most.
    """

    name: str
    total: int
    done_before: int
    started: float
    trials: dict[str, TrialView] = field(default_factory=dict)
    finals: set[str] = field(default_factory=set)
    recorded: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    arms: dict[str, ArmState] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    scored: int = 0
    ended: bool = False
    slots: int = 0
    work: Work = field(default_factory=Work)
    _took: list[int] = field(default_factory=lambda: [0, 0])
    _whole: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def done(self) -> int:
        """Number of ended items: those of earlier processes, whether reported again or not, and of this one."""
        told_again = len(self.recorded)
        return min(self.total, max(self.done_before, told_again) + len(self.finals) - told_again + self.scored)

    @property
    def share(self) -> float:
        """Items done, with the part of the running ones that is trained."""
        return self.done + sum(
            each.updates / each.total_updates for each in map(self.trials.__getitem__, self.running) if each.updates
        )

    def take(self, trial: TrialView, at: float) -> TrialView | None:
        """Record a trial's new state; return the one before.

        A trial that is new but has ended is a record, not work of this process.
        """
        before = self.trials.pop(trial.key, None)
        if before is not None:
            self._count(before, -1)
        self.trials[trial.key] = trial
        self._count(trial, 1)
        ended = trial.state in ENDED
        (self.finals.add if ended else self.finals.discard)(trial.key)
        if before is None and ended:
            self.recorded.add(trial.key)
        elif before is None or (trial.key in self.recorded and not ended):
            self.recorded.discard(trial.key)
            self.work.begin(trial.key, at, resumed=trial.resumed, early=not self.work.any_ended)
        if trial.key not in self.recorded:
            self.work.advance(trial.key, trial.updates * trial.passes, at)
            self.work.any_ended |= ended
        self.slots = max(self.slots, len(self.running))
        return before

    def best(self, arm: str) -> TrialView | None:
        """The finished trial of an arm with the highest objective; None without any."""
        ranked = self.arms[arm].ranked if arm in self.arms else []
        return self.trials[ranked[0][-1]] if ranked else None

    def rows(self, limit: int) -> list[TrialView]:
        """At most `limit` trials: the running ones by name, then the best finished, then the latest of the others.

        Half of the room beside the running ones goes to the best; waiting trials come last.
        """
        running = sorted(map(self.trials.__getitem__, self.running), key=_by_name)[: max(0, limit)]
        room = max(0, limit - len(running))
        leaders = islice(merge(*(arm.ranked for arm in self.arms.values())), (room + 1) // 2)
        best = [self.trials[key] for *_, key in leaders]
        shown = {trial.key for trial in best}
        latest = islice(self._ended_but(shown), room - len(best))
        rows = [*running, *best, *latest]
        return [*rows, *islice(self._waiting(), max(0, limit - len(rows)))]

    def seconds_left(self, now: float, per_pass: float) -> tuple[float, float]:
        """Seconds until the stage's trials are done: expected, and if none is stopped early any more.

        A trial that has not begun counts as the mean of the ended ones, the pruned ones included. What a running one
        did since its last report counts at the speed of the others.

        Args:
            now: seconds since the stage began.
            per_pass: seconds of a trial for a pass.
        """
        running = [self._trial_left(self.trials[key], now, per_pass) for key in self.running]
        to_come = max(0, self.total - self.done - len(running))
        whole, (took, ended) = self.whole_passes * per_pass, self._took
        each = took / ended * per_pass if ended else whole
        slots = min(self.slots, to_come + len(running))
        return wall_seconds(running, to_come, each, slots), wall_seconds(running, to_come, whole, slots)

    def _trial_left(self, trial: TrialView, now: float, per_pass: float) -> float:
        left = max(0, trial.total_updates - trial.updates) * trial.passes * per_pass
        return max(0.0, left - self.work.since(trial.key, now))

    @property
    def whole_passes(self) -> float:
        """Passes of a whole trial: the mean of those known; 0 without any."""
        passes, count = self._whole
        return passes / count if count else 0.0

    def _count(self, trial: TrialView, one: int) -> None:
        """Add a trial to all sums, or take it out again."""
        arm = self.arms.setdefault(trial.arm, ArmState())
        arm.states[trial.state] += one
        self._whole[0] += one * trial.total_updates * trial.passes
        self._whole[1] += one
        if trial.state in ("finished", "pruned") and trial.updates > 0:
            self._took[0] += one * trial.updates * trial.passes
            self._took[1] += one
        if trial.state == "running":
            (self.running.add if one > 0 else self.running.discard)(trial.key)
        if trial.state == "failed":
            keys = self.reasons.setdefault(re.sub(r"\d+", "#", trial.reason or ""), [])
            keys.append(trial.key) if one > 0 else keys.remove(trial.key)
        if trial.state == "finished" and trial.objective is not None:
            entry = (-trial.objective, len(trial.key), trial.key)
            if one > 0:
                insort(arm.ranked, entry)
            else:
                del arm.ranked[bisect_left(arm.ranked, entry)]

    def _ended_but(self, shown: set[str]) -> Iterator[TrialView]:
        return (trial for trial in reversed(self.trials.values()) if trial.state in ENDED and trial.key not in shown)

    def _waiting(self) -> Iterator[TrialView]:
        return (trial for trial in self.trials.values() if trial.state == "waiting")


def _by_name(trial: TrialView) -> tuple[str, int, str]:
    return trial.arm, len(trial.key), trial.key
