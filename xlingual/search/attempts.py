"""How often a trial is tried again, and after what pause: the same for one worker and for several."""

from __future__ import annotations

from dataclasses import dataclass

from xlingual.search.failures import OWN, PLACE, UNKNOWN, Failure

PAUSES = (10.0, 30.0, 90.0)
"""Seconds before each further try after a failure of an unknown kind: four tries, over more than two minutes."""
PATIENCE = 600.0
"""Seconds for which a failing place is tried again; then the command stops, and the study goes on with the next."""
LONGEST_PAUSE = 60.0


@dataclass
class Attempts:
    """The tries of one trial since it last came further: a new report makes the count begin again."""

    counted: int = 0
    in_place: int = 0
    failing_since: float = 0.0

    def progressed(self) -> None:
        """Begin the count again."""
        self.counted, self.in_place = 0, 0

    def pause(self, failure: Failure, now: float) -> float | None:
        """Return the seconds until the next try, or None when there is no further one.

        Args:
            failure: of the last try.
            now: seconds that only grow.
        """
        if failure.kind == UNKNOWN:
            self.counted += 1
            return PAUSES[self.counted - 1] if self.counted <= len(PAUSES) else None
        if failure.kind != PLACE:
            return None
        if self.in_place == 0:
            self.failing_since = now
        self.in_place += 1
        if now - self.failing_since >= PATIENCE:
            return None
        return min(5.0 * 2.0 ** (self.in_place - 1), LONGEST_PAUSE)


def is_final(failure: Failure) -> bool:
    """Whether a trial that is not tried again has failed for good; else it waits for the next command."""
    return failure.kind in (OWN, UNKNOWN)
