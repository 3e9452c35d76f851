"""When to save between two reports: every few minutes, and when one of a trial's processes is about to be ended.

All workers of the trial look after the same updates, and find the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from xlingual.training.worker import Worker

SECONDS = 5.0
"""Between two looks; each one makes the workers, and the host its GPU, wait for each other."""

LONGEST = 600.0
"""Seconds of training that a process may lose by its end, however far apart the reports are."""


class Lookout:
    """Looks after some updates, as many as take about `seconds`; the number is rank 0's.

    Args:
        leaves: tells whether this process is about to be ended.
        worker: this process.
        longest: see `LONGEST`.
        seconds: None for `SECONDS`.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        leaves: Callable[[], bool],
        worker: Worker,
        *,
        longest: float = LONGEST,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._leaves, self._worker, self._clock = leaves, worker, clock
        self._seconds = SECONDS if seconds is None else seconds
        self._longest, self._saved = longest, clock()
        self._next: int | None = None
        self._looked_at, self._looked = 0, clock()
        self._told = False

    def saved(self) -> None:
        """Learn that a checkpoint was just made."""
        self._saved = self._clock()

    def says_save(self, updates: int) -> bool:
        """Whether to save after so many updates: once for each notice, or because the last time is long ago."""
        if self._next is not None and updates < self._next:
            return False
        now = self._clock()
        pace = (updates - self._looked_at) / max(1e-6, now - self._looked) if self._next is not None else 0.0
        due = now - self._saved >= self._longest
        found = self._worker.gather((self._leaves(), max(1, int(pace * self._seconds)), due))
        self._next, self._looked_at, self._looked = updates + found[0][1], updates, now
        leaves = any(one for one, *_ in found)
        told, self._told = self._told, leaves
        return (leaves and not told) or found[0][2]
