"""How fast a stage works, and how long what is left of it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Work:
    """Counts passes through the model, and the seconds that trials took for them; times are since the stage began.

    Seconds are those of each trial, so that trials side by side count one by one. Work of earlier processes counts for
    nothing, and repeated work for no passes. What the trials that begin first do until their first report is kept apart
    (`early`): their processes start meanwhile, which later trials find running.
    """

    passes: int = 0
    seconds: float = 0.0
    items: int = 0
    items_at: float = 0.0
    early_passes: int = 0
    early_seconds: float = 0.0
    any_ended: bool = False
    _early: set[str] = field(default_factory=set)
    _starts: int = 0
    _reached: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, float] = field(default_factory=dict)
    _resumed: set[str] = field(default_factory=set)

    def begin(self, key: str, at: float, *, resumed: bool, early: bool) -> None:
        """Start a trial; how many passes a resumed one had done is known from its first report."""
        self._seen[key] = at
        if resumed:
            self._resumed.add(key)
        if early:
            self._early.add(key)

    def advance(self, key: str, passes: int, at: float) -> None:
        """Record that a trial has reached `passes`."""
        gained, took = passes - self._reached.get(key, 0), at - self._seen.get(key, at)
        if gained <= 0 and not self._reached.get(key):
            return  # before its first report
        self._seen[key] = at
        self._reached[key] = max(passes, self._reached.get(key, 0))
        early = key in self._early
        self._early.discard(key)
        if key in self._resumed:
            self._resumed.remove(key)
        elif early:
            self.early_passes += gained
            self.early_seconds += took
            self._starts += 1
        else:
            self.passes += max(0, gained)
            self.seconds += took

    def item(self, at: float) -> None:
        """Count one finished item of a stage that does not train."""
        self.items += 1
        self.items_at = at

    @property
    def seconds_per_pass(self) -> float | None:
        """Seconds that a trial takes for a pass; None while nothing but the first reports is known, and no end.

        The start of processes is left out as soon as more is known without than with it.
        """
        passes, seconds = self.passes, self.seconds
        if not (passes or self.any_ended):
            return None
        if not self.is_steady:
            passes, seconds = passes + self.early_passes, seconds + self.early_seconds
        return seconds / passes if passes and seconds > 0.0 else None

    @property
    def is_steady(self) -> bool:
        """Whether more is known of trials than what they did while their processes started."""
        return self.passes > 0 and self.passes >= self.early_passes

    @property
    def start_seconds(self) -> float:
        """Seconds that the processes of trials took to start, as far as known."""
        if not self._starts or not self.is_steady:
            return 0.0
        return max(0.0, self.early_seconds - self.early_passes * self.seconds / self.passes) / self._starts

    def items_left(self, items: int, now: float) -> float | None:
        """Seconds for a number of items at the speed so far, counted from the last one; None before the first."""
        if not self.items or self.items_at <= 0.0:
            return None
        return max(0.0, items * self.items_at / self.items - (now - self.items_at))

    def since(self, key: str, now: float) -> float:
        """Seconds since the last event of a trial."""
        return now - self._seen.get(key, now)


def wall_seconds(running: Sequence[float], to_come: float, each: float, slots: int) -> float:
    """Seconds until trials side by side are done.

    Args:
        running: seconds that are left of each running trial.
        to_come: number of trials that have not begun.
        each: seconds of one of these.
        slots: trials side by side.
    """
    shared = (sum(running) + to_come * each) / max(1, slots)
    return max(shared, max(running, default=0.0), each if to_come else 0.0)


def rounds(items: int, slots: int) -> int:
    """How many times a number of equal trials is begun side by side."""
    return math.ceil(items / max(1, slots))
