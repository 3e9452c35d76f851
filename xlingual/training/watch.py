"""Notices that a training goes nowhere: no update, no batch of a scoring for far longer than any took before.

A device that hangs, storage that never answers and a lost partner all look the same from within: a call that does not
return. A thread watches, and what it does then is its owner's choice; see `xlingual.search.hung`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LEAST = 1800.0
"""Seconds without a sign of life after which a training counts as hung, whatever its pace."""

TIMES_LONGEST = 20.0
"""Or this often the longest time between two signs of life so far, if that is more."""

LOOK = 5.0
"""Seconds between two looks."""


class Watch:
    """Watches one training.

    Args:
        on_hang: called once, in the watch's own thread, with a line that says what was seen.
        least: see `LEAST`.
        look: see `LOOK`.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        on_hang: Callable[[str], None],
        *,
        least: float = LEAST,
        look: float = LOOK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_hang, self._least, self._look, self._clock = on_hang, least, look, clock
        self._doing, self._since, self._longest = "it began", clock(), 0.0
        self._ended = threading.Event()

    @property
    def patience(self) -> float:
        """Seconds without a sign of life that are waited for."""
        return max(self._least, TIMES_LONGEST * self._longest)

    def alive(self, doing: str) -> None:
        """Give a sign of life, and say what was just done."""
        now = self._clock()
        self._longest = max(self._longest, now - self._since)
        self._doing, self._since = doing, now

    def hung(self) -> str | None:
        """Say that the training hangs; None when it does not."""
        silent = self._clock() - self._since
        if silent < self.patience:
            return None
        return (
            f"hung: nothing happened for {silent / 60:.0f} minutes since {self._doing} (the longest step before took "
            f"{self._longest:.0f} s); its process is ended"
        )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the context lasts."""
        self.alive("it began")
        self._longest = 0.0
        self._ended.clear()
        thread = threading.Thread(target=self._watch, name="watches the training", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._look):
            if (line := self.hung()) is not None:
                self._on_hang(line)
                return
